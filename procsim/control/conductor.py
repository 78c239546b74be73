"""Who moves, and when: pauses a run, lets one thread take one step, keeps a pace, or follows a schedule.

    keys, --pace, a schedule ──► Conductor ──► Gatekeeper ──► the gate in each process
                                     ▲
    RunState: who stands there ──────┘

A step is one operation of one thread. Whether it can be taken, the thread itself knows best: it is only told to try.
"""

import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from procsim.control.gatekeeper import GO, STAND, TRY
from procsim.control.steps import Step, Taken, called
from procsim.language import _
from procsim.state.processes import Process, Standing
from procsim.state.run_state import RunState
from procsim.wire.events import Event

SETTLED_SECONDS = 0.5
"""So long a step may last before another one is taken beside it: who computes stays away from the gate."""

PATIENCE_SECONDS = 10.0
"""So long a schedule waits for the thread whose turn it is."""

ASKED_AGAIN_SECONDS = 0.2
"""So often those who cannot move are asked anew, also where nothing was seen to happen."""

LAG_SECONDS = 0.1
"""By so much a pace may be behind, and then catches up: whether it is time for a step is looked at now and then."""

STUCK_SECONDS = 1.0
"""Where nobody at the gate could move for so long, a pace or a schedule lets them wait as they would without it."""

SLOWEST, FASTEST = 0.1, 1000.0
"""Steps a second."""


class Keeper(Protocol):
    """What opens and closes the gate."""

    closed: bool

    def say(self, word: bytes, pid: int, native_id: int) -> bool:
        """Say it to a thread that stands there."""


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


class Conductor:
    """Decides who moves in one run."""

    def __init__(self, keeper: Keeper, run: RunState, plan: Plan) -> None:
        self._keeper = keeper
        self._run = run
        self.pace = plan.pace
        """Steps a second that are taken by themselves; None: none are."""
        self._selected: int | None = None
        self.moved: int | None = None
        """The PID of the process that moved last."""
        self.steps = 0
        """How many steps were taken, that is, begun and done."""
        self._schedule = list(reversed(plan.schedule))
        self._following = bool(plan.schedule)
        self._before: tuple[float | None, bool] = (None, False)
        """The pace, and whether a schedule was followed, before the pause."""
        self._taken: Taken | None = None
        """The step that is being taken."""
        self._told: dict[tuple[int, str], Standing] = {}
        """Where each thread stood when it was told last to move: one that has not answered is not told again."""
        self._wanted = False
        """Whether another step is to be taken when this one is done."""
        self._moved_at = self._next_at = 0.0
        self._still_since = self._asked_at = time.monotonic()
        """When the last step was done; when those at the gate were asked last whether they could move."""
        keeper.closed = plan.closed

    @property
    def closed(self) -> bool:
        """Whether nobody moves but by a step."""
        return self._keeper.closed

    @property
    def held(self) -> bool:
        """Whether the run stands until people say so."""
        return self.closed and self.pace is None and not self._following

    @property
    def selected(self) -> int | None:
        """The PID of the process that people have chosen to move next. One that has ended is let go."""
        process = self._run.processes.get(self._selected or 0)
        if process is None or not process.alive:
            self._selected = None
        return self._selected

    @selected.setter
    def selected(self, pid: int | None) -> None:
        self._selected = pid

    def pause(self) -> None:
        """Nobody moves any more, but by a step."""
        self._before = self.pace, self._following
        self.pace, self._following, self._keeper.closed = None, False, True

    def go_on(self) -> None:
        """All move again; as they did before the pause."""
        self.pace, self._following = self._before
        self._keeper.closed = self.pace is not None or self._following
        if not self.closed:
            self._open()

    def change_pace(self, factor: float) -> None:
        """Faster or slower; beyond the fastest, all move as they like."""
        pace = max(SLOWEST, (self.pace or 1.0) * factor)
        self.pace = pace if pace <= FASTEST else None
        self._following, self._keeper.closed = False, self.pace is not None
        if not self.closed:
            self._open()

    def _open(self) -> None:
        self._keeper.closed = False
        self._done()
        self._say_to_all(GO)

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
        """Who takes the next step: one of the selected process's threads, or else who has stood there for longest.

        Where steps are taken by themselves, a selected process that cannot move keeps nobody else from it. Not who was
        told already: it is stopped, or the machine is slow.
        """
        could = [
            (process, thread, there)
            for process, thread, there in self.at_the_gate()
            if there.ready is not False and self._told.get((process.pid, thread)) != there
        ]
        selected = self.selected
        chosen = [each for each in could if selected in (None, each[0].pid)]
        return next(iter(chosen if chosen or self.held else could), None)

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
        if self._before[1]:
            self._before = None, False  # the rest of the schedule does not follow from this step
        while (chosen := self.next()) is not None:
            if self._move(*chosen):
                return True
        return False

    def _is_moving(self) -> bool:
        return self._taken is not None and not self._is_late(SETTLED_SECONDS)

    def _is_late(self, seconds: float) -> bool:
        return time.monotonic() - self._moved_at > seconds

    def let_wait(self) -> None:
        """Where nobody can move: let each begin what it cannot do at once, and wait as it would without a gate."""
        self._say_to_all(GO)

    def nobody_can_move(self) -> bool:
        """Whether all that is left stands at the gate before something that cannot be done now.

        Who is elsewhere, and does not come to the gate for a while, may wait there for ever.
        """
        standing = self.at_the_gate()
        if not standing or any(there.ready is not False for _, _, there in standing):
            return False
        return self._is_still(STUCK_SECONDS) or not any(self._run_on_their_own())

    def _is_still(self, seconds: float) -> bool:
        """Whether the last step was so long ago."""
        return time.monotonic() - max(self._still_since, self._moved_at) > seconds

    def tick(self, events: Sequence[Event]) -> None:
        """Called after each batch of events was drawn. Raises `Misfit`."""
        if not self.closed:
            if any(event.kind == "gate_reached" for event in events):
                self._say_to_all(GO)
            return
        settled = self._settle(events)
        late = time.monotonic() - self._asked_at > ASKED_AGAIN_SECONDS
        if settled or late or any(event.kind != "gate_reached" for event in events):
            self._ask()
        if self._wanted and not self._is_moving():
            self._wanted = False
            self.step()
        elif self._following:
            self._follow_schedule()
        elif self.pace is not None:
            self._keep_pace(self.pace)

    def _ask(self) -> None:
        """Have those whose operation cannot always be done look whether it can now."""
        self._asked_at = time.monotonic()
        for process, _thread, there in self.at_the_gate():
            if there.ready is not None:
                self._keeper.say(STAND, process.pid, there.native_id)

    def _settle(self, events: Sequence[Event]) -> bool:
        """Whether the step that is being taken is now done."""
        if self._taken is None or self._taken.begun == self._run.events:  # begun when these were drawn already
            return False
        for event in events:
            self._taken.follow(event)
        over = self._taken.over
        if over:
            self._done()
        return over

    def _done(self) -> None:
        """The step is over, and counts if it has begun at all."""
        if self._taken is not None and self._taken.passed:
            self.steps += 1
            if self._following:
                self._schedule.pop()
        self._taken = None
        self._still_since = time.monotonic()

    def _move(self, process: Process, thread: str, there: Standing, word: bytes = TRY) -> bool:
        self._told[process.pid, thread] = there
        if not self._keeper.say(word, process.pid, there.native_id):
            return False
        self._done()  # the last one, that took too long to be waited for
        self._taken, self._moved_at = Taken(self._run, process.pid, thread), time.monotonic()
        self.moved = process.pid
        return True

    def _keep_pace(self, pace: float) -> None:
        now = time.monotonic()
        if self._is_moving() or now < self._next_at:
            return
        if self.next() is not None and self.step():
            self._next_at = max(self._next_at + 1 / pace, now - LAG_SECONDS)
        elif self._is_still(STUCK_SECONDS) and self.nobody_can_move():
            self.let_wait()

    def _follow_schedule(self) -> None:
        """Have the next step of the schedule taken as soon as its thread stands there. At the end all are free."""
        if self._taken is not None:
            if not self._is_late(PATIENCE_SECONDS if self._schedule[-1].done else SETTLED_SECONDS):
                return
            self._done()
        if not self._schedule:
            self._following = False
            self._open()
            return
        turn = self._schedule[-1]
        waited = time.monotonic() - self._still_since
        process = next(iter(called(self._run, turn.process)[turn.number :]), None)
        there = process.standing.get(turn.thread) if process is not None and process.alive else None
        if process is None or there is None:
            if waited > PATIENCE_SECONDS:
                words = _("step {step}: {process} never came to {operation} at {at}")
                raise Misfit(words.format(step=self.steps + 1, **turn._asdict()))
        elif (there.operation, there.at) != (turn.operation, turn.at):
            words = _("step {step}: {process} was to do {operation} at {at}, and would do {other} at {other_at}")
            raise Misfit(words.format(step=self.steps + 1, **turn._asdict(), other=there.operation, other_at=there.at))
        elif there.ready is not False:
            self._move(process, turn.thread, there)
        elif waited > STUCK_SECONDS:
            self._move(process, turn.thread, there, GO)  # in the recording, too, it began this and waited

    def _run_on_their_own(self) -> Iterable[Process]:
        """Processes that neither stand at the gate nor wait."""
        for process in self._run.processes.values():
            if process.alive and not process.standing and not process.waits:
                yield process

    def _say_to_all(self, word: bytes) -> None:
        for process, _thread, there in self.at_the_gate():
            self._keeper.say(word, process.pid, there.native_id)
