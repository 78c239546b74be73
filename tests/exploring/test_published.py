"""Programs whose faults are published, written anew for processes, and each with its fault cured.

Source: Thomson, Donaldson and Betts, "Concurrency testing using controlled schedulers: an empirical study", TOPC 2016
(SCTBench); their numbers are made smaller where the fault needs no more. `emptied.py` is of our own.
"""

import time
from typing import Any

import pytest

from procsim.explore.explorer import Budget, Explorer
from procsim.explore.schedule import FINDING, HANG, UNCAUGHT
from tests.exploring.test_executor import PROGRAMS, executor, explored, faults, pytestmark  # noqa: F401

ASSERTION, HANGS = (UNCAUGHT, "AssertionError"), (HANG, "")
LOST_UPDATE, LOST_UPDATE_IN_A_FILE = (FINDING, "lost_update.value"), (FINDING, "lost_update")
QUICK = {"account.py", "din_phil.py 3", "stack.py", "sync.py 1", "emptied.py"}


def row(command: str, *rest: Any) -> Any:
    return pytest.param(command, *rest, id=command, marks=[] if command in QUICK else pytest.mark.thorough)


@pytest.mark.parametrize(
    ("command", "executions", "wrong"),
    [
        row("account.py", 6, {ASSERTION}),
        row("arithmetic_prog.py", 1, {ASSERTION}),
        row("bluetooth_driver.py", 7, {ASSERTION}),
        row("bounded_buffer.py", 30, {HANGS}),
        row("carter01.py", 40, {HANGS}),
        row("circular_buffer.py", 20, {ASSERTION}),
        row("din_phil.py 2", 3, {HANGS}),
        row("din_phil.py 3", 7, {HANGS}),
        row("din_phil.py 4", 15, {HANGS}),
        row("din_phil.py 5", 31, {HANGS}),
        row("emptied.py", 10, {ASSERTION, LOST_UPDATE_IN_A_FILE, (UNCAUGHT, "ValueError")}),
        row("fsbench.py", 1, {ASSERTION}),
        row("phase01.py", 1, {HANGS}),
        row("stack.py", 18, {ASSERTION}),
        row("sync.py 1", 1, {HANGS}),
        row("sync.py 2", 1, {HANGS}),
        row("token_ring.py", 24, {ASSERTION}),
        row("wronglock.py 1", 6, {ASSERTION, LOST_UPDATE}),
        row("wronglock.py 3", 15, {ASSERTION, LOST_UPDATE}),
    ],
)
def test_its_fault_is_found_within_so_many_executions(
    command: str, executions: int, wrong: set[tuple[str, str]]
) -> None:
    program, *words = command.split()
    found = explored([PROGRAMS / program, *words], executions, places=1)  # with two, which come first differs
    assert faults(found) == wrong and not found.uncontrolled


@pytest.mark.parametrize(
    ("command", "executions"),
    [
        row("account.py", 6),
        row("arithmetic_prog.py", 16),
        row("bluetooth_driver.py", 7),
        row("bounded_buffer.py", 130),
        row("carter01.py", 24),
        row("circular_buffer.py", 64),
        row("din_phil.py 2", 2),
        row("din_phil.py 3", 6),
        row("din_phil.py 4", 14),
        row("din_phil.py 5", 30),
        row("emptied.py", 2),
        row("fsbench.py", 2),
        row("phase01.py", 2),
        row("stack.py", 20),
        row("sync.py 1", 4),
        row("sync.py 2", 16),
        row("token_ring.py", 12),
        row("wronglock.py 1", 2),
        row("wronglock.py 3", 24),
    ],
)
def test_without_its_fault_all_orders_are_right(command: str, executions: int) -> None:
    program, *words = command.split()
    found = explored([PROGRAMS / program, *words, "cured"], executions)
    assert found.is_right and found.tried_all


def test_a_file_that_is_emptied_before_it_is_written_anew_is_counted_order_by_order() -> None:
    with executor(PROGRAMS / "emptied.py") as made:
        found = Explorer(made, time.monotonic, Budget(20, None)).run()
    assert found.orders == 54 and found.right is not None and found.right.orders == 10
    assert sorted(outcome.orders or 0 for outcome in found.wrong) == [8, 36]


@pytest.mark.parametrize(
    ("command", "traces"), [("sync.py 2", 4), ("arithmetic_prog.py", 8), row("bounded_buffer.py", 30)]
)
def test_nothing_is_executed_in_vain_where_processes_wait_in_conditions(command: str, traces: int) -> None:
    program, *words = command.split()
    found = explored([PROGRAMS / program, *words], 2 * traces)
    assert found.tried_all and found.executions == traces
