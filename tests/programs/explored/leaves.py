"""A daemon that is ended in the middle of its work, or comes to its end before; and a process that ends at once."""

import os
from multiprocessing import Process, Value
from typing import Any


def count(number: Any) -> None:
    for _ in range(2):
        number.value += 1


def leave() -> None:
    os._exit(3)


if __name__ == "__main__":
    number = Value("i", 0)
    Process(target=count, args=(number,), name="counter", daemon=True).start()
    left = Process(target=leave, name="left")
    left.start()
    left.join()
    assert left.exitcode == 3
