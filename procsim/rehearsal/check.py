"""A check: what was tried, what has come of it, and what to do about it."""

import enum
from typing import NamedTuple


class Result(enum.Enum):
    """What a check has come to."""

    GOOD = "good"
    POOR = "poor"
    """A lesson works, but not as well as it could."""
    FAILED = "failed"
    LEFT_OUT = "left out"


class Check(NamedTuple):
    """One line of the rehearsal. Its texts are in the chosen language."""

    name: str
    """What was checked."""
    result: Result
    words: str
    """What has come of it."""
    remedy: str = ""
    """What to do; empty where nothing is wrong."""
