"""Main waits until every worker has set its element of an Array; there is one element more than there are workers.

Wanted: probably: main reads `ready` again and again at its line, and nobody is left who could change it.
"""

import time
from multiprocessing import Array, Process


def work(ready, number):
    ready[number] = 1


if __name__ == "__main__":
    ready = Array("i", 3)  # made
    for number in range(2):
        Process(target=work, args=(ready, number), name=f"worker-{number}").start()
    while sum(ready[:]) < 3:  # asks
        time.sleep(0.3)
