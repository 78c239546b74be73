"""Two workers acquire two locks in opposite order; each tries the second one again and again, and keeps the first.

Wanted: probably: each waits at its line for the lock that the other one holds: a deadlock.
"""

from multiprocessing import Barrier, Lock, Process


def work(first, second, both):
    with first:  # holds
        both.wait()
        while not second.acquire(timeout=0.3):  # waits
            print("once more", flush=True)
        second.release()


if __name__ == "__main__":
    left, right, both = Lock(), Lock(), Barrier(2)
    orders = ((left, right), (right, left))
    workers = [Process(target=work, args=(*order, both), name=f"worker-{n}") for n, order in enumerate(orders)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
