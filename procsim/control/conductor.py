"""Moves the threads of a run, one step at a time, as its chooser decides.

    wishes of people, --pace, a schedule ──► Chooser: who is next ──► Conductor ──► Gatekeeper ──► the gate
    RunState: who stands at the gate ─────────────────────────────────────┘                (in each process)

A step is one operation of one thread. The thread itself knows best whether its operation can be done now: it is
signalled to try, and reports at the gate again if it cannot.
"""

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from procsim.control.gatekeeper import GO, STAND, TRY
from procsim.control.steps import StepInProgress
from procsim.state.processes import Process, Standing
from procsim.state.run_state import RunState
from procsim.wire.events import Event

SETTLED_SECONDS = 0.5
"""How long a step keeps others from moving. After that they move beside it: its thread computes, or was stopped."""

ASKED_AGAIN_SECONDS = 0.2
"""How often threads that could not move are asked again, though no event was seen that could have changed that."""

STUCK_SECONDS = 1.0
"""How long nobody at the gate can move and nothing happens, until those elsewhere count as waiting for ever."""


class Keeper(Protocol):
    """What opens and closes the gate."""

    closed: bool

    def signal(self, word: bytes, pid: int, native_id: int) -> bool:
        """Signal a thread that stands at the gate. False: it does not stand there, or takes no more signals."""


class AtGate(NamedTuple):
    """A thread that stands at the gate."""

    process: Process
    thread: str
    standing: Standing


class Chooser(Protocol):
    """Decides which thread takes the next step, and when."""

    def choose(self, conductor: "Conductor") -> None:
        """Move the thread whose turn it is, if it is time. Called after each batch of events, while the gate is closed.

        Raises `Misfit` (`choosers.py`) where it follows a schedule and the program does not take the steps of that.
        """


class Conductor:
    """Moves the threads of one run. While it has no chooser the gate is open, and all of them move freely."""

    def __init__(
        self,
        keeper: Keeper,
        run: RunState,
        chooser: Chooser | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock` returns seconds, and never goes back."""
        self.now = clock
        self.run = run
        self.chooser = chooser
        self.in_progress: StepInProgress | None = None
        """The step that was begun last, until it is over."""
        self.steps = 0
        """How many steps were begun and are over."""
        self.moved: int | None = None
        """The PID of the process that moved last."""
        self._keeper = keeper
        self._selected: int | None = None
        self._signalled: dict[tuple[int, str], Standing] = {}
        """Where each thread stood when it was last signalled to move. Until it reacts it is not signalled again."""
        self._changed_at = self._asked_at = clock()
        """When the last step began or was over; when the threads at the gate were last asked whether they can move."""
        keeper.closed = self.closed

    @property
    def closed(self) -> bool:
        """Whether the gate is closed: no thread begins an operation unless it is signalled."""
        return self.chooser is not None

    def use(self, chooser: Chooser | None) -> None:
        """Have this one choose from now on; None: open the gate, so that all move freely."""
        self.chooser = chooser
        self._keeper.closed = self.closed
        if chooser is None:
            self.end_step()
            self.let_wait()

    @property
    def selected(self) -> int | None:
        """The PID of the process that people have selected to move next; None: none, or it has ended."""
        process = self.run.processes.get(self._selected or 0)
        if process is None or not process.alive:
            self._selected = None
        return self._selected

    @selected.setter
    def selected(self, pid: int | None) -> None:
        self._selected = pid

    def tick(self, events: Sequence[Event]) -> None:
        """Called after each batch of events was applied to the state. Raises what the chooser raises."""
        if self.chooser is None:
            if any(event.kind == "gate_reached" for event in events):
                self.let_wait()
            return
        is_over = self._follow_step(events)
        late = self.now() - self._asked_at > ASKED_AGAIN_SECONDS
        if is_over or late or any(event.kind != "gate_reached" for event in events):
            self._ask()
        self.chooser.choose(self)

    # Who could move ------------------------------------------------------------------------------------------

    def at_gate(self) -> list[AtGate]:
        """The threads that stand at the gate, in the order in which they came."""
        standing = [
            AtGate(process, thread, there)
            for process in self.run.processes.values()
            if process.alive
            for thread, there in process.standing.items()
        ]
        return sorted(standing, key=lambda each: each.standing.since)

    def able(self) -> list[AtGate]:
        """The threads at the gate that could take a step now, in the order in which they came.

        Not one that was signalled where it stands, and has not reacted: it was stopped, or the machine is slow.
        """
        return [
            each
            for each in self.at_gate()
            if each.standing.ready is not False
            and self._signalled.get((each.process.pid, each.thread)) != each.standing
        ]

    def nobody_can_move(self) -> bool:
        """Whether none of the threads at the gate can do its operation now, and no other process is on its way there.

        When no step has begun or ended for STUCK_SECONDS, none counts as on its way: it may wait for ever elsewhere.
        """
        standing = self.at_gate()
        if not standing or any(each.standing.ready is not False for each in standing):
            return False
        return self.is_still() or not any(
            process.alive and not process.standing and not process.waits for process in self.run.processes.values()
        )

    def is_still(self) -> bool:
        """Whether no step has begun or ended for STUCK_SECONDS."""
        return self.unchanged_for() > STUCK_SECONDS

    def unchanged_for(self) -> float:
        """Seconds since the last step began or was over."""
        return self.now() - self._changed_at

    # Moving --------------------------------------------------------------------------------------------------

    def is_moving(self) -> bool:
        """Whether a step is in progress that the others wait for."""
        return self.in_progress is not None and self.unchanged_for() <= SETTLED_SECONDS

    def move(self, there: AtGate, word: bytes = TRY) -> StepInProgress | None:
        """Signal a thread to take its step. None: it does not stand there any more."""
        pid = there.process.pid
        self._signalled[pid, there.thread] = there.standing
        if not self._keeper.signal(word, pid, there.standing.native_id):
            return None
        self.end_step()  # one that took too long to be waited for
        self.in_progress = StepInProgress(self.run, pid, there.thread)
        self.moved = pid
        return self.in_progress

    def end_step(self) -> None:
        """Follow the step in progress no longer. It counts if its thread has passed the gate."""
        if self.in_progress is not None and self.in_progress.passed:
            self.steps += 1
        self.in_progress = None
        self._changed_at = self.now()

    def let_wait(self) -> None:
        """Let each thread at the gate begin its operation, and wait in it as it would without a gate."""
        for process, _thread, there in self.at_gate():
            self._keeper.signal(GO, process.pid, there.native_id)

    def _ask(self) -> None:
        """Ask the threads whose operation cannot always be done whether it can be done now."""
        self._asked_at = self.now()
        for process, _thread, there in self.at_gate():
            if there.ready is not None:  # None: it can always be done
                self._keeper.signal(STAND, process.pid, there.native_id)

    def _follow_step(self, events: Sequence[Event]) -> bool:
        """Whether the step in progress is over by these events."""
        step = self.in_progress
        if step is None or step.begun == self.run.events:  # it was begun after these were applied
            return False
        for event in events:
            step.follow(event)
        if step.over:
            self.end_step()
        return step.over
