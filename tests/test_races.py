"""Updates that came out right by luck: which are found, and what keeps two updates in order."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from procsim.findings import Finding, Outcome, findings
from procsim.state.apply import apply
from procsim.state.bounds import CLOCKS_KEPT, COUNTED_KEPT, UPDATES_KEPT
from procsim.state.clocks import Clocks, joined
from procsim.state.races import Races
from procsim.state.run_state import RunState
from tests.events import Story

FILE = 1 << 63 | 7
LOCK, OTHER_LOCK = 100, 101
THING, OTHER_END = 200, 201


class Program(Story):
    """Processes 2, 3 … that process 1 has started, and that read and write a file."""

    def __init__(self, *pids: int) -> None:
        super().__init__()
        self.began(1)
        self.count = 0
        for pid in pids:
            self.starts(pid)

    def starts(self, pid: int, parent: int = 1) -> "Program":
        self.tell(parent, "process_start_called", child_name=f"p{pid}")
        self.tell(parent, "process_started", child=pid, child_name=f"p{pid}", daemon=False, method="fork", number=1)
        self.tell(pid, "process_began", parent=parent, daemon=False)
        return self

    def reads(self, pid: int, file: int = FILE, at: str = "x.py:6", offset: int = 0) -> "Program":
        value = str(self.count)
        self.tell(pid, "file_opened", file, "x.py:5", path="/f/n.txt", mode="r")
        self.tell(pid, "file_read", file, at, path="/f/n.txt", value=value, size=len(value), offset=offset)
        self.tell(pid, "file_closed", file, at, path="/f/n.txt")
        return self

    def writes(self, pid: int, file: int = FILE, mode: str = "w", offset: int = 0) -> "Program":
        self.count += 1
        value = str(self.count)
        self.tell(pid, "file_opened", file, "x.py:7", path="/f/n.txt", mode=mode)
        self.tell(pid, "file_written", file, "x.py:8", path="/f/n.txt", value=value, size=len(value), offset=offset)
        self.tell(pid, "file_closed", file, "x.py:8", path="/f/n.txt")
        return self

    def updates(self, pid: int, file: int = FILE) -> "Program":
        self.reads(pid, file)
        return self.writes(pid, file)

    def holds(self, pid: int, lock: int, then: Callable[[], object]) -> "Program":
        self.tell(pid, "lock_acquired", lock, entered=True)
        then()
        self.tell(pid, "lock_released", lock)
        return self

    def ends(self, pid: int) -> "Program":
        self.tell(pid, "process_ended", exit_code=0)
        return self


def played(story: Story) -> RunState:
    run = RunState(races=Races())
    for event in story.events:
        apply(run, event)
    return run


def found(story: Story) -> list[Finding]:
    return findings(played(story), Outcome())


def ids(story: Story) -> list[str]:
    return [finding.id for finding in found(story)]


# What is found -----------------------------------------------------------------------------------------------


def test_two_updates_that_nothing_keeps_in_order() -> None:
    (finding,) = found(Program(2, 3).updates(2).updates(3))
    assert finding.id == "could_be_lost"
    assert not finding.certain
    expected = {"file": "n.txt", "first": "p2", "second": "p3", "second_read": "'1'", "first_wrote": "'1'"}
    assert finding.figures.items() >= expected.items()
    assert (finding.figures["second_read_at"], finding.figures["first_wrote_at"]) == ("x.py:6", "x.py:8")
    assert finding.text.startswith("could be lost")


def test_it_is_asked_for() -> None:
    run = RunState()
    for event in Program(2, 3).updates(2).updates(3).events:
        apply(run, event)
    assert findings(run, Outcome()) == []


def test_what_was_lost_is_certain_and_said_alone() -> None:
    program = Program(2, 3).updates(2).updates(3).reads(2).reads(3).writes(2).writes(3)
    assert ids(program) == ["lost_update"]


def test_one_finding_for_each_file() -> None:
    program = Program(2, 3, 4).updates(2).updates(3).updates(4).updates(2, FILE + 1).updates(3, FILE + 1)
    run = played(program)
    assert run.races is not None
    assert len(run.races.found) == 2


def test_main_and_a_child_that_nobody_has_waited_for() -> None:
    assert ids(Program(2).updates(1).updates(2)) == ["could_be_lost"]
    assert ids(Program(2).updates(2).updates(1)) == ["could_be_lost"]


def test_what_comes_after_the_first_sign_of_a_start_is_not_before_the_child() -> None:
    program = Program()
    program.tell(1, "process_start_called", child_name="p2")
    program.updates(1).tell(2, "process_began", parent=1, daemon=False)
    assert ids(program.updates(2)) == ["could_be_lost"]


def test_a_sign_that_was_given_too_early() -> None:
    program = Program(2, 3)
    program.tell(2, "queue_put", THING, value="early")
    program.updates(2).tell(3, "queue_got", THING, value="early")
    assert ids(program.updates(3)) == ["could_be_lost"]


def test_a_sign_to_somebody_else() -> None:
    program = Program(2, 3, 4).updates(2)
    program.tell(2, "queue_put", THING, value="done").tell(4, "queue_got", THING, value="done")
    assert ids(program.updates(3)) == ["could_be_lost"]


# Locks -------------------------------------------------------------------------------------------------------


def with_lock(one: int = LOCK, other: int = LOCK, value: int = 1) -> Program:
    program = Program(2, 3)
    program.lock(LOCK, value=value).lock(OTHER_LOCK, value=value)
    program.holds(2, one, lambda: program.updates(2))
    return program.holds(3, other, lambda: program.updates(3))


def test_the_same_lock_from_read_to_write() -> None:
    assert ids(with_lock()) == []


def test_two_locks_keep_nobody_out() -> None:
    assert ids(with_lock(other=OTHER_LOCK)) == ["could_be_lost"]


def test_a_semaphore_for_two_keeps_nobody_out() -> None:
    assert ids(with_lock(value=2)) == ["could_be_lost"]


def test_a_lock_that_only_one_of_them_holds() -> None:
    program = Program(2, 3)
    program.lock(LOCK)
    assert ids(program.holds(2, LOCK, lambda: program.updates(2)).updates(3)) == ["could_be_lost"]


def test_a_lock_around_something_else() -> None:
    program = Program(2, 3)
    program.lock(LOCK)
    program.updates(2).holds(2, LOCK, lambda: None).holds(3, LOCK, lambda: None).updates(3)
    assert ids(program) == ["could_be_lost"]


def test_a_lock_for_each_half() -> None:
    program = Program(2, 3)
    program.lock(LOCK)
    for pid in (2, 3):
        program.holds(pid, LOCK, lambda pid=pid: program.reads(pid))  # type: ignore[misc]
        program.holds(pid, LOCK, lambda pid=pid: program.writes(pid))  # type: ignore[misc]
    assert ids(program) == ["could_be_lost"]


def test_a_lock_of_an_own_inside_one_of_all() -> None:
    program = Program(2, 3)
    program.lock(LOCK).lock(OTHER_LOCK)
    for pid, own in ((2, 300), (3, 301)):
        program.holds(pid, LOCK, lambda pid=pid, own=own: program.holds(pid, own, lambda: program.updates(pid)))  # type: ignore[misc]
    assert ids(program) == []


def test_a_condition_is_released_while_it_is_waited_for() -> None:
    program = Program(2, 3)
    program.lock(LOCK, type="Condition")
    program.holds(2, LOCK, lambda: program.updates(2))
    program.tell(3, "lock_acquired", LOCK, entered=True)
    program.reads(3).tell(3, "condition_waiting", LOCK, timeout=1, native_id=1, interruptible=False)
    program.tell(3, "condition_awoke", LOCK, notified=False)
    program.writes(3).tell(3, "lock_released", LOCK)
    assert ids(program) == ["could_be_lost"]


def test_a_lock_that_was_held_when_the_other_was_started() -> None:
    program = Program()
    program.lock(LOCK).tell(1, "lock_acquired", LOCK, entered=False)
    program.starts(2).updates(1).tell(1, "lock_released", LOCK)
    assert ids(program.holds(2, LOCK, lambda: None).updates(2)) == []


def test_a_lock_that_another_releases_is_a_signal() -> None:
    program = Program(2, 3)
    program.lock(LOCK).tell(1, "lock_acquired", LOCK, entered=False)
    program.updates(2).tell(2, "lock_released", LOCK).tell(3, "lock_acquired", LOCK, entered=False)
    assert ids(program.updates(3)) == []


def test_semaphores_in_turns() -> None:
    program = Program(2, 3)
    program.lock(LOCK, type="Semaphore").lock(OTHER_LOCK, type="Semaphore", value=0)
    for _ in range(3):
        program.tell(2, "lock_acquired", LOCK, entered=False).updates(2).tell(2, "lock_released", OTHER_LOCK)
        program.tell(3, "lock_acquired", OTHER_LOCK, entered=False).updates(3).tell(3, "lock_released", LOCK)
    assert ids(program) == []


# What keeps in order -----------------------------------------------------------------------------------------


def _joined(program: Program) -> None:
    program.ends(2).tell(1, "process_joined", child=2, child_name="p2", exit_code=0)
    program.starts(3)


def _end_seen(program: Program) -> None:
    program.ends(2).tell(1, "process_end_seen", child=2, child_name="p2")
    program.starts(3)


def _all_ends_seen(program: Program) -> None:
    program.ends(2).tell(1, "process_end_seen", child=None, child_name=None)
    program.starts(3)


def _by(*told: tuple[int, str, int, dict[str, Any]]) -> Callable[[Program], None]:
    def keep(program: Program) -> None:
        program.starts(3)
        for pid, kind, thing, fields in told:
            program.tell(pid, kind, thing, **fields)

    return keep


ENDS: dict[str, Any] = {"timeout": None, "native_id": 1, "interruptible": False}
ORDERED: dict[str, Callable[[Program], None]] = {
    "joined": _joined,
    "its end was seen": _end_seen,
    "all ends were seen": _all_ends_seen,
    "a queue": _by((2, "queue_put", THING, {"value": 1}), (3, "queue_got", THING, {"value": 1})),
    "through a third": _by(
        (2, "queue_put", THING, {"value": 1}),
        (1, "queue_got", THING, {"value": 1}),
        (1, "event_set", OTHER_END, {}),
        (3, "event_seen", OTHER_END, {}),
    ),
    "an event": _by((2, "event_set", THING, {}), (3, "event_awaited", THING, {"is_set": True})),
    "an event that was set": _by((2, "event_set", THING, {}), (3, "event_seen", THING, {})),
    "a barrier": _by((2, "barrier_waiting", THING, ENDS), (3, "barrier_passed", THING, {"position": 0})),
    "tasks done": _by((2, "queue_task_done", THING, {}), (3, "queue_joined", THING, {})),
    "a pipe": _by(
        (1, "pipe_created", THING, {"name": "a", "type": "Pipe", "other": OTHER_END}),
        (1, "pipe_created", OTHER_END, {"name": "b", "type": "Pipe", "other": THING}),
        (2, "pipe_sent", THING, {"value": 1}),
        (3, "pipe_received", OTHER_END, {"value": 1}),
    ),
    "a socket of two ends": _by((2, "pipe_sent", 5, {"value": 1}), (3, "pipe_received", 6, {"value": 1})),
    "an end of a pipe": _by((3, "pipe_ended", THING, {})),
    "room in a queue": _by(
        (2, "queue_get_called", THING, {}),
        (3, "queue_put", THING, {"value": 2}),
    ),
    "a manager": _by(
        (2, "manager_called", 0, {"type": "dict", "method": "update", **ENDS}),
        (3, "manager_answered", 0, {"type": "dict", "method": "__getitem__", "took": 1}),
    ),
    "a path": _by(
        (2, "path_changed", 0, {"path": "/f/done"}), (3, "path_seen", 0, {"path": "/f/done", "closely": False})
    ),
    "a folder": _by((2, "path_changed", 0, {"path": "/f/done"}), (3, "path_seen", 0, {"path": "/f", "closely": False})),
    "a flag in memory": _by((2, "value_set", THING, {"value": 1}), (3, "value_read", THING, {"value": 1})),
    "a method that changes entries": _by(
        (2, "value_changed", THING, {"method": "update"}), (3, "value_read", THING, {"value": 1, "key": "['a']"})
    ),
    "an entry with an odd key": _by(
        (1, "value_created", THING, {"name": "d", "type": "dict", "length": 1, "lock": None}),
        (2, "manager_called", 0, {"type": "dict", "method": "__setitem__", **ENDS}),
        (3, "manager_answered", 0, {"type": "dict", "method": "__getitem__", "took": 1}),
    ),
    "a queue that is not empty": _by(
        (2, "queue_put", THING, {"value": 1}), (3, "queue_asked", THING, {"empty": False})
    ),
    "a count in memory": _by(
        (2, "value_read", THING, {"value": 0}),
        (2, "value_written", THING, {"value": 1}),
        (3, "value_read", THING, {"value": 1}),
    ),
    "what cannot be followed": _by(
        (2, "unfollowed_used", 0, {"what": "socket", "other": 0}),
        (3, "unfollowed_used", 0, {"what": "socket", "other": 0}),
    ),
    "a signal": _by((2, "unfollowed_used", 0, {"what": "signal", "other": 3})),
    "a signal to end": _by((2, "process_terminated", 0, {"child": 3, "child_name": "p3"})),
    "a look at something": _by((3, "surroundings_seen", 0, {})),
    "a file that was made": _by(
        (2, "file_opened", FILE + 1, {"path": "/f/done", "mode": "w"}),
        (3, "file_opened", FILE + 1, {"path": "/f/done", "mode": "r"}),
    ),
    "a file that was renamed": _by(
        (2, "file_written", FILE + 1, {"path": "/f/almost", "value": "yes", "size": 3, "offset": 0}),
        (3, "file_read", FILE + 1, {"path": "/f/done", "value": "yes", "size": 3, "offset": 0}),
    ),
    "a file that is written by a descriptor": _by(
        (2, "unfollowed_used", FILE + 1, {"what": "file", "other": 0}),
        (3, "file_read", FILE + 1, {"path": "/f/done", "value": "yes", "size": 3, "offset": 0}),
    ),
    "a file that is read by a descriptor": _by((3, "unfollowed_used", 0, {"what": "descriptor", "other": 0})),
    "the size of the file itself": _by((3, "path_seen", 0, {"path": "/f/n.txt", "closely": True})),
}


@pytest.mark.parametrize("kept", ORDERED.values(), ids=[*ORDERED])
def test_what_keeps_two_updates_in_order(kept: Callable[[Program], None]) -> None:
    program = Program(2).updates(2)
    kept(program)
    assert ids(program.updates(3)) == []


@pytest.mark.parametrize("kept", ORDERED.values(), ids=[*ORDERED])
def test_it_keeps_nothing_in_order_the_other_way_round(kept: Callable[[Program], None]) -> None:
    """The one that was told makes its update first."""
    if kept in (_joined, _end_seen, _all_ends_seen) or kept in (
        ORDERED[name] for name in ("what cannot be followed", "a signal")
    ):
        return
    program = Program(2)
    kept(program)
    assert ids(program.updates(3).updates(2)) == ["could_be_lost"]


def test_locks_of_the_system() -> None:
    program = Program(2, 3)
    for pid in (2, 3):
        program.tell(pid, "file_locked", THING)
        program.updates(pid)
    assert ids(program) == []


def test_the_tasks_of_a_pool() -> None:
    program = Program(2, 3)
    task: dict[str, Any] = {"task": 0, "items": 1, "function": "f"}
    for job, pid in enumerate((2, 3)):
        program.tell(1, "pool_submitted", THING, job=job, function="f", tasks=1)
        program.tell(pid, "pool_task_began", THING, job=job, **task)
        program.updates(pid).tell(pid, "pool_task_ended", THING, job=job, **task)
    assert ids(program) == []


def test_tasks_that_were_submitted_together() -> None:
    program = Program(2, 3)
    program.tell(1, "pool_submitted", THING, job=0, function="f", tasks=2)
    for number, pid in enumerate((2, 3)):
        program.tell(pid, "pool_task_began", THING, job=0, task=number, items=1, function="f")
        program.updates(pid)
    assert ids(program) == ["could_be_lost"]


def test_programs_that_a_process_waits_for() -> None:
    program = Program()
    program.tell(2, "process_began", parent=1, daemon=False)
    program.updates(2).tell(3, "process_began", parent=1, daemon=False)
    assert ids(program.updates(3)) == []


def test_two_programs_that_run_at_once() -> None:
    program = Program()
    program.tell(2, "process_began", parent=1, daemon=False)
    program.tell(3, "process_began", parent=1, daemon=False)
    assert ids(program.updates(2).updates(3)) == ["could_be_lost"]


# What is no update -------------------------------------------------------------------------------------------


NO_UPDATES = {
    "one only reads": Program(2, 3).updates(2).reads(3),
    "one only writes": Program(2, 3).updates(2).writes(3),
    "they append": Program(2, 3).reads(2).writes(2, mode="a").reads(3).writes(3, mode="a"),
    "other bytes": Program(2, 3).reads(2).writes(2, mode="r+").reads(3, offset=4).writes(3, mode="r+", offset=4),
    "its own": Program(2, 3).updates(2).updates(2),
    "one polls it": Program(2, 3)
    .updates(2)
    .reads(3, at="x.py:9")
    .reads(3, at="x.py:9")
    .reads(3, at="x.py:9")
    .updates(3),
}


@pytest.mark.parametrize("program", NO_UPDATES.values(), ids=[*NO_UPDATES])
def test_no_update(program: Program) -> None:
    assert ids(program) == []


def test_two_that_fill_a_cache() -> None:
    program = Program(2, 3).updates(2).reads(3)
    program.count = 0  # it writes what is there
    assert ids(program.writes(3)) == []


def test_a_flag_in_a_file_orders_other_files() -> None:
    program = Program(2, 3).updates(2).writes(2, FILE + 1).reads(3, FILE + 1).updates(3)
    assert ids(program) == []


def test_a_value_that_two_count_up_by_luck() -> None:
    program = Program(2, 3)
    program.tell(1, "value_created", THING, name="counter", type="Synchronized", length=1, lock=LOCK)
    for number, pid in enumerate((2, 3)):
        program.tell(pid, "value_read", THING, "x.py:6", value=number)
        program.tell(pid, "value_written", THING, "x.py:6", value=number + 1)
    run = played(program)
    assert run.races is not None
    assert list(run.races.found) == [(THING, "")]


def test_values_under_a_lock_and_at_other_places() -> None:
    program = Program(2, 3)
    program.lock(LOCK)
    for number, pid in enumerate((2, 3)):
        program.tell(pid, "lock_acquired", LOCK, entered=True)
        program.tell(pid, "value_read", THING, value=number).tell(pid, "value_written", THING, value=number + 1)
        program.tell(pid, "lock_released", LOCK)
        program.tell(pid, "value_read", OTHER_END, value=0, offset=number, size=1)
        program.tell(pid, "value_written", OTHER_END, value=1, offset=number, size=1)
        program.tell(pid, "value_read", 300, value=0, key=f"[{pid}]")
        program.tell(pid, "value_written", 300, value=1, key=f"[{pid}]")
    run = played(program)
    assert run.races is not None
    assert run.races.found == {}


# Bounds ------------------------------------------------------------------------------------------------------


def test_clocks_are_the_same_as_those_that_forget_nothing() -> None:
    """By chance, but the same in each run: who knows what, beside sets of all updates that came before."""
    chance = random.Random(7)
    for _ in range(200):
        clocks, known, told = Clocks(), dict[int, set[tuple[int, int]]](), dict[int, set[tuple[int, int]]]()
        made: list[tuple[tuple[int, int], tuple[int, int]]] = []
        for step in range(60):
            pid, key = chance.randrange(4), chance.randrange(3)
            match chance.randrange(3):
                case 0:
                    update = (pid, step)
                    made.append((clocks.update(pid), update))
                    known.setdefault(pid, set()).add(update)
                case 1:
                    clocks.tell(pid, key)
                    told.setdefault(key, set()).update(known.get(pid, ()))
                case 2:
                    clocks.learn(pid, key)
                    known.setdefault(pid, set()).update(told.get(key, ()))
            for (maker, number), update in made:
                for other in range(4):
                    if other != maker:
                        assert (clocks.of(other).get(maker, 0) >= number) == (update in known.get(other, ()))


def test_a_clock_that_knows_all_is_handed_on_as_it_is() -> None:
    more = {1: 2, 2: 1}
    assert joined({1: 1}, more) is more
    assert joined(more, {1: 1}) is more
    assert joined({1: 1}, {2: 1}) == {1: 1, 2: 1}


def test_what_many_processes_have_updated_is_forgotten() -> None:
    program = Program()
    for pid in range(2, COUNTED_KEPT * 3):
        program.starts(pid).updates(pid).ends(pid)
        program.tell(1, "process_joined", child=pid, child_name=f"p{pid}", exit_code=0)
    run = played(program)
    assert run.races is not None
    assert run.races.found == {}
    clocks = run.races.order.clocks
    assert max(len(clocks.of(pid)) for pid in range(COUNTED_KEPT * 3)) <= COUNTED_KEPT
    (cell,) = run.races._cells.values()
    assert len(cell.updates) <= UPDATES_KEPT
    program.updates(COUNTED_KEPT * 3 - 1).starts(9998).starts(9999).updates(9998).updates(9999)
    assert ids(program) == ["could_be_lost"]


def test_what_was_handed_on_through_too_many_objects_counts_for_all() -> None:
    program = Program(2, 3).updates(2)
    for thing in range(CLOCKS_KEPT + 100):
        program.tell(2, "queue_put", 1000 + thing, value=1)
    program.tell(3, "queue_got", 1000, value=1)
    assert ids(program.updates(3)) == []
