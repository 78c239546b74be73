"""A job of a class leaves by os._exit, to skip the exit handlers of a library, right after it has put its result.

Wanted: main waits for an item of `out`; what worker had put did not get there, since worker left by os._exit before it
was sent; have it end by returning.
"""

import os
import sys
from multiprocessing import Process, Queue


class Job:
    def __init__(self, out):
        self.out = out

    def __call__(self):
        try:
            self.out.put([number**2 for number in range(300_000)])
        except MemoryError:
            os._exit(1)
        sys.stdout.flush()
        os._exit(0)  # left


if __name__ == "__main__":
    out = Queue()  # made
    worker = Process(target=Job(out), name="worker")
    worker.start()
    worker.join()
    print(len(out.get()))  # waits
