"""A worker is not to wait at its end until its results are taken: so what has not been sent by then is lost."""

from multiprocessing import Process, Queue


def work(results):
    for part in range(3):
        results.put(bytes([part]) * 200_000)
    results.cancel_join_thread()  # cancelled


if __name__ == "__main__":
    results = Queue()  # made
    worker = Process(target=work, args=(results,), name="worker")
    worker.start()
    worker.join()
    print(len(results.get()))  # waits
