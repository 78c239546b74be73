"""The options of a scenario, as the signature of its `main` declares them.

    def main(users: Annotated[int, "people who want a ticket", range(1, 1001)] = 10, lock: bool = True) -> None

A `bool` becomes `--lock/--no-lock`, a `Literal` a choice. A `range` says which numbers are allowed; for a float, from
its first to its last one. Without a range, an int is a count, at least 1, and a float is a number of seconds, at
least 0.

    crash_holder: Annotated[bool, "whether the first user is killed", {"lock": True, "lock_made_in": "main"}] = False

A `dict` says beside which values of other options this one has an effect: a value, or a tuple or range of values. If
there are several dicts, one of them is enough. An option that was changed and would have no effect is refused.
"""

import inspect
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from procsim.errors import ProcsimError
from procsim.language import _, listed


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
    needs: tuple[Mapping[str, Any], ...] = ()
    """Beside which values of other options it has an effect: all those of one of these; empty: beside any."""

    @property
    def flag(self) -> str:
        """The option as it is typed: `--lock-around`."""
        return "--" + self.name.replace("_", "-")

    def typed(self, value: Any) -> str:
        """The option with that value as people would type it: `--no-lock`, `--users 3`."""
        if self.type is bool:
            return self.flag if value else f"--no-{self.flag[2:]}"
        return f"{self.flag} {str(value).removesuffix('.0') if isinstance(value, float) else value}"

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
    parameters = inspect.signature(main).parameters
    options = [_option(parameter, hints.get(name, str)) for name, parameter in parameters.items()]
    for option in options:
        unknown = {name for needed in option.needs for name in needed} - {*parameters}
        if unknown:
            words = _("the parameter {name!r} of main needs {unknown!r}, which is none of its parameters")
            raise TypeError(words.format(name=option.name, unknown=min(unknown)))
    return options


def _option(parameter: inspect.Parameter, hint: Any) -> Option:
    name = parameter.name
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD) or parameter.default is parameter.empty:
        raise TypeError(_("the parameter {name!r} of main needs a default value").format(name=name))
    text, allowed = "", None
    needs: tuple[Mapping[str, Any], ...] = ()
    if get_origin(hint) is Annotated:
        hint, *extras = get_args(hint)
        text = next((extra for extra in extras if isinstance(extra, str)), "")
        allowed = next((extra for extra in extras if isinstance(extra, range)), None)
        needs = tuple(extra for extra in extras if isinstance(extra, dict))
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(kind for kind in get_args(hint) if kind is not type(None))
    if get_origin(hint) is Literal:
        return Option(name, str, parameter.default, text, choices=tuple(map(str, get_args(hint))), needs=needs)
    if hint not in (bool, int, float, str):
        words = _("the parameter {name!r} of main must be a bool, int, float, str or Literal")
        raise TypeError(words.format(name=name))
    return Option(name, hint, parameter.default, text, allowed=allowed, needs=needs)


def check_together(options: Sequence[Option], values: Mapping[str, Any]) -> None:
    """Raises `WrongOption` if an option is not at its default, and has no effect beside the values of the others."""
    by_name = {option.name: option for option in options}
    for option in options:
        if values[option.name] != option.default and not has_effect(option, values):
            raise WrongOption(_without_effect(option, by_name, values))


def has_effect(option: Option, values: Mapping[str, Any]) -> bool:
    """Whether an option has an effect beside these values of the others."""
    return not option.needs or not all(_missing(option, values))


def _missing(option: Option, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What other options would have to be, for each of the cases in which this one has an effect."""
    return [{name: needed for name, needed in each.items() if not _is(values[name], needed)} for each in option.needs]


def _is(value: Any, needed: Any) -> bool:
    return value in needed if isinstance(needed, tuple | range) else bool(value == needed)


def _without_effect(option: Option, by_name: Mapping[str, Option], values: Mapping[str, Any]) -> str:
    """Why an option has no effect: beside another one that was chosen, too, or without one that was not."""
    missing = _missing(option, values)
    chosen = option.typed(values[option.name])
    for name in (name for each in missing for name in each):
        if values[name] != by_name[name].default:
            return exclude_each_other(chosen, by_name[name].typed(values[name]))
    needed = [_flag_of(by_name[name], value) for name, value in (next(iter(each.items())) for each in missing)]
    if len(needed) > 1:
        words = _("{option} has no effect without one of {needed}")
        return words.format(option=chosen, needed=listed(needed))
    return _("{option} has no effect without {needed}").format(option=chosen, needed=needed[0])


def exclude_each_other(option: str, other: str) -> str:
    """That two options, as they are typed, cannot be given together."""
    return _("{option} and {other} exclude each other; leave one of them out").format(option=option, other=other)


def _flag_of(option: Option, needed: Any) -> str:
    """What people would type so that an option is as needed; where several values will do, without one."""
    return option.flag if isinstance(needed, tuple | range) else option.typed(needed)


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
        check_together(options, values)
    except WrongOption as error:
        parser.error(str(error))
    return values


def typed(options: Iterable[Option], values: Mapping[str, Any]) -> list[str]:
    """Each of these options as people would type it; those that have no value are left out."""
    return [option.typed(values[option.name]) for option in options if values[option.name] is not None]


def with_changed(words: Sequence[str], options: Sequence[Option], values: Mapping[str, Any]) -> list[str]:
    """The words of a command line with these options at these values; all else that was given stays as it is.

    An option whose value is None is left out.
    """
    flags = {option.flag: option for option in options}
    kept, left = [], iter(words)
    for word in left:
        flag, equals, _value = word.partition("=")
        option = flags.get(flag) or flags.get(flag.replace("--no-", "--", 1))
        if option is None:
            kept.append(word)
        elif option.type is not bool and not equals:
            next(left, None)
    return [*kept, *" ".join(typed(options, values)).split()]


def as_arguments(options: Iterable[Option], values: Mapping[str, Any]) -> list[str]:
    """The command line that `parse` would turn into these values again."""
    return [each.replace(" ", "=", 1) for each in typed(options, values)]  # a value may begin with a hyphen


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
