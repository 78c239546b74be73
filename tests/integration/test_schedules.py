"""Steps that were recorded are taken again; what cannot be is said in one line."""

from pathlib import Path
from typing import Any

import pytest

from tests.conftest import thorough
from tests.integration.conftest import House

SEEN = ("said", "noted", "file_read", "file_written", "queue_put", "queue_got", "pipe_received", "lock_acquired")


def told(lines: list[dict[str, Any]]) -> list[tuple[object, ...]]:
    """Who did and said what, in its order; and the verdict."""
    story = [
        (line["process"], line["kind"], line.get("text"), line.get("value"), line.get("at"))
        for line in lines[:-1]
        if line["kind"] in SEEN
    ]
    return [*story, *((claim["id"], claim["holds"]) for claim in lines[-1]["claims"])]


def opened(lines: list[dict[str, Any]]) -> list[tuple[object, ...]]:
    """Who opened which file, in its order: that, too, is a step when steps are taken again."""
    return [(line["process"], Path(line["path"]).name) for line in lines if line["kind"] == "file_opened"]


@pytest.mark.parametrize(
    "lesson",
    [
        ("tickets", "--users", 3, "--no-lock"),
        ("ipc",),
        *thorough(("tickets", "--users", 3), ("prodcons",), ("deadlock",)),
    ],
)
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
        assert opened(again) == opened(lines)


PROGRAM = """
import sys
from multiprocessing import Lock
lock = Lock()
if len(sys.argv) > 1:
    lock.acquire()
lock.acquire(block=False)
"""


POLLS = """
from multiprocessing import Lock, Pipe, Process

def send(end, lock):
    for number in range(3):
        with lock:
            end.send(number)

if __name__ == "__main__":
    lock, (ours, theirs) = Lock(), Pipe()
    Process(target=send, args=(theirs, lock)).start()
    for _ in range(3):
        ours.poll(None)  # no step, and it waits for the other's
        with lock:
            print(ours.recv())
"""

NAMESAKES = """
from multiprocessing import Lock, Process

def work(lock, number):
    for _ in range(2):
        with lock:
            print(number, flush=True)

if __name__ == "__main__":
    lock = Lock()
    people = [Process(target=work, args=(lock, number), name="same") for number in range(3)]
    for person in people:
        person.start()
    for person in people:
        person.join()
"""

THREADS = """
import threading
from multiprocessing import Lock, Process

def work(lock, number):
    with lock:
        print(number, flush=True)

def child(lock, first):
    threads = [threading.Thread(target=work, args=(lock, first + number)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()  # no step, and it waits for the other's

if __name__ == "__main__":
    lock = Lock()
    for first in (0, 10):
        Process(target=child, args=(lock, first)).start()
"""


@pytest.mark.thorough
@pytest.mark.parametrize("program", [POLLS, NAMESAKES, THREADS], ids=["polls", "namesakes", "threads"])
def test_a_schedule_of_any_program(house: House, tmp_path: Path, program: str) -> None:
    trace, path = tmp_path / "steps.trace", tmp_path / "program.py"
    path.write_text(program)
    recorded = house.run("watch", "--pace", "1000/s", "--record", trace, path)
    assert recorded.returncode == 0, recorded.stderr
    for _ in range(3):
        done = house.run("watch", "--schedule", trace, path)
        assert done.returncode == 0, done.stderr
        assert done.stdout == recorded.stdout


DEADLOCK_BESIDE_A_MANAGER = """
from multiprocessing import Lock, Manager

if __name__ == "__main__":
    with Manager():
        lock = Lock()
        lock.acquire()
        lock.acquire()
"""


def test_slow_motion_does_not_wait_for_who_never_comes_to_the_gate(house: House, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(DEADLOCK_BESIDE_A_MANAGER)
    done = house.run("watch", "--pace", "1000/s", program)
    assert done.returncode == 3
    assert "do not acquire lock again where it is held already" in done.stderr


def test_a_schedule_that_does_not_fit(house: House, tmp_path: Path) -> None:
    trace, program = tmp_path / "steps.trace", tmp_path / "mine.py"
    program.write_text(PROGRAM)
    done = house.run("watch", "--pace", "1000/s", "--record", trace, program)
    assert done.returncode == 0, done.stderr
    done = house.run("watch", "--schedule", trace, program, "twice")
    assert done.returncode == 2
    last = done.stderr.splitlines()[-1]
    assert last == (
        "procsim: the schedule does not fit the program: step 1: MainProcess was to do lock_acquired at mine.py:7, "
        "and would do lock_acquired at mine.py:6"
    )


def test_a_schedule_of_code_that_has_changed(house: House, tmp_path: Path) -> None:
    trace, program = tmp_path / "steps.trace", tmp_path / "mine.py"
    program.write_text(PROGRAM)
    assert house.run("watch", "--pace", "1000/s", "--record", trace, program).returncode == 0
    program.write_text(PROGRAM.replace("block=False", "block=0"))
    done = house.run("watch", "--schedule", trace, program)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "mine.py has changed since this was recorded" in done.stderr


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["ipc", "--via", "pipe"], "was recorded with other options (--via queue)"),
        (["prodcons"], "was recorded of ipc, not of prodcons"),
    ],
)
def test_a_schedule_of_another_run(house: House, tmp_path: Path, command: list[str], words: str) -> None:
    trace = tmp_path / "steps.trace"
    assert house.run("ipc", "--pace", "1000/s", "--record", trace).returncode == 0
    done = house.run(*command, "--schedule", trace)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


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
