"""The only producer fails, and puts what says so."""

from multiprocessing import Process, Queue


def work(results):
    rows = {"a": 1}
    try:
        results.put(rows["b"])
    except KeyError as error:
        results.put(error)


if __name__ == "__main__":
    results = Queue()
    worker = Process(target=work, args=(results,), name="worker")
    worker.start()
    print(results.get())
    worker.join()
