"""Plans that follow threads named beforehand, and the rule for the steps after them.

The rule: the thread that moved last goes on while it can, so that there are few switches to read; one that gave up, as
its time was up, or asks the same again, lets others go first (`fairness`).
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence, Set

from procsim.explore.fairness import Fairness
from procsim.explore.schedule import Diverged, Operation, Step, still_asleep


class Begun:
    """Begins as an execution before did, then goes a way that is new, then by the rule; without those that sleep.

    A thread sleeps whose next operation is explored first in another execution: until a step depends on it, each order
    is one of those.
    """

    def __init__(
        self,
        steps: Sequence[Step] = (),
        way: Iterable[str] = (),
        sleep: Mapping[str, Operation] | None = None,
        fairness: type[Fairness] = Fairness,
    ) -> None:
        """`steps`: those to begin with. `way`: the threads to move then. `sleep`: who sleeps after these steps.
        `fairness`: how it is found who lets others go first.
        """
        self._steps = steps
        self._way = deque(way)
        self._sleep = dict(sleep or {})
        self._fairness = fairness()
        self.is_cut = False
        """Whether it has ended the execution since a loop went on for too long: what follows is not known."""

    def choose(self, position: int, enabled: Set[str], previous: str | None) -> str | None:
        """As in `Plan`."""
        if position < len(self._steps):
            thread = self._steps[position].thread
            if thread not in enabled:
                raise Diverged(position, described(self._steps[position]), f"{thread} cannot move")
            return thread
        if self._way:
            thread = self._way.popleft()
            if thread in enabled:
                return thread if thread not in self._sleep else None
            self._way.clear()
        awake = enabled - self._sleep.keys()
        if awake != enabled and self._fairness.is_loop(awake):
            self.is_cut = True
            return None  # they wait for those who sleep
        return by_rule(awake, previous, self._fairness)

    def saw(self, position: int, step: Step) -> None:
        """As in `Plan`."""
        self._fairness.saw(step)
        if position >= len(self._steps):
            self._sleep = still_asleep(self._sleep, step)
            return
        before = self._steps[position]
        if step.thread != before.thread or not step.operation.is_same(before.operation):
            raise Diverged(position, described(before), described(step))


class Wished:
    """Follows a list of threads, then the rule. A thread that cannot move when it is its turn moves once it can."""

    def __init__(self, threads: Iterable[str]) -> None:
        self._wishes = list(threads)
        self._fairness = Fairness()

    def choose(self, position: int, enabled: Set[str], previous: str | None) -> str | None:
        """As in `Plan`. It never ends an execution."""
        thread = next(filter(enabled.__contains__, self._wishes), None)
        if thread is None:
            return by_rule(enabled, previous, self._fairness)
        self._wishes.remove(thread)
        return thread

    def saw(self, position: int, step: Step) -> None:
        """As in `Plan`."""
        self._fairness.saw(step)


def by_rule(able: Set[str], previous: str | None, fairness: Fairness) -> str | None:
    """Who moves where nothing else is said: see above. None: nobody is able to."""
    first = fairness.able(able)
    return previous if previous in first else next(iter(first), None)


def described(step: Step) -> str:
    """Such as "user-1: file_read tickets.txt (tickets.py:29)", where a program is not the same each time."""
    operation = step.operation
    words = f"{step.thread}: {operation.kind} {operation.object}".rstrip()
    return f"{words} ({operation.at})" if operation.at else words
