"""Grants what people wish while a run is shown.

Wish ──► grant ──► the conductor, the run ──► movement_of ──► the view
"""

from collections.abc import Callable, Iterable

from procsim.control.choosers import change_pace, go_on, is_held, next_of, pace_of, pause, step
from procsim.control.conductor import Conductor
from procsim.session.quiz import Quiz
from procsim.views.base import View
from procsim.views.wishes import Ask, ChangePace, Choose, End, Movement, Pause, Predict, Refusal, Step, Suspend, Wish


def grant(
    wishes: Iterable[Wish],
    view: View,
    end: Callable[[], None],
    conductor: Conductor | None = None,
    quiz: Quiz | None = None,
) -> Refusal | None:
    """Grant the wishes, one after the other; without a conductor (a recording is shown), not those that move processes.

    `end` ends the run; `quiz`: None where there is no question. Returns why the last wish was not granted, if it was
    not.
    """
    refused = None
    for wish in wishes:
        refused = None
        if isinstance(wish, End):
            end()
        elif isinstance(wish, Suspend):
            _suspend(view, conductor)
        elif isinstance(wish, Ask):
            refused = quiz.ask() if quiz is not None else Refusal.NOTHING_TO_ASK
        elif isinstance(wish, Predict):
            if quiz is not None:
                quiz.predict(wish.answer)
        elif conductor is not None:
            refused = _move(wish, conductor)
    return refused


def _move(wish: Pause | Step | Choose | ChangePace, conductor: Conductor) -> Refusal | None:
    if isinstance(wish, Pause):
        (go_on if is_held(conductor) else pause)(conductor)
    elif isinstance(wish, Choose):
        conductor.selected = wish.pid
    elif isinstance(wish, ChangePace):
        change_pace(conductor, wish.factor)
    elif not step(conductor):
        if conductor.nobody_can_move():
            conductor.let_wait()
            return Refusal.NOBODY_CAN_MOVE
        if conductor.selected is not None:
            return Refusal.NOT_THE_CHOSEN
    return None


def _suspend(view: View, conductor: Conductor | None) -> None:
    """Leave the terminal to the shell; a run that moves freely is paused meanwhile."""
    moves = conductor is not None and not conductor.closed
    if conductor is not None and moves:
        pause(conductor)
    view.suspend()
    if conductor is not None and moves:
        go_on(conductor)


def movement_of(conductor: Conductor, refused: Refusal | None) -> Movement:
    """How the run moves now, for a view."""
    return Movement(
        closed=conductor.closed,
        held=is_held(conductor),
        pace=pace_of(conductor),
        steps=conductor.steps,
        chosen=conductor.selected,
        next=next_of(conductor),
        moved=conductor.moved,
        refused=refused,
    )
