"""Gives this process a view of the files of its own: what it and those that it forks write is seen by nobody else.

In a mount namespace of its own, the project's folder is overlaid by memory, and so are /dev/shm and the folder for
temporary files. All of it is gone with the last process that has it. Linux alone has that, and not for all users.
"""

import ctypes
import os
from typing import Any

_NEW_NAMESPACE, _NEW_USER = 0x00020000, 0x10000000
_BIND, _PRIVATE, _RECURSIVE = 4096, 1 << 18, 16384


def cover(project: str, layer: str, keep: str) -> None:
    """Do that for this process: the folder `project` is overlaid; what is written goes to `layer`, an empty folder, in
    which `tmp` is then the one for temporary files; `keep` stays the folder that it is. Raises `OSError`.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    uid, gid, here = os.geteuid(), os.getegid(), os.getcwd()
    kept = os.open(keep, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _checked(libc.unshare(_NEW_NAMESPACE | (0 if uid == 0 else _NEW_USER)))
        if uid:
            _write("/proc/self/setgroups", "deny")
            _write("/proc/self/uid_map", f"{uid} {uid} 1")
            _write("/proc/self/gid_map", f"{gid} {gid} 1")
        _mount(libc, "none", "/", None, _RECURSIVE | _PRIVATE, None)
        _mount(libc, "tmpfs", layer, "tmpfs", 0, "mode=700")
        for name in ("upper", "work", "tmp"):
            os.mkdir(f"{layer}/{name}", 0o755)
        if os.path.isdir("/dev/shm"):
            _mount(libc, "tmpfs", "/dev/shm", "tmpfs", 0, "mode=1777")
        below = f"lowerdir={_escaped(project)},upperdir={layer}/upper,workdir={layer}/work"
        _mount(libc, "overlay", project, "overlay", 0, below)
        if f"{keep}/".startswith(f"{project}/"):  # the overlay lies over it
            _mount(libc, f"/proc/self/fd/{kept}", keep, None, _BIND | _RECURSIVE, None)
        os.chdir(here)  # the one that lies over it now
    finally:
        os.close(kept)


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
