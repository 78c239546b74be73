"""One process pushes, one pops once anything was pushed: too often. With `cured`, it looks whether one is left."""

import sys
from multiprocessing import Lock, Process, Value
from typing import Any

ITEMS = 3


def push(lock: Any, height: Any, begun: Any) -> None:
    for _ in range(ITEMS):
        with lock:
            height.value += 1
            begun.value = 1


def pop(lock: Any, height: Any, there_are_some: Any) -> None:
    for _ in range(ITEMS):
        with lock:
            if there_are_some.value:
                assert height.value > 0, "the stack is empty"
                height.value -= 1


if __name__ == "__main__":
    lock, height, begun = Lock(), Value("i", 0), Value("i", 0)
    there_are_some = height if sys.argv[1:] == ["cured"] else begun
    processes = [
        Process(target=push, args=(lock, height, begun), name="pusher"),
        Process(target=pop, args=(lock, height, there_are_some), name="popper"),
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
