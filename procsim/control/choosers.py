"""Choosers: who takes the next step, and when. By hand, at a pace, by schedule; one more way is one more class.

people wish a pause, a step, a pace ──► pause, step, go_on, change_pace ──► the conductor's chooser
a question is to be asked ──► UpTo ──► a pause before the step that decides
"""

from collections import deque
from collections.abc import Iterable

from procsim.control.conductor import SETTLED_SECONDS, AtGate, Chooser, Conductor
from procsim.control.gatekeeper import GIVE_UP, GO, TRY
from procsim.control.plan import FASTEST, SLOWEST
from procsim.control.prediction import DecidingStep
from procsim.control.steps import Step, StepInProgress, process_at
from procsim.errors import ProcsimError
from procsim.language import _
from procsim.wire.gate_words import FURTHER

PATIENCE_SECONDS = 10.0
"""How long a schedule waits for the thread whose turn it is."""

LAG_SECONDS = 0.1
"""How much of a delay a pace makes up for: time is only checked after each batch of events."""

ASKING_PACE = 40.0
"""Steps a second up to a question. Since a sleep takes no time then, a lesson takes about as long as without it."""


class Misfit(ProcsimError):
    """The program does not take the steps of the schedule; the text says where."""

    def __str__(self) -> str:
        return _("the schedule does not fit the program: {reason}").format(reason=super().__str__())


class _OneAtATime:
    """Takes single steps. The threads of the selected process take them; where none is selected, all may.

    Of several threads, the one that has stood at the gate for longest comes first.
    """

    def __init__(self) -> None:
        self._wanted = False
        """Whether a step is to be taken when the one in progress is over."""

    def next(self, conductor: Conductor) -> list[AtGate]:
        """The threads that could take the next step, in the order in which they are tried."""
        selected = conductor.selected
        return [each for each in conductor.able() if selected in (None, each.process.pid)]

    def step(self, conductor: Conductor) -> bool:
        """Take a step, as soon as the one in progress is over. False: nobody can."""
        if conductor.is_moving():
            self._wanted = True
            return True
        return any(conductor.move(there) for there in self.next(conductor))

    def _take_wanted(self, conductor: Conductor) -> bool:
        """Take the step that is wanted, if it is time. Returns whether it was time."""
        if not self._wanted or conductor.is_moving():
            return False
        self._wanted = False
        self.step(conductor)
        return True


class ByHand(_OneAtATime):
    """The run stands; people wish each step."""

    def __init__(self, before: Chooser | None = None) -> None:
        """`before`: who chooses again when people let the run go on; None: all move freely."""
        super().__init__()
        self.before = before

    def step(self, conductor: Conductor) -> bool:
        """As above. The rest of a schedule does not follow from such a step, and is given up."""
        if isinstance(self.before, BySchedule):
            self.before = None
        return super().step(conductor)

    def choose(self, conductor: Conductor) -> None:
        """Take the step that people wished for while another one was in progress."""
        self._take_wanted(conductor)


class AtPace(_OneAtATime):
    """So many steps a second, and one more whenever people wish it."""

    def __init__(self, pace: float) -> None:
        """`pace`: steps a second."""
        super().__init__()
        self.pace = pace
        self._next_at = 0.0

    def next(self, conductor: Conductor) -> list[AtGate]:
        """As above; where the selected process cannot move, others do."""
        selected = conductor.selected
        return sorted(conductor.able(), key=lambda each: each.process.pid != selected)

    def choose(self, conductor: Conductor) -> None:
        """Take a step when it is time. Where nobody can, all begin their operations, and wait as without a
        gate: only then does the watchman see why they cannot go on.
        """
        now = conductor.now()
        if self._take_wanted(conductor) or conductor.is_moving() or now < self._next_at:
            return
        if self.step(conductor):
            self._next_at = max(self._next_at, now - LAG_SECONDS) + 1 / self.pace
        elif conductor.is_still() and conductor.nobody_can_move():
            conductor.let_wait()


class UpTo(AtPace):
    """At a pace, up to the step that decides: before it all stand, until people let them go on."""

    def __init__(self, pace: float, step: DecidingStep, after: Chooser | None) -> None:
        """`after`: who chooses when people let the run go on; None: all move freely."""
        super().__init__(pace)
        self._deciding = step
        self.after = after
        self.stands: AtGate | None = None
        """The thread before the step that decides, once it is that step's turn."""

    def step(self, conductor: Conductor) -> bool:
        """As above; but where the step that decides is next, or would have to wait, all are paused."""
        turn = self.next(conductor)[:1]
        for there in conductor.at_gate():
            next_or_waits = there in turn or there.standing.ready is False
            if next_or_waits and self._deciding.is_next(there.process.name, there.standing):
                self.stands = there
                conductor.use(ByHand(before=self.after))
                return True
        return super().step(conductor)


class BySchedule:
    """The recorded steps, in their order; after them another one chooses."""

    def __init__(
        self, steps: Iterable[Step], after: Chooser | None = None, chosen: tuple[str, int] | None = None
    ) -> None:
        """`after`: who chooses after them; None: all move freely. `chosen`: as in `Plan`."""
        self._left = deque(steps)
        """The steps that were not taken yet."""
        self._after = after
        self._chosen = chosen
        self._begun: StepInProgress | None = None
        """The first of them, once its thread was signalled."""

    def choose(self, conductor: Conductor) -> None:
        """Have the next step taken as soon as its thread stands at the gate. Raises `Misfit`."""
        if conductor.in_progress is not None:
            # In the recording, too, a step that is not `done` was still in progress when the next one began.
            patience = PATIENCE_SECONDS if self._left[0].done else SETTLED_SECONDS
            if conductor.unchanged_for() <= patience:
                return
            conductor.end_step()
        if self._begun is not None and self._begun.passed:
            self._left.popleft()  # else its thread has tried, and could not yet: it is signalled again
        self._begun = None
        if self._left:
            self._begun = self._move(conductor, self._left[0])
        else:
            self._hand_over(conductor)

    def _hand_over(self, conductor: Conductor) -> None:
        """Let the next chooser begin, as soon as the process that is chosen has."""
        if self._chosen is not None:
            chosen = process_at(conductor.run, *self._chosen)
            if chosen is None and conductor.unchanged_for() <= PATIENCE_SECONDS:
                return
            conductor.selected = chosen.pid if chosen is not None else None
        conductor.use(self._after)

    def _move(self, conductor: Conductor, turn: Step) -> StepInProgress | None:
        """Have this step taken, if its thread stands at the gate and can take it."""
        waited = conductor.unchanged_for()
        process = process_at(conductor.run, turn.process, turn.number)
        there = process.standing.get(turn.thread) if process is not None and process.alive else None
        if process is None or there is None:
            if waited > PATIENCE_SECONDS:
                words = _("step {step}: {process} never came to {operation} at {at}")
                raise Misfit(words.format(step=conductor.steps + 1, **turn._asdict()))
            return None
        if there.operation in FURTHER and there.operation != turn.operation:
            conductor.move(AtGate(process, turn.thread, there), TRY)  # what the recording does not show
            return None
        if (there.operation, there.at) != (turn.operation, turn.at):
            words = _("step {step}: {process} was to do {operation} at {at}, and would do {other} at {other_at}")
            figures = turn._asdict() | {"other": there.operation, "other_at": there.at}
            raise Misfit(words.format(step=conductor.steps + 1, **figures))
        if there.ready is not False:  # None: it can always be done
            return conductor.move(AtGate(process, turn.thread, there), GIVE_UP if turn.gave_up else TRY)
        # The recorded thread has passed the gate here. If this one still cannot, that one could not, either: it was let
        # into its wait (GO) when nobody could move.
        if conductor.is_still():
            return conductor.move(AtGate(process, turn.thread, there), GO)
        return None


# What people wish --------------------------------------------------------------------------------------------


def is_held(conductor: Conductor) -> bool:
    """Whether the run stands until people let it move."""
    return isinstance(conductor.chooser, ByHand)


def pace_of(conductor: Conductor) -> float | None:
    """Steps a second that are taken by themselves; None: it has no pace."""
    return conductor.chooser.pace if isinstance(conductor.chooser, AtPace) else None


def unpaused(conductor: Conductor) -> Chooser | None:
    """Who chooses, or, while the run is held, who will when people let it go on; None: all move freely."""
    return conductor.chooser.before if isinstance(conductor.chooser, ByHand) else conductor.chooser


def next_of(conductor: Conductor) -> int | None:
    """The PID of the process that takes the next step in a run that is held; None: nobody can."""
    able = conductor.chooser.next(conductor) if isinstance(conductor.chooser, ByHand) else []
    return able[0].process.pid if able else None


def pause(conductor: Conductor) -> None:
    """Nobody moves from now on, but by a step. For a run that is not held."""
    conductor.use(ByHand(before=conductor.chooser))


def go_on(conductor: Conductor) -> None:
    """The run goes on as it did before the pause."""
    if isinstance(conductor.chooser, ByHand):
        conductor.use(conductor.chooser.before)


def step(conductor: Conductor) -> bool:
    """Take one step, as soon as the one in progress is over. False: nobody can.

    Where all move freely, or by a schedule, it only pauses them.
    """
    if isinstance(conductor.chooser, _OneAtATime):
        return conductor.chooser.step(conductor)
    pause(conductor)
    return True


def change_pace(conductor: Conductor, factor: float) -> None:
    """Faster or slower, from 1 step a second where there was no pace. Beyond FASTEST all move freely.

    A run that is held goes on, at this pace. A run that is to stop before the step that decides still does, at FASTEST
    at most. The rest of a schedule is given up.
    """
    chooser = unpaused(conductor)
    if not isinstance(chooser, AtPace):
        chooser = AtPace(1.0)
    chooser.pace = max(SLOWEST, chooser.pace * factor)
    if isinstance(chooser, UpTo):
        chooser.pace = min(chooser.pace, FASTEST)
    conductor.use(chooser if chooser.pace <= FASTEST else None)
