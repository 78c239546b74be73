"""Blocks of shared memory are made and unlinked."""

from collections.abc import Mapping

from procsim.state.bounds import RAISED_KEPT
from procsim.state.changes.change import Change
from procsim.state.run_state import RunState
from procsim.wire.events import Event


def _made(run: RunState, event: Event) -> None:
    if len(run.memory_left) < RAISED_KEPT:
        run.memory_left[str(event.fields["name"])] = event


def _unlinked(run: RunState, event: Event) -> None:
    name = str(event.fields["name"])
    run.memory_left.pop(name, None)
    if len(run.memory_unlinked) < RAISED_KEPT:
        run.memory_unlinked[name] = event


CHANGES: Mapping[str, Change] = {"memory_made": _made, "memory_unlinked": _unlinked}
