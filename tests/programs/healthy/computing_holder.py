"""A child computes for a while with the lock in hand."""

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
    workers = [Process(target=work, args=(mutex, 0.8)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
