"""A child computes for a while with the lock in hand. An argument: for how many seconds."""

import sys
import time
from multiprocessing import Lock, Process


def work(mutex, seconds):
    with mutex:
        until = time.monotonic() + seconds
        number = 0
        while time.monotonic() < until:
            number += 1


if __name__ == "__main__":
    mutex = Lock()
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 0.8
    workers = [Process(target=work, args=(mutex, seconds)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
