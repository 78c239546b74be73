"""The terminal in procsim's hands: given back however procsim ends, and quiet between two screens."""

import signal
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import House, Start
from tests.integration.terminal import ASKS, Terminal

LONG = ("tickets", "--users", 5, "--think", 50, "--no-lock")
"""A run that goes on until somebody ends it."""


def started(start: Start, *arguments: object, redirected: str = "") -> tuple[Terminal, list[Any]]:
    """procsim in a terminal, and the settings that the terminal had before."""
    terminal = start(*arguments, shell=f"echo ready; read answer; exec {{procsim}} {redirected}")
    terminal.wait_for("ready")
    before = terminal.settings()
    terminal.press("\n")
    return terminal, before


def assert_given_back_when_killed(terminal: Terminal, before: list[Any], house: House) -> None:
    """Kill procsim, which has the terminal: nothing of it is left there."""
    terminal.kill()
    house.wait_until(lambda: terminal.settings() == before and terminal.is_given_back())
    house.assert_empty()


@pytest.mark.parametrize("redirected", ["", "</dev/null"], ids=["keyboard", "no-keyboard"])
def test_a_killed_live_view_gives_the_terminal_back(house: House, start: Start, redirected: str) -> None:
    terminal, before = started(start, *LONG, redirected=redirected)
    terminal.wait_for("reads")
    assert not terminal.is_given_back()
    assert_given_back_when_killed(terminal, before, house)


def test_a_killed_page_of_keys_gives_the_terminal_back(house: House, start: Start) -> None:
    terminal, before = started(start, *LONG)
    terminal.wait_for("reads")
    terminal.press("?")
    terminal.wait_for("again, the other way")
    assert_given_back_when_killed(terminal, before, house)


def test_a_killed_question_gives_the_terminal_back(house: House, start: Start) -> None:
    terminal, before = started(start, "tickets", "--users", 2, "--think", 0.1)
    terminal.wait_for(ASKS)
    assert terminal.settings() != before
    assert_given_back_when_killed(terminal, before, house)


@pytest.mark.parametrize("redirected", ["", "</dev/null"], ids=["keyboard", "no-keyboard"])
def test_a_killed_replay_gives_the_terminal_back(house: House, start: Start, tmp_path: Path, redirected: str) -> None:
    trace = tmp_path / "trace.jsonl"
    house.run("tickets", "--users", 2, "--think", 0.1, "--record", trace)
    terminal, before = started(start, "replay", trace, "--speed", 0.001, redirected=redirected)
    terminal.wait_for("MainProcess")
    assert not terminal.is_given_back()
    assert_given_back_when_killed(terminal, before, house)


def test_a_killed_menu_gives_the_terminal_back(house: House, start: Start) -> None:
    terminal, before = started(start)
    terminal.wait_for("D1")
    assert_given_back_when_killed(terminal, before, house)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_page_of_the_menu_gives_the_terminal_back(house: House, start: Start, number: int) -> None:
    terminal, before = started(start)
    terminal.wait_for("D1")
    terminal.press("e")
    terminal.wait_for("Press a key")
    terminal.child.kill(number)
    terminal.child.wait()
    house.wait_until(lambda: terminal.settings() == before and terminal.is_given_back())


def test_a_stopped_procsim_that_is_killed_leaves_the_terminal_alone(house: House, start: Start) -> None:
    terminal = start(*LONG, shell="{procsim}; echo now at the shell; stty -echo; echo changed; read answer; kill -9 %1")
    terminal.wait_for("reads")
    terminal.press("\x1a")
    terminal.wait_for("changed")
    theirs = terminal.settings()
    terminal.press("\n")
    assert terminal.wait_for_end() == 0
    house.assert_empty()
    assert terminal.settings() == theirs
