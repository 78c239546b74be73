"""Puts what came from several sources into one order: cause before effect.

An event gets its time before it is written, and whatever it causes happens after it was written. So an effect has a
later time than its cause, and an event that was written before a moment has no cause that was written after it. Once
everything was read that had been written before that moment, the order of these events by time is final. An event that
is younger may have been read before an older one of another source: it waits for the next round.

Each source has its events in the order in which they were written. By their times, that order may be a little wrong,
since several threads write there. `merge` keeps cause before effect nevertheless: whatever stands before a cause in its
source is older than the effect, too.
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
        # These were read in the round before, so they were written before this one began. A later time is wrong
        # (the process has another clock, or has overwritten its events), and must not keep an item back for ever.
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
