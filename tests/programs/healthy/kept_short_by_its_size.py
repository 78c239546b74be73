"""A producer asks for the size of the queue, and puts no more while it is long."""

import time
from multiprocessing import Process, Queue


def consume(items):
    while items.get() is not None:
        time.sleep(0.005)


if __name__ == "__main__":
    items = Queue()
    consumer = Process(target=consume, args=(items,))
    consumer.start()
    for number in range(60):
        while items.qsize() > 5:
            time.sleep(0.01)
        items.put(number)
    items.put(None)
    consumer.join()
    print("done")
