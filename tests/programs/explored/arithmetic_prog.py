"""One process hands over the numbers from 1 on, one at a time, and another adds them up.

Main expects another sum than theirs. With `cured` it expects theirs.
"""

import sys
from multiprocessing import Condition, Lock, Process, Value
from typing import Any

NUMBERS = 2


def hand_over(empty: Any, full: Any, here: Any) -> None:
    for _ in range(NUMBERS):
        with empty:
            while here.value > 0:
                empty.wait()
            here.value += 1
            full.notify()


def add_up(empty: Any, full: Any, here: Any, total: Any) -> None:
    for number in range(1, NUMBERS + 1):
        with full:
            while here.value == 0:
                full.wait()
            total.value += number
            here.value -= 1
            empty.notify()


if __name__ == "__main__":
    lock, here, total = Lock(), Value("i", 0), Value("i", 0)
    empty, full = Condition(lock), Condition(lock)
    processes = [
        Process(target=hand_over, args=(empty, full, here), name="giver"),
        Process(target=add_up, args=(empty, full, here, total), name="adder"),
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    its_sum = NUMBERS * (NUMBERS + 1) // 2
    assert total.value == (its_sum if sys.argv[1:] == ["cured"] else its_sum + 1)
