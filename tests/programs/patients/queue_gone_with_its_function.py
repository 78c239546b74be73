"""Under spawn, a function makes a queue and starts a process with it, which begins slowly, and returns: main joins.

Wanted: what worker was given, `orders`, was gone before worker had begun: no variable had it any more; keep it until
the worker is joined.
"""

import multiprocessing
import time

if multiprocessing.current_process().name != "MainProcess":
    time.sleep(0.5)


def work(orders):
    print(orders)


def begin():
    orders = multiprocessing.Queue()  # made
    multiprocessing.Process(target=work, args=(orders,), name="worker").start()  # starts


if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    begin()
    for child in multiprocessing.active_children():
        child.join()
