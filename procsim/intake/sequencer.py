"""Puts what came from several sources into one order: cause before effect.

An event gets its time before it is written, and whatever it causes happens after it was written. So an effect has a
later time than its cause, and an event that was written before a moment has no cause that was written after that
moment. Once
everything was read that had been written before that moment, these events are given out, in the order of their times:
no cause of theirs is still to come. (One that is older but was written later may come in the next round. It stands
behind them then, and is the cause of none.) An event that is younger than that moment may have been read before an
older one of another source: it waits for the next round.

Each source has its events in the order in which they were written. By their times, that order may be a little wrong,
since several threads write there. `merge` keeps cause before effect nevertheless: whatever stands before a cause in its
source is older than the effect, too.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import chain
from operator import attrgetter

from procsim.wire.events import Event

_TIME = attrgetter("t")


class Sequencer:
    """Puts the events of one round after the other into their order."""

    def __init__(self) -> None:
        self._younger: list[Event] = []

    def add(self, sources: Iterable[Iterable[Event]], began: int, at_once: bool = False) -> Iterator[Event]:
        """The events whose place is final now. To be called when those of the round before were all taken.

        `sources`: the events that each of them had in this round, which was read from the moment `began` on (ns, of the
        same clock as theirs). They are decoded one by one as they are taken, since all of them could be more than
        memory holds; with `at_once` all of them are decoded and sorted first, which is quicker where they are few.
        """
        # These were read in the round before, so they were written before this one began. A later time is wrong
        # (the traced process that wrote the event has another clock, as in a container with a time of its own, or has
        # written over the memory in which its events stand), and must not keep an event back for ever.
        younger = [event if event.t <= began else event._replace(t=began) for event in self._younger]
        self._younger = []
        if at_once:
            events = sorted(chain(younger, *sources), key=_TIME)
            final = bisect_right(events, began, key=_TIME)
            self._younger = events[final:]
            yield from events[:final]
            return
        for event in merge(younger, *sources, key=_TIME):
            if event.t <= began:
                yield event
            else:
                self._younger.append(event)

    def waiting(self) -> bool:
        """Whether events wait for the next round."""
        return bool(self._younger)
