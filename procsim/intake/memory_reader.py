"""The reading side of `procsim.wire.memory`: what all processes of a run have written into their slots.

the run's file ──► BufferReader ──► the new bytes of each slot ──► its SlotDecoder ──► items
"""

import contextlib
import mmap
import os

from procsim.intake.slot_decoder import SlotDecoder
from procsim.wire.interned import (
    OCCURRENCE_LIMIT,
    REPETITION,
    WORD,
    committed_size,
    new_commit_mark,
    repetition_mark,
)
from procsim.wire.memory import (
    COMMIT_MARK_AT,
    FILE_NAME,
    MEMORY_NAME,
    PART_HEADER,
    PART_SIZE,
    PARTS,
    READ,
    SLOT_SIZE,
    SLOTS,
    STAMPS,
    STAMPS_AT,
    TICKET,
    TICKETS_AT,
    WRITTEN,
)
from procsim.wire.pipe import Clock

_LOOK_SIZE = 1 << 13
"""Bytes of a part in which the last commit mark is searched for at first; then four times as many if need be."""


class _Counting:
    """A repetition that the slot of a process ends with: its count may still be raised."""

    def __init__(self, start: int) -> None:
        self._bytes = slice(start, start + REPETITION.size)
        self._read = 0
        """How many events were read."""
        self._looked = 0
        """When that was (ns of the system's monotonic clock); 0: not yet."""

    def read(self, memory: mmap.mmap) -> bytes:
        """The repetition with what was counted since the last time; nothing where that is nothing."""
        while True:
            data = memory[self._bytes]
            looked = Clock.now()
            if data == memory[self._bytes]:
                break  # so what is counted later happens after that moment
        head, since, _, *times, count, mark = REPETITION.unpack(data)
        since, self._looked = self._looked or since, looked
        if count <= self._read:  # fewer: what was counted last did not happen (`LockRepetition.take_back`)
            return b""
        data = REPETITION.pack(head, since, self._read, *times, count, mark)
        self._read = count
        return data


class _Slot:
    """The slot of one process: how far it was read, and what decodes it."""

    def __init__(self, number: int, pid: int, commit_mark: bytes) -> None:
        self.number = number
        self.pid = pid
        self.ended = False
        """Its writer has ended."""
        self.decoder = SlotDecoder()
        self._commit_mark = commit_mark
        self._repetition_mark = repetition_mark(commit_mark)
        self._counting: _Counting | None = None
        self._start = number * SLOT_SIZE
        self._turn = 0
        self._enter_next()

    def _enter_next(self) -> None:
        self._part = self._start + self._turn % PARTS * PART_SIZE
        self._end = self._part + PART_SIZE
        self._at = self._part + PART_HEADER.size
        self._turn += 1

    def read(self, memory: mmap.mmap) -> bytes:
        """What was written since the last time."""
        pieces = []
        while True:
            full = memory[self._part + WRITTEN] == self._turn & 0xFF  # check first: then nothing is written any more
            piece = b""
            if full:
                piece = self._rest(memory)
            elif self._at < self._end and memory[self._at]:
                piece = self._whole(memory)
            if self._counting is not None:
                pieces.append(self._counting.read(memory))  # after what follows it: where something does, it is final
                if piece:
                    self._counting = None
            self._at += len(piece)
            if piece.endswith(self._repetition_mark):
                self._counting = _Counting(self._at - REPETITION.size)
                piece = piece[: -REPETITION.size] + self._counting.read(memory)
            pieces.append(piece)
            if not full:
                break
            self._counting = None
            begin = self._part + PART_HEADER.size
            memory[begin : self._end] = bytes(self._end - begin)
            memory[self._part + READ] = self._turn & 0xFF
            self._enter_next()
        return b"".join(pieces)

    def _rest(self, memory: mmap.mmap) -> bytes:
        """All that was not read of a part that is full: its end needs no commit mark, and only zeros follow."""
        piece = memory[self._at : self._end]
        size = len(piece.rstrip(b"\0"))
        return piece[: size + -size % WORD]

    def _whole(self, memory: mmap.mmap) -> bytes:
        """What is whole in a part that is still written.

        It is copied a second time: while the first copy was made, the writer went on, so that a record near its
        beginning may be copied unfinished though a commit mark behind it was copied.
        """
        size = _LOOK_SIZE
        while True:
            piece = memory[self._at : min(self._at + size, self._end)]
            end = committed_size(piece, self._commit_mark)
            if len(piece) < size or end + OCCURRENCE_LIMIT + WORD <= size:
                return memory[self._at : self._at + end]
            size *= 4

    def give_back(self, memory: mmap.mmap) -> None:
        """Its writer has ended: give back what it took up."""
        with contextlib.suppress(AttributeError, OSError):  # MADV_REMOVE is Linux's, and not of every file system
            memory.madvise(mmap.MADV_REMOVE, self._start, SLOT_SIZE)


class BufferReader:
    """Reads what all processes have written. It makes the file, in the run's folder."""

    def __init__(self, folder: str) -> None:
        self._slots: list[_Slot] = []
        self._awaited: list[int] = []
        """The slots that were taken and have no PID in them yet."""
        self._taken = 0
        self._file = -1
        self._memory: mmap.mmap | None = None
        self._commit_mark = new_commit_mark()
        try:
            # In memory (Linux), so that no disk is slow or full, and nothing is left, whatever becomes of us.
            self._file = os.memfd_create(MEMORY_NAME)
            os.ftruncate(self._file, COMMIT_MARK_AT)
            os.posix_fallocate(self._file, STAMPS_AT, STAMPS * WORD)  # now: see `Buffers`
            os.pwrite(self._file, self._commit_mark, COMMIT_MARK_AT)
            self._memory = mmap.mmap(self._file, COMMIT_MARK_AT)
            os.symlink(f"/proc/{os.getpid()}/fd/{self._file}", f"{folder}/{FILE_NAME}")
        except (AttributeError, OSError, ValueError):  # not Linux, or no room for it: the EventQueue alone will do
            self.close()

    def read(self) -> list[tuple[SlotDecoder, bytes]]:
        """What has been written since the last time, of each process that wrote something, and what reads it."""
        memory = self._memory
        if memory is None:
            return []
        found = []
        self._begun()
        slots = list(self._slots)
        while slots:
            for slot in slots:
                ended = slot.ended  # check first: then nothing comes after what is read now
                if data := slot.read(memory):
                    found.append((slot.decoder, data))
                if ended:
                    slot.give_back(memory)
                    self._slots.remove(slot)
            slots = self._begun()  # processes that were started meanwhile
        return found

    def _begun(self) -> list[_Slot]:
        """The slots that have a PID in them now. It is read from the file: a look into memory would make the system
        allocate it."""
        taken = min((os.fstat(self._file).st_size - TICKETS_AT) // TICKET.size, SLOTS)
        self._awaited.extend(range(self._taken, taken))
        self._taken = taken
        begun = []
        for number in self._awaited:
            *_, pid = PART_HEADER.unpack(
                os.pread(self._file, PART_HEADER.size, number * SLOT_SIZE).ljust(PART_HEADER.size, b"\0")
            )
            if pid:
                begun.append(_Slot(number, pid, self._commit_mark))
        if begun:
            numbers = {slot.number for slot in begun}
            self._awaited = [number for number in self._awaited if number not in numbers]
            self._slots.extend(begun)
        return begun

    def forget(self, pid: int) -> None:
        """This process has ended, and its slot is to be given back when it has been read."""
        for slot in list(self._slots):
            slot.ended = slot.ended or slot.pid == pid

    def close(self) -> None:
        """Give all of it back; a process that comes to it now takes no slot."""
        if self._file >= 0:
            os.close(self._file)
            self._file, self._memory = -1, None
