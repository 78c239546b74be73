"""How long the others wait for a thread that has begun to move and does not come to the gate.

On a machine that is busy with other work, a thread may get no time to compute in. So the patience is up when the
processes of the execution have computed for that long, or when all of them sleep then.
"""

import os
import time
from collections.abc import Iterator

from procsim.diagnosis.blocked_threads import READABLE, Blocked, blocked
from procsim.diagnosis.snapshot import OpenEnds
from procsim.diagnosis.system_view import threads_of

_TICKS = os.sysconf("SC_CLK_TCK")

LONGEST_SECONDS = 60.0
"""Then it is up in any case."""

LOOKS = 3
"""So often in turn all of them are seen to sleep."""


class Patience:
    """Of so many seconds, with the processes that have come of a zygote. To be renewed when something has happened."""

    def __init__(self, zygote: int, seconds: float) -> None:
        self._zygote, self._seconds = zygote, seconds
        self.renew()

    def renew(self) -> None:
        """It begins anew."""
        self._began, self._computed, self._slept = time.monotonic(), -1.0, 0

    def is_up(self) -> bool:
        """Whether nobody is to be waited for any longer. To be asked again and again."""
        waited = time.monotonic() - self._began
        if waited < self._seconds / 2 or (self._computed >= 0 and waited < self._seconds):
            return False
        computed, runs = _computed_by(self._zygote)
        if self._computed < 0:  # what they have computed until half of the time was over
            self._computed = computed
            return False
        self._slept = 0 if runs else self._slept + 1
        have_computed = computed - self._computed > self._seconds / 3
        return have_computed or self._slept >= LOOKS or waited > LONGEST_SECONDS


def any_computes(zygote: int) -> bool:
    """Whether any of the processes that have come of a zygote computes, or would if it were its turn."""
    return _computed_by(zygote)[1]


ENDED_BY_OTHERS = frozenset({"inner", "shared", "read", "write", "poll"})
"""The waits (`Blocked.how`) that have no limit of time, and that other threads of the program may have to end."""


def may_go_on(pid: int) -> bool:
    """Whether a thread of it computes, waits for a time, for a program of others, or for what is not known."""
    threads, ends = threads_of(pid), OpenEnds(pid)
    try:
        return not READABLE or any(_may_go_on(blocked(pid, str(thread), ends)) for thread in threads)
    except PermissionError:
        return True


def _may_go_on(wait: Blocked | None) -> bool:
    return wait is None or wait.how not in ENDED_BY_OTHERS


def _computed_by(zygote: int) -> tuple[float, bool]:
    """For how long those that have come of it have computed, in seconds; and whether any of them does, or would."""
    ticks, runs = 0, False
    for pid in _below(zygote):
        for words in _threads_of(pid):
            ticks += int(words[11]) + int(words[12])
            runs = runs or words[0] in (b"R", b"D")
    return ticks / _TICKS, runs


def _below(pid: int) -> Iterator[int]:
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children", "rb") as file:
                children = [int(child) for child in file.read().split()]
            for child in children:
                yield child
                yield from _below(child)
    except OSError:  # it has just ended
        return


def _threads_of(pid: int) -> Iterator[list[bytes]]:
    """Of each thread, what the system shows, from its state on (see proc(5))."""
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/stat", "rb") as file:
                yield file.read().rpartition(b")")[2].split()
    except OSError:
        return
