"""Cells of objects: what processes have read and written in memory, what was lost, and what was not."""

from collections.abc import Callable
from typing import Any

import pytest

from procsim.findings import findings
from procsim.findings.base import Finding, Outcome
from procsim.recording.recorded import Damaged, Events
from procsim.state.apply import state_of
from procsim.state.bounds import CELLS_KEPT, PLACES_KEPT, RANGES_KEPT, READS_KEPT, WRITES_OF_A_RANGE
from procsim.state.cells import Cells
from procsim.state.run_state import RunState
from procsim.views.text.knowledge import Knowledge, knowledge_words
from procsim.views.text.words import event_words, forgotten_words
from procsim.wire.events import to_json
from tests.events import Story

OBJECT, LOCK = 1 << 70, 99
READS, WRITES, SETS = "x.py:5", "x.py:6", "x.py:7"


class Shared(Story):
    """A Value, an Array or a manager's dict, which main has made, and processes that use it."""

    def __init__(self, *pids: int, name: str = "counter", type: str = "Value", length: int = 1) -> None:
        super().__init__()
        self.began(1, *pids)
        own = type in ("Value", "Array")
        if own:
            self.tell(1, "lock_created", LOCK, "x.py:1", name=name, type="RLock", value=1)
        lock = LOCK if own else None
        self.tell(1, "value_created", OBJECT, "x.py:1", name=name, type=type, length=length, lock=lock)

    def reads(self, pid: int, value: Any, at: str = READS, **place: Any) -> "Shared":
        self.tell(pid, "value_read", OBJECT, at, value=value, **place)
        return self

    def writes(self, pid: int, value: Any, at: str = WRITES, **place: Any) -> "Shared":
        self.tell(pid, "value_written", OBJECT, at, value=value, **place)
        return self

    def sets(self, pid: int, value: Any, **place: Any) -> "Shared":
        self.tell(pid, "value_set", OBJECT, SETS, value=value, **place)
        return self

    def adds(self, pid: int, value: Any) -> "Shared":
        """It counts, and nobody comes between."""
        return self.reads(pid, value).writes(pid, value + 1)

    def holds(self, pid: int, lock: int, act: Callable[[], object]) -> "Shared":
        self.tell(pid, "lock_acquired", lock, entered=True)
        act()
        self.tell(pid, "lock_released", lock)
        return self

    @property
    def run(self) -> RunState:
        return state_of(self.events)

    @property
    def cells(self) -> Cells:
        return self.run.cells[OBJECT]

    def found(self) -> list[Finding]:
        return findings(self.run, Outcome())


def element(index: int) -> dict[str, Any]:
    return {"offset": index, "size": 1}


def test_an_update_of_a_value_is_lost() -> None:
    story = Shared(2, 3).reads(2, 5).reads(3, 5).writes(3, 6).writes(2, 6)
    (finding,) = story.found()
    figures = finding.figures
    assert (finding.id, figures["file"], figures["count"]) == ("lost_update", "counter", 1)
    assert (figures["first"], figures["first_read"], figures["first_wrote"]) == ("p3", "5", "6")
    assert (figures["second"], figures["second_read"], figures["second_wrote"]) == ("p2", "5", "6")
    assert (figures["second_read_at"], figures["second_wrote_at"]) == (READS, WRITES)
    assert "with counter.get_lock():" in finding.cure.format(**figures)


def test_all_that_one_write_sets_back_is_counted() -> None:
    story = Shared(2, 3).reads(2, 0)
    for value in range(7):
        story.adds(3, value)
    story.writes(2, 1)
    assert story.cells.lost == 7
    assert (story.adds(3, 1).cells.lost, len(story.cells.pairs)) == (7, 1)


def test_what_is_overwritten_by_one_who_had_seen_it_is_found_again() -> None:
    story = Shared(2, 3).reads(2, 0)
    for value in range(7):
        story.adds(3, value)
    story.reads(3, 7).writes(2, 1)
    assert story.cells.lost == 7
    assert story.writes(3, 8).cells.lost == 1, "that of the other one alone"


def test_the_count_is_the_difference_between_what_was_added_and_what_came_of_it() -> None:
    story, value = Shared(2, 3, 4), 0
    seen: dict[int, int] = {}
    for step, pid in enumerate([2, 3, 4, 4, 2, 2, 3, 4, 3, 2, 3, 3, 4, 2, 2, 4, 4, 3, 3, 2] * 3):
        if pid in seen:
            value = seen.pop(pid) + 1
            story.writes(pid, value)
        else:
            seen[pid] = value
            story.reads(pid, value)
        added = sum(event.kind == "value_written" for event in story.events)
        if story.cells.pairs:  # before that it may be a flag that they set
            assert story.cells.lost == added - value, step
    assert story.cells.lost == added - value > 10


HEALTHY = {
    "one after the other": Shared(2, 3).adds(2, 0).adds(3, 1).adds(2, 2),
    "only one of them writes": Shared(2, 3).adds(2, 0).reads(3, 1).adds(2, 1).reads(3, 2),
    "the second had not read it": Shared(2, 3).adds(2, 0).writes(3, 7),
    "the first had not read it": Shared(2, 3).reads(3, 0).writes(2, 7).writes(3, 1),
    "a flag that one sets and others poll": Shared(2, 3).reads(2, 0).reads(3, 0).sets(1, 1).reads(2, 1).reads(3, 1),
    "a flag that two set": Shared(2, 3).reads(2, 0).reads(3, 0).sets(2, 1).sets(3, 1),
    "a flag that two set by a function": Shared(2, 3).reads(2, 0).reads(3, 0).writes(2, 1).writes(3, 1),
    "a flag of bools": Shared(2, 3).reads(2, True).reads(3, True).writes(2, False).writes(3, False),
    "it is set back for the next round": Shared(2, 3).reads(1, 0).adds(2, 0).adds(3, 1).sets(1, 0).adds(2, 0),
    "each element has one who writes it": (
        Shared(2, 3, type="Array", length=2)
        .reads(2, 0, **element(0)).reads(3, 0, **element(1)).writes(2, 1, **element(0)).writes(3, 1, **element(1))
    ),
    "each half has one who writes it": (
        Shared(2, 3, type="Array", length=200)
        .reads(2, "a", offset=0, size=100).reads(3, "b", offset=100, size=100)
        .writes(2, "c", offset=0, size=100).writes(3, "d", offset=100, size=100)
    ),
    "all is read, and one's own is written": (
        Shared(2, 3, type="Array", length=3)
        .reads(2, "[0, 0, 0]", offset=0, size=3).reads(3, "[0, 0, 0]", offset=0, size=3)
        .writes(2, 1, **element(1)).writes(3, 1, **element(2)).writes(2, 2, **element(1))
    ),
    "entries of their own": (
        Shared(2, 3, type="dict").reads(2, 0, key="[2]").reads(3, 0, key="[3]")
        .writes(2, 1, key="[2]").writes(3, 1, key="[3]")
    ),
    "two fill a cache": (
        Shared(2, 3, type="dict").reads(2, None, key="['a']").reads(3, None, key="['a']")
        .writes(2, "<list>", key="['a']").writes(3, "<list>", key="['a']")
    ),
    "two fields of one structure": (
        Shared(2, 3).reads(2, 0, key=".x").reads(3, 0, key=".y").writes(2, 1, key=".x").writes(3, 1, key=".y")
    ),
    "a manager has changed it meanwhile": (
        Shared(2, 3, type="list").reads(2, 5, key="[0]").reads(3, 5, key="[0]").writes(3, 6, key="[0]")
        .tell(1, "value_changed", OBJECT, method="clear").tell(2, "value_written", OBJECT, value=6, key="[0]")
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", HEALTHY)
def test_nothing_is_lost(case: str) -> None:
    run = state_of(HEALTHY[case].events)
    assert findings(run, Outcome()) == []
    assert run.cells[OBJECT].lost == 0


def test_to_count_from_0_to_1_is_no_flag() -> None:
    story = Shared(2, 3).reads(2, 0, WRITES).reads(3, 0, WRITES).writes(2, 1).writes(3, 1)
    assert [finding.id for finding in story.found()] == ["lost_update"]


def test_to_write_a_sum_is_no_flag() -> None:
    story = Shared(2, 3).reads(2, 0).reads(3, 0)
    for pid in (2, 3):
        story.tell(pid, "value_written", OBJECT, WRITES, value=1, counted=True)
    assert [finding.id for finding in story.found()] == ["lost_update"]
    again = story.sets(1, 0).reads(2, 0).reads(3, 0).writes(2, 1).writes(3, 1)  # the event of this line is interned now
    assert again.cells.lost == 2


def test_a_number_that_stands_there_again_is_as_it_was_read() -> None:
    """Two processes that let each other go first write the same again and again, as in Peterson's algorithm."""
    story = Shared(2, 3).reads(2, 1).reads(3, 1).writes(3, 1).writes(2, 0)
    assert story.found() == []
    again = Shared(2, 3).reads(2, 1).reads(3, 1).writes(3, 2).reads(3, 2).writes(3, 1).writes(2, 0)
    assert again.found() == []
    lost = Shared(2, 3).reads(2, 1).reads(3, 1).writes(3, 2).writes(2, 0)
    assert [finding.figures["count"] for finding in lost.found()] == [1]


def test_a_line_that_wrote_the_same_when_nothing_was_read_makes_no_update() -> None:
    story = Shared(2, 3).writes(2, 0, SETS).reads(2, 0).reads(3, 0).writes(3, 1).writes(2, 0, SETS)
    assert story.found() == []
    counted = Shared(2, 3).writes(2, 0, SETS).reads(2, 0).reads(3, 0).writes(3, 7).writes(2, 6)
    assert [finding.figures["count"] for finding in counted.found()] == [1]


def test_to_sell_the_last_one_twice_is_no_flag() -> None:
    story = Shared(2, 3).reads(2, 1).reads(3, 1).writes(2, 0).writes(3, 0)
    assert [finding.id for finding in story.found()] == ["lost_update"]


def test_who_holds_the_lock_of_a_value_loses_nothing_and_one_without_it_does() -> None:
    story = Shared(2, 3)
    for value in range(4):
        pid = 2 + value % 2
        story.holds(pid, LOCK, lambda pid=pid, value=value: story.adds(pid, value))  # type: ignore[misc]
    assert story.found() == []
    story.reads(3, 4)
    story.holds(2, LOCK, lambda: story.adds(2, 4))
    story.writes(3, 5)
    assert [finding.figures["count"] for finding in story.found()] == [1]


def test_the_wait_for_the_lock_inside_ends_with_the_access_and_orders_nothing() -> None:
    story = Shared(2, 3).reads(2, 0)
    story.tell(3, "lock_waiting", LOCK)
    story.reads(3, 0)
    assert not story.run.processes[3].waits
    story.tell(2, "sleep_began", seconds=1)
    story.reads(2, 0)
    assert story.run.processes[2].waits, "a signal handler may read while its thread sleeps"
    story.tell(2, "sleep_ended")
    story.writes(2, 1)
    story.tell(3, "lock_waiting", LOCK)
    story.writes(3, 1, READS)
    assert story.cells.lost == 1


def test_it_is_named_as_in_the_program() -> None:
    places: dict[str, tuple[str, dict[str, Any]]] = {
        "counter": ("Value", {}),
        "cells[3]": ("Array", {"offset": 3, "size": 1}),
        "cells[0:4]": ("Array", {"offset": 0, "size": 4}),
        "shared['sum']": ("dict", {"key": "['sum']"}),
        "space.x": ("Namespace", {"key": ".x"}),
    }
    for words, (type, place) in places.items():
        name = words.partition("[")[0].partition(".")[0]
        story = Shared(2, 3, name=name, type=type, length=9)
        story.reads(2, 5, **place).reads(3, 5, **place).writes(2, 6, **place).writes(3, 6, **place)
        (finding,) = story.found()
        assert finding.figures["file"] == words
        assert event_words(story.events[-1], story.run) == f"wrote 6 to {words}"
        assert event_words(story.events[-3], story.run) == f"read 5 from {words}"


def test_what_a_process_knows_of_it() -> None:
    story = Shared(2, 3).reads(2, 5).reads(3, 5)
    assert knowledge_words(story.run, story.run.processes[2]) == ("read 5", Knowledge.PLAIN)
    story.writes(3, 6)
    assert knowledge_words(story.run, story.run.processes[2]) == ("read 5 (it is 6 now)", Knowledge.OUT_OF_DATE)
    story.writes(2, 6)
    assert knowledge_words(story.run, story.run.processes[2]) == ("wrote 6 over p3's 6", Knowledge.ALARM)
    marks = [mark[1:] for mark in story.run.processes[2].marks]
    assert marks == [("r", 5, False), ("w", 6, True)]


def test_memory_that_is_used_again_is_another_object() -> None:
    story = Shared(2, 3).reads(2, 5).reads(3, 5).writes(2, 6)
    story.tell(1, "value_created", OBJECT, "x.py:9", name="other", type="Value", length=1, lock=None)
    assert story.writes(3, 6).found() == []
    assert story.cells.name == "other"
    story.adds(2, 6).reads(2, 7).reads(3, 7).writes(2, 8).writes(3, 8)
    story.tell(1, "value_created", OBJECT, "x.py:9", name="third", type="Value", length=1, lock=None)
    (finding,) = story.adds(2, 0).found()
    assert (finding.figures["file"], story.cells.name) == ("other", "third")


# What a manager does -----------------------------------------------------------------------------------------


def test_by_its_value_it_is_known_which_version_was_read_from_a_manager() -> None:
    story = Shared(2, 3, name="shared", type="dict").writes(1, 0, key="['sum']").reads(3, 0, key="['sum']")
    # The answers of 2 and the writes of 3 cross: it was given 0 before the manager had 1.
    story.writes(3, 1, key="['sum']").reads(2, 0, key="['sum']").writes(2, 7, key="['sum']")
    (finding,) = story.found()
    assert (finding.figures["file"], finding.figures["count"]) == ("shared['sum']", 1)
    assert "get_lock" not in finding.cure


def test_of_a_value_the_order_is_known_and_its_values_may_be_set_where_nobody_sees_it() -> None:
    story = Shared(2, 3).writes(1, 0).adds(3, 0).reads(2, 0).writes(2, 1)
    assert story.found() == []


def test_a_copy_that_is_changed_and_let_go_of() -> None:
    story = Shared(2, 3, name="shared", type="dict")
    for pid in (2, 3):
        story.reads(pid, "[]", key="['found']")
        story.tell(pid, "value_copy_changed", OBJECT, READS, value="list", key="['found']")
    (finding,) = story.found()
    assert finding.id == "copy_changed"
    expected = {
        "entry": "shared['found']",
        "object": "shared",
        "type": "list",
        "count": 2,
        "at": READS,
        "process": "p2",
    }
    assert finding.figures.items() >= expected.items()


def test_a_recording_has_what_is_known_of_each_access() -> None:
    story = Shared(2, 3, name="shared", type="dict").reads(2, 5, key="['a']").reads(3, [1], offset=2, size=1)
    story.sets(2, None).tell(2, "value_copy_changed", OBJECT, READS, value="list", key="['a']")
    run = story.run
    lines = [to_json(event, run.names) for event in story.events if event.kind.startswith("value_")]
    events = Events()
    assert [events.event_of(line, 99) for line in lines] == [
        event for event in story.events if event.kind.startswith("value_")
    ]
    odd: list[dict[str, Any]] = [{"key": 5}, {"offset": "2", "size": 1}, {"size": None}]
    for place in odd:
        with pytest.raises(Damaged):
            events.event_of(to_json(Shared(2).reads(2, 1, **place).events[-1], {}), 99)


def test_odd_places_of_a_strangers_recording_take_no_time() -> None:
    story = Shared(2, 3, type="Array", length=10**15)
    for offset, size in ((-(10**15), 10**18), (10**18, 1), (5, -(10**17))):
        for pid in (2, 3):
            story.reads(pid, 0, offset=offset, size=size).writes(pid, 1, offset=offset, size=size)
    assert story.cells.accesses == 12


# Bounds ------------------------------------------------------------------------------------------------------


def test_an_array_is_kept_by_ranges_and_no_more_is_lost_than_was() -> None:
    length = 10_000
    story = Shared(2, 3, type="Array", length=length)
    for index in range(0, length, 7):
        for pid in (2, 3):
            story.reads(pid, 0, **element(index)) if pid == 2 or index % 2 else None
        story.writes(2, 1, WRITES, **element(index))
        if index % 2:
            story.writes(3, 1, READS, **element(index))
    cells = story.cells
    races = sum(index % 2 for index in range(0, length, 7))
    assert cells.lost == races
    assert len(cells.writes) <= RANGES_KEPT
    assert len(cells.versions) <= PLACES_KEPT
    assert all(len(writes) <= WRITES_OF_A_RANGE for writes in cells.writes.values())
    assert cells.forgot, "of so many places not all are counted one by one"


def test_of_reads_the_last_ones_are_kept() -> None:
    story = Shared(2, 3, name="shared", type="dict")
    for number in range(READS_KEPT * 3):
        story.reads(2, 0, key=f"[{number}]")
    assert len(story.cells.uses[2].reads) == READS_KEPT
    assert not story.cells.forgot, "it has only read"
    assert [*forgotten_words(story.run)] == []
    story.writes(2, 1, key=f"[{READS_KEPT * 3 - 1}]")
    assert not story.cells.forgot
    story.writes(2, 1, key="[0]")
    assert story.cells.forgot
    (words,) = forgotten_words(story.run)
    assert words.startswith("there was too much to keep every read and write (files, values: 1)")


def test_of_objects_those_are_kept_that_are_used_or_lost_something() -> None:
    story = Shared(2, 3).reads(2, 5).reads(3, 5).writes(2, 6).writes(3, 6)
    for number in range(CELLS_KEPT * 2):
        story.tell(1, "value_created", number, "x.py:2", name="other", type="Value", length=1, lock=None)
    run = story.run
    assert len(run.cells) == CELLS_KEPT
    assert run.forgotten_cells == 0, "nothing was known of them"
    assert run.cells[OBJECT].lost == 1
    for number in range(CELLS_KEPT * 2):
        story.tell(2, "value_read", number, value=1)
    run = story.run
    assert len(run.cells) == CELLS_KEPT
    assert run.forgotten_cells == 0, "nobody has written them"
    for number in range(CELLS_KEPT * 2):
        story.tell(2, "value_set", number, value=1).tell(3, "value_read", number, value=1)
    run = story.run
    assert len(run.cells) == CELLS_KEPT
    assert run.forgotten_cells > CELLS_KEPT // 2
    assert run.cells[OBJECT].lost == 1
