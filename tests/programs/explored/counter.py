"""Two processes add one to a Value, which is read and then written."""

from multiprocessing import Process, Value
from typing import Any


def add(counter: Any) -> None:
    counter.value += 1


if __name__ == "__main__":
    counter = Value("i", 0)
    adders = [Process(target=add, args=(counter,), name=f"adder-{number}") for number in (1, 2)]
    for adder in adders:
        adder.start()
    for adder in adders:
        adder.join()
    assert counter.value == 2
