"""The program that `tracing.py` runs with a tracer and without: one operation, over and over.

    python operations.py OPERATION RESULT

It writes the ns that one operation took into the file RESULT. It is an ordinary multiprocessing program.
"""

import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

ROUNDS = 20
"""In each the clock runs once; the median of them is written."""

WORK = 8_000
"""So far does one round of `work` count: about 200 µs."""


def measured(count: int, operation: Callable[[], object]) -> None:
    """Write down how long one operation takes, where it is done `count` times in a row."""
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter_ns()
        for _ in range(count):
            operation()
        took.append((time.perf_counter_ns() - began) / count)
    Path(sys.argv[2]).write_text(str(statistics.median(took)))


def lock() -> None:
    """Acquire and release."""
    mutex = multiprocessing.Lock()

    def both() -> None:
        mutex.acquire()
        mutex.release()

    measured(1_000, both)


def queue() -> None:
    """Put and get. A Queue sends from a thread, so that every get waits for one."""
    items: multiprocessing.Queue[int] = multiprocessing.Queue()
    pair(partial(items.put, 4711), items.get)


def simple_queue() -> None:
    """Put and get."""
    items: multiprocessing.SimpleQueue[int] = multiprocessing.SimpleQueue()
    pair(partial(items.put, 4711), items.get)


def pipe() -> None:
    """Send and receive."""
    receiver, sender = multiprocessing.Pipe(duplex=False)
    pair(partial(sender.send, 4711), receiver.recv)


def pair(give: Callable[[], object], take: Callable[[], object]) -> None:
    """One after the other, in this process."""

    def both() -> None:
        give()
        take()

    measured(500, both)


def pool_map() -> None:
    """10,000 tiny tasks, in a pool that is there already."""
    with multiprocessing.Pool(2) as pool:
        pool.map(abs, range(100))
        measured(5, partial(pool.map, abs, range(10_000)))


def process() -> None:
    """Start and join."""

    def both() -> None:
        child = multiprocessing.Process(target=int)
        child.start()
        child.join()

    measured(5, both)


def work() -> None:
    """Compute, then count under a lock what was computed, as programs do."""
    counter = multiprocessing.Value("q", 0)

    def both() -> None:
        total = compute(WORK)
        with counter.get_lock():
            counter.value += total

    measured(50, both)


def compute(limit: int) -> int:
    """Something for the processor to do."""
    total = 0
    for number in range(limit):
        total += number % 7
    return total


def calls() -> None:
    """Functions that call each other; nothing of multiprocessing."""

    def fibonacci(number: int) -> int:
        return number if number < 2 else fibonacci(number - 1) + fibonacci(number - 2)

    measured(1, partial(fibonacci, 17))


OPERATIONS = {
    "lock": lock,
    "queue": queue,
    "simple-queue": simple_queue,
    "pipe": pipe,
    "pool-map": pool_map,
    "process": process,
    "work": work,
    "calls": calls,
}

if __name__ == "__main__":
    OPERATIONS[sys.argv[1]]()
