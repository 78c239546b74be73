"""A process leaves by os._exit while it holds a lock."""

import os
from multiprocessing import Lock, Process


def hold(mutex):
    mutex.acquire()  # holds
    os._exit(3)


def need(mutex):
    mutex.acquire()  # waits
    mutex.release()


if __name__ == "__main__":
    mutex = Lock()  # made
    holder = Process(target=hold, name="holder", args=(mutex,))
    holder.start()
    holder.join()
    other = Process(target=need, name="other", args=(mutex,))
    other.start()
    other.join()
