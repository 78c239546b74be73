"""Processes begin, end, and end each other.

`process_ended` carries the PID of the process that ended, and is emitted by whoever noticed: its parent, or procsim. So
it may come twice. `process_returned` means that the process's own code is done; its exit handlers still run.
"""

from collections.abc import Mapping

from procsim.state.changes.change import Change
from procsim.state.changes.waits import keep_wait
from procsim.state.history import History
from procsim.state.identities import process_of
from procsim.state.run_state import RunState
from procsim.wire.events import Event


def _started(run: RunState, event: Event) -> None:
    fields = event.fields
    child = process_of(run, fields["child"], str(fields["child_name"]))
    child.parent, child.daemon = event.pid, bool(fields["daemon"])
    run.started[child.pid] = event
    if run.first_child is None:
        run.first_child = event.t


def _began(run: RunState, event: Event) -> None:
    process = process_of(run, event.pid, event.process)
    process.name, process.began = event.process, event.t
    process.history = History()  # before, it was only known from its parent that it was to begin
    process.keep_status(event.t, run.processes)
    process.parent, process.daemon = event.fields["parent"], bool(event.fields["daemon"])


def _returned(run: RunState, event: Event) -> None:
    run.processes[event.pid].returned = event.t


def _ended(run: RunState, event: Event) -> None:
    process = run.processes.get(event.pid)
    if process is None:  # the event comes a second time, and the process was forgotten meanwhile
        return
    process.ended = event.t if process.ended is None else process.ended
    if process.exit_code is None:
        process.exit_code = event.fields["exit_code"]
    process.standing.clear()
    for wait in process.waits.values():  # they stay with it: this is what it was waiting for when it ended
        keep_wait(run, wait, event.t)


def _without_target(run: RunState, event: Event) -> None:
    run.without_target.append(event)


def _detached(run: RunState, event: Event) -> None:
    run.processes[event.pid].detached = True


def _untraced(run: RunState, event: Event) -> None:
    process_of(run, event.pid, event.process).untraced = event.fields["reason"]


def _terminated(run: RunState, event: Event) -> None:
    child = run.processes.get(event.fields["child"])
    if child is not None and child.alive:  # it is not forgotten, and did not end before
        child.terminated_by = event.process


def _exit_code_seen(run: RunState, event: Event) -> None:
    child = run.processes.get(event.fields["child"])
    if child is not None:
        child.exit_code_seen = True


CHANGES: Mapping[str, Change] = {
    "process_started": _started,
    "process_began": _began,
    "process_returned": _returned,
    "process_ended": _ended,
    "process_without_target": _without_target,
    "process_terminated": _terminated,
    "process_killed": _terminated,
    "process_untraced": _untraced,
    "process_detached": _detached,
    "process_exit_code_seen": _exit_code_seen,
}
