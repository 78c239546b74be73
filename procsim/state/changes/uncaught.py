"""Exceptions that end a process, or one thread of it."""

from collections.abc import Mapping

from procsim.state.changes.change import Change
from procsim.state.run_state import RunState
from procsim.wire.events import Event


def _raised(run: RunState, event: Event) -> None:
    run.processes[event.pid].raised = event
    run.raised.append(event)


def _thread_raised(run: RunState, event: Event) -> None:
    run.raised_in_threads.append(event)


CHANGES: Mapping[str, Change] = {"raised": _raised, "thread_raised": _thread_raised}
