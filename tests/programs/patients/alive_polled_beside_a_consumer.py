"""Main asks is_alive() of the consumer in a loop; the consumer waits for items, and the producer has failed.

Wanted: probably: consumer waits at its line for an item of `items`: producer ended at its line by KeyError.
"""

import time
from multiprocessing import Process, Queue


def produce(items):
    items.put({}["name"])  # raises


def consume(items):
    while items.get() is not None:  # waits
        pass


if __name__ == "__main__":
    items = Queue()  # made
    Process(target=produce, args=(items,), name="producer").start()
    consumer = Process(target=consume, args=(items,), name="consumer")
    consumer.start()
    while consumer.is_alive():  # asks
        time.sleep(0.3)
