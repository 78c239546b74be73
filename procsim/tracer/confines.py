"""Keeps an explored program inside: what it would do outside is told to the explorer, before it does it, and not done.

Outside is what an execution would leave behind: a file opened for writing, made, renamed or removed that is in none of
the folders it has for itself; a connection; a signal to a process of others, or a change of one; a program in which the
tracer is not.

    an audit event of Python's ──► is it inside, or allowed? ──no──► `explored.forbid`, which does not return
"""

import _socket
import os
import stat
import sys
import threading
from _io import FileIO
from collections.abc import Callable, Sequence
from typing import Any

from procsim.tracer import explored, reach
from procsim.wire.interpreter import kept_out

_ALWAYS_INSIDE = ("/dev/null", "/dev/tty", "/dev/zero", "/dev/full", "/dev/shm", "/dev/fd", "/proc/self")

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

NETWORK, PROGRAMS, SIGNALS = "network", "programs", "signals"
"""What may be allowed, beside folders."""

_NAMES_OF_OUR_OWN = ("", "localhost", "<broadcast>")

_inside: tuple[str, ...] = ()
_allowed: frozenset[str] = frozenset()
_stopped_thread: int | None = None
"""The thread that is being stopped, which then does what is ours."""
_gethostname, _inet_pton = _socket.gethostname, _socket.inet_pton
_open, _close, _readlink, _getcwd, _fstat = os.open, os.close, os.readlink, os.getcwd, os.fstat


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
    ask = _CHECKS.get(event)
    if ask is not None and _stopped_thread != threading.get_ident():
        ask(event, args)


def _stop(what: str, name: str) -> None:
    global _stopped_thread
    _stopped_thread = threading.get_ident()
    while True:
        try:
            explored.forbid(what, name)
        except BaseException:  # raised by a signal handler of the program
            continue


def check(what: str, path: Any, folder: Any = None) -> None:
    """Stop this process if it is about to do this to a path that is outside; `folder`: the descriptor of the one that
    a path begins at that is not absolute."""
    if not _inside:
        return
    try:
        name = _shown(path) if type(path) is int else os.fsdecode(path)
        if not name.startswith("/") and name:
            start = explored.folder_of(folder) if type(folder) is int and folder >= 0 else _getcwd()
            name = f"{start}/{name}"
    except OSError:  # there is no such descriptor, or the folder that we are in is gone: it will fail
        return
    above, last = os.path.split(name)
    real = f"{_real(above).rstrip('/')}/{last}"
    if name and not any(f"{real}/".startswith(f"{inside.rstrip('/')}/") for inside in _inside):
        _stop(what, real)


def _shown(descriptor: int) -> str:
    """The path of the file that is open there; "" for what is no file, and for one that is gone when it is closed."""
    status = _fstat(descriptor)
    is_file = stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)
    return explored.folder_of(descriptor) if is_file and status.st_nlink else ""


def _opened(event: str, args: tuple[Any, ...]) -> None:
    path, mode, flags = args
    writes = flags & WRITES if type(flags) is int else not set(mode or "").isdisjoint("wax+")
    if writes:
        check("opens for writing", path if type(path) is int else _real(os.fsdecode(path)))


def _changed(what: str, *places: tuple[int, int | None]) -> Callable[[str, tuple[Any, ...]], None]:
    """`places`: which arguments are paths, and which the descriptors of the folders that they begin at."""

    def changed(event: str, args: tuple[Any, ...]) -> None:
        for path, folder in places:
            check(what, args[path], None if folder is None else args[folder])

    return changed


def _of_database(event: str, args: tuple[Any, ...]) -> None:
    name = os.fsdecode(args[0])
    if name.startswith("file:"):  # of a URI, its path
        name = name[5:].partition("?")[0]
    if name != ":memory:":
        check("opens for writing", name)


def _connected(event: str, args: tuple[Any, ...]) -> None:
    connection, address = args[:2]
    if address is None:  # what it is connected to has been asked
        return
    if connection.family == _socket.AF_UNIX:
        name = os.fsdecode(address) if isinstance(address, str | bytes) else ""
        if not name.startswith("\0"):
            check("connects to", name)
    elif NETWORK not in _allowed:
        _stop(
            "connects to", ":".join(str(part) for part in address[:2]) if isinstance(address, tuple) else str(address)
        )


def _asked_for_address(event: str, args: tuple[Any, ...]) -> None:
    """A name that stands in no file is asked for in the network."""
    if NETWORK in _allowed or not isinstance(args[0], str | bytes):
        return
    name = os.fsdecode(args[0])
    if name not in _NAMES_OF_OUR_OWN and not _is_number(name) and name not in (_gethostname(), *_names_in_file()):
        _stop("asks for the address of", name)


def _is_number(name: str) -> bool:
    """Whether it is an address already."""
    for family in (_socket.AF_INET, _socket.AF_INET6):
        try:
            _inet_pton(family, name.partition("%")[0])
        except OSError:
            continue
        return True
    return name.replace(".", "").isdigit()


def _names_in_file() -> list[str]:
    try:
        with FileIO("/etc/hosts") as file:
            return os.fsdecode(file.read()).split()
    except OSError:
        return []


def _logged(event: str, args: tuple[Any, ...]) -> None:
    check("connects to", "/dev/log")


def _bound(event: str, args: tuple[Any, ...]) -> None:
    connection, address = args[:2]
    if connection.family == _socket.AF_UNIX and address and not os.fsdecode(address).startswith("\0"):
        check("makes", address)


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
        _stop("runs", os.fsdecode(args[0]))


def check_process(what: str, pid: Any, group: bool = False) -> None:
    """Stop this process if it is about to do this to a process of others, or to a `group` of processes."""
    if not _inside or SIGNALS in _allowed or type(pid) is not int:
        return
    if not (reach.group_belongs(abs(pid)) if group else reach.belongs(pid)):
        _stop(what, f"PID {abs(pid)}")


def check_all(what: str, whose: str) -> None:
    """Stop this process before it does this to all processes of somebody."""
    if _inside and SIGNALS not in _allowed:
        _stop(what, whose)


def _killed(event: str, args: tuple[Any, ...]) -> None:
    pid, number = args
    if number == 0:  # it asks whether there is such a process
        return
    if event == "os.kill" and pid == -1:
        check_all("sends a signal to", "all processes")
    else:
        check_process("sends a signal to", pid, event == "os.killpg" or (type(pid) is int and pid < 0))


def _limited(event: str, args: tuple[Any, ...]) -> None:
    if args[2] is not None:
        check_process("changes the limits of", args[0])


_CHECKS: dict[str, Callable[[str, tuple[Any, ...]], None]] = {
    "open": _opened,
    "os.remove": _changed("removes", (0, 1)),
    "os.rmdir": _changed("removes", (0, 1)),
    "os.rename": _changed("renames", (0, 2), (1, 3)),
    "os.mkdir": _changed("makes", (0, 2)),
    "os.link": _changed("makes", (1, 3)),
    "os.symlink": _changed("makes", (1, 2)),
    "os.truncate": _changed("truncates", (0, None)),
    "os.chmod": _changed("changes the rights of", (0, 2)),
    "os.chown": _changed("changes the owner of", (0, 3)),
    "os.utime": _changed("changes the times of", (0, 3)),
    "os.setxattr": _changed("changes the attributes of", (0, None)),
    "os.removexattr": _changed("changes the attributes of", (0, None)),
    "sqlite3.connect": _of_database,
    "socket.bind": _bound,
    **dict.fromkeys(("socket.connect", "socket.sendto", "socket.sendmsg"), _connected),
    **dict.fromkeys(("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"), _asked_for_address),
    "syslog.openlog": _logged,
    "syslog.syslog": _logged,
    **dict.fromkeys(("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "pty.spawn"), _ran),
    "os.kill": _killed,
    "os.killpg": _killed,
    "resource.prlimit": _limited,
}
