"""Three processes pass a number on, each from the one before it, and a fourth checks it when all of them have done so.

Nothing says who comes first. With `cured` each waits for the one before it.
"""

import sys
from multiprocessing import Array, Event, Lock, Process
from typing import Any

PEOPLE = 3


def pass_on(lock: Any, numbers: Any, done: Any, index: int, cured: bool) -> None:
    if cured and index > 0:
        done[index - 1].wait()
    with lock:
        numbers[index] = numbers[index - 1] + (index == 0)
        done[index].set()


def check(lock: Any, numbers: Any, done: Any) -> None:
    with lock:
        if all(each.is_set() for each in done):
            assert numbers[0] == numbers[1] == numbers[2]


if __name__ == "__main__":
    lock, numbers, done = Lock(), Array("i", PEOPLE), [Event() for _ in range(PEOPLE)]
    cured = sys.argv[1:] == ["cured"]
    processes = [
        Process(target=pass_on, args=(lock, numbers, done, index, cured), name=f"passes-{index + 1}")
        for index in range(PEOPLE)
    ]
    processes.append(Process(target=check, args=(lock, numbers, done), name="checker"))
    for process in processes:
        process.start()
    for process in processes:
        process.join()
