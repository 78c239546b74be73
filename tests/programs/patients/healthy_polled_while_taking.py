"""Healthy: main asks is_alive() in a loop, and takes what has come in that loop, and after it."""

import time
from multiprocessing import Process, SimpleQueue


def work(results):
    for _ in range(300):
        results.put("x" * 1000)


if __name__ == "__main__":
    results, count = SimpleQueue(), 0
    worker = Process(target=work, args=(results,))
    worker.start()
    while worker.is_alive() or not results.empty():
        while not results.empty():
            results.get()
            count += 1
        time.sleep(0.01)
    print(count)
