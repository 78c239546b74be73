"""The task gets what can be pickled."""

import threading
from multiprocessing import Pool


def work(number):
    return number * 2


if __name__ == "__main__":
    done = threading.Event()
    with Pool(2) as pool:
        pool.apply_async(work, (1,), callback=lambda result: done.set())
        done.wait()
