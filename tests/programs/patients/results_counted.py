"""Main counts the results until all are there, and one worker has failed.

Wanted, as probable: main counts the items of results, and nobody is left who could put one: worker-2 ended by an
exception.
"""

import time
from multiprocessing import Process, Queue


def work(results, number):
    if number == 2:
        raise ValueError(number)  # raises
    results.put(number)


if __name__ == "__main__":
    results = Queue()  # made
    workers = [Process(target=work, args=(results, number), name=f"worker-{number}") for number in range(4)]
    for worker in workers:
        worker.start()
    while results.qsize() < 4:  # asks
        time.sleep(0.2)
    print([results.get() for _ in workers])
