"""Values, arrays, and what is in managers are made, read and written."""

from collections.abc import Mapping

from procsim.state.bounds import MARKS_KEPT, WRITES_KEPT
from procsim.state.cells import Cells
from procsim.state.changes.change import Change
from procsim.state.changes.files import held_by
from procsim.state.changes.waits import no_poll, wait_ended
from procsim.state.identities import cells_of, new_cells
from procsim.state.processes import READ, WROTE
from procsim.state.run_state import RunState
from procsim.wire.events import Event, event_in


def _read(run: RunState, event: Event) -> None:
    cells = cells_of(run, event)
    cells.was_read(event, held_by(run, event.pid))
    process = run.processes[event.pid]
    process.marks.append((event.t, READ, event.fields["value"], False))
    process.looked = event
    _end_wait(run, event, cells)


def _written(run: RunState, event: Event) -> None:
    cells = cells_of(run, event)
    lost = cells.was_written(event, held_by(run, event.pid))
    process = run.processes[event.pid]
    process.marks.append((event.t, WROTE, event.fields["value"], lost is not None))
    if process.polls:
        no_poll(process, event.thread)
    _end_wait(run, event, cells)


def _changed(run: RunState, event: Event) -> None:
    cells_of(run, event).was_changed(event)
    no_poll(run.processes[event.pid], event.thread)


def _copy_changed(run: RunState, event: Event) -> None:
    cells_of(run, event).copy_was_changed(event)


def _end_wait(run: RunState, event: Event, cells: Cells) -> None:
    """The lock inside was waited for, and is held for this access alone, which is not told."""
    wait = run.processes[event.pid].waits.get(event.thread)
    if wait is not None and wait.kind == "lock_waiting" and wait.object == cells.lock:
        wait_ended(run, event)


def go_on(run: RunState, event: Event) -> None:
    """What the events change that a REPEATED one stands for, but for the first two, and for how many they are.

    Only so many of the last ones as are kept anywhere are gone through one by one.
    """
    process, cells, locks = run.processes[event.pid], cells_of(run, event), held_by(run, event.pid)
    marks, count = process.marks, event.fields["count"]
    left_out = 0 if cells.lock is None else max(0, (count - 2 - _KEPT) >> 1)
    cells.were_updated(left_out)
    for number in range(2 + 2 * left_out, count):
        each = event_in(event, number)
        if number & 1:
            lost = cells.was_written(each, locks)
            marks.append((each.t, WROTE, each.fields["value"], lost is not None))
        else:
            cells.was_read(each, locks)
            marks.append((each.t, READ, each.fields["value"], False))
            process.looked = each
        process.at = each.at


_KEPT = max(2 * WRITES_KEPT, MARKS_KEPT) + 2
"""So many of the last reads and writes of a Value, taken together, may be kept."""


CHANGES: Mapping[str, Change] = {
    "value_created": new_cells,
    "value_read": _read,
    "value_written": _written,
    "value_set": _written,
    "value_changed": _changed,
    "value_copy_changed": _copy_changed,
}
