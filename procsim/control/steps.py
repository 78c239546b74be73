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
from procsim.wire.identities import MAIN_THREAD

SETTLES = ("gate_reached", "gate_left", "process_returned")
"""The events that end a thread's part of a step, beside the beginning of a wait (`…_waiting`, and `manager_called`: for
the answer) and the end of its process. `process_returned`: its own code is done, and its process begins to end."""


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


def steps_of(events: Iterable[Event]) -> list[Step]:
    """The steps that were taken in a run, in their order."""
    run = RunState()
    steps: list[Step] = []
    in_progress: StepInProgress | None = None
    for event in events:
        apply(run, event)
        if event.kind == "gate_passed":
            if in_progress is not None:
                steps[-1] = steps[-1]._replace(done=in_progress.over)
            number = _processes_named(run, event.process).index(run.processes[event.pid])
            steps.append(Step(event.process, event.thread, event.fields["operation"], event.at, number))
            in_progress = StepInProgress(run, event.pid, event.thread)
        elif in_progress is not None:
            in_progress.follow(event)
    return steps


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

    @property
    def over(self) -> bool:
        """Whether all of its threads stand at the gate again, wait, or have ended."""
        return not self._moving

    def follow(self, event: Event) -> None:
        """Take in an event that came after the step began, and was applied to the state."""
        thread = event.pid, event.thread
        if event.kind == "gate_passed" and thread in self._moving:
            self.passed = True
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
            if child.alive and not child.standing and not child.waits:
                self._moving.add((child.pid, MAIN_THREAD))

    def _has_daemons(self, pid: int) -> bool:
        return any(child.parent == pid and child.daemon and child.alive for child in self._run.processes.values())
