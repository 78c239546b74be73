"""Main takes from a queue with a time limit, again and again; the worker has left by os._exit, and puts nothing.

Wanted: probably: main waits at its line for an item of `rows`, and nobody is left who could put one: worker left by
os._exit at its line.
"""

import os
import queue
from multiprocessing import Process, Queue


class Worker(Process):
    def __init__(self, rows):
        super().__init__(name="worker")
        self.rows = rows

    def run(self):
        os._exit(5)  # ends


def take(rows):
    while True:
        try:
            return rows.get(timeout=0.3)  # waits
        except queue.Empty:
            print("not yet", flush=True)


if __name__ == "__main__":
    rows = Queue()  # made
    Worker(rows).start()
    print(take(rows))
