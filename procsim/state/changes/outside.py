"""A process learns of what is outside the run, or may learn of it at any time: from then on it may do anything."""

from collections.abc import Mapping

from procsim.state.bounds import RAISED_KEPT
from procsim.state.changes.change import Change
from procsim.state.changes.waits import keep_poll, no_poll
from procsim.state.run_state import RunState
from procsim.wire.events import Event, Named

_FOR_EVER = 1 << 62
"""ns."""


def _looked(run: RunState, event: Event) -> None:
    run.processes[event.pid].looked_outside = max(run.processes[event.pid].looked_outside, event.t)


def _missing(run: RunState, event: Event) -> None:
    """It asks again and again whether something is at a path: it waits for that, if it sleeps between."""
    identity, process = event.object or 0, run.processes[event.pid]
    if identity not in run.sought and len(run.sought) < RAISED_KEPT:
        run.sought[identity] = set()
        run.names[identity] = Named(str(event.fields["path"]).rpartition("/")[2], "file")
    if identity in run.sought:
        run.sought[identity].add(event.pid)
        keep_poll(process, event, "path_awaited")
    _looked(run, event)


def _found(run: RunState, event: Event) -> None:
    no_poll(run.processes[event.pid], event.thread)
    _looked(run, event)


def _used(run: RunState, event: Event) -> None:
    run.processes[event.pid].looked_outside = _FOR_EVER


CHANGES: Mapping[str, Change] = {
    "surroundings_seen": _looked,
    "path_seen": _looked,
    "path_missing": _missing,
    "path_found": _found,
    "unfollowed_used": _used,
}
