"""The semaphores that a process has mapped, their values, and how often it has acquired them itself.

    mappings of /dev/shm/sem.* ──► value (glibc's sem_t)
    a SemLock of CPython's     ──► count, limit, kind, the thread that acquired it last

CPython counts in each process for itself: it adds one at an acquire, and takes one off at a release. So who holds a
lock is the process whose count is above 0. Source: Modules/_multiprocessing/semaphore.c.
"""

import struct
from typing import NamedTuple

from procsim.attach.look import File, SeenSemaphore
from procsim.attach.memory import Memory

_SEMLOCK = struct.Struct("<QQiii")
_RECURSIVE, _OTHER = 0, 1
_VALUE = 0x7FFFFFFF
"""Of the first 4 bytes of a semaphore: its value. musl marks in the highest bit that somebody waits."""


class SemLock(NamedTuple):
    """CPython's own part of a lock, in one process."""

    semaphore: File
    ident: int
    """Of the thread that acquired it last: see `threading.get_ident`."""
    acquired: int
    """How often this process has acquired it more than it has released it."""
    limit: int
    recursive: bool


class Semaphores:
    """The semaphores of one process."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._files: dict[int, File] = {
            mapping.start: mapping.file
            for mapping in memory.mappings
            if "/sem." in mapping.path and mapping.access.endswith("s")
        }

    @property
    def files(self) -> set[File]:
        """All that are mapped."""
        return set(self._files.values())

    @property
    def addresses(self) -> dict[int, File]:
        """All that are mapped, by where."""
        return self._files

    def at(self, address: int) -> File | None:
        """The semaphore that a thread waits for at this address (of a futex)."""
        return self._files.get(address & ~0xFFF)

    def semlock(self, address: int) -> SemLock | None:
        """The SemLock of which the object is at this address; None where that is none of a semaphore that is mapped."""
        data = self._memory.read(address + 16, _SEMLOCK.size)
        if not data:
            return None
        handle, ident, count, limit, kind = _SEMLOCK.unpack(data)
        file = self._files.get(handle & ~0xFFF)
        if file is None or kind not in (_RECURSIVE, _OTHER) or limit < 1:
            return None
        return SemLock(file, ident, count, limit, kind == _RECURSIVE)

    def value(self, file: File | None) -> int:
        """The value of a semaphore now; 0 where it is not mapped."""
        address = next((address for address, known in self._files.items() if known == file), 0)
        return int.from_bytes(self._memory.read_now(address, 4), "little") & _VALUE if address else 0

    def seen(self, limits: dict[File, SemLock]) -> dict[File, SeenSemaphore]:
        """The values of all that are mapped; what else is known of them: from `limits`."""
        return {file: _seen(self.value(file), limits.get(file)) for file in self._files.values()}


def _seen(value: int, semlock: SemLock | None) -> SeenSemaphore:
    return SeenSemaphore(value, semlock.limit if semlock else 0, bool(semlock and semlock.recursive))


def identity_of(file: File) -> int:
    """The identity of the object that has this semaphore, in all processes."""
    major, _, minor = file[0].partition(":")
    device = int(major, 16) << 8 | int(minor or "0", 16)
    return (device << 40 ^ file[1]) & (1 << 62) - 1 | 1 << 62
