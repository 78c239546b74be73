"""All that is put can be pickled."""

from multiprocessing import Process, Queue


def work(results):
    results.put({"answer": 42, "retry": "none"})


if __name__ == "__main__":
    results = Queue()
    worker = Process(target=work, args=(results,), name="worker")
    worker.start()
    print(results.get())
    worker.join()
