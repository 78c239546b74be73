"""One run that was started: it is played, judged, and shown to its verdict and exit code."""

import signal
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from typing import Any

from procsim import Claim
from procsim.control.prediction import Prediction
from procsim.exit_code import ExitCode
from procsim.findings import findings
from procsim.output import ReaderGone
from procsim.recording.recorder import Recorder
from procsim.running.run import Run
from procsim.session.accepting import Accepting, judge_findings
from procsim.session.faults import FINDINGS, Faults, Sheltered
from procsim.session.outcome import Judge, code_of_claims, judged, outcome_of, revealed
from procsim.session.player import Player
from procsim.session.report import Report
from procsim.session.signals import Signals
from procsim.state.races import Races
from procsim.state.run_state import RunState
from procsim.views.base import Verdict, View
from procsim.views.jsonl import verdict_line


class Shown:
    """A run, and what it is shown with. See `session.show_run`, which calls `play`, `end` and `code` in this order."""

    def __init__(
        self,
        run: Run,
        signals: Signals,
        make_view: Callable[[], View],
        scenario: str,
        judge: Judge | None,
        recorder: Recorder | None,
        prediction: Prediction | None,
    ) -> None:
        self._run = run
        self._signals = signals
        self._judge = judge
        self._recorder = recorder
        self._prediction = prediction
        self._state = RunState(races=Races())
        self._faults = Faults()
        self._accepting = Accepting(run.order.command)
        self._sheltered = Sheltered(make_view, self._faults)
        self._verdict = Verdict(scenario, [])
        self._stacks: Mapping[str, Any] = {}
        self._repeats = 0
        """See `Player.stacks` and `Player.repeats`."""
        self._reader_gone = False
        signals.hangs = self._state.hangs

    @property
    def view(self) -> View:
        """The view: it knows what people want next."""
        return self._sheltered.view

    def play(self, viewing: ExitStack) -> None:
        """From its first event to its last; the view is entered for so long as `viewing` is open."""
        try:
            viewing.enter_context(self._sheltered)
            player = Player(
                self._run,
                self._state,
                self._sheltered,
                self._faults,
                self._signals.end,
                self._recorder,
                self._prediction,
                self._accepting,
                looks_last=self._judge is None,
            )
            player.play()
            self._stacks, self._repeats = player.stacks, player.repeats
        except ReaderGone:
            self._reader_gone = True

    def end(self, viewing: ExitStack) -> None:
        """Judge the run, which is over, and show that; the view is left."""
        run, state, signals, view = self._run, self._state, self._signals, self._sheltered
        # A run that ended by a signal that procsim has passed on was ended by people, too; but the program itself has
        # received it, and its own exit code counts.
        interrupted = signals.received or (signals.passed_on if run.exit_code == -signals.passed_on else 0)
        ended_by_itself = not (self._reader_gone or signals.received or run.timed_out)
        self._verdict = verdict = self._judged(interrupted, ended_by_itself)
        if (recorder := self._recorder) is not None:
            self._faults.attempt(FINDINGS, lambda: recorder.verdict(verdict_line(verdict, state)))
        try:
            if ended_by_itself:  # the last picture stays there until a key is pressed
                view.stand(state, verdict, lambda: bool(signals.received))
            viewing.close()
            if not self._reader_gone:
                view.finish(state, verdict)
        except ReaderGone:
            self._reader_gone = True

    def _judged(self, interrupted: int, ended_by_itself: bool) -> Verdict:
        """The claims, and the findings; `interrupted`: the signal by which people ended the run, or 0."""
        run, state = self._run, self._state
        outcome = outcome_of(run, state, interrupted, self._stacks, self._repeats)
        claims = judged(partial(self._judge, state)) if self._judge and ended_by_itself else []
        was_to_ask = run.order.plan.asks and ended_by_itself
        answer = revealed(self._prediction, state, claims, was_to_ask)
        verdict = Verdict(self._verdict.scenario, claims, revealed=answer)
        self._faults.attempt(
            FINDINGS, lambda: judge_findings(verdict, findings(state, outcome), state, self._accepting)
        )
        return verdict

    def code(self, report: Report | None) -> int:
        """The exit code of the command; `report`: what other programs learn of what is wrong; None: nothing."""
        self._faults.complain()
        code: int = ExitCode.READER_GONE
        if not self._reader_gone:
            code = _exit_code(self._run, self._state, self._signals.received, self._judge, self._verdict.claims)
        return code if report is None else report.made(code, self._state, self._verdict)


def _exit_code(run: Run, state: RunState, received: int, judge: Judge | None, claims: list[Claim]) -> int:
    """The exit code where the verdict was shown; `received`: the signal by which people ended the run, or 0.

    Ctrl-C is how people end a program that hangs and is not stopped: then it has hung, all the same.
    """
    hung = state.hung is not None and (run.order.stop_on_hang or received == signal.SIGINT)
    if received and not hung:
        return 128 + received
    if run.timed_out or (hung and not claims):
        return ExitCode.HUNG
    if judge is None:
        code = run.exit_code or 0
        return code if code >= 0 else 128 - code
    return code_of_claims(claims, [run.exit_code])
