"""What people wish while a run is shown, and how the run moves, as a view knows it.

keys ──► a view ──► Wish ──► the session, which grants it ──► Movement ──► the view draws it
"""

from enum import Enum
from typing import NamedTuple


class Pause(NamedTuple):
    """Pause the run, so that a process moves by a step only; if it is paused, let all move again as before."""


class Step(NamedTuple):
    """Let one process take one step."""


class Choose(NamedTuple):
    """Let this process take the next step."""

    pid: int | None
    """None: the one that has waited longest for a step."""


class ChangePace(NamedTuple):
    """Take more or fewer steps a second."""

    factor: float


class Ask(NamedTuple):
    """Ask for a prediction: go on at a pace up to the step that decides, and stop before it."""


class Predict(NamedTuple):
    """Answer the question that stands."""

    answer: int
    """Its number, from 1 on; 0: none, and the run goes on."""


class Suspend(NamedTuple):
    """Give the terminal to the shell for a while (Ctrl-Z)."""


class End(NamedTuple):
    """End the run."""


Wish = Pause | Step | Choose | ChangePace | Ask | Predict | Suspend | End


class Refusal(Enum):
    """Why a wish was not granted."""

    NOBODY_CAN_MOVE = "nobody can move"
    """Each waits now, as it would without procsim."""
    NOT_THE_CHOSEN = "not the chosen one"
    NOTHING_TO_ASK = "nothing to ask"
    """The lesson has no question."""
    TOO_LATE = "too late"
    """The step that decides was taken already, or has begun."""
    IS_ASKED = "is asked"
    """The run will ask, or has asked."""


class Movement(NamedTuple):
    """How a run moves."""

    closed: bool = False
    """Whether the gate is closed: processes move by steps only."""
    held: bool = False
    """Whether the steps are taken by people, and not at a pace or by a schedule."""
    pace: float | None = None
    """Steps a second, in slow motion; None: it is no slow motion."""
    steps: int = 0
    """How many steps were taken."""
    chosen: int | None = None
    """The PID of the process that people have chosen to move next."""
    next: int | None = None
    """The PID of the process that takes the next step, in a run that is held."""
    moved: int | None = None
    """The PID of the process that moved last."""
    refused: Refusal | None = None
    """Why the last wish was not granted."""
