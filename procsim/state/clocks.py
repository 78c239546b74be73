"""Vector clocks: which updates are certain to have happened before something else (Lamport's happens-before).

A clock has a number for each process that has made updates. An update is known by its process and number, its epoch, as
in FastTrack (Flanagan and Freund 2009): it came before all that happens to a process whose clock has reached that
number. Only updates are numbered, so the clocks of a program that makes none are empty, and cost nothing. A clock is
never changed in place, so handing one on costs nothing either.

What processes hand on through an object is collected in one clock of that object, and whoever takes something from it
knows all of that, as with the volatile variables of FastTrack. It is more than the one item knows that was taken. So an
update may be taken for ordered that is not, and then it is not found; none is found that is ordered.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from procsim.state.bounds import CLOCKS_KEPT, COUNTED_KEPT

Clock = Mapping[int, int]
"""By PID: how many of its updates have happened before."""

Epoch = tuple[int, int]
"""An update: the PID of its process, and its number there."""

NOTHING: Clock = {}


def joined(first: Clock, second: Clock) -> Clock:
    """The clock that knows what both know; one of the two where that knows it all."""
    if first is second or not second:
        return first
    if not first:
        return second
    more = {pid: number for pid, number in second.items() if first.get(pid, 0) < number}
    if not more:
        return first
    both = {**first, **more}
    return second if both == second else both


class Clocks:
    """The clock of each process, and of all through which processes hand on what they know."""

    def __init__(self) -> None:
        self._clocks: dict[int, Clock] = {}
        self._numbers: dict[int, int] = {}
        """How many updates each process has made; the one that made its first longest ago stands first."""
        self._handed_on: set[int] = set()
        """The processes that have handed on their clock since their last update: the next one needs a new number."""
        self._told_readers: dict[int, Any] = {}
        """The place of the last update of each process, if it was handed on to those that read there."""
        self._told: dict[Any, Clock] = {}
        """What was handed on, by the object, or by what else it was handed on through."""
        self._rest: Clock = NOTHING
        """What was handed on through objects that were forgotten: counts as handed on through each."""
        self.forgotten: set[int] = set()
        """The processes whose updates so far were forgotten. Who keeps updates is to empty it."""

    @property
    def has_some(self) -> bool:
        """Whether there was an update yet."""
        return bool(self._numbers)

    def of(self, pid: int) -> Clock:
        """What is certain to have happened before now, for this process."""
        return self._clocks.get(pid, NOTHING)

    def update(self, pid: int, place: Any = None) -> Epoch:
        """A process makes an update of that place. Returns its epoch."""
        number = self._numbers.get(pid, 0)
        if pid in self._handed_on or self._told_readers.get(pid, place) != place or not number:
            number += 1
            self._numbers[pid] = number
            self._handed_on.discard(pid)
            self._told_readers.pop(pid, None)
            self._clocks[pid] = {**self.of(pid), pid: number}
            if len(self._numbers) > COUNTED_KEPT:
                self._forget_updates()
        return pid, number

    def tell(self, pid: int, key: Any) -> None:
        """A process hands on what it knows through `key`: an identity, or anything else that others know it by."""
        clock = self._clocks.get(pid)
        if clock:
            self._handed_on.add(pid)
            told = self._told.get(key)
            self._told[key] = joined(told, clock) if told else clock
            if told is None and len(self._told) > CLOCKS_KEPT:
                self._rest = joined(self._rest, self._told.pop(next(iter(self._told))))

    def tell_readers(self, pid: int, place: Any) -> None:
        """A process hands on what it knows to those that read at a place which it has just updated.

        Its next update there needs no new number, though they do not know that one: where it was made after such a
        reader's own, it is the one that does not know the other.
        """
        clock = self._clocks[pid]
        key = ("updates", place)
        told = self._told.get(key)
        if told is not clock:
            if told is None:
                before = pid in self._handed_on
                self.tell(pid, key)
                if not before:
                    self._handed_on.discard(pid)
            else:
                self._told[key] = joined(told, clock)
        self._told_readers[pid] = place

    def learn(self, pid: int, key: Any) -> None:
        """A process knows from now on what was handed on through `key`."""
        told = self._told.get(key)
        if told:
            self._clocks[pid] = joined(self.of(pid), told)
        if self._rest:
            self._clocks[pid] = joined(self.of(pid), self._rest)

    def learn_all(self, pid: int) -> None:
        """A process knows from now on all that has happened."""
        if self._numbers:
            self._handed_on.update(self._numbers)
            self._clocks[pid] = joined(self.of(pid), dict(self._numbers))

    def learn_from(self, pid: int, others: Iterable[int]) -> None:
        """A process knows from now on what these processes know now."""
        for other in others:
            clock = self._clocks.get(other)
            if clock and other != pid:
                self._handed_on.add(other)
                self._clocks[pid] = joined(self.of(pid), clock)

    def _forget_updates(self) -> None:
        """Forget the updates of the half of the processes that made their first one longest ago.

        What such a process does next is an update that no other process knows.
        """
        gone = set([*self._numbers][: COUNTED_KEPT // 2])
        shorter: dict[int, tuple[Clock, Clock]] = {}

        def without(clock: Clock) -> Clock:
            if id(clock) not in shorter:  # many share one; it is kept here, so that no other gets its id
                shorter[id(clock)] = ({pid: number for pid, number in clock.items() if pid not in gone}, clock)
            return shorter[id(clock)][0]

        self._clocks = {pid: short for pid, clock in self._clocks.items() if (short := without(clock))}
        self._told = {key: short for key, clock in self._told.items() if (short := without(clock))}
        self._rest = without(self._rest)
        for pid in gone:
            del self._numbers[pid]
            self._told_readers.pop(pid, None)
        self.forgotten |= gone
