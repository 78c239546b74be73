"""EventQueue: many processes `put`, one reader takes; nothing is lost, and no writer can stop another.

`multiprocessing.Queue` sends from a thread that dies with its process, and `SimpleQueue` holds a lock that a killed
writer takes to its grave. An EventQueue is a named pipe: a write of at most PIPE_BUF bytes is atomic (POSIX,
write(2)), so it needs neither thread nor lock; what is written survives its writer; and any process can open it
by its name, however it was started.

One item on the pipe is two bytes of length and a `marshal`led value: bytes, numbers, strings, tuples, lists
and dicts of these.
"""

import contextlib
import errno
import fcntl
import marshal
import os
import select
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ITEM_LIMIT = min(select.PIPE_BUF, 0xFFFF)
"""The bytes that one item may have on the pipe, its length included: as much as is written in one piece."""

PIPE_CAPACITY = 1 << 20
"""Bytes the kernel is asked to hold for a reader that is late (where it lets us ask: Linux)."""

READ_SIZE = 1 << 16

HIGH_DESCRIPTORS = 1 << 12
"""The writing end lies below this: high enough to be out of the way, and a table that forks stay cheap with."""

_HEADER = struct.Struct("<H")
_READER_GONE = (errno.EPIPE, errno.ENXIO, errno.ENOENT)


class EventQueue:
    """A queue through a named pipe. It pickles as its path: every process opens it anew, by name."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = os.fspath(path)
        self._descriptor = -1
        self._silent = False

    @classmethod
    def create(cls, path: str | os.PathLike[str]) -> "EventQueue":
        """Make the named pipe. Raises `OSError`, also where the system has none."""
        os.mkfifo(path, 0o600)
        return cls(path)

    def __reduce__(self) -> tuple[type["EventQueue"], tuple[str]]:
        return EventQueue, (self.path,)

    def put(self, item: Any) -> bool:
        """Write one item; wait while the pipe is full. False: there is no reader, and nothing was written.

        Raises `ValueError` for an item that marshal cannot write or that has more than ITEM_LIMIT bytes.
        """
        return self.put_bytes(marshal.dumps(item))

    def put_bytes(self, data: bytes) -> bool:
        """Write one item that is marshalled already."""
        if len(data) > ITEM_LIMIT - _HEADER.size:
            raise ValueError(f"an item of {len(data)} bytes does not fit into {ITEM_LIMIT}")
        # Only the error of this very write is ours. Whatever else comes up here was raised by a signal
        # handler of the program, a TimeoutError for instance, and is the program's to see.
        while not self._silent:
            if self._descriptor < 0 and not self._open():
                break
            try:
                os.write(self._descriptor, _HEADER.pack(len(data)) + data)
            except OSError as error:
                if error.errno == errno.EBADF:  # the program closed every descriptor it saw
                    self._descriptor = -1
                elif error.errno in _READER_GONE:
                    self._silent = True
                else:
                    raise
            else:
                return True
        return False

    def close(self) -> None:
        """Close the writing end in this process; the next `put` opens it again."""
        if self._descriptor >= 0:
            with contextlib.suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = -1

    def _open(self) -> bool:
        try:
            # Without O_NONBLOCK an open without a reader would wait for one.
            low = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if error.errno not in (*_READER_GONE, errno.EMFILE, errno.ENFILE, errno.EACCES):
                raise
            self._silent = error.errno in _READER_GONE
            return False
        os.set_blocking(low, True)
        self._descriptor = _lift(low)
        return True


def _lift(descriptor: int) -> int:
    """Move a descriptor high up, where a program that counts or closes its own does not meet it."""
    import resource

    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    if limit == resource.RLIM_INFINITY or limit > HIGH_DESCRIPTORS:
        limit = HIGH_DESCRIPTORS
    try:
        high = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, limit - limit // 8)
    except OSError:
        return descriptor
    os.close(descriptor)
    return high


class EventQueueReader:
    """The reading end: open it before the first writer starts."""

    def __init__(self, queue: EventQueue) -> None:
        self._descriptor = os.open(queue.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with contextlib.suppress(AttributeError, OSError):  # F_SETPIPE_SZ is Linux's
            fcntl.fcntl(self._descriptor, fcntl.F_SETPIPE_SZ, PIPE_CAPACITY)

    def fileno(self) -> int:
        """The descriptor, to be waited for with `select`."""
        return self._descriptor

    def read(self) -> bytes | None:
        """The bytes that are there now, for `ItemDecoder`; None: nothing now; b"": nobody has the pipe open."""
        try:
            return os.read(self._descriptor, READ_SIZE)
        except BlockingIOError:
            return None

    def close(self) -> None:
        """Close the reading end: every `put` from now on returns False."""
        os.close(self._descriptor)


class ItemDecoder:
    """Cuts the bytes of the pipe back into items."""

    def __init__(self) -> None:
        self._rest = b""

    def items(self, data: bytes) -> Iterator[Any]:
        """The items that are whole now; the beginning of the next is kept for the next call."""
        data = self._rest + data
        start, end, header, unpack, loads = 0, len(data), _HEADER.size, _HEADER.unpack_from, marshal.loads
        while start + header <= end:
            stop = start + header + unpack(data, start)[0]
            if stop > end:
                break
            yield loads(data[start + header : stop])
            start = stop
        self._rest = data[start:]


def named_pipes_missing() -> bool:
    """Whether this system has no named pipes, so that nothing here can work."""
    return not (hasattr(os, "mkfifo") and Path("/").is_dir())
