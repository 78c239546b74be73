"""The options of a scenario, as the signature of its `main` declares them.

    def main(users: Annotated[int, "people who want a ticket", range(1, 1001)] = 10, lock: bool = True) -> None

A `bool` becomes `--lock/--no-lock`, a `Literal` a choice. A `range` says which numbers are allowed; for a float, from
its first to its last one. Without a range, an int is a count, at least 1, and a float is a number of seconds, at
least 0.
"""

import inspect
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from procsim.errors import ProcsimError
from procsim.language import _


class WrongOption(ProcsimError):
    """The value of an option is not allowed; the text says which values are."""


@dataclass(frozen=True)
class Option:
    """One option of a scenario."""

    name: str
    """The name of the parameter."""
    type: type
    """bool, int, float or str."""
    default: Any
    help: str = ""
    choices: tuple[str, ...] = ()
    allowed: range | None = None

    @property
    def flag(self) -> str:
        """The option as it is typed: `--lock-around`."""
        return "--" + self.name.replace("_", "-")

    def check(self, value: Any) -> Any:
        """Returns the value. Raises `WrongOption` if it is not allowed."""
        if value is None or isinstance(value, bool):
            return value
        if self.allowed is not None and not self.allowed.start <= value <= self.allowed.stop - 1:
            words = _("{option} must be from {first} to {last}, not {value}")
            facts = {"first": self.allowed.start, "last": self.allowed.stop - 1}
            shown = f"{value:g}" if self.type is float else value
            raise WrongOption(words.format(option=self.flag, value=shown, **facts))
        if self.allowed is None and self.type is int and value < 1:
            raise WrongOption(_("{option} must be at least 1, not {value}").format(option=self.flag, value=value))
        if self.type is float and not 0 <= value < float("inf"):
            words = _("{option} must be a number of seconds, 0 or more, not {value}")
            raise WrongOption(words.format(option=self.flag, value=f"{value:g}"))
        return value


def options_of(main: Callable[..., Any]) -> list[Option]:
    """The options that a function's signature declares.

    Raises `TypeError`, whose text is one line, where a command line could not give a parameter its value.
    """
    hints = get_type_hints(main, include_extras=True)
    return [_option(parameter, hints.get(name, str)) for name, parameter in inspect.signature(main).parameters.items()]


def _option(parameter: inspect.Parameter, hint: Any) -> Option:
    name = parameter.name
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD) or parameter.default is parameter.empty:
        raise TypeError(_("the parameter {name!r} of main needs a default value").format(name=name))
    text, allowed = "", None
    if get_origin(hint) is Annotated:
        hint, *extras = get_args(hint)
        text = next((extra for extra in extras if isinstance(extra, str)), "")
        allowed = next((extra for extra in extras if isinstance(extra, range)), None)
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(kind for kind in get_args(hint) if kind is not type(None))
    if get_origin(hint) is Literal:
        return Option(name, str, parameter.default, text, choices=tuple(map(str, get_args(hint))))
    if hint not in (bool, int, float, str):
        words = _("the parameter {name!r} of main must be a bool, int, float, str or Literal")
        raise TypeError(words.format(name=name))
    return Option(name, hint, parameter.default, text, allowed=allowed)


def parse(main: Callable[..., Any], arguments: Sequence[str]) -> dict[str, Any]:
    """The keyword arguments for `main` from a command line. A wrong one ends the program with exit code 2."""
    import argparse  # only a scenario needs it; the `procsim` command has typer

    parser = argparse.ArgumentParser(description=inspect.getdoc(inspect.getmodule(main)))
    options = options_of(main)
    for option in options:
        if option.type is bool:
            parser.add_argument(
                option.flag, action=argparse.BooleanOptionalAction, default=option.default, help=option.help
            )
        else:
            parser.add_argument(
                option.flag,
                type=option.type,
                default=option.default,
                help=option.help,
                choices=option.choices or None,
            )
    values = vars(parser.parse_args(arguments))
    try:
        for option in options:
            option.check(values[option.name])
    except WrongOption as error:
        parser.error(str(error))
    return values


def as_arguments(options: Sequence[Option], values: Mapping[str, Any]) -> list[str]:
    """The command line that `parse` would turn into these values again."""
    arguments: list[str] = []
    for option in options:
        value = values[option.name]
        if option.type is bool:
            arguments.append(option.flag if value else "--no-" + option.flag[2:])
        elif value is not None:
            arguments.append(f"{option.flag}={value}")
    return arguments


def from_arguments(options: Sequence[Option], arguments: Sequence[str]) -> dict[str, Any]:
    """The values that a command line of a chapter gives; those of options that are left out are their defaults.

    Raises `WrongOption` where there is no such option, or it has no value of its type. Each run reads its chapter, and
    argparse would take longer than that.
    """
    values = {option.name: option.default for option in options}
    flags = {option.flag: option for option in options}
    left = iter(arguments)
    for argument in left:
        flag, _equals, value = argument.partition("=")
        option = flags.get(flag) or flags.get(flag.replace("--no-", "--", 1))
        try:
            if option is None or (option.type is not bool and flag != option.flag):
                raise KeyError(flag)
            values[option.name] = flag == option.flag if option.type is bool else option.type(value or next(left))
        except (KeyError, ValueError, StopIteration):
            raise WrongOption(_("{option}: no such option, or no such value of it").format(option=argument)) from None
    return values
