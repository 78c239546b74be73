"""Puts what came from several sources into one order: cause before effect.

An event has its time from before it was written, and what it brought about comes after that. So of all that was
written before a moment, nothing can have a cause that was written later: when everything was read that had been written
by then, its order by time is right. What is younger was read by chance, before something that may be older, and waits
for the next round.
"""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

Item = tuple[Any, ...]
"""Its first element is its time: ns of the system's monotonic clock."""


class Sequencer:
    """Round after round of items, in their order."""

    def __init__(self) -> None:
        self._younger: list[Item] = []

    def add(self, items: Sequence[Item], began: int) -> list[Item]:
        """The items of a round, for which all sources were read from the moment `began` on: those that come next."""
        ripe = self._younger + [item for item in items if item[0] <= began]
        self._younger = [item for item in items if item[0] > began]
        ripe.sort(key=itemgetter(0))
        return ripe

    def waiting(self) -> bool:
        """Whether something waits for the next round."""
        return bool(self._younger)
