"""The pipe of a queue is full while the reader sleeps."""

import time
from multiprocessing import Process, Queue


def produce(items):
    items.put("x" * 1_000_000)
    items.put("y" * 1_000_000)


if __name__ == "__main__":
    items = Queue()
    producer = Process(target=produce, args=(items,))
    producer.start()
    time.sleep(1.5)
    print(len(items.get()), len(items.get()))
    producer.join()
