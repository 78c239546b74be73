"""Keeps an explored program inside: what it would do outside is told to the explorer, before it does it, and not done.

Outside is what an execution would leave behind: a file opened for writing, made, renamed or removed that is in none of
the folders it has for itself; a connection; a signal to a process of others; a program in which the tracer is not.

    an audit event of Python's ──► is it inside, or allowed? ──no──► `explored.forbid`, which does not return
"""

import _socket
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from procsim.tracer import explored
from procsim.wire.interpreter import kept_out

_ALWAYS_INSIDE = ("/dev/null", "/dev/tty", "/dev/zero", "/dev/full", "/dev/shm", "/dev/pts", "/dev/fd", "/proc/self")

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

NETWORK, PROGRAMS, SIGNALS = "network", "programs", "signals"
"""What may be allowed, beside folders."""

_inside: tuple[str, ...] = ()
_allowed: frozenset[str] = frozenset()
_busy = False
_open, _close, _readlink, _getcwd, _getsid = os.open, os.close, os.readlink, os.getcwd, os.getsid


def _real(path: str) -> str:
    """The path without links; itself, where there is nothing."""
    try:
        descriptor = _open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return path
    try:
        return _readlink(f"/proc/self/fd/{descriptor}")
    finally:
        _close(descriptor)


_add_audit_hook = sys.addaudithook
"""As it is before the program uses it: the tracer tells of a hook that the program adds."""


def begin(inside: Sequence[str], allowed: Sequence[str]) -> None:
    """From now on, for this process and those that it forks. `inside`: folders; `allowed`: folders, or words above."""
    global _inside, _allowed
    folders = [*inside, *(name for name in allowed if "/" in name)]
    _inside = (*_ALWAYS_INSIDE, *map(_real, folders))
    _allowed = frozenset(allowed)
    _add_audit_hook(_audit)


def _audit(event: str, args: tuple[Any, ...]) -> None:
    check = _CHECKS.get(event)
    if check is not None and not _busy:
        check(event, args)


def _stop(what: str, name: str) -> None:
    global _busy
    _busy = True
    explored.forbid(what, name)


def _check_path(what: str, path: Any) -> None:
    if not isinstance(path, str | bytes):
        if not hasattr(path, "__fspath__"):
            return  # a descriptor
        path = os.fspath(path)
    name = os.fsdecode(path)
    folder, last = os.path.split(name if name.startswith("/") else f"{_getcwd()}/{name}")
    real = f"{_real(folder).rstrip('/')}/{last}"
    if not any(real == inside or real.startswith(f"{inside}/") for inside in _inside):
        _stop(what, real)


def _opened(event: str, args: tuple[Any, ...]) -> None:
    path, mode, flags = args
    writes = flags & _WRITES if type(flags) is int else not set(mode or "").isdisjoint("wax+")
    if writes:
        _check_path("opens for writing", _real(path) if isinstance(path, str) else path)


def _changed(what: str, *positions: int) -> Callable[[str, tuple[Any, ...]], None]:
    def check(event: str, args: tuple[Any, ...]) -> None:
        for position in positions:
            folder = args[-len(positions) + position] if event in _WITH_FOLDER else -1
            path = args[position]
            if type(folder) is int and folder >= 0 and isinstance(path, str) and not path.startswith("/"):
                path = f"{explored.folder_of(folder)}/{path}"
            _check_path(what, path)

    return check


_WITH_FOLDER = ("os.remove", "os.rename", "os.rmdir", "os.mkdir")
"""These say last below which descriptors their paths are; -1: below none."""


def _connected(event: str, args: tuple[Any, ...]) -> None:
    connection, address = args[:2]
    if connection.family == _socket.AF_UNIX:
        name = os.fsdecode(address) if isinstance(address, str | bytes) else ""
        if not name.startswith("\0"):
            _check_path("connects to", name)
    elif NETWORK not in _allowed:
        _stop(
            "connects to", ":".join(str(part) for part in address[:2]) if isinstance(address, tuple) else str(address)
        )


def _ran(event: str, args: tuple[Any, ...]) -> None:
    if PROGRAMS in _allowed:
        return
    if event == "subprocess.Popen":
        executable, words, _, variables = args
        words = [words] if isinstance(words, str | bytes) else list(words)
        line = [os.fsdecode(executable or words[0]), *(os.fsdecode(word) for word in words[1:])]
        is_python = os.path.basename(line[0]).startswith("python")
        if is_python and not kept_out(line, os.environ if variables is None else variables):
            return
        _stop("runs", line[0])
    else:
        _stop("runs", str(args[0]))


def _killed(event: str, args: tuple[Any, ...]) -> None:
    pid = args[0]
    try:
        ours = type(pid) is not int or pid == 0 or _getsid(abs(pid)) == _getsid(0)
    except OSError:  # there is no such process
        return
    if not ours and SIGNALS not in _allowed:
        _stop("sends a signal to", f"PID {pid}")


_CHECKS: dict[str, Callable[[str, tuple[Any, ...]], None]] = {
    "open": _opened,
    "os.remove": _changed("removes", 0),
    "os.rmdir": _changed("removes", 0),
    "os.rename": _changed("renames", 0, 1),
    "os.mkdir": _changed("makes", 0),
    "os.link": _changed("makes", 1),
    "os.symlink": _changed("makes", 1),
    "os.truncate": _changed("truncates", 0),
    "os.chmod": _changed("changes the rights of", 0),
    "os.chown": _changed("changes the owner of", 0),
    "sqlite3.connect": _changed("opens for writing", 0),
    "socket.connect": _connected,
    "socket.sendto": _connected,
    **dict.fromkeys(("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "pty.spawn"), _ran),
    "os.kill": _killed,
    "os.killpg": _killed,
}
