"""The form of events in shared memory: records, and occurrences of interned events.

    an event ──► record ────────────┐                 the first two times, and wherever it cannot be interned
             └─► id, time, value ───┴─► slot ──► SlotDecoder ──► the event

A program emits the same events again and again: the same kind, thread, line and object. When an event comes for the
second time it is interned: one more record, its definition, gives it an id, and from the third time on an occurrence is
id, time and value. That takes 24 bytes, and the rest is not marshalled, copied and decoded again.

In a slot (`procsim.wire.memory`) these stand one after the other, each written by one call into C, so that no other
thread can come between, and each of whole words of 64 bits:

    record        an event as on the EventQueue (`procsim.wire.pipe`), or a definition; padded with zeros
    commit mark   one word after a record. A record counts once a commit mark or an occurrence follows it
    occurrence    three words. None of them is ever 0, as memory is before it is written; so a reader sees whether all
                  three are there. Values that are not one small integer follow, then a commit mark

A commit mark contains five bytes that are random in each run, its tag, and so does the first word of an occurrence. So
no value of the program's looks like one of them by chance. None of the five is 0, as memory is before it is written: so
half a tag is not taken for a whole one.

The last word of each of these is never 0: so the reader finds the end of what is written in a part of the slot.
"""

import contextlib
import marshal
import os
import struct
from collections.abc import Iterator
from typing import Any

from procsim.wire.json_values import json_fields, json_item
from procsim.wire.pipe import HEADER, ITEM_LIMIT, record_of

WORD = 8
"""Bytes."""

INTERNED_LIMIT = 4_096
"""Events that one process interns. All further ones are records each time: an id is never given to a second event,
since a thread that was interrupted may still be about to use it."""

MARSHAL_FORMAT = 2
"""marshal's version before it kept a table of what it wrote: 70 ns less to encode, and 100 ns less to decode."""

_COMMIT_BEGINS = b"\2\0\0"
"""No record begins so: the first byte of `pipe.HEADER` is odd. The tag follows."""

_TAG_AT = len(_COMMIT_BEGINS)

_OCCURRENCE = struct.Struct("<QQq")
"""Its head, which is the commit mark with the id in the place of the zeros; its time in ns; its value, encoded.

A value that is one integer is encoded as twice itself and one. Else it is twice the number of bytes that follow: the
values as a marshalled tuple, and one byte that is not 0, since marshalled values may end in zeros, as padding does."""

_ID_UNIT = 1 << 8

OCCURRENCE_LIMIT = ITEM_LIMIT + WORD
"""The bytes of the longest occurrence. No record is longer: it has at most ITEM_LIMIT, and padding up to a word."""

_VALUES_LIMIT = OCCURRENCE_LIMIT - _OCCURRENCE.size

pack_occurrence = _OCCURRENCE.pack
"""`pack_occurrence(head, time, 2 * value + 1)` is `occurrence(head, time, value)` of an integer, by one call into C.
The emitter uses it: there the call of a Python function would take 5 % of an event's time."""

_dumps = marshal.dumps


# Writing -----------------------------------------------------------------------------------------------------


def new_commit_mark() -> bytes:
    """The commit mark of a new run."""
    return _COMMIT_BEGINS + os.urandom(WORD - _TAG_AT).replace(b"\0", b"\1")


def padded(data: bytes) -> bytes:
    """The data, made up to whole words by zeros."""
    return data + bytes(-len(data) % WORD)


def definition(identifier: int, event: tuple[Any, ...]) -> bytes:
    """The record that gives an event its id; `event`: as in `Buffers.intern`. Raises `ValueError` if it is too long."""
    return record_of(_dumps((identifier, event), MARSHAL_FORMAT))


def head_of(commit_mark: bytes, identifier: int) -> int:
    """The head of each occurrence of the event with this id (1 to INTERNED_LIMIT)."""
    return int.from_bytes(commit_mark, "little") + identifier * _ID_UNIT


def occurrence(head: int, time: int, value: int | tuple[Any, ...]) -> bytes:
    """An occurrence, to be written in one piece. `time`: ns of the system's monotonic clock; `value`: one integer, or
    the values of all fields that vary, after which a commit mark is to be written.

    Raises `struct.error` for an integer of more than 63 bits, `ValueError` for values that are too long or that marshal
    cannot write.
    """
    if type(value) is int:
        return pack_occurrence(head, time, value + value + 1)
    data = _dumps(value, MARSHAL_FORMAT) + b"0"
    if len(data) > _VALUES_LIMIT:
        raise ValueError(f"values of {len(data)} bytes do not fit into {_VALUES_LIMIT}")
    return pack_occurrence(head, time, len(data) * 2) + data + bytes(-len(data) % WORD)


# Reading -----------------------------------------------------------------------------------------------------


def committed_size(piece: bytes, commit_mark: bytes) -> int:
    """How many bytes of a piece of a slot are whole: up to its last commit mark or occurrence.

    That last one is included, if all of it is there. `piece` begins with a record or an occurrence.
    """
    tag = commit_mark[_TAG_AT:]
    at = piece.rfind(tag)
    while at >= 0 and at % WORD != _TAG_AT:
        at = piece.rfind(tag, 0, at + len(tag) - 1)
    if at < 0:
        return 0
    at -= _TAG_AT
    if piece.startswith(_COMMIT_BEGINS, at):
        return at + WORD
    if at + _OCCURRENCE.size <= len(piece):
        _, time, value = _OCCURRENCE.unpack_from(piece, at)
        if time and value & 1:
            return at + _OCCURRENCE.size
    return at


class SlotDecoder:
    """Decodes what one slot has contained, from its beginning on: it keeps the events that were interned there."""

    def __init__(self) -> None:
        self._interned: dict[int, tuple[tuple[Any, ...], Any]] = {}
        """By its id: an event without its fields, and these, or the names of those that vary."""

    def items(self, data: bytes) -> Iterator[Any]:
        """The items in the next whole piece of the slot, decoded one by one. Where a program has overwritten something,
        the rest of the piece is left out.

        Their fields are decoded by `json_fields`: those of an interned event once.
        """
        interned, unpack, size_of_occurrence = self._interned, _OCCURRENCE.unpack_from, _OCCURRENCE.size
        at, end = 0, len(data)
        data += bytes(size_of_occurrence)  # so that `unpack` finds three words also at a commit mark at the end
        with contextlib.suppress(ValueError, EOFError, TypeError, LookupError, struct.error):
            while at < end:
                head, time, value = unpack(data, at)
                if head & 1:
                    size = (head & 0xFFFF) >> 1
                    item = marshal.loads(data[at + HEADER.size : at + HEADER.size + size])
                    at += HEADER.size + size
                    at += -at % WORD
                    if len(item) == 2:  # a definition
                        identifier, (*event, fields) = item
                        interned[identifier] = tuple(event), fields if type(fields) is tuple else json_fields(fields)
                    else:
                        yield json_item(item)
                    continue
                identifier = head >> 8 & 0xFFFF
                if not identifier:  # a commit mark
                    at += WORD
                    continue
                at += size_of_occurrence
                known, fields = interned.get(identifier, ((), {}))
                if type(fields) is tuple:  # their names, since the values vary
                    if value & 1:  # of one field
                        fields = dict.fromkeys(fields, value >> 1)
                    else:
                        size = value >> 1
                        values = marshal.loads(data[at : at + size])
                        at += size + -size % WORD
                        if len(fields) != len(values):
                            continue
                        fields = json_fields(dict(zip(fields, values)))  # noqa: B905 - `strict` takes as long as that
                if known:
                    yield (time, *known, fields)
