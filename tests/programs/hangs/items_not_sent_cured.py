"""As items_not_sent, cured: the results are taken first, and the worker ends when all of them are sent."""

from multiprocessing import Process, Queue


def work(results):
    for part in range(3):
        results.put(bytes([part]) * 200_000)


if __name__ == "__main__":
    results = Queue()
    worker = Process(target=work, args=(results,), name="worker")
    worker.start()
    print([len(results.get()) for _ in range(3)])
    worker.join()
