"""Steps that were recorded are taken again; what cannot be is said in one line."""

from pathlib import Path

import pytest

from tests.integration.conftest import House


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
