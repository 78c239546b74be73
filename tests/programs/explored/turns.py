"""Threads, conditions, a barrier whose answer is used, a pipe and an event: each of them in an order of its own."""

import threading
from multiprocessing import Barrier, Condition, Event, Pipe, Process, Value
from typing import Any


def come(barrier: Any, order: Any, ready: Any, turn: Any) -> None:
    order.send(barrier.wait())
    ready.wait()
    with turn:
        while not turn_is_given.value:
            turn.wait()


def give(turn: Any) -> None:
    with turn:
        turn_is_given.value = 1
        turn.notify_all()


turn_is_given = Value("i", 0)

if __name__ == "__main__":
    barrier, ready, turn = Barrier(2), Event(), Condition()
    mine, theirs = Pipe()
    people = [Process(target=come, args=(barrier, theirs, ready, turn), name=f"p{number}") for number in (1, 2)]
    for person in people:
        person.start()
    assert sorted(mine.recv() for _ in people) == [0, 1]
    ready.set()
    giver = threading.Thread(target=give, args=(turn,))
    giver.start()
    giver.join()
    for person in people:
        person.join()
