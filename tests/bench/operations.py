"""The program that `tracing.py` runs with a tracer and without: one operation, over and over.

    python operations.py OPERATION RESULT

It writes the ns that one operation took into the file RESULT: the median, and the least. It is an ordinary
multiprocessing program.
"""

import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

ROUNDS = 100
"""In each the clock runs once. The median of them is written, and the least, to which nothing else has added."""

WORK = 8_000
"""So far does one round of `work` count: about 200 µs."""


def measured(count: int, operation: Callable[[], object], in_one: int = 1) -> None:
    """Write down how long one operation takes; `operation`, `count` times in a row, does `in_one` of them each time."""
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter_ns()
        for _ in range(count):
            operation()
        took.append((time.perf_counter_ns() - began) / count / in_one)
    Path(sys.argv[2]).write_text(f"{statistics.median(took)} {min(took)}")


def lock() -> None:
    """Acquire and release."""
    mutex = multiprocessing.Lock()

    def both() -> None:
        mutex.acquire()
        mutex.release()

    measured(200, both)


def queue() -> None:
    """Put and get, many at once: a Queue sends from a thread, and to wait for that takes longer than all the rest."""
    items: multiprocessing.Queue[int] = multiprocessing.Queue()

    def all_of_them() -> None:
        for _ in range(100):
            items.put(4711)
        for _ in range(100):
            items.get()

    measured(1, all_of_them, 100)


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

    measured(100, both)


def pool_map() -> None:
    """10,000 tiny tasks, in a pool that is there already."""
    with multiprocessing.Pool(2) as pool:
        pool.map(abs, range(100))
        measured(1, partial(pool.map, abs, range(10_000)))


def process() -> None:
    """Start and join."""

    def both() -> None:
        child = multiprocessing.Process(target=int)
        child.start()
        child.join()

    measured(1, both)


def work() -> None:
    """Compute, then count under a lock what was computed, as programs do."""
    counter = multiprocessing.Value("q", 0)

    def both() -> None:
        total = compute(WORK)
        with counter.get_lock():
            counter.value += total

    measured(10, both)


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
