"""Exceptions that end a process, or one thread of it."""

from collections.abc import Mapping

from procsim.state.changes.change import Change
from procsim.state.changes.pools import ended_in_initializer
from procsim.state.run_state import RunState
from procsim.wire.events import Event


def _raised(run: RunState, event: Event) -> None:
    process = run.processes[event.pid]
    process.raised = event
    run.raised.append(event)
    pool = run.pools.get(process.pool or 0)
    if pool is not None and event.fields.get("during") == "initializing":
        ended_in_initializer(pool, event)


def _thread_raised(run: RunState, event: Event) -> None:
    run.raised_in_threads.append(event)


def _call_raised(run: RunState, event: Event) -> None:
    run.processes[event.pid].call_raised = event


CHANGES: Mapping[str, Change] = {"raised": _raised, "thread_raised": _thread_raised, "call_raised": _call_raised}
