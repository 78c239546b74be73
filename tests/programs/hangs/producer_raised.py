"""The only producer fails before it puts its result."""

from multiprocessing import Process, Queue


def work(results):
    rows = {"a": 1}
    results.put(rows["b"])  # ended


if __name__ == "__main__":
    results = Queue()  # made
    worker = Process(target=work, args=(results,), name="worker")
    worker.start()
    print(results.get())  # waits
    worker.join()
