"""The keys of the live view, pressed in a real terminal."""

import json
import os
import re
import signal
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.integration.conftest import House
from tests.integration.terminal import Terminal

ENTER, RIGHT, DOWN, ESCAPE = "\r", "\x1b[C", "\x1b[B", "\x1b"


def steps(terminal: Terminal) -> int:
    """How many steps were taken, as the headline says."""
    found = re.search(r"step (\d+)", terminal.rows()[0])
    return int(found[1]) if found else 0


def step(terminal: Terminal, house: House) -> None:
    """Take one step, and see it counted."""
    before = steps(terminal)
    terminal.press("n")
    house.wait_until(lambda: steps(terminal) > before)


def step_until(terminal: Terminal, house: House, *words: str) -> None:
    """Take steps until all these words stand in one row."""
    while not any(all(word in row for word in words) for row in terminal.rows()):
        before = steps(terminal)
        terminal.press("n")
        house.wait_until(partial(_has_moved, terminal, before))


def _has_moved(terminal: Terminal, before: int) -> bool:
    """Whether a step was taken, or nobody could take one."""
    return steps(terminal) > before or bool(terminal.row("nobody can move")) or not terminal.child.isalive()


def test_both_buyers_read_the_same_number_because_people_chose_so(house: House) -> None:
    terminal = Terminal(house, "tickets", "--users", 2, "--no-lock", "--step")
    terminal.wait_for("it stands")
    terminal.wait_for("1", "MainProcess", "next:")
    step_until(terminal, house, "doors", "2 have passed")
    for digit, user in (("2", "user-1"), ("3", "user-2")):
        terminal.wait_for(user, "next: read stock.txt")
        terminal.press(digit)
        terminal.wait_for("▸", user)
        step(terminal, house)
        terminal.wait_for(user, "next: sleep", "reads: 1 left")
    terminal.press(ESCAPE, " ")
    assert terminal.wait_for_end() == 0
    assert "M1 of 1 tickets 2 were sold" in terminal.row("M1")


def test_with_the_lock_the_other_one_cannot_move(house: House) -> None:
    terminal = Terminal(house, "tickets", "--users", 2, "--step")
    terminal.wait_for("MainProcess", "next:")
    step_until(terminal, house, "user-1", "next: read stock.txt")
    step_until(terminal, house, "mutex", "held by")
    holder = terminal.row("held by user")
    other = "user-2" if "held by user-1" in holder else "user-1"
    terminal.wait_for(other, "waiting for mutex, held by")
    terminal.press("2" if other == "user-1" else "3")
    terminal.press("n")
    terminal.wait_for(f"{other} cannot move: waiting for mutex")
    terminal.press(ESCAPE, " ")
    assert terminal.wait_for_end() == 0


def test_space_stops_the_world_and_lets_it_go_on(house: House) -> None:
    terminal = Terminal(house, "tickets", "--users", 3)
    terminal.wait_for("user-3")
    terminal.press(" ")
    terminal.wait_for("it stands")
    terminal.press(" ")
    assert terminal.wait_for_end() == 0
    assert terminal.row("M2")


def test_nobody_can_move_and_why(house: House) -> None:
    terminal = Terminal(house, "deadlock", "--step", rows=40, columns=120)
    terminal.wait_for("MainProcess", "next:")
    step_until(terminal, house, "a deadlock")
    assert terminal.wait_for_end() == 0


def test_again_and_the_other_way(house: House) -> None:
    terminal = Terminal(house, "tickets", "--users", 2, "--step", columns=120)
    terminal.wait_for("MainProcess", "next:")
    first = re.findall(r"MainProcess +(\d+)", terminal.row("MainProcess"))
    terminal.press("r")
    house.wait_until(lambda: re.findall(r"MainProcess +(\d+)", terminal.row("MainProcess")) not in (first, []))
    assert "mutex" in "".join(terminal.rows())
    terminal.press("t")
    terminal.wait_for("procsim tickets --no-lock")
    house.wait_until(lambda: terminal.row("next:"))
    assert "mutex" not in "".join(terminal.rows())
    terminal.press("t")
    terminal.wait_for("procsim tickets --lock")
    terminal.press("q")
    assert terminal.wait_for_end() == 130


def test_the_code_and_who_stands_where_in_it(house: House) -> None:
    terminal = Terminal(house, "tickets", "--users", 2, "--step")
    terminal.wait_for("MainProcess", "next:")
    terminal.press("c")
    line = terminal.wait_for("stock.write_text")
    assert line.endswith("MainProcess")
    terminal.press("c")
    house.wait_until(lambda: not terminal.row("stock.write_text"))
    terminal.press("q")
    terminal.wait_for_end()


def test_all_keys_are_explained(house: House) -> None:
    terminal = Terminal(house, "tickets", "--users", 2, "--step")
    terminal.wait_for("? keys")
    terminal.press("?")
    terminal.wait_for("again, the other way: --no-lock")
    terminal.press("?")
    terminal.wait_for("next:")
    terminal.press("q")
    terminal.wait_for_end()


def test_slow_motion(house: House) -> None:
    terminal = Terminal(house, "tickets", "--users", 2, "--no-lock", "--pace", "100/s")
    terminal.wait_for("100 steps a second")
    terminal.press("+")
    terminal.wait_for("steps a second")
    assert terminal.wait_for_end() == 0


def test_a_key_that_is_pressed_a_thousand_times(house: House) -> None:
    terminal = Terminal(house, "tickets", "--users", 3, "--step")
    terminal.wait_for("next:")
    terminal.press("+-" * 200, DOWN * 300, "c" * 100, "?" * 100, " " * 1000, "w1" * 100)
    terminal.wait_for("user-3")
    terminal.press("q")
    assert terminal.wait_for_end() in (0, 130)


def test_procsim_killed_while_all_stand_at_the_gate(house: House) -> None:
    terminal = Terminal(house, "tickets", "--users", 3, "--step")
    terminal.wait_for("MainProcess", "next:")
    step_until(terminal, house, "user-2")
    terminal.kill()
    house.assert_empty()


def test_a_process_that_dies_at_the_gate(house: House) -> None:
    terminal = Terminal(house, "tickets", "--users", 2, "--no-lock", "--step")
    terminal.wait_for("MainProcess", "next:")
    step_until(terminal, house, "user-1", "next: read")
    pid = int(re.findall(r"user-1 +(\d+)", terminal.row("user-1"))[0])
    psutil.Process(pid).kill()
    terminal.wait_for("user-1", "SIGKILL")
    terminal.press("q")
    assert terminal.wait_for_end() == 130


def test_ctrl_z_and_on(house: House) -> None:
    terminal = Terminal(house, "tickets", "--users", 2, "--step")
    terminal.wait_for("next:")
    procsim = psutil.Process(terminal.child.pid)
    terminal.press("\x1a")
    house.wait_until(lambda: terminal.rows() and procsim.status() == psutil.STATUS_STOPPED)
    os.kill(procsim.pid, signal.SIGCONT)
    terminal.wait_for("it stands")
    terminal.press("q")
    assert terminal.wait_for_end() == 130


def test_a_watched_program_takes_steps_too(house: House, tmp_path: Path) -> None:
    program = tmp_path / "mine.py"
    program.write_text(
        "from multiprocessing import Lock\nlock = Lock()\nwith lock:\n    print('inside')\nprint('done')\n"
    )
    terminal = Terminal(house, "watch", "--step", program)
    terminal.wait_for("next: acquire lock")
    step(terminal, house)
    terminal.wait_for("next: release lock")
    terminal.press(" ")
    assert terminal.wait_for_end() == 0
    assert terminal.row("done")


# Schedules ---------------------------------------------------------------------------------------------------


def told(lines: list[dict[str, Any]]) -> list[tuple[object, ...]]:
    """What was said and written, in its order, by whom; and the verdict."""
    story = [
        (line["process"], line["kind"], line.get("text"), str(line.get("fields")), line.get("value"), line["at"])
        for line in lines[:-1]
        if line["kind"] in ("said", "noted", "file_read", "file_written")
    ]
    return [*story, ("verdict", json.dumps(lines[-1]["claims"]))]


@pytest.mark.parametrize("lesson", [("tickets", "--users", 3, "--no-lock"), ("tickets", "--users", 3), ("prodcons",)])
def test_a_schedule_ends_with_the_same_state_each_time(
    house: House, tmp_path: Path, lesson: tuple[object, ...]
) -> None:
    trace = tmp_path / "steps.trace"
    lines, done = house.events(*lesson, "--pace", "1000/s", "--record", trace)
    assert done.returncode == 0, done.stderr
    for _ in range(3):
        again, done = house.events(*lesson, "--schedule", trace)
        assert done.returncode == 0, done.stderr
        assert told(again) == told(lines)


def test_a_schedule_that_does_not_fit(house: House, tmp_path: Path) -> None:
    trace = tmp_path / "steps.trace"
    program = tmp_path / "mine.py"
    program.write_text("from multiprocessing import Lock\nlock = Lock()\nlock.acquire()\nlock.release()\n")
    done = house.run("watch", "--pace", "1000/s", "--record", trace, program)
    assert done.returncode == 0, done.stderr
    program.write_text("from multiprocessing import Lock\nlock = Lock()\n\nlock.acquire()\nlock.release()\n")
    done = house.run("watch", "--schedule", trace, program)
    assert done.returncode == 2
    last = done.stderr.splitlines()[-1]
    assert last == (
        "procsim: the schedule does not fit the program: step 1: MainProcess was to do lock_acquired at mine.py:3, "
        "and would do lock_acquired at mine.py:4"
    )


def test_a_recording_without_steps_is_no_schedule(house: House, tmp_path: Path) -> None:
    trace = tmp_path / "run.trace"
    assert house.run("ipc", "--view", "json", "--record", trace).returncode == 0
    done = house.run("ipc", "--schedule", trace)
    assert done.returncode == 2
    assert "no steps were recorded" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--step"], "--step needs a terminal"),
        (["--pace", "fast"], "--pace must be steps a second"),
        (["--pace", "0/s"], "--pace must be steps a second"),
        (["--pace", "2/s", "--schedule", "nowhere"], "nowhere"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(house: House, options: list[str], words: str) -> None:
    done = house.run("tickets", *options)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
