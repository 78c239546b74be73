"""Plays a run from its first event to its last: apply, diagnose, conduct, draw, for each batch of events.

Run ──► apply: state, recording, view ──► diagnose: the watchman's events ──► conduct: next step ──► draw: the view
         ▲                                     │
         └─────────────────────────────────────┘
"""

from collections.abc import Callable

from procsim.control.choosers import AtPace
from procsim.control.conductor import Conductor
from procsim.control.prediction import Prediction
from procsim.diagnosis.watchman import Watchman
from procsim.recording.recorder import Recorder
from procsim.running.run import Run
from procsim.session.faults import PICTURE, STEPS, Faults
from procsim.session.grants import grant, movement_of
from procsim.session.monotonic import Monotonic
from procsim.session.quiz import Quiz
from procsim.state.apply import apply
from procsim.state.run_state import RunState
from procsim.views.base import View
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
    ) -> None:
        """`state` is empty. `end` is called when people wish that the run ends; `prediction`: what they can be
        asked.
        """
        self._run = run
        self._state = state
        self._view = view
        self._faults = faults
        self._end = end
        self._recorder = recorder
        plan = run.order.plan
        self._conductor = Conductor(run.gate, state, plan.chooser())
        self._quiz = Quiz(state, prediction, run.now)
        if plan.asks:
            self._quiz.approach(self._conductor, None if plan.pace is None else AtPace(plan.pace))
        self._watchman = Watchman(run, state)
        self._monotonic = Monotonic()

    def play(self) -> None:
        """Follow the run until no process of it is left.

        Raises `Misfit` where the program does not take the steps of its schedule; `ReaderGone` and `CannotWrite` where
        the view cannot write.
        """
        for batch in self._run:
            happened = self._apply(batch)
            happened += self._diagnose()
            self._conduct(happened)
            self._draw()

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
        self._faults.attempt(STEPS, self._quiz.follow, events)
        return events

    def _diagnose(self) -> list[Event]:
        """Apply what the watchman has found. The run is stopped if the program hangs and that was ordered."""
        found = self._apply(self._watchman.diagnose())
        if not found:
            return []
        newly_stuck = any(event.kind == "process_stuck" for event in found)
        found += self._apply(self._watchman.explain())
        if newly_stuck and self._run.order.stop_on_hang and self._state.hangs():
            self._run.stop()
        return found

    def _conduct(self, events: list[Event]) -> None:
        """Have the next step taken, if it is time: before drawing, so that the program moves meanwhile."""
        if not self._faults.attempt(STEPS, self._conductor.tick, events):
            self._faults.attempt(STEPS, self._conductor.use, None)  # all move freely

    def _draw(self) -> None:
        """Grant what people wish, ask them what they predict, and draw the run as it is now."""
        refused = grant(self._view.wishes(self._state), self._view, self._end, self._conductor, self._quiz)
        asked: list[Event] = []
        self._faults.attempt(STEPS, lambda: asked.extend(self._quiz.tick(self._conductor)))
        self._apply(asked)
        self._view.tick(self._state, movement_of(self._conductor, refused))
