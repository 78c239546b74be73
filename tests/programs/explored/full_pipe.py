"""More is put into a queue than a pipe holds: by one process that is joined before anything is taken; or, `taken`, by
two, and all of it is taken first.

    python full_pipe.py [taken]
"""

import sys
from multiprocessing import Process, Queue

ITEM = "x" * 10_000
ITEMS = 10


def work(results):
    for _ in range(ITEMS):
        results.put(ITEM)


if __name__ == "__main__":
    results = Queue()
    if taken := "taken" in sys.argv:
        workers = [Process(target=work, args=(results,)) for _ in range(2)]
    else:
        workers = [Process(target=work, args=(results,))]
    for worker in workers:
        worker.start()
    for _ in range(ITEMS * len(workers) * taken):
        assert results.get() == ITEM
    for worker in workers:
        worker.join()
