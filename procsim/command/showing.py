"""Shows a scenario, several ways of one, or a recording, as the options ask.

Scenario, the values of its options ──► Stage, Order ──► session ──► exit code; again, or the other way?
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from procsim import Headline, language
from procsim.command.asking import prediction_for, prediction_if_any
from procsim.command.run_options import RunOptions, ViewName
from procsim.command.stage import Stage, command_typed, header_of, show, view_name
from procsim.errors import WrongUse
from procsim.language import _
from procsim.lessons import catalog
from procsim.lessons.scenario import NoScenario, Scenario, load
from procsim.options import Option, as_arguments, exclude_each_other, typed, with_changed
from procsim.recording.recorder import Header
from procsim.views import VIEWS, Again, Back, Showing

if TYPE_CHECKING:
    from procsim.state.run_state import RunState


SCHEDULE = Option("schedule", str, None)


def show_scenario(scenario: Scenario, values: dict[str, Any], options: RunOptions) -> int:
    """Run a scenario with these values of its options, as often as people want to see it, or the other way.

    Returns the exit code of the command.
    """
    title = command_typed()
    if options.ask:
        prediction_for(scenario, values)  # raises: there is no question
    back: Back | None = None
    while True:
        changed = scenario.other_way(values)
        other = " ".join(typed(_of(scenario, changed), changed))
        header = header_of(options, scenario.name, values, scenario.path)
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
        code, view = show(stage, order, header, showing, judge, prediction)
        wanted, back = stage.wanted_next(view, code, other), view.back
        if wanted is Again.NO:
            return code
        if wanted is Again.OTHER_WAY:
            values, options = values | changed, replace(options, schedule=None)  # it was recorded of the first way
            shown = {**values, SCHEDULE.name: None}
            title = " ".join(with_changed(title.split(), [*_of(scenario, changed), SCHEDULE], shown))


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


def _line(scenario: Scenario, values: Mapping[str, Any]) -> list[str]:
    return [sys.executable, str(scenario.path), *as_arguments(scenario.options, values)]


def _of(scenario: Scenario, changed: Mapping[str, Any]) -> list[Option]:
    """The options of the scenario that were changed."""
    return [option for option in scenario.options if option.name in changed]
