"""A SimpleQueue pickles in put(), which raises; the program catches that, and puts nothing instead.

Wanted: main waits for an item; Process-1 has put none, since put() raised.
"""

from multiprocessing import Process, SimpleQueue


def work(results):
    try:
        results.put({"when done": lambda: None})
    except Exception:
        print("later")


if __name__ == "__main__":
    results = SimpleQueue()  # made
    worker = Process(target=work, args=(results,), name="worker")
    worker.start()
    print(results.get())  # waits
    worker.join()
