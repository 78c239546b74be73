"""Updates that came out right by luck are found; none where something keeps two processes in order."""

import re
from typing import Any

import pytest

from tests.conftest import in_turn, thorough
from tests.integration.conftest import PROGRAMS, House

UPDATES = PROGRAMS / "updates"
METHODS = ("fork", "spawn", "forkserver")
BY_NAME = {"path_looked_at_first": ("--races",)}
"""Ways in which somebody looks at a path first, and may have seen by that what others had done."""

ACCESSES = ("file_read", "file_written", "value_read", "value_written", "value_changed")

IN_ORDER = sorted(path.stem for path in UPDATES.glob("*.py") if not path.stem.endswith(("by_luck", "counting")))


def ways(program: str) -> list[str]:
    """The names of the ways of a program."""
    return re.findall(r"^@way\ndef (\w+)", (UPDATES / f"{program}.py").read_text(), re.MULTILINE)


def found(house: House, program: str, way: str, method: str, *options: str) -> list[dict[str, Any]]:
    """What is found in one way of a program. It must end well, and several processes must read or write in it."""
    lines, done = house.events("watch", *options, "--start-method", method, UPDATES / f"{program}.py", way)
    assert done.returncode == 0
    assert len({line["pid"] for line in lines if line["kind"] in ACCESSES}) > 1
    findings: list[dict[str, Any]] = lines[-1]["findings"]
    return findings


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "way", ["bare", "lock_for_each_half", "event_set_too_early", *thorough("pool", "started_late")]
)
def test_what_came_out_right_by_luck(house: House, way: str, method: str) -> None:
    (finding,) = found(house, "by_luck", way, method)
    assert (finding["id"], finding["figures"]["file"]) == ("could_be_lost", "count.txt")
    if way != "pool":
        assert (finding["figures"]["first"], finding["figures"]["second"]) == ("first", "second")
    assert finding["cure"]


@pytest.mark.thorough
@pytest.mark.parametrize("way", ways("by_luck"))
def test_each_way_to_have_luck(house: House, way: str) -> None:
    (finding,) = found(house, "by_luck", way, "fork", *BY_NAME.get(way, ()))
    assert finding["id"] == "could_be_lost"


def test_what_may_have_been_seen_by_a_look_is_found_by_the_name_of_the_path(house: House) -> None:
    (way,) = BY_NAME
    assert found(house, "by_luck", way, "fork") == []
    (finding,) = found(house, "by_luck", way, "fork", "--races")
    assert finding["id"] == "could_be_lost"


@pytest.mark.parametrize(
    ("program", "way"),
    [
        ("with_locks", "lock"),
        ("with_own_locks", "written_if_the_version_is_the_same"),
        ("with_ends", "seen_not_alive"),
        ("with_messages", "event_set_before"),
        ("with_flags", "value"),
        ("with_lock_files", "flock"),
        ("with_pools", "pool_callback"),
        ("with_files", "renamed_into_place"),
        ("memory_shared", "map_as_a_flag"),
        ("with_messages", "message_polled"),
    ],
)
def test_what_is_in_order(house: House, program: str, way: str) -> None:
    assert found(house, program, way, "fork") == []


@pytest.mark.thorough
@pytest.mark.parametrize(("each", "method"), in_turn((program, way) for program in IN_ORDER for way in ways(program)))
def test_each_way_to_be_in_order(house: House, each: tuple[str, str], method: str) -> None:
    assert found(house, *each, method) == []


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("program", "way"), [(program, way) for program in ("with_files", "with_lock_files") for way in ways(program)]
)
def test_each_way_to_be_in_order_by_paths(house: House, program: str, way: str) -> None:
    assert found(house, program, way, "fork", "--races") == []


@pytest.mark.parametrize(("way", "name"), [("value", "value"), ("element", "array[0]"), ("entry", "dict['sum']")])
def test_values_by_luck(house: House, way: str, name: str) -> None:
    (finding,) = found(house, "values_by_luck", way, "fork")
    assert (finding["id"], finding["figures"]["file"]) == ("could_be_lost", name)


def test_the_mark_of_what_did_not_go_wrong(house: House) -> None:
    done = house.run("watch", "--view", "plain", UPDATES / "by_luck.py", "bare")
    (sentence,) = (line for line in done.stderr.splitlines() if "could be lost" in line)
    assert sentence.startswith("△ could be lost: an update of count.txt.")
    assert "▲" not in done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize("lock", ["--lock", "--no-lock"])
def test_the_lesson_has_none_with_the_lock_and_one_without(house: House, lock: str) -> None:
    lines, _ = house.events("tickets", "--users", "3", lock)
    races = {finding["id"] for finding in lines[-1]["findings"]} & {"could_be_lost", "lost_update"}
    assert len(races) == (lock == "--no-lock")


@pytest.mark.parametrize("options", [(), ("--races",)])
def test_what_is_opened_in_a_folder_that_is_gone_fails_as_ever(house: House, options: tuple[str, ...]) -> None:
    program = house.folder / "program.py"
    program.write_text(
        "import os\n"
        "os.chdir(os.path.dirname(__file__)); os.mkdir('gone'); os.chdir('gone'); os.rmdir(os.getcwd())\n"
        "for call in (lambda: open('a', 'w'), lambda: os.rename('a', 'b'), lambda: os.stat('a')):\n"
        "    try: call()\n"
        "    except OSError as error: print(repr(error), error.filename)\n"
    )
    done = house.run("watch", *options, program)
    assert done.stdout == "FileNotFoundError(2, 'No such file or directory') a\n" * 3
