"""Every wait gives up by itself."""

import queue
from multiprocessing import Barrier, Condition, Event, Lock, Process, Queue
from threading import BrokenBarrierError


def work(items, mutex, event, condition, barrier):
    try:
        items.get(timeout=0.5)
    except queue.Empty:
        print("empty")
    print(mutex.acquire(timeout=0.5), event.wait(0.5))
    with condition:
        print(condition.wait(0.5))
    try:
        barrier.wait(0.5)
    except BrokenBarrierError:
        print("broken")


if __name__ == "__main__":
    mutex = Lock()
    mutex.acquire()
    things = Queue(), mutex, Event(), Condition(), Barrier(2)
    worker = Process(target=work, args=things)
    worker.start()
    worker.join()
