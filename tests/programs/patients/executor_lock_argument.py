"""A lock is given to the tasks of an executor, and main waits for an Event that they were to set.

Wanted: main waits for `done` to be set, and 2 of 2 calls of work could not be sent: RuntimeError about the lock; that
stands in results that nobody asked for.
"""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor


def work(lock, number):
    with lock:
        print(number)
    done.set()


def prepare(event):
    global done
    done = event


if __name__ == "__main__":
    lock, done = multiprocessing.Lock(), multiprocessing.Event()
    with ProcessPoolExecutor(2, initializer=prepare, initargs=(done,)) as executor:
        for number in range(2):
            executor.submit(work, lock, number)  # submits
        done.wait()  # waits
