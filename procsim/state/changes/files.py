"""Files are opened, read, written and closed. A terminal or /dev/null is no regular file, and has no identity."""

from collections.abc import Mapping

from procsim.state.changes.change import Change
from procsim.state.identities import cells_of
from procsim.state.processes import READ, WROTE
from procsim.state.run_state import RunState
from procsim.wire.events import Event


def _opened(run: RunState, event: Event) -> None:
    if event.object is not None:
        cells_of(run, event.object).opened(event)


def _read(run: RunState, event: Event) -> None:
    if event.object is not None:
        cells_of(run, event.object).was_read(event, _held(run, event.pid))
        run.processes[event.pid].marks.append((event.t, READ, event.fields["value"], False))


def _written(run: RunState, event: Event) -> None:
    if event.object is not None:
        lost = cells_of(run, event.object).was_written(event, _held(run, event.pid))
        run.processes[event.pid].marks.append((event.t, WROTE, event.fields["value"], lost is not None))


def _closed(run: RunState, event: Event) -> None:
    if event.object is not None:
        cells_of(run, event.object).closed(event)


def _held(run: RunState, pid: int) -> frozenset[int]:
    return frozenset(identity for identity, lock in run.locks.items() if pid in lock.holders)


CHANGES: Mapping[str, Change] = {
    "file_opened": _opened,
    "file_read": _read,
    "file_written": _written,
    "file_closed": _closed,
}
