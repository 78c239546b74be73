"""Processes three deep, and the last of them sleeps."""

import time
from multiprocessing import Process


def work(depth):
    if depth == 0:
        time.sleep(1.5)
        return
    child = Process(target=work, args=(depth - 1,))
    child.start()
    child.join()


if __name__ == "__main__":
    work(3)
