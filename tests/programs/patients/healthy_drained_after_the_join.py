"""Healthy: main joins those that put, and takes until the queue is empty after that."""

from multiprocessing import Process, SimpleQueue


def work(results, number):
    results.put(number)


if __name__ == "__main__":
    results = SimpleQueue()
    workers = [Process(target=work, args=(results, number)) for number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    found = []
    while not results.empty():
        found.append(results.get())
    print(sorted(found))
