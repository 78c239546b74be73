"""Records an execution that was explored, as a run that went by steps: `--schedule` takes them again.

steps ──► the program, run once more ──► its events, and a `gate_passed` for each step ──► a recording
"""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from procsim.errors import WrongUse
from procsim.explore.faults import events_of
from procsim.explore.plans import Begun
from procsim.explore.schedule import WHOLE, Fault, Step
from procsim.language import _
from procsim.recording.recorder import Header, Recorder, code_of
from procsim.state.apply import apply
from procsim.state.run_state import RunState
from procsim.wire.events import Event
from procsim.wire.explore_words import NOT_YET
from procsim.wire.gate_words import FURTHER, WOKEN
from procsim.wire.identities import MAIN_THREAD

if TYPE_CHECKING:
    from procsim.command.exploring import Subject
    from procsim.explore.execution import Running

_AT_THE_GATE = {
    **{
        kind: kind
        for kind in (
            *("lock_acquired", "lock_released", "sleep_ended", "event_set", "event_cleared", "event_awaited"),
            *("condition_awoke", "condition_notified", "queue_put", "queue_got", "queue_task_done", "queue_joined"),
            *("pipe_sent", "pipe_received", "file_read", "file_written", "value_read", "value_written"),
            *("process_started", "process_joined", "manager_answered"),
            *FURTHER,
        )
    },
    "barrier_waiting": "barrier_passed",
}
"""The steps that a run by `--schedule` has, too, and what they are called there."""


def record(path: Path, subject: "Subject", steps: Sequence[Step], make: Callable[..., Any]) -> bool:
    """Take these steps once more, and record that. Returns whether it was the same again. Raises `WrongUse`.

    `make`: makes an executor of the program, for a judge.
    """
    events: list[Event] = []

    def judge(running: "Running") -> tuple[Fault, ...]:
        events.extend(_with_steps(running))
        return ()

    executor = make(judge, places=1)
    try:
        executor.begin(Begun(steps))
        execution = executor.done()[1]
    finally:
        executor.close()
    if execution.ended != WHOLE:
        return False
    try:
        os.makedirs(path.parent, exist_ok=True)
    except OSError as error:
        words = _("{path}: cannot be written: {reason}")
        raise WrongUse(words.format(path=path.parent, reason=error.strerror)) from error
    state = RunState()
    with Recorder(path, Header(subject.name, subject.options, code_of(subject.source))) as recorder:
        for event in events:
            apply(state, event)
            recorder.event(event, state.names)
        recorder.verdict({"kind": "verdict", "scenario": subject.name, "claims": [], "findings": []})
    if recorder.failure is not None:
        raise recorder.failure
    return True


def _with_steps(running: "Running") -> list[Event]:
    return sorted([*events_of(running), *_passed(running)], key=lambda event: event.t)


def _passed(running: "Running") -> Iterator[Event]:
    """That each step began."""
    names = {event[2]: event[3] for event in running.events}
    for t, pid, thread, call, gave_up in running.began:
        operation = WOKEN if call.more == WOKEN else _AT_THE_GATE.get(call.kind)
        if operation is None or call.more == NOT_YET or (call.kind == "process_joined" and not call.at):
            continue
        own = thread.partition(": ")[2] or MAIN_THREAD
        yield Event(
            "gate_passed",
            t - running.started,
            pid,
            names.get(pid, ""),
            own,
            call.identity,
            call.at,
            {"operation": operation, "in_vain": gave_up, "over": True},
        )
