"""How many orders the executions stand for that a search has tried.

Only those steps count whose order can differ: those that touch an object at which two threads race. The orders of an
execution are the linear extensions of happens-before among these. Two traces have no order in common; so if all traces
were tried, the sum is the number of all orders.

Source: Habib, Medina, Nourine and Steiner, "Efficient algorithms on distributive lattices", 2001 (linear extensions
are counted as paths from one set of steps that is closed downwards to the next).
"""

from collections.abc import Sequence, Set
from typing import NamedTuple

from procsim.explore.order import Order
from procsim.explore.schedule import LAST, WRITE, Operation

MOST_STEPS = 100_000
"""Of so many steps the traces are kept, in about 25 MB; of more, the orders are not counted."""

MOST_STATES = 1_000_000
"""So many sets of steps are looked at; then, the orders are not counted."""


STATES_SO_FAR = MOST_STATES // 4
"""So many while others are still to come."""


class _Kept(NamedTuple):
    """A step, as far as it is needed to count orders."""

    row: int
    """Of its thread."""
    objects: tuple[str, ...]
    clock: tuple[int, ...]


class Orders:
    """The traces so far, and what they race for."""

    def __init__(self) -> None:
        self._traces: list[list[_Kept] | None] | None = []
        self._seen: set[int] = set()
        """Of each trace, what tells it from others: where processes wait in conditions, one may come again."""
        self._steps_left = MOST_STEPS
        self._last: dict[str, set[str]] = {}
        """Who has left each group as the last one. Where that differs, an order may belong to two executions."""
        self._counts: list[int] = []
        """Of the first traces, as far as they were counted for these objects:"""
        self._counted_at: frozenset[str] = frozenset()
        self._states_left = STATES_SO_FAR
        self.contested: dict[str, str] = {}
        """The objects at which threads race, and how people call them."""
        self.racing: set[tuple[str, Operation]] = set()
        """What threads do that takes part in a race."""

    def add(self, order: Order) -> None:
        """Take in a trace, and what races in it."""
        self.contested |= order.contested()
        self.racing |= order.racing()
        self._steps_left -= len(order.steps)
        for step in order.steps:
            for touch in step.operation.touches:
                if touch.mode == WRITE and touch.object.startswith(LAST):
                    self._last.setdefault(touch.object, set()).add(step.thread)
        before = len(self._seen)
        self._seen.add(_told_by(order))
        if self._traces is not None and len(self._seen) == before:
            self._traces.append(None)
        elif self._traces is not None and self._steps_left >= 0:
            self._traces.append(
                [
                    _Kept(row, tuple(touch.object for touch in step.operation.touches), clock)
                    for step, (row, clock) in zip(order.steps, order.stamped(), strict=True)
                ]
            )
        else:
            self._traces = None

    def counts(self) -> list[int] | None:
        """Of each trace, in the order in which they came, how many orders it stands for, 0 if it came before.

        None: they are too many, or cannot be told apart.
        """
        self._states_left = MOST_STATES
        return self.so_far()

    def so_far(self) -> list[int] | None:
        """As `counts`, while others are still to come: what was counted before is not counted again, as long as threads
        race for the same objects. None, too, once that would take too long.
        """
        if any(len(who) > 1 for name, who in self._last.items() if name in self.contested):
            return None
        objects = frozenset(self.contested)
        if objects != self._counted_at:
            self._counts, self._counted_at = [], objects
        for trace in (self._traces or ())[len(self._counts) :]:
            found: int | None = 0
            if trace is not None:
                found, self._states_left = _linear_extensions(_known_of(trace, objects), self._states_left)
            if found is None:
                return None
            self._counts.append(found)
        return None if self._traces is None else self._counts


def _told_by(order: Order) -> int:
    """The same number for two executions in which each thread does the same, and knows the same with each step."""
    stamped = list(zip(order.steps, order.stamped(), strict=True))
    names = {row: step.thread for step, (row, _clock) in stamped}
    return hash(
        frozenset(
            (
                step.thread,
                step.operation,
                frozenset((names[row], count) for row, count in enumerate(clock) if count),
            )
            for step, (_row, clock) in stamped
        )
    )


def _known_of(trace: Sequence[_Kept], objects: Set[str]) -> list[list[tuple[int, ...]]]:
    """For each thread, for each of its steps that touch these objects: how many such steps of each thread it knows."""
    threads = len(trace[0].clock) if trace else 0
    numbers: list[list[int]] = [[0] for _row in range(threads)]
    """For each thread, after each number of its steps: how many of them touch the objects."""
    for step in trace:
        numbers[step.row].append(numbers[step.row][-1] + any(each in objects for each in step.objects))
    known: list[list[tuple[int, ...]]] = [[] for _row in range(threads)]
    for step in trace:
        if any(each in objects for each in step.objects):
            known[step.row].append(tuple(numbers[row][count] for row, count in enumerate(step.clock)))
    return known


def _linear_extensions(known: Sequence[Sequence[tuple[int, ...]]], most: int) -> tuple[int | None, int]:
    """How many orders keep to what each step knows, and how many of the `most` states are left; None: too many."""
    begin = (0,) * len(known)
    ways: dict[tuple[int, ...], int] = {begin: 1}
    """The sets of steps that can have been taken, all of one size, and in how many orders each."""
    for _step in range(sum(map(len, known))):
        following: dict[tuple[int, ...], int] = {}
        for taken, count in ways.items():
            for row, steps in enumerate(known):
                if taken[row] == len(steps):
                    continue
                needs = steps[taken[row]]
                if all(need <= has for other, (need, has) in enumerate(zip(needs, taken, strict=True)) if other != row):
                    after = (*taken[:row], taken[row] + 1, *taken[row + 1 :])
                    following[after] = following.get(after, 0) + count
        most -= len(following)
        if most < 0:
            return None, 0
        ways = following
    return sum(ways.values()), most
