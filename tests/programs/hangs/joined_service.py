"""A service, which has a handler of SIGTERM, joins its worker before it takes the worker's large result."""

import signal
import sys
from multiprocessing import Process, Queue


def work(results):
    results.put("x" * 1_000_000)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    results = Queue()  # made
    worker = Process(target=work, args=(results,), name="worker")
    worker.start()
    worker.join()  # waits
    print(len(results.get()))
