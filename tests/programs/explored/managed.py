"""Two processes add one to an entry of a manager's dict, which is read and then written."""

from multiprocessing import Manager, Process
from typing import Any


def add(shared: Any) -> None:
    shared["number"] += 1


if __name__ == "__main__":
    with Manager() as manager:
        shared = manager.dict(number=0)
        adders = [Process(target=add, args=(shared,), name=f"adder-{number}") for number in (1, 2)]
        for adder in adders:
            adder.start()
        for adder in adders:
            adder.join()
        assert shared["number"] == 2
