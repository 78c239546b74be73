"""Locks of the system on files, by flock and lockf: who waits for which, and who has it, as /proc/locks shows them.

    threads in such a call ──► rows of /proc/locks ──► the processes that have it open ──► a lock, its holders, the wait

A lock of flock belongs to the open file, which forked processes share; so whoever has that open holds it.
"""

import fcntl
import os
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from procsim.attach.look import File, Hold, SeenObject, SeenProcess, SeenSemaphore, SeenThread, SeenWait
from procsim.attach.semaphores import identity_of
from procsim.diagnosis.blocked_threads import Blocked

_CALLS = {"x86_64": (73, 72), "aarch64": (32, 25)}
"""The numbers of flock and fcntl. From Linux's syscall_64.tbl and include/uapi/asm-generic/unistd.h."""

_WAITING_COMMANDS = (fcntl.F_SETLKW, 38)
"""Of fcntl: F_SETLKW, F_OFD_SETLKW."""

_AWAITED = SeenSemaphore(0, 1, False)


class _Row(NamedTuple):
    """A lock, or a wait for one, as /proc/locks has it (proc(5)). A wait has the number of the lock that it is for."""

    number: str
    waits: bool
    words: tuple[str, ...]
    """Its kind, "ADVISORY", for what, the PID, the file, and from where to where."""

    @property
    def pid(self) -> int:
        return int(self.words[3])

    @property
    def file(self) -> File:
        device, _, inode = self.words[4].rpartition(":")
        return device, int(inode)


@dataclass(frozen=True)
class _Wait:
    """A thread waits for a lock on a file."""

    pid: int
    thread: int
    name: str
    """That of the file."""
    lock: _Row
    holders: frozenset[int]
    """The PIDs of those processes of the program that have it; none: it is another program's, or not known."""


def with_file_locks(seen: dict[int, SeenProcess]) -> dict[int, SeenProcess]:
    """The processes, with the locks on files that their threads wait for."""
    calls = [(pid, number, descriptor) for pid, number, descriptor in _calls(seen)]
    waits = [*_waits(calls, seen, [*_rows("/proc/locks")])] if calls else []
    for wait in waits:
        file = wait.lock.file
        thing = SeenObject(identity_of(file), "Lock", wait.name, semaphore=file)
        for pid in {wait.pid, *wait.holders}:
            seen = seen | {pid: _with_lock(seen[pid], thing, file, bool(wait.holders), pid in wait.holders)}
        process = seen[wait.pid]
        thread = _waiting(process.threads[wait.thread], thing, bool(wait.holders))
        seen = seen | {wait.pid: replace(process, threads=process.threads | {wait.thread: thread})}
    return seen


def _with_lock(process: SeenProcess, thing: SeenObject, file: File, is_known: bool, holds: bool) -> SeenProcess:
    objects = process.objects if thing in process.objects else (*process.objects, thing)
    process = replace(process, objects=objects)
    if is_known:
        process = replace(process, semaphores=process.semaphores | {file: _AWAITED})
    thread = next(iter(process.threads)) if len(process.threads) == 1 else 0
    hold = Hold(file, 1, thread, entered=True)  # nobody else can release it
    return replace(process, holds=(*process.holds, hold)) if holds and hold not in process.holds else process


def _waiting(thread: SeenThread, thing: SeenObject, is_known: bool) -> SeenThread:
    """The thread in its wait. Where it is not known who has the lock, it may go on."""
    blocked = Blocked("shared") if is_known else None
    return replace(thread, blocked=blocked, wait=SeenWait("lock_waiting", thing.identity, at=thread.place))


def _calls(seen: Mapping[int, SeenProcess]) -> Iterator[tuple[int, int, int]]:
    """The threads that wait in a call of flock or fcntl for a lock: PID, number, and the descriptor of the file."""
    flock, command = _CALLS.get(platform.machine(), (-1, -1))
    for pid, process in seen.items():
        for number, thread in process.threads.items():
            if thread.blocked is not None or process.stopped:
                continue
            call = _read(f"/proc/{pid}/task/{number}/syscall").split()
            if len(call) < 4 or call[0] not in (str(flock), str(command)):
                continue
            if call[0] == str(flock) or int(call[2], 0) in _WAITING_COMMANDS:
                yield pid, number, int(call[1], 0)


def _waits(calls: list[tuple[int, int, int]], seen: Mapping[int, SeenProcess], rows: list[_Row]) -> Iterator[_Wait]:
    for pid, thread, descriptor in calls:
        try:
            inode = os.stat(f"/proc/{pid}/fd/{descriptor}").st_ino
            name = os.path.basename(os.readlink(f"/proc/{pid}/fd/{descriptor}"))
        except OSError:
            continue
        numbers = {row.number for row in rows if row.waits and row.pid == pid and row.file[1] == inode}
        locks = [row for row in rows if not row.waits and row.number in numbers]
        if len(locks) == 1:
            holders = frozenset(each for each in seen if _has(each, locks[0]))
            yield _Wait(pid, thread, name, locks[0], holders)


def _has(pid: int, lock: _Row) -> bool:
    """Whether a process has a file open on which this very lock is: see fdinfo in proc(5)."""
    folder = f"/proc/{pid}/fdinfo"
    try:
        names = os.listdir(folder)
    except OSError:
        return False
    return any(row.words == lock.words for name in names for row in _rows(f"{folder}/{name}"))


def _rows(path: str) -> Iterator[_Row]:
    for line in _read(path).splitlines():
        number, *words = line.removeprefix("lock:").split()
        waits = words[:1] == ["->"]
        if number.endswith(":") and len(words) == 7 + waits and words[waits].isupper():
            yield _Row(number, waits, tuple(words[waits:]))


def _read(path: str) -> str:
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""
