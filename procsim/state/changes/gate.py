"""Threads stand at the closed gate, and pass it."""

from collections.abc import Mapping

from procsim.state.changes.change import Change
from procsim.state.processes import Standing
from procsim.state.run_state import RunState
from procsim.wire.events import Event


def _reached(run: RunState, event: Event) -> None:
    process, fields = run.processes[event.pid], event.fields
    process.standing[event.thread] = Standing(
        fields["operation"],
        event.object,
        event.at,
        fields["ready"],
        fields["subject"],
        fields["native_id"],
        event.t,
    )
    process.keep_status(event.t, run.processes)


def _left(run: RunState, event: Event) -> None:
    process = run.processes[event.pid]
    process.standing.pop(event.thread, None)
    process.keep_status(event.t, run.processes)


def _passed(run: RunState, event: Event) -> None:
    run.steps.append(event.t)
    _left(run, event)


CHANGES: Mapping[str, Change] = {"gate_reached": _reached, "gate_passed": _passed, "gate_left": _left}
