"""What the system tells of the processes of a run: what each thread waits for, and who has which end of which pipe.

    /proc/PID/task/*/syscall ──► Blocked: the system call that a thread stands in, if only others can end it
    /proc/PID/fd             ──► End: the pipes and sockets that a process has open
    /proc/PID/status         ──► the signals that it has handlers for, and whether it is stopped

Linux alone shows this. Elsewhere there is no sight, and nobody is said to be stuck.
"""

import contextlib
import os
import platform
import stat
import struct
from collections.abc import Container
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import psutil

from procsim.running.members import Members, is_tracker


class Thread(NamedTuple):
    """A thread of a process."""

    pid: int
    number: int


class End(NamedTuple):
    """One end of a pipe (or a socket, which is both read and written)."""

    inode: int
    writing: bool
    socket: bool = False


class Blocked(NamedTuple):
    """What a thread waits for, without a time limit."""

    how: str
    """"inner": to be woken by a thread of its own process; "shared": by whoever has the same semaphore; "read",
    "write", "poll": for what can be done at the other end; "child": for a process to end. And as idle servers do:
    "timed": for a while; "accept": for a client; "events": for any of what it has registered."""
    ends: tuple[End, ...] = ()
    """Of "read", "write" and "poll": its own ends."""
    child: int = 0
    """Of "child": the PID; 0: any."""
    size: int = 0
    """Of "read": the bytes that it asks for."""


@dataclass
class Seen:
    """One process, as the system shows it."""

    pid: int
    parent: int
    threads: dict[int, Blocked | None] = field(default_factory=dict)
    """By the number that the system gave the thread; None: it may go on by itself."""
    ends: frozenset[End] = frozenset()
    is_forkserver: bool = False
    caught: int = 0
    """The signals that it has handlers for, as a mask (signal 1 is bit 0)."""


@dataclass
class Sight:
    """The processes of a run at one moment."""

    processes: dict[int, Seen]
    outside: frozenset[End] = frozenset()
    """The pipes and sockets that somebody outside the run has open (see `with_outside`)."""
    blind: bool = False
    """Whether there are processes that we may not look at (another user's, say)."""


def look(members: Members, thorough: bool = True) -> Sight | None:
    """The processes of a run now; None where the system does not show them. `thorough`: see `Members.alive`."""
    if _NUMBERS is None:
        return None
    seen: dict[int, Seen] = {}
    blind = False
    for process in members.alive(thorough):
        if is_tracker(process):
            continue
        try:
            seen[process.pid] = _see(process.pid, process.ppid())
            seen[process.pid].is_forkserver = members.is_forkserver(process)
        except (PermissionError, psutil.AccessDenied):
            blind = True
        except (OSError, psutil.Error):
            continue  # it has just ended
    return Sight(seen, blind=blind)


def with_outside(sight: Sight) -> Sight:
    """The same, and what all other processes have open: one of them may be the program's too, with another environment
    and no parent, or the shell that it reads from.
    """
    outside: set[End] = set()
    asked = {end.inode for seen in sight.processes.values() for end in seen.ends}
    for pid in psutil.pids():
        if pid not in sight.processes:
            with contextlib.suppress(OSError):  # it has just ended, or it is another user's
                outside.update(_ends(str(pid), asked).values())
    return replace(sight, outside=frozenset(outside))


def switches(thread: Thread) -> int:
    """How often it has gone to wait. The same number twice: it was in one wait all the time between."""
    with contextlib.suppress(OSError, ValueError), open(f"/proc/{thread.pid}/task/{thread.number}/status") as file:
        for line in file:
            if line.startswith("voluntary_ctxt_switches:"):
                return int(line.split()[1])
    return -1


def _see(pid: int, parent: int) -> Seen:
    descriptors = _ends(str(pid))
    seen = Seen(pid, parent, ends=frozenset(descriptors.values()))
    stopped = False
    with open(f"/proc/{pid}/status") as file:
        for line in file:
            if line.startswith("State:"):
                stopped = line.split()[1] in ("T", "t")  # whoever stopped it may let it go on
            elif line.startswith("SigCgt:"):
                seen.caught = int(line.split()[1], 16)
    for thread in os.listdir(f"/proc/{pid}/task"):
        seen.threads[int(thread)] = None if stopped else _blocked(pid, thread, descriptors)
    return seen


def _ends(pid: str, asked: Container[int] | None = None) -> dict[int, End]:
    """The pipes and sockets that a process has open, by descriptor; `asked`: only those with these inodes."""
    found: dict[int, End] = {}
    folder = f"/proc/{pid}/fd"
    for name in os.listdir(folder):
        with contextlib.suppress(OSError, ValueError):
            kind, _, rest = os.readlink(f"{folder}/{name}").partition(":[")
            if kind in ("pipe", "socket") and (asked is None or int(rest[:-1]) in asked):
                # The permissions of the link tell how it was opened.
                writing = bool(os.lstat(f"{folder}/{name}").st_mode & stat.S_IWUSR)
                found[int(name)] = End(int(rest[:-1]), writing, kind == "socket")
    return found


# System calls ------------------------------------------------------------------------------------------------


class _Numbers(NamedTuple):
    """The numbers of the system calls that we know how to read."""

    futex: int
    read: tuple[int, ...]
    write: tuple[int, ...]
    poll: int
    ppoll: int
    wait4: int
    waitid: int
    accept: tuple[int, ...]
    epoll: tuple[int, ...]


_NUMBERS: _Numbers | None = {
    # read, readv, recvfrom, recvmsg; write, writev, sendto, sendmsg; …; accept, accept4; epoll_wait, epoll_pwait
    ("Linux", "x86_64"): _Numbers(202, (0, 19, 45, 47), (1, 20, 44, 46), 7, 271, 61, 247, (43, 288), (232, 281)),
    ("Linux", "aarch64"): _Numbers(98, (63, 65, 207, 212), (64, 66, 206, 211), -1, 73, 260, 95, (202, 242), (22,)),
}.get((platform.system(), platform.machine()))
"""From Linux's arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h."""

_FUTEX_WAIT, _FUTEX_WAIT_BITSET, _FUTEX_PRIVATE = 0, 9, 128
_P_PID = 1
_POLLFD = struct.Struct("ihh")
_POLL_LIMIT = 4096
"""Descriptors of one poll that are looked at."""


def _blocked(pid: int, thread: str, descriptors: dict[int, End]) -> Blocked | None:
    """What a thread waits for; None: it may go on by itself, or it cannot be told."""
    assert _NUMBERS is not None
    try:
        with open(f"/proc/{pid}/task/{thread}/syscall") as file:
            words = file.read().split()
        if len(words) < 7:  # "running", or stopped outside a system call
            return None
        number, *arguments = (int(word, 0) for word in words)
    except PermissionError:
        raise
    except (OSError, ValueError):  # the thread has just ended
        return None
    first, second, third, fourth = arguments[:4]
    if number == _NUMBERS.futex:
        if second & 0x7F not in (_FUTEX_WAIT, _FUTEX_WAIT_BITSET):
            return None
        if fourth:
            return Blocked("timed")
        return Blocked("inner" if second & _FUTEX_PRIVATE else "shared")
    if number in _NUMBERS.read or number in _NUMBERS.write:
        end = descriptors.get(first)
        return Blocked("read" if number in _NUMBERS.read else "write", (end,), size=third) if end else None
    if number == _NUMBERS.poll or number == _NUMBERS.ppoll:
        endless = third & 0x8000_0000 if number == _NUMBERS.poll else not third
        ends = _polled(pid, first, second, descriptors) if endless else None
        return Blocked("poll", ends) if ends else None
    if number in _NUMBERS.accept:
        return Blocked("accept")
    if number in _NUMBERS.epoll:
        return Blocked("events") if fourth & 0x8000_0000 else None
    if number == _NUMBERS.wait4:
        child = first if first < 1 << 31 else 0
        return Blocked("child", child=child)
    if number == _NUMBERS.waitid:
        return Blocked("child", child=second if first == _P_PID else 0)
    return None


def _polled(pid: int, address: int, count: int, descriptors: dict[int, End]) -> tuple[End, ...] | None:
    """The ends that a thread polls; None where one of them is something else."""
    if not 0 < count <= _POLL_LIMIT:
        return None
    try:
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
            memory.seek(address)
            data = memory.read(count * _POLLFD.size)
    except (OSError, ValueError, OverflowError):
        return None
    ends = [descriptors.get(descriptor) for descriptor, _, _ in _POLLFD.iter_unpack(data)]
    return tuple(end for end in ends if end) if ends and all(ends) else None
