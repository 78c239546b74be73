"""What is kept of the past of a process or a value, in a bounded number of points.

The history of a process is put together by grains of time, which double where there are too many spans. Of each grain
the most telling status is kept, so that a lock held for a moment is not lost. A cell of a lane (`timeline.py`) shows
the most telling status by the same order.
"""

from dataclasses import dataclass, field
from enum import IntEnum

from procsim.state.bounds import GRAIN_NS, POINTS_KEPT, SPANS_AT_LEAST, SPANS_KEPT, SPANS_OF_ONE


@dataclass(slots=True)
class Series:
    """A value over time, thinned out where it has too many points."""

    points: list[tuple[int, float]] = field(default_factory=list)
    """(ns since the start, value from then on)."""
    most: int = POINTS_KEPT
    _stride: int = 1
    _skipped: int = 0

    def add(self, t: int, value: float) -> None:
        """The value has changed at `t` ns."""
        self._skipped += 1
        if self._skipped < self._stride:
            return
        self._skipped = 0
        self.points.append((t, value))
        if len(self.points) > self.most:
            del self.points[1::2]
            self._stride *= 2


class Status(IntEnum):
    """What a process does. Of several within a short time the highest is the most telling."""

    ABSENT = 0
    """It has not begun, or is gone."""
    RUNNING = 1
    STANDING = 2
    """At the gate."""
    ASLEEP = 3
    WAITING = 4
    STUCK = 5
    """Waiting for what can no longer come."""
    INSIDE = 6
    """In a critical section: it holds a lock, and waits for nothing."""
    ENDED = 7
    FAILED = 8
    """Ended with an exit code that is a cause for alarm (`processes.failed`)."""


Span = tuple[int, Status, int | str | None]
"""(ns since the start, status from then on, what it is about: the identity of an object or the name of a process).

A plain tuple, since one is made at every change.
"""

NOTHING: Span = (0, Status.ABSENT, None)


@dataclass(slots=True)
class History:
    """What a process did over time, in a bounded number of spans."""

    closed: list[Span] = field(default_factory=list)
    """Those before the present grain."""
    _grain: int = GRAIN_NS
    until: int = 0
    """ns: the end of the present grain."""
    peak: Span = NOTHING
    """The most telling span of the present grain."""
    now: Span = NOTHING
    most_telling: Status = Status.ABSENT
    """The highest status that it ever had."""

    def add(self, t: int, status: Status, what: int | str | None, processes: int) -> None:
        """The status changes at `t` ns; so many processes share the bound."""
        now = (t, status, what)
        while t >= self.until:
            self._end_grain(self.closed)
            if len(self.closed) > max(SPANS_AT_LEAST, min(SPANS_OF_ONE, SPANS_KEPT // processes)):
                self._thin_out(processes)
            else:
                self.until, self.peak = t + self._grain, now
        if status > self.peak[1]:
            self.peak = now
        if status > self.most_telling:
            self.most_telling = status
        self.now = now

    def spans(self) -> list[Span]:
        """All of them, the present one too."""
        spans = self.closed.copy()
        self._end_grain(spans)
        return spans

    def _end_grain(self, spans: list[Span]) -> None:
        """Add the most telling span of the present grain, and what comes after the grain."""
        for span in (self.peak, (self.until, self.now[1], self.now[2])):
            if span[1:] != (spans[-1] if spans else NOTHING)[1:]:
                spans.append(span)

    def _thin_out(self, processes: int) -> None:
        """Put the spans together anew, with a grain twice as coarse."""
        spans, self.closed = self.closed, []
        self._grain *= 2
        self.until, self.peak, self.now = 0, NOTHING, NOTHING
        for span in spans:
            self.add(*span, processes)
