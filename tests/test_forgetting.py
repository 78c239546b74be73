"""However long a run is, what is kept of it has a bound, and the totals stay right."""

from procsim.findings import Outcome, findings
from procsim.state.apply import apply
from procsim.state.bounds import FEWEST_KEPT, GAUGES_KEPT, ITEMS_KEPT, NAMES_KEPT, OBJECTS_KEPT, PROCESSES_KEPT
from procsim.state.cells import Cells
from procsim.state.forgetting import NOBODY
from procsim.state.run_state import RunState
from tests.events import Story

MAIN, LOCK, QUEUE = 1, 9, 7


def after(story: Story, run: RunState) -> RunState:
    for event in story.events:
        apply(run, event)
    return run


def test_processes_that_ended_long_ago_are_forgotten_but_counted() -> None:
    run = after(Story().began(MAIN).queue(QUEUE), RunState())
    count = 3 * PROCESSES_KEPT
    for pid in range(100, 100 + count):
        story = Story().began(pid).tell(pid, "queue_put", QUEUE, value=1).tell(pid, "process_ended", exit_code=0)
        after(story, run)
    assert len(run.processes) <= PROCESSES_KEPT
    assert run.process_count == count + 1
    queue = run.queues[QUEUE]
    assert (queue.puts, queue.put.total()) == (count, count)
    assert queue.put[NOBODY] == run.forgotten_processes
    assert len(queue.put) <= PROCESSES_KEPT + 1


def test_whoever_is_alive_or_failed_or_holds_a_lock_is_not_forgotten() -> None:
    story = Story().began(MAIN, 2, 3, 4).lock(LOCK).tell(3, "lock_acquired", LOCK)
    story.tell(3, "process_ended", exit_code=-9).tell(4, "process_ended", exit_code=-11)
    run = after(story, RunState())
    for pid in range(100, 100 + 2 * PROCESSES_KEPT):
        after(Story().began(pid).tell(pid, "process_ended", exit_code=0), run)
    assert {MAIN, 2, 3, 4} <= set(run.processes)


def test_objects_that_nobody_uses_are_forgotten_and_keep_their_names() -> None:
    run = after(Story().began(MAIN, 2), RunState())
    first = 1_000_000
    for identity in range(first, first + 3 * OBJECTS_KEPT):
        story = Story().lock(identity, "mutex")
        if identity == first:
            story.tell(2, "lock_acquired", identity)
        after(story, run)
    assert len(run.locks) <= OBJECTS_KEPT + 1
    assert first in run.locks, "it is held"
    assert first + 1 not in run.locks
    after(Story().tell(2, "lock_acquired", first + 1), run)
    assert run.locks[first + 1].name == "mutex-2"
    for identity in range(3 * first, 3 * first + NAMES_KEPT):
        after(Story().lock(identity, "mutex"), run)
    assert len(run.names) <= NAMES_KEPT + 1


def test_many_queues_keep_fewer_items_each() -> None:
    run = after(Story().began(MAIN), RunState())
    for identity in range(100, 1100):
        after(Story().queue(identity), run)
    kept = sum(queue.items_put.maxlen or 0 for queue in run.queues.values())
    assert run.queues[100].items_put.maxlen == ITEMS_KEPT
    assert kept < 2 * ITEMS_KEPT + 1000 * FEWEST_KEPT
    last = run.queues[1099]
    assert (last.items_got.maxlen, last.last_puts.maxlen, last.depths.most) == (FEWEST_KEPT,) * 3


def test_what_is_left_in_a_queue_is_counted_also_where_not_all_of_it_is_kept() -> None:
    story = Story().began(MAIN)
    story.tell(2, "process_began", parent=MAIN, daemon=True)
    for identity in range(100, 400):
        story.queue(identity)
    for number in range(3 * FEWEST_KEPT):
        story.tell(MAIN, "queue_put", 399, value=number)
    story.tell(2, "queue_got", 399, value=0).tell(2, "process_ended", exit_code=-15)
    (lost,) = findings(after(story, RunState()), Outcome())
    assert (lost.id, lost.figures["in_queue"]) == ("items_left", 3 * FEWEST_KEPT - 1)


def test_an_object_that_is_used_is_not_forgotten_however_old_it_is() -> None:
    story = Story().began(MAIN).lock(LOCK)
    for identity in range(100, 100 + 2 * NAMES_KEPT):
        story.tell(MAIN, "lock_acquired", LOCK, "x.py:9").tell(MAIN, "lock_released", LOCK).lock(identity, "other")
    run = after(story, RunState())
    mutex = run.locks[LOCK]
    assert (mutex.name, mutex.at, run.name(LOCK)) == ("mutex", "x.py:1", "mutex")
    assert mutex.acquired.total() == 2 * NAMES_KEPT


def test_locks_that_ended_processes_still_hold_are_forgotten_last() -> None:
    run = after(Story().began(MAIN), RunState())
    for pid in range(100, 100 + 2 * OBJECTS_KEPT):
        story = Story().began(pid).lock(pid).tell(pid, "lock_acquired", pid)
        after(story.tell(pid, "process_ended", exit_code=-9), run)
    assert len(run.locks) <= OBJECTS_KEPT
    assert len(run.processes) <= PROCESSES_KEPT + OBJECTS_KEPT // 10


def test_what_is_said_late_of_a_forgotten_process_does_not_bring_it_back() -> None:
    run = after(Story().began(MAIN), RunState())
    pids = range(100, 100 + 2 * PROCESSES_KEPT)
    for pid in pids:
        after(Story().began(pid).tell(pid, "process_ended", exit_code=1), run)
    for pid in pids:
        story = Story().tell(pid, "process_ended", exit_code=1)
        story.tell(MAIN, "process_exit_code_seen", child=pid, child_name=f"p{pid}", exit_code=1)
        after(story.tell(MAIN, "process_terminated", child=pid, child_name=f"p{pid}"), run)
    assert run.process_count == len(pids) + 1
    assert sum(process.alive for process in run.processes.values()) == 1


def test_a_pid_that_is_used_again_counts_as_two_processes() -> None:
    run = after(Story().began(MAIN, 2).queue(QUEUE).tell(2, "queue_put", QUEUE, value=1), RunState())
    story = Story().tell(2, "process_ended", exit_code=0)
    story.tell(MAIN, "process_started", child=2, child_name="other", daemon=False, method="fork")
    after(story, run)
    assert run.process_count == 3
    assert run.queues[QUEUE].put == {NOBODY: 1}


def test_a_lost_update_is_told_also_where_the_locks_of_then_are_forgotten() -> None:
    story = Story().began(MAIN, 2, 3)
    for pid in (2, 3):
        story.tell(pid, "lock_created", pid * 10, "x.py:5", name="mine", type="Lock", value=1)
        story.tell(pid, "lock_acquired", pid * 10, entered=True)
        story.tell(pid, "file_opened", 99, path="/f", mode="r+")
        story.tell(pid, "file_read", 99, path="/f", value="3", size=1, offset=0)
    for pid in (2, 3):
        story.tell(pid, "file_written", 99, path="/f", value="2", size=1, offset=0).tell(pid, "lock_released", pid * 10)
    for identity in range(1_000, 1_000 + 2 * OBJECTS_KEPT):
        story.lock(identity)
    found = findings(after(story, RunState()), Outcome())
    assert [finding.id for finding in found] == ["lost_update"]


def test_files_know_the_last_processes_that_used_them_and_gauges_are_bounded() -> None:
    file = Cells(most=10)
    run = after(Story().began(MAIN), RunState())
    story = Story()
    for pid in range(100, 150):
        story.tell(pid, "file_opened", 99, path="/f", mode="r")
    for event in story.events:
        file.opened(event)
    assert list(file.uses) == list(range(140, 150))
    for number in range(2 * GAUGES_KEPT):
        after(Story().tell(MAIN, "noted", name=f"figure {number}", value=number), run)
    assert len(run.gauges) == GAUGES_KEPT


def test_events_of_kinds_that_are_not_known_are_counted_together() -> None:
    run, story = RunState(), Story()
    for number in range(50):
        story.tell(1, f"of_the_future_{number}")
    for event in story.events:
        apply(run, event)
    assert run.events == 50
    assert len(run.counts) == 1
