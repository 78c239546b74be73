"""Programs made at random: 2 to 4 threads, with cells, locks, semaphores, queues, barriers, starts, joins, branches."""

from dataclasses import replace
from random import Random
from typing import Any

from tests.exploring.model import Op, Program

KINDS = ("read", "write", "lock", "unless", "semaphore", "queue", "try", "lone")


ENDING = ("end", "send", "read", "write", "lock", "unless")
"""Kinds of a program in which threads end each other, and close what others send through."""


def random_program(seed: int) -> Program:
    """The same program for the same seed."""
    return _Maker(Random(seed)).program(f"random {seed}")


def random_ending_program(seed: int) -> Program:
    """One in which threads are killed, and ends of pipes are closed, each by two or three of the threads."""
    maker = _Maker(Random(seed))
    maker.kinds = list(ENDING)
    program = maker.program(f"random ending {seed}")
    random, threads = Random(f"{seed} ends"), dict(program.threads)
    closing = random.sample(sorted(threads), min(len(threads), random.randint(2, 3)))
    for thread in closing:
        ops = list(threads[thread])
        plain = not any(op[0] == "unless" for op in ops)
        ops.insert(random.randint(0, len(ops)) if plain else random.choice((0, len(ops))), ("close", "p"))
        threads[thread] = ops
    others = [thread for thread in sorted(threads) if thread not in closing]
    if others and random.random() < 0.7:
        victim = random.choice(others)
        killer = random.choice([thread for thread in sorted(threads) if thread != victim])
        kill = ("kill", victim)
        threads[killer] = [*threads[killer], kill] if random.random() < 0.5 else [kill, *threads[killer]]
    return replace(program, threads=threads, ends={"p": len(closing)})


class _Maker:
    def __init__(self, random: Random) -> None:
        self._random = random
        self._count = random.choice((2, 2, 3, 3, 3, 4))
        self._cells = ["x", "y"][: random.randint(1, 2)]
        self._locks = ["L", "M"][: random.randint(1, 2)]
        self.kinds = random.sample(KINDS, random.randint(2, 5))
        if not {"read", "write"} & set(self.kinds) and random.random() < 0.6:
            self.kinds.append("write")

    def program(self, name: str) -> Program:
        random, names = self._random, "abcd"[: self._count]
        semaphores, queues = {"s": random.randint(0, 2)}, {"q": random.randint(1, 2)}
        barrier = random.random() < 0.15
        length = {2: 6, 3: 4, 4: 3}[self._count]
        threads: dict[str, list[Op]] = {}
        for thread in names:
            ops: list[Op] = []
            while sum(op[0] != "unless" for op in ops) < random.randint(2, length):
                ops += self._piece()
            threads[thread] = ops
        if barrier:
            for ops in threads.values():
                plain = not any(op[0] == "unless" for op in ops)
                ops.insert(random.randint(0, len(ops)) if plain else 0, ("barrier", "b"))
        if random.random() < 0.25:
            last = names[-1]
            threads["a"] = [("start", last), *threads["a"], *[("join", last)] * (random.random() < 0.7)]
        return Program(
            {**threads},
            dict.fromkeys(self._cells, 0),
            semaphores,
            queues,
            {},
            {"b": self._count} if barrier else {},
            lambda cells, registers: "wrong" if cells["x"] % 3 == 1 else "",
            name,
        )

    def _piece(self, depth: int = 0) -> list[Op]:
        random = self._random
        kind, cell, lock = random.choice(self.kinds), random.choice(self._cells), random.choice(self._locks)
        if kind == "read":
            return [("read", cell, "r")]
        if kind == "write":
            number = random.randint(1, 9)
            return [("write", cell, number if random.random() < 0.5 else _appended(number))]
        if kind == "lock":
            return [("acquire", lock), *(self._piece(depth + 1) if depth < 2 else []), ("release", lock)]
        if kind == "lone":
            one = random.random()
            return [("acquire", lock)] if one < 0.3 else [("release", lock)] if one < 0.5 else [("read", cell, "r")]
        if kind == "unless":
            inner: list[Op] = self._piece(depth + 1) if depth < 2 else [("read", cell, "r")]
            return [("read", cell, "r"), ("unless", lambda mine: mine["r"] == 0, len(inner)), *inner]
        if kind == "semaphore":
            return [(random.choice(("down", "up")), "s")]
        if kind == "send":
            return [("send", "p", random.choice("rt"))]
        if kind == "end":
            return [("send", "p", "r"), ("unless", lambda mine: mine["r"], 1), ("write", cell, 5)]
        if kind == "queue":
            return [("put", "q", random.randint(1, 9))] if random.random() < 0.5 else [("get", "q", "r")]
        return [("try", lock, "t"), ("unless", lambda mine: mine["t"], 1), ("write", cell, 7)]


def _appended(number: int) -> Any:
    return lambda mine: mine.get("r", 0) * 10 + number
