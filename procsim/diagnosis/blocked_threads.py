"""What a thread waits for, as the system shows it: the system call that it stands in.

    /proc/PID/task/*/syscall ──► Blocked

Who has a time limit goes on by itself, so that nothing is said of it. One wait with a limit is told nevertheless, as
"timed": that for a lock or semaphore. Threads of servers are idle in such waits, one after the other, for ever.

Linux alone shows this. Elsewhere `READABLE` is false, and nobody is found to be stuck.
"""

import platform
import struct
from collections.abc import Callable
from typing import NamedTuple, Protocol


class End(NamedTuple):
    """One end of a pipe, or a socket."""

    inode: int
    writing: bool
    """Of a pipe: whether it is the end to write to."""
    socket: bool = False
    """A socket can be read and written, whatever `writing` says."""


class Descriptors(Protocol):
    """What a process has open."""

    def get(self, number: int, /) -> End | None:
        """The pipe or socket with this number; None: there is none."""


class Blocked(NamedTuple):
    """What a thread waits for."""

    how: str
    """What can end the wait: "inner": a thread of its own process; "shared": whoever has the same semaphore; "read",
    "write", "poll": something at the other end; "child": the end of a process. And as idle servers wait: "timed": the
    end of a while, or whoever has the same lock; "accept": a client; "events": any of what it has registered, as
    asyncio does."""
    ends: tuple[End, ...] = ()
    """Of "read", "write" and "poll": its own ends. Of "events", too; none: it has registered something else as well."""
    child: int = 0
    """Of "child": the PID; 0: any."""
    size: int = 0
    """Of "read": how many bytes it asks for; 0: that is not known."""
    children: tuple[int, ...] = ()
    """Of "events": the PIDs of the processes of which it has registered that they end (pidfd_open(2))."""


class Numbers(NamedTuple):
    """The numbers of the system calls that we know how to read."""

    futex: int
    read: tuple[int, ...]
    sized: tuple[int, ...]
    """Those of `read` whose third argument is a number of bytes."""
    write: tuple[int, ...]
    poll: int
    ppoll: int
    wait4: int
    waitid: int
    accept: tuple[int, ...]
    epoll: tuple[int, ...]


NUMBERS = {
    # read, readv, recvfrom, recvmsg; read, recvfrom; write, writev, sendto, sendmsg; …; accept, accept4; epoll_wait,
    # epoll_pwait
    ("Linux", "x86_64"): Numbers(
        202, (0, 19, 45, 47), (0, 45), (1, 20, 44, 46), 7, 271, 61, 247, (43, 288), (232, 281)
    ),
    ("Linux", "aarch64"): Numbers(
        98, (63, 65, 207, 212), (63, 207), (64, 66, 206, 211), -1, 73, 260, 95, (202, 242), (22,)
    ),
}
"""By system and machine. From Linux's arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h."""

_NUMBERS = NUMBERS.get((platform.system(), platform.machine()))

READABLE = _NUMBERS is not None
"""Whether the system calls of this machine can be read."""

_FUTEX_WAIT, _FUTEX_WAIT_BITSET, _FUTEX_PRIVATE = 0, 9, 128
_P_PID = 1
_POLLFD = struct.Struct("ihh")
_POLL_LIMIT = 4096
"""How many descriptors of one poll are read."""


def blocked(pid: int, thread: str, descriptors: Descriptors) -> Blocked | None:
    """What a thread waits for; None: it may go on by itself (it runs, or its wait has a limit), or that is not known.

    `descriptors`: what its process has open. Raises `PermissionError` where we may not look at it.
    """
    assert _NUMBERS is not None
    try:
        with open(f"/proc/{pid}/task/{thread}/syscall") as file:
            call = file.read()
    except PermissionError:
        raise
    except OSError:  # the thread has just ended
        return None
    return blocked_in(
        call,
        _NUMBERS,
        descriptors,
        lambda address, count: _polled(pid, address, count, descriptors),
        lambda epoll: _registered(pid, epoll, descriptors),
    )


def blocked_in(
    call: str,
    numbers: Numbers,
    descriptors: Descriptors,
    polled: Callable[[int, int], tuple[End, ...] | None],
    registered: Callable[[int], Blocked] = lambda epoll: Blocked("events"),
) -> Blocked | None:
    """What a thread waits for that stands in this system call, as /proc/PID/syscall has it; None as above.

    `polled`: the ends that stand at an address, so many of them. `registered`: the wait for what is registered with an
    epoll descriptor.
    """
    words = call.split()
    if len(words) < 7:  # "running", or stopped outside a system call
        return None
    number, first, second, third, fourth = (int(word, 0) for word in words[:5])
    if number == numbers.futex:
        if second & 0x7F not in (_FUTEX_WAIT, _FUTEX_WAIT_BITSET):
            return None
        if fourth:
            return Blocked("timed")
        return Blocked("inner" if second & _FUTEX_PRIVATE else "shared")
    if number in numbers.read or number in numbers.write:
        end = descriptors.get(first)
        if end is None:
            return None
        if number in numbers.write:
            return Blocked("write", (end,))
        return Blocked("read", (end,), size=third if number in numbers.sized else 0)
    if number == numbers.poll or number == numbers.ppoll:
        endless = third & 0x8000_0000 if number == numbers.poll else not third
        ends = polled(first, second) if endless else None
        return Blocked("poll", ends) if ends else None
    if number in numbers.accept:
        return Blocked("accept")
    if number in numbers.epoll:
        return registered(first) if fourth & 0x8000_0000 else None
    if number == numbers.wait4:
        child = first if first < 1 << 31 else 0
        return Blocked("child", child=child)
    if number == numbers.waitid:
        return Blocked("child", child=second if first == _P_PID else 0)
    return None


def _registered(pid: int, epoll: int, descriptors: Descriptors) -> Blocked:
    """The wait for what is registered with an epoll descriptor; with no ends where a part of that is something else."""
    try:
        with open(f"/proc/{pid}/fdinfo/{epoll}") as file:
            registered = [int(line.split()[1]) for line in file if line.startswith("tfd:")]
    except (OSError, ValueError, IndexError):
        return Blocked("events")
    ends = {descriptor: end for descriptor in registered if (end := descriptors.get(descriptor)) is not None}
    children = [_process_of(pid, descriptor) for descriptor in registered if descriptor not in ends]
    return Blocked("events", (*ends.values(),), children=(*children,)) if all(children) else Blocked("events")


def _process_of(pid: int, descriptor: int) -> int:
    """The PID of the process that a descriptor stands for; 0: it stands for none, or that is gone."""
    try:
        with open(f"/proc/{pid}/fdinfo/{descriptor}") as file:
            found = next((int(line.split()[1]) for line in file if line.startswith("Pid:")), 0)
    except (OSError, ValueError, IndexError):
        return 0
    return max(0, found)


def _polled(pid: int, address: int, count: int, descriptors: Descriptors) -> tuple[End, ...] | None:
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
