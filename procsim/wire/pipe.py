"""EventQueue: many processes `put`, one reader takes; nothing is lost, and no writer can stop another.

`multiprocessing.Queue` sends from a thread that dies with its process, and `SimpleQueue` holds a lock that a killed
writer takes to its grave. An EventQueue is a named pipe: a write of at most PIPE_BUF bytes is atomic (POSIX,
write(2)), so it needs neither thread nor lock; what is written survives its writer; and any process can open it
by its name, however it was started.

One item on the pipe is a record: two bytes of length and a `marshal`led value, which is bytes, numbers, strings,
tuples, lists and dicts of these. `procsim.wire.memory` contains such records, too.
"""

import _signal  # type: ignore[import-not-found]  # signal itself makes an enum of every handler it is asked for
import contextlib
import errno
import fcntl
import marshal
import os
import resource
import select
import struct
import time
from typing import Any

ITEM_LIMIT = min(select.PIPE_BUF, 0xFFFF)
"""The most bytes of one record: as many as the system writes in one piece."""

PIPE_CAPACITY = 1 << 20
"""Bytes that the kernel is asked to hold for a reader that is late (Linux)."""

READ_SIZE = 1 << 16
"""Bytes that the reader reads at once."""

GATHER_SECONDS = 0.008
"""The pause that a reader makes after it got less than GATHER_BELOW bytes. A `put` into an empty pipe has to wake a
reader that waits there, which costs its program far more than the write itself. During a pause puts wake no reader, and
after it there is more to read at once. In 8 ms the fastest writers put less than the pipe holds."""

GATHER_BELOW = READ_SIZE // 2

HIGH_DESCRIPTORS = 1 << 12
"""The writing end lies below this: high enough to be out of the way, low enough for a small table of descriptors,
which each fork copies."""

HEADER = struct.Struct("<H")
"""Of a record: twice the number of bytes that follow, and one. By its first byte, which is odd, a record is told apart
in memory."""

_READER_GONE = (errno.EPIPE, errno.ENXIO, errno.ENOENT)


class EventQueue:
    """A queue through a named pipe. It pickles as its path: every process opens it anew, by name."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self._end: OwnDescriptor | None = None
        """The writing end in this process; None: it is not open."""
        self.silent = False
        """Whether the pipe has no reader any more: the run is over."""

    @classmethod
    def create(cls, path: str | os.PathLike[str]) -> "EventQueue":
        """Make the named pipe. Raises `OSError`, also if the system has no named pipes."""
        path = os.path.abspath(path)  # a process that opens it may be in another folder
        os.mkfifo(path)
        os.chmod(path, 0o600)  # whatever the umask leaves of it
        return cls(path)

    def __reduce__(self) -> tuple[type["EventQueue"], tuple[str]]:
        return EventQueue, (self.path,)

    def put(self, item: Any) -> bool:
        """Write one item; wait while the pipe is full. False: nothing was written, for one of two reasons.

        There is no reader, or the pipe was removed: every later put of this process is False too. Or this process
        cannot open the pipe now (it has no descriptor left, or no right to): a later put tries again.

        Raises `ValueError` for an item that marshal cannot write or that has more than ITEM_LIMIT bytes, and
        nothing else of its own; what a signal handler of the program raises meanwhile passes through.

        A program that has restored SIGPIPE would be killed by a put without a reader, so look for a reader first: a
        process that goes on after the run (see `procsim.running.members`) puts into a pipe that has none.
        """
        return self.put_record(record_of(marshal.dumps(item)))

    def put_record(self, record: bytes) -> bool:
        """Write a record. See `put`."""
        while (number := self.writing_end()) >= 0:
            if _signal.getsignal(_signal.SIGPIPE) is not _signal.SIG_IGN and has_no_reader(number):
                self.silent = True
                break
            try:
                os.write(number, record)
            except OSError as error:
                if raised_elsewhere(error):
                    raise
                if error.errno != errno.EBADF:  # else another thread of the program has just closed it
                    self.silent = error.errno in _READER_GONE
                    break
            else:
                return True
        return False

    def writing_end(self) -> int:
        """The descriptor of the writing end in this process, which is opened if it is not open; negative: it cannot be.

        Ask before each use: the program may have closed it, and opened a file of its own under its number.
        """
        end = self._end
        if end is not None and end.is_ours():
            return end.number
        self._end = end = self._opened()
        return -1 if end is None else end.number

    def close(self) -> None:
        """Close the writing end in this process; the next `put` opens it again."""
        end, self._end = self._end, None
        if end is not None:
            end.close()

    def open(self) -> bool:
        """Open the writing end now, and not with the first `put`. False: it cannot be opened."""
        return self.writing_end() >= 0

    def _opened(self) -> "OwnDescriptor | None":
        if self.silent:
            return None
        try:
            # Without O_NONBLOCK an open without a reader would wait for one.
            end = OwnDescriptor(self.path, os.O_WRONLY | os.O_NONBLOCK)
            os.set_blocking(end.number, True)
        except OSError as error:
            if raised_elsewhere(error):
                raise
            self.silent = error.errno in _READER_GONE
            return None
        return end


def has_no_reader(number: int) -> bool:
    """Whether no process has the reading end of this pipe."""
    poll = select.poll()
    poll.register(number, 0)  # errors are reported in any case
    return any(what & select.POLLERR for _, what in poll.poll(0))


def record_of(data: bytes) -> bytes:
    """The record of an item that is marshalled already. Raises `ValueError` if it is too long."""
    if len(data) > ITEM_LIMIT - HEADER.size:
        raise ValueError(f"an item of {len(data)} bytes does not fit into {ITEM_LIMIT}")
    return HEADER.pack(len(data) << 1 | 1) + data


class Clock:
    """The system's monotonic clock. In a class, since freezegun replaces the functions of `time` in every module."""

    now = time.monotonic_ns


def raised_elsewhere(error: BaseException) -> bool:
    """Whether an exception that we have caught came from a signal handler of the program's, not from what we called.

    What a handler raises must reach the program, and may look like an error of our own: a BrokenPipeError of another
    pipe, say. It is known by its traceback, which only then goes through Python code that is not ours.
    """
    trace = error.__traceback__ and error.__traceback__.tb_next
    while trace is not None:
        module = dict.get(trace.tb_frame.f_globals, "__name__")  # it may be a dict of the program's own
        if type(module) is not str or not module.startswith("procsim."):
            return True
        trace = trace.tb_next
    return False


_fstat, _stat, _open = os.fstat, os.stat, os.open  # the tracer replaces those of os


def leads_to(number: int, file: tuple[int, ...]) -> bool:
    """Whether a descriptor of this process leads to that file, known by `stat(path)[1:3]`: its inode and device."""
    try:
        return _fstat(number)[1:3] == file
    except OSError as error:  # it is not open
        if raised_elsewhere(error):
            raise
        return False


class OwnDescriptor:
    """A descriptor of ours in a process of the program, which may close it and open a file of its own under its number.

    Daemons close every descriptor that they can reach, and the next file that the program opens may get our number. So
    the number alone proves nothing: ask `is_ours` before each use.

    A moment between that answer and the use remains, since the system has no write that depends on the file behind a
    number. In it, another thread of the program would have to close all descriptors and open as many files as there are
    numbers below ours, which is high up. To open the pipe anew for each use would not help: that descriptor would have
    a number, too, and a low one. Memory has no number, and nearly all events go there (`procsim.wire.memory`).
    """

    def __init__(self, path: str, flags: int) -> None:
        """Open it. Raises `OSError`."""
        self.file = _stat(path)[1:3]  # by its path: what a number leads to, the program can change
        self.number = _open(path, flags | os.O_CLOEXEC)
        self._lift()
        if not self.is_ours():
            raise OSError(errno.EBADF, "the program has taken it")

    def is_ours(self) -> bool:
        """Whether its number still leads to the file that was opened."""
        return leads_to(self.number, self.file)

    def close(self) -> None:
        """Close it, if it is still ours."""
        if self.is_ours():
            try:
                os.close(self.number)
            except OSError as error:  # the program has just closed it
                if raised_elsewhere(error):
                    raise

    def _lift(self) -> None:
        """Move it high up, out of the way of a program that counts or closes its own."""
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        if limit == resource.RLIM_INFINITY or limit > HIGH_DESCRIPTORS:
            limit = HIGH_DESCRIPTORS
        try:
            high = fcntl.fcntl(self.number, fcntl.F_DUPFD_CLOEXEC, limit - limit // 8)
        except OSError as error:
            if raised_elsewhere(error):
                raise
            return
        self.close()
        self.number = high


class EventQueueReader:
    """The reading end: open it before the first writer starts."""

    def __init__(self, queue: EventQueue) -> None:
        self.descriptor = os.open(queue.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with contextlib.suppress(AttributeError, OSError):  # F_SETPIPE_SZ is Linux's
            fcntl.fcntl(self.descriptor, fcntl.F_SETPIPE_SZ, PIPE_CAPACITY)

    def fileno(self) -> int:
        """The descriptor, for `select`."""
        return self.descriptor

    def read(self) -> bytes | None:
        """The bytes that are there now, for `ItemDecoder`; None: nothing now; b"": no process has the pipe open."""
        try:
            return os.read(self.descriptor, READ_SIZE)
        except BlockingIOError:
            return None

    def close(self) -> None:
        """Close the reading end, if it is open: every `put` from now on returns False."""
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


class ItemDecoder:
    """Cuts the bytes of the pipe back into items."""

    def __init__(self) -> None:
        self._rest = b""

    def items(self, data: bytes) -> list[Any]:
        """The items that are whole now; the beginning of the next is kept for the next call."""
        data = self._rest + data
        header, unpack, loads = HEADER.size, HEADER.unpack_from, marshal.loads
        items: list[Any] = []
        add = items.append
        start, end = 0, len(data)
        last = end - header
        while start <= last:
            (size,) = unpack(data, start)
            begin = start + header
            stop = begin + (size >> 1)
            if stop > end:
                break
            add(loads(data[begin:stop]))
            start = stop
        self._rest = data[start:]
        return items
