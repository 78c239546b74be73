"""Main fails while it puts, so that the item never comes that says that it was the last.

Wanted: consumer waits for an item, and MainProcess, which put them, ended by an exception.
"""

from multiprocessing import Event, Process, Queue


def consume(items, ready):
    ready.set()
    while items.get() is not None:  # waits
        pass


if __name__ == "__main__":
    items, ready = Queue(), Event()  # made
    consumer = Process(target=consume, args=(items, ready), name="consumer")
    consumer.start()
    ready.wait()
    for divisor in (2, 1, 0):
        items.put(10 / divisor)  # raises
    items.put(None)
    consumer.join()
