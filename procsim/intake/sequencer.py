"""Puts what came from several sources into one order: cause before effect.

The time of an event is from before it was written, and its effects happen after that. So an event that was written
before a moment cannot have a cause that was written after it. Once everything was read that had been written before
that moment, the order of these events by time is final. An event that is younger may have been read before an older one
of another source: it waits for the next round.
"""

from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import chain
from operator import itemgetter
from typing import Any

Item = tuple[Any, ...]
"""Its first element is its time: ns of the system's monotonic clock."""


class Sequencer:
    """Puts the items of one round after the other into their order."""

    def __init__(self) -> None:
        self._younger: list[Item] = []

    def add(self, sources: Iterable[Iterable[Item]], began: int, at_once: bool = False) -> Iterator[Item]:
        """The items whose place is final now. To be called when those of the round before were all taken.

        `sources`: the items that each of them had in this round, which was read from the moment `began` on (ns). They
        are decoded as they are needed, since all of them could be more than memory holds; or `at_once`, which is
        quicker.
        """
        # These were read in the round before, so they were written before this one began, whatever their times are.
        younger = [item if item[0] <= began else (began, *item[1:]) for item in self._younger]
        self._younger = []
        time = itemgetter(0)
        items = sorted(chain(younger, *sources), key=time) if at_once else merge(younger, *sources, key=time)
        for item in items:
            if item[0] <= began:
                yield item
            else:
                self._younger.append(item)

    def waiting(self) -> bool:
        """Whether items wait for the next round."""
        return bool(self._younger)
