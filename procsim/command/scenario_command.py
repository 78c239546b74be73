"""The command of a scenario: the options that its `main` declares, and those that every run has."""

import inspect
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import typer

from procsim.command.declared import TYPES, Compare
from procsim.command.run_options import RunOptions
from procsim.command.typer_words import Command, localized
from procsim.language import _
from procsim.lessons.scenario import NoScenario, Scenario
from procsim.options import Option, check_together


def scenario_command(scenario: Scenario) -> Any:
    """The command of typer that runs this scenario."""

    def command(**given: Any) -> None:
        from procsim.command import showing

        options = RunOptions(**{name: given.pop(name) for name in TYPES})
        values = {option.name: option.check(given[option.name]) for option in scenario.options}
        check_together(scenario.options, values)
        show = showing.show_ways if scenario.compares and given["compare"] else showing.show_scenario
        raise typer.Exit(show(scenario, values, options))

    compare = [_parameter("compare", Compare, False)] if scenario.compares else []
    return _command(command, scenario, TYPES, RunOptions, compare)


def explore_command(scenario: Scenario) -> Any:
    """The command of typer that explores this scenario."""
    from procsim.command import exploring

    def command(**given: Any) -> None:
        options = exploring.ExploreOptions(**{name: given.pop(name) for name in exploring.TYPES})
        values = {option.name: option.check(given[option.name]) for option in scenario.options}
        check_together(scenario.options, values)
        raise typer.Exit(exploring.explore_scenario(scenario, values, options))

    return _command(command, scenario, exploring.TYPES, exploring.ExploreOptions, [])


def _command(
    command: Any, scenario: Scenario, types: Mapping[str, Any], defaults: Any, more: list[inspect.Parameter]
) -> Any:
    """Of this function, with the options of the scenario, `more`, and those of `types`."""
    names = {*types, *(parameter.name for parameter in more)}
    taken = next((option.name for option in scenario.options if option.name in names), None)
    if taken is not None:
        words = _("{path}: every run has an option {option}; give the parameter {name} of main another name")
        raise NoScenario(words.format(path=scenario.path, option="--" + taken.replace("_", "-"), name=taken))
    parameters = [_parameter(option.name, _type_of(option), option.default) for option in scenario.options]
    parameters += more
    parameters += [_parameter(name, hint, getattr(defaults, name)) for name, hint in types.items()]
    command.__signature__ = inspect.Signature(parameters)
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    command.__doc__ = scenario.title
    one = typer.Typer(rich_markup_mode=None, add_completion=False, pretty_exceptions_enable=False)
    one.command(scenario.name, cls=Command)(command)
    return localized(typer.main.get_command(one))


def _parameter(name: str, hint: Any, default: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint)


def _type_of(option: Option) -> Any:
    hint: Any = Literal[option.choices] if option.choices else option.type
    return Annotated[hint if option.default is not None else hint | None, typer.Option(help=option.help)]
