"""One read or write of a cell by one process, and what that process has read and written before: see `cells.py`."""

from dataclasses import dataclass, field

from procsim.state.bounds import READS_KEPT
from procsim.wire.events import Event

WRITES = frozenset({"file_written", "value_written", "value_set"})
"""The kinds of events that write."""

_FILE = "file_"
"""With this the kinds of events of a file begin."""


@dataclass(slots=True)
class Access:
    """A read or a write by one process."""

    number: int
    """Counts the accesses to the same file or object."""
    event: Event
    start: int
    end: int
    """The bytes of a file, or the elements of an array, that it touched."""
    locks: frozenset[int]
    """The locks that the process held meanwhile."""
    key: str = ""
    """Of a field or an entry: what follows the name of its object in the program, such as ".x"."""
    read: "Access | None" = None
    """Of a write: the last read of the same process before it."""
    over: Event | None = None
    """Of a write: the update of another process that was lost by it."""
    stale: bool = False
    """Of a write: whether its process had not read what it overwrites."""
    answered: bool = False
    """Of a read: whether its process has lost an update by writing after it."""
    counted: bool = False
    """Of a write: whether its line writes sums or differences."""
    version: int = 0
    """Of a read or a write of an object: how many updates are in what was read or written."""

    found: bool = False
    """Of a read: whether it is known by its value which write it has read, which is not the last one before it."""

    @property
    def path(self) -> str:
        """Of a file; "" of any other cell."""
        return str(self.event.fields.get("path", ""))

    @property
    def is_empty(self) -> bool:
        """Of a read: whether there was nothing."""
        return self.start == self.end or (not self.path and self.event.fields["value"] is None)

    @property
    def is_update(self) -> bool:
        """Of a write: whether it may have been made out of what its process had read."""
        return self.read is not None and self.event.kind != "value_set" and type(self.event.fields["value"]) is not bool

    def does_the_same_as(self, other: "Access") -> bool:
        """Whether two processes wrote the same, and lost nothing by that.

        They had read nothing, and filled a cache; or they had read 0 and set it to 1, as they set a flag.
        """
        pair, written, theirs = (self, other), self.event.fields, other.event.fields
        if (written["value"], written.get("size")) != (theirs["value"], theirs.get("size")):
            return False
        return all(access.read is None or access.read.is_empty for access in pair) or all(
            access.sets_a_flag for access in pair
        )

    @property
    def sets_a_flag(self) -> bool:
        """Of a write: whether it turned 0 to 1, and did not count: by a sum, or in the line that had read it."""
        if self.read is None or self.path or self.event.fields["value"] != 1 or self.counted:
            return False
        return self.read.event.fields["value"] == 0 and self.read.event.at != self.event.at

    def overlaps(self, other: "Access") -> bool:
        """Whether both touched the same. A read of an empty file counts as one of its first byte."""
        same = self.start < max(other.end, other.start + 1) and other.start < max(self.end, self.start + 1)
        return same and self.key == other.key and self.path == other.path


def place_words(event: Event) -> str:
    """What follows the name of an object in the program's code, for an access to a part of it: "[3]", ".x"."""
    if event.fields.get("key"):
        return str(event.fields["key"])
    if event.kind.startswith(_FILE) or "offset" not in event.fields:
        return ""
    start, size = event.fields["offset"], event.fields["size"]
    return f"[{start}]" if size == 1 else f"[{start}:{start + size}]"


Place = tuple[int, int, str] | None
"""Of an access: its start, end and key; of a file, where a read goes on where the last one ended, None."""


@dataclass(slots=True)
class Use:
    """What one process does with the cells."""

    mode: str = ""
    """The mode in which it last opened the file for writing; "" where that was not seen."""
    reads: dict[Place, Access] = field(default_factory=dict)
    """The last read of each place that no finished write has followed yet."""
    seen: Access | None = None
    """The last read or write: the version that the process knows."""
    written: bool = False
    set_by: dict[tuple[str | None, Place], object] = field(default_factory=dict)
    """What a line wrote into a place when this process had read nothing of it."""
    forgot: bool = False
    """Whether it has read more than is kept."""

    def wrote_unread(self, event: Event, place: Place) -> None:
        """It has written to a place that it had not read."""
        self.set_by[event.at, place] = event.fields["value"]
        if len(self.set_by) > READS_KEPT:
            del self.set_by[next(iter(self.set_by))]
