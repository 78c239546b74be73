"""The consumer takes three of five, and ends; the producer cannot end before the rest is taken.

Wanted: producer cannot end: consumer, which took from items, took 3 and ended.
"""

from multiprocessing import Process, Queue


def produce(items):
    for _ in range(5):
        items.put(bytes(200_000))


def consume(items):
    for _ in range(3):
        items.get()


if __name__ == "__main__":
    items = Queue()  # made
    producer = Process(target=produce, args=(items,), name="producer")
    consumer = Process(target=consume, args=(items,), name="consumer")
    producer.start()
    consumer.start()
    consumer.join()
    producer.join()
