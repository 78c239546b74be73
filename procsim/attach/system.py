"""The processes of a running program, as the system shows them: which belong to it, their threads, their ends of pipes.

PID ──► the ancestors that belong to the same program ──► all descendants ──► SystemProcess for each
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

import psutil

from procsim.attach.errors import HasEnded, InAnotherNamespace, NoSuchProcess, NotPermitted, NotThisSystem, OfTheKernel
from procsim.attach.namespace import number_inside
from procsim.diagnosis.blocked_threads import READABLE, Blocked, Descriptors, blocked
from procsim.diagnosis.snapshot import OpenEnds, Thread, wait_count
from procsim.running import processes

_HELPERS = ("resource_tracker", "semaphore_tracker", "forkserver", "spawn")
_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100

_FLAGS, _KERNEL_THREAD = 9 - 3, 0x00200000


@dataclass
class SystemProcess:
    """One process, as the system shows it."""

    pid: int
    parent: int
    birth: int
    command: list[str]
    descriptors: Descriptors
    ended: bool = False
    exit_code: int | None = None
    stopped: bool = False
    debugger: int = 0
    """The PID of what traces it, such as a debugger; 0: nothing does."""
    narrow: bool = False
    """Whether its program is one of 32 bits, whose system calls have other numbers."""
    ignored: int = 0
    """The signals that it ignores, as a mask."""
    caught: int = 0
    threads: dict[int, Blocked | None] = field(default_factory=dict)
    counts: dict[int, int] = field(default_factory=dict)
    """How often each thread has gone to wait."""
    births: dict[int, int] = field(default_factory=dict)
    """Of each thread."""

    def is_helper(self, helper: str) -> bool:
        """Whether it is such a helper of multiprocessing's. What a forkserver has forked has its command line, too."""
        return _runs(helper, self.command) and not _runs(helper, _command(self.parent))


def _runs(helper: str, command: list[str]) -> bool:
    return any(f".{helper} import " in word for word in command)


def _command(pid: int) -> list[str]:
    try:
        return processes.command(psutil.Process(pid))
    except psutil.Error:
        return []


def check(pid: int) -> None:
    """Raises `CannotAttach` where this process cannot be looked at."""
    if not READABLE:
        raise NotThisSystem
    try:
        state = psutil.Process(pid).status()
    except (psutil.Error, ValueError, OverflowError) as error:
        raise NoSuchProcess(pid) from error
    if state in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD):
        raise HasEnded(pid)
    inside = number_inside(pid)
    if inside is not None:
        raise InAnotherNamespace(pid, inside)
    if _is_of_the_kernel(pid):
        raise OfTheKernel(pid)


def _is_of_the_kernel(pid: int) -> bool:
    """Whether it is a thread of the kernel, by its flags: see proc(5), and PF_KTHREAD in the kernel's sched.h."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:
        return False
    return bool(int(fields[_FLAGS]) & _KERNEL_THREAD)


def main_of(pid: int) -> int:
    """The main process of the program that a process belongs to.

    A forked process has the command line of its parent, and a spawned one a command of multiprocessing's.
    """
    while True:
        try:
            process = psutil.Process(pid)
            parent = process.parent()
            if parent is None or not _is_of(process, parent):
                return pid
        except psutil.Error:
            return pid
        pid = parent.pid


def _is_of(process: psutil.Process, parent: psutil.Process) -> bool:
    words = processes.command(process)
    if any(_runs(helper, words) for helper in _HELPERS):
        return True
    return bool(words) and words == processes.command(parent) and _executable(process) == _executable(parent)


def _executable(process: psutil.Process) -> str:
    try:
        return process.exe()
    except psutil.Error:
        return ""


def family(pid: int) -> list[int]:
    """A process, and all that descend from it, the oldest first."""
    return sorted(processes.with_descendants([pid]), key=lambda each: (birth_of(each), each))


def birth_of(pid: int) -> int:
    """When a process was born, in ticks of the system's clock since it was booted; 0: there is no such process."""
    born = processes.birth(pid)
    return int(born) if born.isdigit() else 0


def age_ns(birth: int) -> int:
    """How long ago a process began that was born at this tick."""
    with open("/proc/uptime") as file:
        up = float(file.read().split()[0])
    return max(0, int((up - birth / _TICKS) * 1e9))


def system_process(pid: int) -> SystemProcess | None:
    """A process as it is now; None: it has just gone. Raises `NotPermitted`."""
    born = processes.birth(pid)
    if not born:
        return None
    try:
        command = processes.command(psutil.Process(pid))
        process = SystemProcess(pid, processes.parent(pid), birth_of(pid), command, OpenEnds(pid))
        process.exit_code = processes.exit_code(pid)
        _read_status(process)
        if not process.ended:
            _read_threads(process)
    except PermissionError as error:
        raise NotPermitted(pid) from error
    except (OSError, psutil.Error):
        return None
    return process if processes.birth(pid) == born else None


def _read_status(process: SystemProcess) -> None:
    with open(f"/proc/{process.pid}/status") as file:
        for line in file:
            word, _, rest = line.partition(":")
            if word == "State":
                process.ended, process.stopped = rest.split()[0] in "ZX", rest.split()[0] in "Tt"
            elif word == "SigCgt":
                process.caught = int(rest, 16)
            elif word == "SigIgn":
                process.ignored = int(rest, 16)
            elif word == "TracerPid":
                process.debugger = int(rest)


def _read_threads(process: SystemProcess) -> None:
    pid = process.pid
    process.narrow = _is_narrow(pid)
    for thread in os.listdir(f"/proc/{pid}/task"):
        number = int(thread)
        try:
            process.births[number] = _thread_birth(pid, number)
        except (FileNotFoundError, ProcessLookupError):  # it has just ended
            continue
        process.counts[number] = wait_count(Thread(pid, number))
        process.threads[number] = (
            None if process.stopped or process.narrow else blocked(pid, thread, process.descriptors)
        )


def _is_narrow(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/exe", "rb") as file:
            return file.read(5) == b"\x7fELF\x01"
    except OSError:
        return False


def runs_python(process: SystemProcess) -> bool:
    """Whether it runs a Python of whatever kind, by the name of its program."""
    try:
        program = os.readlink(f"/proc/{process.pid}/exe")
    except OSError:
        program = process.command[0] if process.command else ""
    return os.path.basename(program).startswith(("python", "pypy"))


def _thread_birth(pid: int, thread: int) -> int:
    with open(f"/proc/{pid}/task/{thread}/stat", "rb") as file:
        return int(file.read().rpartition(b")")[2].split()[22 - 3])


def was_forked(process: SystemProcess) -> bool:
    """Whether it was forked and has begun no other program: its command line is still that of its parent."""
    return bool(process.command) and process.command == _command(process.parent)


def futex_of(pid: int, thread: int) -> int:
    """The address of the futex that a thread waits for; 0: it waits for none."""
    try:
        with open(f"/proc/{pid}/task/{thread}/syscall") as file:
            words = file.read().split()
        return int(words[1], 0) if len(words) > 1 else 0
    except (OSError, ValueError):
        return 0


def others_with(files: set[tuple[str, int]], known: set[int]) -> Iterator[int]:
    """The PIDs of further processes of the system that have mapped one of these semaphores; `files`: the device and the
    inode of each. Each container has a /dev/shm of its own, whose inodes have the same numbers.
    """
    for pid in psutil.pids():
        if pid not in known:
            try:
                with open(f"/proc/{pid}/maps", encoding="utf-8", errors="surrogateescape") as file:
                    rows = [row for row in file if "/sem." in row]
            except OSError:
                continue
            if any((device, int(inode)) in files for _, _, _, device, inode, *_ in map(str.split, rows)):
                yield pid
