"""Main takes the results until the queue is empty, and joins the workers after that: the results come in between.

Wanted: 3 of 3 items of `results` were never taken: main asked empty() at its line before they came, and did not look
again.
"""

from multiprocessing import Event, Process, Queue


def square(number, results, go):
    go.wait()
    results.put(number**2)


if __name__ == "__main__":
    results, go = Queue(), Event()  # made
    workers = [Process(target=square, args=(number, results, go)) for number in range(3)]
    for worker in workers:
        worker.start()
    found = []
    while not results.empty():  # looks
        found.append(results.get())
    go.set()
    for worker in workers:
        worker.join()
    print("found", found)
