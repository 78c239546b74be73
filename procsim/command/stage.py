"""Shows a run as its options ask: a program, a scenario, several ways of one, or a recording.

RunOptions ──► Stage: view, keyboard, plan ──► Order, view ──► session ──► exit code; again, or the other way?
"""

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from procsim import Headline, language
from procsim.command.run_options import RunOptions, ViewName
from procsim.command.schedule import plan_back, plan_of
from procsim.control.plan import Plan
from procsim.errors import WrongUse
from procsim.exit_code import ExitCode
from procsim.language import _
from procsim.lessons import catalog
from procsim.lessons.scenario import NoScenario, Scenario, load
from procsim.options import as_arguments, exclude_each_other, typed
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
    from procsim.state.run_state import RunState
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
        return self if back is None else replace(self, plan=plan_back(back))

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


def command_line(command: list[str], module: bool) -> list[str]:
    """What starts a program to be watched: a script or module by this Python, an installed command by itself.

    Raises `WrongUse` where there is no such program.
    """
    name, *arguments = command
    if module:
        return [sys.executable, "-m", name, *arguments]
    if Path(name).is_file() and not (os.access(name, os.X_OK) and not name.endswith(".py")):
        return [sys.executable, name, *arguments]
    found = shutil.which(name)
    if found is None:
        words = _("{name}: no such script, and no such command; give a Python file, -m MODULE or a command")
        raise WrongUse(words.format(name=name))
    return [found, *arguments]


def show_program(
    command: list[str], module: bool, options: RunOptions, on_hang: str | None, summary: bool, report: "Report"
) -> int:
    """Watch a program, as often as people want to see it. `command`, `module`: see `command_line`.

    `on_hang`: "stop", "wait", or None: as the terminal has it. `summary`: whether the lanes are wanted in any case.
    `report`: what other programs learn of what is wrong; of several runs, of the last one. People may ask for the
    program again while it runs. At its end they are not asked: the command ends when the program does. Returns the exit
    code of the command.
    """
    line = command_line(command, module)
    stop = on_hang == "stop" or (on_hang is None and not sys.stderr.isatty())
    # As in `python script.py`; a later argument is what the program works on.
    script = next((Path(word) for word in line[1:2] if word.endswith(".py") and Path(word).is_file()), None)
    if summary and options.view == "json":
        raise WrongUse(exclude_each_other("--summary", "--view json"))
    report.check()
    showing = Showing(command_typed(), True, script, asks=not stop, big=options.big, summary=summary)
    code, wanted = 0, Again.SAME
    back: Back | None = None
    while wanted in (Again.SAME, Again.BACK):
        header = _header(options, Path(command[0]).name, {}, script)
        stage = Stage.of(options, header, watching=True).begun_at(back)
        code, view = _show(stage, stage.order(line, stop_on_hang=stop), header, showing, report=report)
        wanted, back = view.again, view.back
    return code


def show_scenario(scenario: Scenario, values: dict[str, Any], options: RunOptions) -> int:
    """Run a scenario with these values of its options, as often as people want to see it, or the other way.

    Returns the exit code of the command.
    """
    from procsim.command.asking import prediction_for, prediction_if_any  # what is only watched has no questions

    title = command_typed()
    if options.ask:
        prediction_for(scenario, values)  # raises: there is no question
    back: Back | None = None
    while True:
        changed = scenario.other_way(values)
        other = " ".join(typed([option for option in scenario.options if option.name in changed], changed))
        header = _header(options, scenario.name, values, scenario.path)
        # The other way may have none; and where there are no keys, nobody can be asked.
        prediction = prediction_if_any(scenario, values) if options.ask or sys.stdin.isatty() else None
        asks = options.ask and prediction is not None
        stage = Stage.of(replace(options, ask=asks), header, watching=False).begun_at(back)
        # A scenario without options may do without `procsim.start`, which would give them to its `main`.
        order = stage.order(_line(scenario, values), calls_start=bool(scenario.options))
        judge = partial(scenario.claims, values=values)
        headline = partial(scenario.headline, values=values)
        holds = stage.keyboard and not options.no_hold
        showing = Showing(
            title,
            False,
            scenario.path,
            headline,
            other,
            holds=holds,
            question=prediction is not None,
            will_ask=asks,
            big=options.big,
        )
        code, view = _show(stage, order, header, showing, judge, prediction)
        wanted, back = stage.wanted_next(view, code, other), view.back
        if wanted is Again.NO:
            return code
        if wanted is Again.OTHER_WAY:
            values, options = values | changed, replace(options, schedule=None)  # it was recorded of the first way
            title = _title(scenario, values, changed)


def _show(
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


def show_ways(scenario: Scenario, values: dict[str, Any], options: RunOptions) -> int:
    """Run a scenario in the ways that it compares, and show them together, as often as people want to see it.

    Returns the exit code of the command.
    """
    from procsim.session.compared import WayToRun, show_compared
    from procsim.views.base import Column

    given = {
        "--record": options.record,
        "--schedule": options.schedule,
        "--ask": options.ask or None,
        "--big": options.big or None,
    }
    option = next((option for option, value in given.items() if value is not None), None)
    if option is not None:
        words = _("{option} is for one run, and --compare makes several; leave one of them out")
        raise WrongUse(words.format(option=option))
    for ignored in scenario.ignored_by_ways(values):
        raise WrongUse(exclude_each_other(ignored.typed(values[ignored.name]), "--compare"))
    stage = Stage.of(options, Header(scenario.name, values), watching=False)
    wanted = Again.SAME
    while wanted is Again.SAME:
        ways: list[WayToRun] = []
        for way in scenario.ways(values):
            order = stage.order(_line(scenario, way.options), calls_start=bool(scenario.options))
            judge = partial(scenario.claims, values=way.options)
            ways.append(WayToRun(order, judge, Column(way.name)))
        make_view = partial(VIEWS[stage.view], Showing(command_typed(), columns=[way.column for way in ways]))
        together = partial(scenario.compared, values=values)
        code, view = show_compared(ways, make_view, scenario.name, together)
        wanted = stage.wanted_next(view, code, "")
    return code


def show_recording(path: Path, view: ViewName | None, speed: float, lang: str | None, big: bool) -> int:
    """Replay a recording: in the live view at `speed` times its pace, elsewhere at once. Returns the exit code."""
    from procsim.recording.trace import Trace
    from procsim.session.replay import show_trace

    if not 0 < speed < float("inf"):
        raise WrongUse(_("--speed must be more than 0, not {speed}").format(speed=f"{speed:g}"))
    trace = Trace(path)
    language.choose(lang, scenario=trace.header.scenario in catalog.scenarios())
    name = view_name(view)
    headline = _headline_of(trace.header) if name == "live" else None
    showing = Showing(f"procsim replay {path.name}", headline=headline, speed=speed, recorded=True, big=big)
    return show_trace(trace, VIEWS[name](showing))


def _headline_of(header: Header) -> "Callable[[RunState], Headline | None] | None":
    """The headline of the scenario that was recorded; None: it is not known here, or has other options now."""
    path = catalog.scenarios().get(header.scenario)
    try:
        scenario = load(path, header.scenario) if path is not None else None
    except NoScenario:
        return None
    if scenario is None or {option.name for option in scenario.options} != header.options.keys():
        return None
    return partial(scenario.headline, values=header.options)


def _header(options: RunOptions, name: str, values: Mapping[str, Any], source: Path | None) -> Header:
    """The header of a recording of this run.

    The digest of the source is made only where it is needed: to record, or for a schedule.
    """
    wanted = options.record is not None or options.schedule is not None
    return Header(name, values, code_of(source) if wanted else "")


def _line(scenario: Scenario, values: Mapping[str, Any]) -> list[str]:
    return [sys.executable, str(scenario.path), *as_arguments(scenario.options, values)]


def _title(scenario: Scenario, values: Mapping[str, Any], changed: Mapping[str, Any]) -> str:
    """The command that people would type for these values: with the options that were changed, or are no default."""
    named = [option for option in scenario.options if option.name in changed or values[option.name] != option.default]
    return " ".join(["procsim", _command_of(scenario), *typed(named, values)])


def _command_of(scenario: Scenario) -> str:
    """How people have named a scenario: `tickets`, `--lessons DIR till` or `run FILE`."""
    if scenario.name not in sys.argv or catalog.scenarios().get(scenario.name) != scenario.path:
        return f"run {scenario.path}"
    return " ".join(sys.argv[1 : sys.argv.index(scenario.name) + 1])
