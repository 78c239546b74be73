"""Libraries of C that can keep processes in order where no event tells of it: pyzmq, grpc, mpi4py, psycopg2, posix_ipc.

    files opened, processes started ──► have modules been imported since? ──► /proc/self/maps ──► the names in a library
                                                             ──► unfollowed_used, if one of them is in IN_ORDER

What a library can do is known from the names of the functions that it calls in others, which stand in its file: numpy
and pandas call none of these. Those of Python and of the system are not asked: the tracer sees what calls them.
"""

import io
import os
import struct
import sys
from typing import Any

from procsim.tracer.patching import Builtin, on_restore
from procsim.tracer.watch.ordering import cover, emit_used
from procsim.wire.pipe import raised_elsewhere

IN_ORDER = (
    b"sem_open semop semtimedop mq_send mq_timedsend msgsnd shm_open shmat connect accept accept4 eventfd socketpair "
    b"pthread_mutexattr_setpshared flock lockf"
).split()

NAMES_LIMIT = 1 << 20
"""Bytes of names that are read. A library that has more can be taken to do anything."""

_known: set[str] = set()
"""Paths of the libraries whose names were read."""
_modules = 0
"""How many modules there were when it was last asked which libraries are loaded."""
_found = False


def look_for_new() -> None:
    """If a library is loaded now that can keep processes in order, say that this process uses such a thing."""
    global _modules, _found
    if not _found and len(sys.modules) != _modules:
        _modules = len(sys.modules)
        _found = any(map(_can_order, _loaded()))
    if _found:
        emit_used("library")


class _AddAuditHook(Builtin):
    """A hook is told of each file that is opened, and may refuse it. So from then on any library may be there."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        global _found
        _found = True
        return self._original(*args, **kwargs)


def begin() -> None:
    """From now on, look for such libraries."""
    on_restore(_forget)
    cover(sys, "addaudithook", _AddAuditHook(sys.addaudithook))


def _forget() -> None:
    global _modules, _found
    _modules, _found = 0, False
    _known.clear()


def _loaded() -> list[str]:
    """The paths of the libraries that were loaded since, without those of Python and of the system."""
    mapped = [os.fsdecode(line).partition("/") for line in _read("/proc/self/maps").splitlines()]
    paths = {f"/{path}" for _, _, path in mapped if ".so" in path} - _known
    _known.update(paths)
    usual = (f"{sys.base_prefix}/", "/usr/lib", "/lib")
    return [path for path in paths if "-packages/" in path or not path.startswith(usual)]


def _can_order(path: str) -> bool:
    names = _names(path)
    return any(name + b"\0" in names for name in IN_ORDER)  # of a longer name the end may stand for it


def _names(path: str) -> bytes:
    """The names by which a library and others know its functions (the section .dynstr of an ELF file of 64 bits)."""
    head = _read(path, 0, 64)
    if head[:5] != b"\x7fELF\x02" or len(head) < 64:
        return b""
    (start,) = struct.unpack_from("<Q", head, 40)
    size, count = struct.unpack_from("<HH", head, 58)
    if size != _ENTRY:
        return b""
    table = _read(path, start, size * count)
    for place in range(0, len(table) - size + 1, size):
        kind, flags, _, offset, length = struct.unpack_from("<4xIQQQQ", table, place)
        if kind == _STRINGS and flags & _IN_MEMORY:
            return _read(path, offset, length) if length <= NAMES_LIMIT else b"\0".join((*IN_ORDER, b""))
    return b""


_ENTRY, _STRINGS, _IN_MEMORY = 64, 3, 2
"""Of the table of sections: the size of an entry, the type of those with names, the flag of those that are loaded."""


def _read(path: str, start: int = 0, size: int = -1) -> bytes:
    """Of a file that cannot be read: nothing."""
    try:
        with io.FileIO(path) as file:
            if start:
                file.seek(start)
            return file.read(size) or b""
    except OSError as error:
        if raised_elsewhere(error):
            raise
        return b""
