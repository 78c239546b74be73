"""What procsim finds in programs that end and are wrong: process, object and line; and nothing in their cured twins."""

from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import PROGRAMS, House

WRONG = PROGRAMS / "wrong"
METHODS = ("fork", "spawn", "forkserver")
NEW_INTERPRETERS = METHODS[1:]
CURED = sorted(WRONG.glob("*_cured.py"))


@pytest.fixture(params=METHODS)
def method(request: pytest.FixtureRequest) -> str:
    """How the processes of the program are started."""
    return str(request.param)


def found(house: House, method: str, name: str, *arguments: str) -> dict[str, dict[str, Any]]:
    """What is found in a program, by what it is; each finding says whom, where, and how to cure it."""
    lines, _ = house.events("watch", "--start-method", method, WRONG / f"{name}.py", *arguments)
    findings = lines[-1]["findings"]
    for finding in findings:
        assert "{" not in finding["text"] + finding["cure"]
        assert finding["cure"]
        assert finding["figures"]["pid"] in {line["pid"] for line in lines[:-1]}
    assert len({finding["id"] for finding in findings}) == len(findings), "each is said once"
    return {finding["id"]: finding["figures"] for finding in findings}


def line(name: str, marker: str) -> str:
    """`file:line` of the line of a program that bears the comment `# marker`."""
    path = WRONG / f"{name}.py"
    (number,) = (n for n, text in enumerate(path.read_text().splitlines(), 1) if text.endswith(f"# {marker}"))
    return f"{path.name}:{number}"


@pytest.mark.parametrize("program", CURED, ids=lambda path: path.stem)
def test_nothing_is_found_in_the_cured_twin(house: House, method: str, program: Path) -> None:
    assert (WRONG / program.name.replace("_cured", "")).exists()
    assert found(house, method, program.stem) == {}


def test_items_lost(house: House, method: str) -> None:
    figures = found(house, method, "items_lost")["items_lost"]
    assert (figures["queue"], figures["queue_at"]) == ("tasks", line("items_lost", "made"))
    assert (figures["made"], figures["taken"], figures["lost"]) == (5, 1, 5)
    assert (figures["in_queue"], figures["in_hand"]) == (4, 1)
    assert (figures["process"], figures["takers"]) == ("worker", ["worker"])


def test_an_exception_that_nobody_saw(house: House, method: str) -> None:
    figures = found(house, method, "raised")["raised"]
    assert (figures["process"], figures["type"], figures["at"]) == (
        "average",
        "ZeroDivisionError",
        line("raised", "raises"),
    )
    assert (figures["parent"], figures["started_at"]) == ("MainProcess", line("raised", "starts"))


def test_a_death_that_nobody_saw(house: House, method: str) -> None:
    figures = found(house, method, "died")["died"]
    assert (figures["process"], figures["signal"], figures["parent"]) == ("worker", "SIGKILL", "MainProcess")
    assert figures["started_at"] == line("died", "starts")


def test_left_behind_by_a_main_that_left_early(house: House, method: str) -> None:
    figures = found(house, method, "left_behind")["left_behind"]
    assert (figures["process"], figures["daemon"], figures["parent"]) == ("guard", True, "MainProcess")
    assert figures["started_at"] == line("left_behind", "starts")


@pytest.mark.parametrize("name", ["lost_update", "lock_made_anew"])
def test_a_lost_update(house: House, method: str, name: str) -> None:
    figures = found(house, method, name)["lost_update"]
    assert (figures["file"], figures["count"]) == ("left.txt", 1)
    assert {figures["first"], figures["second"]} == {"Process-1", "Process-2"}
    for side in ("first", "second"):
        assert (figures[f"{side}_read"], figures[f"{side}_wrote"]) == ("'10'", "'9'")
        assert figures[f"{side}_read_at"] == line(name, "reads")
        assert figures[f"{side}_wrote_at"] == line(name, "writes")


def test_a_lock_made_anew(house: House, method: str) -> None:
    findings = found(house, method, "lock_made_anew")
    assert list(findings) == ["lock_made_anew", "lost_update"]
    figures = findings["lock_made_anew"]
    assert (figures["lock"], figures["type"], figures["count"]) == ("counter", "Lock", 2)
    assert (figures["at"], figures["file"]) == (line("lock_made_anew", "made"), "left.txt")
    assert {figures["process"], figures["other"]} == {"Process-1", "Process-2"}


def test_one_task_done_too_many(house: House, method: str) -> None:
    findings = found(house, method, "task_done_too_many")
    assert list(findings) == ["task_done_too_many"]
    figures = findings["task_done_too_many"]
    assert (figures["process"], figures["queue"], figures["made"]) == ("worker", "tasks", 2)
    assert figures["at"] == line("task_done_too_many", "too many")
    assert figures["queue_at"] == line("task_done_too_many", "made")


@pytest.mark.parametrize("method", NEW_INTERPRETERS)
def test_the_missing_main_guard(house: House, method: str) -> None:
    findings = found(house, method, "missing_main_guard")
    assert list(findings) == ["missing_main_guard"]
    figures = findings["missing_main_guard"]
    assert (figures["process"], figures["method"], figures["count"]) == ("worker", method, 1)
    assert figures["at"] == line("missing_main_guard", "starts")


@pytest.mark.parametrize("method", NEW_INTERPRETERS)
@pytest.mark.parametrize(
    ("argument", "what", "marker"),
    [
        ("local", "work", "starts"),
        ("lambda", "a lambda", "starts"),
        ("lock", "_thread.lock", "starts"),
        ("pool", "Lock", "maps"),
    ],
)
def test_an_unpicklable_target(house: House, method: str, argument: str, what: str, marker: str) -> None:
    findings = found(house, method, "unpicklable_target", argument)
    assert list(findings) == ["unpicklable_target"]
    figures = findings["unpicklable_target"]
    assert (figures["process"], figures["what"]) == ("MainProcess", what)
    assert figures["at"] == line("unpicklable_target", marker)


@pytest.mark.parametrize("method", NEW_INTERPRETERS)
def test_an_unknown_target(house: House, method: str) -> None:
    findings = found(house, method, "unknown_target")
    assert list(findings) == ["unknown_target"]
    figures = findings["unknown_target"]
    assert (figures["process"], figures["what"], figures["method"]) == ("worker", "work", method)
    assert figures["at"] == line("unknown_target", "starts")


@pytest.mark.parametrize("name", ["missing_main_guard", "unknown_target"])
def test_what_is_wrong_for_a_new_interpreter_is_right_for_a_fork(house: House, name: str) -> None:
    assert found(house, "fork", name) == {}
