"""Managers: which processes are their servers. A call to one is a wait like others (`operations.py`)."""

from collections.abc import Mapping

from procsim.state.changes.change import Change
from procsim.state.run_state import RunState
from procsim.wire.events import Event


def _began(run: RunState, event: Event) -> None:
    run.processes[event.pid].is_manager = not event.fields.get("public")


CHANGES: Mapping[str, Change] = {"manager_began": _began}
