"""A manager's queue, lock and event between processes that sleep."""

import time
from multiprocessing import Manager, Process


def work(items, mutex, event, results):
    event.wait()
    with mutex:
        results.append(items.get())


def feed(items, event):
    time.sleep(1)
    event.set()
    time.sleep(1)
    items.put(42)


if __name__ == "__main__":
    with Manager() as manager:
        items, mutex, event, results = manager.Queue(), manager.Lock(), manager.Event(), manager.list()
        children = [
            Process(target=work, args=(items, mutex, event, results)),
            Process(target=feed, args=(items, event)),
        ]
        for child in children:
            child.start()
        for child in children:
            child.join()
        print(list(results))
