"""`procsim explore`: the real command, from the options to the exit code."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from procsim.exit_code import ExitCode
from tests.conftest import thorough
from tests.integration.conftest import PATIENCE_SECONDS, PROCSIM, House
from tests.integration.terminal import Terminal, hang_up

PROGRAMS = Path(__file__).parent.parent / "programs" / "explored"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a program can be explored on Linux alone")


def test_a_lesson_goes_wrong_and_what_is_recorded_goes_wrong_again(house: House) -> None:
    folder = house.folder / "wrong"
    options = ("--users", 2, "--no-lock", "--budget", 20)
    done = house.run("explore", "tickets", *options, "--record", folder)
    assert done.returncode == ExitCode.WRONG_ORDER, done.stderr
    assert "more tickets were sold than there were: 2 of 1" in done.stdout
    assert "with these two the other way round, it is right" in done.stdout
    assert f"procsim tickets --users 2 --no-lock --schedule {folder}/wrong-1.jsonl" in done.stdout
    lines, again = house.events("tickets", "--users", 2, "--no-lock", "--schedule", folder / "wrong-1.jsonl")
    assert again.returncode == 0, again.stderr
    (claim,) = [claim for claim in lines[-1]["claims"] if claim["id"] == "M1"]
    assert claim["holds"] and claim["figures"]["sold"] == 2


def test_with_the_lock_it_says_that_all_orders_are_right(house: House) -> None:
    done = house.run("explore", "tickets", "--users", 2, "--view", "json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["all_right"] and found["tried_all"] and not found["wrong"]


def test_a_script_that_hangs_in_some_orders(house: House) -> None:
    folder = house.folder / "wrong"
    done = house.run("explore", "--record", folder, "--", PROGRAMS / "abba.py")
    assert done.returncode == ExitCode.WRONG_ORDER, done.stderr
    assert "Lan waits for bowl" in done.stdout and "Ming waits for spoon" in done.stdout
    assert "a deadlock" in done.stdout and "acquire the two in the same order everywhere" in done.stdout
    again = house.run("watch", "--schedule", folder / "wrong-1.jsonl", PROGRAMS / "abba.py")
    assert again.returncode == ExitCode.HUNG and "a deadlock" in again.stderr


SHOWN = frozenset(
    {
        *("file_opened", "file_read", "file_written", "value_read", "value_written", "lock_acquired", "queue_put"),
        *("queue_got", "queue_empty", "condition_awoke", "condition_notified", "raised"),
    }
)


def done_by_each_order(lines: list[dict[str, Any]]) -> dict[str, list[tuple[object, ...]]]:
    """What was done to each object, in its order."""
    objects: dict[str, list[tuple[object, ...]]] = {}
    for line in lines:
        if line["kind"] in SHOWN:
            of = line.get("path") or (line.get("object") or {}).get("name", "")
            row = line["process"], line["kind"], line.get("value"), line.get("at")
            objects.setdefault(of, []).append(row)
    return objects


@pytest.mark.parametrize(
    "program",
    ["emptied.py", "time_limit.py", *thorough("arithmetic_prog.py", "managed.py", "stack.py")],
)
def test_what_was_explored_is_the_same_each_time_that_it_is_taken_again(
    house: House, program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # it writes a file when it is no longer explored
    folder, path = house.folder / "wrong", PROGRAMS / program
    done = house.run("explore", "--budget", 120, "--record", folder, "--", path)
    assert done.returncode == ExitCode.WRONG_ORDER, done.stderr
    recordings = sorted(folder.iterdir())
    assert recordings
    for recording in recordings:
        recorded = [json.loads(line) for line in recording.read_text().splitlines()[1:]]
        expected = done_by_each_order(recorded)
        for _ in range(3):
            lines, again = house.events("watch", "--schedule", recording, path)
            assert "schedule" not in again.stderr
            assert done_by_each_order(lines) == expected


def test_what_a_script_would_do_outside_is_named(house: House, tmp_path: Path) -> None:
    target = tmp_path / "outside.txt"
    done = house.run("explore", "--", PROGRAMS / "outside.py", target)
    assert done.returncode == ExitCode.WRONG_USE
    assert str(target) in done.stdout and "--allow" in done.stdout
    assert not target.exists()


@pytest.mark.parametrize(
    "words",
    [
        ["tickets", "--budget", "none"],
        ["tickets", "--budget", "0"],
        ["tickets", "--users", "x"],
        ["nothing"],
        ["--", "nothing.py"],
        ["nothing.py"],
        ["tickets", "--allow", "nowhere"],
        ["tickets", "--view", "live"],
        ["--view", "plain", "tickets"],
        [],
    ],
    ids=" ".join,
)
def test_wrong_use_is_one_line(house: House, words: list[str]) -> None:
    done = house.run("explore", *words)
    assert (done.returncode, done.stdout) == (ExitCode.WRONG_USE, "")
    assert len(done.stderr.splitlines()) == 1 and "Traceback" not in done.stderr


def test_of_a_script_that_is_no_scenario_it_says_how_to_explore_it(house: House) -> None:
    program = house.folder / "script.py"
    program.write_text("")
    done = house.run("explore", program)
    assert done.returncode == ExitCode.WRONG_USE and f"procsim explore -- {program}" in done.stderr


def test_where_the_options_of_a_scenario_stand_is_said(house: House) -> None:
    done = house.run("explore", "--budget", 20, "tickets")
    assert done.returncode == ExitCode.WRONG_USE
    assert "options stand behind a scenario: procsim explore tickets" in done.stderr


def test_the_nearest_scenario_is_named(house: House) -> None:
    done = house.run("explore", "tickts")
    assert done.returncode == ExitCode.WRONG_USE
    assert "(did you mean tickets?)" in done.stderr and len(done.stderr.splitlines()) == 1


ENDLESS = """
import sys
from multiprocessing import Process, Value

def count(number):
    while True:
        number.value += 1

if __name__ == "__main__":
    number = Value("i", 0)
    open(sys.argv[1], "w").close()
    for _ in range(2):
        Process(target=count, args=(number,)).start()
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_gives_what_is_known(house: House, tmp_path: Path, number: signal.Signals, code: int) -> None:
    program, begun = house.folder / "endless.py", tmp_path / "begun"
    program.write_text(ENDLESS)
    run = house.start("explore", "--budget", 1_000_000, "--allow", tmp_path, "--", program, begun)
    house.wait_until(begun.exists)
    run.send_signal(number)
    out, err = run.communicate(timeout=PATIENCE_SECONDS)
    assert run.returncode == code, err
    assert "it was ended early" in out and not err


def test_what_was_found_is_told_also_where_it_cannot_be_recorded(house: House) -> None:
    done = house.run("explore", "--record", "/proc/nowhere", "--", PROGRAMS / "abba.py")
    assert done.returncode == ExitCode.WRONG_USE and "/proc/nowhere: cannot be written" in done.stderr
    assert "1 thing can go wrong" in done.stdout


def test_the_live_view_stands_until_a_key_is_pressed_and_leaves_the_answer(house: House) -> None:
    terminal = Terminal(house, "explore", "--record", house.folder / "wrong", "--", PROGRAMS / "abba.py", rows=40)
    before = terminal.settings()
    terminal.wait_for("all 6 orders tried by 3 executions: in 2 there is a deadlock, 4 are right")
    terminal.wait_for("to see it again:")
    terminal.wait_for("waits for spoon", "waits for bowl")
    terminal.wait_for("q done")
    terminal.press("q")
    assert terminal.wait_for_end() == ExitCode.WRONG_ORDER
    assert terminal.is_given_back() and terminal.settings() == before
    terminal.wait_for("1 thing can go wrong")


@pytest.mark.parametrize("key", ["q", "\x03"], ids=["q", "Ctrl-C"])
def test_a_key_ends_it_early(house: House, tmp_path: Path, key: str) -> None:
    program, begun = house.folder / "endless.py", tmp_path / "begun"
    program.write_text(ENDLESS)
    terminal = Terminal(house, "explore", "--budget", 1_000_000, "--allow", tmp_path, "--", program, begun)
    terminal.wait_for("execution ", " of 1000000", "s  searching")
    terminal.press(key)
    assert terminal.wait_for_end() == ExitCode.INTERRUPTED
    assert terminal.is_given_back()
    terminal.wait_for("it was ended early")


def test_a_key_ends_it_before_the_program_has_begun(house: House) -> None:
    program, begun = house.folder / "waits.py", house.folder / "begun"
    program.write_text(f"import os, time\nopen({str(begun)!r}, 'w').close()\ntime.sleep(600)\n")
    terminal = Terminal(house, "explore", "--budget", 1_000_000, "--allow", house.folder, "--", program)
    terminal.wait_for("nothing was tried yet")
    terminal.press("q")
    assert terminal.wait_for_end() == ExitCode.INTERRUPTED
    begun.unlink(missing_ok=True)


def test_a_signal_ends_the_live_view_which_leaves_the_answer(house: House) -> None:
    terminal = Terminal(house, "explore", "--", PROGRAMS / "abba.py")
    terminal.wait_for("q done")
    os.kill(terminal.child.pid, signal.SIGTERM)
    assert terminal.wait_for_end() == 128 + signal.SIGTERM
    assert terminal.is_given_back()
    terminal.wait_for("1 thing can go wrong")


def test_it_is_stopped_for_the_shell_and_goes_on(house: House, tmp_path: Path) -> None:
    program, begun = house.folder / "endless.py", tmp_path / "begun"
    program.write_text(ENDLESS)
    words = ("--budget", 1_000_000, "--allow", tmp_path, "--", program, begun)
    terminal = Terminal(house, "explore", *words, shell="{procsim}; echo now at the shell; read answer; fg")
    terminal.wait_for("s  searching")
    terminal.press("\x1a")
    terminal.wait_for("now at the shell")
    assert terminal.is_given_back()
    terminal.press("\n")
    terminal.wait_for("s  searching")
    terminal.press("q")
    assert terminal.wait_for_end() == ExitCode.INTERRUPTED
    terminal.wait_for("it was ended early")


def test_of_a_terminal_that_is_closed_nothing_is_left(house: House, tmp_path: Path) -> None:
    program, begun = house.folder / "endless.py", tmp_path / "begun"
    program.write_text(ENDLESS)
    terminal = Terminal(house, "explore", "--budget", 1_000_000, "--allow", tmp_path, "--", program, begun)
    terminal.wait_for("s  searching")
    hang_up(terminal.child, house)
    program.unlink()
    house.assert_empty()


def test_a_folder_that_is_gone_is_one_line(house: House, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    words = [sys.executable, "-c", "import os, sys; os.rmdir(os.getcwd()); os.execv(sys.argv[1], sys.argv[1:])"]
    done = subprocess.run(
        [*words, *PROCSIM, "explore", "--", PROGRAMS / "abba.py"], cwd=gone, capture_output=True, text=True
    )
    assert done.returncode == ExitCode.WRONG_USE, done.stderr
    assert done.stderr == "procsim: the run cannot be started: No such file or directory\n"
