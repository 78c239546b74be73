"""Whether a process that does not come to the gate may still do so by itself, by what the system shows of it."""

from procsim.diagnosis.blocked_threads import READABLE, Blocked, blocked
from procsim.diagnosis.snapshot import OpenEnds
from procsim.diagnosis.system_view import threads_of

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
