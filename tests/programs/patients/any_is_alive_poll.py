"""Main asks whether any of three workers still lives, and takes the results after that; they stand in put().

Wanted: probably: a worker waits in put() at its line until `results` is read; main, which alone would, asks
is_alive() at its line again and again; take the results in that loop.
"""

import time
from multiprocessing import Process, SimpleQueue


def work(results):
    for _ in range(100):
        results.put("x" * 4096)  # puts


if __name__ == "__main__":
    results = SimpleQueue()  # made
    workers = [Process(target=work, args=(results,), name=f"worker-{n}") for n in range(3)]
    for worker in workers:
        worker.start()
    while any(worker.is_alive() for worker in workers):  # asks
        time.sleep(0.2)
    print(results.get())
