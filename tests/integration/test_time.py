"""Looking back, and going back: keys pressed in a real terminal, on runs that move by steps and on recordings."""

import contextlib
from pathlib import Path

import psutil
import pytest

from tests.integration.conftest import House, Start
from tests.integration.terminal import Terminal, hang_up
from tests.integration.test_keys import step, step_until

LEFT, RIGHT, HOME, END = "\x1b[D", "\x1b[C", "\x1b[H", "\x1b[F"


def pids(terminal: Terminal) -> set[int]:
    """The PIDs of the processes of the run."""
    found = set()
    for process in psutil.Process(terminal.child.pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):  # it has just ended
            found |= {process.pid} if any("tickets.py" in word for word in process.cmdline()) else set()
    return found


def test_back_in_a_run_by_steps_and_forward_to_now(house: House, start: Start) -> None:
    terminal = start("tickets", "--users", 2, "--no-lock", "--step")
    terminal.wait_for("MainProcess", "next:")
    for _ in range(3):
        step(terminal, house)
    terminal.wait_for("step 3")
    terminal.press(LEFT)
    terminal.wait_for("PAST: step 2 of 3", "End: back to now")
    terminal.press(HOME)
    terminal.wait_for("PAST: step 0 of 3")
    terminal.press(RIGHT)
    terminal.wait_for("PAST: step 1 of 3")
    terminal.press(END)
    house.wait_until(lambda: not terminal.row("PAST"))
    terminal.press(RIGHT)
    terminal.wait_for("step 4")
    terminal.press("q")
    assert terminal.wait_for_end() == 130


def test_from_a_step_in_the_past_the_run_itself_goes_another_way(house: House, start: Start) -> None:
    terminal = start("tickets", "--users", 2, "--no-lock", "--step")
    terminal.wait_for("MainProcess", "next:")
    step_until(terminal, house, "doors", "2 have passed")
    terminal.press("1")
    terminal.wait_for("▸", "user-1")
    step_until(terminal, house, "user-1", "next: write", "read 1")
    first = pids(terminal)
    terminal.press("X")  # back to before the last read
    terminal.wait_for("PAST: step", "x next: stock.txt")
    terminal.press(LEFT)
    terminal.wait_for("user-1", "next: read")
    before = terminal.wait_for("PAST: step").split()[2]
    terminal.press("2")
    terminal.wait_for("2-", "user-2")
    terminal.press("n")
    house.wait_until(lambda: not pids(terminal) & first)
    terminal.wait_for("2▸", "user-2")
    assert terminal.rows()[0].endswith(f"step {before}")
    terminal.wait_for("user-1", "next: read")
    terminal.press("n")
    house.wait_until(lambda: not terminal.rows()[0].endswith(f"step {before}"))
    terminal.press("q")
    assert terminal.wait_for_end() == 130


def test_a_run_that_was_free_is_paused_to_look_back_and_cannot_go_back_for_real(house: House, start: Start) -> None:
    terminal = start("tickets", "--users", 2, "--no-lock", "--think", 30, columns=100)
    terminal.wait_for("user-2", "asleep")
    terminal.press(LEFT)
    terminal.wait_for("PAST:", "events")
    terminal.press("2", "n")
    terminal.wait_for("not reached by steps alone")
    terminal.press(END)
    terminal.wait_for("PAUSED")
    terminal.press("q")
    assert terminal.wait_for_end() == 130


@pytest.fixture
def recording(house: House, tmp_path: Path) -> Path:
    path = tmp_path / "tickets.jsonl"
    house.run("tickets", "--users", 3, "--think", 0.2, "--record", path)
    return path


def test_a_recording_is_paused_and_looked_at_from_its_end_to_its_beginning(start: Start, recording: Path) -> None:
    terminal = start("replay", recording, "--speed", 0.001)
    terminal.wait_for("REPLAY at 0.001 times its pace")
    terminal.press(END)
    end = terminal.wait_for("THE END:")
    whole = end.split()[2]
    assert f"{whole} of {whole} events" in end
    terminal.press(LEFT)
    terminal.wait_for("REPLAY, paused:", f"of {whole} events")
    terminal.press(HOME)
    terminal.wait_for(f"REPLAY, paused: 1 of {whole} events")
    terminal.press("x", "x")
    terminal.wait_for("x next: stock.txt")
    terminal.press("+" * 30 + " ")
    terminal.wait_for("THE END:")
    terminal.press("q")
    assert terminal.wait_for_end() == 0
    assert terminal.row("M2")


def test_a_recording_that_is_cut_off_is_looked_at_until_a_key_and_then_refused(start: Start, recording: Path) -> None:
    recording.write_bytes(recording.read_bytes()[:-200])
    terminal = start("replay", recording, "--speed", 50)
    terminal.wait_for("THE END:")
    terminal.press(LEFT)
    terminal.wait_for("REPLAY, paused:")
    terminal.press(END, "q")
    assert terminal.wait_for_end() == 2
    assert terminal.row("cut off") or terminal.row("damaged")


def test_without_a_keyboard_a_recording_is_played_to_its_end(start: Start, recording: Path) -> None:
    terminal = start("replay", recording, shell="{procsim} </dev/null")
    assert terminal.wait_for_end() == 0
    assert terminal.row("M2")


def test_a_recording_whose_terminal_is_gone_is_left(house: House, start: Start, recording: Path) -> None:
    terminal = start("replay", recording, shell="trap '' HUP; exec {procsim}")
    terminal.wait_for("REPLAY")
    terminal.press(END)
    terminal.wait_for("THE END:")
    hang_up(terminal.child, house)
