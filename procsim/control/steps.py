"""Steps: what one operation of one thread sets moving, when the step is over, and the steps of a recording.

Before each operation a thread stops at the gate (`gate_reached`) until procsim lets it begin (`gate_passed`), or until
a signal handler of the program raises there, and the operation is not begun (`gate_left`).

events of a run ──► StepInProgress: which threads still move ──► over
a recording ──► steps_of ──► a schedule: the steps, and whether each was over before the next one began
"""

from collections.abc import Iterable
from typing import NamedTuple

from procsim.state.apply import apply
from procsim.state.processes import Process
from procsim.state.run_state import RunState
from procsim.wire.events import Event
from procsim.wire.gate_words import OPENS, WOKEN
from procsim.wire.identities import MAIN_THREAD

SETTLES = ("gate_reached", "gate_left", "process_returned", "manager_began")
"""The events that end a thread's part of a step, beside the beginning of a wait (`…_waiting`, and `manager_called`: for
the answer) and the end of its process. `process_returned`: its own code is done, and its process begins to end;
`manager_began`: from now on it does what others ask it for."""

ANSWERED_AT_ONCE = ("value_read", "value_written")
"""What a manager does when it is asked for it: no other thread has to do anything before."""


class Step(NamedTuple):
    """One step of a schedule."""

    process: str
    thread: str
    operation: str
    """The kind of the event that it emits."""
    at: str | None
    """Its line in the program, "file.py:12"."""
    number: int = 0
    """Its place among the processes of that name, in the order in which they began."""
    done: bool = True
    """Whether it was over before the next step began; else the next one was taken beside it."""
    gave_up: bool = False
    """Whether it ended without being done: its time was up, or it was not to wait."""


def steps_of(events: Iterable[Event], further: bool = False) -> list[Step]:
    """The steps that were taken in a run, in their order; `further`: also what was no step there, of those in
    `gate_words.FURTHER` that are seen by an event.
    """
    run = RunState()
    steps: list[Step] = []
    passed: dict[tuple[int, str], str] = {}
    """What each thread has passed the gate for, and has not done yet."""
    last: dict[tuple[int, str], int] = {}
    """The step that each thread has taken last."""
    in_progress: StepInProgress | None = None
    stated = False
    """Whether it is known without looking that the last step was over before the next one began."""
    until = 0
    """So many steps there were when somebody passed the gate last: after that it may have been open."""
    for event in events:
        apply(run, event)
        thread, is_step = (event.pid, event.thread), event.kind == "gate_passed"
        operation = event.fields["operation"] if is_step else _SEEN.get(event.kind, "") if further and steps else ""
        if is_step:
            passed[thread] = operation
        elif operation and passed.pop(thread, "") == operation:
            operation = ""  # that step is there
        if operation:
            if in_progress is not None and not stated:
                steps[-1] = steps[-1]._replace(done=in_progress.over or not is_step)
            stated, done = not is_step or "over" in event.fields, bool(event.fields.get("over", True))
            number = _processes_named(run, event.process).index(run.processes[event.pid])
            in_vain = bool(event.fields.get("in_vain"))
            last[thread] = len(steps)
            steps.append(Step(event.process, event.thread, operation, event.at, number, done, in_vain))
            in_progress = StepInProgress(run, event.pid, event.thread)
        elif in_progress is not None:
            in_progress.follow(event)
        if is_step:
            until = len(steps)
        elif thread in last and _was_in_vain(event, steps[last[thread]].operation):
            steps[last[thread]] = steps[last[thread]]._replace(gave_up=True)
    return steps[:until]


_SEEN = {OPENS: OPENS, "condition_awoke": WOKEN}
"""Events, and the further step that was done when each is emitted."""

_IN_VAIN = {"lock_refused": "lock_acquired", "queue_empty": "queue_got", "queue_full": "queue_put"}
"""Events, and what each says was not done, since its time was up or it was not to wait."""

_WHETHER = {"event_awaited": "is_set", "pipe_polled": "ready", "condition_awoke": "notified"}
"""Events, and the field of each that says whether it was done."""


def _was_in_vain(event: Event, operation: str) -> bool:
    """Whether this event says that the step of its thread that does `operation` ended without being done."""
    if event.kind == "process_joined":
        return operation == event.kind and event.fields.get("exit_code") is None
    if event.kind in _WHETHER:
        return operation == event.kind and not event.fields.get(_WHETHER[event.kind])
    return _IN_VAIN.get(event.kind) == operation


def _processes_named(run: RunState, name: str) -> list[Process]:
    """The processes of that name, in the order in which they began."""
    return [process for process in run.processes.values() if process.name == name]


def process_at(run: RunState, name: str, number: int) -> Process | None:
    """The process at that place among those of that name; None: it has not begun."""
    return next(iter(_processes_named(run, name)[number:]), None)


class StepInProgress:
    """The threads that still move in one step: the one that takes it, and those that go on because of it.

    These are the threads that pass the same barrier or wait for the same event, and the main threads of the processes
    that it starts.
    """

    def __init__(self, run: RunState, pid: int, thread: str) -> None:
        self._run = run
        self._moving = {(pid, thread)}
        self.begun = run.events
        """How many events the run had when it began."""
        self.passed = False
        """Whether the thread that takes the step has passed the gate; until then it was only allowed to."""
        self._gets_an_answer = False

    @property
    def over(self) -> bool:
        """Whether all of its threads stand at the gate again, wait, or have ended."""
        return not self._moving

    def follow(self, event: Event) -> None:
        """Take in an event that came after the step began, and was applied to the state."""
        thread = event.pid, event.thread
        if event.kind == "gate_passed" and thread in self._moving:
            self.passed = True
            self._gets_an_answer = event.fields["operation"] in ANSWERED_AT_ONCE
        elif event.kind == "manager_called" and self._gets_an_answer:
            pass  # the manager does it within this step: others could otherwise come before
        elif event.kind == "process_ended":
            self._moving = {moving for moving in self._moving if moving[0] != event.pid}
        elif event.kind == "process_returned" and self._has_daemons(event.pid):
            pass  # the step goes on: the process now ends its daemons
        elif event.kind in SETTLES or event.kind.endswith(("_waiting", "_called")):
            self._moving.discard(thread)
        elif event.kind in ("barrier_passed", "event_set"):
            waiting = (wait for wait in self._run.now_waiting() if wait.object == event.object)
            self._moving |= {thread, *((wait.pid, wait.thread) for wait in waiting)}
        elif event.kind == "event_awaited":
            self._moving.add(thread)
        elif event.kind == "process_started" and thread in self._moving:
            child = self._run.processes[event.fields["child"]]
            if child.alive and not (child.standing or child.waits or child.is_manager):
                self._moving.add((child.pid, MAIN_THREAD))

    def _has_daemons(self, pid: int) -> bool:
        return any(child.parent == pid and child.daemon and child.alive for child in self._run.processes.values())
