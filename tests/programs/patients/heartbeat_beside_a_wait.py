"""A thread of main sleeps and counts, for ever; main waits for a row that the worker fails to put.

Wanted: probably: main waits for an item of `rows`, and nobody is left who could put one: worker ended at its line by
LookupError.
"""

import threading
import time
from multiprocessing import Process, Queue


def beat():
    while True:
        time.sleep(0.3)


def work(rows):
    raise LookupError("no rows today")  # raises


if __name__ == "__main__":
    threading.Thread(target=beat, daemon=True).start()
    rows = Queue()  # made
    worker = Process(target=work, args=(rows,), name="worker")
    worker.start()
    print(rows.get())  # waits
