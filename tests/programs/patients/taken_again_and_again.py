"""Main takes from a queue with a time limit, for ever; the producer has put its items, and no last one, and has ended.

Wanted: probably: main waits at its line for an item of `items`, and nobody is left who could put one.
"""

import queue
from multiprocessing import Process, Queue


def produce(items):
    for number in range(3):
        items.put(number)


if __name__ == "__main__":
    items = Queue()  # made
    Process(target=produce, args=(items,), name="producer").start()
    while True:
        try:
            print(items.get(timeout=0.4))  # waits
        except queue.Empty:
            continue
