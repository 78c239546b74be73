"""What a finding is, and what the functions that find them are given."""

from collections.abc import Mapping
from typing import Any, NamedTuple


class Finding(NamedTuple):
    """One thing that went wrong."""

    id: str
    text: str
    """One sentence; its {placeholders} are filled from the figures."""
    figures: Mapping[str, Any] = {}
    cure: str = ""
    """What would cure it: a sentence like `text`; empty where nobody can tell."""


class Outcome(NamedTuple):
    """How a run came to its end, as far as the events cannot tell it."""

    timed_out: float | None = None
    """seconds that it was given, where it had to be ended for that."""
    interrupted: int = 0
    """The signal by which people ended it early."""
    ended: frozenset[int] = frozenset()
    """PIDs of the processes that procsim ended."""
    left_behind: tuple[int, ...] = ()
    """PIDs of processes that were still there when main was gone, and that procsim ended."""
