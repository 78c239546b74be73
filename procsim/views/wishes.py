"""What people wish while a run is shown, and what a view knows of how the run moves.

    keys ──► a view ──► Wish ──► the session, which grants it ──► Movement ──► the view draws it

A view decides nothing: it does not know who opens the gate, nor how a run is ended.
"""

from enum import Enum
from typing import NamedTuple


class Pause(NamedTuple):
    """Nobody moves any more, but by a step; where that is so already, all move again as before."""


class Step(NamedTuple):
    """One process takes one step."""


class Choose(NamedTuple):
    """This process moves next."""

    pid: int | None
    """None: whoever has stood there for longest."""


class ChangePace(NamedTuple):
    """Faster or slower."""

    factor: float


class Suspend(NamedTuple):
    """The terminal is the shell's for a while (Ctrl-Z)."""


class End(NamedTuple):
    """The run is to be ended."""


Wish = Pause | Step | Choose | ChangePace | Suspend | End


class Refusal(Enum):
    """Why a step was not granted."""

    NOBODY_CAN_MOVE = "nobody can move"
    """They are let wait now, as they would without procsim."""
    NOT_THE_CHOSEN = "not the chosen one"


class Movement(NamedTuple):
    """How a run moves."""

    closed: bool = False
    """Whether nobody moves but by a step."""
    held: bool = False
    """Whether the run stands until people say so."""
    pace: float | None = None
    """Steps a second that are taken by themselves; None: none are."""
    steps: int = 0
    """How many were taken."""
    chosen: int | None = None
    """The PID of the process that people have chosen to move next."""
    next: int | None = None
    """The PID of the process that takes the next step, in a run that is held."""
    moved: int | None = None
    """The PID of the process that moved last."""
    refused: Refusal | None = None
    """Why the step that was wished for last is not taken."""
