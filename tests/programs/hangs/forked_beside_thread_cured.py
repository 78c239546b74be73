"""The child is forked before main starts a thread."""

import threading
from multiprocessing import get_context

sink = threading.Lock()


def log(entered, goes_on):
    with sink:
        entered.set()
        goes_on.wait()


def job():
    with sink:
        print("from the child")


if __name__ == "__main__":
    entered, goes_on = threading.Event(), threading.Event()
    child = get_context("fork").Process(target=job, name="child")
    child.start()  # starts
    threading.Thread(target=log, args=(entered, goes_on), name="chatter").start()
    entered.wait()
    goes_on.set()
    child.join()
