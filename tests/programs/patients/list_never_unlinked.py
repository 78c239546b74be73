"""Main shares its settings with two workers by a ShareableList, and closes it at the end, but does not unlink it.

Wanted: shared memory that MainProcess made at its line was never unlinked.
"""

from multiprocessing import Process
from multiprocessing.shared_memory import ShareableList


def show(name):
    settings = ShareableList(name=name)
    print(settings[1])
    settings.shm.close()


if __name__ == "__main__":
    settings = ShareableList([1.5, "fast", True])  # makes
    workers = [Process(target=show, args=(settings.shm.name,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    settings.shm.close()
