"""How a run is shown, as its options ask.

RunOptions ──► Stage: view, keyboard, plan ──► Order, view ──► session ──► exit code; again, or the other way?
"""

import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from procsim import language
from procsim.command.run_options import RunOptions, ViewName
from procsim.command.schedule import plan_back, plan_of
from procsim.control.plan import Plan
from procsim.errors import WrongUse
from procsim.exit_code import ExitCode
from procsim.language import _
from procsim.output import complain
from procsim.recording.recorder import Header, Recorder, code_of
from procsim.running.order import Order
from procsim.session.session import show_run
from procsim.views import VIEWS, Again, Back, Showing
from procsim.wire.run_folder import Settings

if TYPE_CHECKING:
    from procsim.control.prediction import Prediction
    from procsim.session.outcome import Judge
    from procsim.session.report import Report
    from procsim.views.base import View


@dataclass(frozen=True)
class Stage:
    """How runs are shown, as the options and the terminal have it."""

    options: RunOptions
    view: ViewName
    keyboard: bool
    """Whether the keys are for the view, and not for the program."""
    plan: Plan
    watching: bool
    """Whether the program is only watched, and no scenario."""

    @classmethod
    def of(cls, options: RunOptions, header: Header, watching: bool) -> Self:
        """Check the options, and choose the language. `header` is that of the run. Raises `ProcsimError`."""
        # The names in a scenario are translated, too; a program that is only watched may have the same ones by chance.
        language.choose(options.lang, scenario=not watching)
        if not 0 <= options.timeout < float("inf"):
            words = _("{option} must be a number of seconds, 0 or more, not {value}")
            raise WrongUse(words.format(option="--timeout", value=f"{options.timeout:g}"))
        plan = plan_of(options, header)
        view = view_name(options.view, "brief" if watching else "plain")
        keyboard = view == "live" and sys.stdin.isatty()
        if options.step and not keyboard:
            words = _("--step needs a terminal for its keys, and the live view; elsewhere use --pace or --schedule")
            raise WrongUse(words)
        if options.ask and (view in ("brief", "json") or not sys.stdin.isatty()):
            words = _("--ask needs a keyboard for the answer, and the live or the plain view; leave it out here")
            raise WrongUse(words)
        if view == "live":
            from procsim.views.live.terminal import leave_by_signals

            leave_by_signals()  # until a run begins, which handles them itself
        return cls(options, view, keyboard, plan, watching)

    def begun_at(self, back: Back | None) -> Self:
        """The same for a run that takes the steps up to `back` by itself, and stops; None: as the options say."""
        return self if back is None else replace(self, plan=plan_back(back, self.plan))

    def order(self, line: list[str], calls_start: bool = False, stop_on_hang: bool = True) -> Order:
        """What is to be run, and how. `calls_start`: whether the program is to call `procsim.start`."""
        writes_itself = self.watching and self.view in ("brief", "plain")
        wants_each = self.view != "brief" or self.options.record is not None or not self.plan.is_free
        return Order(
            line,
            Settings(
                self.options.start_method,
                self.options.seed,
                take_output=not writes_itself,
                races=self.options.races,
                repetitions=not wants_each,
                further_steps=tuple(self.plan.further),
            ),
            timeout=self.options.timeout or None,
            isolated=not self.watching,
            calls_start=calls_start,
            keyboard=self.keyboard,
            plan=self.plan,
            stop_on_hang=stop_on_hang,
        )

    def wanted_next(self, view: "View", code: int, other_way: str) -> Again:
        """What people want after a scenario that this view has shown.

        They are asked now if the view has not asked, and the run was not ended early: `code` tells that.
        """
        asks = self.keyboard and code in (ExitCode.SHOWN, ExitCode.NOT_SHOWN, ExitCode.HUNG)
        if not asks or view.stood or view.again is not Again.NO:
            return view.again
        from procsim.views.live.keyboard import ask_again

        return ask_again(other_way)


def view_name(asked: ViewName | None, elsewhere: ViewName = "plain") -> ViewName:
    """The view that is asked for, or else the live one where the terminal allows it. Raises `WrongUse`."""
    terminal = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    if asked == "live" and not terminal:
        raise WrongUse(_("--view live needs a terminal; use --view plain or --view json here"))
    return asked or ("live" if terminal else elsewhere)


def command_typed() -> str:
    """The command as people have typed it."""
    return " ".join(["procsim", *sys.argv[1:]])


def show(
    stage: Stage,
    order: Order,
    header: Header,
    showing: Showing,
    judge: "Judge | None" = None,
    prediction: "Prediction | None" = None,
    report: "Report | None" = None,
) -> "tuple[int, View]":
    """Run it once, show and record it. Of several runs the last one stays recorded.

    Returns the exit code, and the view, which knows what people want.
    """
    with ExitStack() as stack:
        recorder = None
        if stage.options.record is not None:
            recorder = stack.enter_context(Recorder(stage.options.record, header))
        make_view = partial(VIEWS[stage.view], showing)
        code, view = show_run(order, make_view, header.scenario, judge, recorder, prediction, report)
    if recorder is not None and recorder.failure is not None:
        complain(str(recorder.failure))  # the run went on without, and keeps its exit code
    return code, view


def header_of(options: RunOptions, name: str, values: Mapping[str, Any], source: Path | None) -> Header:
    """The header of a recording of this run.

    The digest of the source is made only where it is needed: to record, or for a schedule.
    """
    wanted = options.record is not None or options.schedule is not None
    return Header(name, values, code_of(source) if wanted else "")
