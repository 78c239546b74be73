"""Cells: what several processes read and write. Which version each has seen, who is out of date, which write was lost.

    a read or a write ──► Cells ──► the version that its process has seen ──► out of date: others have written since
                               └──► a lost update: it wrote over what others had written since its read

A cell is a range of bytes of a file. Its versions are the writes to it, in their order. A process has seen the version
that it read or wrote last. It is out of date when another process has written to the same bytes since. That is no
fault: whoever reads a log or a configuration file is out of date now and then. What is appended makes nobody so.

An update is lost when a process overwrites it that had read the cell before: it could not take the update into account.
Both must use the same path, since the system gives the number of a file that was removed or renamed to the next new
file.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from procsim.state.bounds import PAIRS_KEPT, WRITES_KEPT
from procsim.wire.events import Event

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
    """The locks that the process held meanwhile."""
    read: "Access | None" = None
    """Of a write: the last read of the same process before it."""
    over: Event | None = None
    """Of a write: the update of another process that was lost by it."""
    answered: bool = False
    """Of a read: whether its process has lost an update by writing after it."""

    @property
    def path(self) -> str:
        return str(self.event.fields["path"])

    @property
    def name(self) -> str:
        """The name of the file, without its folder."""
        return self.path.rsplit("/", 1)[-1]

    @property
    def is_empty(self) -> bool:
        return self.start == self.end

    def does_the_same_as(self, other: "Access") -> bool:
        """Whether both had read nothing and wrote the same: two processes that fill a cache lose nothing."""
        found = [access.read is None or access.read.is_empty for access in (self, other)]
        written, theirs = self.event.fields, other.event.fields
        return all(found) and (written["value"], written["size"]) == (theirs["value"], theirs["size"])

    def overlaps(self, other: "Access") -> bool:
        """Whether both touched some byte. A read of an empty file counts as one of its first byte."""
        return self.start < max(other.end, other.start + 1) and other.start < max(self.end, self.start + 1)


@dataclass(slots=True)
class Use:
    """What one process does with the cells."""

    mode: str = ""
    """The mode in which it last opened the file for writing; "" where that was not seen."""
    read: Access | None = None
    """The last read that no finished write has followed yet."""
    seen: Access | None = None
    """The last read or write: the version that the process knows."""
    written: bool = False


@dataclass(slots=True)
class Cells:
    """The cells of what has one number in the file system: one file, or several, one after the other."""

    users: int
    """How many of the processes that use them are known, the last ones."""
    uses: dict[int, Use] = field(default_factory=dict)
    """By PID."""
    accesses: int = 0
    writes: deque[Access] = field(default_factory=lambda: deque(maxlen=WRITES_KEPT))
    identity: int = 0
    lost: int = 0
    """Updates that were lost."""
    pairs: list[tuple[Access, Access]] = field(default_factory=list)
    """The first lost updates: the write that was lost, and the write that overwrote it."""

    @property
    def name(self) -> str:
        """The name of the file that was written last, without its folder; "?" where none was."""
        return self.writes[-1].name if self.writes else "?"

    def opened(self, event: Event) -> None:
        """A process has opened it."""
        use = self._use(event.pid)
        if set(event.fields["mode"]) & set("wax+"):
            use.mode = event.fields["mode"]

    def was_read(self, event: Event, locks: frozenset[int]) -> None:
        """A process has read from it; a read that goes on where its last one ended belongs to that one."""
        use = self._use(event.pid)
        access = self._access(event, locks)
        before = use.read
        if before is not None and before.end == access.start:
            if access.end > access.start:
                before.number, before.end = access.number, access.end
        elif access.end > access.start or access.start == 0:
            use.read, use.seen, use.written = access, access, False

    def was_written(self, event: Event, locks: frozenset[int]) -> Event | None:
        """A process has written to it. An append overwrites nothing. Returns the update that was lost by this write."""
        use = self._use(event.pid)
        if not use.mode or "a" in use.mode:
            return None
        access = self._access(event, locks)
        access.read = use.read if use.read is not None and use.read.path == access.path else None
        if "w" in use.mode:  # opening it has emptied it
            access.start, access.end = 0, _TO_THE_END
        lost = next(self._unseen(access), None)
        if lost is not None and use.read is not None and not use.read.answered:
            use.read.answered = True
            self.lost += 1
            access.over = lost.event
            if len(self.pairs) < PAIRS_KEPT:
                self.pairs.append((lost, access))
        use.seen, use.written = access, True
        self.writes.append(access)
        return access.over

    def news(self, pid: int) -> Access | None:
        """The last write by another process to what this one has seen, since it has seen it; None: it is up to date.

        Only WRITES_KEPT writes are known: what was written before them is not.
        """
        use = self.uses.get(pid)
        if use is None or use.seen is None:
            return None
        for write in reversed(self.writes):
            if write.number <= use.seen.number:
                break
            if write.event.pid != pid and write.path == use.seen.path and write.overlaps(use.seen):
                return write
        return None

    def closed(self, event: Event) -> None:
        """A process has closed it. After a finished write its next update begins with a new read."""
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
        """The updates by other processes that this write overwrites unread, the last one first.

        Where both held the same lock, one for its read and the other for its write, the program orders them itself.
        """
        read = access.read
        for other in reversed(self.writes):
            if read is None or other.number < read.number:
                return
            update = other.read is not None and other.event.pid != access.event.pid and other.path == access.path
            seen = other.locks & read.locks or access.does_the_same_as(other)
            if update and other.overlaps(access) and other.overlaps(read) and not seen:
                yield other
