"""Programs that hang, each for one reason: procsim names it, with the process, the object and the line, and ends them.

Their twins, as like them as can be, do not hang, and nothing is said of them.
"""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import START_METHODS
from tests.integration.conftest import PATIENCE_SECONDS, PROGRAMS, House

HANGS: dict[str, tuple[str, set[str], str]] = {
    "barrier_one_short": ("barrier_nobody_comes", {"worker-0", "worker-1"}, "meeting"),
    "condition_lost_notify": ("condition_nobody_notifies", {"worker"}, "ready"),
    "consumer_no_daemon": ("get_nobody_puts", {"consumer"}, "work"),
    "event_never_set": ("event_nobody_sets", {"worker"}, "go"),
    "get_nobody_puts": ("get_nobody_puts", {"consumer"}, "work"),
    "get_two_consumers": ("get_nobody_puts", {"consumer-0", "consumer-1"}, "work"),
    "holder_exited": ("holder_dead", {"other"}, "mutex"),
    "holder_killed": ("holder_dead", {"other"}, "mutex"),
    "holder_raised": ("holder_dead", {"MainProcess"}, "mutex"),
    "holder_waits": ("holder_waits", {"other"}, "mutex"),
    "holder_waits_for_an_item": ("holder_waits", {"other"}, "mutex"),
    "holder_waits_for_results": ("holder_waits", set(), "mutex"),
    "join_before_get": ("join_before_get", {"MainProcess"}, "results"),
    "join_before_get_beside_a_worker": ("join_before_get", {"MainProcess"}, "results"),
    "lock_cycle": ("lock_cycle", {"one", "other"}, ""),
    "lock_cycle_beside_a_worker": ("lock_cycle", {"one", "other"}, ""),
    "lock_cycle_joined_later": ("lock_cycle", {"one", "other"}, ""),
    "lock_cycle_of_three": ("lock_cycle", {"eater-0", "eater-1", "eater-2"}, ""),
    "lock_twice": ("lock_twice", {"clerk"}, "account"),
    "manager_lock_twice": ("manager_never_answers", {"clerk"}, ""),
    "pool_worker_died": ("pool_worker_died", set(), "squares"),
    "put_nobody_gets": ("put_nobody_gets", {"MainProcess"}, "work"),
    "queue_writer_killed": ("message_torn", {"MainProcess"}, "messages"),
    "read_nobody_writes": ("read_nobody_writes", {"MainProcess/fork"}, ""),
    "receive_each_other": ("receive_nobody_sends", {"MainProcess"}, "mine"),
    "receive_nobody_sends": ("receive_nobody_sends", {"MainProcess"}, "incoming"),
    "rlock_holder_died": ("holder_dead", {"MainProcess"}, "mutex"),
    "semaphore_holder_died": ("holder_dead", {"last"}, "places"),
    "send_nobody_receives": ("send_nobody_receives", {"MainProcess"}, "mine"),
    "simple_queue_get": ("get_nobody_puts", {"MainProcess"}, "answers"),
    "tasks_not_done": ("tasks_not_done", {"MainProcess"}, "work"),
    "tasks_not_done_on_error": ("tasks_not_done", {"MainProcess"}, "work"),
    "two_queues": ("get_nobody_puts", {"one", "other"}, ""),
    "write_nobody_reads": ("write_nobody_reads", {"python -c"}, ""),
}
"""By program: the finding, who it may be said of, and the object (none: it may be one or the other)."""

OTHERS = {"raised", "died"}
"""Findings about what has led to the hang, beside the one that explains it."""


def line(name: str, mark: str) -> str | None:
    """`file:line` of the line that bears the mark."""
    for number, text in enumerate((PROGRAMS / "hangs" / f"{name}.py").read_text().splitlines(), 1):
        if text.endswith(f"# {mark}"):
            return f"{name}.py:{number}"
    return None


def watched(house: House, program: str, method: str) -> tuple[list[dict[str, Any]], int]:
    """The events of a program, and the exit code of `procsim watch`."""
    lines, done = house.events("watch", "--start-method", method, "--timeout", "100", PROGRAMS / f"{program}.py")
    return lines, done.returncode


@pytest.mark.parametrize("method", START_METHODS)
@pytest.mark.parametrize("program", [f"hangs/{name}" for name in HANGS])
def test_why_it_hangs(house: House, program: str, method: str) -> None:
    name = program.rpartition("/")[2]
    identity, processes, thing = HANGS[name]
    lines, code = watched(house, program, method)
    assert code == 3
    causes = [finding for finding in lines[-1]["findings"] if finding["id"] not in OTHERS]
    assert {finding["id"] for finding in causes} == {identity}
    for finding in causes:
        figures = finding["figures"]
        assert not processes or figures["process"] in processes | {"other"}
        assert not thing or figures["object"] in {thing, "theirs"}
        for figure, mark in (("at", "waits"), ("made", "made"), ("held_at", "holds")):
            expected = line(name, mark)
            if expected and figure in figures and figures["object"] != "theirs":
                assert figures[figure] == expected, figure
        assert "{" not in finding["text"]
        assert finding["cure"]


@pytest.mark.parametrize("method", START_METHODS)
@pytest.mark.parametrize("program", [f"hangs/{name}_cured" for name in HANGS])
def test_nothing_is_said_of_its_twin(house: House, program: str, method: str) -> None:
    lines, code = watched(house, program, method)
    assert [finding["text"] for finding in lines[-1]["findings"]] == []
    assert code == 0


HEALTHY = sorted(path.stem for path in Path(PROGRAMS / "healthy").glob("*.py"))


@pytest.mark.parametrize("method", START_METHODS)
@pytest.mark.parametrize("program", [f"healthy/{name}" for name in HEALTHY])
def test_who_only_waits_a_while_does_not_hang(house: House, program: str, method: str) -> None:
    lines, code = watched(house, program, method)
    assert [finding["text"] for finding in lines[-1]["findings"]] == []
    assert not [event for event in lines if event["kind"] in ("process_stuck", "finding")]
    assert code == 0


def test_each_program_is_tried() -> None:
    names = {path.stem for path in Path(PROGRAMS / "hangs").glob("*.py")}
    assert {name for name in names if not name.endswith("_cured")} == set(HANGS)


def test_on_hang_wait_says_it_and_waits(house: House) -> None:
    program = PROGRAMS / "hangs" / "lock_twice.py"
    process = house.start("watch", "--view", "json", "--on-hang", "wait", program)
    assert process.stdout is not None
    for text in process.stdout:
        if json.loads(text)["kind"] == "finding":
            break
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert [finding["id"] for finding in json.loads(output.splitlines()[-1])["findings"]] == ["lock_twice"]
    assert process.returncode == 3


def test_in_the_plain_view_people_learn_what_cures_it_and_how_to_end_it(house: House) -> None:
    program = PROGRAMS / "hangs" / "lock_twice.py"
    process = house.start("watch", "--view", "plain", "--on-hang", "wait", program)
    assert process.stderr is not None
    lines = []
    while "Ctrl-C ends it" not in (line := process.stderr.readline()):
        lines.append(line)
    assert "do not acquire account again where it is held already" in lines[-1]
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 3


def test_in_the_plain_view_the_reason_goes_to_standard_error(house: House) -> None:
    done = house.run("watch", "--view", "plain", PROGRAMS / "hangs" / "lock_twice.py")
    assert done.stdout == ""
    assert "clerk waits at lock_twice.py:7 for account (made at lock_twice.py:17)" in done.stderr
    assert done.returncode == 3


def test_a_recording_says_why_again(house: House) -> None:
    trace = house.folder / "hang.jsonl"
    house.run("watch", "--record", trace, PROGRAMS / "hangs" / "lock_twice.py")
    done = house.run("replay", trace, "--view", "plain")
    assert done.stdout.count("clerk waits at lock_twice.py:7") == 2, "when it was found, and at the end"
