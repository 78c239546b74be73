"""A process is ended while it waits in get(), and holds the lock by which a queue is read."""

import time
from multiprocessing import Process, Queue


def read(work):
    print(work.get())  # waits


if __name__ == "__main__":
    work = Queue()  # made
    readers = [Process(target=read, args=(work,), name=name) for name in ("first", "second")]
    readers[0].start()
    while not work._rlock._semlock._is_zero():
        time.sleep(0.01)
    readers[1].start()
    readers[0].terminate()  # killed
    readers[0].join()
    work.put("hello")
    readers[1].join()
