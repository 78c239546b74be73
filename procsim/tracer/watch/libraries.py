"""Libraries of C that can keep processes in order where no event tells of it: pyzmq, grpc, mpi4py, psycopg2, posix_ipc.

    files opened, processes started ──► have modules been imported since? ──► /proc/self/maps ──► what a library calls
       ──► unfollowed_used, if it calls one of IN_ORDER; or one of BY_SOCKETS, and has a socket open: /proc/self/fd

What a library can do is known from the functions that it takes from others, whose names stand in its file: numpy and
pandas take none of these. Pillow comes with a library that can speak with a screen: it counts when it does. A socket
that a library opens and closes between two looks is not seen. Those of Python and of the system are not asked: the
tracer sees what calls them.
"""

import io
import os
import struct
import sys
from typing import Any

from procsim.tracer.patching import Builtin, cover, on_restore
from procsim.tracer.watch.unfollowed import emit_used, is_of_python
from procsim.wire.pipe import raised_elsewhere

IN_ORDER = (
    b"sem_open semop semtimedop mq_send mq_timedsend msgsnd shm_open shmat eventfd pthread_mutexattr_setpshared flock "
    b"lockf"
).split()
BY_SOCKETS = b"connect accept accept4 socketpair".split()
"""Of what comes of these the system shows that it is there."""

NAMES_LIMIT = 1 << 20
"""Bytes of names that are read. A library that has more can be taken to do anything."""

_known: set[str] = set()
"""Paths of the libraries whose names were read."""
_modules = 0
"""How many modules there were when it was last asked which libraries are loaded."""
_found = False
_may_connect = False
"""Whether a library is loaded that may open sockets."""

_listdir, _readlink = os.listdir, os.readlink  # before the tracer covers them


def look_for_new() -> None:
    """If a library is loaded now that can keep processes in order, say that this process uses such a thing."""
    global _modules, _found, _may_connect
    if not _found and len(sys.modules) != _modules:
        _modules = len(sys.modules)
        taken = [_taken(path) for path in _loaded()]
        _found = any(not names.isdisjoint(IN_ORDER) for names in taken)
        _may_connect = _may_connect or any(not names.isdisjoint(BY_SOCKETS) for names in taken)
    if _may_connect and not _found:
        _found = any(map(_is_foreign_socket, _listdir("/proc/self/fd")))
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
    global _modules, _found, _may_connect
    _modules, _found, _may_connect = 0, False, False
    _known.clear()


def _loaded() -> list[str]:
    """The paths of the libraries that were loaded since, without those of Python and of the system."""
    mapped = [os.fsdecode(line).partition("/") for line in _read("/proc/self/maps").splitlines()]
    paths = {f"/{path}" for _, _, path in mapped if ".so" in path} - _known
    _known.update(paths)
    usual = (f"{sys.base_prefix}/", "/usr/lib", "/lib")
    return [path for path in paths if "-packages/" in path or not path.startswith(usual)]


def _is_foreign_socket(descriptor: str) -> bool:
    """Whether it is a socket that this interpreter has not made, nor was given as it began."""
    try:
        target = _readlink(f"/proc/self/fd/{descriptor}")
    except OSError as error:  # it was that of the folder itself
        if raised_elsewhere(error):
            raise
        return False
    return target.startswith("socket:") and not is_of_python(int(target[len("socket:[") : -1]))


def _taken(path: str) -> set[bytes]:
    """Which of these functions a library takes from others (an ELF file of 64 bits)."""
    head = _read(path, 0, 64)
    if head[:5] != b"\x7fELF\x02" or len(head) < 64:
        return set()
    (start,) = struct.unpack_from("<Q", head, 40)
    size, count = struct.unpack_from("<HH", head, 58)
    if size != _ENTRY:
        return set()
    table = _read(path, start, size * count)
    sections = [struct.unpack_from("<4xI16xQQI", table, place) for place in range(0, len(table) - size + 1, size)]
    for kind, offset, length, linked in sections:
        if kind == _SYMBOLS and linked < len(sections):
            _, names_at, names_length, _ = sections[linked]
            if names_length > NAMES_LIMIT:
                return {*IN_ORDER, *BY_SOCKETS}
            return _undefined(_read(path, offset, length), _read(path, names_at, names_length))
    return set()


def _undefined(symbols: bytes, names: bytes) -> set[bytes]:
    """Which of these functions are among the symbols (the section .dynsym) without a place in the file."""
    wanted = {name: name + b"\0" for name in (*IN_ORDER, *BY_SOCKETS)}
    wanted = {name: ended for name, ended in wanted.items() if ended in names}  # most have none of them
    if not wanted:
        return set()
    places = {place for place, _, section in struct.iter_unpack("<I2sH16x", symbols) if not section}
    return {name for name, ended in wanted.items() if any(names.startswith(ended, place) for place in places)}


_ENTRY, _SYMBOLS = 64, 11
"""Of the table of sections: the size of an entry, and the type of that with the symbols of .dynsym."""


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
