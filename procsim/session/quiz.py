"""Asks people to predict what will come, before the step that decides, and reveals at the end what came.

Prediction ──► approach: UpTo conducts ──► prediction_asked ──► people answer ──► prediction_made ──► the run goes on
claims of the run ──► revealed ──► the verdict
"""

from collections.abc import Callable, Sequence

from procsim import Claim
from procsim.control.choosers import ASKING_PACE, UpTo, go_on, is_held, pace_of
from procsim.control.conductor import Chooser, Conductor
from procsim.control.prediction import DecidingStep, Prediction
from procsim.state.run_state import RunState
from procsim.views.base import Revealed
from procsim.views.wishes import Refusal
from procsim.wire.events import Event


class Quiz:
    """The question of one run, if its lesson has one."""

    def __init__(self, run: RunState, prediction: Prediction | None, now: Callable[[], int]) -> None:
        """`now` returns ns since the start of the run."""
        self._run = run
        self._prediction = prediction
        self._now = now
        self._deciding = DecidingStep(run, prediction.stop) if prediction is not None else None
        self._approach: UpTo | None = None
        """The chooser that stops before the step that decides, once the run is to ask."""
        self._after: Chooser | None = None
        self._happened: list[Event] = []

    def follow(self, events: Sequence[Event]) -> None:
        """Take in events that are applied to the state."""
        if self._deciding is not None:
            self._deciding.follow(events)

    def approach(self, conductor: Conductor, after: Chooser | None) -> None:
        """From now on, take the run to the step that decides; `after`: who chooses once people have answered."""
        if self._deciding is not None:
            self._after = after
            self._approach = UpTo(pace_of(conductor) or ASKING_PACE, self._deciding, after)
            conductor.use(self._approach)

    def ask(self, conductor: Conductor) -> Refusal | None:
        """People wish to be asked in a run that has begun. Returns why they are not."""
        if self._deciding is None:
            return Refusal.NOTHING_TO_ASK
        if self._approach is not None:
            return Refusal.IS_ASKED
        if self._deciding.has_come:
            return Refusal.TOO_LATE
        pace = pace_of(conductor)
        self.approach(conductor, conductor.chooser if pace is not None else None)
        return None

    def predict(self, answer: int, conductor: Conductor) -> None:
        """People answer the question that stands, and the run goes on; 0: without an answer."""
        question = self._run.question
        if question is not None and 0 <= answer <= len(question.fields["answers"]):
            self._emit("prediction_made", answer=answer)
            go_on(conductor)

    def tick(self, conductor: Conductor) -> list[Event]:
        """Called after people's wishes were granted. Returns what has happened, which the caller applies."""
        approach = self._approach
        if approach is not None and self._prediction is not None and self._deciding is not None:
            if approach.stands is not None and self._run.asked is None:
                self._emit(
                    "prediction_asked",
                    lesson=self._prediction.lesson,
                    ask=self._prediction.ask,
                    answers=list(self._prediction.answers),
                )
            elif self._run.question is not None and not (self._happened or is_held(conductor)):
                self._emit("prediction_made", answer=0)  # the run was let go on otherwise
            elif conductor.chooser is approach and self._deciding.has_come:  # that step was taken by hand
                conductor.use(self._after)
        happened, self._happened = self._happened, []
        return happened

    def _emit(self, kind: str, **fields: object) -> None:
        stands = self._approach.stands if self._approach is not None else None
        if stands is not None:
            pid, name, thread = stands.process.pid, stands.process.name, stands.thread
            identity, at = stands.standing.object, stands.standing.at
            self._happened.append(Event(kind, self._now(), pid, name, thread, identity, at, fields))


def revealed(
    prediction: Prediction | None, run: RunState, claims: Sequence[Claim], was_to_ask: bool = False
) -> Revealed | None:
    """What people have predicted, and what came, by the claim of the lesson; None: they were not asked, nor
    `was_to_ask` the run.
    """
    if prediction is None or (run.asked is None and not was_to_ask):
        return None
    if run.asked is None:
        return Revealed(prediction.lesson, prediction.ask, prediction.answers, 0, asked=False)
    claim = next((claim for claim in claims if claim.id == prediction.lesson), None)
    came, instead = 0, ""
    if claim is not None and prediction.right is not None:
        came = prediction.right if claim.holds else 0
    elif claim is not None and prediction.figure in claim.figures:
        instead = str(claim.figures[prediction.figure])
        came = prediction.answers.index(instead) + 1 if instead in prediction.answers else 0
    return Revealed(
        prediction.lesson, prediction.ask, prediction.answers, run.predicted or 0, came, "" if came else instead
    )
