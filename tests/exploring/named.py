"""Programs with a name in the literature or in the lessons, in the words of `model`."""

from collections.abc import Callable
from typing import Any

from tests.exploring.model import Op, Program, Registers


def tickets(users: int, lock: bool = False) -> Program:
    """The ticket office: each user reads the number of tickets, and takes one if there is one."""
    buy: list[Op] = [
        ("read", "count", "n"),
        ("unless", lambda mine: mine["n"] > 0, 1),
        ("write", "count", lambda mine: mine["n"] - 1),
    ]
    buy = [("acquire", "lock"), *buy, ("release", "lock")] if lock else buy
    return Program(
        {f"user-{number}": buy for number in range(1, users + 1)},
        {"count": 1},
        wrong=_oversold,
        name=f"tickets {users}" + " with a lock" * lock,
    )


def _oversold(cells: dict[str, Any], registers: Registers) -> str:
    return "oversold" if sum(mine["n"] > 0 for mine in registers.values()) > 1 else ""


def tickets_emptied(users: int) -> Program:
    """The office that opens its file with "w": open, read, open and empty, write. Who reads in between crashes."""
    buy: list[Op] = [
        ("read", "file", "opened"),
        ("read", "file", "n"),
        ("unless", lambda mine: mine["n"] == "", 1),
        ("fail", "JSONDecodeError"),
        ("unless", lambda mine: mine["n"] > 0, 2),
        ("write", "file", ""),
        ("write", "file", lambda mine: mine["n"] - 1),
    ]
    return Program(
        {f"user-{number}": buy for number in range(1, users + 1)},
        {"file": 1},
        wrong=_oversold,
        name=f"tickets {users}, emptied",
    )


def ab_ba() -> Program:
    """Two threads that acquire two locks, the other way round."""

    def both(one: str, other: str) -> list[Op]:
        return [("acquire", one), ("acquire", other), ("release", other), ("release", one)]

    return Program({"a": both("A", "B"), "b": both("B", "A")}, name="AB/BA")


def philosophers(count: int) -> Program:
    """Each takes the fork on the left, and then that on the right."""

    def eat(number: int) -> list[Op]:
        left, right = f"fork-{number}", f"fork-{(number + 1) % count}"
        return [("acquire", left), ("acquire", right), ("release", right), ("release", left)]

    return Program({f"p{number}": eat(number) for number in range(count)}, name=f"{count} philosophers")


def bounded_buffer(items: int = 2, capacity: int = 1, consumers: int = 2) -> Program:
    """One producer, several consumers, and a queue between them."""
    threads: dict[str, list[Op]] = {"producer": [("put", "q", number) for number in range(1, items + 1)]}
    for consumer in range(consumers):
        threads[f"consumer-{consumer}"] = [("get", "q", f"got{number}") for number in range(items // consumers)]
    return Program({**threads}, queues={"q": capacity}, name=f"bounded buffer {items}/{capacity}/{consumers}")


def lost_wakeup() -> Program:
    """The consumer looks at `ready`, then says that it waits. The producer sets `ready`, and wakes whoever waits."""
    return Program(
        {
            "consumer": [
                ("read", "ready", "r"),
                ("unless", lambda mine: not mine["r"], 2),
                ("write", "waits", 1),
                ("down", "wake"),
            ],
            "producer": [
                ("write", "ready", 1),
                ("read", "waits", "w"),
                ("unless", lambda mine: mine["w"], 1),
                ("up", "wake"),
            ],
        },
        {"ready": 0, "waits": 0},
        {"wake": 0},
        name="lost wake-up",
    )


def two_races() -> Program:
    """Wrong if one of two cells is read too early: two pairs must change, no single one is enough."""
    return Program(
        {
            "reader": [("read", "x", "x"), ("read", "y", "y")],
            "write-x": [("write", "x", 1)],
            "write-y": [("write", "y", 1)],
        },
        {"x": 0, "y": 0},
        wrong=lambda cells, registers: "" if all(registers["reader"].values()) else "early",
        name="two races",
    )


def last_zero(writers: int) -> Program:
    """One thread looks for the last zero in an array, from its end; each other sets a place to its left one plus one.

    The program by which the authors of source-DPOR show that it is not optimal.
    """
    scan: list[Op] = []
    for place in range(writers + 1):
        rest: list[Op] = [("unless", lambda mine: mine["r"] != 0, len(scan)), *scan] if scan else []
        scan = [("read", f"a{place}", "r"), *rest]
    add_one: Callable[[dict[str, Any]], int] = lambda mine: mine["r"] + 1  # noqa: E731
    return Program(
        {
            "scan": scan,
            **{
                f"t{place}": [("read", f"a{place - 1}", "r"), ("write", f"a{place}", add_one)]
                for place in range(1, writers + 1)
            },
        },
        {f"a{place}": 0 for place in range(writers + 1)},
        name=f"last zero {writers}",
    )
