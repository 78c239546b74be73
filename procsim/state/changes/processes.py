"""Processes begin, end, and end each other.

`process_ended` carries the PID of the process that ended, and is emitted by whoever noticed: its parent, or procsim. So
it may come twice. `process_returned` means that the process's own code is done; its exit handlers still run.
"""

import signal
from collections.abc import Mapping

from procsim.state.bounds import RAISED_KEPT
from procsim.state.changes.change import Change
from procsim.state.changes.pools import ended_in_initializer
from procsim.state.changes.waits import keep_poll, keep_wait, no_poll, wait_began, wait_ended
from procsim.state.history import History
from procsim.state.identities import process_of
from procsim.state.run_state import RunState
from procsim.wire.events import Event


def _created(run: RunState, event: Event) -> None:
    if "number" in event.fields and len(run.not_started) < RAISED_KEPT:
        run.not_started[event.pid, event.fields["number"]] = event


def _start_waiting(run: RunState, event: Event) -> None:
    process_of(run, event.fields["child"], str(event.fields["child_name"]))
    wait_began(run, event)


def _started(run: RunState, event: Event) -> None:
    wait_ended(run, event)
    fields = event.fields
    child = process_of(run, fields["child"], str(fields["child_name"]))
    child.parent, child.daemon, child.target = event.pid, bool(fields["daemon"]), fields.get("target", "")
    run.started[child.pid] = event
    run.not_started.pop((event.pid, fields.get("number", 0)), None)
    if run.first_child is None:
        run.first_child = event.t


def _began(run: RunState, event: Event) -> None:
    process = process_of(run, event.pid, event.process)
    process.name, process.began = event.process, event.t
    process.history = History()  # before, it was only known from its parent that it was to begin
    process.keep_status(event.t, run.processes)
    process.parent, process.daemon = event.fields["parent"], bool(event.fields["daemon"])
    process.handles_sigterm = bool(event.fields.get("handles_sigterm"))
    process.forked = event if event.fields.get("threads") else None


def _named(run: RunState, event: Event) -> None:
    run.processes[event.pid].name = event.process


def _returned(run: RunState, event: Event) -> None:
    run.processes[event.pid].returned = event.t


def _left(run: RunState, event: Event) -> None:
    run.processes[event.pid].left = event


def _ended(run: RunState, event: Event) -> None:
    process = run.processes.get(event.pid)
    if process is None:  # the event comes a second time, and the process was forgotten meanwhile
        return
    is_news = process.ended is None  # it comes a second time where its parent and procsim both notice
    if is_news:
        process.ended = event.t
    if process.exit_code is None:
        process.exit_code = event.fields["exit_code"]
    if process.exit_code is None and process.left is not None:  # the child of a forkserver
        process.exit_code = process.left.fields["exit_code"]
    pool = run.pools.get(process.pool or 0)
    of_itself = process.raised is None and not process.ended_on_request
    if is_news and of_itself and pool is not None and process.initializing is not None:
        ended_in_initializer(pool, event)
    process.standing.clear()
    for wait in process.waits.values() if is_news else ():  # they stay with it: it was in them when it ended
        keep_wait(run, process, wait, event.t)


def _without_target(run: RunState, event: Event) -> None:
    run.without_target.append(event)


def _detached(run: RunState, event: Event) -> None:
    run.processes[event.pid].detached = True


def _untraced(run: RunState, event: Event) -> None:
    process_of(run, event.pid, event.process).untraced = event.fields["reason"]


def _terminated(run: RunState, event: Event) -> None:
    no_poll(run.processes[event.pid], event.thread)
    child = run.processes.get(event.fields["child"])
    if child is not None and child.alive:  # it is not forgotten, and did not end before
        child.terminated_by, child.terminated_at, child.terminated = event.process, event.at, event.t
        child.terminated_with = signal.SIGKILL if event.kind == "process_killed" else signal.SIGTERM


def _polled(run: RunState, event: Event) -> None:
    child, process = run.processes.get(event.fields["child"]), run.processes[event.pid]
    if child is not None:
        child.polled = event
        child.polled_after_end += child.ended is not None
    poll = process.polls.get(event.thread)
    if poll is None or poll.kind == event.kind:  # what it waits for beside counts more
        keep_poll(process, event, event.kind)


def _exit_code_seen(run: RunState, event: Event) -> None:
    child = run.processes.get(event.fields["child"])
    if child is not None:
        child.exit_code_seen = True


CHANGES: Mapping[str, Change] = {
    "process_created": _created,
    "process_start_waiting": _start_waiting,
    "process_started": _started,
    "process_began": _began,
    "process_named": _named,
    "process_returned": _returned,
    "process_left": _left,
    "process_ended": _ended,
    "process_without_target": _without_target,
    "process_terminated": _terminated,
    "process_killed": _terminated,
    "process_untraced": _untraced,
    "process_detached": _detached,
    "process_polled": _polled,
    "process_exit_code_seen": _exit_code_seen,
}
