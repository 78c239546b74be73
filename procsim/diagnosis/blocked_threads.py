"""What a thread waits for, as the system shows it: the system call that it stands in, if only others can end that.

    /proc/PID/task/*/syscall ──► Blocked

Linux alone shows this. Elsewhere `READABLE` is false, and nobody is found to be stuck.
"""

import platform
import struct
from typing import NamedTuple


class End(NamedTuple):
    """One end of a pipe (or a socket, which is both read and written)."""

    inode: int
    writing: bool
    socket: bool = False


class Blocked(NamedTuple):
    """What a thread waits for, without a time limit."""

    how: str
    """What can end the wait: "inner": a thread of its own process; "shared": whoever has the same semaphore; "read",
    "write", "poll": something at the other end; "child": the end of a process. And as idle servers wait: "timed": the
    end of a while; "accept": a client; "events": any of what it has registered."""
    ends: tuple[End, ...] = ()
    """Of "read", "write" and "poll": its own ends."""
    child: int = 0
    """Of "child": the PID; 0: any."""
    size: int = 0
    """Of "read": how many bytes it asks for."""


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
"""By system and machine. From Linux's arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h."""

READABLE = _NUMBERS is not None
"""Whether the system calls of this machine can be read."""

_FUTEX_WAIT, _FUTEX_WAIT_BITSET, _FUTEX_PRIVATE = 0, 9, 128
_P_PID = 1
_POLLFD = struct.Struct("ihh")
_POLL_LIMIT = 4096
"""How many descriptors of one poll are read."""


def blocked(pid: int, thread: str, descriptors: dict[int, End]) -> Blocked | None:
    """What a thread waits for; None: it may go on by itself, or that is not known.

    `descriptors`: what its process has open. Raises `PermissionError` where we may not look at it.
    """
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
