"""The terminal in procsim's hands: given back however procsim ends, and quiet between two screens."""

import os
import shutil
import signal
import termios
from pathlib import Path
from typing import Any

import psutil
import pytest

from procsim.running.processes import is_alive
from tests.integration.conftest import PROGRAMS, House, Start
from tests.integration.terminal import ASKS, Terminal

LONG = ("run", PROGRAMS / "long_run.py")
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
    terminal.wait_for(" 0.0 s")
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


def run_of_the_menu(house: House, start: Start) -> tuple[Terminal, list[Any], psutil.Process]:
    """A run of the menu's that goes on until somebody ends it, the settings that the terminal had before, and the menu,
    which a shell has started."""
    own = house.folder / "own"
    own.mkdir()
    shutil.copy(PROGRAMS / "long_run.py", own)
    house.environment["PROCSIM_LESSONS"] = str(own)
    terminal = start(shell="echo ready; read answer; {procsim}; echo at the shell; read answer")
    terminal.wait_for("ready")
    before = terminal.settings()
    terminal.press("\n")
    terminal.wait_for("D1")
    terminal.press("7", "\r")
    terminal.wait_for("reads")
    (menu,) = psutil.Process(terminal.child.pid).children()
    return terminal, before, menu


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
@pytest.mark.parametrize("round_", [0, *(pytest.param(more, marks=pytest.mark.thorough) for more in (1, 2))])
def test_a_menu_that_is_ended_takes_its_run_with_it(house: House, start: Start, number: int, round_: int) -> None:
    terminal, before, menu = run_of_the_menu(house, start)
    menu.send_signal(number)
    house.wait_until(lambda: not is_alive(menu.pid))
    house.assert_empty()
    house.wait_until(lambda: terminal.settings() == before and terminal.is_given_back())


@pytest.mark.parametrize(("number", "told"), [(signal.SIGKILL, ""), (signal.SIGTERM, "ended early, by SIGTERM")])
def test_a_menu_whose_run_is_killed_waits_for_a_key_and_goes_on(
    house: House, start: Start, number: int, told: str
) -> None:
    terminal, before, menu = run_of_the_menu(house, start)
    (run,) = (child for child in menu.children() if "long_run" in child.cmdline())
    run.send_signal(number)
    terminal.wait_for("Press a key to go back to the menu")
    assert any(told in row for row in terminal.rows()), "it can be read"
    terminal.press("x")
    house.wait_until(lambda: not terminal.row("Press a key") and terminal.row("q quit"))
    assert not terminal.is_given_back()
    terminal.press("q")
    terminal.wait_for("at the shell")
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


@pytest.mark.parametrize("signals", ["TERM CONT", "CONT TERM CONT", "HUP CONT"])
@pytest.mark.parametrize("key", ["\x1a", ""], ids=["by a key", "by SIGSTOP"])
def test_a_stopped_procsim_is_ended_while_the_shell_has_the_terminal(
    house: House, start: Start, signals: str, key: str
) -> None:
    shell = f"echo ready; read answer; {{procsim}}; echo stopped; for each in {signals}; do kill -$each %1; done"
    terminal = start(*LONG, shell=f"{shell}; read answer")
    terminal.wait_for("ready")
    before = terminal.settings()
    terminal.press("\n")
    terminal.wait_for("reads")
    (process,) = psutil.Process(terminal.child.pid).children()
    if key:
        terminal.press(key)
    else:
        process.suspend()
    house.wait_until(lambda: terminal.rows() and not is_alive(process.pid))
    house.assert_empty()
    house.wait_until(lambda: terminal.settings() == before and terminal.is_given_back())


def echoes(terminal: Terminal) -> bool:
    """Whether what is typed now is shown by the terminal itself."""
    return bool(terminal.settings()[3] & termios.ECHO)


def test_what_is_typed_between_the_menu_and_a_run_is_for_the_run_and_not_shown(start: Start) -> None:
    terminal = start()
    terminal.wait_for("D1")
    terminal.press("\r ")
    terminal.wait_for("$ procsim daemon")
    assert not echoes(terminal), "the run has not begun"
    terminal.wait_for("PAUSED")
    terminal.press(" ")
    terminal.wait_for(ASKS)
    terminal.press("qq")
    assert terminal.wait_for_end() == 0, "the second q is for the menu"


def test_what_is_typed_between_two_runs_is_for_the_next_one_and_not_shown(house: House, start: Start) -> None:
    terminal = start("tickets", "--users", 2, "--think", 0.1)
    terminal.wait_for(ASKS)
    assert not echoes(terminal)
    terminal.press("r ")
    house.wait_until(lambda: not terminal.row(ASKS))
    assert not echoes(terminal)
    first = terminal.wait_for("PAUSED")
    assert "step" not in first
    before = terminal.wait_for("MainProcess")
    terminal.press("r ")
    house.wait_until(lambda: terminal.row("MainProcess") not in ("", before))
    terminal.wait_for("PAUSED")
    terminal.press("q")
    assert terminal.wait_for_end() == 130


def test_what_is_typed_before_a_question_is_seen_is_no_answer(start: Start) -> None:
    terminal = start()
    terminal.wait_for("D1")
    terminal.press("eq")
    terminal.wait_for("Press a key")
    terminal.press("q")
    terminal.wait_for("q quit")
    terminal.press("q")
    assert terminal.wait_for_end() == 0


def test_ctrl_c_between_two_screens_ends_procsim_and_the_terminal_is_as_it_was(start: Start, house: House) -> None:
    terminal, before = started(start)
    terminal.wait_for("D1")
    terminal.press("e")
    terminal.wait_for("What to ask the class")
    terminal.press("\x03", "\x03")
    assert terminal.wait_for_end() in (0, 130)
    house.wait_until(lambda: terminal.settings() == before)


def test_while_procsim_is_imported_a_line_says_so_and_keys_are_not_echoed(house: House, start: Start) -> None:
    """The import does not end before the line was seen: it waits for a pipe that nobody has opened to write."""
    pipe, program = house.folder / "pipe", house.folder / "work.py"
    os.mkfifo(pipe)
    program.write_text("print('done')")
    waiting = house.folder / "rich"  # it is imported before the first picture
    waiting.mkdir()
    (waiting / "__init__.py").write_text(f"open({str(pipe)!r}).read()")
    house.environment["PYTHONPATH"] = str(house.folder)
    terminal = start("watch", program)
    assert terminal.wait_for("procsim starts") == "procsim starts work.py …"
    assert not terminal.settings()[3] & termios.ECHO
    terminal.kill()
    house.wait_until(lambda: bool(terminal.settings()[3] & termios.ECHO))


def test_a_complaint_stands_in_a_row_of_its_own(house: House, start: Start) -> None:
    terminal = start("watch", "nowhere.py")
    assert terminal.wait_for_end() == 2
    assert terminal.row("procsim starts") == ""
    assert terminal.row("nowhere.py").startswith("procsim: nowhere.py: no such script")
    assert terminal.settings()[3] & termios.ECHO
