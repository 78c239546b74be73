"""What the system shows of one process, by its PID: whether it is alive, its birth, parent, environment, command.

Linux shows it in /proc; elsewhere psutil knows.
"""

import contextlib
import os
from collections.abc import Iterable

import psutil

from procsim.wire.interpreter import command_name

CHILDREN_ARE_LISTED = os.path.exists(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
"""Whether the system lists the children of each thread: Linux does, if it was built so (proc(5))."""


def with_descendants(pids: Iterable[int]) -> set[int]:
    """These PIDs, and those of all processes that descend from them now. To be called where CHILDREN_ARE_LISTED."""
    ancestors = list(pids)
    found = set(ancestors)
    for pid in ancestors:  # which grows meanwhile
        for thread in _threads(pid):
            with contextlib.suppress(OSError):  # it has just ended; the other threads have children, too
                with open(f"/proc/{pid}/task/{thread}/children") as file:
                    young = set(map(int, file.read().split())) - found
                found |= young
                ancestors.extend(young)
    return found


def _threads(pid: int) -> list[str]:
    try:
        return os.listdir(f"/proc/{pid}/task")
    except OSError:  # it has just ended
        return []


def is_alive(pid: int) -> bool:
    """Whether a process of that PID is there and has not ended (a zombie has)."""
    try:
        return has_not_ended(psutil.Process(pid))
    except psutil.Error:
        return False


def exit_code(pid: int) -> int | None:
    """The exit code of a process whose parent has not asked for it yet; None: it is not known, or not any more.

    As multiprocessing has it: what it exited with, or the negative number of the signal that ended it.
    """
    fields = _stat(pid)
    return os.waitstatus_to_exitcode(int(fields[_EXIT_STATUS])) if fields and fields[0] == b"Z" else None


def birth(pid: int) -> str:
    """When a process was started, in the system's units. Another process that gets its PID later differs in that."""
    fields = _stat(pid)
    if fields:
        return fields[_START].decode()
    try:
        return repr(psutil.Process(pid).create_time())
    except psutil.Error:
        return ""


def parent(pid: int) -> int:
    """The PID of its parent. Raises `psutil.Error` where it cannot be known."""
    fields = _stat(pid)
    return int(fields[_PARENT]) if fields else psutil.Process(pid).ppid()


def variables(pid: int) -> list[bytes]:
    """The environment of a process, each "name=value". Raises `OSError` or `psutil.Error` where it cannot be read."""
    if CHILDREN_ARE_LISTED:  # read by ourselves: for each process of the system, psutil takes five times as long
        with open(f"/proc/{pid}/environ", "rb") as file:
            return file.read().split(b"\0")
    return [os.fsencode(f"{name}={value}") for name, value in psutil.Process(pid).environ().items()]


_PARENT, _START, _EXIT_STATUS = 4 - 3, 22 - 3, 52 - 3


def _stat(pid: int) -> list[bytes]:
    """The fields of /proc/PID/stat from the process's state on (proc(5): the third one); empty where there is none."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()  # the name before it may contain blanks
    except OSError:
        return []


def has_not_ended(process: psutil.Process) -> bool:
    """Whether a process is there and has not ended (a zombie has)."""
    try:
        return process.is_running() and process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.Error:
        return False


def is_tracker(process: psutil.Process) -> bool:
    """Whether it is a resource tracker: multiprocessing's, or one like it (loky's)."""
    return runs_helper(process, "resource_tracker")


def runs_helper(process: psutil.Process, helper: str) -> bool:
    """Whether it was started as such a helper: `python -c "from multiprocessing.forkserver import main; ..."`."""
    return any(f".{helper} import main" in word for word in command(process))


def command(process: psutil.Process) -> list[str]:
    """Its command line; empty where it has none (it is just ending) or we may not look at it."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def name_for_people(process: psutil.Process) -> str:
    """Its name for people: the program that it runs, without the folder; of an interpreter, what that runs."""
    words = command(process)
    return command_name(words) if words else process.name()
