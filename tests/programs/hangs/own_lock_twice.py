"""A child acquires a lock of threading that it holds already."""

import threading
from multiprocessing import Process

account = threading.Lock()


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
