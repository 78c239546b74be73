"""Main asks is_alive() and sleeps, in a loop, and takes the rows after that: the worker cannot end before.

Wanted: probably: worker could not end before what it had put into `rows` was taken; main asks is_alive() at its line
again and again.
"""

import time
from multiprocessing import Process, Queue


def work(rows):
    for _ in range(3000):
        rows.put("row" * 40)


if __name__ == "__main__":
    rows = Queue()  # made
    worker = Process(target=work, args=(rows,), name="worker")
    worker.start()
    while worker.is_alive():  # asks
        time.sleep(0.4)
    print(rows.get())
