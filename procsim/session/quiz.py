"""Asks people to predict what will come, before the step that decides.

Prediction ──► approach: UpTo conducts ──► prediction_asked ──► people answer ──► prediction_made ──► the run goes on
"""

from collections.abc import Callable, Sequence

from procsim.control.choosers import ASKING_PACE, AtPace, UpTo, go_on, is_held, unpaused
from procsim.control.conductor import Conductor
from procsim.control.prediction import DecidingStep, Prediction
from procsim.views.wishes import Refusal
from procsim.wire.events import Event


class Quiz:
    """The question of one run, whose lesson has one."""

    def __init__(self, conductor: Conductor, prediction: Prediction, now: Callable[[], int]) -> None:
        """`now` returns ns since the start of the run.

        The run's state knows the question: `question` while it is open, `asked` for ever after.
        """
        self._conductor = conductor
        self._run = conductor.run
        self._prediction = prediction
        self._now = now
        self._deciding = DecidingStep(self._run, prediction.stop)
        self._approach: UpTo | None = None
        """The chooser that stops before the step that decides, once the run is to ask."""
        self._happened: list[Event] = []

    def follow(self, events: Sequence[Event]) -> None:
        """Take in events that are applied to the state."""
        self._deciding.follow(events)

    def approach(self, after: AtPace | None) -> None:
        """From now on, take the run to the step that decides, and on from there as `after`; None: freely."""
        self._approach = UpTo(ASKING_PACE if after is None else after.pace, self._deciding, after)
        self._conductor.use(self._approach)

    def ask(self) -> Refusal | None:
        """People wish to be asked in a run that has begun. Returns why they are not."""
        if self._run.asked is not None:
            return Refusal.IS_ASKED
        if self._deciding.has_come:
            return Refusal.TOO_LATE
        if self._approach is not None:
            return Refusal.IS_ASKED
        before = unpaused(self._conductor)  # while people have paused the run: what they have paused
        self.approach(before if isinstance(before, AtPace) else None)
        return None

    def predict(self, answer: int) -> None:
        """People answer the question that stands, and the run goes on; 0: without an answer."""
        question = self._run.question
        if question is not None and 0 <= answer <= len(question.fields["answers"]):
            self._emit("prediction_made", answer=answer)
            go_on(self._conductor)

    def tick(self) -> list[Event]:
        """Called after people's wishes were granted. Returns what has happened, which the caller applies."""
        approach, prediction = self._approach, self._prediction
        if approach is not None:
            if approach.stands is not None and self._run.asked is None:
                answers = list(prediction.answers)
                self._emit("prediction_asked", lesson=prediction.lesson, ask=prediction.ask, answers=answers)
            elif self._run.question is not None and not (self._happened or is_held(self._conductor)):
                self._emit("prediction_made", answer=0)  # the run was let go on otherwise
            elif self._conductor.chooser is approach and self._deciding.has_come:  # that step was taken by hand
                self._conductor.use(approach.after)
        happened, self._happened = self._happened, []
        return happened

    def _emit(self, kind: str, **fields: object) -> None:
        """The event is one of the thread that stands at the gate before the step that decides."""
        stands = self._approach.stands if self._approach is not None else None
        if stands is not None:
            pid, name, thread = stands.process.pid, stands.process.name, stands.thread
            identity, at = stands.standing.object, stands.standing.at
            self._happened.append(Event(kind, self._now(), pid, name, thread, identity, at, fields))
