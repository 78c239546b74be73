"""`procsim rehearse`, as a teacher runs it before class."""

import time
from pathlib import Path

import pexpect
import pytest

from procsim.lessons import catalog
from procsim.rehearsal import lessons
from procsim.rehearsal.check import Result
from procsim.rehearsal.lessons import checks
from procsim.rehearsal.runs import Runs
from procsim.rehearsal.screen import WHERE_IS_THE_CURSOR
from tests.integration.conftest import PATIENCE_SECONDS, PROCSIM, House

LONG = '''
"""Longer than anybody waits for it."""

import time
from pathlib import Path

from procsim import start


def main():
    Path(__file__).with_name("begun").touch()
    time.sleep(20)
    Path(__file__).with_name("done").touch()


if __name__ == "__main__":
    start(main)
'''

BROKEN = '"""A scenario with a mistake in it."""\n\ndef main(:\n'


def test_one_lesson_without_a_terminal(house: House) -> None:
    done = house.run("rehearse", "M6")
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    marks = [line[0] for line in lines[:-2] if line.split()[1] != "clock"]  # which says whether the machine is busy
    assert marks == [*"––––", *"✔" * (len(lines) - 7)]  # noqa: RUF001
    assert [line.split()[1] for line in lines[4:9]] == ["fork", "spawn", "forkserver", "/dev/shm", "open"]
    assert "M6              procsim deadlock: shown in" in done.stdout
    assert f"nothing failed in {len(lines) - 6} checks; left out: 4" in lines[-1]


def test_what_fails_is_said_and_the_exit_code_is_one(house: House, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(BROKEN)
    done = house.run("rehearse", "broken", "--lessons", tmp_path, "--lang", "zh")
    assert (done.returncode, done.stderr) == (1, "")
    assert "✘ broken          procsim broken" in done.stdout
    assert "broken.py" in done.stdout and "请单独运行它" in done.stdout
    assert "项检查中有 1 项没有通过" in done.stdout


def test_in_a_terminal_it_asks_for_a_key_and_ctrl_c_ends_it(house: House) -> None:
    command = [*PROCSIM, "rehearse", "daemon"]
    environment = house.environment | {"TERM": "xterm-256color", "NO_COLOR": ""}  # an empty one means nothing
    child = pexpect.spawn(
        command[0],
        command[1:],
        env=environment,
        dimensions=(24, 80),
        encoding="utf-8",
        timeout=PATIENCE_SECONDS,
    )
    child.expect_exact("256 of them")
    child.expect_exact(WHERE_IS_THE_CURSOR)
    child.send("\x1b[1;5R")
    child.expect_exact("each character is two cells wide")
    child.expect_exact("Press a key")
    child.send("\x1b[A")
    child.expect_exact("arrive")
    child.expect_exact("clock")
    child.send("\x03")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 130


def test_when_the_time_is_over_the_rest_is_left_out(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(house.folder))
    made = [*checks(catalog.about("tickets"), [], None, deadline=time.monotonic())]
    assert {check.result for check in made} == {Result.LEFT_OUT}


def test_what_still_runs_when_the_time_is_over_is_ended(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(house.folder))
    path = house.folder / "long.py"
    path.write_text(LONG)
    with Runs(deadline=time.monotonic() + 10 * PATIENCE_SECONDS) as runs:
        run = runs.submit(["run", str(path)])
        house.wait_until(lambda: (house.folder / "begun").exists())
    assert run.result() is None
    assert not (house.folder / "done").exists()


@pytest.mark.thorough
def test_all_lessons(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(house.folder))
    monkeypatch.setattr(lessons, "RUN_SECONDS", 5 * PATIENCE_SECONDS)  # a busy machine is slow
    made = [*checks(catalog.chapters(), [], None, deadline=time.monotonic() + 5 * PATIENCE_SECONDS)]
    assert [check for check in made if check.result is not Result.GOOD] == []
