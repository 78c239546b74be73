"""Main takes it first."""

from multiprocessing import Process, Queue


def work(results):
    results.put("x" * 1_000_000)


if __name__ == "__main__":
    results = Queue()
    worker = Process(target=work, name="worker", args=(results,))
    worker.start()
    print(len(results.get()))
    worker.join()
