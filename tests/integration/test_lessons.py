"""Every lesson, run as people run it, shows what it claims to show: each row of the verdict with its figures."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from procsim.lessons.catalog import scenarios
from procsim.wire.events import KINDS
from tests.conftest import some_thorough
from tests.integration.conftest import PATIENCE_SECONDS, House

METHODS = ("fork", "spawn", "forkserver")
KEYS = {"t", "pid", "process", "kind"}
SOMETIMES = {"thread", "object", "at"}
PARTS = {"offset", "size", "key"}
"""Of an access to a value, what it has where it is to a part of it."""
LEFT_OUT = {
    **dict.fromkeys(("value_read", "value_set", "value_changed", "value_copy_changed"), PARTS),
    "value_written": {*PARTS, "counted"},
    "process_began": {"threads"},
    "process_started": {"threads", "library_threads"},
    "finding": {"accepted", "probable"},
}
"""Fields that an event of this kind has only where they say something."""

DAEMON = ("daemon", "--child-seconds", "1.5", "--main-seconds", "0.2")
TICKETS = ("tickets", "--users", "6", "--tickets", "3", "--think", "0.15", "--look", "0.05")
QUEUE = ("queue", "--size", "5", "--pause", "0.05")
IPC = ("ipc", "--pause", "0.1", "--via")
PRODCONS = ("prodcons", "--producers", "3", "--items", "3", "--make", "0.1", "--eat", "0.1")

PLAIN_RUNS = [
    ((*DAEMON, "--daemon"), "has no more to do"),
    ((*DAEMON, "--no-daemon"), "has stood guard to the end"),
    ((*DAEMON, "--set-after-start"), "AssertionError: process has already started"),
    ((*TICKETS, "--no-lock"), "left in the file"),
    ((*TICKETS, "--lock"), "0 left in the file"),
    (QUEUE, "queue.Empty"),
    ((*QUEUE, "--takers", "4"), "has handled message 12"),
    ((*QUEUE, "--joinable"), "join() has returned"),
    ((*QUEUE, "--stale"), "put_nowait() raised queue.Full"),
    ((*QUEUE, "--stale", "--no-check"), "has handled message 12"),
    ((*QUEUE, "--burst"), "has handled message 15"),
    *[((*IPC, via), f"has got 42 by {via}") for via in ("queue", "pipe", "value", "manager")],
    (("deadlock", "--ordered", "--pause", "0.1"), "everybody has eaten"),
    ((*IPC, "memory"), "finds that the number is 1"),
    (PRODCONS, "everything is eaten"),
    ((*PRODCONS, "--no-join"), "all producers are done"),
]
"""Lessons as scripts of their own, and something that they print."""


@pytest.fixture(params=METHODS)
def method(request: pytest.FixtureRequest) -> str:
    """How the processes of the lesson are started."""
    return str(request.param)


def verdict(house: House, method: str, *arguments: str, found: tuple[str, ...] = ()) -> dict[str, dict[str, Any]]:
    """The figures of a run that must show what it claims, by row; `found` are the findings that belong to it."""
    lines, done = house.events(*arguments, "--start-method", method)
    assert done.stderr == ""
    for line in lines[:-1]:
        fields = set(line) - KEYS - SOMETIMES
        assert set(line) >= KEYS, line
        left_out = set(KINDS[line["kind"]]) - fields
        assert fields <= set(KINDS[line["kind"]]), line
        assert left_out <= LEFT_OUT.get(line["kind"], set()), line
    last = lines[-1]
    assert set(last) == {"kind", "times", *KINDS["verdict"]}
    assert last["kind"] == "verdict"
    assert last["scenario"] == arguments[0]
    assert tuple(finding["id"] for finding in last["findings"]) == found
    assert [claim["text"] for claim in last["claims"] if not claim["holds"]] == []
    assert all("{" not in claim["text"] for claim in last["claims"])
    assert done.returncode == 0
    methods = {line["method"] for line in lines if line["kind"] == "process_started"}
    assert methods == {method}
    return {claim["id"]: claim["figures"] for claim in last["claims"]}


# daemon ------------------------------------------------------------------------------------------------------


def test_a_daemon_ends_with_main(house: House, method: str) -> None:
    rows = verdict(house, method, *DAEMON)
    assert list(rows) == ["D1"]
    figures = rows["D1"]
    assert figures["daemon"] is True
    assert figures["exit_code"] == -15
    assert figures["last_line_said"] is False
    assert figures["main_done"] <= figures["child_ended"] <= figures["main_ended"]


def test_a_child_that_is_no_daemon_is_waited_for(house: House, method: str) -> None:
    rows = verdict(house, method, *DAEMON, "--no-daemon")
    assert list(rows) == ["D2"]
    figures = rows["D2"]
    assert figures["daemon"] is False
    assert figures["exit_code"] == 0
    assert figures["last_line_said"] is True
    assert figures["main_done"] <= figures["child_ended"] <= figures["main_ended"]
    assert figures["waited"] > 0


def test_daemon_must_be_set_before_start(house: House, method: str) -> None:
    rows = verdict(house, method, *DAEMON, "--set-after-start")
    assert list(rows) == ["D3"]
    figures = rows["D3"]
    assert (figures["error"], figures["reason"]) == ("AssertionError", "process has already started")
    assert figures["daemon"] is False
    assert figures["exit_code"] == 0
    assert figures["last_line_said"] is True


def test_a_daemon_may_have_no_children(house: House, method: str) -> None:
    rows = verdict(house, method, *DAEMON, "--grandchild", found=("raised",))
    assert list(rows) == ["D4"]
    figures = rows["D4"]
    assert (figures["type"], figures["exit_code"]) == ("AssertionError", 1)
    assert figures["reason"] == "daemonic processes are not allowed to have children"
    assert figures["at"].startswith("daemon.py:")


def test_a_daemon_outlives_a_main_that_is_killed(house: House, method: str) -> None:
    rows = verdict(house, method, "daemon", "--kill-main", "--child-seconds", "12", found=("died", "left_behind"))
    assert list(rows) == ["D5"]
    figures = rows["D5"]
    assert figures["outlived"] > 0
    assert figures["main_ended"] < figures["child_ended"]


# tickets -----------------------------------------------------------------------------------------------------


def test_without_a_lock_tickets_are_sold_twice(house: House, method: str) -> None:
    rows = verdict(house, method, *TICKETS, "--no-lock", found=("lost_update",))
    assert list(rows) == ["M1"]
    figures = rows["M1"]
    assert figures["tickets"] == 3
    assert figures["sold"] > 3 - figures["left"]
    assert figures["oversold"] == max(0, figures["sold"] - 3)
    assert figures["same"] > 1
    assert len(figures["who"]) == figures["same"]


def test_with_a_lock_every_ticket_is_sold_once(house: House, method: str) -> None:
    rows = verdict(house, method, *TICKETS, "--lock")
    assert list(rows) == ["M2", "M5"]
    figures = rows["M2"]
    assert (figures["tickets"], figures["sold"], figures["left"], figures["oversold"]) == (3, 3, 0, 0)
    assert figures["inside"] == 1
    assert rows["M5"]["waited"] > rows["M5"]["for_looking"] == 0


STORES = {"value": "stock", "manager": "stock['left']"}
"""Where the number may be kept, if not in a file, and how the code has it there."""


@pytest.mark.parametrize("store", STORES)
def test_it_is_the_same_race_wherever_the_number_is_kept(house: House, method: str, store: str) -> None:
    lines, done = house.events(*TICKETS, "--store", store, "--no-lock", "--start-method", method)
    assert done.returncode == 0
    rows = {claim["id"]: claim["figures"] for claim in lines[-1]["claims"] if claim["holds"]}
    assert list(rows) == ["M1", "M8"]
    figures = rows["M1"]
    assert figures["sold"] > 3 - figures["left"]
    assert figures["same"] > 1
    assert 0 < rows["M8"]["lost"] < figures["sold"]
    (finding,) = lines[-1]["findings"]
    assert (finding["id"], finding["figures"]["file"]) == ("lost_update", STORES[store])
    assert finding["figures"]["count"] == rows["M8"]["lost"] == figures["sold"] - (3 - figures["left"])
    assert finding["figures"]["first_read_at"] != finding["figures"]["first_wrote_at"]


@pytest.mark.parametrize("store", STORES)
def test_it_is_the_same_lock_wherever_the_number_is_kept(house: House, method: str, store: str) -> None:
    rows = verdict(house, method, *TICKETS, "--store", store, "--lock")
    assert list(rows) == ["M2", "M5", "M8"]
    assert (rows["M2"]["sold"], rows["M2"]["left"], rows["M2"]["inside"], rows["M8"]["lost"]) == (3, 0, 1, 0)


def test_a_lock_of_one_s_own_does_not_help_a_value_either(house: House) -> None:
    found = ("lock_made_anew", "lost_update")
    rows = verdict(house, "fork", *TICKETS, "--store", "value", "--lock-made-in", "child", found=found)
    assert list(rows) == ["M4", "M8"]
    assert rows["M4"]["inside"] > 1


def test_a_lock_around_too_much_makes_them_wait_longer(house: House, method: str) -> None:
    rows = verdict(house, method, *TICKETS, "--lock-around", "all")
    assert list(rows) == ["M2", "M5"]
    assert (rows["M2"]["sold"], rows["M2"]["left"]) == (3, 0)
    assert rows["M5"]["waited"] > rows["M5"]["for_looking"] > 0


def test_a_lock_of_one_s_own_keeps_nobody_out(house: House, method: str) -> None:
    found = ("lock_made_anew", "lost_update")
    rows = verdict(house, method, *TICKETS, "--lock-made-in", "child", found=found)
    assert list(rows) == ["M4"]
    figures = rows["M4"]
    assert figures["sold"] > 3 - figures["left"]
    assert figures["inside"] > 1


def test_a_holder_that_dies_keeps_the_lock(house: House, method: str) -> None:
    rows = verdict(house, method, *TICKETS, "--crash-holder", found=("holder_dead",))
    assert list(rows) == ["M7"]
    figures = rows["M7"]
    assert (figures["holder"], figures["object"], figures["signal"]) == ("user-1", "mutex", "SIGKILL")
    assert figures["process"] in figures["who"]
    assert len(figures["who"]) == figures["count"] == 5, "all the others"
    assert figures["held_at"].startswith("tickets.py:")
    assert figures["at"].startswith("tickets.py:")


def compared(house: House, method: str, *arguments: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The figures of the claim about all the ways, and the whole verdict's claims; they must hold."""
    lines, done = house.events(*arguments, "--compare", "--start-method", method)
    assert (done.stderr, done.returncode) == ("", 0)
    *events, last = lines
    assert [line["kind"] for line in lines].count("verdict") == 1
    assert all(line["way"] for line in events)
    assert [claim["text"] for claim in last["claims"] if not claim["holds"] or "{" in claim["text"]] == []
    ways = list(dict.fromkeys(line["way"] for line in events))
    assert [line["way"] for line in events] == sorted((line["way"] for line in events), key=ways.index), "one by one"
    assert [way for claim in last["claims"][:-1] if (way := claim["way"]) not in ways] == []
    assert "way" not in last["claims"][-1]
    return last["claims"][-1], last["claims"][:-1]


def test_a_lock_makes_the_rush_longer(house: House, method: str) -> None:
    claim, alone = compared(house, method, "tickets", "--users", "4", "--think", "0.4", "--look", "0.05")
    assert [(each["way"], each["id"]) for each in alone] == [
        ("with the lock", "M2"),
        ("with the lock", "M5"),
        ("without the lock", "M1"),
    ]
    figures = claim["figures"]
    assert claim["id"] == "M3"
    assert figures["with_lock"] > figures["without"] > 0
    assert figures["ratio"] > 1.2
    assert figures["waited"] > figures["waited_without"] == 0


def test_a_lock_around_too_much_costs_more(house: House, method: str) -> None:
    claim, alone = compared(
        house, method, "tickets", "--users", "4", "--think", "0.1", "--look", "0.1", "--lock-around", "all"
    )
    assert [each["id"] for each in alone] == ["M2", "M5", "M2", "M5"]
    assert claim["id"] == "M5"
    assert claim["figures"]["waited_all"] > claim["figures"]["for_looking"] > 0


@pytest.mark.parametrize("options", [("--think", "0"), ("--users", "1"), ("--tickets", "1", "--think", "0.1")])
def test_what_shows_no_difference_is_not_compared(house: House, options: tuple[str, ...]) -> None:
    lines, done = house.events("tickets", "--users", "3", "--look", "0", *options, "--compare")
    claim = lines[-1]["claims"][-1]
    assert (claim["id"], claim["holds"]) == ("M3", False)
    assert "nothing to compare" in claim["text"]
    assert done.returncode == 1


# deadlock ----------------------------------------------------------------------------------------------------


def test_two_locks_in_opposite_order(house: House, method: str) -> None:
    rows = verdict(house, method, "deadlock", "--pause", "0.1", found=("lock_cycle",))
    assert list(rows) == ["M6"]
    figures = rows["M6"]
    assert {figures["process"], figures["other"]} == {"eater-Ming", "eater-Lan"}
    assert {figures["object"], figures["other_object"]} == {"bowl", "spoon"}
    assert figures["object"] == ("spoon" if figures["process"] == "eater-Ming" else "bowl")
    assert figures["at"] == figures["other_at"]
    assert figures["after"] > 0


def test_the_same_lock_twice(house: House, method: str) -> None:
    rows = verdict(house, method, "deadlock", "--self", "--pause", "0.1", found=("lock_twice",))
    assert list(rows) == ["M6"]
    figures = rows["M6"]
    assert (figures["process"], figures["object"]) == ("eater-Ming", "bowl")
    assert figures["at"] != figures["held_at"]


def test_two_locks_in_the_same_order(house: House, method: str) -> None:
    rows = verdict(house, method, "deadlock", "--ordered", "--pause", "0.1")
    assert list(rows) == ["M6"]
    assert rows["M6"]["waited"] >= 0


# queue -------------------------------------------------------------------------------------------------------


def test_one_queue_step_by_step(house: House, method: str) -> None:
    rows = verdict(house, method, *QUEUE)
    assert list(rows) == ["Q1", "Q2", "Q3", "Q4", "Q6"]
    assert rows["Q1"] == {"size": 5, "peak": 5, "few_depth": 3, "few_full": False, "depth": 5, "full": True}
    put, get = rows["Q2"], rows["Q3"]
    assert (put["process"], put["freed_by"]) == ("MainProcess", "taker")
    assert (get["process"], get["freed_by"]) == ("taker", "MainProcess")
    assert (put["pid"], put["freed_by_pid"]) == (get["freed_by_pid"], get["pid"])
    assert put["waited"] > 0
    assert get["waited"] > 0
    assert put["at"].startswith("message_queue.py:")
    assert rows["Q4"]["process"] == "taker"
    assert rows["Q4"]["ms"] >= 0
    assert rows["Q6"]["order_in"] == rows["Q6"]["order_out"] == list(range(1, 12))


@pytest.mark.parametrize("size", [2, 3, 8])
def test_queues_of_other_sizes(house: House, size: int) -> None:
    rows = verdict(house, "fork", *QUEUE, "--size", str(size))
    figures = rows["Q1"]
    assert (figures["few_depth"], figures["few_full"]) == (min(3, size - 1), False)
    assert (figures["depth"], figures["full"], figures["peak"]) == (size, True, size)


def test_each_message_is_taken_by_one_process(house: House, method: str) -> None:
    rows = verdict(house, method, *QUEUE, "--takers", "4")
    assert list(rows) == ["Q7"]
    figures = rows["Q7"]
    assert (figures["put"], figures["taken"], figures["taken_twice"], figures["lost"]) == (12, 12, 0, 0)
    assert sum(figures["handled"].values()) == 12
    assert set(figures["handled"]) <= {"taker-1", "taker-2", "taker-3", "taker-4"}


def test_join_returns_after_the_last_task_done(house: House, method: str) -> None:
    rows = verdict(house, method, *QUEUE, "--joinable", "--takers", "2")
    assert list(rows) == ["Q7", "J2"]
    figures = rows["J2"]
    assert (figures["put"], figures["done"]) == (12, 12)
    assert figures["last_done"] <= figures["joined"]
    assert figures["later"] >= 0


def test_join_waits_for_what_is_never_reported_done(house: House, method: str) -> None:
    rows = verdict(house, method, *QUEUE, "--joinable", "--no-task-done", found=("tasks_not_done",))
    assert list(rows) == ["J1"]
    figures = rows["J1"]
    assert (figures["process"], figures["object"]) == ("MainProcess", "messages")
    assert (figures["puts"], figures["gots"], figures["done"], figures["count"]) == (12, 12, 0, 12)
    assert figures["takers"] == ["taker-1 (12)"]


def test_one_task_done_too_many_raises(house: House, method: str) -> None:
    rows = verdict(house, method, *QUEUE, "--joinable", "--extra-task-done")
    assert list(rows) == ["J2", "J3"]
    assert rows["J3"]["reason"] == "task_done() called too many times"
    assert rows["J3"]["done"] == 12


def test_what_full_and_empty_said_is_stale(house: House, method: str) -> None:
    rows = verdict(house, method, *QUEUE, "--stale", "--messages", "5")
    assert rows == {"Q5": {"askers": 3, "asked_full": 15, "met_full": 10, "asked_empty": 15, "met_empty": 10}}


def test_who_does_not_ask_loses_nothing(house: House, method: str) -> None:
    rows = verdict(house, method, *QUEUE, "--stale", "--no-check")
    assert list(rows) == ["Q5"]
    assert (rows["Q5"]["messages"], rows["Q5"]["taken"], rows["Q5"]["lost"]) == (12, 12, 0)


def test_a_queue_takes_up_bursts(house: House, method: str) -> None:
    rows = verdict(house, method, *QUEUE, "--burst")
    assert list(rows) == ["Q8"]
    figures = rows["Q8"]
    assert (figures["bursts"], figures["size"], figures["peak"]) == (3, 5, 5)
    assert figures["drained"] > 0
    assert figures["stayed"] >= figures["drained"]
    depths = [depth for _, depth in figures["depths"]]
    assert depths == [1, 2, 3, 4, 5, 4, 3, 2, 1, 0] * 3


# ipc ---------------------------------------------------------------------------------------------------------


def test_a_child_changes_only_its_own_copy(house: House, method: str) -> None:
    rows = verdict(house, method, *IPC, "memory")
    assert list(rows) == ["I1"]
    figures = rows["I1"]
    assert (figures["before"], figures["in_child"], figures["in_main"]) == (1, 42, 1)
    assert figures["child"] != figures["main"]


@pytest.mark.parametrize(("via", "row"), [("queue", "I2"), ("pipe", "I3"), ("value", "I3"), ("manager", "I3")])
def test_a_message_goes_from_one_child_to_the_other(house: House, method: str, via: str, row: str) -> None:
    rows = verdict(house, method, *IPC, via)
    assert list(rows) == [row]
    figures = rows[row]
    assert (figures["via"], figures["put"], figures["got"]) == (via, 42, 42)
    assert len({figures["p"], figures["c"], figures["main"]}) == 3
    assert figures["ms"] > 0


def test_the_ways_of_a_message_are_compared(house: House, method: str) -> None:
    claim, alone = compared(house, method, "ipc", "--messages", "50")
    assert [(each["way"], each["id"]) for each in alone] == [
        (way, "I3") for way in ("by a queue", "by a pipe", "by a Value", "by a Manager")
    ]
    assert all((each["figures"]["put"], each["figures"]["got"]) == (100, 100) for each in alone)
    figures = claim["figures"]
    assert set(figures["rates"]) == set(figures["latencies"]) == {"queue", "pipe", "value", "manager"}
    assert figures["ratio"] == round(max(figures["rates"].values()) / min(figures["rates"].values()), 1) >= 1
    assert min(figures["latencies"].values()) > 0


# prodcons ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("consumers", [1, 3])
def test_all_that_is_made_is_eaten(house: House, method: str, consumers: int) -> None:
    rows = verdict(house, method, *PRODCONS, "--consumers", str(consumers))
    assert list(rows) == ["P1", "P2"]
    figures = rows["P1"]
    assert (figures["made"], figures["taken"], figures["eaten"], figures["lost"]) == (9, 9, 9, 0)
    assert sorted(figures["makers"]) == ["producer-Hong: 3", "producer-Kang: 3", "producer-Xi: 3"]
    assert sum(int(share.rpartition(" ")[2]) for share in figures["takers"]) == 9
    assert len(figures["takers"]) <= consumers
    figures = rows["P2"]
    assert 1 <= figures["peak"] <= figures["size"] == 3
    assert figures["consumers_waited"] >= 0
    if consumers == 1:
        assert figures["peak"] == 3
        assert figures["producers_waited"] > 0


def test_without_join_food_is_lost(house: House, method: str) -> None:
    rows = verdict(house, method, *PRODCONS, "--eat", "0.3", "--no-join", found=("items_lost",))
    assert list(rows) == ["P4"]
    figures = rows["P4"]
    assert figures["made"] == 9
    assert figures["lost"] == figures["made"] - figures["eaten"] > 0
    assert figures["lost"] == figures["in_queue"] + figures["in_hand"]
    assert figures["ended_with_main"] == 1


def test_a_consumer_that_is_no_daemon_keeps_main(house: House, method: str) -> None:
    rows = verdict(house, method, *PRODCONS, "--no-daemon", found=("get_nobody_puts",))
    assert list(rows) == ["P3"]
    figures = rows["P3"]
    assert figures["waiting"] == ["consumer-Ming"]
    assert (figures["process"], figures["object"]) == ("consumer-Ming", "dishes")
    assert figures["at"].startswith("prodcons.py:")
    assert figures["done"] > 0


def test_without_task_done_main_never_ends(house: House, method: str) -> None:
    rows = verdict(house, method, *PRODCONS, "--no-task-done", found=("tasks_not_done",))
    assert list(rows) == ["P5"]
    figures = rows["P5"]
    assert (figures["puts"], figures["gots"], figures["done"]) == (9, 9, 0)


# as scripts --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "printed"), some_thorough(PLAIN_RUNS, of=3), ids=[" ".join(run[0]) for run in PLAIN_RUNS]
)
def test_a_lesson_is_a_script_that_runs_by_itself(house: House, arguments: tuple[str, ...], printed: str) -> None:
    name, *options = arguments
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, str(scenarios()[name]), *options],
        env=house.environment | {"PYTHONPATH": str(root)},
        cwd=house.folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE_SECONDS,
    )
    assert done.stderr == ""
    assert done.returncode == 0
    assert printed in done.stdout
    assert os.listdir(house.folder) == []


# However much is asked for -----------------------------------------------------------------------------------

MOST = [
    ("prodcons", "--producers", "99"),
    ("prodcons", "--make", "1000", "--eat", "1000"),
    ("tickets", "--tickets", "100000", "--users", "60"),
    ("tickets", "--lock-around", "all", "--look", "1000"),
    ("queue", "--size", "100"),
    ("queue", "--takers", "100", "--pause", "1000"),
    ("queue", "--takers", "1", "--messages", "200", "--pause", "1000"),
    ("queue", "--stale", "--takers", "100", "--messages", "200"),
    ("queue", "--stale", "--no-check", "--takers", "1", "--pause", "1000"),
    ("queue", "--burst", "--pause", "1000"),
]


@pytest.mark.thorough
@pytest.mark.parametrize("options", MOST, ids=" ".join)
def test_a_lesson_ends_by_itself_however_much_is_asked_for(house: House, options: tuple[str, ...]) -> None:
    lines, done = house.events(*options)
    assert lines[-1]["findings"] == []
    assert [claim["text"] for claim in lines[-1]["claims"] if not claim["holds"]] == []
    assert done.returncode == 0
