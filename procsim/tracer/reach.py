"""Which processes belong to an execution: those that have come of its main process, whatever session they are in now.

The zygote inherits what is left of them, and has one execution at a time: so they, and no others, stand below it.
"""

import os
from _io import FileIO
from collections.abc import Iterator

_getpgid, _listdir = os.getpgid, os.listdir  # the tracer replaces functions of os

_explorer = 0
"""The PID of the explorer, whose child the zygote is."""


def begin(explorer: int) -> None:
    """This process belongs to a program that the process `explorer` explores."""
    global _explorer
    _explorer = explorer


def belongs(pid: int) -> bool:
    """Whether a process belongs to this execution; 0 is this one. True where there is none: then the call fails."""
    above = list(_above(pid)) if pid else []
    return pid == 0 or not above or _zygote() in above[1:]


def group_belongs(group: int) -> bool:
    """The same for a group of processes; 0 is that of this one."""
    return group == 0 or all(belongs(pid) for pid in _processes() if _group_of(pid) == group)


def process_behind(descriptor: int) -> int:
    """The PID of the process that a pidfd stands for; -1: it has ended."""
    for line in _content(f"/proc/self/fdinfo/{descriptor}").splitlines():
        name, _, value = line.partition(b":")
        if name == b"Pid":
            return int(value)
    return -1


def _zygote() -> int:
    """The PID of the zygote of this execution; -1: this process stands below none."""
    above = list(_above(os.getpid()))
    return above[above.index(_explorer) - 1] if _explorer in above else -1


def _above(pid: int) -> Iterator[int]:
    """A process, its parent, and so on; nothing, where there is no such process."""
    while pid > 0 and (words := _content(f"/proc/{pid}/stat").rpartition(b")")[2].split()):
        yield pid
        pid = int(words[1])


def _content(path: str) -> bytes:
    try:
        with FileIO(path) as file:  # `open` is the tracer's
            return file.read()
    except OSError:
        return b""


def _processes() -> Iterator[int]:
    return (int(name) for name in _listdir("/proc") if name.isdigit())


def _group_of(pid: int) -> int | None:
    try:
        return _getpgid(pid)
    except OSError:  # it has just ended
        return None
