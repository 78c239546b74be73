"""Where the time of a run went: what main waited for, how busy workers were, who held a lock longest."""

import json
from typing import Any, Self

import pytest

from procsim import language
from procsim.state.apply import apply, state_of
from procsim.state.bounds import OBJECTS_KEPT, PROCESSES_KEPT, WAITED_KEPT
from procsim.state.operations import WAITS
from procsim.state.packing import packed, unpacked
from procsim.state.run_state import RunState
from procsim.state.times import times_of
from procsim.views.base import Verdict
from procsim.views.jsonl import verdict_line
from procsim.views.text.times import FOR, times_lines
from procsim.views.times_fields import times_fields
from procsim.wire.events import KINDS
from tests.events import MS, Story

LOCK, OTHER, QUEUE, POOL = 9, 8, 7, 6
TASK: dict[str, Any] = {"job": 1, "task": 0, "items": 1, "function": "f"}


class Timed(Story):
    """Events at times of our own choosing."""

    def at(self, ms: float) -> Self:
        """The next event is at so many ms."""
        self._t = int((ms - 1) * MS)
        return self


def run_of_a_lock(type: str = "Lock") -> Timed:
    """p2 holds the lock from 100 to 400 ms, p3 from 400 to 500 ms; p3 waited since 200 ms, main joined all the time."""
    story = Timed()
    story.began(1, 2, 3).lock(LOCK, type=type)
    story.at(50).tell(1, "process_join_waiting", child=2, child_name="p2")
    story.at(100).tell(2, "lock_acquired", LOCK, "x.py:10", entered=True)
    story.at(200).tell(3, "lock_waiting", LOCK, "x.py:20")
    story.at(400).tell(2, "lock_released", LOCK).at(400).tell(3, "lock_acquired", LOCK, "x.py:20")
    story.at(500).tell(3, "lock_released", LOCK).at(600).tell(
        1, "process_joined", child=2, child_name="p2", exit_code=0
    )
    return story


def lines_of(story: Story) -> list[str]:
    return times_lines(state_of(story.events))


def fields_of(story: Story) -> dict[str, Any]:
    fields = times_fields(state_of(story.events))
    assert fields is not None
    assert json.loads(json.dumps(fields)) == fields
    return fields


def test_a_lock_was_waited_for_and_held_longest_at_a_line() -> None:
    story = run_of_a_lock()
    assert lines_of(story) == [
        "p1 waited 0.55 s of its 0.60 s for processes to end",
        "p3 waited 0.20 s for mutex; p2 held it longest, 0.30 s (x.py:10)",
        "busy, neither waiting nor asleep: p2 100 %, p3 66 % of the time",
    ]
    (lock,) = fields_of(story)["waited_for"]
    assert lock == {
        "name": "mutex",
        "type": "Lock",
        "at": "x.py:1",
        "waits": [{"kind": "lock_waiting", "object": "mutex", "seconds": 0.2, "times": 1, "processes": 1}],
        "longest_hold": {"seconds": 0.3, "process": "p2", "at": "x.py:10"},
    }


def test_what_nobody_waited_for_has_no_line() -> None:
    story = Timed()
    story.began(1, 2).lock(LOCK).queue(QUEUE)
    story.at(100).tell(2, "lock_acquired", LOCK, entered=True).at(900).tell(2, "lock_released", LOCK)
    story.at(950).tell(2, "queue_put", QUEUE, value=1).at(960).tell(1, "queue_got", QUEUE, value=1)
    assert lines_of(story) == []
    fields = fields_of(story)
    assert (fields["waited_for"], fields["pools"], fields["main"]["waits"]) == ([], [], [])


def test_a_wait_of_less_than_a_hundredth_of_the_run_has_no_line() -> None:
    story = run_of_a_lock().at(90_000)
    story.tell(1, "process_polled", child=2, child_name="p2")
    assert lines_of(story) == []
    assert len(fields_of(story)["waited_for"]) == 1


def test_an_rlock_is_held_from_its_first_acquisition_on() -> None:
    story = Timed()
    story.began(1, 2, 3).lock(LOCK, type="RLock")
    story.at(100).tell(2, "lock_acquired", LOCK, "x.py:10").at(120).tell(3, "lock_waiting", LOCK)
    for number in range(3):
        story.at(150 + 50 * number).tell(2, "lock_acquired", LOCK, "x.py:11")
        story.at(160 + 50 * number).tell(2, "lock_released", LOCK)
    story.at(300).tell(2, "lock_released", LOCK).at(301).tell(3, "lock_acquired", LOCK)
    assert fields_of(story)["waited_for"][0]["longest_hold"] == {"seconds": 0.2, "process": "p2", "at": "x.py:10"}


def test_the_wait_for_a_notice_is_no_time_in_which_its_lock_is_held() -> None:
    story = Timed()
    story.began(1, 2).lock(LOCK, "ready", "Condition")
    story.at(100).tell(2, "lock_acquired", LOCK, "x.py:10", entered=True).at(150).tell(2, "condition_waiting", LOCK)
    story.at(900).tell(2, "condition_awoke", LOCK, "x.py:11", notified=True).at(910).tell(2, "lock_released", LOCK)
    (line, _busy) = lines_of(story)
    assert line == "p2 waited 0.75 s for a notice on ready; p2 held it longest, 50.0 ms (x.py:10)"


def test_a_lock_that_is_handed_on_has_no_longest_holder() -> None:
    story = Timed()
    story.began(1, 2, 3).lock(LOCK)
    story.at(100).tell(2, "lock_acquired", LOCK).at(110).tell(3, "lock_waiting", LOCK)
    story.at(400).tell(1, "lock_released", LOCK).at(401).tell(3, "lock_acquired", LOCK)
    assert fields_of(story)["waited_for"][0]["longest_hold"] is None
    assert lines_of(story)[0] == "p3 waited 0.29 s for mutex"


def test_what_is_not_over_counts_up_to_the_end() -> None:
    """The holder is killed; who waits for its lock is ended later, and its end is noticed twice."""
    story = Timed()
    story.began(1, 2, 3).lock(LOCK)
    story.at(100).tell(2, "lock_acquired", LOCK, "x.py:10").at(200).tell(3, "lock_waiting", LOCK)
    story.at(300).tell(2, "process_ended", exit_code=-9)
    for ms in (700, 800):
        story.at(ms).tell(3, "process_ended", exit_code=-15)
    lines = lines_of(story)
    assert lines[0] == "p3 waited 0.50 s for mutex; p2 held it longest, 0.70 s (x.py:10)"
    still = Timed()
    still.events = story.events[:-2]
    still.at(650).tell(1, "process_polled", child=3, child_name="p3")
    assert lines_of(still)[0] == "p3 waited 0.45 s for mutex; p2 held it longest, 0.55 s (x.py:10)"


def test_a_queue_was_waited_for_by_those_that_put_and_those_that_take() -> None:
    story = Timed()
    story.began(1, 2, 3, 4).queue(QUEUE, "tasks", maxsize=1)
    for pid in (3, 4):
        story.at(100).tell(pid, "queue_get_waiting", QUEUE)
    for pid in (3, 4):
        story.at(300).tell(2, "queue_put", QUEUE, value=1).at(300).tell(pid, "queue_got", QUEUE, value=1)
    story.at(400).tell(2, "queue_put_waiting", QUEUE).at(500).tell(2, "queue_put", QUEUE, value=1)
    assert lines_of(story)[0] == "2 processes waited 0.40 s for items of tasks; p2 waited 0.10 s for room in tasks"


def test_managers_were_waited_for() -> None:
    story = Timed()
    story.began(1, 2, 3)
    for pid in (2, 3):
        story.at(100).tell(pid, "manager_called", type="dict", method="get")
        story.at(300).tell(pid, "manager_answered", type="dict", method="get", took=200 * MS)
    assert lines_of(story)[0] == "2 processes waited 0.40 s for a manager"
    (managers,) = fields_of(story)["waited_for"]
    assert (managers["name"], managers["waits"][0]["object"], managers["waits"][0]["processes"]) == (None, None, 2)


def test_what_only_main_waited_for_stands_in_its_line_alone() -> None:
    story = Timed()
    story.began(1, 2).queue(QUEUE).at(100).tell(1, "queue_get_waiting", QUEUE)
    story.at(400).tell(2, "queue_put", QUEUE, value=1).at(400).tell(1, "queue_got", QUEUE, value=1)
    story.at(500).tell(1, "sleep_began", seconds=1).at(1000).tell(1, "sleep_ended")
    assert lines_of(story) == ["p1 waited 0.80 s of its 1.00 s: 0.50 s asleep, 0.30 s for items of q"]


def test_a_main_that_only_sleeps_is_said_to_sleep() -> None:
    story = Timed()
    story.began(1).at(100).tell(1, "sleep_began", seconds=1).at(1000).tell(1, "sleep_ended")
    assert lines_of(story) == ["p1 slept 0.90 s of its 1.00 s"]


def run_of_a_pool(workers: int = 2, items: int = 1) -> Timed:
    """Main waits for the results from 100 to 2000 ms. The first worker takes one long task, the others a short one."""
    story = Timed()
    story.at(1).tell(1, "process_began", parent=0, daemon=False)
    story.at(2).tell(1, "pool_created", POOL, "x.py:3", name="pool", type="Pool", workers=workers, max_tasks=None)
    for pid in range(2, 2 + workers):
        story.at(3).tell(pid, "process_began", parent=1, daemon=True)
        story.at(3).tell(pid, "pool_worker_began", POOL)
    story.at(100).tell(1, "pool_submitted", POOL, "x.py:9", job=1, function="f", tasks=workers)
    story.at(100).tell(1, "pool_result_waiting", POOL, "x.py:9", job=1)
    for number, pid in enumerate(range(2, 2 + workers)):
        end = 2000 if not number else 103 + 100 * number
        story.at(103).tell(pid, "pool_task_began", POOL, "x.py:1", **TASK | {"items": items})
        story.at(end).tell(pid, "pool_task_ended", POOL, **TASK | {"items": items})
    story.at(2000).tell(1, "pool_result_got", POOL, job=1).at(2003).tell(1, "process_ended", exit_code=0)
    return story


def test_how_busy_the_workers_of_a_pool_were_and_its_longest_task() -> None:
    story = run_of_a_pool()
    assert lines_of(story) == [
        "p1 waited 1.90 s of its 2.00 s for results of pool",
        "pool: 2 workers, at a task 95 %, 5 % of the time; the longest of 2 tasks took 1.90 s: f (x.py:1)",
    ]
    (pool,) = fields_of(story)["pools"]
    assert [(each["process"], each["busy"], each["seconds"]) for each in pool["workers"]] == [
        ("p2", 1.897, 2.0),
        ("p3", 0.1, 2.0),
    ]
    assert pool["longest_task"] == {"seconds": 1.897, "process": "p2", "at": "x.py:1", "function": "f", "items": 1}


def test_of_many_workers_the_least_and_the_most_busy_are_said() -> None:
    lines = lines_of(run_of_a_pool(workers=8, items=12))
    assert lines[1] == (
        "pool: 8 workers, at a task 5 % to 95 %, on average 29 % of the time; the longest of 8 tasks took 1.90 s: "
        "12 calls of f (x.py:1)"
    )


def test_a_task_that_is_not_answered_counts_up_to_the_end_of_its_worker() -> None:
    story = run_of_a_pool()
    story.events = [event for event in story.events if event.kind != "pool_task_ended"]
    story.at(1103).tell(2, "process_ended", exit_code=-9)
    (pool,) = fields_of(story)["pools"]
    assert [each["busy"] for each in pool["workers"]] == [1.0, 1.9]
    assert pool["longest_task"]["process"] == "p3"


def test_a_run_that_moves_by_steps_has_no_times() -> None:
    story = run_of_a_lock()
    story.tell(1, "gate_reached", operation="lock_acquired", ready=True, subject=None, native_id=1)
    assert lines_of(story) != []
    story.tell(1, "gate_passed", operation="lock_acquired")
    assert lines_of(story) == []
    assert "times" not in verdict_line(Verdict("x"), state_of(story.events))


def test_the_verdict_has_them() -> None:
    run = state_of(run_of_a_lock().events)
    assert verdict_line(Verdict("x"), run)["times"] == times_fields(run)
    assert "times" not in verdict_line(Verdict("x"))


def test_a_state_that_was_packed_has_the_same_times() -> None:
    run = state_of(run_of_a_lock("RLock").events)
    assert times_of(unpacked(packed(run))) == times_of(run)


def test_few_lines_however_much_was_waited_for() -> None:
    story = Timed()
    story.began(*range(1, 30))
    for identity in range(100, 130):
        story.lock(identity, f"lock{identity}")
    for pid in range(2, 30):
        story.at(100).tell(pid, "lock_waiting", 98 + pid).at(900 + pid).tell(pid, "lock_acquired", 98 + pid)
    lines = lines_of(story)
    assert len(lines) == 7
    assert lines[0].startswith("p29 waited 0.83 s for lock127")
    assert lines[5] == "… and 23 more that were waited for"
    shares = "28 processes 8 % to 13 %, on average 11 %"
    assert lines[6] == f"busy, neither waiting nor asleep: {shares} of the time"


def test_what_forgotten_processes_waited_for_is_kept_and_that_they_are_forgotten_is_said() -> None:
    run, story = RunState(), Timed()
    story.began(1).lock(LOCK)
    count = PROCESSES_KEPT + 10
    for pid in range(2, 2 + count):
        story.began(pid).tell(pid, "lock_waiting", LOCK).tell(pid, "lock_acquired", LOCK)
        story.tell(pid, "lock_released", LOCK).tell(pid, "process_ended", exit_code=0)
    for event in story.events:
        apply(run, event)
    assert run.forgotten_processes
    times = times_of(run)
    assert times is not None
    ((waits,),) = (thing.waits for thing in times.things)
    assert (waits.ns, waits.times, waits.processes) == (count * MS, count, count)
    lines = times_lines(run)
    assert lines[0].startswith(f"{count} processes waited {count / 1000:.2f} s for mutex; ")
    assert lines[-1] == (
        f"of {run.forgotten_processes} processes and 0 objects that were not used any more only the waits are known"
    )


def test_what_forgotten_locks_were_waited_for_is_kept() -> None:
    run, story = RunState(), Timed()
    story.began(1, 2).lock(LOCK, "first").tell(2, "lock_waiting", LOCK).at(5000).tell(2, "lock_acquired", LOCK)
    story.tell(2, "lock_released", LOCK)
    for identity in range(100, 100 + OBJECTS_KEPT):
        story.lock(identity, f"lock{identity}")
    for event in story.events:
        apply(run, event)
    assert (LOCK in run.locks, run.forgotten_objects > 0) == (False, True)
    lines = times_lines(run)
    assert lines[0] == "p2 waited 5.00 s for first"
    assert lines[-1] == (
        f"of 0 processes and {run.forgotten_objects} objects that were not used any more only the waits are known"
    )


def test_what_one_process_has_waited_for_has_a_bound_and_its_sum_stays_right() -> None:
    story = Timed()
    story.began(1)
    for identity in range(100, 100 + 3 * WAITED_KEPT):
        story.tell(1, "lock_waiting", identity).tell(1, "lock_acquired", identity)
    run = state_of(story.events)
    assert len(run.processes[1].waited) == WAITED_KEPT + 1
    times = times_of(run)
    assert times is not None and times.main is not None
    assert times.main.waited == 3 * WAITED_KEPT * MS
    assert times_lines(run)[0] == "p1 waited 0.30 s of its 0.60 s: 0.20 s for several things"


def test_each_kind_of_wait_has_words() -> None:
    assert set(FOR) == {kind for kind in WAITS if kind in KINDS}


@pytest.fixture
def chinese() -> Any:
    language.choose("zh")
    yield
    language.choose("en")


@pytest.mark.usefixtures("chinese")
def test_they_speak_chinese() -> None:
    assert lines_of(run_of_a_lock()) == [
        "p1 在 0.60 s 里等了 0.55 s：进程结束",  # noqa: RUF001 - Chinese punctuation is meant
        "p3 等了 0.20 s：mutex；p2 持有它的时间最长，为 0.30 s（x.py:10）",  # noqa: RUF001
        "忙碌（既不等待也不睡眠）的时间占比：p2 100 %、p3 66 %",  # noqa: RUF001
    ]
