"""Who lets others go first: who gave up, and who asks the same again while nobody has changed anything. Pure.

A loop that asks until others have done something never ends where these are never let move. No system does that to a
program, so it is no fault of it.
"""

from collections.abc import Set

from procsim.explore.schedule import ACQUIRE, LOOK, PASS, READ, RELEASE, Operation, Step

_CHANGES_NOTHING = {READ, LOOK, PASS, ACQUIRE, RELEASE}
"""Who has taken and given back a lock has changed nothing by that."""

LONG = 100
"""So many steps in turn that change nothing, by threads that have all done the same before, are a loop."""


def changes_nothing(step: Step) -> bool:
    """Whether what others can do, and what they read, is the same after it, or after what its thread does next."""
    return step.gave_up or all(touch.mode in _CHANGES_NOTHING for touch in step.operation.touches)


class Fairness:
    """Follows the steps of an execution."""

    def __init__(self) -> None:
        self._seen: dict[str, set[Operation]] = {}
        """What each thread has done since something changed."""
        self._yield: set[str] = set()
        self._last: dict[str, int] = {}
        """When each thread moved last."""
        self._count = self._in_vain = 0

    def saw(self, step: Step) -> None:
        """A step was taken."""
        thread, operation = step.thread, step.operation
        self._count += 1
        self._last[thread] = self._count
        if not changes_nothing(step):
            self._seen.clear()
            self._yield.clear()
            self._in_vain = 0
            return
        seen = self._seen.setdefault(thread, set())
        if step.gave_up or operation in seen:
            self._yield.add(thread)
        seen.add(operation)
        self._in_vain += 1

    def able(self, enabled: Set[str]) -> list[str]:
        """Of those who can move, those who do not let others go first; else the one who has not moved for longest."""
        able = sorted(enabled - self._yield)
        return able or sorted(enabled, key=lambda thread: (self._last.get(thread, 0), thread))[:1]

    def is_loop(self, enabled: Set[str]) -> bool:
        """Whether these have asked the same for long, and nothing has changed."""
        return self._in_vain > LONG and enabled <= self._yield


class GaveUp(Fairness):
    """Under a bound on preemptions: to leave a thread that has just given up is none; to leave one that asks is one."""

    def saw(self, step: Step) -> None:
        self._yield = {step.thread} if step.gave_up else set()
        self._last[step.thread] = self._count = self._count + 1

    def is_loop(self, enabled: Set[str]) -> bool:
        return False
