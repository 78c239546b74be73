"""Who moves, and when: pauses a run, lets one thread take one step, keeps a pace, or follows a schedule.

    keys, --pace, a schedule ──► Conductor ──► Gatekeeper ──► the gate in each process
                                     ▲
    RunState: who stands there ──────┘

A step is one operation of one thread. Whether it can be taken, the thread itself knows best: it is only told to try.
"""

import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from procsim.events import Event
from procsim.gatekeeper import GO, STAND, TRY
from procsim.language import _
from procsim.state import Process, RunState, Standing

SETTLED_SECONDS = 0.5
"""So long a step may last before another one is taken beside it: who computes stays away from the gate."""

PATIENCE_SECONDS = 10.0
"""So long a schedule waits for the thread whose turn it is."""

STUCK_SECONDS = 1.0
"""Where nobody at the gate could move for so long, a pace or a schedule lets them wait as they would without it."""

FASTER = 1.5
SLOWEST, FASTEST = 0.1, 1000.0
"""Steps a second."""


class Keeper(Protocol):
    """What opens and closes the gate."""

    closed: bool

    def say(self, word: bytes, pid: int, native_id: int) -> bool:
        """Say it to a thread that stands there."""


class Step(NamedTuple):
    """One step, as a schedule has it."""

    process: str
    thread: str
    operation: str
    at: str | None


class Plan(NamedTuple):
    """How a run is to begin."""

    held: bool = False
    """Nobody moves but by a step."""
    pace: float | None = None
    """Steps a second that are taken by themselves."""
    schedule: Sequence[Step] = ()
    """The steps to take, in their order."""

    @property
    def closed(self) -> bool:
        """Whether the gate is closed from the start."""
        return self.held or self.pace is not None or bool(self.schedule)


class Misfit(Exception):
    """The program does not take the steps of the schedule; the text says where."""


def steps_of(events: Iterable[Event]) -> list[Step]:
    """The schedule that a run has followed."""
    return [
        Step(event.process, event.thread, event.fields["operation"], event.at)
        for event in events
        if event.kind == "gate_passed"
    ]


class Conductor:
    """Decides who moves in one run."""

    def __init__(self, keeper: Keeper, run: RunState, plan: Plan) -> None:
        self._keeper = keeper
        self._run = run
        self.pace = plan.pace
        """Steps a second that are taken by themselves; None: none are."""
        self.selected: int | None = None
        """The PID of the process that people have chosen to move next."""
        self.moved: int | None = None
        """The PID of the process that moved last."""
        self.steps = 0
        """How many steps were taken."""
        self._schedule = list(reversed(plan.schedule))
        self._following = bool(plan.schedule)
        self._moving: tuple[int, str] | None = None
        self._wanted = False
        """Whether another step is to be taken when this one is done."""
        self._moved_at = self._next_at = self._waiting_since = 0.0
        keeper.closed = plan.closed

    @property
    def closed(self) -> bool:
        """Whether nobody moves but by a step."""
        return self._keeper.closed

    @property
    def held(self) -> bool:
        """Whether the run stands until people say so."""
        return self.closed and self.pace is None and not self._following

    def pause(self) -> None:
        """Nobody moves any more, but by a step."""
        self.pace, self._keeper.closed = None, True
        self._following = False

    def go_on(self, pace: float | None = None) -> None:
        """All move again, or at a pace of so many steps a second."""
        self.pace = pace
        self._keeper.closed = pace is not None
        if not self.closed:
            self._say_to_all(GO)

    def change_pace(self, factor: float) -> None:
        """Faster or slower."""
        self.pace = min(FASTEST, max(SLOWEST, (self.pace or 1.0) * factor))
        self._keeper.closed = True

    # Who could move ------------------------------------------------------------------------------------------

    def at_the_gate(self) -> list[tuple[Process, str, Standing]]:
        """All who stand there, who came first at the top."""
        standing = [
            (process, thread, there)
            for process in self._run.processes.values()
            if process.alive
            for thread, there in process.standing.items()
        ]
        return sorted(standing, key=lambda each: each[2].since)

    def next(self) -> tuple[Process, str, Standing] | None:
        """Who takes the next step: one of the selected process's threads, or else who has stood there for longest."""
        able = [each for each in self.at_the_gate() if each[2].ready is not False]
        if self.selected is not None:
            able = [each for each in able if each[0].pid == self.selected]
        return able[0] if able else None

    # Moving --------------------------------------------------------------------------------------------------

    def step(self) -> bool:
        """Let one thread take one step, as soon as the last step is done. False: nobody can.

        Where all go as they like, it only stops them.
        """
        if not self.closed:
            self.pause()
            return True
        if self._is_moving():
            self._wanted = True
            return True
        chosen = self.next()
        return chosen is not None and self._move(*chosen)

    def _is_moving(self) -> bool:
        return self._moving is not None and time.monotonic() - self._moved_at < SETTLED_SECONDS

    def let_wait(self) -> None:
        """Where nobody can move: let each begin what it cannot do at once, and wait as it would without a gate."""
        self._say_to_all(GO)

    def nobody_can_move(self) -> bool:
        """Whether all that is left stands at the gate before something that cannot be done now."""
        standing = self.at_the_gate()
        return (
            bool(standing)
            and all(there.ready is False for _, _, there in standing)
            and not any(self._run_on_their_own())
        )

    def tick(self, events: Sequence[Event]) -> None:
        """Called after each batch of events was drawn. Raises `Misfit`."""
        if not self.closed:
            if any(event.kind == "gate_reached" for event in events):
                self._say_to_all(GO)
            return
        self._settle(events)
        if any(event.kind != "gate_reached" for event in events):
            for process, _thread, there in self.at_the_gate():
                if there.ready is not None:
                    self._keeper.say(STAND, process.pid, there.native_id)
        if self._wanted and not self._is_moving():
            self._wanted = False
            self.step()
        elif self._following:
            self._follow_schedule()
        elif self.pace is not None:
            self._keep_pace(self.pace)

    def _settle(self, events: Sequence[Event]) -> None:
        for event in events:
            if self._moving == (event.pid, event.thread):
                waits = event.kind.endswith(("_waiting", "_called"))
                if waits or event.kind in ("gate_reached", "process_returned", "process_ended"):
                    self._moving = None
            elif event.kind == "process_ended" and self._moving and self._moving[0] == event.pid:
                self._moving = None

    def _move(self, process: Process, thread: str, there: Standing) -> bool:
        if not self._keeper.say(TRY, process.pid, there.native_id):
            return False
        self._moving, self._moved_at = (process.pid, thread), time.monotonic()
        self.moved = process.pid
        self.steps += 1
        return True

    def _keep_pace(self, pace: float) -> None:
        now = time.monotonic()
        if self._is_moving() or now < self._next_at:
            return
        if self.next() is not None and self.step():
            self._next_at = max(self._next_at + 1 / pace, now)
            self._waiting_since = now
        elif now - self._waiting_since > STUCK_SECONDS and self.nobody_can_move():
            self.let_wait()

    def _follow_schedule(self) -> None:
        """Take the next step of the schedule as soon as its thread stands there. At the end all are free."""
        if self._moving is not None:
            return
        now = time.monotonic()
        if not self._schedule:
            self._following = False
            self.go_on()
            return
        turn = self._schedule[-1]
        for process, thread, there in self.at_the_gate():
            if (process.name, thread) != (turn.process, turn.thread):
                continue
            if (there.operation, there.at) != (turn.operation, turn.at):
                words = _("step {step}: {process} was to do {operation} at {at}, and would do {other} at {other_at}")
                raise Misfit(
                    words.format(step=self.steps + 1, **turn._asdict(), other=there.operation, other_at=there.at)
                )
            if there.ready is not False:
                self._schedule.pop()
                self._waiting_since = now
                self._move(process, thread, there)
            return
        if not self._waiting_since:
            self._waiting_since = now
        if now - self._waiting_since > PATIENCE_SECONDS:
            words = _("step {step}: {process} never came to {operation} at {at}")
            raise Misfit(words.format(step=self.steps + 1, **turn._asdict()))

    def _run_on_their_own(self) -> Iterable[Process]:
        """Processes that neither stand at the gate nor wait."""
        for process in self._run.processes.values():
            if process.alive and not process.standing and not process.waits:
                yield process

    def _say_to_all(self, word: bytes) -> None:
        for process, _thread, there in self.at_the_gate():
            self._keeper.say(word, process.pid, there.native_id)
