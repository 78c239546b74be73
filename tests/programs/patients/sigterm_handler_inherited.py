"""A forked worker inherits main's handler of SIGTERM, which only sets a flag: terminate() does not end its get().

Wanted: worker was told to end by terminate() at its line, has a handler of SIGTERM inherited from main, and waits on
in get() at its line.
"""

import signal
import time
from multiprocessing import get_context

fork = get_context("fork")
stopping = False


def stop(number, frame):
    global stopping
    stopping = True


def work(orders):
    while not stopping:
        orders.get()  # goes on


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    orders = fork.Queue()
    worker = fork.Process(target=work, args=(orders,), name="worker")
    worker.start()
    while not orders._rlock._semlock._is_zero():
        time.sleep(0.01)
    worker.terminate()  # kills
    worker.join()  # waits
