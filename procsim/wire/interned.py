"""The form of events in shared memory: records, occurrences of interned events, and repetitions of two of these.

    an event ──► record ────────────┐                 the first two times, and wherever it cannot be interned
             ├─► id, time, value ───┼─► slot ──► SlotDecoder ──► the event
             └─► one more ──────────┘                 where two interned events follow each other again and again

A program emits the same events again and again: the same kind, thread, line and object, and most of the time the same
fields, or the same but for the value of one, such as the number that is put into a queue. When an event comes for the
second time it is interned: one more record, its definition, gives it an id, and from the third time on an occurrence is
id, time and value. That takes 24 bytes, and the rest is not marshalled, copied and decoded again.

In a slot (`procsim.wire.memory`) these stand one after the other, each written by one call into C, so that no other
thread can come between, and each of whole words of 64 bits:

    record        an event as on the EventQueue (`procsim.wire.pipe`), or a definition; padded with zeros
    commit mark   one word after a record. A record counts once a commit mark or an occurrence follows it
    occurrence    three words. None of them is ever 0, as memory is before it is written; so a reader sees whether all
                  three are there. Values that are not one small integer follow, then a commit mark
    repetition    seven words: see `REPETITION`

The tag, five bytes that are random in each run, stands in each commit mark and in the first word of each occurrence. So
no value of the program's is taken for one of these by chance. Memory is 0 before it is written, and none of the five
bytes is 0: so a tag of which only half is there is not taken for a whole one.

What is written, a record with its commit mark or an occurrence, ends in a word that is not 0. A slot is read piece by
piece (`intake/memory_reader.py`), and so the reader finds the last word that is written in a piece.

A loop of `with lock:`, or of `counter.value += 1`, emits two events over and over, and nothing between. For the third
of such pairs a repetition is written, and from then on nothing more: to emit the next event is to raise the count in
that record, and of a lock that is acquired to set the time there. It is raised while the record is the last one of the
slot. Whatever else this process emits comes behind it, and from then on the record stays as it is. A process that is
killed leaves what it has counted.
"""

import marshal
import os
import struct
from typing import Any

from procsim.wire.pipe import ITEM_LIMIT, record_of

WORD = 8
"""Bytes."""

INTERNED_LIMIT = 4_096
"""Events that one process interns. All further ones are records each time: an id is never given to a second event,
since a thread that was interrupted may still be about to use it."""

MARSHAL_FORMAT = 2
"""marshal's version before it kept a table of what it wrote: 70 ns less to encode, and 100 ns less to decode."""

_COMMIT_BEGINS = b"\2\0\0"
"""No record begins so: the first byte of `pipe.HEADER` is odd. The tag follows."""

_REPETITION_ENDS = b"\4\0\0"
"""So begins the last word of a repetition. The tag follows, and so this word is a commit mark, too."""

_TAG_AT = len(_COMMIT_BEGINS)

OCCURRENCE = struct.Struct("<QQq")
"""Its head, which is the commit mark with the id in the place of the zeros; its time in ns; its value, encoded.

A value that is one integer is encoded as twice itself and one. Else it is twice the number of bytes that follow: the
values as a marshalled tuple, and one byte that is not 0, since marshalled values may end in zeros, as padding does.
Where no field varies it is the integer 0, and is not read."""

_ID_UNIT = 1 << 8

OCCURRENCE_LIMIT = ITEM_LIMIT + WORD
"""The bytes of the longest occurrence. No record is longer: it has at most ITEM_LIMIT, and padding up to a word."""

_VALUES_LIMIT = OCCURRENCE_LIMIT - OCCURRENCE.size


REPETITION = struct.Struct("<Qqqqqq8s")
"""A repetition of two events, `first` and `second`, which one thread emits in turn. Its words:

    head      its definition has the ids of the two events
    since     the time of the first event that is counted; in a later reading, the moment of the reading before
    read      how many were read before: 0 in memory, as the reader keeps this. (In an occurrence this is never 0)
    times     of the last `first`, and of the first `second`. To take the clock for each `second`, too, would cost a
              fifth of all that a loop of locks costs when it is watched.
              Where the two are accesses to a Value: the value in the first `first`, and by how much it grows from each
              `first` to the `second` after it. From that to the next `first` it stays as it is
    count     how many were emitted, of both together. It is raised after the time was set: so the times are right
              whenever the count is the same before and after they were read
    mark      `repetition_mark`"""

COUNTED = slice(3 * WORD, 6 * WORD)
"""The two times and the count: what changes."""

REPEATED = "repeated"
"""The kind of the item that stands for all events of a repetition that were read together: see `events.events_in`."""

pack_occurrence = OCCURRENCE.pack
"""`pack_occurrence(head, time, 2 * value + 1)` is `occurrence(head, time, value)` of an integer, by one call into C.
The emitter uses it: there the call of a Python function would take 5 % of an event's time."""

_dumps = marshal.dumps


# Writing -----------------------------------------------------------------------------------------------------


def new_commit_mark() -> bytes:
    """The commit mark of a new run."""
    return _COMMIT_BEGINS + os.urandom(WORD - _TAG_AT).replace(b"\0", b"\1")


def repetition_mark(commit_mark: bytes) -> bytes:
    """The last word of each repetition."""
    return _REPETITION_ENDS + commit_mark[_TAG_AT:]


def padded(data: bytes) -> bytes:
    """The data, made up to whole words by zeros."""
    return data + bytes(-len(data) % WORD)


def definition(identifier: int, event: tuple[Any, ...]) -> bytes:
    """The record that gives an event its id; `event`: as in `Buffers.intern`. Raises `ValueError` if it is too long."""
    return record_of(_dumps((identifier, event), MARSHAL_FORMAT))


def head_of(commit_mark: bytes, identifier: int) -> int:
    """The head of each occurrence of the event with this id (1 to INTERNED_LIMIT)."""
    return int.from_bytes(commit_mark, "little") + identifier * _ID_UNIT


def identifier_of(head: int) -> int:
    """The id of the event whose occurrences have this head."""
    return head >> 8 & 0xFFFF


def repetition(head: int, time: int, words: tuple[int, int], mark: bytes) -> bytes:
    """A repetition that counts its first event; `time`: of that (ns of the system's monotonic clock); `words`: its
    times, or what its values are."""
    return REPETITION.pack(head, time, 0, *words, 1, mark)


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
    if piece.startswith((_COMMIT_BEGINS, _REPETITION_ENDS), at):
        return at + WORD
    if at + OCCURRENCE.size <= len(piece):
        _, time, value = OCCURRENCE.unpack_from(piece, at)
        if time and value & 1:
            return at + OCCURRENCE.size
    return at
