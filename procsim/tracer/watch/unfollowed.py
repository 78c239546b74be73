"""What keeps processes in order, and nobody can follow.

a socket, a pipe of the system, raw memory, sqlite3, a signal ──► unfollowed_used: nothing more is known of these;
                                                                  a library of C, too: see `libraries.py`
"""

import contextlib
import os
import stat
import sys
from types import FrameType, ModuleType
from typing import Any

from procsim.tracer.emit import emit
from procsim.tracer.patching import Builtin, Methods, cover, on_restore, replace
from procsim.tracer.sites import is_internal, is_ours, module_of
from procsim.wire import identities

KEPT = 10_000
"""So many of those that were told of, and sockets, are known, so that it is not told again and again."""

_fstat = os.fstat

_used: set[tuple[int, str, int]] = set()
"""What is known to be used by this process."""


def begin() -> None:
    """From now on, know of the sockets that Python has."""
    on_restore(_end)
    keep_sockets()


def _end() -> None:
    _used.clear()
    _sockets.clear()


def emit_used(what: str, other: int = 0) -> None:
    """This process uses something that cannot be followed: said once. `other`: see `unfollowed_used`."""
    if _is_first(what, other):
        emit("unfollowed_used", what=what, other=other)


def emit_written_past(descriptor: int) -> None:
    """This process may write to the file behind a descriptor, and no event says when: said once."""
    status = _fstat(descriptor)
    if stat.S_ISREG(status.st_mode):
        identity = identities.file(status.st_dev, status.st_ino)
        if _is_first("file", identity):
            emit("unfollowed_used", identity, what="file", other=0)


def is_used(what: str) -> bool:
    """Whether it was said already."""
    return (os.getpid(), what, 0) in _used


def _is_first(what: str, other: int) -> bool:
    key = (os.getpid(), what, other)
    if key in _used:
        return False
    if len(_used) >= KEPT:
        _used.clear()
    _used.add(key)
    return True


def by_the_program(frame: FrameType | None, through: str = "") -> bool:
    """Whether this call is no inner one of multiprocessing's or subprocess's, also not `through` that module."""
    while frame is not None and module_of(frame) == through:
        frame = frame.f_back
    return frame is not None and not is_internal(frame) and module_of(frame) != "subprocess"


def patch_socket(module: ModuleType) -> None:
    """socket."""
    Socket.replace_those_of(module.socket)


class Socket(Methods):
    """socket.socket."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        frame = sys._getframe().f_back
        while frame is not None and frame.f_globals.get("__name__") == "socket":
            frame = frame.f_back
        if by_the_program(frame):
            emit_used("socket")
        Socket.real.__init__(self, *args, **kwargs)
        if len(_sockets) < KEPT:
            _sockets.add(_fstat(self.fileno()).st_ino)


_sockets: set[int] = set()
"""The inodes of the sockets that Python has made."""


def is_of_python(inode: int) -> bool:
    """Whether Python has made this socket."""
    return inode in _sockets


def keep_sockets() -> None:
    """The sockets that are open now were given to this process."""
    for name in os.listdir("/proc/self/fd") if os.path.isdir("/proc/self/fd") else ():
        with contextlib.suppress(OSError):
            status = _fstat(int(name))
            if stat.S_ISSOCK(status.st_mode):
                _sockets.add(status.st_ino)


def patch_raw_memory(module: ModuleType) -> None:
    """multiprocessing.sharedctypes: RawValue and RawArray, and what Value and Array are without a lock."""
    for name in ("RawValue", "RawArray"):
        replace(module, name, _raw(module, getattr(module, name)))


def _raw(module: ModuleType, make: Any) -> Any:
    def make_raw(*args: Any, **kwargs: Any) -> Any:
        frame = sys._getframe().f_back
        inside = frame is not None and frame.f_globals is vars(module)  # in Value or Array
        if frame is None or not inside or frame.f_locals.get("lock") is False:
            emit_used("memory")
        return make(*args, **kwargs)

    return make_raw


def patch_mmap(module: ModuleType) -> None:
    """mmap: its class is called by one of ours that makes the same objects, and is the same class for `isinstance`."""
    real: Any = module.mmap

    class Kind(type):
        def __instancecheck__(cls, instance: Any) -> bool:
            return isinstance(instance, real) if cls is mmap else type.__instancecheck__(cls, instance)

        def __subclasscheck__(cls, subclass: type) -> bool:
            return issubclass(subclass, real) if cls is mmap else type.__subclasscheck__(cls, subclass)

    class mmap(real, metaclass=Kind):  # type: ignore[misc]  # noqa: N801 - its name
        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            frame = sys._getframe().f_back
            if by_the_program(frame) and not (frame is not None and is_ours(frame)):
                emit_used("memory")
            return real.__new__(real if cls is mmap else cls, *args, **kwargs)

    mmap.__module__, mmap.__qualname__, mmap.__doc__ = real.__module__, real.__qualname__, real.__doc__
    replace(module, "mmap", mmap)


def patch_sqlite(module: ModuleType) -> None:
    """sqlite3."""
    cover(module, "connect", _Connect(module.connect))


class _Connect(Builtin):
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        emit_used("database")
        return self._original(*args, **kwargs)


PATCHES = {
    "socket": patch_socket,
    "multiprocessing.sharedctypes": patch_raw_memory,
    "mmap": patch_mmap,
    "sqlite3": patch_sqlite,
}
