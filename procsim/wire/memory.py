"""The buffers that the processes of a run write their events into: no system call, and what is written survives.

    a process ──► a slot of its own in the run's file, which both have mapped ──► procsim looks there, again and again

A write to a pipe is a system call. It costs several times what all the rest of an event costs, and it lets the other
threads of the program go first (CPython gives up the GIL for it). To write into memory that a file stands behind costs
neither, and what was written stays there when its writer is killed. So a process takes a slot for itself alone; where
it gets none, or the slot is full and procsim has not come by yet, the event goes through the EventQueue instead.

A slot has several parts, which are written one after the other and over again. In a part stands one of these after the
other, each written by one call into C, so that no other thread can come between, and each of whole words (64 bits):

    a record       as it stands in the EventQueue, filled up with zeros
    DONE           one word behind a record, which is whole for a reader who finds something written after it
    a repetition   three words: which event it was, by its number; when; and its value. No word of it is 0, so that
                   a reader sees by itself whether it is whole. Values that are no small number stand behind it, as
                   a record would

Most of what a program says, it says again and again: the same thread, line, object and kind. A record tells the number
of such an event once (`Buffers.number`), so that 24 bytes are enough from then on, which nobody has to marshal.

DONE and the first word of a repetition hold a mark, which is another one in each run, so that no value of a program's
looks like it by chance.
"""

import _codecs
import _thread
import itertools
import marshal
import mmap
import os
import resource
import struct
import sys
from collections.abc import Callable
from typing import Any

from procsim.wire.pipe import Clock, OwnDescriptor, leads_to, raised_elsewhere, record_of

FILE_NAME = "buffers"
"""In the run's folder: all slots, and behind them DONE, and a ticket for each slot that was taken."""

MEMORY_NAME = "procsim"
"""What the system calls it."""

SLOT_SIZE = 1 << 18
SLOTS = 1 << 14
"""Who comes later gets none. The file is as long as all of them, and takes up no more than the parts that were used."""

PARTS = 4
PART_SIZE = SLOT_SIZE // PARTS
"""About 2,700 repetitions, which is what a program can say in 2 ms."""

MUTE_RECORDS = 50
"""So many records a process writes without a slot. To take one costs as much as a few hundred writes to a pipe (most of
it, where it was forked, for the pages of memory that are copied then), and most processes have not so much to say."""

PART_HEADER = struct.Struct("<BB2xI8x")
"""Of a part: in which turn of the slot it was last written to its end, and in which it was read to its end (the lowest
byte of each; the turns are counted from 1); the PID of its writer."""

WRITTEN, READ = 0, 1

WORD = 8
MARK_AT = 3
DONE_BEGINS = b"\2\0\0"
"""No record begins so: the first byte of `channel.HEADER` is odd. The mark follows."""

AGAIN = struct.Struct("<QQq")
"""A repetition. Its first word is DONE, with the number in the place of the zeros. The value is told as twice itself
and one; or it is twice the bytes that follow, which are a marshalled tuple of values, and one byte more, not 0."""

NUMBERS = 4_096
"""Events of one process that have a number. Any other one is a record each time."""

_NUMBER_UNIT = 1 << 8

DONE_STANDS = SLOTS * SLOT_SIZE
TICKETS_BEGIN = DONE_STANDS + WORD
TICKET = struct.Struct("<qq")
"""Behind the slots: the PID of whoever took the slot with this number, and when."""

_MADV_WIPEONFORK = 18
"""Linux 4.14: a forked process finds this memory empty."""


class _Taken:
    """What a process has taken for itself."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.slot: int | None = None
        self.parts: list[mmap.mmap] = []
        self.turns = 0
        self.claims: list[object] = []
        """Of those who are going on to the next part, in the order in which they came: the first one does."""
        self.numbers = itertools.count(1)
        self.unused: list[int] = []


class Numbered(_thread._local):
    """What a thread can say by its number."""

    def __init__(self) -> None:
        self.heads: dict[Any, int] = {}
        """The first word of each repetition, by whatever key its user has."""
        self.kept: list[object] = []
        """What must not end before this does."""


class Buffers:
    """The writing side: the slot of this process. Without a folder, there is none."""

    def __init__(self, folder: str = "", mute_records: int = MUTE_RECORDS) -> None:
        self._path = f"{folder}/{FILE_NAME}" if folder else ""
        self._mute_records = mute_records
        self._file: OwnDescriptor | None = None
        """The run's file; None: it was never open in here."""
        self.done = b""
        self.mine: mmap.mmap | bytes = b"\1"
        """Its first byte is 0 in a process that was forked without a word to Python, by C: then see `begin`."""
        self._taken = _Taken()
        if folder and not (self._open() and self._notice_forks()):  # now, while this process still may
            self._path = ""
        self.begin()

    def begin(self) -> None:
        """This process is new, or was forked: it has no slot yet."""
        for part in self._taken.parts:
            part.seek(0, os.SEEK_END)  # whoever was in the middle of a call when it was forked writes there no more
        self._close_copy()
        self.write: Callable[[bytes], object] = NOWHERE
        """Writes a record, and then DONE. Raises ValueError where there is no room for it: then see `turn`."""
        self._records = 0
        self.begin_numbers()
        self._taken = _Taken()
        if isinstance(self.mine, mmap.mmap):
            self.mine[0] = 1

    def begin_numbers(self) -> None:
        """What has had a number will not be said by it again."""
        self.numbered = Numbered()

    def number(self, event: tuple[Any, ...]) -> int:
        """Give a number to an event, which is all but its time.

        Its last element: its fields; or their names, where they have other values each time.

        Returns the first word of its repetitions; 0: it has none, and has to be a record.
        """
        taken = self._taken
        if self.write is NOWHERE:
            return 0
        try:
            number = taken.unused.pop()
        except IndexError as error:
            if raised_elsewhere(error):
                raise
            number = next(taken.numbers)
        if number > NUMBERS:
            return 0
        record = record_of(marshal.dumps((number, event), 2))
        if self._taken is not taken or not self.put(record):
            taken.unused.append(number)
            return 0
        return int.from_bytes(self.done, "little") + number * _NUMBER_UNIT

    def put(self, record: bytes) -> bool:
        """Write a record down, whose last byte is not 0. False: there is no room for it now.

        Raises nothing of its own; what a signal handler of the program raises meanwhile passes through.
        """
        record += bytes(-len(record) % WORD)
        while True:
            if not self.mine[0]:
                self.begin()
            write = self.write
            try:
                write(record)
                break
            except ValueError as error:
                if raised_elsewhere(error):
                    raise
            if not self.turn(write):
                return False
        try:
            write(self.done)
        except ValueError as error:
            if raised_elsewhere(error):
                raise
            self.turn(write)
        return True

    def turn(self, full: Callable[[bytes], object]) -> bool:
        """Go on in the next part, where `full` (a value of `write`) has no room. False: there is none now.

        What stands in the part that is left then is whole, also where DONE had no room.
        Another thread, or a signal handler in the middle of this, may do the same: one of them does, and the others
        are told that there is none.
        """
        if self.write is not full:
            return True
        if not self._path:
            return False
        self._records += 1  # of two threads that do so at once, one may be counted
        if self._records <= self._mute_records:
            return False
        taken, claim = self._taken, object()
        turn = taken.turns
        try:
            taken.claims.append(claim)  # in here: a signal handler may raise as soon as that is done
            return taken.claims[0] is claim and (taken.turns != turn or self._go_on(taken, turn))
        except (AttributeError, OSError) as error:  # macOS has no posix_fallocate
            if raised_elsewhere(error):
                raise
            self._path = ""  # not to be tried again with each record
            return False
        finally:
            taken.claims.remove(claim)

    def _go_on(self, taken: _Taken, turn: int) -> bool:
        """Whatever interrupts this, it can be begun anew. Where that has forked, nothing here is this process's."""
        if turn:
            before = taken.parts[(turn - 1) % PARTS]
            before.seek(0, os.SEEK_END)  # so that nobody writes there any more
            if taken is self._taken:
                before[WRITTEN] = turn & 0xFF
        number = turn % PARTS
        part = taken.parts[number] if number < len(taken.parts) else self._new_part(taken)
        if turn >= PARTS and part[READ] != (turn + 1 - PARTS) & 0xFF:
            return False
        part.seek(PART_HEADER.size)
        taken.turns = turn + 1
        if taken is self._taken:
            self.write = part.write
        else:
            part.seek(0, os.SEEK_END)
        return True

    def _new_part(self, taken: _Taken) -> mmap.mmap:
        if resource.getrlimit(resource.RLIMIT_FSIZE)[0] != resource.RLIM_INFINITY:
            raise OSError("past such a limit the system would send a signal")
        if taken.slot is None:
            taken.slot = self._take_slot()
        where = taken.slot * SLOT_SIZE + len(taken.parts) * PART_SIZE
        file = self._opened()
        # Now, since a write into memory that there is no room for would be the end of the program (SIGBUS).
        os.posix_fallocate(file.number, where, PART_SIZE)
        part = mapped(file, PART_SIZE, where)
        if taken is self._taken:
            PART_HEADER.pack_into(part, 0, 0, 0, taken.pid)
            taken.parts.append(part)
        return part

    def _take_slot(self) -> int:
        """What is appended has a place of its own; `lseek` does not tell it, as forked processes share a descriptor."""
        ticket = TICKET.pack(os.getpid(), Clock.now())
        os.write(self._opened().number, ticket)
        number = self._opened().number
        size = os.fstat(number).st_size - TICKETS_BEGIN
        taken = os.pread(number, max(size, 0), TICKETS_BEGIN)
        tickets = [taken[at : at + TICKET.size] for at in range(0, len(taken), TICKET.size)]
        if ticket not in tickets[:SLOTS]:
            raise OSError("all slots are taken")
        return tickets.index(ticket)

    def _open(self) -> bool:
        try:
            # In another namespace of PIDs the link would lead to a file of somebody else's.
            if not os.readlink(os.readlink(self._path)).startswith(f"/memfd:{MEMORY_NAME}"):
                return False
            self._file = OwnDescriptor(self._path, os.O_RDWR | os.O_APPEND)
            self.done = os.pread(self._file.number, WORD, DONE_STANDS)
        except OSError as error:
            if raised_elsewhere(error):
                raise
            return False
        return len(self.done) == WORD

    def _opened(self) -> OwnDescriptor:
        """The run's file, opened anew where the program has closed it. Raises `OSError` where it cannot be."""
        if self._file is None or not (self._file.is_ours() or self._open()):
            raise OSError("procsim is gone, or this process may not come to it")
        return self._file

    def _notice_forks(self) -> bool:
        try:
            self.mine = mmap.mmap(-1, mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
            self.mine.madvise(_MADV_WIPEONFORK)
        except (AttributeError, OSError) as error:
            if raised_elsewhere(error):
                raise
            self.mine = b"\1"
            return False
        return True

    def _close_copy(self) -> None:
        """Close what another thread had open for a moment when it forked this process."""
        global _copy
        copy, _copy = _copy, -1
        if self._file is not None and leads_to(copy, self._file.file):
            os.close(copy)


_copy = -1
"""The descriptor that is mmap's for a moment."""


def mapped(file: OwnDescriptor, size: int, where: int = 0, access: int = mmap.ACCESS_WRITE) -> mmap.mmap:
    """A part of a file as memory, which takes none of the descriptors that the program would get. Raises `OSError`."""
    if sys.version_info >= (3, 13):
        return _if_ours(mmap.mmap(file.number, size, offset=where, access=access, trackfd=False), file)
    global _copy
    _copy = copy = os.dup(file.number)
    os.close(copy)  # mmap makes a copy, too, and keeps it: that will have the number that is free again now
    memory = _if_ours(mmap.mmap(file.number, size, offset=where, access=access), file)
    # At its own end it would close that number, whosever it may be then. So its end must not come before the program's.
    _codecs.register_error(f"procsim.{id(memory)}", memory.write)  # type: ignore[arg-type]  # never called
    if leads_to(copy, file.file):  # another thread may have been quicker
        os.close(copy)
    _copy = -1
    return memory


def _if_ours(memory: mmap.mmap, file: OwnDescriptor) -> mmap.mmap:
    """That memory, if it is the file's: it is, where the descriptor is ours still."""
    if not file.is_ours():
        raise OSError("the program has closed it, and may have opened a file of its own there")
    return memory


NOWHERE = mmap.mmap(-1, 1).write
"""Always raises ValueError, as a part does that is full."""
