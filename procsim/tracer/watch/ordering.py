"""What else keeps processes in order, beside the objects of multiprocessing: paths, and locks on files.

    os.stat, os.listdir, os.rename … ──► surroundings_seen
    or, with --races, os.rename …    ──► path_changed, then path_seen     os.stat, os.listdir … ──► path_seen
    fcntl.flock, fcntl.lockf         ──► file_locked
    what no event can tell of: see `unfollowed.py`

A change is emitted before it is made, and what was seen after it was seen, so that a cause comes before its effect.

To tell of each look at a path would double what it takes. So it only leaves a note, and what this process emits next is
preceded by one event, which says that it may have seen whatever others had done by then. With --races each look is told
of by its path, which shows more races: those of processes that look whether a file is there before they change it.
"""

import io
import os
import stat
import sys
from types import FrameType, ModuleType
from typing import Any

from procsim.tracer import confines, explored, gate
from procsim.tracer.emit import emit, look
from procsim.tracer.patching import Builtin, cover, on_restore
from procsim.tracer.sites import is_ours, module_of
from procsim.tracer.watch import missing, unfollowed
from procsim.tracer.watch.unfollowed import by_the_program, emit_used, emit_written_past, is_used
from procsim.wire import identities
from procsim.wire.pipe import raised_elsewhere

SEEN_KEPT = 10_000
"""Paths whose last state is known, so that it is not emitted again and again."""

PATH_LIMIT = 200
"""Characters of a path that an event carries (its end)."""

_fstat = os.fstat

_by_name = False


def names_paths() -> bool:
    """Whether each look at a path is told of, and each change there."""
    return _by_name


def begin(by_name: bool) -> None:
    """From now on, tell of what keeps processes in order; `by_name`: paths, too, each by its name."""
    global _by_name
    _by_name = by_name
    on_restore(_end)
    unfollowed.begin()
    missing.begin()
    for kind, names in (_BY_NAME if by_name else _AT_ONCE).items():
        for name in names:
            if hasattr(os, name):
                cover(os, name, kind(getattr(os, name)))


def _end() -> None:
    global _by_name
    _by_name = False
    _seen.clear()


# Paths -------------------------------------------------------------------------------------------------------


_seen: dict[str, Any] = {}
"""What was last seen at each path."""


def absolute(path: Any) -> str | None:
    """The path as events have it; None for a descriptor."""
    if not isinstance(path, str | bytes | os.PathLike):
        return None
    name = os.fsdecode(path)
    try:  # not by `abspath`, whose error would look like one of the program's
        name = os.path.normpath(os.path.join(os.getcwd(), name))
    except OSError as error:  # the folder that we are in was removed
        if raised_elsewhere(error):
            raise
    return name[-PATH_LIMIT:]


def emit_change(path: Any) -> None:
    """Something is to be made, renamed or removed there."""
    if (name := absolute(path)) is not None:
        emit("path_changed", path=name)


def emit_seen(path: Any, closely: bool = False) -> None:
    """The program has seen what is there; `closely`: also its size and when it was changed."""
    if (name := absolute(path)) is not None:
        emit("path_seen", path=name, closely=closely)


class _OfOs(Builtin):
    """A function of os. The sets of functions that os has, such as `os.supports_fd`, are to have it as before."""

    def __eq__(self, other: object) -> bool:
        return other is self or other is self._original

    def __hash__(self) -> int:
        return hash(self._original)


class _Glance(_OfOs):
    """Whatever becomes of it, the program learns something of what is there."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        _arrive(self._original.__name__, args, kwargs)
        try:
            return self._original(*args, **kwargs)
        finally:
            look()


def _arrive(name: str, args: tuple[Any, ...], kwargs: Any, how: str = "") -> None:
    """Wait at the gate where this function of os is a step; `args`, `kwargs`: what it is given; `how`: what else it is
    called for."""
    kind = "path_seen" if name in _LOOKS else "path_changed"
    if gate.has_step(kind) and not is_ours(sys._getframe(2)):
        explored.ask_path(kind, _paths_of(name, args, kwargs), how or name, folder=kwargs.get("dir_fd"))


def _paths_of(name: str, args: tuple[Any, ...], kwargs: Any) -> tuple[Any, ...]:
    """The paths among what a function of os is given."""
    if name in _CHANGES_OF_TWO:
        return (*args[:2], *(kwargs[word] for word in ("src", "dst") if word in kwargs))
    return args[:1] or (kwargs.get("path", "."),)


class _GlanceAtOne(_OfOs):
    """What asks whether something is at a path. `os.access` says so by its answer."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        answer = False
        _arrive(self._original.__name__, args, kwargs)
        try:
            answer = self._original(*args, **kwargs)
            return answer
        finally:
            look()
            if not explored.active:
                missing.asked(args[0] if args else kwargs.get("path"), answer is not False)


class _Change(_OfOs):
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        paths = _paths_of(self._original.__name__, args, kwargs)
        if self._original.__name__ in _MAKES_A_NODE:
            confines.check("makes", paths[0], kwargs.get("dir_fd"))
        _arrive(self._original.__name__, args, kwargs)
        for path in paths:
            emit_change(path)
        result = self._original(*args, **kwargs)
        for path in paths:
            emit_seen(path)
        return result


class _Look(_OfOs):
    """Emitted only if it shows something else than the last time. Of a folder, what is in it is not compared."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        path = args[0] if args else kwargs.get("path", ".")
        caller = sys._getframe().f_back
        if caller is not None and is_ours(caller):
            return self._original(*args, **kwargs)
        _arrive(self._original.__name__, args, kwargs, "exists" if _asks_whether(caller) else "")
        try:
            result = self._original(*args, **kwargs)
        except OSError:
            self._emit(path, None, caller)
            raise
        self._emit(path, result, caller)
        return result

    def _emit(self, path: Any, result: Any, caller: FrameType | None) -> None:
        if not isinstance(path, str | bytes | os.PathLike):
            return
        key, shown = f"{self._original.__name__} {os.fsdecode(path)}", result
        if isinstance(result, os.stat_result):
            shown = (result.st_ino, result.st_size, result.st_mtime_ns)
        if (shown is None or type(shown) in (bool, tuple)) and _seen.get(key, self) == shown:
            return
        if len(_seen) >= SEEN_KEPT:
            _seen.clear()
        _seen[key] = shown if type(shown) in (bool, tuple) else None
        emit_seen(path, type(result) is os.stat_result and not _asks_whether(caller))


_ASK_WHETHER = frozenset({"exists", "lexists", "isfile", "isdir", "islink", "is_file", "is_dir", "is_symlink"})
"""Functions of os.path and pathlib that tell of a path whether it is there, and not its size or time."""


def _asks_whether(frame: FrameType | None) -> bool:
    while frame is not None and module_of(frame).startswith(("genericpath", "posixpath", "pathlib")):
        if frame.f_code.co_name in _ASK_WHETHER:
            return True
        frame = frame.f_back
    return False


class _OpenDescriptor(_OfOs):
    """What is read and written by a descriptor has no events."""

    def __call__(self, path: Any, flags: Any, *args: Any, **kwargs: Any) -> Any:
        frame = sys._getframe().f_back
        if kwargs.get("dir_fd") is not None and type(flags) is int and flags & confines.WRITES:
            confines.check("opens for writing", path, kwargs["dir_fd"])
        if type(flags) is not int or _tries_a_folder(frame) or not by_the_program(frame, "tempfile"):
            return self._original(path, flags, *args, **kwargs)
        names = _by_name and flags & os.O_CREAT
        if names:
            emit_change(path)
        try:
            descriptor = self._original(path, flags, *args, **kwargs)
        finally:
            if not names:
                look()
        if names:
            emit_seen(path)
        if flags & (os.O_WRONLY | os.O_RDWR):
            emit_written_past(descriptor)
        reads = not flags & (os.O_WRONLY | os.O_CREAT) and not is_used("descriptor")
        if reads and stat.S_ISREG(_fstat(descriptor).st_mode):
            emit_used("descriptor")
        return descriptor


def _tries_a_folder(frame: FrameType | None) -> bool:
    """Whether tempfile tries if it can write to a folder. It removes that file at once: another may get its inode."""
    return frame is not None and module_of(frame) == "tempfile" and frame.f_code.co_name == "_get_default_tempdir"


class _Channel(_OfOs):
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if by_the_program(sys._getframe().f_back):
            emit_used("pipe")
        return self._original(*args, **kwargs)


_MAKES_A_NODE = ("mkfifo", "mknod")
"""Python raises no audit event before these."""

_CHANGES = ("mkdir", "rmdir", "unlink", "remove", *_MAKES_A_NODE)
_CHANGES_OF_TWO = ("rename", "replace", "link", "symlink")
_LOOKS_AT_ONE = ("stat", "lstat", "access")
_LOOKS_AT_MORE = ("listdir", "scandir", "readlink")
_LOOKS = (*_LOOKS_AT_ONE, *_LOOKS_AT_MORE)
_OTHERS: dict[type[_OfOs], tuple[str, ...]] = {
    _OpenDescriptor: ("open",),
    _Channel: ("pipe", "pipe2", "openpty", "eventfd", "memfd_create"),
}

_AT_ONCE: dict[type[_OfOs], tuple[str, ...]] = {
    _Glance: (*_CHANGES, *_CHANGES_OF_TWO, *_LOOKS_AT_MORE),
    _GlanceAtOne: _LOOKS_AT_ONE,
    **_OTHERS,
}
_BY_NAME: dict[type[_OfOs], tuple[str, ...]] = {
    _Change: (*_CHANGES, "utime", "truncate", "ftruncate", *_CHANGES_OF_TWO),
    _Look: _LOOKS,
    **_OTHERS,
}


# Locks of files ----------------------------------------------------------------------------------------------


def patch_fcntl(module: ModuleType) -> None:
    """fcntl."""
    for name in ("flock", "lockf"):
        cover(module, name, _LockFile(getattr(module, name), module.LOCK_UN))


_OF_IO = (io.TextIOWrapper, io.BufferedRandom, io.BufferedReader, io.BufferedWriter)
"""Files whose `fileno` is not the program's."""


class _LockFile(Builtin):
    def __init__(self, original: Any, unlock: int) -> None:
        super().__init__(original)
        self._unlock = unlock

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        result = self._original(*args, **kwargs)
        file, operation = args if len(args) == 2 else (*args, None, None)[:2]
        if type(operation) is int and operation == self._unlock:
            return result
        descriptor = file.fileno() if type(file) in _OF_IO else file
        if type(descriptor) is not int:
            look()
        else:
            status = _fstat(descriptor)
            emit("file_locked", identities.file(status.st_dev, status.st_ino))
        return result


PATCHES = {"fcntl": patch_fcntl}
