"""Puts what came from several sources into one order: cause before effect.

An event has its time from before it was written, and what it brought about comes after that. So of all that was
written before a moment, nothing can have a cause that was written later: when everything was read that had been written
by then, its order by time is right. What is younger was read by chance, before something that may be older, and waits
for the next round.
"""

from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import chain
from operator import itemgetter
from typing import Any

Item = tuple[Any, ...]
"""Its first element is its time: ns of the system's monotonic clock."""


class Sequencer:
    """Round after round of items, in their order."""

    def __init__(self) -> None:
        self._younger: list[Item] = []

    def add(self, sources: Iterable[Iterable[Item]], began: int, at_once: bool = False) -> Iterator[Item]:
        """The items that come next, once those of the round before were all taken.

        `sources`: what each of them had in this round, for which they were read from the moment `began` on. They are
        read as they are needed, since all of it could be more than memory holds; or `at_once`, which is quicker.
        """
        # Those were read in the round before, and so were written before this one began, whatever their clock says.
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
        """Whether something waits for the next round."""
        return bool(self._younger)
