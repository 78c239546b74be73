"""Plays a run from its first event to its last: apply, diagnose, conduct, draw, for each batch of events.

Run ──► apply: state, recording, view ──► diagnose ──► conduct: the next step ──► draw: wishes, the question, the view
         ▲                                   │                                            │
         └── what the watchman has found ◄───┴──────────── asked, and answered ◄──────────┘
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from procsim.control.choosers import AtPace
from procsim.control.conductor import Conductor
from procsim.control.prediction import Prediction
from procsim.diagnosis.watchman import Watchman
from procsim.findings.base import Finding, from_fields
from procsim.recording.recorder import Recorder
from procsim.running.run import Run
from procsim.session.faults import FINDINGS, PICTURE, STEPS, Faults
from procsim.session.grants import grant, movement_of
from procsim.session.monotonic import Monotonic
from procsim.session.quiz import Quiz
from procsim.state.apply import apply
from procsim.state.run_state import RunState
from procsim.views.base import View
from procsim.views.wishes import Refusal
from procsim.wire.events import Event


class Player:
    """Plays one run that was started. A part of procsim that fails is left out, and the run goes on.

    The state and the conductor are sheltered here; the watchman and the recorder shelter themselves, and the view is a
    `Sheltered` one.
    """

    def __init__(
        self,
        run: Run,
        state: RunState,
        view: View,
        faults: Faults,
        end: Callable[[], None],
        recorder: Recorder | None = None,
        prediction: Prediction | None = None,
        accepts: Callable[[Finding], bool] = lambda finding: False,
        looks_last: bool = False,
    ) -> None:
        """`state` is empty. `end` is called when people wish that the run ends; `prediction`: what they can be
        asked; `accepts`: whether the program's author accepts a finding; `looks_last`: whether `stacks` are wanted.
        """
        self.cut_short, self.repeats = False, 0
        """Whether the run was ended early, and then `Outcome.repeats`."""
        self.stacks: Mapping[str, Any] = {}
        """Where the threads stood when the run was ended early, and nobody knew why it did not end: as figures."""
        self._run = run
        self._state = state
        self._view = view
        self._faults = faults
        self._end = end
        self._recorder = recorder
        self._accepts = accepts
        self._looks_last = looks_last
        plan = run.order.plan
        self._conductor = Conductor(run.gate, state, plan.chooser())
        self._quiz = Quiz(self._conductor, prediction, run.now) if prediction is not None else None
        if self._quiz is not None and plan.asks:
            self._quiz.approach(None if plan.pace is None else AtPace(plan.pace))
        self._watchman = Watchman(run, state, self._read_untraced)
        self._monotonic = Monotonic()

    def play(self) -> None:
        """Follow the run until no process of it is left.

        Raises `Misfit` where the program does not take the steps of its schedule; `ReaderGone` and `CannotWrite` where
        the view cannot write.
        """
        for batch in self._run:
            happened = [*self._apply(batch), *self._diagnose()]
            self._steer(self._conductor.tick, happened)  # before drawing, so that the program moves meanwhile
            self._draw()
            if self._run.cut_short and not self.cut_short:
                self.cut_short = True
                self._apply(self._watchman.last_read())
                self.repeats = self._watchman.repeats
                self.stacks = self._watchman.last_look() if self._looks_last else {}

    def _apply(self, batch: list[Event]) -> list[Event]:
        """Put the events into the state, the recording and the view. Returns them, with the times that they got."""
        events = self._monotonic.times(batch)
        for event in events:
            try:
                apply(self._state, event)
            except Exception as error:
                self._faults.add(PICTURE, error)
            if self._recorder is not None:
                self._recorder.event(event, self._state.names)
            self._view.event(event, self._state)
        if self._quiz is not None:
            self._steer(self._quiz.follow, events)
        return events

    def _diagnose(self) -> list[Event]:
        """Apply what the watchman has found. The run is stopped if the program hangs and that was ordered."""
        found = self._apply([*map(self._marked, self._watchman.diagnose())])
        if not found:
            return []
        newly_stuck = any(event.kind == "process_stuck" for event in found)
        found = [*found, *self._apply([*map(self._marked, self._watchman.explain())])]
        if newly_stuck and self._run.order.stop_on_hang and self._state.hangs():
            self._run.stop()
        return found

    def _read_untraced(self, pids: Collection[int], t: int) -> list[Event]:
        from procsim.attach.untraced import read_untraced  # most runs have no such process

        return read_untraced(self._state, pids, t)

    def _marked(self, event: Event) -> Event:
        """The event; a finding that is accepted has a mark. Why the whole program hangs is told in any case."""
        if event.kind != "finding" or self._state.hangs():
            return event
        accepted: list[bool] = []
        self._faults.attempt(FINDINGS, lambda: accepted.append(self._accepts(from_fields(event.fields))))
        return event._replace(fields={**event.fields, "accepted": True}) if any(accepted) else event

    def _draw(self) -> None:
        """Grant what people wish, ask them what they predict, and draw the run as it is now."""
        wishes = self._view.wishes(self._state)
        refused: list[Refusal | None] = [None]
        self._steer(lambda: refused.append(grant(wishes, self._view, self._end, self._conductor, self._quiz)))
        if (quiz := self._quiz) is not None:
            self._steer(lambda: self._apply(quiz.tick()))
        self._view.tick(self._state, movement_of(self._conductor, refused[-1]))

    def _steer(self, call: Callable[..., object], *arguments: object) -> None:
        """Call what may move the processes. If it fails, all move freely from then on, and nothing is asked."""
        if self._faults.attempt(STEPS, call, *arguments):
            return
        self._quiz = None
        self._faults.attempt(STEPS, self._conductor.use, None)
        if (question := self._state.question) is not None:
            self._apply([question._replace(kind="prediction_made", t=self._run.now(), fields={"answer": 0})])
