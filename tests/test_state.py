"""What is known of a run after its events."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from procsim.state.apply import CHANGES, state_of
from procsim.state.bounds import LINES_KEPT, POINTS_KEPT
from procsim.state.history import Series
from procsim.state.operations import MOMENTS, WAITS
from procsim.wire.events import KINDS
from tests.events import MS, Story


def test_a_process_from_its_creation_to_its_end() -> None:
    story = Story().began(1)
    story.tell(1, "process_created", child_name="p2", daemon=True)
    story.tell(1, "process_started", child=2, child_name="p2", daemon=True, method="fork")
    story.tell(2, "process_began", parent=1, daemon=True)
    run = state_of(story.events)
    assert (run.processes[2].name, run.processes[2].parent, run.processes[2].daemon) == ("p2", 1, True)
    story.tell(2, "process_returned").tell(2, "process_ended", exit_code=0)
    child = state_of(story.events).processes[2]
    assert (child.alive, child.exit_code, child.returned, child.ended) == (False, 0, 5 * MS, 6 * MS)


def test_a_child_may_say_that_it_began_before_its_parent_says_that_it_started_it() -> None:
    story = Story().began(1).tell(1, "process_created", child_name="p2", daemon=False).began(2)
    story.tell(1, "process_started", child=2, child_name="p2", daemon=False, method="spawn")
    run = state_of(story.events)
    assert (run.process_count, run.processes[2].began) == (2, 3 * MS)


def test_a_pid_that_the_system_uses_again_is_another_process() -> None:
    story = Story().began(1, 2).tell(2, "process_ended", exit_code=0)
    story.tell(1, "process_started", child=2, child_name="other", daemon=False, method="fork")
    run = state_of(story.events)
    assert (run.processes[2].name, run.processes[2].alive) == ("other", True)


def test_who_holds_a_lock_and_who_waits() -> None:
    story = Story().began(1, 2, 3).lock(9).tell(2, "lock_acquired", 9).tell(3, "lock_waiting", 9, "x.py:7")
    run = state_of(story.events)
    assert run.locks[9].holders == {2: 1}
    (wait,) = run.now_waiting()
    assert (wait.process, wait.kind, wait.object, wait.at) == ("p3", "lock_waiting", 9, "x.py:7")
    assert run.processes[3].waiting is wait
    story.tell(2, "lock_released", 9).tell(3, "lock_acquired", 9)
    run = state_of(story.events)
    assert run.locks[9].holders == {3: 1}
    assert not list(run.now_waiting())
    assert run.waited("lock_waiting") == 2 * MS
    assert run.locks[9].most_holders == 1


def test_a_thread_that_has_acquired_a_lock_asks_for_it_no_longer() -> None:
    story = Story().began(1).lock(9)
    for _ in range(3):
        story.tell(1, "lock_waiting", 9, "x.py:7", timeout=0.1).tell(1, "lock_refused", 9, "x.py:7", took=100 * MS)
    (poll,) = state_of(story.events).processes[1].polls.values()
    assert (poll.object, poll.times) == (9, 3)
    story.tell(1, "lock_waiting", 9, "x.py:7", timeout=0.1).tell(1, "lock_acquired", 9, "x.py:7")
    assert state_of(story.events).processes[1].polls == {}


def test_a_reentrant_lock_is_held_until_it_was_released_as_often() -> None:
    story = Story().began(1).lock(9, type="RLock").tell(1, "lock_acquired", 9).tell(1, "lock_acquired", 9)
    story.tell(1, "lock_released", 9)
    assert state_of(story.events).locks[9].holders == {1: 1}
    story.tell(1, "lock_released", 9)
    assert state_of(story.events).locks[9].holders == {}


def test_a_semaphore_that_is_raised_by_one_who_never_acquired_it() -> None:
    story = Story().began(1, 2).lock(9, type="Semaphore", value=0).tell(2, "lock_released", 9)
    assert state_of(story.events).locks[9].holders == {}


def test_who_waits_on_a_condition_lets_go_of_its_lock() -> None:
    story = Story().began(1, 2).lock(9, type="Condition").tell(2, "lock_acquired", 9).tell(2, "condition_waiting", 9)
    assert state_of(story.events).locks[9].holders == {}
    story.tell(2, "condition_awoke", 9, notified=True)
    run = state_of(story.events)
    assert run.locks[9].holders == {2: 1}
    assert run.processes[2].waiting is None


def test_the_depth_of_a_queue_and_who_put_and_got() -> None:
    story = Story().began(1, 2).queue(7, type="JoinableQueue", maxsize=2)
    story.tell(1, "queue_put", 7, value="a").tell(1, "queue_put", 7, value="b").tell(2, "queue_got", 7, value="a")
    queue = state_of(story.events).queues[7]
    assert (queue.depth, queue.peak, queue.unfinished) == (1, 2, 2)
    assert (queue.put, queue.got) == (Counter({1: 2}), Counter({2: 1}))
    story.tell(2, "queue_task_done", 7)
    assert state_of(story.events).queues[7].unfinished == 1


def test_which_get_freed_a_put_that_was_blocked() -> None:
    story = Story().began(1, 2, 3).queue(7, maxsize=1).tell(1, "queue_put", 7, value=1)
    story.tell(1, "queue_put_waiting", 7, value=2).tell(3, "queue_got", 7, value=1).tell(1, "queue_put", 7, value=2)
    (wait,) = state_of(story.events).waits
    assert (wait.kind, wait.freed_by, wait.until) == ("queue_put_waiting", 3, 8 * MS)


def test_the_get_that_freed_a_put_may_be_told_after_it() -> None:
    story = Story().began(1, 2).queue(7, maxsize=1).tell(1, "queue_put", 7, value=1)
    story.tell(1, "queue_put_waiting", 7, value=2).tell(1, "queue_put", 7, value=2).tell(2, "queue_got", 7, value=1)
    run = state_of(story.events)
    assert run.waits[0].freed_by == 2
    assert run.queues[7].peak == 1, "never more than the queue holds"


def test_which_put_freed_a_get_that_was_blocked() -> None:
    story = Story().began(1, 2).queue(7).tell(2, "queue_get_waiting", 7).tell(1, "queue_put", 7, value=1)
    story.tell(2, "queue_got", 7, value=1)
    (wait,) = state_of(story.events).waits
    assert (wait.kind, wait.freed_by) == ("queue_get_waiting", 1)


def dropping(story: Story) -> Story:
    return story.tell(1, "queue_item_dropped", 7, "x.py:5", value="print", items=1, type="TypeError", text="")


def test_no_put_is_said_to_have_ended_a_wait_that_took_what_another_one_had_put() -> None:
    story = Story().began(1, 2, 3).queue(7).tell(3, "queue_get_waiting", 7)
    story.tell(1, "queue_put", 7, value="print").tell(2, "queue_put", 7, value=1)
    late = dropping(Story().tell(3, "queue_got", 7, value=1))  # or it is known only when the next item was taken
    early = dropping(Story()).tell(3, "queue_got", 7, value=1)
    for rest in (late, early):
        run = state_of([*story.events, *rest.events])
        assert [wait.freed_by for wait in run.waits] == [None]
        assert run.queues[7].depth == 0


def test_what_is_put_after_an_item_was_dropped_ends_waits_as_before() -> None:
    story = dropping(Story().began(1, 2, 3).queue(7).tell(1, "queue_put", 7, value="print"))
    story.tell(3, "queue_get_waiting", 7).tell(2, "queue_put", 7, value=1).tell(3, "queue_got", 7, value=1)
    assert [wait.freed_by for wait in state_of(story.events).waits] == [2]


def test_no_get_is_said_to_have_made_room_that_a_dropped_item_left() -> None:
    story = Story().began(1, 2).queue(7, maxsize=1).tell(1, "queue_put", 7, value="print")
    dropping(story.tell(1, "queue_put_waiting", 7, value=1).tell(1, "queue_put", 7, value=1))
    story.tell(2, "queue_got", 7, value=1)
    assert [wait.freed_by for wait in state_of(story.events).waits] == [None]


def test_what_a_process_waited_for_when_it_ended_stays_known() -> None:
    story = Story().began(1, 2).lock(9).tell(2, "lock_waiting", 9).tell(2, "process_ended", exit_code=-9)
    run = state_of(story.events)
    assert run.processes[2].waiting is not None
    assert not list(run.now_waiting())
    assert run.waits[0].until == 5 * MS


def test_objects_of_one_name_are_told_apart() -> None:
    run = state_of(Story().began(1).lock(9, "forks").lock(10, "forks").events)
    assert [run.name(9), run.name(10)] == ["forks", "forks-2"]


def test_gauges_remember_where_they_began() -> None:
    story = Story().began(1).tell(1, "noted", name="stock", value=3).tell(1, "noted", name="stock", value=-4)
    gauge = state_of(story.events).gauges["stock"]
    assert (gauge.first, gauge.value) == (3, -4)


def test_parts_of_a_line_become_one_line() -> None:
    story = Story().began(1).tell(1, "printed", text="one ", stream="stdout")
    story.tell(1, "printed", text="line\nand the next\n", stream="stdout")
    assert [line.text for line in state_of(story.events).lines] == ["one line", "and the next"]


def test_the_past_is_bounded() -> None:
    story = Story().began(1)
    for number in range(LINES_KEPT + 10):
        story.tell(1, "printed", text=f"{number}\n", stream="stdout")
    lines = state_of(story.events).lines
    assert (len(lines), lines[-1].text) == (LINES_KEPT, str(LINES_KEPT + 9))


@given(st.integers(0, 3 * POINTS_KEPT))
def test_a_curve_is_thinned_out_and_keeps_its_beginning(count: int) -> None:
    series = Series()
    for number in range(count):
        series.add(number, number)
    assert len(series.points) <= POINTS_KEPT
    assert series.points[:1] == [(0, 0)][:count]
    assert series.points == sorted(series.points)


def test_events_of_objects_that_were_never_announced_are_known_too() -> None:
    story = Story().began(1).tell(1, "lock_acquired", 5).tell(1, "queue_put", 6, value=1).tell(1, "event_set", 7)
    run = state_of(story.events)
    assert run.locks[5].holders == {1: 1}
    assert run.queues[6].depth == 1
    assert run.signals[7].is_set


def test_every_kind_of_event_that_changes_the_state_is_in_the_vocabulary() -> None:
    assert set(CHANGES) <= set(KINDS)


def test_every_kind_of_event_with_which_a_wait_begins_or_ends_has_its_operation() -> None:
    kinds = {kind for kind in KINDS if kind.endswith("_waiting")} | {"manager_called", "sleep_began"}
    assert kinds == {kind for kind in WAITS if kind in KINDS}
    assert {kind for kind in MOMENTS if not kind.startswith("system_")} - {"pipe_send_waiting"} <= set(KINDS)
    assert {kind for kind in MOMENTS if kind in KINDS} <= set(CHANGES)
