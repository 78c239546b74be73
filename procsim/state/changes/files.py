"""Files are opened, read, written and closed. A terminal or /dev/null is no regular file, and has no identity."""

from collections.abc import Mapping

from procsim.state.changes.change import Change
from procsim.state.identities import cells_of
from procsim.state.processes import READ, WROTE
from procsim.state.run_state import RunState
from procsim.wire.events import Event


def _opened(run: RunState, event: Event) -> None:
    if event.object is not None:
        cells_of(run, event).opened(event)


def _read(run: RunState, event: Event) -> None:
    if event.object is not None:
        cells_of(run, event).was_read(event, held_by(run, event.pid))
        run.processes[event.pid].marks.append((event.t, READ, event.fields["value"], False))


def _written(run: RunState, event: Event) -> None:
    if event.object is not None:
        lost = cells_of(run, event).was_written(event, held_by(run, event.pid))
        run.processes[event.pid].marks.append((event.t, WROTE, event.fields["value"], lost is not None))


def _closed(run: RunState, event: Event) -> None:
    if event.object is not None:
        cells_of(run, event).closed(event)


def held_by(run: RunState, pid: int) -> frozenset[int]:
    """The locks that a process holds now, also those that are handed on."""
    held = [identity for identity, lock in run.locks.items() if pid in lock.holders]
    return frozenset(held) if held else _NONE


_NONE: frozenset[int] = frozenset()


CHANGES: Mapping[str, Change] = {
    "file_opened": _opened,
    "file_read": _read,
    "file_written": _written,
    "file_closed": _closed,
}
