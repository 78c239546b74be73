"""Healthy: main takes with a time limit, for ever; the producer, which lives, sleeps 30 s between two items."""

import contextlib
import queue
import time
from multiprocessing import Process, Queue


def produce(items):
    while True:
        items.put(time.monotonic())
        time.sleep(30)


if __name__ == "__main__":
    items = Queue()
    Process(target=produce, args=(items,), daemon=True).start()
    while True:
        with contextlib.suppress(queue.Empty):
            print(items.get(timeout=0.5))
