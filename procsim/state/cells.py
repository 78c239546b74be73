"""Cells: what several processes read and write. Which version each has seen, who is out of date, which write was lost.

    a read or a write ──► Cells ──► the version that its process has seen ──► out of date: others have written since
                               └──► a lost update: it wrote over what others had written since its read

A cell is a range of bytes of a file, a Value, a field of a structure, some elements of an Array, or an entry of a dict,
list or Namespace of a manager. Its versions are the writes to it, in their order. A process has seen the version that
it read or wrote last. It is out of date when another process has written to the same cell since. That is no fault:
whoever reads a log, a configuration file or a flag is out of date now and then. What is appended makes nobody so.

An update is a write by a process that had read the cell. It is lost when another process overwrites it whose last read
was before the update: that one could not take it into account. What the program writes as a constant, or as a bool, is
no update: it was not made out of what was read (`stop.value = 1`); nor is what a line writes again that wrote the same
when nothing had been read. None is lost where the number that was read stands there again: a read just before the write
would have found the same.
Of a file both must use the same path, since the system gives the number of a file that was removed or renamed to the
next new file.

Of a Value or an entry, `lost` counts the updates that are not in what it holds now: each overwriting write sets it back
to the version that its process had read, and one more. Of an entry the figure may be wrong by a few, since nobody sees
in which order a manager does what is asked of it at once. Of a file, overwriting writes are counted.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from zlib import crc32

from procsim.state.accesses import Access, Place, Use, place_words
from procsim.state.bounds import PAIRS_KEPT, PLACES_KEPT, RANGES_KEPT, READS_KEPT, WRITES_KEPT, WRITES_OF_A_RANGE
from procsim.wire.events import Event

_TO_THE_END = 1 << 63
_ONLY = (0,)


@dataclass(slots=True)
class Cells:
    """The cells of one object; or of what has one number in the file system: one file, or several after each other."""

    most: int
    """Of so many processes at most it is known how they use them, and of so many values which write they come from. If
    there are more, the first ones are forgotten."""
    ranges: int = RANGES_KEPT
    """In so many parts the last writes are kept, of an Array or a dict."""
    uses: dict[int, Use] = field(default_factory=dict)
    """By PID."""
    accesses: int = 0
    writes: dict[int, deque[Access]] = field(default_factory=dict)
    """The last writes: of an Array and of a dict by parts, of which there are `ranges` at most."""
    last: Access | None = None
    """The last write."""
    changed: int = 0
    """Of an object of a manager's: ns, when a method last changed it that may change any entry."""
    identity: int = 0
    at: str | None = None
    """Of an object: the line that made it."""
    path: str = ""
    """Of a file: the path by which it was used last."""
    label: str = ""
    """Of an object: its name."""
    type: str = ""
    """Of an object."""
    length: int = 1
    """Of an Array: how many elements it has."""
    lock: int | None = None
    """Of a Value or an Array: the identity of the lock inside."""
    gone: int = 0
    """Updates that were overwritten unread, also where both wrote the same: see `lost`."""
    pairs: list[tuple[Access, Access]] = field(default_factory=list)
    """The first lost updates: the write that was lost, and the write that overwrote it."""
    versions: dict[Place, int] = field(default_factory=dict)
    """Of each place of an object: how many updates are in what it holds now."""
    answers: dict[tuple[Place, str | None], Access] = field(default_factory=dict)
    """Of what a manager has: the last write of each value, and, under None, of each place."""
    copies: dict[str | None, tuple[Event, int]] = field(default_factory=dict)
    """Lines that change a copy of an entry, and let go of it: the first `value_copy_changed` of each, and how many."""
    counting: set[str] = field(default_factory=set)
    """Lines that write sums or differences."""
    forgot: bool = False
    """Whether there was too much to be kept, so that more updates may have been lost than are counted."""

    @property
    def lost(self) -> int:
        """Updates that were lost: none, where all that was overwritten unread was the same, as a flag that is set."""
        return self.gone if self.pairs else 0

    @property
    def name(self) -> str:
        """The name of the object; of a file, that without its folder."""
        return self.label or self.path.rsplit("/", 1)[-1]

    def name_of(self, access: Access) -> str:
        """What was read or written, as the program has it: "counter", "cells[3]", "shared['sum']", or a file."""
        return self.label + place_words(access.event) if self.label else access.path.rsplit("/", 1)[-1]

    def opened(self, event: Event) -> None:
        """A process has opened it."""
        use = self._use(event.pid)
        if set(event.fields["mode"]) & set("wax+"):
            use.mode = event.fields["mode"]

    def was_read(self, event: Event, locks: frozenset[int]) -> None:
        """A process has read from it; a read of a file that goes on where its last one ended belongs to that one."""
        use = self._use(event.pid)
        access, place = self._access(event, locks)
        before = use.reads.get(None)
        if place is not None:
            access.version = self.versions.get(place, 0)
            if self.lock is None:
                self._find_version(access, place)
            use.reads.pop(place, None)
            use.reads[place] = use.seen = access
            if len(use.reads) > READS_KEPT:
                del use.reads[next(iter(use.reads))]
                use.forgot = True
        elif before is not None and before.end == access.start:
            if access.end > access.start:
                before.number, before.end = access.number, access.end
        elif access.end > access.start or access.start == 0:
            use.reads[None] = use.seen = access
            use.written = False

    def was_written(self, event: Event, locks: frozenset[int]) -> Event | None:
        """A process has written to it. An append overwrites nothing. Returns the update that was lost by this write."""
        use = self._use(event.pid)
        access, place = self._access(event, locks)
        if place is None:
            if not use.mode or "a" in use.mode:
                return None
            read = use.reads.get(None)
            access.read = read if read is not None and read.path == access.path else None
            if "w" in use.mode:  # opening it has emptied it
                access.start, access.end = 0, _TO_THE_END
        else:
            access.read = read = use.reads.pop(place, None)
            if read is None:
                use.wrote_unread(event, place)
            elif use.set_by.get((event.at, place), use) == event.fields["value"]:
                access.read = read = None
            elif self._stands_again(read):
                read.number, read.version = access.number, self.versions.get(place, 0)  # as if it had been read now
            access.counted = self._counts(event)
            self.forgot = self.forgot or (read is None and use.forgot)
        lost = None
        for unseen in self._unseen(access):
            access.stale = True
            if not access.does_the_same_as(unseen):
                lost = unseen
                break
        if lost is not None and read is not None and not read.answered:
            read.answered = True
            access.over = lost.event
            if len(self.pairs) < PAIRS_KEPT:
                self.pairs.append((lost, access))
        self._count(access, place)
        if self.lock is None and place is not None:
            self._keep_version(access, place)
        use.seen, use.written = access, True
        self.last = access
        parts = self._parts(access)
        for part in parts:
            writes = self.writes.get(part)
            if writes is None:
                writes = self.writes[part] = deque(maxlen=WRITES_KEPT if parts is _ONLY else WRITES_OF_A_RANGE)
            writes.append(access)
        return access.over

    def were_updated(self, times: int) -> None:
        """A process has read it and written to it, so often. It is a Value, nobody else has used it meanwhile, and so
        many accesses follow that none of these would still be kept."""
        self.accesses += 2 * times
        for place in self.versions:
            self.versions[place] += times

    @property
    def writers(self) -> set[int]:
        """The PIDs of those that have written to it, as far as they are known."""
        return {pid for pid, use in self.uses.items() if use.written}

    @property
    def last_change(self) -> int:
        """ns: when it was last written, or changed."""
        return max(self.changed, self.last.event.t if self.last is not None else 0)

    def was_changed(self, event: Event) -> None:
        """Nobody knows what is in it now: a method of a manager's object has changed it."""
        self._use(event.pid).written = True
        self.changed = event.t
        self.writes.clear()
        self.versions.clear()
        self.answers.clear()
        for use in self.uses.values():
            use.reads.clear()

    def copy_was_changed(self, event: Event) -> None:
        """A process has changed what it had read from it, and let go of it."""
        first, count = self.copies.get(event.at, (event, 0))
        if count or len(self.copies) < PAIRS_KEPT:
            self.copies[event.at] = first, count + 1

    def news(self, pid: int) -> Access | None:
        """The last write by another process to what this one has seen, since it has seen it; None: it is up to date.

        Only WRITES_KEPT writes are known: what was written before them is not.
        """
        use = self.uses.get(pid)
        if use is None or use.seen is None:
            return None
        for part in self._parts(use.seen):
            for write in reversed(self.writes.get(part, ())):
                if write.number <= use.seen.number:
                    break
                if write.event.pid != pid and write.overlaps(use.seen):
                    return write
        return None

    def closed(self, event: Event) -> None:
        """A process has closed it. After a finished write its next update begins with a new read."""
        use = self.uses.get(event.pid)
        if use is not None and use.written:
            use.reads.clear()
            use.written = False

    def _counts(self, event: Event) -> bool:
        if event.fields.get("counted") and event.at and len(self.counting) < PAIRS_KEPT:
            self.counting.add(event.at)
        return event.at in self.counting

    def _use(self, pid: int) -> Use:
        use = self.uses.get(pid)
        if use is None:
            if len(self.uses) >= self.most:
                del self.uses[next(iter(self.uses))]
                self.forgot = True
            use = self.uses[pid] = Use()
        return use

    def _access(self, event: Event, locks: frozenset[int]) -> tuple[Access, Place]:
        self.accesses += 1
        get = event.fields.get
        start = get("offset", 0)
        end, key = start + get("size", 1), get("key", "")
        access = Access(self.accesses, event, start, end, locks, key)
        return access, (start, end, key) if self.label else None

    def _parts(self, access: Access) -> Iterable[int]:
        """Where among `writes` an access has its place."""
        if access.key:
            return (crc32(access.key.encode()) % self.ranges,)
        if self.length <= 1:
            return _ONLY
        width = -(-self.length // self.ranges)
        return range(max(0, access.start // width), min(self.ranges, (access.end - 1) // width + 1))

    def _find_version(self, read: Access, place: Place) -> None:
        """Find the write whose value was read: a manager may have done the last ones after that.

        The last write of that value is taken. Where none is known, the last one of all.
        """
        found = self.answers.get((place, str(read.event.fields["value"])))
        if found is not None and found.number < self.answers[place, None].number:
            read.number, read.version, read.found = found.number, found.version, True

    def _keep_version(self, write: Access, place: Place) -> None:
        """Keep what can be read from a manager after this write."""
        key = place, str(write.event.fields["value"])
        self.answers.pop(key, None)
        self.answers[key] = self.answers[place, None] = write
        if len(self.answers) > self.most:
            self.answers.clear()  # it is not known any more which write was read

    def _stands_again(self, read: Access) -> bool:
        """Whether others have written since this read, but the number that was read stands there again."""
        value = read.event.fields["value"]
        if self.lock is None or type(value) not in (int, float):
            return False
        for part in self._parts(read):
            for write in reversed(self.writes.get(part, ())):
                if write.number <= read.number:
                    break
                if write.overlaps(read):
                    same = (write.start, write.end) == (read.start, read.end)
                    return same and bool(write.event.fields["value"] == value)
        return False

    def _count(self, write: Access, place: Place) -> None:
        """Count the updates that are lost by a write, or found again: it may go over what had overwritten others."""
        if place is None:
            self.gone += write.over is not None
            return
        known = self.versions.get(place)
        if known is None and len(self.versions) >= min(PLACES_KEPT, self.most):
            self.gone += write.over is not None
            self.forgot = True
            return
        version = known or 0
        if write.read is not None and (write.stale or write.read.found):
            self.gone += version - write.read.version
            version = write.read.version
        self.versions[place] = write.version = version + 1

    def _unseen(self, access: Access) -> Iterator[Access]:
        """The updates by other processes that this write overwrites unread, the last one first.

        Where both held the same lock, one for its read and the other for its write, the program orders them itself.
        """
        read = access.read
        if read is None or not access.is_update:
            return
        for part in self._parts(access):
            writes = self.writes.get(part, ())
            for other in reversed(writes):
                if other.number <= read.number:
                    break
                update = other.event.pid != access.event.pid and other.is_update
                if not update or not other.overlaps(access) or not other.overlaps(read):
                    continue
                if not other.locks & read.locks:
                    yield other
            else:
                self.forgot = self.forgot or (len(writes) == WRITES_OF_A_RANGE and bool(access.key or self.length > 1))
