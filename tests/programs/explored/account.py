"""One process pays in, one draws money, and one checks the balance once both have. With `cured` it adds up rightly."""

import sys
from multiprocessing import Lock, Process, Value
from typing import Any

BEFORE, PAID, DRAWN = 1, 2, 4


def pay(lock: Any, balance: Any, paid: Any) -> None:
    with lock:
        balance.value += PAID
        paid.value = 1


def draw(lock: Any, balance: Any, drawn: Any) -> None:
    with lock:
        balance.value -= DRAWN
        drawn.value = 1


def check(lock: Any, balance: Any, paid: Any, drawn: Any, expected: int) -> None:
    with lock:
        if paid.value and drawn.value:
            assert balance.value == expected


if __name__ == "__main__":
    expected = BEFORE + PAID - DRAWN if sys.argv[1:] == ["cured"] else BEFORE - PAID - DRAWN
    lock, balance, paid, drawn = Lock(), Value("i", BEFORE), Value("i", 0), Value("i", 0)
    processes = [
        Process(target=pay, args=(lock, balance, paid), name="payer"),
        Process(target=draw, args=(lock, balance, drawn), name="drawer"),
        Process(target=check, args=(lock, balance, paid, drawn, expected), name="checker"),
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
