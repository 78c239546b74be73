"""Managers: which processes are their servers. A call to one is a wait like others (`operations.py`)."""

from collections.abc import Mapping

from procsim.state.changes.change import Change
from procsim.state.changes.waits import wait_began, wait_ended
from procsim.state.run_state import RunState
from procsim.wire.events import Event


def _began(run: RunState, event: Event) -> None:
    run.processes[event.pid].is_manager = not event.fields.get("public")


def _called(run: RunState, event: Event) -> None:
    """A manager is asked for something; where that is one of its locks, that is a wait for a lock like any other."""
    wait_began(run, event if event.object is None else event._replace(kind="lock_waiting"))


def _answered(run: RunState, event: Event) -> None:
    wait_ended(run, event)
    if event.object is not None:
        run.processes[event.pid].looked = event


CHANGES: Mapping[str, Change] = {
    "manager_began": _began,
    "manager_called": _called,
    "manager_answered": _answered,
}
