"""Which question people can be asked in a run of a scenario: what --ask and the key `a` ask for.

the scenario's chapter ──► the lesson whose command it is ──► Prediction
"""

import shlex
from collections.abc import Iterator, Mapping
from typing import Any, get_type_hints

from procsim.command.run_options import RunOptions
from procsim.control.prediction import Prediction
from procsim.errors import ProcsimError, WrongUse
from procsim.language import _
from procsim.lessons import catalog
from procsim.lessons.chapter import Lesson
from procsim.lessons.scenario import Scenario
from procsim.options import Option, WrongOption, from_arguments

OPTIONS_OF_EVERY_RUN = [
    Option(name, bool if kind is bool else str, None) for name, kind in get_type_hints(RunOptions).items()
]
"""A lesson's command may have them, too. They do not matter to its question."""


def prediction_for(scenario: Scenario, values: Mapping[str, Any]) -> Prediction:
    """What to ask in a run with these values of the scenario's options.

    They are those of the command of a lesson that has a question; times, in seconds, may differ. Raises `WrongUse`
    where there is none, `NoChapter` where the chapter cannot be read.
    """
    ways: dict[str, int] = {}
    unfit: WrongUse | None = None
    for lesson, asked in _questions(scenario):
        try:
            theirs = from_arguments([*scenario.options, *OPTIONS_OF_EVERY_RUN], shlex.split(lesson.shows)[1:])
        except WrongOption as error:
            unfit = unfit or WrongUse(f"{lesson.id}: procsim {lesson.shows}: {error}")
            continue
        if all(values[option.name] == theirs[option.name] for option in scenario.options if option.type is not float):
            return asked
        differing = sum(values[option.name] != theirs[option.name] for option in scenario.options)
        ways.setdefault(f"procsim {lesson.asking}", differing)
    if unfit is not None:
        raise unfit
    if not ways:
        raise WrongUse(_("--ask: the lessons of {scenario} have no question").format(scenario=scenario.name))
    words = _("--ask: no lesson of {scenario} has a question about these options; try: {command}")
    raise WrongUse(words.format(scenario=scenario.name, command=min(ways, key=ways.__getitem__)))


def prediction_if_any(scenario: Scenario, values: Mapping[str, Any]) -> Prediction | None:
    """The same; None where there is none, or the chapter cannot be read."""
    try:
        return prediction_for(scenario, values)
    except ProcsimError:
        return None


def _questions(scenario: Scenario) -> Iterator[tuple[Lesson, Prediction]]:
    """The lessons of its chapter that have a question, and the question."""
    if catalog.scenarios().get(scenario.name) == scenario.path:
        for lesson in catalog.chapter(scenario.name, scenario.path).lessons:
            if lesson.prediction is not None:
                yield lesson, lesson.prediction
