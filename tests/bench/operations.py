"""The program that `tracing.py` runs with and without the tracer: one operation, over and over.

    python operations.py OPERATION RESULT

It writes the ns that one operation took into the file RESULT. It is an ordinary multiprocessing program.
"""

import multiprocessing
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

OPERATIONS = ("lock", "queue", "simple-queue", "pipe")
COUNT = 10_000


def lock() -> None:
    """Acquire and release."""
    mutex = multiprocessing.Lock()
    measured(mutex.acquire, mutex.release)


def queue() -> None:
    """Put and get. A Queue sends from a thread, so that every get waits for one."""
    items: multiprocessing.Queue[int] = multiprocessing.Queue()
    measured(partial(items.put, 4711), items.get)


def simple_queue() -> None:
    """Put and get."""
    items: multiprocessing.SimpleQueue[int] = multiprocessing.SimpleQueue()
    measured(partial(items.put, 4711), items.get)


def pipe() -> None:
    """Send and receive."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    measured(partial(sender.send, 4711), receiver.recv)


def measured(give: Callable[[], object], take: Callable[[], object]) -> None:
    """Write down how long the two take together, on average."""
    began = time.perf_counter_ns()
    for _ in range(COUNT):
        give()
        take()
    Path(sys.argv[2]).write_text(str((time.perf_counter_ns() - began) / COUNT))


if __name__ == "__main__":
    dict(zip(OPERATIONS, (lock, queue, simple_queue, pipe), strict=True))[sys.argv[1]]()
