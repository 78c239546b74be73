"""A lock of threads cannot be pickled into a task, so its callback is never called, and main waits for that."""

import threading
from multiprocessing import Pool


def work(lock, number):
    return number * 2


if __name__ == "__main__":
    done = threading.Event()
    with Pool(2) as pool:  # made
        pool.apply_async(work, (threading.Lock(), 1), callback=lambda result: done.set())
        done.wait()
