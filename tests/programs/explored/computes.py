"""A worker computes without end, and its parent waits for it: nobody can tell from outside that it never ends."""

from multiprocessing import Process


def compute() -> None:
    number = 0
    while True:
        number += 1


if __name__ == "__main__":
    worker = Process(target=compute, name="worker", daemon=True)
    worker.start()
    worker.join()
