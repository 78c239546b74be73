"""Managers: which processes are their servers. A call to one is a wait like others (`operations.py`)."""

from collections.abc import Mapping

from procsim.state.changes.change import Change
from procsim.state.changes.waits import wait_began
from procsim.state.run_state import RunState
from procsim.wire.events import Event


def _began(run: RunState, event: Event) -> None:
    run.processes[event.pid].is_manager = not event.fields.get("public")


def _called(run: RunState, event: Event) -> None:
    """A manager is asked for something; where that is one of its locks, that is a wait for a lock like any other."""
    wait_began(run, event if event.object is None else event._replace(kind="lock_waiting"))


CHANGES: Mapping[str, Change] = {"manager_began": _began, "manager_called": _called}
