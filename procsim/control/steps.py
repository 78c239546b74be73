"""Steps: what one operation of one thread sets moving, when it is over, and those that a recording holds.

events of a run ──► Taken: who still moves ──► over
a recording ──► steps_of ──► the schedule: each step, and whether it was done before the next one
"""

from collections.abc import Iterable
from typing import NamedTuple

from procsim.state.apply import apply
from procsim.state.processes import Process
from procsim.state.run_state import RunState
from procsim.wire.events import Event
from procsim.wire.identities import MAIN_THREAD

SETTLES = ("gate_reached", "gate_left", "process_returned")
"""What ends a thread's step, beside its coming to wait and its end."""


class Step(NamedTuple):
    """One step, as a schedule has it."""

    process: str
    thread: str
    operation: str
    at: str | None
    number: int = 0
    """Which of the processes of that name, as they began."""
    done: bool = True
    """Whether it was done before the next one was taken; else that was taken beside it."""


def steps_of(events: Iterable[Event]) -> list[Step]:
    """The schedule that a run has followed."""
    run = RunState()
    steps: list[Step] = []
    taken: Taken | None = None
    for event in events:
        apply(run, event)
        if event.kind == "gate_passed":
            if taken is not None:
                steps[-1] = steps[-1]._replace(done=taken.over)
            number = called(run, event.process).index(run.processes[event.pid])
            steps.append(Step(event.process, event.thread, event.fields["operation"], event.at, number))
            taken = Taken(run, event.pid, event.thread)
        elif taken is not None:
            taken.follow(event)
    return steps


def called(run: RunState, name: str) -> list[Process]:
    """The processes of that name, as they began."""
    return [process for process in run.processes.values() if process.name == name]


class Taken:
    """A step that is being taken: the thread that takes it, and the main threads of the processes started with it."""

    def __init__(self, run: RunState, pid: int, thread: str) -> None:
        self._run = run
        self._moving = {(pid, thread)}
        self.begun = run.events
        """How many events there were before it."""
        self.passed = False
        """Whether the thread that was told to move has passed the gate."""

    @property
    def over(self) -> bool:
        """Whether all of them stand at the gate again, wait, or have ended."""
        return not self._moving

    def follow(self, event: Event) -> None:
        """What has happened since."""
        thread = event.pid, event.thread
        if event.kind == "gate_passed" and thread in self._moving:
            self.passed = True
        elif event.kind == "process_ended":
            self._moving = {moving for moving in self._moving if moving[0] != event.pid}
        elif event.kind == "process_returned" and self._has_daemons(event.pid):
            pass  # it ends them now
        elif event.kind in SETTLES or event.kind.endswith(("_waiting", "_called")):
            self._moving.discard(thread)
        elif event.kind in ("barrier_passed", "event_set"):  # all who wait for that go on
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
