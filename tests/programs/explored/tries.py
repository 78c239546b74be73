"""Main tries to get something several times and gives up; another process makes it possible meanwhile, or has done so.

The way is the first argument; the exit code says which try succeeded, 3 if none did.
"""

import sys
from multiprocessing import Event, Lock, Process, Queue
from queue import Empty
from typing import Any


def hold(lock: Any) -> None:
    with lock:
        pass


def put(queue: Any) -> None:
    queue.put("item")


def set_it(event: Any) -> None:
    event.set()


def has_got(queue: Any) -> bool:
    try:
        queue.get(timeout=1)
    except Empty:
        return False
    return True


if __name__ == "__main__":
    lock, event = Lock(), Event()
    queue: Any = Queue()
    way = sys.argv[1]
    target, thing = {"lock": (hold, lock), "queue": (put, queue), "event": (set_it, event)}[way]
    Process(target=target, args=[thing], name="other").start()
    for number in range(3):
        if way == "lock" and lock.acquire(timeout=1):
            lock.release()
        elif not ((way == "queue" and has_got(queue)) or (way == "event" and event.wait(1))):
            continue
        sys.exit(number)
    sys.exit(3)
