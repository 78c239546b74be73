"""The pool is closed and joined instead: its workers send their results before they end."""

import multiprocessing
import time

if multiprocessing.current_process().name == "SpawnPoolWorker-3":
    time.sleep(2)


def give(seconds):
    time.sleep(seconds)
    return bytes(1_000_000 * seconds)


def take(data):
    pass


if __name__ == "__main__":
    pool = multiprocessing.get_context("spawn").Pool(2, take, [bytes(1_000_000)], maxtasksperchild=1)
    first, second = pool.apply_async(give, [0]), pool.apply_async(give, [1])
    first.get()
    time.sleep(0.5)
    pool.close()
    pool.join()
    print(len(second.get()))
