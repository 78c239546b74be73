"""Searches the memory of a process for what it has of semaphores that nothing else has led to.

    semaphores that threads wait for, and that a process has mapped ──► its private memory ──► SemLocks

Mostly the variables of the program lead to each lock; here are those that only C code or a closure still refers to.
Forked processes have them at the same address, which is tried first. Each SemLock refers to its type, so that one
search finds all of them: a process of 500 MB takes half a second.
"""

from collections.abc import Iterator

from procsim.attach.interpreter import Interpreter
from procsim.attach.look import File
from procsim.attach.memory import Mapping, Memory, places_of
from procsim.attach.objects import Objects
from procsim.attach.semaphores import Semaphores, SemLock

MODULES = ("_multiprocessing", "_billiard")
"""Those that have a SemLock."""
TYPES = tuple(f"{module}.SemLock" for module in MODULES)
CHUNK = 4 << 20
BYTES_LIMIT = 4 << 30
"""Of one process."""

_TYPE, _HANDLE = 8, 16
"""In a SemLock: what refers to its type, and the address of its semaphore."""
_SIZE = 64


class Scan:
    """Searches one process after the other."""

    def __init__(self) -> None:
        self._places: set[int] = set()
        """The addresses of SemLocks that were found in others."""

    def semlocks(
        self, memory: Memory, interpreter: Interpreter, semaphores: Semaphores, wanted: set[File]
    ) -> tuple[dict[File, SemLock], bool]:
        """The SemLocks of the wanted semaphores, and whether all memory was searched that may have one."""
        objects = interpreter.objects
        found: dict[File, SemLock] = {}
        for address in self._places:
            _add(objects, semaphores, address, wanted, found)
        if found.keys() >= wanted:
            return found, True
        sought, offset = _sought(interpreter, semaphores, wanted)
        searched = 0
        for start, data in _private_memory(memory):
            for word in sought:
                for place in places_of(word, data):
                    if _add(objects, semaphores, start + place - offset, wanted, found):
                        self._places.add(start + place - offset)
            searched += len(data)
            if searched > BYTES_LIMIT:
                return found, False
        return found, True


def _sought(interpreter: Interpreter, semaphores: Semaphores, wanted: set[File]) -> tuple[list[int], int]:
    """The words that a SemLock has, and where in it: its type, or where that is not known, its semaphore."""
    modules = [interpreter.modules.get(name, 0) for name in MODULES]
    types = [interpreter.objects.attribute(module, "SemLock") for module in modules if module]
    if any(types):
        return [kind for kind in types if kind], _TYPE
    return [address for address, file in semaphores.addresses.items() if file in wanted], _HANDLE


def _add(objects: Objects, semaphores: Semaphores, address: int, wanted: set[File], found: dict[File, SemLock]) -> bool:
    """Add the SemLock at this address, if one of a wanted semaphore is there."""
    semlock = semaphores.semlock(address)
    if semlock is None or semlock.semaphore not in wanted or objects.type_name(address) not in TYPES:
        return False
    before = found.get(semlock.semaphore)
    if before is None or semlock.acquired > before.acquired:
        found[semlock.semaphore] = semlock
    return True


def _private_memory(memory: Memory) -> Iterator[tuple[int, bytes]]:
    """The memory in which objects may be, in pieces, each with its address."""
    for mapping in memory.mappings:
        if not mapping.access.startswith("rw-p") or (mapping.path and mapping.path != "[heap]"):
            continue
        for start in _used(memory, mapping):
            data = memory.read_now(start, min(CHUNK, mapping.end - start) + _SIZE)
            if data:
                yield start, data


def _used(memory: Memory, mapping: Mapping) -> Iterator[int]:
    """Where pieces of a mapping begin of which the process has ever used a page.

    To read the others would take the system's memory for their tables, and they may be many.
    """
    for start in range(mapping.start, mapping.end, CHUNK):
        states = memory.page_states(start, min(CHUNK, mapping.end - start))
        if not states or max(states) >= _THERE:
            yield start


_THERE = 0x40
"""In the state of a page: whether it is in memory (0x80) or was swapped out (0x40)."""
