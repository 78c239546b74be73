"""The program that `repeated.py` measures: several processes that do one thing over and over.

    python loops.py LOOP COUNT

It is an ordinary multiprocessing program. With COUNT 0 it does all but the loop.
"""

import multiprocessing
import sys
from collections.abc import Callable
from typing import Any

MAPPED = 10_000
"""Items of one `Pool.map`."""


def lock(mutex: Any, count: int) -> None:
    """Acquire and release."""
    for _ in range(count):
        with mutex:
            pass


def counter(value: Any, count: int) -> None:
    """Count, without a lock around it."""
    for _ in range(count):
        value.value += 1


def in_processes(number: int, work: Callable[[Any, int], None], thing: Any, count: int) -> None:
    """Have so many processes do it, `count` times together."""
    processes = [multiprocessing.Process(target=work, args=(thing, count // number)) for _ in range(number)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()


def pool_map(count: int) -> None:
    """Map so many items, 10,000 at a time."""
    with multiprocessing.Pool(2) as pool:
        for _ in range(count // MAPPED):
            pool.map(abs, range(MAPPED))


if __name__ == "__main__":
    loop, times = sys.argv[1], int(sys.argv[2])
    if loop == "lock":
        in_processes(2, lock, multiprocessing.Lock(), times)
    elif loop == "counter":
        in_processes(4, counter, multiprocessing.Value("q", 0), times)
    elif loop == "pool-map":
        pool_map(times)
