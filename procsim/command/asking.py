"""Which question people can be asked in a run of a scenario: what --ask and the key `a` ask for.

the scenario's chapter ──► the lesson whose command it is ──► Prediction
"""

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from procsim.control.prediction import Prediction
from procsim.errors import ProcsimError, WrongUse
from procsim.language import _, listed
from procsim.lessons import catalog
from procsim.lessons.chapter import Lesson
from procsim.lessons.scenario import Scenario
from procsim.options import WrongOption, from_arguments


def prediction_for(scenario: Scenario, values: Mapping[str, Any]) -> Prediction:
    """What to ask in a run with these values of the scenario's options.

    They are those of a lesson's command that has a question; times, in seconds, may differ. Raises `WrongUse` where
    there is none, `NoChapter` where the chapter cannot be read.
    """
    ways: dict[str, None] = {}
    for lesson in _lessons(scenario):
        theirs = _values(scenario, lesson)
        if all(values[option.name] == theirs[option.name] for option in scenario.options if option.type is not float):
            return lesson.predictions[0]
        ways[f"procsim {lesson.shows} --ask"] = None
    if not ways:
        raise WrongUse(_("--ask: the lessons of {scenario} have no question").format(scenario=scenario.name))
    words = _("--ask: there is no question for these options of {scenario}; there is one for: {commands}")
    raise WrongUse(words.format(scenario=scenario.name, commands=listed(ways)))


def prediction_if_any(scenario: Scenario, values: Mapping[str, Any]) -> Prediction | None:
    """The same; None where there is none, or the chapter cannot be read."""
    try:
        return prediction_for(scenario, values)
    except ProcsimError:
        return None


def _lessons(scenario: Scenario) -> Iterator[Lesson]:
    """The lessons of its chapter that have a question."""
    if catalog.scenarios().get(scenario.name) == scenario.path:
        yield from (lesson for lesson in catalog.chapter(scenario.name, scenario.path).lessons if lesson.predictions)


def _values(scenario: Scenario, lesson: Lesson) -> dict[str, Any]:
    """The values of the options in a lesson's command. Raises `WrongUse` where it has an option that there is not."""
    _name, *words = shlex.split(lesson.shows)
    try:
        return from_arguments(scenario.options, words)
    except WrongOption as error:
        raise WrongUse(f"{lesson.id}: procsim {lesson.shows}: {error}") from error
