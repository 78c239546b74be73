"""Main waits for an item for a while, and goes on without it where its time is up."""

from multiprocessing import Process, Queue
from queue import Empty
from typing import Any


def put(items: Any) -> None:
    items.put(1)


if __name__ == "__main__":
    items: Any = Queue()
    putter = Process(target=put, args=(items,), name="putter")
    putter.start()
    try:
        found = items.get(timeout=3600)
    except Empty:
        found = None
    putter.join()
    assert found == 1
