"""The past of a run: its events, packed, and states kept at intervals, so that any earlier state can be had again.

    Event after Event, RunState ──► keep ──► segments ──► at(number) ──► the RunState after so many events

Measured: a segment of 1,000 events takes 7 KB and 1 ms. From one state that is kept to the next there is an event for
every BYTES_AN_EVENT of the pickled state. So keeping states costs about 4 µs an event, however large they grow.

Where all of it gets larger than KEPT_BYTES, every other state is dropped, and where few are left, the oldest events:
`first` is how many of these are gone.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from procsim.state.apply import apply
from procsim.state.packing import compressed, packed, pickled, unpacked, without_collecting
from procsim.state.run_state import RunState
from procsim.wire.events import Event

SEGMENT_EVENTS = 1_000
SEGMENT_CHARACTERS = 1 << 20
"""A segment ends with so many events, or so many characters in these."""

ITEM_CHARACTERS = 64
"""What each value in a list or a dict counts for, beside its own characters: it takes about so many bytes."""

BYTES_AN_EVENT = 75
"""Between two states that are kept there is an event for so many bytes of a state, and at least one segment."""

KEPT_BYTES = 48 << 20
"""2 million events with their states take about 35 MB."""

FEWEST_STATES = 32
"""With fewer the way from one to the next gets too long; then the oldest events go."""

OBJECTS_LISTED = 64
"""A segment lists its objects if they are not more."""


class Sought(NamedTuple):
    """What is looked for in the past: an event of one of these kinds, on one object or on any."""

    kinds: frozenset[str]
    object: int | None = None

    def matches(self, event: Event) -> bool:
        """Whether this is one. A thread that comes to the gate is one only if it cannot pass: that is how it waits."""
        if event.kind not in self.kinds or self.object not in (None, event.object):
            return False
        return event.kind != "gate_reached" or event.fields.get("ready") is False


@dataclass
class _Segment:
    """Events one after the other, and perhaps the state before the first of them."""

    first: int
    """How many events the run had before it."""
    t: int
    """ns: the time of its first event."""
    events: bytes
    kinds: frozenset[str]
    objects: frozenset[int | None] | None
    """None: too many to be listed."""
    state: bytes | None

    @property
    def size(self) -> int:
        return len(self.events) + len(self.state or b"")

    def may_have(self, sought: Sought) -> bool:
        anywhere = sought.object is None or self.objects is None or sought.object in self.objects
        return anywhere and not self.kinds.isdisjoint(sought.kinds)


class Past:
    """What one run was after each number of its events."""

    def __init__(self, kept_bytes: int = KEPT_BYTES) -> None:
        self.last = 0
        """How many events there were: the latest state that can be shown."""
        self._kept_bytes = kept_bytes
        self._size = 0
        self._segments: list[_Segment] = []
        self._open: list[Event] = []
        """The last events, not yet packed."""
        self._characters = 0
        """How many characters these count for."""
        self._state: bytes | None = packed(RunState())
        """The state before them, if one was kept there."""
        self._state_due = 0
        """The number of events from which on the next state is kept."""
        self._unpacked: tuple[int, list[Event]] = (-1, [])
        """The events of the segment that was used last, by how many came before it."""
        self._walked_to = -1
        """The segment to which the last long way led, by how many events came before it. If one leads there again, its
        state is kept: people look at what is near."""
        self._shown: tuple[int, RunState] | None = None
        """The state that was handed out last, by the number of its events."""

    @property
    def first(self) -> int:
        """The fewest events that can be shown; not 0 if the oldest events were too many to be kept."""
        return self._segments[0].first if self._segments else 0

    def keep(self, event: Event, run: RunState) -> None:
        """The event that comes next; `run` includes it."""
        self._open.append(event)
        self.last += 1
        self._characters += len(event.process) + len(event.thread) + len(event.at or "")
        for value in event.fields.values():
            if not isinstance(value, int):  # as most are
                self._characters += _characters(value)
        if len(self._open) >= SEGMENT_EVENTS or self._characters >= SEGMENT_CHARACTERS:
            self._close_segment(run)

    def at(self, number: int) -> RunState:
        """The state after so many events, or after as many as can be shown. The next call may change it."""
        number = max(self.first, min(number, self.last))
        with without_collecting():
            start, state = self._start(number)
            near = self._segment_at(number)
            if near is not None and start < near.first:
                self._walk(state, start, near.first)
                if near.first == self._walked_to and near.state is None:
                    near.state = packed(state)
                    self._size += len(near.state)
                self._walked_to = start = near.first
            self._walk(state, start, number)
        self._shown = number, state
        self._make_room()
        return state

    def _walk(self, state: RunState, start: int, end: int) -> None:
        for event in self.events(start, end):
            try:
                apply(state, event)
            except Exception:  # the session has said so when it happened, and went on without
                continue

    def _segment_at(self, number: int) -> _Segment | None:
        """The packed segment in which the event after so many stands; None: the last events are not packed."""
        return None if number >= self.last - len(self._open) else self._segments[self._place(number)]

    def _place(self, number: int) -> int:
        """The place among the packed segments of the one in which the event after so many stands, or of the last."""
        return max(0, bisect_right(self._segments, number, key=lambda segment: segment.first) - 1)

    def events(self, start: int, end: int) -> Iterator[Event]:
        """The events after the first `start`, up to the number `end`. Those before `first` are gone."""
        for segment in self._segments[self._place(start) :]:
            if segment.first >= end:
                return
            yield from self._unpack(segment)[max(0, start - segment.first) : end - segment.first]
        first = self.last - len(self._open)
        yield from self._open[max(0, start - first) : max(0, end - first)]

    def next(self, sought: Sought, number: int) -> int | None:
        """The number of events up to the first one sought after the first `number`; None: there is none."""
        for first, events in self._pieces(sought, number):
            for place, event in enumerate(events[max(0, number - first) :], max(0, number - first) + 1):
                if sought.matches(event):
                    return first + place
        return None

    def before(self, sought: Sought, number: int) -> int | None:
        """The number of events up to the last one sought among the first `number` - 1; None: there is none."""
        for first, events in self._pieces(sought, number, backward=True):
            for place in range(min(len(events), number - first - 1), 0, -1):
                if sought.matches(events[place - 1]):
                    return first + place
        return None

    def number_at(self, t: int) -> int:
        """How many events there were at `t` ns."""
        first, events = self.last - len(self._open), self._open
        if self._segments and not (events and events[0].t <= t):
            place = max(0, bisect_right(self._segments, t, key=lambda segment: segment.t) - 1)
            first, events = self._segments[place].first, self._unpack(self._segments[place])
        return first + bisect_right(events, t, key=lambda event: event.t)

    # Keeping -------------------------------------------------------------------------------------------------

    def _close_segment(self, run: RunState) -> None:
        events, self._open, self._characters = self._open, [], 0
        objects = frozenset(event.object for event in events)
        segment = _Segment(
            self.last - len(events),
            events[0].t,
            packed([tuple(event) for event in events]),
            frozenset(event.kind for event in events),
            objects if len(objects) <= OBJECTS_LISTED else None,
            self._state,
        )
        self._segments.append(segment)
        self._size += segment.size
        self._state = None
        if self.last >= self._state_due:
            state = pickled(run)
            self._state = compressed(state)
            self._state_due = self.last + len(state) // BYTES_AN_EVENT
        self._make_room()

    def _make_room(self) -> None:
        """Let go of states and events, until all that is kept has room."""
        while self._size > self._kept_bytes:
            places = [place for place, segment in enumerate(self._segments) if segment.state is not None]
            if len(places) > FEWEST_STATES:
                for place in places[1::2]:
                    self._segments[place].state = None
            elif len(places) > 1:
                del self._segments[: places[1]]
                self._shown = None
            else:
                return
            self._size = sum(segment.size for segment in self._segments)

    # Finding -------------------------------------------------------------------------------------------------

    def _start(self, number: int) -> tuple[int, RunState]:
        """The state from which the way to the one after so many events is shortest, and how many events it has."""
        first, state, place = self.last - len(self._open), self._state, self._place(number)
        while state is None or first > number:  # the first segment has a state
            first, state, place = self._segments[place].first, self._segments[place].state, place - 1
        if self._shown is not None and first <= self._shown[0] <= number:
            return self._shown
        return first, unpacked(state)

    def _pieces(self, sought: Sought, number: int, backward: bool = False) -> Iterator[tuple[int, list[Event]]]:
        """The events of each segment that may have what is sought, from the event after so many on or back from it,
        with how many came before them.
        """
        place = self._place(number)
        if backward:
            yield self.last - len(self._open), self._open
        for segment in self._segments[place::-1] if backward else self._segments[place:]:
            if segment.may_have(sought):
                yield segment.first, self._unpack(segment)
        if not backward:
            yield self.last - len(self._open), self._open

    def _unpack(self, segment: _Segment) -> list[Event]:
        if self._unpacked[0] != segment.first:
            self._unpacked = segment.first, [Event._make(values) for values in unpacked(segment.events)]
        return self._unpacked[1]


def _characters(value: Any) -> int:
    """How many characters a value counts for, with all that is in it."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(ITEM_CHARACTERS + len(name) + _characters(inner) for name, inner in value.items())
    if isinstance(value, list):
        return sum(ITEM_CHARACTERS + _characters(inner) for inner in value)
    return 0
