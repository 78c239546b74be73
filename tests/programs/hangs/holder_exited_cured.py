"""The lock is released before the process leaves."""

import os
from multiprocessing import Lock, Process


def hold(mutex):
    mutex.acquire()
    mutex.release()
    os._exit(0)


def need(mutex):
    mutex.acquire()
    mutex.release()


if __name__ == "__main__":
    mutex = Lock()
    holder = Process(target=hold, name="holder", args=(mutex,))
    holder.start()
    holder.join()
    other = Process(target=need, name="other", args=(mutex,))
    other.start()
    other.join()
