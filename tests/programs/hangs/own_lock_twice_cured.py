"""A child acquires an RLock of threading that it holds already."""

import threading
from multiprocessing import Process

account = threading.RLock()


def pay():
    with account:
        print("paid")


def job():
    with account:
        pay()


if __name__ == "__main__":
    child = Process(target=job, name="child")
    child.start()
    child.join()
