"""Two processes acquire two locks, each in another order."""

from multiprocessing import Lock, Process
from typing import Any


def eat(first: Any, second: Any) -> None:
    with first, second:
        pass


if __name__ == "__main__":
    bowl, spoon = Lock(), Lock()
    eaters = [
        Process(target=eat, args=(bowl, spoon), name="Ming"),
        Process(target=eat, args=(spoon, bowl), name="Lan"),
    ]
    for eater in eaters:
        eater.start()
    for eater in eaters:
        eater.join()
