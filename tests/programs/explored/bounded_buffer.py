"""One process puts two items into a buffer that holds one, and two take one each: all of them wait in one condition.

Whoever is notified may be of the wrong side. With `cured` all of them are notified.
"""

import sys
from multiprocessing import Condition, Process, Value
from typing import Any


def put(changed: Any, number: Any, cured: bool) -> None:
    for _ in range(2):
        with changed:
            while number.value == 1:
                changed.wait()
            number.value = 1
            (changed.notify_all if cured else changed.notify)()


def take(changed: Any, number: Any, cured: bool) -> None:
    with changed:
        while number.value == 0:
            changed.wait()
        number.value = 0
        (changed.notify_all if cured else changed.notify)()


if __name__ == "__main__":
    arguments = (Condition(), Value("i", 0), sys.argv[1:] == ["cured"])
    processes = [Process(target=put, args=arguments, name="putter")]
    processes += [Process(target=take, args=arguments, name=f"taker-{number}") for number in (1, 2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
