"""A process learns of what is outside the run, or may learn of it at any time: from then on it may do anything."""

from collections.abc import Mapping

from procsim.state.changes.change import Change
from procsim.state.run_state import RunState
from procsim.wire.events import Event

_FOR_EVER = 1 << 62
"""ns."""


def _looked(run: RunState, event: Event) -> None:
    run.processes[event.pid].looked_outside = max(run.processes[event.pid].looked_outside, event.t)


def _used(run: RunState, event: Event) -> None:
    run.processes[event.pid].looked_outside = _FOR_EVER


CHANGES: Mapping[str, Change] = {"surroundings_seen": _looked, "path_seen": _looked, "unfollowed_used": _used}
