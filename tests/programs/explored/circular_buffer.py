"""Two processes take turns to put a number into a ring and to take it out, but count on when it is not their turn.

With `cured` they wait until it is.
"""

import sys
from multiprocessing import Array, Condition, Process, Value
from typing import Any

NUMBERS, SIZE = 3, 2


def put(turn: Any, may_send: Any, ring: Any, cured: bool) -> None:
    end = 0
    for number in range(NUMBERS):
        with turn:
            if cured:
                turn.wait_for(lambda: may_send.value)
            if may_send.value:
                ring[end] = number
                end = (end + 1) % SIZE
                may_send.value = 0
                turn.notify()


def take(turn: Any, may_send: Any, ring: Any, cured: bool) -> None:
    begin = 0
    for number in range(NUMBERS):
        with turn:
            if cured:
                turn.wait_for(lambda: not may_send.value)
            if not may_send.value:
                assert ring[begin] == number
                begin = (begin + 1) % SIZE
                may_send.value = 1
                turn.notify()


if __name__ == "__main__":
    arguments = (Condition(), Value("i", 1), Array("i", SIZE), sys.argv[1:] == ["cured"])
    processes = [
        Process(target=put, args=arguments, name="putter"),
        Process(target=take, args=arguments, name="taker"),
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
