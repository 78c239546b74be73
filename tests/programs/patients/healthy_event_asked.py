"""A service asks in a loop whether it is to stop, beside a child that has failed: by Ctrl-C, or by a worker.

Main has a handler for Ctrl-C; the worker sets the other Event after a while.
"""

import signal
import time
from multiprocessing import Event, Process


def fail():
    raise SystemExit(3)


def work(done):
    time.sleep(5)
    done.set()


if __name__ == "__main__":
    stop, done = Event(), Event()
    signal.signal(signal.SIGINT, lambda number, frame: stop.set())
    child = Process(target=fail)
    child.start()
    child.join()
    print(child.exitcode)
    worker = Process(target=work, args=(done,))
    worker.start()
    while not stop.is_set() and not done.is_set():
        time.sleep(0.1)
    worker.join()
    for _ in range(40):
        if stop.is_set():
            break
        time.sleep(0.1)
    print("stopped")
