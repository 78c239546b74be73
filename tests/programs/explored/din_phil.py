"""Philosophers, as many as the first argument says, each acquire the left fork and then the right one.

With `cured`, the last of them acquires the right one first.
"""

import sys
from multiprocessing import Lock, Process
from typing import Any


def eat(first: Any, second: Any) -> None:
    with first, second:
        pass


if __name__ == "__main__":
    number = int(sys.argv[1])
    forks = [Lock() for _ in range(number)]
    pairs = [(forks[index], forks[(index + 1) % number]) for index in range(number)]
    if sys.argv[2:] == ["cured"]:
        pairs[-1] = (pairs[-1][1], pairs[-1][0])
    people = [Process(target=eat, args=pair, name=f"philosopher-{index + 1}") for index, pair in enumerate(pairs)]
    for person in people:
        person.start()
    for person in people:
        person.join()
