"""What the system shows of a thread: whether it runs, which system call it stands in, and about which descriptor.

    /proc/PID/task/T/{comm,stat,syscall,wchan}, /proc/PID/fd ──► SystemView

Only read: nothing is stopped, and nothing is written to the process.
"""

import contextlib
import os
import platform
from dataclasses import dataclass

_CALLS: dict[str, tuple[int, int]] = {
    "read": (0, 63),
    "write": (1, 64),
    "open": (2, -1),
    "poll": (7, -1),
    "pread64": (17, 67),
    "pwrite64": (18, 68),
    "readv": (19, 65),
    "writev": (20, 66),
    "select": (23, -1),
    "pause": (34, -1),
    "nanosleep": (35, 101),
    "connect": (42, 203),
    "accept": (43, 202),
    "sendto": (44, 206),
    "recvfrom": (45, 207),
    "sendmsg": (46, 211),
    "recvmsg": (47, 212),
    "wait4": (61, 260),
    "fcntl": (72, 25),
    "flock": (73, 32),
    "rt_sigtimedwait": (128, 137),
    "rt_sigsuspend": (130, 133),
    "futex": (202, 98),
    "restart_syscall": (219, 128),
    "clock_nanosleep": (230, 115),
    "epoll_wait": (232, -1),
    "waitid": (247, 95),
    "openat": (257, 56),
    "pselect6": (270, 72),
    "ppoll": (271, 73),
    "epoll_pwait": (281, 22),
    "accept4": (288, 242),
}
"""The numbers of the system calls in which threads wait, on x86-64 and on aarch64; -1: there is none. From Linux's
arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h."""

_COLUMN = {"x86_64": 0, "aarch64": 1}.get(platform.machine()) if platform.system() == "Linux" else None

_NAMES = {numbers[_COLUMN]: name for name, numbers in _CALLS.items()} if _COLUMN is not None else {}

_ABOUT_DESCRIPTOR = frozenset(
    {
        *("read", "write", "pread64", "pwrite64", "readv", "writev", "connect", "accept", "accept4"),
        *("sendto", "recvfrom", "sendmsg", "recvmsg", "fcntl", "flock", "epoll_wait", "epoll_pwait"),
    }
)
"""The system calls whose first argument is a descriptor."""

SLEEPS = ("nanosleep", "clock_nanosleep")
"""The system calls in which a thread does nothing but sleep."""


@dataclass(frozen=True)
class SystemView:
    """What the system shows of a thread. Each field is "" or None where it does not show it, or we may not look."""

    name: str = ""
    """What the system calls the thread: mostly the name of the command, cut off."""
    state: str = ""
    """The letter of proc(5): R runs, S sleeps until something happens, D waits for a device, T is stopped."""
    call: str = ""
    """The system call that it stands in, such as "futex"."""
    place: str = ""
    """Where in the kernel it sleeps, such as "do_wait"; "" also where the call is known."""
    descriptor: int | None = None
    """The descriptor that the call is about."""
    target: str = ""
    """What that is, such as "pipe:[4711]" or a path."""


def threads_of(pid: int) -> list[int]:
    """The numbers of the threads of a process; none where it is gone or the system does not show them."""
    try:
        return sorted(map(int, os.listdir(f"/proc/{pid}/task")))
    except (OSError, ValueError):
        return []


def system_view(pid: int, thread: int) -> SystemView:
    """What the system shows of this thread now."""
    folder = f"/proc/{pid}/task/{thread}"
    words = _read(f"{folder}/syscall").split()
    call, descriptor = "", None
    if len(words) > 1 and words[0].isdigit():
        call = _NAMES.get(int(words[0]), "")
        descriptor = int(words[1], 16) if call in _ABOUT_DESCRIPTOR else None
    place = "" if call else _read(f"{folder}/wchan").strip()
    return SystemView(
        name=_read(f"{folder}/comm").rstrip("\n"),
        state=_read(f"{folder}/stat").rpartition(")")[2].strip()[:1],
        call=call,
        place="" if place == "0" else place,
        descriptor=descriptor,
        target=_target(pid, descriptor) if descriptor is not None else "",
    )


def _target(pid: int, descriptor: int) -> str:
    with contextlib.suppress(OSError):
        return os.readlink(f"/proc/{pid}/fd/{descriptor}")
    return ""


def _read(path: str) -> str:
    with contextlib.suppress(OSError), open(path, encoding="utf-8", errors="replace") as file:
        return file.read()
    return ""
