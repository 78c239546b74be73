"""Grants what people wish while they look at a run.

Wish ──► grant ──► the conductor, the run ──► movement_of ──► the view
"""

from collections.abc import Callable, Iterable

from procsim.control.conductor import Conductor
from procsim.views.base import View
from procsim.views.wishes import ChangePace, Choose, End, Movement, Pause, Refusal, Step, Suspend, Wish


def grant(wishes: Iterable[Wish], view: View, end: Callable[[], None], conductor: Conductor | None) -> Refusal | None:
    """Do what is wished, one after the other; without a conductor (a recording is shown) nobody can be moved.

    Returns why the last wish was not granted, if it was not.
    """
    refused = None
    for wish in wishes:
        refused = None
        if isinstance(wish, End):
            end()
        elif isinstance(wish, Suspend):
            _suspend(view, conductor)
        elif conductor is not None:
            refused = _move(wish, conductor)
    return refused


def _move(wish: Pause | Step | Choose | ChangePace, conductor: Conductor) -> Refusal | None:
    if isinstance(wish, Pause):
        (conductor.go_on if conductor.held else conductor.pause)()
    elif isinstance(wish, Choose):
        conductor.selected = wish.pid
    elif isinstance(wish, ChangePace):
        conductor.change_pace(wish.factor)
    elif not conductor.step():
        if conductor.nobody_can_move():
            conductor.let_wait()
            return Refusal.NOBODY_CAN_MOVE
        if conductor.selected is not None:
            return Refusal.NOT_THE_CHOSEN
    return None


def _suspend(view: View, conductor: Conductor | None) -> None:
    """While the terminal is the shell's, nobody moves."""
    moves = conductor is not None and not conductor.closed
    if conductor is not None and moves:
        conductor.pause()
    view.suspend()
    if conductor is not None and moves:
        conductor.go_on()


def movement_of(conductor: Conductor, refused: Refusal | None) -> Movement:
    """How the run moves now, for a view."""
    first = conductor.next() if conductor.held else None
    return Movement(
        closed=conductor.closed,
        held=conductor.held,
        pace=conductor.pace,
        steps=conductor.steps,
        chosen=conductor.selected,
        next=first[0].pid if first else None,
        moved=conductor.moved,
        refused=refused,
    )
