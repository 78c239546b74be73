"""A pool of two connections, and each of two workers that has one needs another one.

Wanted: one finding: a worker waits for `slots`, of which it holds 1 of 2 itself, and the other waits for one, too.
"""

import contextlib
from multiprocessing import Barrier, BoundedSemaphore, Process


class Connections:
    def __init__(self, slots):
        self.slots = slots

    @contextlib.contextmanager
    def one(self):
        self.slots.acquire()  # waits
        try:
            yield object()
        finally:
            self.slots.release()


def copy_table(connections, both):
    with connections.one():
        both.wait()
        with connections.one():
            print("copied")


if __name__ == "__main__":
    slots = BoundedSemaphore(2)  # made
    both = Barrier(2)
    tables = ("users", "orders")
    copiers = [Process(target=copy_table, args=(Connections(slots), both), name=f"copy-{table}") for table in tables]
    for copier in copiers:
        copier.start()
    for copier in copiers:
        copier.join()
