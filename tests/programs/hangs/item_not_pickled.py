"""An item cannot be pickled: put() returns as if all were well, and a thread of the queue drops it."""

from multiprocessing import Process, Queue


def work(results):
    results.put({"answer": 42, "retry": lambda: None})  # put


if __name__ == "__main__":
    results = Queue()  # made
    worker = Process(target=work, args=(results,), name="worker")
    worker.start()
    print(results.get())  # waits
    worker.join()
