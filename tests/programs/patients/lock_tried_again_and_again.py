"""Main tries again and again to acquire a lock, without waiting; the worker that holds it has left by os._exit.

Wanted: probably: main waits at its line for `lock`, which worker held when it ended.
"""

import os
import time
from multiprocessing import Lock, Process


def work(lock):
    lock.acquire()  # holds
    os._exit(1)  # ends


if __name__ == "__main__":
    lock = Lock()  # made
    worker = Process(target=work, args=(lock,), name="worker")
    worker.start()
    worker.join()
    while not lock.acquire(block=False):  # waits
        time.sleep(0.2)
