"""Main sleeps as long as the queue is empty; the worker, which was to put the result, has failed.

Wanted: probably: main waits at its line for an item of `results`: worker ended at its line by ZeroDivisionError.
"""

import time
from multiprocessing import Process, Queue


def work(results, number):
    results.put(1 / number)  # raises


if __name__ == "__main__":
    results = Queue()  # made
    Process(target=work, args=(results, 0), name="worker").start()
    while results.empty():  # waits
        time.sleep(0.2)
    print(results.get())
