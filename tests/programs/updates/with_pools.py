"""Tasks of a pool that are submitted one after the other, or take a lock.

Nothing can be lost, so nothing is found.
"""

import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import (
    Lock,
    Pool,
)

from counting import PAUSE, main, update, way


def task(number):
    update()
    return number


@way
def pool_apply():
    with Pool(2) as pool:
        for number in range(4):
            pool.apply(task, (number,))
    update()


@way
def pool_async():
    with Pool(2) as pool:
        for number in range(4):
            result = pool.apply_async(task, (number,))
            while not result.ready():
                time.sleep(PAUSE)
    update()


@way
def pool_callback():
    with Pool(2) as pool:
        done = []
        for number in range(4):
            pool.apply_async(task, (number,), callback=done.append)
            while len(done) <= number:
                time.sleep(PAUSE)
    update()


@way
def pool_joined():
    with Pool(2) as pool:
        pool.apply_async(task, (1,))
        pool.close()
        pool.join()
    update()


@way
def pool_with_a_lock():
    with Pool(3, initializer=keep, initargs=(Lock(),)) as pool:
        pool.map(task_under, range(6), chunksize=1)
    update()


def keep(lock):
    global _kept
    _kept = lock


def task_under(number):
    with _kept:
        update()


@way
def executor():
    with ProcessPoolExecutor(2) as pool:
        for number in range(4):
            pool.submit(task, number).result()
    update()


@way
def executor_done():
    with ProcessPoolExecutor(2) as pool:
        for number in range(4):
            future = pool.submit(task, number)
            while not future.done():
                time.sleep(PAUSE)
        for future in as_completed([pool.submit(task, 5)]):
            future.result()
            update()


if __name__ == "__main__":
    main()
