"""Happens-before among the steps of an execution, and its races: the pairs that could change places.

Two dependent steps of different threads race if no other step between them is ordered after the first and before the
second. An operation that is blocked at the end of an execution races, too, although it was never done; and so does one
that another thread has made impossible by ending the process.

Sources: Mattern, "Virtual time and global states of distributed systems", 1988 (vector clocks); Flanagan and Godefroid,
"Dynamic partial-order reduction for model checking software", POPL 2005 (the next operations of all threads, blocked
ones, too); Abdulla, Aronis, Jonsson and Sagonas, "Optimal dynamic partial order reduction", POPL 2014 (reversible
races).
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from procsim.explore.schedule import COMMUTE, START, Execution, Operation, Touch

_Clock = tuple[int, ...]
"""For each thread, how many of its first steps are known."""


class Race(NamedTuple):
    """A step, and the operation of another thread that could come before it instead."""

    earlier: int
    """The position of the step."""
    later: int
    """The position of the operation; that behind the last step, if it was never done."""
    thread: str
    """Whose operation it is."""
    operation: Operation


class Order:
    """The steps of an execution, and which of them happen before which."""

    def __init__(self, execution: Execution) -> None:
        self.steps = execution.steps
        self.races: list[Race] = []
        names = dict.fromkeys(name for step in self.steps for name in (step.thread, *step.pending)) | dict.fromkeys(
            execution.blocked
        )
        self._row = {thread: row for row, thread in enumerate(names)}
        self._known: dict[str, _Clock] = dict.fromkeys(names, (0,) * len(names))
        """What each thread knows after its last step so far."""
        self._clocks: list[_Clock] = []
        """What the thread knows with each step."""
        self._stamps: list[tuple[int, int]] = []
        """The row of the thread of each step, and how many steps it has taken with this one."""
        self._history: dict[str, list[tuple[str, list[int]]]] = {}
        """The modes in which each object was touched, and where: several times in turn, for those that commute."""
        for position, step in enumerate(self.steps):
            self._add_races(position, step.thread, step.operation)
            self._take(position, step.thread, step.operation.touches)
            for thread in step.woke:
                self._known[thread] = _joined(self._known[thread], self._clocks[position])
            for thread, operation in step.ended.items():
                self._add_races(len(self.steps), thread, operation)
        for thread, operation in execution.blocked.items():
            self._add_races(len(self.steps), thread, operation)

    def follows(self, earlier: int, later: int) -> bool:
        """Whether the step at `later` happens after the one at `earlier`, or is that one."""
        return self._covers(self._clocks[later], earlier)

    def may_change(self, race: Race) -> bool:
        """Whether the later operation could come first: not if it was blocked, and nobody else would have moved."""
        step = self.steps[race.earlier]
        if race.later < len(self.steps) or race.thread in step.enabled:
            return True
        return any(not self.follows(race.earlier, later) for later in range(race.earlier + 1, len(self.steps)))

    def contested(self) -> dict[str, str]:
        """The objects that threads race for, and how people call them."""
        return {
            touch.object: race.operation.object
            for race in self.races
            for touch in race.operation.touches
            if any(touch.object == its.object for its in self.steps[race.earlier].operation.touches)
        }

    def racing(self) -> set[tuple[str, Operation]]:
        """What threads do that takes part in a race."""
        later = {(race.thread, race.operation) for race in self.races}
        return later | {(self.steps[race.earlier].thread, self.steps[race.earlier].operation) for race in self.races}

    def allows(self, threads: Sequence[str]) -> bool:
        """Whether these threads, in this order, take the same steps, and none before one that it happens after."""
        needs = self._needs()
        taken = [0] * len(self._row)
        for thread in threads:
            row = self._row[thread]
            if taken[row] == len(needs[row]) or not _is_met(needs[row][taken[row]], taken, row):
                return False
            taken[row] += 1
        return len(threads) == len(self.steps)

    def in_long_turns(self, first: Sequence[str]) -> list[str]:
        """The threads in an order of the same trace, in which each goes on for as long as it can.

        `first`: whose turn it is then, if it can go on: the first of these.
        """
        needs = self._needs()
        taken = [0] * len(self._row)
        threads: list[str] = []
        while len(threads) < len(self.steps):
            for thread in (*threads[-1:], *first):
                row = self._row[thread]
                if taken[row] < len(needs[row]) and _is_met(needs[row][taken[row]], taken, row):
                    taken[row] += 1
                    threads.append(thread)
                    break
        return threads

    def _needs(self) -> list[list[_Clock]]:
        """For each thread, what each of its steps knows: those come before it in every order of the trace."""
        needs: list[list[_Clock]] = [[] for _row in self._row]
        for (row, _count), clock in zip(self._stamps, self._clocks, strict=True):
            needs[row].append(clock)
        return needs

    def stamped(self) -> list[tuple[int, _Clock]]:
        """Of each step, the number of its thread, and for each thread how many of its steps come before or are it."""
        return [(row, clock) for (row, _count), clock in zip(self._stamps, self._clocks, strict=True)]

    def _covers(self, clock: _Clock, position: int) -> bool:
        row, count = self._stamps[position]
        return clock[row] >= count

    def _take(self, position: int, thread: str, touches: tuple[Touch, ...]) -> None:
        """Add a step: it comes after the last step of its thread, and after all that it depends on."""
        row, clock = self._row[thread], self._known[thread]
        clock = (*clock[:row], clock[row] + 1, *clock[row + 1 :])
        for touch in touches:
            for earlier, mode in self._depends_on(touch):
                if not self._covers(clock, earlier):
                    clock = _joined(clock, self._clocks[earlier])
                if mode not in COMMUTE:
                    break  # it depends on all that came before it: they are in its clock
        for name, mode in touches:
            history = self._history.setdefault(name, [])
            if not history or history[-1][0] != mode or mode not in COMMUTE:
                history.append((mode, []))
            history[-1][1].append(position)
            if mode == START:
                self._known[name] = clock
        self._clocks.append(clock)
        self._stamps.append((row, clock[row]))
        self._known[thread] = clock

    def _depends_on(self, touch: Touch) -> Iterator[tuple[int, str]]:
        """The steps so far that it depends on, the last one first, and how each touched the object."""
        for mode, positions in reversed(self._history.get(touch.object, ())):
            if mode != touch.mode or mode not in COMMUTE:
                for position in reversed(positions):
                    yield position, mode

    def _add_races(self, later: int, thread: str, operation: Operation) -> None:
        """Add the races of this operation, which comes at `later`, with the steps before.

        A step before which it would have blocked has enabled it, and cannot change places with it. What lies further
        back on that object can: an acquire races with the acquire before it, not with the release between them. What
        gives up can be done in vain before, and races with both.
        """
        found = {}
        for touch in operation.touches:
            seen = self._known[thread]
            for position, mode in self._depends_on(touch):
                if not self._covers(seen, position):
                    blocked = touch in self.steps[position].refused and not operation.gives_up
                    if blocked or self._has_enabled(position, later, thread, operation):
                        continue
                    found[position] = True
                    seen = _joined(seen, self._clocks[position])
                if mode not in COMMUTE:
                    break
        self.races += [Race(position, later, thread, operation) for position in found]

    def _has_enabled(self, position: int, later: int, thread: str, operation: Operation) -> bool:
        """Whether that thread stood before the operation and could not move, and could after the step."""
        asked = self.steps[later].pending.get(thread) if later < len(self.steps) else operation
        if position + 1 >= len(self.steps):
            return False
        step, after = self.steps[position], self.steps[position + 1]
        return step.pending.get(thread) in (operation, asked) and thread not in step.enabled and thread in after.enabled


def _is_met(needs: _Clock, taken: Sequence[int], row: int) -> bool:
    """Whether so many steps of each thread have been taken as a step of that row needs of the others."""
    return all(need <= has for other, (need, has) in enumerate(zip(needs, taken, strict=True)) if other != row)


def _joined(one: _Clock, other: _Clock) -> _Clock:
    return tuple(map(max, one, other))
