"""What procsim finds in programs that end and are wrong: process, object and line; and nothing in their cured twins."""

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import some_thorough, thorough
from tests.integration.conftest import PROGRAMS, House, Start

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


@pytest.mark.thorough  # the healthy programs are tried each time
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


def test_who_takes_an_empty_queue_for_its_end(house: House, method: str) -> None:
    findings = found(house, method, "empty_too_early")
    assert list(findings) == ["empty_too_early"]
    figures = findings["empty_too_early"]
    assert (figures["object"], figures["made"]) == ("tasks", line("empty_too_early", "made"))
    assert (figures["count"], figures["puts"], figures["takers"]) == (20, 20, ["worker-0", "worker-1"])
    assert figures["at"] == line("empty_too_early", "looks")


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


def test_an_exit_code_that_nobody_looked_at(house: House, method: str) -> None:
    figures = found(house, method, "exit_unseen")["exit_unseen"]
    assert (figures["process"], figures["exit_code"], figures["parent"]) == ("upload-2", 3, "MainProcess")
    assert figures["at"] == line("exit_unseen", "exits")


def test_errors_that_nobody_asked_for(house: House, method: str) -> None:
    figures = found(house, method, "errors_unseen")["errors_unseen"]
    assert (figures["count"], figures["results"], figures["function"], figures["type"]) == (3, 3, "save", "TypeError")
    assert (figures["object"], figures["made"]) == ("pool", line("errors_unseen", "made"))
    assert figures["submitted"] == line("errors_unseen", "submits")


def test_an_initializer_that_raises_in_each_worker(house: House, method: str) -> None:
    findings = found(house, method, "pool_initializer_raises")
    assert list(findings) == ["pool_initializer_raises"]
    figures = findings["pool_initializer_raises"]
    assert figures["count"] >= 2
    assert (figures["initializer"], figures["error"]) == ("connect", "ConnectionError: cannot reach db:5432")
    assert figures["made"] == line("pool_initializer_raises", "made")
    assert figures["at"] == line("pool_initializer_raises", "raises")


@pytest.mark.parametrize(("how", "sentence"), [("exit", "pool_initializer_raises"), ("leave", ".killed")])
def test_an_initializer_that_ends_each_worker(house: House, how: str, sentence: str) -> None:
    lines, _ = house.events("watch", WRONG / "pool_initializer_exits.py", how)
    (finding,) = lines[-1]["findings"]
    figures = finding["figures"]
    assert finding["sentence"].endswith(sentence)
    assert (figures["initializer"], figures["made"]) == ("connect", line("pool_initializer_exits", "made"))
    if how == "exit":
        assert (figures["error"], figures["at"]) == (
            "SystemExit: no database",
            line("pool_initializer_exits", "exits"),
        )
    else:
        assert f"left by os._exit at {line('pool_initializer_exits', 'leaves')}, with exit code 7" in finding["text"]


@pytest.mark.parametrize("how", ["", "initializer"])
def test_an_executor_that_broke(house: House, method: str, how: str) -> None:
    lines, done = house.events("watch", "--start-method", method, WRONG / "executor_broke.py", how)
    (finding,) = lines[-1]["findings"]
    assert (done.returncode, finding["sentence"]) == (1, "raised.broken")
    assert (finding["figures"]["process"], finding["figures"]["at"]) == ("MainProcess", line("executor_broke", "ends"))
    (clause,) = finding["figures"]["because"]
    if how:
        assert clause["figures"]["at"] == line("executor_broke", "raises")
        assert "ConnectionError: no database" in finding["text"]
    else:
        assert (clause["figures"]["signal"], clause["figures"]["function"]) == ("SIGKILL", "fetch")
        assert "memory" in finding["cure"]


def test_tasks_that_are_not_waited_for(house: House, method: str) -> None:
    findings = found(house, method, "tasks_never_begun")
    assert list(findings) == ["tasks_never_begun"]
    figures = findings["tasks_never_begun"]
    assert figures["count"] in (3, 4), "one may have been begun"
    assert (figures["object"], figures["submitted"], figures["at"]) == ("pool", 4, line("tasks_never_begun", "made"))


def test_tasks_that_are_never_begun(house: House) -> None:
    findings = found(house, "fork", "pool_never_begun")
    assert list(findings) == ["pool_in_child"]
    figures = findings["pool_in_child"]
    assert (figures["process"], figures["maker"], figures["object"]) == ("user", "MainProcess", "pool")
    assert figures["at"] == line("pool_never_begun", "submits")


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


IN_MEMORY = {
    "value": "left",
    "field": "left.cents",
    "array": "left[1]",
    "dict": "left['number']",
    "list": "left[1]",
    "namespace": "left.number",
    "proxy": "left",
}
"""What is kept in memory or in a manager, and how the code has it."""


@pytest.mark.parametrize("kind", some_thorough([*IN_MEMORY]))
def test_an_update_lost_in_memory(house: House, method: str, kind: str) -> None:
    findings = found(house, method, "lost_in_memory", kind)
    assert list(findings) == ["lost_update"]
    figures = findings["lost_update"]
    assert (figures["file"], figures["count"]) == (IN_MEMORY[kind], 1)
    assert len({figures["first"], figures["second"]}) == 2
    marker = kind if kind in ("value", "field", "namespace", "proxy") else "items"
    for side in ("first", "second"):
        assert (figures[f"{side}_read"], figures[f"{side}_wrote"]) == ("10", "9")
        assert figures[f"{side}_read_at"] == line("lost_in_memory", f"reads {marker}")
        assert figures[f"{side}_wrote_at"] == line("lost_in_memory", f"writes {marker}")


@pytest.mark.parametrize(
    ("kind", "entry", "type"),
    some_thorough(
        [("append", "shared['found']", "list"), ("count", "shared.counts", "dict"), ("take", "shared[0]", "list")]
    ),
)
def test_a_copy_that_is_changed_in_vain(house: House, method: str, kind: str, entry: str, type: str) -> None:
    findings = found(house, method, "copy_changed", kind)
    assert list(findings) == ["copy_changed"]
    figures = findings["copy_changed"]
    assert (figures["entry"], figures["object"], figures["type"], figures["count"]) == (entry, "shared", type, 2)
    if kind == "append":
        assert figures["at"] == line("copy_changed", "appends")


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


def test_a_process_without_a_target(house: House, method: str) -> None:
    findings = found(house, method, "no_target")
    assert list(findings) == ["no_target"]
    figures = findings["no_target"]
    assert (figures["process"], figures["made"]) == ("worker", line("no_target", "made"))
    assert figures["at"] == line("no_target", "starts")


def test_a_process_that_was_never_started(house: House, method: str) -> None:
    findings = found(house, method, "not_started")
    assert list(findings) == ["not_started"]
    figures = findings["not_started"]
    assert (figures["child"], figures["made"]) == ("worker", line("not_started", "made"))
    assert figures["at"] == line("not_started", "joins")


KINDS = ("Event", "Semaphore", "Condition", "JoinableQueue", "SimpleQueue", "Value")
"""Beside a Lock and a Queue."""


@pytest.mark.parametrize("method", NEW_INTERPRETERS)
@pytest.mark.parametrize("kind", ["Lock", "Queue", *thorough(*KINDS)])
def test_what_was_given_is_gone_as_main_was_done(house: House, method: str, kind: str) -> None:
    findings = found(house, method, "gone_too_early", "returns", kind)
    assert list(findings) == ["gone_too_early"]
    figures = findings["gone_too_early"]
    assert (figures["object"], figures["made"]) == ("given", line("gone_too_early", "made"))
    assert (figures["parent"], figures["started_at"]) == ("MainProcess", line("gone_too_early", "starts"))
    assert sorted(figures["same_processes"]) == ["Process-1", "Process-2"]


@pytest.mark.parametrize("method", NEW_INTERPRETERS)
@pytest.mark.parametrize("kind", ["Lock", "Queue"])
def test_what_was_given_is_gone_as_nothing_held_it(house: House, method: str, kind: str) -> None:
    findings = found(house, method, "gone_too_early", "joined", kind)
    assert list(findings) == ["gone_too_early"]
    figures = findings["gone_too_early"]
    assert (figures["process"], figures["made"]) == ("Process-1", line("gone_too_early", "made at once"))


@pytest.mark.parametrize("how", ["returns", "joined"])
def test_a_fork_has_what_its_parent_had(house: House, how: str) -> None:
    assert found(house, "fork", "gone_too_early", how, "Lock") == {}


def cures(house: House, *arguments: object, code: int = 1) -> list[str]:
    """What would cure what is found in a run, whatever the view."""
    lines, done = house.events(*arguments)
    assert done.returncode == code
    return [finding["cure"] for finding in lines[-1]["findings"]]


def test_a_narration_that_lacks_a_value(house: House, tmp_path: Path) -> None:
    path = tmp_path / "door.py"
    path.write_text(
        "from procsim import say, start\n"
        "def main():\n"
        "    for guest in ('Ann', 'Bob'):\n"
        "        say('{who} is in')\n"
        "        say('{who} is in, {0} {} {not a name} {{who}}', who=guest)\n"
        "        say('{ is no template')\n"
        "if __name__ == '__main__':\n"
        "    start(main)\n"
    )
    lines, _ = house.events("run", path)
    (finding,) = lines[-1]["findings"]
    assert finding["text"] == "MainProcess said {who} at door.py:4 as it stands: say() was given no who"
    assert finding["cure"] == "give say() the value by its name: say(…, who=…)"


@pytest.mark.parametrize(("guard", "expected"), [("main", ["main_not_called"]), ("__main__", [])])
def test_a_scenario_whose_last_lines_are_not_reached(
    house: House, tmp_path: Path, guard: str, expected: list[str]
) -> None:
    path = tmp_path / "till.py"
    path.write_text(
        f"from procsim import start\ndef main(users: int = 3): pass\nif __name__ == {guard!r}:\n    start(main)\n"
    )
    lines, done = house.events("run", path)
    assert [finding["id"] for finding in lines[-1]["findings"]] == expected
    assert done.returncode == 0
    path.write_text("def main(): print('hello')\nif __name__ == '__main__':\n    main()\n")
    lines, _ = house.events("run", path)
    assert lines[-1]["findings"] == []


def test_input_in_a_scenario(house: House, tmp_path: Path) -> None:
    path = tmp_path / "asks.py"
    path.write_text(
        "from procsim import start\n"
        "def main(users: int = 3):\n"
        "    input('how many?')\n"
        "if __name__ == '__main__':\n"
        "    start(main)\n"
    )
    (cure,) = cures(house, "run", path)
    assert f"python {path} --users=3" in cure


def test_input_in_the_live_view(house: House, start: Start) -> None:
    path = house.folder / "asks.py"  # short enough for one row
    path.write_text("input('how many?')\n")
    terminal = start("watch", path, columns=250)
    assert terminal.wait_for_end() == 1
    assert terminal.row(f"since the keyboard is procsim's; where the program has it: procsim watch --view plain {path}")


def test_input_where_nobody_types_is_no_affair_of_ours(house: House, tmp_path: Path) -> None:
    path = tmp_path / "asks.py"
    path.write_text("input('how many?')\n")
    assert cures(house, "watch", path) == [""]
    path.write_text("raise EOFError('EOF when reading a line')\n")
    assert cures(house, "watch", path) == [""]


@pytest.mark.parametrize(("other", "named"), [("/elsewhere", True), ("", False), ("own", False)])
def test_a_module_that_the_python_of_procsim_lacks(house: House, tmp_path: Path, other: str, named: bool) -> None:
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\necho {sys.prefix if other == 'own' else other}\n")
    python.chmod(0o755)
    house.environment["PATH"] = f"{tmp_path}:{house.environment['PATH']}"
    path = tmp_path / "needs.py"
    path.write_text("import there_is_no_such_module\n")
    (cure,) = cures(house, "watch", path, "a b")
    assert (
        f"another one has there_is_no_such_module, run it by that: procsim watch -- python {path} 'a b'" in cure
    ) is (named)


def test_a_module_that_is_missing_may_be_caught(house: House, tmp_path: Path) -> None:
    path = tmp_path / "falls_back.py"
    path.write_text("try:\n    import there_is_no_such_module\nexcept ImportError:\n    pass\n")
    assert cures(house, "watch", path, code=0) == []
