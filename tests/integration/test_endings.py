"""However a run ends, nothing of it is left, and the last word is a clear one."""

import json
import os
import re
import signal
import subprocess
import sys
import termios
from itertools import product
from pathlib import Path

import pexpect
import psutil
import pytest

from tests.conftest import some_thorough, thorough
from tests.integration.conftest import LIMITS, PATIENCE_SECONDS, PROGRAMS, House
from tests.integration.terminal import ASKS, hang_up

LONG = ("run", str(PROGRAMS / "long_run.py"))
"""A run that goes on until somebody ends it."""


def read_until(process: "subprocess.Popen[str]", word: str) -> str:
    """The first line of its output with that word in it."""
    assert process.stdout is not None
    for line in process.stdout:
        if word in line:
            return line
    raise AssertionError(f"ended without {word!r}")


ENDED_BY = ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129))


@pytest.mark.parametrize(
    ("number", "code", "times", "view"),
    some_thorough(
        [(*each, times, view) for each, times, view in product(ENDED_BY, [1, 2], ["plain", "json"])],
        of=3,
    ),
)
def test_a_signal_ends_the_run(house: House, view: str, times: int, number: int, code: int) -> None:
    process = house.start(*LONG, "--view", view)
    read_until(process, "reads")
    for _ in range(times):
        process.send_signal(number)
    output, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == code
    assert errors == ""
    if view == "json":
        last = json.loads(output.splitlines()[-1])
        assert [(found["id"], found["figures"]["signal"]) for found in last["findings"]] == [
            ("interrupted", signal.Signals(number).name)
        ], "nobody is blamed for the signals that procsim sent"
    else:
        assert "processes" in output


@pytest.mark.parametrize("view", ["plain", "json"])
def test_a_signal_during_the_first_of_several_runs_ends_them_all(house: House, view: str) -> None:
    process = house.start(*LONG, "--compare", "--view", view)
    read_until(process, "reads")
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert (process.returncode, errors) == (130, "")
    if view == "json":
        last = json.loads(output.splitlines()[-1])
        assert last["claims"] == []
        assert {(found["way"], found["id"]) for found in last["findings"]} == {("with the lock", "interrupted")}
    else:
        assert "2 of 2" not in output


def test_ctrl_c_while_procsim_is_still_starting(house: House) -> None:
    for moment in (0.0, 0.02, 0.05, 0.1, 0.2):
        process = house.start(*LONG, "--view", "plain")
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=PATIENCE_SECONDS)
        # Before the first line of ours runs, Ctrl-C is the interpreter's own affair (it ends with code 1).
        assert process.returncode in (130, -signal.SIGINT, 1)
        assert "procsim/command/cli.py" not in errors
        house.assert_empty()


def test_sigkill_to_procsim_takes_its_processes_with_it(house: House) -> None:
    process = house.start(*LONG, "--view", "plain")
    read_until(process, "reads")
    assert len(house.members()) >= 6
    process.kill()
    process.communicate(timeout=PATIENCE_SECONDS)
    house.assert_empty()


def test_sigkill_to_the_main_process_of_the_scenario(house: House) -> None:
    process = house.start(*LONG, "--view", "json")
    line = json.loads(read_until(process, "process_began"))
    os.kill(line["pid"], signal.SIGKILL)
    output, errors = process.communicate(timeout=PATIENCE_SECONDS)
    lines = [json.loads(line) for line in output.splitlines()]
    assert process.returncode == 1
    assert errors == ""
    ended = [line for line in lines if line["kind"] == "process_ended" and line["process"] == "MainProcess"]
    assert ended[0]["exit_code"] == -signal.SIGKILL
    assert "died" in [finding["id"] for finding in lines[-1]["findings"]]


def test_sigkill_to_a_child(house: House) -> None:
    process = house.start("tickets", "--users", "3", "--think", "2", "--no-lock", "--view", "json")
    line = json.loads(read_until(process, "reads"))
    os.kill(line["pid"], signal.SIGKILL)
    output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    verdict = json.loads(output.splitlines()[-1])
    died = [finding["figures"] for finding in verdict["findings"] if finding["id"] == "died"]
    assert [(figures["process"], figures["signal"]) for figures in died] == [(line["process"], "SIGKILL")]


def test_the_time_limit_says_who_waits_for_what(house: House, tmp_path: Path) -> None:
    program = tmp_path / "stands.py"
    program.write_text(
        "import time\n"
        "from multiprocessing import Lock, Process\n"
        "def take(mutex):\n"
        "    mutex.acquire()\n"
        "if __name__ == '__main__':\n"
        "    mutex = Lock()\n"
        "    mutex.acquire()\n"
        "    child = Process(target=take, name='child', args=(mutex,))\n"
        "    child.start()\n"
        "    time.sleep(100)\n"
    )
    for seconds in LIMITS:
        lines, done = house.events("watch", "--timeout", seconds, program)
        if {"lock_waiting", "sleep_began"} <= {line["kind"] for line in lines}:
            break
    assert done.returncode == 3
    (finding,) = lines[-1]["findings"]
    assert finding["id"] == "time_limit"
    standing = {wait["process"]: (wait["kind"], wait["object"], wait["at"]) for wait in finding["figures"]["standing"]}
    assert standing == {
        "child": ("lock_waiting", "mutex", "stands.py:4"),
        "MainProcess": ("sleep_began", "", "stands.py:10"),
    }
    assert not finding["figures"]["standing"][0]["stuck"], "main sleeps, and may release it"


GOES_ON = """
import time
from procsim import say, start
def main():
    while True:
        say("reads on")
        time.sleep(0.01)
if __name__ == "__main__":
    start(main)
"""


@pytest.mark.parametrize("view", ["plain", "json"])
def test_output_into_a_closed_pipe(house: House, tmp_path: Path, view: str) -> None:
    program = tmp_path / "program.py"
    program.write_text(GOES_ON)
    process = house.start("run", program, "--view", view)
    assert process.stdout is not None and process.stderr is not None
    assert process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=PATIENCE_SECONDS) == 141
    assert process.stderr.read() == ""


def terminal(house: House, *arguments: str, columns: int = 80, rows: int = 24) -> "pexpect.spawn[str]":
    return pexpect.spawn(
        sys.executable,
        ["-m", "procsim", *arguments],
        env=house.environment | {"TERM": "xterm-256color"},
        encoding="utf-8",
        codec_errors="replace",  # a signal may cut what is being written in the middle of a character
        dimensions=(rows, columns),
        timeout=PATIENCE_SECONDS,
    )


def echoes(child: "pexpect.spawn[str]") -> bool:
    flags = termios.tcgetattr(child.child_fd)[3]
    return bool(flags & termios.ECHO and flags & termios.ICANON and flags & termios.ISIG)


@pytest.mark.parametrize("key", ["\x03", "q", "\x03\x03"])
def test_keys_end_the_live_view_and_the_terminal_is_as_it_was(house: House, key: str) -> None:
    child = terminal(house, *LONG)
    child.expect("reads")
    assert not echoes(child)
    child.send(key)
    child.expect(pexpect.EOF)
    assert "\x1b[?1049l" in (child.before or "")
    assert echoes(child)
    child.close()
    assert child.exitstatus == 130


TWO_WAYS = """
import time
from procsim import Way, say, start
def main(short: float = 0, long: float = 50, first: bool = True):
    say("sleeps")
    time.sleep(short if first else long)
def ways(short, long, **options):
    yield Way("one way", {"first": True})
    yield Way("another way", {"first": False})
if __name__ == "__main__":
    start(main)
"""


@pytest.mark.parametrize(("seconds", "name"), [("50", "one way"), ("0", "another way")])
def test_a_killed_procsim_leaves_the_terminal_as_it_was_whichever_run_it_shows(
    house: House, tmp_path: Path, seconds: str, name: str
) -> None:
    path = tmp_path / "two_ways.py"
    path.write_text(TWO_WAYS)
    child = terminal(house, "run", str(path), "--compare", "--short", seconds)
    child.expect(f"▸(\x1b\\[[0-9;]*m| )*{name}")
    assert not echoes(child)
    child.kill(signal.SIGKILL)
    house.wait_until(lambda: echoes(child))
    house.assert_empty()
    child.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_the_terminal_echoes_after_a_signal_to_the_live_view(house: House, number: int) -> None:
    child = terminal(house, *LONG)
    child.expect("reads")
    child.kill(number)
    house.wait_until(lambda: echoes(child))
    house.assert_empty()
    child.expect(pexpect.EOF)
    assert "\x1b[?1049l" in (child.before or "")
    assert "\x1b[?25h" in (child.before or "")


def test_what_a_watched_program_printed_is_still_there_after_the_live_view(house: House, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("print('precious')\nraise ValueError('and why it failed')\n")
    child = terminal(house, "watch", str(program))
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 1
    scrollback = (child.before or "").rpartition("\x1b[?1049l")[2]
    assert "precious" in scrollback
    assert "ValueError: and why it failed" in scrollback


@pytest.mark.parametrize("wanted", [True, False])
def test_the_plain_view_has_colour_on_a_terminal_unless_it_is_not_wanted(house: House, wanted: bool) -> None:
    if not wanted:
        house.environment["NO_COLOR"] = "1"
    child = terminal(house, "tickets", "--users", "2", "--think", "0.1", "--view", "plain")
    child.expect(pexpect.EOF)
    colours = re.findall(r"\x1b\[(?:\d+;)*3\d(?:;\d+)*m", child.before or "")
    assert bool(colours) is wanted


def test_the_terminal_is_closed_in_mid_run(house: House) -> None:
    child = terminal(house, *LONG)
    child.expect("reads")
    hang_up(child, house)
    house.assert_empty()


@pytest.mark.parametrize("size", [(20, 5), (80, 24), *thorough((40, 8), (120, 40), (200, 60))])
def test_every_size_of_window_and_a_resize(house: House, size: tuple[int, int]) -> None:
    columns, rows = size
    child = terminal(house, "tickets", "--users", "30", "--no-lock", "--think", "1", columns=columns, rows=rows)
    child.expect("30|31")
    child.setwinsize(rows + 3, columns + 11)
    child.expect(ASKS)
    before = child.before or ""
    child.send("\r")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert "Traceback" not in before
    assert ("M1" in before) == (rows >= 24), "the cure comes first, and in a small window a key shows the rest"


def test_a_stopped_process_is_ended_too(house: House) -> None:
    process = house.start(*LONG, "--view", "json")
    line = json.loads(read_until(process, "reads"))
    psutil.Process(line["pid"]).suspend()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130
