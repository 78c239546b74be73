"""A thread of a child computes while all others wait."""

import threading
import time
from multiprocessing import Event, Process


def compute(done):
    until = time.monotonic() + 1.5
    number = 0
    while time.monotonic() < until:
        number += 1
    done.set()


def work(done):
    thread = threading.Thread(target=compute, args=(done,))
    thread.start()
    thread.join()


if __name__ == "__main__":
    done = Event()
    worker = Process(target=work, args=(done,))
    worker.start()
    done.wait()
    worker.join()
