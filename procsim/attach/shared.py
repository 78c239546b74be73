"""The objects of multiprocessing's in one process: locks, conditions, events, barriers, queues, ends of pipes.

    objects by their addresses, with the names that the program has for them ──► SeenObject, holds, inner semaphores

A Queue, an Event or a Barrier has locks and semaphores inside. They are its own, and no locks of the program's.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from procsim.attach.classes import Classes
from procsim.attach.look import File, SeenObject
from procsim.attach.objects import Objects
from procsim.attach.semaphores import Semaphores, SemLock, identity_of
from procsim.diagnosis.blocked_threads import Descriptors, End
from procsim.wire.identities import pipe_end

LOCKS = ("Lock", "RLock", "Semaphore", "BoundedSemaphore")
QUEUES = ("Queue", "JoinableQueue", "SimpleQueue")
_IN_CONDITION = ("_lock", "_sleeping_count", "_woken_count", "_wait_semaphore")
_IN_QUEUE = ("_rlock", "_wlock", "_sem", "_unfinished_tasks")
_OF_QUEUES = 1 << 61
_SEM_VALUE_MAX = (1 << 31) - 1
"""The limit of a queue for which the program has set none."""


class Shared:
    """The objects of multiprocessing's in one process, as far as they were found."""

    def __init__(
        self,
        objects: Objects,
        classes: Classes,
        semaphores: Semaphores,
        descriptors: Descriptors,
        peers: dict[int, int],
    ) -> None:
        self._objects = objects
        self._classes = classes
        self._semaphores = semaphores
        self._descriptors = descriptors
        self._peers = peers
        self.found: dict[int, SeenObject] = {}
        """By identity."""
        self.semlocks: dict[File, SemLock] = {}
        self.inner: set[File] = set()
        """The semaphores that are part of one of these objects."""
        self._seen: dict[int, int] = {}
        """The identity of each object by its address; 0: it has none that is known."""

    def add_all(self, named: Iterable[tuple[int, str]]) -> None:
        """Add objects, each with what the program calls it (empty: that is not known). First those that have others
        inside, so that these are not taken for the program's own.
        """
        rows = [(address, name, self._classes.role(address)) for address, name in named]
        for address, name, role in sorted(rows, key=lambda row: row[2] in LOCKS):
            self.add(address, name, role)

    def add(self, address: int, name: str = "", role: str = "") -> int:
        """Add an object, unless it is known. Returns its identity; 0: it has none."""
        role = role or self._classes.role(address)
        known = self._seen.get(address)
        if known is None:
            known = self._seen[address] = self._added(address, role) or 0
        if name and known in self.found and not self.found[known].name:
            self.found[known] = replace(self.found[known], name=name)
        return known

    def _added(self, address: int, role: str) -> int | None:
        if role in LOCKS:
            return self._lock(address, role)
        if role == "Condition":
            return self._condition(address)
        if role == "Event":
            return self._event(address)
        if role == "Barrier":
            return self._barrier(address)
        if role in QUEUES:
            return self._queue(address, role)
        if role in ("Connection", "_ConnectionBase"):
            return self._connection(address)
        if role == "SynchronizedBase":
            lock = self._objects.attributes(address).get("_lock", 0)
            return self.add(lock) if lock else None
        return None

    # Locks ---------------------------------------------------------------------------------------------------

    def semaphore_of(self, lock: int) -> File | None:
        """The semaphore of a lock; what the process's count of it is, is kept."""
        semlock = self._semaphores.semlock(self._objects.attributes(lock).get("_semlock", 0))
        if semlock is None:
            return None
        # After a bare os.fork two objects may count for one semaphore; the one that was acquired counts.
        before = self.semlocks.get(semlock.semaphore)
        if before is None or semlock.acquired > before.acquired:
            self.semlocks[semlock.semaphore] = semlock
        return semlock.semaphore

    def _lock(self, address: int, role: str) -> int | None:
        file = self.semaphore_of(address)
        if file is None:
            return None
        identity = identity_of(file)
        if file not in self.inner:
            self.found.setdefault(identity, SeenObject(identity, role, semaphore=file))
        return identity

    def _parts(self, address: int, names: Iterable[str]) -> dict[str, File]:
        """The semaphores inside an object, by the attributes that have them."""
        attributes = self._objects.attributes(address)
        found = {name: self.semaphore_of(attributes[name]) for name in names if attributes.get(name)}
        return {name: file for name, file in found.items() if file is not None}

    def _own(self, identity: int, parts: dict[str, File]) -> None:
        """These semaphores are part of that object, and no locks of the program's."""
        for file in parts.values():
            self.inner.add(file)
            if identity_of(file) != identity:
                self.found.pop(identity_of(file), None)

    def _condition(self, address: int) -> int | None:
        parts = self._parts(address, _IN_CONDITION)
        file = parts.pop("_lock", None)
        if file is None:
            return None
        identity = identity_of(file)
        known = self.found.get(identity)
        if known is None and file not in self.inner:
            self.found[identity] = SeenObject(identity, "Condition", semaphore=file)
        self._own(identity, parts)
        return identity

    def _of_condition(self, address: int) -> dict[str, File]:
        """The semaphores of the condition inside an object."""
        condition = self._objects.attributes(address).get("_cond", 0)
        if condition:
            self._seen[condition] = -1
        return self._parts(condition, _IN_CONDITION) if condition else {}

    def _sleepers(self, parts: dict[str, File]) -> int:
        """How many threads wait for a notice, by the semaphores of a condition."""
        sleeping, woken = (self._semaphores.value(parts.get(name)) for name in ("_sleeping_count", "_woken_count"))
        return max(0, sleeping - woken)

    def _event(self, address: int) -> int | None:
        flag = self._parts(address, ("_flag",)).get("_flag")
        if flag is None:
            return None
        identity = identity_of(flag)
        self.found[identity] = SeenObject(identity, "Event", semaphore=flag)
        parts = self._of_condition(address)
        self._seen[self._objects.attributes(address).get("_cond", 0)] = identity
        self._own(identity, parts | {"_flag": flag})
        return identity

    def _barrier(self, address: int) -> int | None:
        parts = self._of_condition(address)
        file = parts.get("_lock")
        if file is None:
            return None
        attributes = self._objects.attributes(address)
        identity = identity_of(file)
        parties = self._objects.integer(attributes.get("_parties", 0)) or 0
        self.found[identity] = SeenObject(identity, "Barrier", parties=parties, arrived=self._sleepers(parts))
        self._seen[attributes.get("_cond", 0)] = identity
        self._own(identity, parts)
        return identity

    def queues(self) -> Iterator[tuple[int, int]]:
        """The queues: the address of each, and its identity."""
        for address, identity in self._seen.items():
            if identity & _OF_QUEUES and self._classes.role(address) in QUEUES:
                yield address, identity

    # Queues and pipes ----------------------------------------------------------------------------------------

    def end_of(self, connection: int) -> End | None:
        """The end of a pipe or socket that a Connection has open."""
        handle = self._objects.integer(self._objects.attributes(connection).get("_handle", 0))
        return self._descriptors.get(handle) if handle is not None else None

    def locks_of_queue(self, queue: int) -> dict[str, File]:
        """The semaphores of a queue, by the attributes that have them."""
        return self._parts(queue, _IN_QUEUE) if queue else {}

    def _queue(self, address: int, role: str) -> int | None:
        attributes = self._objects.attributes(address)
        end = self.end_of(attributes.get("_reader", 0)) or self.end_of(attributes.get("_writer", 0))
        if end is None:
            return None
        identity = _OF_QUEUES | end.inode
        for name in ("_reader", "_writer"):
            self._seen[attributes.get(name, 0)] = identity
        parts = self._parts(address, _IN_QUEUE)
        maxsize = self._objects.integer(attributes.get("_maxsize", 0)) or 0
        room = parts.get("_sem")
        limit = self.semlocks[room].limit if room else 0
        self.found[identity] = SeenObject(
            identity,
            role,
            pipe=end.inode,
            maxsize=maxsize if maxsize != _SEM_VALUE_MAX else 0,
            inside=max(0, limit - self._semaphores.value(room)) if room else None,
            reading=parts.get("_rlock"),
            writing=parts.get("_wlock"),
            was_put=self._objects.type_name(attributes.get("_thread", 0)) == "Thread",
            unfinished=self._semaphores.value(parts["_unfinished_tasks"]) if "_unfinished_tasks" in parts else None,
        )
        if role == "JoinableQueue":
            condition = self._of_condition(address)
            self._seen[attributes.get("_cond", 0)] = identity
            parts |= {f"_cond{name}": file for name, file in condition.items()}
        self._own(identity, parts)
        return identity

    def _connection(self, address: int) -> int | None:
        end = self.end_of(address)
        if end is None:
            return None
        identity = pipe_end(end.inode, readable=end.socket or not end.writing)
        peer = self._peers.get(end.inode, 0)
        other = (peer and pipe_end(peer, True)) if end.socket else pipe_end(end.inode, readable=end.writing)
        self.found.setdefault(identity, SeenObject(identity, "Connection", other=other))
        return identity
