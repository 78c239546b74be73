"""Shared memory that the processes of a run write their events into: no system call, and what is written survives.

    a process ──► its own slot in the run's file, which both sides have mapped ──► BufferReader looks there regularly

A write to a pipe is a system call of 0.45 µs (measured in a virtual machine, Python 3.11), several times what the rest
of an event costs, and CPython releases the GIL for it, so that other threads of the program run first. A write into
memory that a file stands behind does neither, and what was written stays there when the writer is killed. So a process
takes a slot for itself. Without one, or while its slot is full because procsim has not read it yet, its events go
through the EventQueue.

The file has no name in any file system (`memfd_create`) and ends with procsim. A process opens it by
`/proc/PID/fd/N` of procsim, so all of this is Linux's; elsewhere, and where a process may not go there, the EventQueue
carries all events.

A slot has four parts. They are written one after the other and then over again, each as soon as procsim has read it to
its end; a *turn* is one part written once. What stands in a part: see `procsim.wire.interned`.

Forks are the difficulty: a child must not write into its parent's slot. It may be forked by another thread, in a signal
handler in the middle of any line of this file, or by C code, of which Python hears nothing. So a child gets new objects
in `begin`, which is called after a fork; it makes every part that it has inherited full, so that a call which was
interrupted raises ValueError; and memory that is empty after a fork (`MADV_WIPEONFORK`) tells of forks by C code.
"""

import _thread
import itertools
import mmap
import os
import resource
import struct
from collections.abc import Callable
from typing import Any

from procsim.wire.interned import (
    COUNTED,
    INTERNED_LIMIT,
    REPETITION,
    WORD,
    definition,
    head_of,
    identifier_of,
    padded,
    repetition,
    repetition_mark,
)
from procsim.wire.mapped_file import close_copy, mapped
from procsim.wire.pipe import Clock, OwnDescriptor, raised_elsewhere

FILE_NAME = "buffers"
"""In the run's folder, the link to the file: all slots, the stamps, the commit mark, and a ticket for each slot that is
taken."""

MEMORY_NAME = "procsim"
"""The name by which the system lists the file; no file system has it."""

SLOT_SIZE = 1 << 18
SLOTS = 1 << 14
"""Further processes get no slot. The file has the length of all slots, and occupies only the parts that were used."""

PARTS = 4
PART_SIZE = SLOT_SIZE // PARTS
"""In bytes: about 2,700 occurrences, which a program can emit in 2 ms."""

RECORDS_BEFORE_SLOT = 50
"""The first records of a process go through the EventQueue. To take a slot costs as much as a few hundred writes to a
pipe (250 µs in a forked process, most of it for page faults), and most processes emit less than that."""

PART_HEADER = struct.Struct("<BB2xI8x")
"""Of a part: the last turn in which it was written to its end, and the last one in which it was read to its end (the
lowest byte of each; turns are counted from 1); the PID of its writer."""

WRITTEN, READ = 0, 1
"""Where these two bytes stand."""

STAMPS = 1 << 8
STAMPS_AT = SLOTS * SLOT_SIZE
"""After the slots, a word for each object that processes take turns at, by its identity; some have one in common. In it
is the stamp of the repetition that counts there, until another process, or another repetition, uses the object: so it
can be seen whether somebody came between. It is only read and written with the object's lock held."""

COMMIT_MARK_AT = STAMPS_AT + STAMPS * WORD
TICKETS_AT = COMMIT_MARK_AT + WORD
TICKET = struct.Struct("<qq")
"""After the commit mark. The n-th ticket belongs to the n-th slot: the PID of its process, and when it
took the slot."""

LONGEST_NS = 1_000_000
"""How long a repetition goes on. Of the events that it counts, only the times of the first and of the last two are
known: so a long time between two of them is one that it ends with."""

_SERIALS = 1 << 10
"""So many repetitions are told apart by the last bits of a time."""

_STAMP_BITS = 40
"""After so many repetitions of one process a stamp comes again."""

_MADV_WIPEONFORK = 18
"""Linux 4.14: a forked process finds this memory empty."""


class _OwnSlot:
    """The slot of this process, and what it has used of it. A forked process begins with a new one."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.number: int | None = None
        """None: none was taken yet."""
        self.parts: list[mmap.mmap] = []
        self.turns = 0
        self.claims: list[object] = []
        """One of each thread (or signal handler) that is entering the next part now. Only the first one does."""
        self.ids = itertools.count(1)
        self.repetitions = itertools.count(1)
        self.unused_ids: list[int] = []


class InternTable(_thread._local):
    """What one thread has interned."""

    def __init__(self) -> None:
        self.heads: dict[Any, int] = {}
        """The head of each event's occurrences, by whatever key the emitter uses."""
        self.kept: list[object] = []
        """Objects whose addresses are part of keys: they must live as long as the table."""


class Buffers:
    """The writing side: the slot of this process. Without a folder, there is none.

    `folder`: the run's. `records_before_slot`: how many records `put` refuses before it takes a slot.
    """

    def __init__(self, folder: str = "", records_before_slot: int = RECORDS_BEFORE_SLOT) -> None:
        self._path = f"{folder}/{FILE_NAME}" if folder else ""
        self._records_before_slot = records_before_slot
        self._file: OwnDescriptor | None = None
        """The run's file; None: this process could never open it."""
        self.commit_mark = b""
        self.not_forked: mmap.mmap | bytes = b"\1"
        """Its first byte is 0 in a process that C code has forked, of which Python knows nothing: then call `begin`."""
        self.tail = memoryview(bytearray(2 * WORD)).cast("q")
        """Its second element belongs to the repetition that the slot ends with: see `begin_repetition`. 0: the slot
        ends with something else, or this process was forked. Whoever writes into the slot sets it to 0 before."""
        self._stamps: memoryview | None = None
        self._own = _OwnSlot()
        if folder and not (self._open() and self._notice_forks()):  # now, while this process still may
            self._path = ""
        self.begin()

    def begin(self) -> None:
        """This process is new, or was forked: it has no slot yet."""
        for part in self._own.parts:
            part.seek(0, os.SEEK_END)  # a call that the fork has interrupted then finds it full
        close_copy()
        self.write: Callable[[bytes], object] = NOWHERE
        """Writes bytes from `procsim.wire.interned` in one piece. Raises ValueError where the part has no room for
        them: then call `enter_next_part`."""
        self._records = 0
        self.forget_interned()
        self._own = _OwnSlot()
        if isinstance(self.not_forked, mmap.mmap):
            self.not_forked[0] = 1

    def forget_interned(self) -> None:
        """Begin a new intern table: what was interned will not be emitted again, as the process is renamed."""
        self.tail[1] = 0
        self.interned = InternTable()

    def intern(self, event: tuple[Any, ...]) -> int:
        """Give an id to an event.

        `event`: all of it but its time. Its last element: its fields; or their names, if their values vary.

        Returns the head of its occurrences; 0: it was not interned, and has to be a record.
        """
        own = self._own
        if self.write is NOWHERE:
            return 0
        try:
            identifier = own.unused_ids.pop()
        except IndexError as error:
            if raised_elsewhere(error):
                raise
            identifier = next(own.ids)
        if identifier > INTERNED_LIMIT:
            return 0
        record = definition(identifier, event)
        if self._own is not own or not self.put(record):
            own.unused_ids.append(identifier)
            return 0
        return head_of(self.commit_mark, identifier)

    def put(self, record: bytes) -> bool:
        """Write a record, whose last byte is not 0. False: there is no room for it now.

        Raises nothing of its own; what a signal handler of the program raises meanwhile passes through.
        """
        record = padded(record)
        while True:
            if not self.not_forked[0]:
                self.begin()
            write, tail = self.write, self.tail
            try:
                tail[1] = 0; write(record)  # fmt: skip  # noqa: E702 - one line: see `begin_repetition`
                break
            except ValueError as error:
                if raised_elsewhere(error):
                    raise
            if not self.enter_next_part(write):
                return False
        self.commit(write)
        return True

    def commit(self, write: Callable[[bytes], object]) -> None:
        """Write a commit mark behind what `write` (a value of `self.write`) has just written."""
        tail, commit_mark = self.tail, self.commit_mark
        try:
            tail[1] = 0; write(commit_mark)  # fmt: skip  # noqa: E702
        except ValueError as error:
            if raised_elsewhere(error):
                raise
            self.enter_next_part(write)  # all that stands in a part that is left counts

    def stamp_of(self, identity: int) -> memoryview | None:
        """The word for the stamp of the object with this identity: see `STAMPS_AT`. None: this process has none.

        Such a process can show nobody that it comes between; its events have their own times.
        """
        if not self._path:
            return None
        try:
            if self._stamps is None:  # forked processes have it in common
                self._stamps = memoryview(mapped(self._opened(), STAMPS * WORD, STAMPS_AT)).cast("q")
        except OSError as error:
            if raised_elsewhere(error):
                raise
            return None
        at = identity % STAMPS
        return self._stamps[at : at + 1]

    def begin_repetition(
        self, first: int, second: int, now: int, values: tuple[int, int] | None = None
    ) -> tuple[int, memoryview]:
        """Emit the first of two events that repeat each other, by a record that counts it.

        `first`, `second`: the heads of their occurrences; `now`: the time of the first one (ns of the system's
        monotonic clock). `values`: the value in the first one, and by how much it grows from each to the `second` after
        it; None: these events have no value.

        Returns until when the repetition may go on, which no other one has in common with it, and the words COUNTED of
        the record. They may be changed only if `tail` has that time: in one line with the look there, and without a
        call in that line. CPython lets other threads and signal handlers in after calls, and debuggers between lines;
        so nothing comes between the two. For the same reason whatever is written sets `tail` to 0 in the line of the
        write. The time is -1 if something else stands behind the record already. With `values` there is no limit of
        time: instead of it there is a stamp, which is less than -1.

        Raises `ValueError` or `struct.error` where there is no room for it, and nothing was emitted.
        """
        own, write, tail = self._own, self.write, self.tail
        head = self.interned.heads.get((first, second)) or self._define_repetition(first, second)
        record = repetition(head, now, values or (now, 0), repetition_mark(self.commit_mark))
        serial = next(own.repetitions)
        until = now + LONGEST_NS & -_SERIALS | serial % _SERIALS
        if values is not None:
            until = -(own.pid << _STAMP_BITS | serial % (1 << _STAMP_BITS)) - 2
        if not head or not self.not_forked[0]:
            raise ValueError("it was not defined, or this process was forked")
        tail[1] = until; write(record)  # fmt: skip  # noqa: E702
        part = own.parts[(own.turns - 1) % PARTS]
        end = part.tell()
        if tail[1] != until:
            return -1, tail
        begin = end - REPETITION.size
        return until, memoryview(part)[begin + COUNTED.start : begin + COUNTED.stop].cast("q")

    def _define_repetition(self, first: int, second: int) -> int:
        head = self.intern((identifier_of(first), identifier_of(second)))
        if head:
            self.interned.heads[first, second] = head
        return head

    def enter_next_part(self, full: Callable[[bytes], object]) -> bool:
        """Go on in the next part, where `full` (a value of `write`) has no room. False: there is none now.

        All that stands in the part before then counts, also without a last commit mark.
        Another thread, or a signal handler in the middle of this, may do the same at once: one of them enters the
        part, and the others get False.
        """
        if self.write is not full:
            return True
        if not self._path:
            return False
        self._records += 1  # two threads at once may count one record; no matter
        if self._records <= self._records_before_slot:
            return False
        own, claim = self._own, object()
        turn = own.turns
        try:
            own.claims.append(claim)  # inside the try: a signal handler may raise as soon as this is done
            return own.claims[0] is claim and (own.turns != turn or self._enter(own, turn))
        except (AttributeError, OSError) as error:  # AttributeError: macOS has no posix_fallocate
            if raised_elsewhere(error):
                raise
            self._path = ""  # do not try again with each record
            return False
        finally:
            own.claims.remove(claim)

    def _enter(self, own: _OwnSlot, turn: int) -> bool:
        """Enter the part of turn `turn + 1`, if it was read. Whatever interrupts this, it can be begun anew.

        If the interruption was a fork, `own` is the parent's slot, and nothing in it is changed.
        """
        if turn:
            before = own.parts[(turn - 1) % PARTS]
            before.seek(0, os.SEEK_END)  # so that no thread writes there any more
            if own is self._own:
                self.tail[1] = 0  # nor counts
                before[WRITTEN] = turn & 0xFF
        number = turn % PARTS
        part = own.parts[number] if number < len(own.parts) else self._new_part(own)
        if turn >= PARTS and part[READ] != (turn + 1 - PARTS) & 0xFF:
            return False
        part.seek(PART_HEADER.size)
        own.turns = turn + 1
        if own is self._own:
            self.write = part.write
        else:
            part.seek(0, os.SEEK_END)
        return True

    def _new_part(self, own: _OwnSlot) -> mmap.mmap:
        if resource.getrlimit(resource.RLIMIT_FSIZE)[0] != resource.RLIM_INFINITY:
            raise OSError("past such a limit the system would send a signal")
        if own.number is None:
            own.number = self._take_slot()
        offset = own.number * SLOT_SIZE + len(own.parts) * PART_SIZE
        file = self._opened()
        # Now: a later write into memory that the system has no room for would end the program (SIGBUS).
        os.posix_fallocate(file.number, offset, PART_SIZE)
        part = mapped(file, PART_SIZE, offset)
        if own is self._own:
            PART_HEADER.pack_into(part, 0, 0, 0, own.pid)
            own.parts.append(part)
        return part

    def _take_slot(self) -> int:
        """Append a ticket, and return its number. Raises `OSError` where all slots are taken.

        The ticket is looked for in the file: `lseek` does not tell where it was appended, since forked processes share
        the descriptor and its position.
        """
        ticket = TICKET.pack(os.getpid(), Clock.now())
        os.write(self._opened().number, ticket)
        number = self._opened().number
        size = os.fstat(number).st_size - TICKETS_AT
        taken = os.pread(number, max(size, 0), TICKETS_AT)
        tickets = [taken[at : at + TICKET.size] for at in range(0, len(taken), TICKET.size)]
        if ticket not in tickets[:SLOTS]:
            raise OSError("all slots are taken")
        return tickets.index(ticket)

    def _open(self) -> bool:
        try:
            # In another PID namespace the link would lead to a file of another program.
            if not os.readlink(os.readlink(self._path)).startswith(f"/memfd:{MEMORY_NAME}"):
                return False
            self._file = OwnDescriptor(self._path, os.O_RDWR | os.O_APPEND)
            self.commit_mark = os.pread(self._file.number, WORD, COMMIT_MARK_AT)
        except OSError as error:
            if raised_elsewhere(error):
                raise
            return False
        return len(self.commit_mark) == WORD

    def _opened(self) -> OwnDescriptor:
        """The run's file, opened anew where the program has closed it. Raises `OSError` where it cannot be."""
        if self._file is None or not (self._file.is_ours() or self._open()):
            raise OSError("procsim is gone, or this process has no access to it")
        return self._file

    def _notice_forks(self) -> bool:
        try:
            self.not_forked = mmap.mmap(-1, mmap.PAGESIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
            self.not_forked.madvise(_MADV_WIPEONFORK)
            self.tail = memoryview(self.not_forked).cast("q")
        except (AttributeError, OSError) as error:
            if raised_elsewhere(error):
                raise
            self.not_forked = b"\1"
            return False
        return True


NOWHERE = mmap.mmap(-1, 1).write
"""Always raises ValueError, as a part does that is full."""
