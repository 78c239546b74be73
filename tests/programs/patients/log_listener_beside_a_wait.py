"""A QueueListener of main hands on what the workers log; a worker fails, and main waits for its result.

Wanted: main waits for an item of `results`, and worker, which alone could put one, ended at its line by
ZeroDivisionError. The listener's thread, which waits for records, is no cause.
"""

import logging
import logging.handlers
from multiprocessing import Process, Queue


def work(results, records):
    logger = logging.getLogger("work")
    logger.addHandler(logging.handlers.QueueHandler(records))
    logger.warning("begins")
    results.put(1 / 0)  # raises


if __name__ == "__main__":
    results, records = Queue(), Queue()  # made
    listener = logging.handlers.QueueListener(records, logging.StreamHandler())
    listener.start()
    worker = Process(target=work, args=(results, records), name="worker")
    worker.start()
    print(results.get())  # waits
    listener.stop()
