"""The buffers that the processes of a run write their events into: no system call, and what is written survives.

    a process ──► a slot of its own in the run's file, which both have mapped ──► procsim looks there, again and again

A write to a pipe is a system call. It costs several times what all the rest of an event costs, and it lets the other
threads of the program go first (CPython gives up the GIL for it). To write into memory that a file stands behind costs
neither, and what was written stays there when its writer is killed. So a process takes a slot for itself alone; where
it gets none, or the slot is full and procsim has not come by yet, the event goes through the EventQueue instead.

A slot has several parts, which are written one after the other and over again. In a part stand records, each written
by one call into C, so that no other thread can come between; and after each comes DONE, so that a reader who
comes in the middle knows which are whole: those that something was written after. DONE is another one in each run, so
that no value of a program's looks like it by chance.
"""

import _codecs
import contextlib
import mmap
import os
import resource
import struct
import sys
from collections.abc import Callable

from procsim.channel import DONE_BEGINS, DONE_SIZE, ITEM_LIMIT, Clock, lift, raised_elsewhere

FILE_NAME = "buffers"
"""In the run's folder: all slots, and behind them DONE, and a ticket for each slot that was taken."""

_NAME = "procsim"
"""What the system calls it."""

SLOT_SIZE = 1 << 19
SLOTS = 1 << 14
"""Who comes later gets none. The file is as long as all of them, and takes up no more than the parts that were used."""

PARTS = 4
PART_SIZE = SLOT_SIZE // PARTS
"""About 1,500 events, which is what a program can say in 2 ms."""

MUTE_RECORDS = 100
"""So many records a process writes without a slot. To take one costs as much as a few hundred writes to a pipe (most of
it, where it was forked, for the pages of memory that are copied then), and most processes have not so much to say."""

_HEADER = struct.Struct("<BB2xI8x")
"""Of a part: in which turn of the slot it was last written to its end, and in which it was read to its end (the lowest
byte of each; the turns are counted from 1); the PID of its writer."""

_WRITTEN, _READ = 0, 1

_DONE_STANDS = SLOTS * SLOT_SIZE
_TICKETS_BEGIN = _DONE_STANDS + DONE_SIZE
_TICKET = struct.Struct("<qq")
"""Behind the slots: the PID of whoever took the slot with this number, and when."""

_LOOK_SIZE = 1 << 13
"""Bytes that are looked at first."""


_MADV_WIPEONFORK = 18
"""Linux 4.14: a forked process finds this memory empty."""


class _Taken:
    """What a process has taken for itself."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.slot: int | None = None
        self.parts: list[mmap.mmap] = []
        self.turns = 0
        self.claims: dict[int, object] = {}


class Buffers:
    """The writing side: the slot of this process. Without a folder, there is none."""

    def __init__(self, folder: str = "", mute_records: int = MUTE_RECORDS) -> None:
        self._path = f"{folder}/{FILE_NAME}" if folder else ""
        self._mute_records = mute_records
        self._descriptor = -1
        self._file: tuple[int, ...] = ()
        """Which file it is: inode, device."""
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
        self._taken = _Taken()
        if isinstance(self.mine, mmap.mmap):
            self.mine[0] = 1

    def put(self, record: bytes) -> bool:
        """Write a record down, whose last byte is not 0. False: there is no room for it now.

        Raises nothing of its own; what a signal handler of the program raises meanwhile passes through.
        """
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
        taken, claim = self._taken, object()
        turn = taken.turns
        if self._records <= self._mute_records or taken.claims.setdefault(turn, claim) is not claim:
            return False
        try:
            return taken.turns != turn or self._go_on(taken, turn)
        except (AttributeError, OSError) as error:  # macOS has no posix_fallocate
            if raised_elsewhere(error):
                raise
            self._path = ""  # not to be tried again with each record
            return False
        finally:
            taken.claims.pop(turn, None)

    def _go_on(self, taken: _Taken, turn: int) -> bool:
        """Whatever interrupts this, it can be begun anew. Where that has forked, nothing here is this process's."""
        if turn:
            before = taken.parts[(turn - 1) % PARTS]
            before.seek(0, os.SEEK_END)  # so that nobody writes there any more
            if taken is self._taken:
                before[_WRITTEN] = turn & 0xFF
        number = turn % PARTS
        part = taken.parts[number] if number < len(taken.parts) else self._new_part(taken)
        if turn >= PARTS and part[_READ] != (turn + 1 - PARTS) & 0xFF:
            return False
        part.seek(_HEADER.size)
        taken.turns = turn + 1
        if taken is self._taken:
            self.write = part.write
        else:
            part.seek(0, os.SEEK_END)
        return True

    def _new_part(self, taken: _Taken) -> mmap.mmap:
        if resource.getrlimit(resource.RLIMIT_FSIZE)[0] != resource.RLIM_INFINITY:
            raise OSError("past such a limit the system would send a signal")
        if not self._is_open(self._descriptor) and not self._open():
            raise OSError("procsim is gone, or this process may not come to it")
        if taken.slot is None:
            taken.slot = self._take_slot()
        where = taken.slot * SLOT_SIZE + len(taken.parts) * PART_SIZE
        # Now, since a write into memory that there is no room for would be the end of the program (SIGBUS).
        os.posix_fallocate(self._descriptor, where, PART_SIZE)
        part = mapped(self._descriptor, PART_SIZE, where)
        if taken is self._taken:
            _HEADER.pack_into(part, 0, 0, 0, taken.pid)
            taken.parts.append(part)
        return part

    def _take_slot(self) -> int:
        """What is appended has a place of its own; `lseek` does not tell it, as forked processes share a descriptor."""
        ticket = _TICKET.pack(os.getpid(), Clock.now())
        os.write(self._descriptor, ticket)
        size = os.fstat(self._descriptor).st_size - _TICKETS_BEGIN
        taken = os.pread(self._descriptor, size, _TICKETS_BEGIN)
        slot = list(_TICKET.iter_unpack(taken)).index(_TICKET.unpack(ticket))
        if slot >= SLOTS:
            raise OSError("all slots are taken")
        return slot

    def _open(self) -> bool:
        try:
            # In another namespace of PIDs the link would lead to a file of somebody else's.
            if not os.readlink(os.readlink(self._path)).startswith(f"/memfd:{_NAME}"):
                return False
            self._descriptor = lift(os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC))
            self._file = os.fstat(self._descriptor)[1:3]
            self.done = os.pread(self._descriptor, DONE_SIZE, _DONE_STANDS)
        except OSError as error:
            if raised_elsewhere(error):
                raise
            return False
        return len(self.done) == DONE_SIZE

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

    def _is_open(self, descriptor: int) -> bool:
        """Whether this is a descriptor of the buffers."""
        try:
            return descriptor >= 0 and os.fstat(descriptor)[1:3] == self._file
        except OSError as error:  # the program has closed it
            if raised_elsewhere(error):
                raise
            return False

    def _close_copy(self) -> None:
        """Close what another thread had open for a moment when it forked this process."""
        global _copy
        copy, _copy = _copy, -1
        if self._is_open(copy):
            os.close(copy)


_copy = -1
"""The descriptor that is mmap's for a moment."""


def mapped(descriptor: int, size: int, where: int = 0, access: int = mmap.ACCESS_WRITE) -> mmap.mmap:
    """A part of a file as memory, which takes none of the descriptors that the program would get."""
    if sys.version_info >= (3, 13):
        return mmap.mmap(descriptor, size, offset=where, access=access, trackfd=False)
    global _copy
    _copy = copy = os.dup(descriptor)
    os.close(copy)  # mmap makes a copy, too, and keeps it: that will have the number that is free again now
    memory = mmap.mmap(descriptor, size, offset=where, access=access)
    # At its own end it would close that number, whosever it may be then. So its end must not come before the program's.
    _codecs.register_error(f"procsim.{id(memory)}", memory.write)  # type: ignore[arg-type]  # never called
    try:
        if os.fstat(copy)[1:3] == os.fstat(descriptor)[1:3]:  # st_ino, st_dev: another thread may have been quicker
            os.close(copy)
    except OSError as error:
        if raised_elsewhere(error):
            raise
    _copy = -1
    return memory


NOWHERE = mmap.mmap(-1, 1).write
"""Always raises ValueError, as a part does that is full."""


class _Slot:
    """How far the slot of one process was read."""

    def __init__(self, number: int, pid: int) -> None:
        self.number = number
        self.pid = pid
        self.ended = False
        """Its writer has ended."""
        self._start = number * SLOT_SIZE
        self._turn = 0
        self._enter_next()

    def _enter_next(self) -> None:
        self._part = self._start + self._turn % PARTS * PART_SIZE
        self._end = self._part + PART_SIZE
        self._at = self._part + _HEADER.size
        self._turn += 1

    def read(self, memory: mmap.mmap, done: bytes) -> bytes:
        """What was written since the last time."""
        pieces = []
        while True:
            full = memory[self._part + _WRITTEN] == self._turn & 0xFF  # asked first: then nothing is written any more
            if not full and (self._at == self._end or not memory[self._at]):
                break
            piece = memory[self._at : self._end].rstrip(b"\0") if full else self._whole(memory, done)
            pieces.append(piece)
            self._at += len(piece)
            if not full:
                break
            begin = self._part + _HEADER.size
            memory[begin : self._end] = bytes(self._end - begin)
            memory[self._part + _READ] = self._turn & 0xFF
            self._enter_next()
        return b"".join(pieces)

    def _whole(self, memory: mmap.mmap, done: bytes) -> bytes:
        """The records that something was written after.

        They are copied once more: when the end of the first copy was made, its beginning may have been old already.
        """
        size = _LOOK_SIZE
        while True:
            piece = memory[self._at : min(self._at + size, self._end)]
            end = piece.rfind(done) + DONE_SIZE
            if len(piece) < size or end + ITEM_LIMIT + DONE_SIZE <= size:
                return memory[self._at : self._at + end] if end >= DONE_SIZE else b""
            size *= 4

    def give_back(self, memory: mmap.mmap) -> None:
        """Its writer has ended: give back what it took up."""
        with contextlib.suppress(AttributeError, OSError):  # MADV_REMOVE is Linux's, and not of every file system
            memory.madvise(mmap.MADV_REMOVE, self._start, SLOT_SIZE)


class BufferReader:
    """The reading side: what all processes have written. It makes the file."""

    def __init__(self, folder: str) -> None:
        self._slots: list[_Slot] = []
        self._awaited: list[int] = []
        """The slots that were taken and of which nothing was seen yet."""
        self._taken = 0
        self._file = -1
        self._memory: mmap.mmap | None = None
        self._done = DONE_BEGINS + os.urandom(DONE_SIZE - 1).replace(b"\0", b"\1")
        try:
            # In memory (Linux), so that no disk is slow or full, and nothing is left, whatever becomes of us.
            self._file = os.memfd_create(_NAME)
            os.ftruncate(self._file, _DONE_STANDS)
            os.pwrite(self._file, self._done, _DONE_STANDS)
            self._memory = mmap.mmap(self._file, _DONE_STANDS)
            os.symlink(f"/proc/{os.getpid()}/fd/{self._file}", f"{folder}/{FILE_NAME}")
        except (AttributeError, OSError, ValueError):  # not Linux, or no room for it: the EventQueue alone will do
            self.close()

    def read(self) -> list[bytes]:
        """What has been written since the last time: for each process that wrote something, its records."""
        memory = self._memory
        if memory is None:
            return []
        found = []
        self._begun()
        slots = list(self._slots)
        while slots:
            for slot in slots:
                ended = slot.ended  # asked first: then nothing comes after what is read now
                if data := slot.read(memory, self._done):
                    found.append(data)
                if ended:
                    slot.give_back(memory)
                    self._slots.remove(slot)
            slots = self._begun()  # whoever was started by what was said just now
        return found

    def _begun(self) -> list[_Slot]:
        """The slots of which something is to be seen now. (Not by a look into memory, which would take some up.)"""
        taken = min((os.fstat(self._file).st_size - _TICKETS_BEGIN) // _TICKET.size, SLOTS)
        self._awaited.extend(range(self._taken, taken))
        self._taken = taken
        begun = []
        for number in self._awaited:
            *_, pid = _HEADER.unpack(os.pread(self._file, _HEADER.size, number * SLOT_SIZE).ljust(_HEADER.size, b"\0"))
            if pid:
                begun.append(_Slot(number, pid))
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
