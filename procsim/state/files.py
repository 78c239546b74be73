"""What processes read from files and wrote to them, and which of these writes were lost.

A write is lost when another process, which had read the file before that write, writes over it: it cannot know of what
it has not read. All of it under the same name: the system gives the number of a file that was removed, or moved to
another name, to the next one. What is kept of each file is bounded.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from procsim.wire.events import Event

WRITES_KEPT = 32
"""Writes to one file that a later one may turn out to have gone over, the last ones."""

PAIRS_KEPT = 10
"""Lost updates of one file that are kept with both sides, the first ones; they are all counted."""

_TO_THE_END = 1 << 63


@dataclass(slots=True)
class Access:
    """A read or a write by one process."""

    number: int
    """Counts the accesses to the file."""
    event: Event
    start: int
    end: int
    """The bytes of the file it touched."""
    locks: frozenset[int]
    """What the process held meanwhile."""
    read: "Access | None" = None
    """Of a write: the read of the same process that came before it."""
    answered: bool = False
    """Of a read: whether its process has lost an update by writing after it."""

    @property
    def path(self) -> str:
        return str(self.event.fields["path"])

    @property
    def is_empty(self) -> bool:
        return self.start == self.end

    def does_the_same_as(self, other: "Access") -> bool:
        """Whether both wrote the same where they had found nothing: who fills a cache so loses nothing."""
        found = [access.read is None or access.read.is_empty for access in (self, other)]
        written, theirs = self.event.fields, other.event.fields
        return all(found) and (written["value"], written["size"]) == (theirs["value"], theirs["size"])

    def overlaps(self, other: "Access") -> bool:
        """Whether both touched some byte, where even nothing read from an empty file is its first one."""
        return self.start < max(other.end, other.start + 1) and other.start < max(self.end, self.start + 1)


@dataclass(slots=True)
class Use:
    """What one process does with one file."""

    mode: str = ""
    """How it last opened the file to write; "" where that was not seen."""
    read: Access | None = None
    """The last read from which no finished write has followed yet."""
    written: bool = False


@dataclass(slots=True)
class File:
    """What has one number in the file system: a file, or several, one after the other."""

    users: int = 1_000
    """So many of the processes that use it are known, the last ones."""
    uses: dict[int, Use] = field(default_factory=dict)
    """By PID."""
    accesses: int = 0
    writes: deque[Access] = field(default_factory=lambda: deque(maxlen=WRITES_KEPT))
    lost: int = 0
    """Updates that were lost."""
    pairs: list[tuple[Access, Access]] = field(default_factory=list)
    """Of lost updates: the write that was lost, and the one that went over it."""

    def opened(self, event: Event) -> None:
        """A process opened it."""
        use = self._use(event.pid)
        if set(event.fields["mode"]) & set("wax+"):
            use.mode = event.fields["mode"]

    def was_read(self, event: Event, locks: frozenset[int]) -> None:
        """A process read from it; a read that goes on where the last one ended belongs to that one."""
        use = self._use(event.pid)
        access = self._access(event, locks)
        before = use.read
        if before is not None and before.end == access.start:
            if access.end > access.start:
                before.number, before.end = access.number, access.end
        elif access.end > access.start or access.start == 0:
            use.read, use.written = access, False

    def was_written(self, event: Event, locks: frozenset[int]) -> None:
        """A process wrote to it. What is appended goes over nothing."""
        use = self._use(event.pid)
        if not use.mode or "a" in use.mode:
            return
        access = self._access(event, locks)
        access.read = use.read if use.read is not None and use.read.path == access.path else None
        if "w" in use.mode:  # whatever was there is gone
            access.start, access.end = 0, _TO_THE_END
        lost = next(self._unseen(access), None)
        if lost is not None and use.read is not None and not use.read.answered:
            use.read.answered = True
            self.lost += 1
            if len(self.pairs) < PAIRS_KEPT:
                self.pairs.append((lost, access))
        use.written = True
        self.writes.append(access)

    def closed(self, event: Event) -> None:
        """A process closed it. With a write that is finished its read is forgotten: the next one starts anew."""
        use = self.uses.get(event.pid)
        if use is not None and use.written:
            use.read, use.written = None, False

    def _use(self, pid: int) -> Use:
        use = self.uses.get(pid)
        if use is None:
            if len(self.uses) >= self.users:
                del self.uses[next(iter(self.uses))]
            use = self.uses[pid] = Use()
        return use

    def _access(self, event: Event, locks: frozenset[int]) -> Access:
        self.accesses += 1
        start = event.fields.get("offset", 0)
        return Access(self.accesses, event, start, start + event.fields["size"], locks)

    def _unseen(self, access: Access) -> Iterator[Access]:
        """The updates by others that this write goes over, and that its process cannot have seen; the last one first.

        Where a lock was held both for its read and for the other's write, the program has them in an order of its own.
        """
        read = access.read
        for other in reversed(self.writes):
            if read is None or other.number < read.number:
                return
            update = other.read is not None and other.event.pid != access.event.pid and other.path == access.path
            seen = other.locks & read.locks or access.does_the_same_as(other)
            if update and other.overlaps(access) and other.overlaps(read) and not seen:
                yield other
