"""The same RLock twice, two locks in one order, a semaphore of three."""

import time
from multiprocessing import Lock, Process, RLock, Semaphore


def work(again, first, second, places):
    with places, again, again, first:
        time.sleep(0.2)
        with second:
            time.sleep(0.2)


if __name__ == "__main__":
    locks = RLock(), Lock(), Lock(), Semaphore(3)
    children = [Process(target=work, args=locks) for _ in range(5)]
    for child in children:
        child.start()
    for child in children:
        child.join()
