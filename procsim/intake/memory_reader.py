"""Reads the memory that the processes of a run share with procsim: what each has written into its slot.

The writing side, and the form of what is written, is `procsim.wire.memory`.

the run's file ──► BufferReader ──► the bytes that each slot has had since ──► its Repetitions ──► items
"""

import contextlib
import marshal
import mmap
import os
import struct
from collections.abc import Iterator
from typing import Any

from procsim.wire.memory import (
    AGAIN,
    DONE_BEGINS,
    DONE_STANDS,
    FILE_NAME,
    MARK_AT,
    MEMORY_NAME,
    PART_HEADER,
    PART_SIZE,
    PARTS,
    READ,
    SLOT_SIZE,
    SLOTS,
    TICKET,
    TICKETS_BEGIN,
    WORD,
    WRITTEN,
)
from procsim.wire.pipe import HEADER, ITEM_LIMIT

_LOOK_SIZE = 1 << 13
"""How many bytes are read first."""


class _Slot:
    """The slot of one process, and how far it was read."""

    def __init__(self, number: int, pid: int) -> None:
        self.number = number
        self.pid = pid
        self.ended = False
        """Whether its writer has ended."""
        self.repetitions = Repetitions()
        self._start = number * SLOT_SIZE
        self._turn = 0
        self._enter_next()

    def _enter_next(self) -> None:
        self._part = self._start + self._turn % PARTS * PART_SIZE
        self._end = self._part + PART_SIZE
        self._at = self._part + PART_HEADER.size
        self._turn += 1

    def read(self, memory: mmap.mmap, done: bytes) -> bytes:
        """What was written since the last time. `done`: the commit mark."""
        pieces = []
        while True:
            full = (
                memory[self._part + WRITTEN] == self._turn & 0xFF
            )  # checked first: if so, nothing is written there any more
            if not full and (self._at == self._end or not memory[self._at]):
                break
            piece = self._rest(memory) if full else self._whole(memory, done[MARK_AT:])
            pieces.append(piece)
            self._at += len(piece)
            if not full:
                break
            begin = self._part + PART_HEADER.size
            memory[begin : self._end] = bytes(self._end - begin)
            memory[self._part + READ] = self._turn & 0xFF
            self._enter_next()
        return b"".join(pieces)

    def _rest(self, memory: mmap.mmap) -> bytes:
        piece = memory[self._at : self._end]
        size = len(piece.rstrip(b"\0"))
        return piece[: size + -size % WORD]

    def _whole(self, memory: mmap.mmap, mark: bytes) -> bytes:
        """The bytes that are committed.

        They are copied twice: while the end of the first copy was made, its beginning may have been written over.
        """
        size = _LOOK_SIZE
        while True:
            piece = memory[self._at : min(self._at + size, self._end)]
            end = _end_of_whole(piece, mark)
            if len(piece) < size or end + ITEM_LIMIT + 2 * WORD <= size:
                return memory[self._at : self._at + end]
            size *= 4

    def give_back(self, memory: mmap.mmap) -> None:
        """Give back the memory that it took up, when its writer has ended."""
        with contextlib.suppress(AttributeError, OSError):  # MADV_REMOVE is Linux's, and not of every file system
            memory.madvise(mmap.MADV_REMOVE, self._start, SLOT_SIZE)


def _end_of_whole(piece: bytes, mark: bytes) -> int:
    """How many bytes are committed: up to the last commit mark or repetition, and with that one if it is complete."""
    at = piece.rfind(mark)
    while at >= 0 and at % WORD != MARK_AT:
        at = piece.rfind(mark, 0, at + len(mark) - 1)
    if at < 0:
        return 0
    at -= MARK_AT
    if piece.startswith(DONE_BEGINS, at):
        return at + WORD
    if at + AGAIN.size <= len(piece):
        _, time, value = AGAIN.unpack_from(piece, at)
        if time and value & 1:
            return at + AGAIN.size
    return at


class Repetitions:
    """Makes items of what one slot has had: it knows what has a number."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[tuple[Any, ...], Any]] = {}

    def items(self, data: bytes) -> Iterator[Any]:
        """Each when it is asked for. What a program has spoilt is left out."""
        known, unpack, size_of_again = self._known, AGAIN.unpack_from, AGAIN.size
        at, end = 0, len(data)
        data += bytes(size_of_again)
        with contextlib.suppress(ValueError, EOFError, TypeError, LookupError, struct.error):
            while at < end:
                head, time, value = unpack(data, at)
                if head & 1:
                    size = (head & 0xFFFF) >> 1
                    item = marshal.loads(data[at + HEADER.size : at + HEADER.size + size])
                    at += HEADER.size + size
                    at += -at % WORD
                    if len(item) == 2:
                        number, (*event, fields) = item
                        known[number] = tuple(event), fields
                    else:
                        yield item
                    continue
                number = head >> 8 & 0xFFFF
                if not number:
                    at += WORD
                    continue
                at += size_of_again
                told, fields = known.get(number, ((), {}))
                if type(fields) is tuple:
                    if value & 1:
                        values = (value >> 1,)
                    else:
                        size = value >> 1
                        values = marshal.loads(data[at : at + size])
                        at += size + -size % WORD
                    if len(fields) != len(values):
                        continue
                    fields = dict(zip(fields, values))  # noqa: B905 - `strict` takes as long as all of it
                if told:
                    yield (time, *told, fields)


class BufferReader:
    """Reads the slots of all processes of a run; it makes the memory that they are in."""

    def __init__(self, folder: str) -> None:
        self._slots: list[_Slot] = []
        self._awaited: list[int] = []
        """The slots that were taken and have nothing in them yet."""
        self._taken = 0
        self._file = -1
        self._memory: mmap.mmap | None = None
        self._done = DONE_BEGINS + os.urandom(WORD - MARK_AT).replace(b"\0", b"\1")
        try:
            # In memory (Linux), so that no disk is slow or full, and nothing is left even if we are killed. It has no
            # name in any file system, ends with procsim, and is reached by /proc/PID/fd.
            self._file = os.memfd_create(MEMORY_NAME)
            os.ftruncate(self._file, DONE_STANDS)
            os.pwrite(self._file, self._done, DONE_STANDS)
            self._memory = mmap.mmap(self._file, DONE_STANDS)
            os.symlink(f"/proc/{os.getpid()}/fd/{self._file}", f"{folder}/{FILE_NAME}")
        except (AttributeError, OSError, ValueError):  # not Linux, or no room for it: the EventQueue carries all events
            self.close()

    def read(self) -> list[tuple[Repetitions, bytes]]:
        """(what decodes it, bytes) for each process that has written something since the last time."""
        memory = self._memory
        if memory is None:
            return []
        found = []
        self._begun()
        slots = list(self._slots)
        while slots:
            for slot in slots:
                ended = slot.ended  # checked first: if so, nothing comes after what is read now
                if data := slot.read(memory, self._done):
                    found.append((slot.repetitions, data))
                if ended:
                    slot.give_back(memory)
                    self._slots.remove(slot)
            slots = self._begun()  # the slots of processes that were started meanwhile
        return found

    def _begun(self) -> list[_Slot]:
        """The slots that have something in them now. (By `pread`: to read mapped memory would allocate its pages.)"""
        taken = min((os.fstat(self._file).st_size - TICKETS_BEGIN) // TICKET.size, SLOTS)
        self._awaited.extend(range(self._taken, taken))
        self._taken = taken
        begun = []
        for number in self._awaited:
            *_, pid = PART_HEADER.unpack(
                os.pread(self._file, PART_HEADER.size, number * SLOT_SIZE).ljust(PART_HEADER.size, b"\0")
            )
            if pid:
                begun.append(_Slot(number, pid))
        if begun:
            numbers = {slot.number for slot in begun}
            self._awaited = [number for number in self._awaited if number not in numbers]
            self._slots.extend(begun)
        return begun

    def forget(self, pid: int) -> None:
        """This process has ended: its slot is given back when it was read."""
        for slot in list(self._slots):
            slot.ended = slot.ended or slot.pid == pid

    def close(self) -> None:
        """Give all of it back; from now on no process takes a slot."""
        if self._file >= 0:
            os.close(self._file)
            self._file, self._memory = -1, None
