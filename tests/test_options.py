"""What a `main` declares is what its command takes."""

from typing import Annotated, Any, Literal

import pytest

from procsim.options import WrongOption, as_arguments, check_together, from_arguments, options_of, parse, with_changed


def main(
    users: Annotated[int, "people", range(1, 11)] = 10,
    tickets: int | None = None,
    lock: bool = True,
    think: Annotated[float, "seconds"] = 0.3,
    made_in: Literal["main", "child"] = "main",
    name: str = "x",
) -> None:
    """A main as scenarios have it."""


DEFAULTS = {"users": 10, "tickets": None, "lock": True, "think": 0.3, "made_in": "main", "name": "x"}


def test_the_signature_is_the_only_place_of_options_and_defaults() -> None:
    options = {option.name: option for option in options_of(main)}
    assert {name: option.default for name, option in options.items()} == DEFAULTS
    assert options["users"].help == "people"
    assert options["made_in"].choices == ("main", "child")
    assert options["made_in"].flag == "--made-in"


@pytest.mark.parametrize(
    ("arguments", "change"),
    [
        ([], {}),
        (["--users", "3", "--no-lock"], {"users": 3, "lock": False}),
        (["--think", "0.1234567", "--name=-x"], {"think": 0.1234567, "name": "-x"}),
        (["--tickets=1", "--think", "0", "--made-in", "child"], {"tickets": 1, "think": 0.0, "made_in": "child"}),
    ],
)
def test_a_command_line_and_back(arguments: list[str], change: dict[str, Any]) -> None:
    values = parse(main, arguments)
    assert values == DEFAULTS | change
    assert parse(main, as_arguments(options_of(main), values)) == values
    assert from_arguments(options_of(main), arguments) == values


@pytest.mark.parametrize("arguments", [["--nope"], ["--no-users", "3"], ["--users"], ["--users", "many"], ["users"]])
def test_a_chapter_with_an_option_that_there_is_not(arguments: list[str]) -> None:
    with pytest.raises(WrongOption, match="no such option"):
        from_arguments(options_of(main), arguments)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--users", "0"], "--users must be from 1 to 10, not 0"),
        (["--users", "11"], "--users must be from 1 to 10, not 11"),
        (["--tickets", "0"], "--tickets must be at least 1, not 0"),
        (["--think", "-1"], "--think must be a number of seconds, 0 or more, not -1"),
        (["--think", "inf"], "--think must be a number of seconds"),
        (["--made-in", "nowhere"], "invalid choice: 'nowhere'"),
        (["--users", "x"], "invalid int value: 'x'"),
    ],
)
def test_what_is_not_allowed_ends_with_one_clear_line(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(main, arguments)
    assert ended.value.code == 2
    assert complaint in capsys.readouterr().err


def test_a_main_that_no_command_line_can_call() -> None:
    def needs(users: int) -> None: ...

    def takes(users: list[int] | tuple[int] = ()) -> None: ...  # type: ignore[assignment]

    with pytest.raises(TypeError, match="'users' of main needs a default"):
        options_of(needs)
    with pytest.raises(TypeError, match="'users' of main must be"):
        options_of(takes)


def test_a_nonsense_number_is_refused_by_the_option_itself() -> None:
    think = next(option for option in options_of(main) if option.name == "think")
    with pytest.raises(WrongOption):
        think.check(float("nan"))


def test_a_range_bounds_seconds_too() -> None:
    def main(pause: Annotated[float, "seconds", range(13)] = 0.5) -> None: ...

    (option,) = options_of(main)
    assert [option.check(value) for value in (0.0, 0.5, 12.0)] == [0.0, 0.5, 12.0]
    for value in (-0.1, 12.1, 13.0, float("inf"), float("nan")):
        with pytest.raises(WrongOption, match=f"--pause must be from 0 to 12, not {value:g}$"):
            option.check(value)


@pytest.mark.parametrize(
    ("chosen", "complaint"),
    [
        ({}, ""),
        ({"crash": True}, ""),
        ({"lock": False}, ""),
        ({"lock": False, "crash": True}, "--crash and --no-lock exclude each other; leave one of them out"),
        ({"done": False}, "--no-done has no effect without --joinable"),
        ({"done": False, "joinable": True}, ""),
        ({"messages": 3}, "--messages 3 has no effect without one of --takers, --joinable"),
        ({"messages": 3, "takers": 2}, ""),
        ({"messages": 3, "joinable": True}, ""),
        ({"pause": 0.5, "via": "memory"}, "--pause 0.5 and --via memory exclude each other; leave one of them out"),
        ({"pause": 0.5, "via": "pipe"}, ""),
    ],
)
def test_an_option_that_would_have_no_effect_is_refused(chosen: dict[str, Any], complaint: str) -> None:
    def main(
        lock: bool = True,
        crash: Annotated[bool, "whether one dies", {"lock": True}] = False,
        joinable: bool = False,
        done: Annotated[bool, {"joinable": True}] = True,
        takers: Annotated[int | None, range(1, 10)] = None,
        messages: Annotated[int, {"takers": range(1, 10)}, {"joinable": True}] = 12,
        via: Literal["queue", "pipe", "memory"] = "queue",
        pause: Annotated[float, {"via": ("queue", "pipe")}] = 0.7,
    ) -> None: ...

    options = options_of(main)
    values = {option.name: option.default for option in options} | chosen
    if not complaint:
        check_together(options, values)
        return
    with pytest.raises(WrongOption) as refused:
        check_together(options, values)
    assert str(refused.value) == complaint


@pytest.mark.parametrize(
    ("words", "changed", "after"),
    [
        ("tickets --users 10 --no-lock", {"lock": True}, "tickets --users 10 --lock"),
        ("tickets --no-lock --users 10 --pace 2/s", {"lock": True}, "tickets --users 10 --pace 2/s --lock"),
        ("tickets --made-in child --big", {"made_in": "main"}, "tickets --big --made-in main"),
        ("tickets --made-in=child", {"made_in": "main", "lock": False}, "tickets --no-lock --made-in main"),
        ("tickets --tickets 3 --name lock", {"tickets": None}, "tickets --name lock"),
    ],
)
def test_a_command_line_with_other_values_keeps_what_was_given(words: str, changed: dict[str, Any], after: str) -> None:
    options = [option for option in options_of(main) if option.name in changed]
    assert with_changed(words.split(), options, changed) == after.split()
