"""A belt with two places: a producer that must wait, a consumer, and each way of asking in vain."""

import queue
from multiprocessing import Process, Queue, SimpleQueue


def produce(belt, full):
    for number in range(10):
        if number == 2:
            full.put(None)
        belt.put(number)
    belt.put("a text")
    belt.put({"no": "text"})


def main():
    belt = Queue(2)
    full = SimpleQueue()
    producer = Process(target=produce, args=(belt, full))
    producer.start()
    full.get()
    for way in (lambda: belt.put_nowait(99), lambda: belt.put(99, timeout=0.01)):
        try:
            way()
        except queue.Full:
            pass
        else:
            raise SystemExit("there was a place")
    for _ in range(12):
        belt.get()  # get
    producer.join()
    for way in (belt.get_nowait, lambda: belt.get(timeout=0.01)):
        try:
            way()
        except queue.Empty:
            pass
        else:
            raise SystemExit("there was an item")


if __name__ == "__main__":
    main()
