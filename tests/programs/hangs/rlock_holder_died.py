"""A process leaves while it holds an RLock twice."""

import os
from multiprocessing import Process, RLock


def hold(mutex):
    with mutex, mutex:  # holds
        os._exit(1)


if __name__ == "__main__":
    mutex = RLock()  # made
    holder = Process(target=hold, name="holder", args=(mutex,))
    holder.start()
    holder.join()
    with mutex:  # waits
        print("main has it")
