"""Main joins the worker before it takes what the worker has put."""

from multiprocessing import Process, Queue


def work(results):
    results.put("x" * 1_000_000)


if __name__ == "__main__":
    results = Queue()  # made
    worker = Process(target=work, name="worker", args=(results,))
    worker.start()
    worker.join()  # waits
    print(len(results.get()))
