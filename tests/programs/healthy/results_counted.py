"""Main waits until all results are there, and takes them then."""

import time
from multiprocessing import Process, Queue


def work(results, number):
    time.sleep(0.2 * number)
    results.put(number)


if __name__ == "__main__":
    results = Queue()
    workers = [Process(target=work, args=(results, number)) for number in range(4)]
    for worker in workers:
        worker.start()
    while results.qsize() < 4:
        time.sleep(0.05)
    print(sorted(results.get() for _ in workers))
    for worker in workers:
        worker.join()
