"""Shows one run, from its start to its verdict.

Order ──► Run ──► Player: events into state, recording, view ──► claims, findings ──► verdict ──► exit code
"""

import signal
from contextlib import ExitStack
from functools import partial

from procsim import Claim
from procsim.control.prediction import Prediction
from procsim.exit_code import ExitCode
from procsim.findings import findings
from procsim.output import ReaderGone
from procsim.recording.recorder import Recorder
from procsim.running.launch import launch
from procsim.running.order import Order
from procsim.running.run import Run
from procsim.session.faults import FINDINGS, Faults, Sheltered
from procsim.session.outcome import Judge, code_of_claims, judged, outcome_of
from procsim.session.player import Player
from procsim.session.quiz import revealed
from procsim.session.signals import Signals
from procsim.state.run_state import RunState
from procsim.views.base import Verdict, View
from procsim.views.jsonl import verdict_line


def show_run(
    order: Order,
    view: View,
    scenario: str,
    judge: Judge | None = None,
    recorder: Recorder | None = None,
    prediction: Prediction | None = None,
) -> int:
    """Run a program and show it. Returns the exit code of the command.

    `judge` makes the claims of a scenario; None: a program that is watched, and whose exit code is the command's.
    `prediction` is what people can be asked before the step that decides; None: nothing.
    Raises `Misfit` where the program does not take the steps of its schedule, `CannotStart` where it cannot be started.
    """
    state, faults = RunState(), Faults()
    view = Sheltered(view, faults)
    reader_gone = False
    with Signals(order.signals_are_passed_on, state.hangs) as signals, ExitStack() as viewing:
        try:
            with launch(order) as run:
                viewing.enter_context(view)
                signals.go_to(run)
                Player(run, state, view, faults, signals.end, recorder, prediction).play()
        except ReaderGone:
            reader_gone = True
        # People have ended it also if it ended by the signal that went on to it.
        interrupted = signals.received or (signals.passed_on if run.exit_code == -signals.passed_on else 0)
        outcome = outcome_of(run, state, interrupted)
        ended_by_itself = not (reader_gone or signals.received or run.timed_out)
        claims = judged(partial(judge, state)) if judge and ended_by_itself else []
        was_to_ask = order.plan.asks and ended_by_itself
        verdict = Verdict(scenario, claims, revealed=revealed(prediction, state, claims, was_to_ask))
        faults.attempt(FINDINGS, lambda: verdict.findings.extend(findings(state, outcome)))
        if recorder is not None:
            recorder.verdict(verdict_line(verdict))
        try:
            if ended_by_itself:
                view.stand(state, verdict, lambda: bool(signals.received))
            viewing.close()
            if not reader_gone:
                view.finish(state, verdict)
        except ReaderGone:
            reader_gone = True
    faults.complain()
    return ExitCode.READER_GONE if reader_gone else _exit_code(run, state, signals.received, judge, verdict.claims)


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
