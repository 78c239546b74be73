"""Updates that could be lost in another run: of one file, by two processes that nothing keeps in order.

    Event ──► CHANGES of Order: what is certain to have happened before
          └─► ACCESSES of Races ──► updates ──► two that nothing orders: a Race

An update is a read and then a write of one process. Here two of them came one after the other, so neither was lost. But
where the write of the first is not certain to come before the read of the second (`happens_before.py`), and no lock was
held from read to write by both, the next run may have them the other way round, and one in the middle of the other.

Not an update is

- what only writes or only reads: a flag that one process sets and others poll. Who reads it comes after that write;
- what is appended, or goes to other bytes of the file;
- the same once more, as of two processes that fill a cache;
- what a process does to a cell that it polls: it waits there for its turn.

What was read of one cell orders all others: who has read there what another process wrote comes after that write.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from procsim.state.bounds import UPDATES_KEPT, WATCHED_KEPT
from procsim.state.clocks import Clock, Epoch
from procsim.state.happens_before import Order
from procsim.wire.events import Event

POLLS = 3
"""Who reads a cell so often at one line, and nowhere else in between, waits for what others write there."""

Place = tuple[int, str]
"""A cell: the identity of a file, and the path by which it is used; or that of an object, and what follows its name in
the program's code, such as "['sum']", if it has several."""

Span = tuple[int, int]
"""What was read or written of a cell: its first byte or element, and the one behind the last."""

TO_THE_END = 1 << 63

_NONE: frozenset[int] = frozenset()
_WRITES, _EMPTIES = frozenset("wax+"), frozenset("wx")
"""Signs of the mode in which a file is opened."""


@dataclass(slots=True)
class Update:
    """What a process has read of a cell, and what it then wrote to it."""

    read: Event
    read_number: int
    """Counts the accesses of the run."""
    read_span: Span
    known: Clock
    """What was certain to have happened before the read."""
    held: Mapping[int, int]
    """The locks held at the read, with the numbers of these holds."""
    write: Event | None = None
    """The first one; None: there was none yet."""
    write_number: int = 0
    """Of the last one."""
    write_span: Span = (0, 0)
    epoch: Epoch = (0, 0)
    guards: frozenset[int] = frozenset()
    """The locks held from the read to the last write."""

    def share_a_byte(self, other: "Update") -> bool:
        """Whether there is a byte that both have read and written. One that is read where the file ends counts."""
        spans = (self.read_span, self.write_span, other.read_span, other.write_span)
        return max(start for start, _ in spans) < min(max(end, start + 1) for start, end in spans)

    def is_the_same_work(self, other: "Update") -> bool:
        """Whether both wrote the same, and once more changes nothing."""
        assert self.write is not None and other.write is not None
        written, theirs = _content(self.write), _content(other.write)
        read = [_content(self.read), _content(other.read)]
        return written == theirs and (written in read or not any(size for _, size in read))


@dataclass(frozen=True, slots=True)
class Race:
    """Two updates by two processes that came one after the other by luck."""

    place: Place
    first: Update
    second: Update


@dataclass(slots=True)
class _Use:
    """What one process does with a cell."""

    update: Update | None = None
    """The one in hand: read, and perhaps written."""
    compared: int = -1
    """With how many of the updates of the cell its last one was compared: see `_Cell.kept`."""
    appends: bool = False
    empties: bool = False
    """How it has opened it for writing: it is emptied by that."""
    is_its_own: bool = False
    """Whether all that is in it now comes from this process, which has emptied it."""
    polls: int = 0
    """How often in a row it has read it at one line."""
    line: str | None = None
    """That line."""


@dataclass(slots=True)
class _Cell:
    """The updates of one cell; the last of each process, for each span and each set of guards."""

    uses: dict[int, _Use] = field(default_factory=dict)
    updates: dict[tuple[int, Span, frozenset[int]], Update] = field(default_factory=dict)
    kept: int = 0
    """How many updates were kept in all."""
    pollers: set[int] = field(default_factory=set)
    """The processes that poll it."""


class Races:
    """Finds the updates of a run that nothing keeps in order: the first two of each cell."""

    def __init__(self) -> None:
        self.order = Order()
        self.found: dict[Place, Race] = {}
        self._cells: dict[Place, _Cell] = {}
        self._accesses = 0

    # What is done to a cell ----------------------------------------------------------------------------------

    def opened(self, place: Place, pid: int, mode: str) -> None:
        """A process has opened a file."""
        to_write = not _WRITES.isdisjoint(mode)
        self.order.file_was_opened(pid, place[0], to_write)
        if to_write:
            use = self._use(self._cell(place), pid)
            use.appends = "a" in mode
            use.empties = use.is_its_own = not _EMPTIES.isdisjoint(mode)

    def was_read(self, place: Place, event: Event, span: Span) -> None:
        """A process has read from it."""
        pid, order = event.pid, self.order
        cell = self._cells.get(place) or self._cell(place)
        use = cell.uses.get(pid) or self._use(cell, pid)
        before = use.update
        if before is not None and before.write is None and before.read_span[1] == span[0] != 0:  # it reads on
            before.read_span = (before.read_span[0], span[1])
            return
        if use.line == event.at:
            use.polls += 1
            if use.polls == POLLS:
                self._polls(place, cell, pid)
        else:
            use.polls, use.line = 1, event.at
        if order.clocks.has_some:
            self._learn_flag(place, pid)
        if (span[1] > span[0] or span[0] == 0) and not use.is_its_own:
            self._accesses += 1
            use.update = Update(event, self._accesses, span, order.before_read(pid), order.held(pid))
        order.clocks.learn(pid, ("updates", place))

    def was_written(self, place: Place, event: Event, span: Span) -> None:
        """A process has written to it."""
        pid, clocks = event.pid, self.order.clocks
        cell = self._cells.get(place) or self._cell(place)
        use = cell.uses.get(pid) or self._use(cell, pid)
        use.polls, use.line = 0, None
        update = use.update
        if update is None or use.appends:
            self.was_set(place, pid)
            return
        self._accesses += 1
        if use.empties:
            span = (0, TO_THE_END)
        if update.write is None:
            update.write, update.write_span = event, span
        else:
            cell.updates.pop((pid, update.write_span, update.guards), None)
            update.write_span = (min(update.write_span[0], span[0]), max(update.write_span[1], span[1]))
        update.write_number, update.epoch = self._accesses, self.order.update(pid, place)
        update.guards = self.order.held_since(pid, update.held) if update.held else _NONE
        clocks.tell_readers(pid, place)
        if place[1].startswith("/"):
            self.order.file_was_updated(*place)
        if clocks.forgotten:
            self._forget_updates()
        key = pid, update.write_span, update.guards
        before = cell.updates.get(key)
        if before is None or before.epoch != update.epoch:
            cell.kept += 1
            cell.updates[key] = update
            if len(cell.updates) > UPDATES_KEPT:
                del cell.updates[next(iter(cell.updates))]
        elif use.compared == cell.kept:  # it differs in nothing that matters from one that was compared with all others
            return
        use.compared = cell.kept if self._is_compared(place, cell, update) else -1

    def was_set(self, place: Place, pid: int) -> None:
        """A process has written to it what does not come of what it has read."""
        if place[1].startswith("/"):
            self.order.file_was_set(pid, place[0])
            self.order.clocks.tell(pid, ("path", place[1]))
        else:
            self.order.clocks.tell(pid, ("flag", place))

    def finished(self, place: Place, pid: int) -> None:
        """After a write the next update of this process begins with a new read."""
        cell = self._cells.get(place) or self._cell(place)
        use = cell.uses.get(pid) or self._use(cell, pid)
        use.is_its_own = False
        if use.update is not None and use.update.write is not None:
            use.update = None

    def _learn_flag(self, place: Place, pid: int) -> None:
        if place[1].startswith("/"):
            self.order.file_was_read(pid, place[0])
        else:
            self.order.clocks.learn(pid, ("flag", place))

    # Within --------------------------------------------------------------------------------------------------

    def _is_compared(self, place: Place, cell: _Cell, second: Update) -> bool:
        """Compare an update with those by other processes. Returns whether that need not be done again."""
        if place in self.found or second.epoch[0] in cell.pollers:
            return False
        is_after_all = True
        for first in cell.updates.values():
            pid, number = first.epoch
            if pid == second.epoch[0]:
                continue
            if first.write_number >= second.read_number:
                is_after_all = False
            elif (
                second.known.get(pid, 0) < number
                and not first.guards & second.guards
                and pid not in cell.pollers
                and first.share_a_byte(second)
                and not first.is_the_same_work(second)
            ):
                self.found[place] = Race(place, first, second)
                return True
        return is_after_all

    def _polls(self, place: Place, cell: _Cell, pid: int) -> None:
        """A process waits for what others write there."""
        cell.pollers.add(pid)
        race = self.found.get(place)
        if race is not None and pid in (race.first.epoch[0], race.second.epoch[0]):
            del self.found[place]

    def _cell(self, place: Place) -> _Cell:
        cell = self._cells.get(place)
        if cell is None:
            if len(self._cells) >= WATCHED_KEPT:
                del self._cells[next(iter(self._cells))]
            cell = self._cells[place] = _Cell()
        return cell

    def _use(self, cell: _Cell, pid: int) -> _Use:
        uses = cell.uses
        if pid not in uses:
            if len(uses) >= UPDATES_KEPT:
                del uses[next(iter(uses))]
            uses[pid] = _Use()
        return uses[pid]

    def _forget_updates(self) -> None:
        gone = self.order.clocks.forgotten
        for cell in self._cells.values():
            for key in [key for key in cell.updates if key[0] in gone]:
                del cell.updates[key]
        gone.clear()


def _content(event: Event) -> tuple[str, int]:
    return str(event.fields.get("value")), event.fields.get("size", 0)


# Files -------------------------------------------------------------------------------------------------------


def _place(event: Event) -> Place:
    return event.object or 0, str(event.fields["path"])


def _span(event: Event) -> Span:
    start = event.fields.get("offset", 0)
    return start, start + event.fields["size"]


def _opened(races: Races, event: Event) -> None:
    races.opened(_place(event), event.pid, event.fields["mode"])


def _read(races: Races, event: Event) -> None:
    races.was_read(_place(event), event, _span(event))


def _written(races: Races, event: Event) -> None:
    races.was_written(_place(event), event, _span(event))


def _closed(races: Races, event: Event) -> None:
    races.finished(_place(event), event.pid)


# Values, arrays, and what is in managers -------------------------------------------------------------------------


def _place_of_value(event: Event) -> Place:
    return event.object or 0, str(event.fields.get("key", ""))


def _span_of_value(event: Event) -> Span:
    fields = event.fields
    if "offset" not in fields:
        return 0, 1
    start = fields["offset"]
    return start, start + fields["size"]


def _value_read(races: Races, event: Event) -> None:
    races.order.entry_was_read(event.pid)
    if races.order.clocks.has_some:
        races.order.clocks.learn(event.pid, ("changed", event.object))
    races.was_read(_place_of_value(event), event, _span_of_value(event))


def _value_written(races: Races, event: Event) -> None:
    place = _place_of_value(event)
    if type(event.fields.get("value")) is bool:  # a flag
        races.was_set(place, event.pid)
    else:
        races.was_written(place, event, _span_of_value(event))
    races.finished(place, event.pid)


def _value_changed(races: Races, event: Event) -> None:
    """By a method that may change any entry, such as `update` or `append`."""
    races.order.clocks.tell(event.pid, ("changed", event.object))


def _value_set(races: Races, event: Event) -> None:
    place = _place_of_value(event)
    races.was_set(place, event.pid)
    races.finished(place, event.pid)


ACCESSES: Mapping[str, Callable[[Races, Event], None]] = {
    "file_opened": _opened,
    "file_read": _read,
    "file_written": _written,
    "file_closed": _closed,
    "value_read": _value_read,
    "value_written": _value_written,
    "value_set": _value_set,
    "value_changed": _value_changed,
}
"""What reads and writes cells. Another kind of cell is one more row for each of its events."""
