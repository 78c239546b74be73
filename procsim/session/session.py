"""Starts one run, and shows it to its verdict.

Order ──► Run ──► Shown: events into state, recording, view ──► claims, findings ──► verdict ──► exit code

What a run is shown with is imported when its program has been started: both take about as long, and so the program
starts earlier by that.
"""

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from procsim.running.launch import launch
from procsim.running.order import Order
from procsim.session.signals import Signals

if TYPE_CHECKING:
    from procsim.control.prediction import Prediction
    from procsim.recording.recorder import Recorder
    from procsim.session.outcome import Judge
    from procsim.session.report import Report
    from procsim.views.base import View


def show_run(
    order: Order,
    make_view: "Callable[[], View]",
    scenario: str,
    judge: "Judge | None" = None,
    recorder: "Recorder | None" = None,
    prediction: "Prediction | None" = None,
    report: "Report | None" = None,
) -> "tuple[int, View]":
    """Run a program and show it. Returns the exit code of the command, and the view: `again` and `back` say what
    people want next.

    `make_view` is called when the program has been started: what draws is imported meanwhile.
    `judge` makes the claims of a scenario; None: a program that is watched, and whose exit code is the command's.
    `prediction` is what people can be asked before the step that decides; None: nothing.
    `report` is what other programs learn of what is wrong; None: nothing.
    Raises `Misfit` where the program does not take the steps of its schedule, `CannotStart` where it cannot be started.
    """
    with Signals(order.signals_are_passed_on) as signals, ExitStack() as viewing:
        with launch(order) as run:
            signals.go_to(run)
            from procsim.session.shown import Shown

            shown = Shown(run, signals, make_view, scenario, judge, recorder, prediction)
            shown.play(viewing)
        shown.end(viewing)
    return shown.code(report), shown.view
