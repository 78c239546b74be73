"""One process adds to a number under one lock, others under another. With `cured`, all of them use the first one."""

import sys
from multiprocessing import Lock, Process, Value
from typing import Any


def add_and_check(lock: Any, number: Any) -> None:
    with lock:
        before = number.value
        number.value = before + 1
        assert number.value == before + 1


def add(lock: Any, number: Any) -> None:
    with lock:
        number.value += 1


if __name__ == "__main__":
    others = int(sys.argv[1])
    number, its_lock, another_lock = Value("i", 0), Lock(), Lock()
    if sys.argv[2:] == ["cured"]:
        another_lock = its_lock
    processes = [Process(target=add_and_check, args=(its_lock, number), name="checker")]
    for index in range(others):
        processes.append(Process(target=add, args=(another_lock, number), name=f"adder-{index + 1}"))
    for process in processes:
        process.start()
    for process in processes:
        process.join()
