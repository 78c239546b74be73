"""A thread of main sleeps, then puts what a child waits for."""

import threading
import time
from multiprocessing import Process, Queue


def work(items):
    print(items.get())


def later(items):
    time.sleep(1.5)
    items.put(1)


if __name__ == "__main__":
    items = Queue()
    worker = Process(target=work, args=(items,))
    worker.start()
    threading.Thread(target=later, args=(items,)).start()
    worker.join()
