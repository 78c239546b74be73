"""A service, which has a handler of SIGTERM, takes the worker's large result, and joins it."""

import signal
import sys
from multiprocessing import Process, Queue


def work(results):
    results.put("x" * 1_000_000)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    results = Queue()
    worker = Process(target=work, args=(results,), name="worker")
    worker.start()
    print(len(results.get()))
    worker.join()
