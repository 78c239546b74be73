"""Main looks whether the result is there, in a manager's dict; the worker has failed before it put it there.

Wanted: probably: main reads `shared` again and again at its line: loader ended at its line by KeyError.
"""

import time
from multiprocessing import Manager, Process


def load(shared):
    shared["host"] = {"port": 1}["host"]  # raises


if __name__ == "__main__":
    with Manager() as manager:
        shared = manager.dict()  # made
        Process(target=load, args=(shared,), name="loader").start()
        while "host" not in shared:  # asks
            time.sleep(0.3)
