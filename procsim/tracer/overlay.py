"""Gives this process a view of the files of its own: what it and those that it forks write is seen by nobody else.

In a mount namespace of its own, the project's folder is overlaid by memory, and so are /dev/shm and the folder for
temporary files. All of it is gone with the last process that has it. All else can be read alone, also by what is
written in C (from Linux 5.12 on). `cut_off` does the same for networks and shared memory. Linux alone has that, and not
for all users.
"""

import ctypes
import errno
import fcntl
import os
import socket
import struct
from collections.abc import Iterable
from typing import Any

_NEW_NAMESPACE, _NEW_USER = 0x00020000, 0x10000000
_NEW_NAMES, _NEW_IPC, _NEW_NETWORK = 0x04000000, 0x08000000, 0x40000000
_LARGEST = "20%"
"""How much of the memory all that is written there may take: an execution may write without end."""
_SET_FLAGS, _UP = 0x8914, 1  # netdevice(7): SIOCSIFFLAGS, IFF_UP
_BIND, _PRIVATE, _RECURSIVE = 4096, 1 << 18, 16384
_MOUNT_SETATTR, _HERE, _ALL_BELOW, _READ_ONLY = 442, -100, 0x8000, 1


def cover(project: str, layer: str, keep: str, allowed: Iterable[str] = ()) -> None:
    """Do that for this process: the folder `project` is overlaid; what is written goes to `layer`, an empty folder, in
    which `tmp` is then the one for temporary files; `keep` stays the folder that it is, and in the folders `allowed`
    the process may write. Raises `OSError`.
    """
    if project == "/":
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))  # this process would go on below the overlay
    libc = ctypes.CDLL(None, use_errno=True)
    here = os.getcwd()
    _unshare(libc, _NEW_NAMESPACE)
    _mount(libc, "none", "/", None, _RECURSIVE | _PRIVATE, None)
    kept = os.open(keep, os.O_RDONLY | os.O_DIRECTORY)
    try:
        writable = [path for path in sorted({keep, "/proc", *map(_that_is_there, allowed)}) if _is_writable(path)]
        if "/" in writable:
            writable = [keep]
        else:
            _set_read_only(libc, "/", True)
        _mount(libc, "tmpfs", layer, "tmpfs", 0, f"mode=700,size={_LARGEST}")
        for name in ("upper", "work", "tmp"):
            os.mkdir(f"{layer}/{name}", 0o755)
        if os.path.isdir("/dev/shm"):
            _mount(libc, "tmpfs", "/dev/shm", "tmpfs", 0, f"mode=1777,size={_LARGEST}")
        below = f"lowerdir={_escaped(project)},upperdir={layer}/upper,workdir={layer}/work"
        _mount(libc, "overlay", project, "overlay", 0, below)
        for path in writable:
            source = f"/proc/self/fd/{kept}" if path == keep else path  # the overlay may lie over it
            _mount(libc, source, path, None, _BIND | _RECURSIVE, None)
            _set_read_only(libc, path, False)
        os.chdir(here)  # the one that lies over it now
    finally:
        os.close(kept)


def cut_off(network: bool) -> None:
    """Give this process, and those that it forks, no other's shared memory, host name and, unless it may use the
    `network`, no network but a loopback of its own: for what is written in C, too. Raises `OSError`.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    _unshare(libc, _NEW_NAMES | _NEW_IPC | (0 if network else _NEW_NETWORK))
    if not network:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
            fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh14x", b"lo", _UP))


def _unshare(libc: Any, what: int) -> None:
    """Give this process these of its own; whoever is not root needs to be a user of its own for that."""
    uid, gid = os.geteuid(), os.getegid()
    _checked(libc.unshare(what | (0 if uid == 0 else _NEW_USER)))
    if uid:
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{uid} {uid} 1")
        _write("/proc/self/gid_map", f"{gid} {gid} 1")


def _that_is_there(path: str) -> str:
    """The path, or the folder above it that is there, without links."""
    path = os.path.realpath(path)
    while not os.path.exists(path):
        path = os.path.dirname(path)
    return path


def _is_writable(path: str) -> bool:
    return not os.statvfs(path).f_flag & os.ST_RDONLY


def _set_read_only(libc: Any, path: str, yes: bool) -> None:
    """Let nobody write there and below (`yes`), or there again. An older system does not have that."""
    change = struct.pack("4Q", yes and _READ_ONLY, 0 if yes else _READ_ONLY, 0, 0)
    words = (_MOUNT_SETATTR, _HERE, os.fsencode(path), yes and _ALL_BELOW, change, len(change))
    libc.syscall(*(word if type(word) is bytes else ctypes.c_long(int(word)) for word in words))


def _escaped(path: str) -> str:
    return path.replace("\\", "\\\\").replace(":", "\\:").replace(",", "\\,")


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)


def _mount(libc: Any, source: str, target: str, kind: str | None, flags: int, data: str | None) -> None:
    words = [None if word is None else os.fsencode(word) for word in (source, target, kind)]
    _checked(libc.mount(*words, ctypes.c_ulong(flags), None if data is None else os.fsencode(data)))


def _checked(result: int) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
