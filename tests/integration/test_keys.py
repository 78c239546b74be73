"""The keys of the live view, pressed in a real terminal."""

import re
import signal
import sys
from functools import partial
from pathlib import Path

import pexpect
import psutil
import pytest

from procsim.lessons import catalog
from tests.integration.conftest import PATIENCE_SECONDS, House, Start
from tests.integration.terminal import ASKS, Terminal

ENTER, RIGHT, DOWN, ESCAPE = "\r", "\x1b[C", "\x1b[B", "\x1b"


def steps(terminal: Terminal) -> int:
    """How many steps were taken, as the title says."""
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
    """Whether a step was taken, or could not be taken."""
    halted = ("cannot move", "no process can move", "HANGS")
    return steps(terminal) > before or any(terminal.row(words) for words in halted)


def test_both_buyers_read_the_same_number_because_people_chose_so(house: House, start: Start) -> None:
    terminal = start("tickets", "--users", 2, "--no-lock", "--step")
    terminal.wait_for("PAUSED")
    terminal.wait_for("1", "MainProcess", "next:")
    step_until(terminal, house, "doors", "2 have passed")
    for digit, user in (("1", "user-1"), ("2", "user-2")):
        terminal.press(digit)
        terminal.wait_for("▸", user)
        step_until(terminal, house, user, "next: sleep", "read 1")
    terminal.press(ESCAPE, " ")
    assert terminal.wait_for_end() == 0
    assert "M1 there were 1 tickets, and 2 were sold" in terminal.row("M1")


def test_with_the_lock_the_other_one_cannot_move(house: House, start: Start) -> None:
    terminal = start("tickets", "--users", 2, "--step", columns=99)  # in wider ones the code cuts the rows
    terminal.wait_for("MainProcess", "next:")
    step_until(terminal, house, "mutex  ", "held by user")
    holder, other = ("user-1", "user-2") if "held by user-1" in terminal.row("mutex  ") else ("user-2", "user-1")
    row = {"user-1": "1", "user-2": "2"}[other]
    terminal.press(row)
    terminal.wait_for(f"{row}-", other, "waits for mutex, held by")
    step_until(terminal, house, "cannot move")
    assert f"{other} cannot move: waits for mutex, held by {holder}" in terminal.row("cannot move")
    terminal.press(ESCAPE, " ")
    assert terminal.wait_for_end() == 0


def test_space_stops_the_world_and_lets_it_go_on(house: House, start: Start) -> None:
    terminal = start("tickets", "--users", 3)
    terminal.wait_for("user-3")
    terminal.press(" ")
    terminal.wait_for("PAUSED")
    terminal.press(" ")
    assert terminal.wait_for_end() == 0
    assert terminal.row("M2")


def test_nobody_can_move_and_why(house: House, start: Start) -> None:
    terminal = start("deadlock", "--step", rows=40, columns=120)
    terminal.wait_for("MainProcess", "next:")
    step_until(terminal, house, "HANGS")  # a moment before, each was let into its wait
    assert terminal.wait_for_end() == 0
    assert terminal.row("M6")


def test_again_and_the_other_way(house: House, start: Start) -> None:
    terminal = start("tickets", "--users", 2, "--step", columns=99)  # too narrow for the code, which names the mutex
    terminal.wait_for("MainProcess", "next:")
    step(terminal, house)
    terminal.press("r")
    house.wait_until(lambda: terminal.rows()[0].endswith("PAUSED"))
    terminal.wait_for("mutex  ")
    terminal.press("t")
    terminal.wait_for("procsim tickets --users 2 --step --no-lock")
    terminal.wait_for("doors  ")
    assert not terminal.row("mutex  ")
    terminal.press("t")
    terminal.wait_for("procsim tickets --users 2 --step --lock")
    terminal.press("q")
    assert terminal.wait_for_end() == 130


def test_when_it_is_over_it_can_be_had_again_and_the_other_way(start: Start) -> None:
    terminal = start("tickets", "--users", 2, "--think", 0.1, columns=100)
    terminal.wait_for("r again   t --no-lock", "q done")
    terminal.press("t")
    terminal.wait_for("r again   t --lock", "q done")
    assert terminal.row("1 too many")
    terminal.press("r")
    assert terminal.wait_for_end() == 0


ASKED_WITH_A_KEY_IN_HAND = """
import select, sys, tty
tty.setraw(sys.stdin)
print("press", flush=True)
select.select([sys.stdin], [], [])
from procsim.views.live.keyboard import ask_again
print(ask_again("--lock"))
"""


def test_keys_that_were_meant_for_the_run_are_no_answer() -> None:
    command = ["-c", ASKED_WITH_A_KEY_IN_HAND]
    child = pexpect.spawn(sys.executable, command, encoding="utf-8", timeout=PATIENCE_SECONDS)
    child.expect("press")
    child.send("t")
    child.expect(ASKS)
    child.send("nnn \x1b[Bc9")  # nor are the keys of who is still stepping
    child.send("r")
    child.expect("Again.SAME")
    child.expect(pexpect.EOF)
    child.close()


def test_when_it_is_over_a_signal_ends_it(start: Start) -> None:
    terminal = start("tickets", "--users", 2, "--think", 0.1)
    terminal.wait_for(ASKS)
    terminal.child.kill(signal.SIGTERM)
    assert terminal.wait_for_end() == 128 + signal.SIGTERM


def test_the_code_and_who_stands_where_in_it(house: House, start: Start) -> None:
    terminal = start("tickets", "--users", 2, "--step")
    terminal.wait_for("MainProcess", "next:")
    terminal.press("c")
    line = terminal.wait_for("path.write_text")
    assert line.endswith("MainProcess")
    terminal.press("c")
    house.wait_until(lambda: not terminal.row("path.write_text"))
    terminal.press("q")
    terminal.wait_for_end()


def standing_in(source: list[str], terminal: Terminal) -> set[str]:
    """The names behind those rows that are lines of the code, with their numbers."""
    numbered = [re.match(r" *(\d+) +(\S.*)", row) for row in terminal.rows()]
    lines = [
        (found[2], source[int(found[1]) - 1].strip()) for found in numbered if found and int(found[1]) <= len(source)
    ]
    return {name for row, line in lines if line and row.startswith(line[:20]) for name in re.findall(r"[\w-]+", row)}


@pytest.mark.parametrize("options", [(), ("--pace", "5/s")], ids=["running", "slow-motion"])
def test_the_code_is_shown_at_once_also_while_the_run_goes_on(
    house: House, start: Start, options: tuple[str, ...]
) -> None:
    source = catalog.scenarios()["tickets"].read_text().splitlines()
    names = {"user-1", "user-2", "MainProcess"}
    terminal = start("tickets", "--users", 2, "--think", 30, *options)
    terminal.wait_for("MainProcess")
    terminal.press("c")
    house.wait_until(lambda: standing_in(source, terminal) >= names)
    assert not terminal.row("PAUSED")
    terminal.press("c")
    terminal.press("q")
    assert terminal.wait_for_end() == 130


def test_all_keys_are_explained(house: House, start: Start) -> None:
    terminal = start("tickets", "--users", 2, "--step")
    terminal.wait_for("? keys")
    terminal.press("?")
    terminal.wait_for("again, the other way: --no-lock")
    terminal.press("?")
    terminal.wait_for("next:")
    terminal.press("q")
    terminal.wait_for_end()


def test_slow_motion(house: House, start: Start) -> None:
    terminal = start("tickets", "--users", 2, "--pace", "2/s", columns=100)
    terminal.wait_for("2 steps a second")
    terminal.press("+")
    terminal.wait_for("3 steps a second")
    terminal.press("-", "-")
    terminal.wait_for("1.3 steps a second")
    terminal.press(" ")
    terminal.wait_for("↑↓ choose")
    terminal.press(" ")
    terminal.wait_for("1.3 steps a second")
    terminal.press(*"+" * 30)
    assert terminal.wait_for_end() == 0


NAPS = """
import time
from multiprocessing import Lock, Process
def nap():
    time.sleep(3)
def work(lock):
    for _ in range(30):
        with lock:
            pass
if __name__ == "__main__":
    lock = Lock()
    children = [Process(target=nap, name="napper"), Process(target=work, args=(lock,), name="worker")]
    for child in children:
        child.start()
    for child in children:
        child.join()
    print("all have ended")
"""


def test_in_slow_motion_a_choice_never_stops_the_pace(house: House, start: Start, tmp_path: Path) -> None:
    program = tmp_path / "naps.py"
    program.write_text(NAPS)
    terminal = start("watch", "--pace", "30/s", program)
    house.wait_until(lambda: any(row.startswith("napper") for row in terminal.rows()))
    rows = terminal.rows()
    axis = next(number for number, row in enumerate(rows) if row.startswith("   "))
    place = next(number for number, row in enumerate(rows) if row.startswith("napper")) - axis
    terminal.press(str(place), "n")
    assert terminal.wait_for_end() == 0
    assert terminal.row("all have ended")


def test_a_key_that_is_pressed_a_thousand_times(house: House, start: Start) -> None:
    terminal = start("tickets", "--users", 3, "--step")
    terminal.wait_for("next:")
    terminal.press("+-" * 200, DOWN * 300, "c" * 100, "?" * 100, " " * 1000, "w1" * 100)
    terminal.wait_for("user-3")
    terminal.press("q")
    assert terminal.wait_for_end() in (0, 130)


def test_procsim_killed_while_all_stand_at_the_gate(house: House, start: Start) -> None:
    terminal = start("tickets", "--users", 3, "--step")
    terminal.wait_for("MainProcess", "next:")
    step_until(terminal, house, "user-2")
    terminal.kill()
    house.assert_empty()


def test_a_process_that_dies_at_the_gate(house: House, start: Start) -> None:
    terminal = start("tickets", "--users", 2, "--no-lock", "--step")
    terminal.wait_for("MainProcess", "next:")
    step_until(terminal, house, "has started user-1 (PID")
    pid = int(re.findall(r"has started user-1 \(PID (\d+)", terminal.row("has started user-1"))[0])
    step_until(terminal, house, "user-1 ", "next: read")
    psutil.Process(pid).kill()
    place = terminal.wait_for("user-1", "SIGKILL").split()[0].rstrip("▸-")
    terminal.press(place)
    terminal.wait_for("user-1 cannot move: ended by SIGKILL")
    step(terminal, house)
    terminal.press("q")
    assert terminal.wait_for_end() == 130


@pytest.mark.parametrize(("arguments", "asks"), [((), "D1"), (("ipc",), ASKS)], ids=["menu", "over"])
def test_ctrl_z_where_a_key_is_waited_for(start: Start, arguments: tuple[str, ...], asks: str) -> None:
    terminal = start(*arguments, shell="{procsim}; echo stopped: $?; read answer; fg")
    terminal.child.expect(asks)
    terminal.press("\x1a")
    assert terminal.wait_for("stopped:") not in ("stopped: 0", "stopped: 1"), "it has ended"
    terminal.press("on\n", "q")
    assert terminal.wait_for_end() == 0


def test_ctrl_z_and_on(start: Start) -> None:
    terminal = start("tickets", "--users", 2, "--step", shell="{procsim}; echo now at the shell; read answer; fg")
    terminal.wait_for("MainProcess", "next:")
    terminal.press("\x1a")
    terminal.wait_for("now at the shell")
    terminal.press("on\n")
    terminal.wait_for("MainProcess", "next:")
    terminal.press("q")
    assert terminal.wait_for_end() == 130


def test_a_watched_program_takes_steps_too(house: House, start: Start, tmp_path: Path) -> None:
    program = tmp_path / "mine.py"
    program.write_text(
        "from multiprocessing import Lock\nlock = Lock()\nwith lock:\n    print('inside')\nprint('done')\n"
    )
    terminal = start("watch", "--step", program)
    terminal.wait_for("next: acquire lock")
    step(terminal, house)
    terminal.wait_for("next: release lock")
    terminal.press(" ")
    assert terminal.wait_for_end() == 0
    assert terminal.row("done")


def test_without_hold_the_last_picture_does_not_stand(start: Start) -> None:
    terminal = start("daemon", "--no-hold", "--child-seconds", 0.5, "--main-seconds", 0.1)
    terminal.wait_for("r again", "q done")
    assert not terminal.row("← past"), "it is the question under the summary"
    assert terminal.row("D1 main was done at")
    assert terminal.wait_for_end() == 0


def test_in_a_wide_window_the_code_is_shown_by_itself_where_the_run_moves_by_steps(start: Start) -> None:
    terminal = start("tickets", "--users", 2, "--step", columns=120, rows=40)
    terminal.wait_for("MainProcess", "next:")
    terminal.wait_for("path.write_", "MainProcess")
    terminal.press("c")
    terminal.wait_for("MainProcess", "next:")
    while terminal.row("path.write_"):
        terminal.wait_for("MainProcess", "next:")
    terminal.press("q")
    assert terminal.wait_for_end() == 130


def test_runs_that_are_compared_have_no_past(house: House, start: Start) -> None:
    terminal = start("tickets", "--users", 2, "--compare", "--think", 3, columns=100)
    terminal.wait_for("with the lock")
    terminal.press("?")
    terminal.wait_for("pause the run; go on")
    assert not terminal.row("look at earlier moments")
    terminal.press("?", "\x1b[D")
    terminal.press(" ")
    terminal.wait_for("space go on")
    assert not terminal.row("← past") and not terminal.row("PAST")
    terminal.press("q")
    assert terminal.wait_for_end() == 130
