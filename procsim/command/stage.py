"""The stage of a run: what the options of every run ask for, checked; then it is shown there, as often as wanted.

options ──► _Stage: view, keyboard, plan ──► Order, view ──► session ──► exit code; again, or the other way?
"""

import os
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from procsim import language
from procsim.command.typer_words import UsageError
from procsim.complaints import complain
from procsim.exit_code import ExitCode
from procsim.language import _
from procsim.lessons import catalog
from procsim.lessons.scenario import Scenario
from procsim.options import Option, as_arguments
from procsim.views import COMPARED, VIEWS, Again, Showing

ViewName = Literal["live", "plain", "json"]
"""The names in VIEWS."""


@dataclass(frozen=True)
class Common:
    """The options that every run has."""

    view: ViewName | None
    record: Path | None
    timeout: float
    start_method: str | None
    seed: int | None
    lang: str | None
    step: bool
    pace: str | None
    schedule: Path | None


def view_name(asked: ViewName | None) -> ViewName:
    """The view that is asked for, or else what the terminal allows. Raises `UsageError`."""
    terminal = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    if asked == "live" and not terminal:
        raise UsageError(_("--view live needs a terminal; use --view plain or --view json here"))
    return asked or ("live" if terminal else "plain")


def show_scenario(scenario: Scenario, values: dict[str, Any], common: Common) -> int:
    """Run a scenario and show it, as often as people want to see it again, or the other way."""
    title = command_typed()
    code, again = 0, True
    while again:
        changed = scenario.other_way(values)
        other = _as_typed([option for option in scenario.options if option.name in changed], changed)
        line = [sys.executable, str(scenario.path), *as_arguments(scenario.options, values)]
        code, wanted = show(line, scenario.name, common, Showing(title, False, scenario.path, other), scenario, values)
        again = wanted is not Again.NO
        if wanted is Again.OTHER_WAY:
            values, common = values | changed, replace(common, schedule=None)  # its steps are those of the first way
            told = [
                option for option in scenario.options if option.name in changed or values[option.name] != option.default
            ]
            title = f"procsim {_command_of(scenario)} {_as_typed(told, values)}"
    return code


def _command_of(scenario: Scenario) -> str:
    """What people have typed to run a scenario, without its options: its name, after --lessons, or its file."""
    if scenario.name not in sys.argv or catalog.scenarios().get(scenario.name) != scenario.path:
        return f"run {scenario.path}"
    return " ".join(sys.argv[1 : sys.argv.index(scenario.name) + 1])


def _as_typed(options: list[Option], values: Mapping[str, Any]) -> str:
    """The options as people would type them."""
    return " ".join(argument.replace("=", " ", 1) for argument in as_arguments(options, values))


def show_ways(scenario: Scenario, values: dict[str, Any], common: Common) -> int:
    """Run a scenario in the ways that it compares, and show them together, as often as people want to see it again."""
    if common.record is not None or common.schedule is not None:
        option = "--record" if common.record is not None else "--schedule"
        words = _("{option} is for one run, and --compare makes several; leave one of them out")
        raise UsageError(words.format(option=option))
    stage = _stage(common, watching=False)
    from procsim.session import compared
    from procsim.views.base import Column

    code, again = 0, True
    while again:
        ways: list[compared.Way] = []
        for way in scenario.ways(values):
            line = [sys.executable, str(scenario.path), *as_arguments(scenario.options, way.options)]
            order = _order(line, common, stage, watching=False, calls_start=bool(scenario.options))
            judge = partial(scenario.claims, values=way.options)
            ways.append(compared.Way(order, judge, Column(way.name)))
        showing = Showing(command_typed())
        shown = COMPARED[stage.view](showing, [way.column for way in ways])
        together = partial(scenario.compared, values=values)
        code = compared.show_compared(ways, shown, scenario.name, together)
        again = _wanted_next(shown.again, code, stage, showing) is Again.SAME
    return code


@dataclass(frozen=True)
class _Stage:
    """How runs are shown, as the options and the terminal have it."""

    view: ViewName
    keyboard: bool
    plan: Any


def _stage(common: Common, watching: bool, header: Any = None) -> _Stage:
    """Check the options that every run has, and choose the language. `header`: what a schedule must be one of."""
    if not hasattr(os, "mkfifo"):  # asked before anything is imported that such a system does not have
        raise UsageError(_("this system has no named pipes; procsim runs on Linux, macOS and WSL 2"))
    if not 0 <= common.timeout < float("inf"):
        words = _("{option} must be a number of seconds, 0 or more, not {value}")
        raise UsageError(words.format(option="--timeout", value=f"{common.timeout:g}"))
    language.choose(common.lang, scenario=not watching)
    view = view_name(common.view)
    keyboard = view == "live" and sys.stdin.isatty()
    if common.step and not keyboard:
        words = _("--step needs a terminal for its keys, and the live view; elsewhere use --pace or --schedule")
        raise UsageError(words)
    if view == "live":
        from procsim.views.keyboard import leave_by_signals

        leave_by_signals()  # while no run is on, which knows what to do with them
    return _Stage(view, keyboard, _plan(common, header))


def _order(
    line: list[str], common: Common, stage: _Stage, watching: bool, calls_start: bool, stop_on_hang: bool = True
) -> Any:
    """What is to be run, and how. `calls_start`: only by that do its options reach it."""
    from procsim.running.order import Order
    from procsim.wire.run_folder import Settings

    return Order(
        line,
        Settings(common.start_method, common.seed, take_output=not watching or stage.view != "plain"),
        timeout=common.timeout or None,
        apart=not watching,
        calls_start=calls_start,
        keyboard=stage.keyboard,
        plan=stage.plan,
        stop_on_hang=stop_on_hang,
    )


def command_typed() -> str:
    """The command as people have typed it."""
    return " ".join(["procsim", *sys.argv[1:]])


def show(
    line: list[str],
    name: str,
    common: Common,
    showing: Showing,
    scenario: Scenario | None = None,
    values: Mapping[str, Any] = {},
    stop_on_hang: bool = True,
) -> tuple[int, Again]:
    """Run a command line and show it; with a scenario, judge what it has shown. The exit code, and what people want."""
    from procsim.recording.trace import Header, Recorder, code_of

    header = Header(name, values, code_of(showing.source))
    stage = _stage(common, watching=scenario is None, header=header)
    from procsim.session import session

    calls_start = scenario is not None and bool(scenario.options)
    order = _order(line, common, stage, scenario is None, calls_start, stop_on_hang)
    shown = VIEWS[stage.view](showing)
    judge = (lambda run: scenario.claims(run, values)) if scenario else None
    with ExitStack() as stack:
        recorder = None
        if common.record is not None:
            recorder = stack.enter_context(Recorder(common.record, header))
        code = session.show_run(order, shown, name, judge, recorder)
    if recorder is not None and recorder.failure is not None:
        complain(str(recorder.failure))  # the run went on without, and keeps the exit code that it has
    return code, _wanted_next(shown.again, code, stage, showing) if scenario else shown.again


def _wanted_next(wanted: Again, code: int, stage: _Stage, showing: Showing) -> Again:
    """What people want after a lesson; where it came to its end before they said so, they are asked."""
    if wanted is not Again.NO or not stage.keyboard or code not in (ExitCode.SHOWN, ExitCode.NOT_SHOWN, ExitCode.HUNG):
        return wanted
    from procsim.views.keyboard import ask_again

    return ask_again(showing.other_way)


def _plan(common: Common, header: Any) -> Any:
    """How the run is to begin, as the options say."""
    from procsim.control.choosers import FASTEST, SLOWEST, Plan

    pace = None
    if common.pace is not None:
        try:
            pace = float(common.pace.removesuffix("/s"))
        except ValueError:
            pace = 0
        if not SLOWEST <= pace <= FASTEST:
            words = _("--pace must be steps a second, from {slowest}/s to {fastest}/s, not {pace}")
            raise UsageError(words.format(slowest=f"{SLOWEST:g}", fastest=f"{FASTEST:g}", pace=common.pace))
    schedule = [] if common.schedule is None else recorded_steps(common.schedule, header)
    if (common.step, pace is not None, bool(schedule)).count(True) > 1:
        raise UsageError(_("choose one of --step, --pace and --schedule"))
    return Plan(common.step, pace, schedule)


def recorded_steps(path: Path, header: Any) -> Any:
    """The steps that were recorded there, if it is a recording of this program as it is now, run with these options."""
    from procsim.control.steps import steps_of
    from procsim.recording.trace import NoTrace, Trace

    trace = Trace(path)
    recorded = trace.header
    if recorded.scenario != header.scenario:
        words = _("{path}: was recorded of {recorded}, not of {scenario}")
        raise UsageError(words.format(path=path, recorded=recorded.scenario, scenario=header.scenario))
    if recorded.code and header.code and recorded.code != header.code:
        words = _("{path}: {scenario} has changed since this was recorded; record it anew, with --step or --pace")
        raise UsageError(words.format(path=path, scenario=header.scenario))
    other = {name: value for name, value in recorded.options.items() if header.options.get(name, value) != value}
    if other:
        options = as_arguments([Option(name, type(value), None) for name, value in other.items()], other)
        words = _("{path}: was recorded with other options ({options}); give the same")
        raise UsageError(words.format(path=path, options=" ".join(options or other)))
    try:
        steps = steps_of(event for batch in trace for event in batch)
    except NoTrace:
        raise
    except Exception as error:
        raise trace.unfit(error) from error
    if not steps:
        words = _("{path}: no steps were recorded in it; record a run with --step or --pace")
        raise UsageError(words.format(path=path))
    return steps
