"""Decodes what a process has written into its slot: records, occurrences and repetitions become events.

What an event is in a slot, `procsim.wire.interned` says. This is the path of every event, and so it counts
nanoseconds: an occurrence becomes its event in one step.
"""

import contextlib
import marshal
import struct
from collections.abc import Iterator
from typing import Any

from procsim.wire.events import Event, from_wire, new_event
from procsim.wire.interned import INTERNED_LIMIT, OCCURRENCE, REPEATED, REPETITION, WORD, identifier_of
from procsim.wire.json_values import json_fields
from procsim.wire.pipe import HEADER

_Interned = tuple[str, int, str, str, int | None, str | None, Any]
"""An interned event: kind, PID, process, thread, object, line; and its fields, or the names of those that vary."""


class SlotDecoder:
    """Decodes what one slot has contained, from its beginning on: it keeps the events that were interned there."""

    def __init__(self) -> None:
        self._interned: dict[int, _Interned] = {}
        """By its id."""
        self._by_head: dict[int, _Interned] = {}
        """The same by the head of its occurrences, of those that have occurred: for them, one look is enough."""
        self._repeated: dict[int, tuple[int, int]] = {}
        """The ids of the two events of each repetition, by its own id."""

    def events(self, data: bytes, start: int) -> Iterator[Event]:
        """The events in the next whole piece of the slot, decoded one by one. Their times are counted from `start` (ns
        of the system's monotonic clock). Where a program has overwritten something, the rest of the piece is left out.
        """
        known, unpack, size_of_occurrence = self._by_head.get, OCCURRENCE.unpack_from, OCCURRENCE.size
        at, end = 0, len(data)
        data += bytes(size_of_occurrence)  # so that `unpack` finds three words also at a commit mark at the end
        with contextlib.suppress(ValueError, EOFError, TypeError, LookupError, struct.error):
            while at < end:
                head, time, value = unpack(data, at)
                interned = known(head)
                if interned is None:
                    if head & 1:
                        size = (head & 0xFFFF) >> 1
                        item = marshal.loads(data[at + HEADER.size : at + HEADER.size + size])
                        at += HEADER.size + size
                        at += -at % WORD
                        if len(item) == 2:
                            self._define(*item)
                        else:
                            yield from_wire(item, start)
                    elif not identifier_of(head):  # a commit mark
                        at += WORD
                    elif identifier_of(head) in self._repeated:
                        yield from self._repetition(data, at, start)
                        at += REPETITION.size
                    elif not self._know(head):  # the program has overwritten its definition; else it is read now
                        at += size_of_occurrence
                    continue
                kind, pid, process, thread, identity, line, fields = interned
                at += size_of_occurrence
                if type(fields) is tuple:  # their names, since the values vary
                    if value & 1:  # of one field
                        fields = {fields[0]: value >> 1}
                    else:
                        size = value >> 1
                        values = marshal.loads(data[at : at + size])
                        at += size + -size % WORD
                        if len(fields) != len(values):
                            continue
                        fields = json_fields(dict(zip(fields, values)))  # noqa: B905 - `strict` takes as long as that
                yield new_event(Event, (kind, time - start, pid, process, thread, identity, line, fields))

    def _define(self, identifier: int, event: tuple[Any, ...]) -> None:
        """Keep an event that was interned, or a repetition."""
        *what, fields = event
        if type(fields) is int:
            self._repeated[identifier] = what[0], fields
            return
        kind, pid, process, thread, identity, line = what
        fields = fields if type(fields) is tuple else json_fields(fields)
        if identifier in self._interned:
            self._by_head.clear()
        self._interned[identifier] = kind, pid, process, thread, identity, line, fields

    def _know(self, head: int) -> bool:
        """Keep an interned event by the head of its occurrences. False: no event has that id."""
        interned = self._interned.get(identifier_of(head))
        if interned is None:
            return False
        if len(self._by_head) >= INTERNED_LIMIT:  # each event has one head, unless the program has overwritten some
            self._by_head.clear()
        self._by_head[head] = interned
        return True

    def _repetition(self, data: bytes, at: int, start: int) -> Iterator[Event]:
        """The events of a repetition that were not read before, most of them as one event, of the kind REPEATED."""
        head, since, read, *words, count, _ = REPETITION.unpack_from(data, at)
        first, second = (self._interned[each] for each in self._repeated[identifier_of(head)])
        if type(first[-1]) is tuple:
            yield from _of_a_value(first, second, since - start, read, count, *words)
        else:
            acquired, released = words
            yield from _of_a_lock(first, second, since - start, read, count, acquired - start, released - start)


def _of_a_lock(
    first: _Interned, second: _Interned, since: int, read: int, count: int, acquired: int, released: int
) -> Iterator[Event]:
    """What `SlotDecoder` gives of a lock: times of the last `first`, and of the first `second`.

    Between two of them, others may have had the lock. Nobody else had it from the last `first` (it was acquired) to the
    `second` after that (its release): there, all of them may stand. If the last event that was read before is a
    `first`, the next one is that release, and comes by itself, at its own time or, if that is not known, at the
    earliest.
    """
    more = count - read
    if read & 1 and more:
        since = released if read == 1 else since
        yield _event(second, since)
        more -= 1
    if more > 2:
        held = 0 if read else released - since
        fields = {"count": more, "began": max(acquired - since, held), "held": held}
        yield _repeated(acquired, first, second, fields)
    elif more:
        yield _event(first, acquired)
        if more == 2:
            yield _event(second, acquired if read else released)


def _of_a_value(
    first: _Interned, second: _Interned, since: int, read: int, count: int, value: int, step: int
) -> Iterator[Event]:
    """The same of a Value. Nobody else has used it meanwhile. So all may stand at the earliest moment that is known."""
    if read & 1 and count > read:
        yield _event((*second[:-1], {"value": value + step * (read + 1 >> 1)}), since)
        read += 1
    value += step * (read >> 1)
    if count - read > 2:
        fields = {"count": count - read, "began": 0, "held": 0, "value": value, "step": step}
        yield _repeated(since, (*first[:-1], {}), (*second[:-1], {}), fields)
    elif count > read:
        yield _event((*first[:-1], {"value": value}), since)
        if count - read == 2:
            yield _event((*second[:-1], {"value": value + step}), since)


def _repeated(t: int, first: _Interned, second: _Interned, fields: dict[str, Any]) -> Event:
    """The event that stands for many: see `events.event_in`."""
    kind, pid, process, thread, identity, at, own = first
    other, *_, other_at, others_own = second
    events = (kind, at, own), (other, other_at, others_own)
    return Event(REPEATED, t, pid, process, thread, identity, at, {"events": events, **fields})


def _event(interned: _Interned, t: int) -> Event:
    kind, *others = interned
    return Event(kind, t, *others)
