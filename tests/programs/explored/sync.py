"""One process takes what is there and another puts something once nothing is, each so often as the first argument says.

There are two at first, so the one that puts waits for ever. With `cured`, there is one.
"""

import sys
from multiprocessing import Condition, Lock, Process, Value
from typing import Any


def put(empty: Any, full: Any, number: Any, times: int) -> None:
    for _ in range(times):
        with empty:
            while number.value > 0:
                empty.wait()
            number.value += 1
            full.notify()


def take(empty: Any, full: Any, number: Any, times: int) -> None:
    for _ in range(times):
        with full:
            while number.value == 0:
                full.wait()
            number.value -= 1
            empty.notify()


if __name__ == "__main__":
    times = int(sys.argv[1])
    number = Value("i", 1 if sys.argv[2:] == ["cured"] else 2)
    lock = Lock()
    arguments = (Condition(lock), Condition(lock), number, times)
    processes = [
        Process(target=put, args=arguments, name="putter"),
        Process(target=take, args=arguments, name="taker"),
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
