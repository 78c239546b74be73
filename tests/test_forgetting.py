"""However long a run is, what is kept of it has a bound, and the totals stay right."""

from procsim.apply import apply
from procsim.forgetting import NAMES_KEPT, NOBODY, OBJECTS_KEPT, PROCESSES_KEPT
from procsim.state import ITEMS_KEPT, RunState
from tests.events import Story

MAIN, LOCK, QUEUE = 1, 9, 7


def drawn(story: Story, run: RunState) -> RunState:
    for event in story.events:
        apply(run, event)
    return run


def test_processes_that_ended_long_ago_are_forgotten_but_counted() -> None:
    run = drawn(Story().began(MAIN).queue(QUEUE), RunState())
    count = 3 * PROCESSES_KEPT
    for pid in range(100, 100 + count):
        story = Story().began(pid).tell(pid, "queue_put", QUEUE, value=1).tell(pid, "process_ended", exit_code=0)
        drawn(story, run)
    assert len(run.processes) <= PROCESSES_KEPT
    assert run.process_count == count + 1
    queue = run.queues[QUEUE]
    assert (queue.puts, queue.put.total()) == (count, count)
    assert queue.put[NOBODY] == run.forgotten_processes
    assert len(queue.put) <= PROCESSES_KEPT + 1


def test_whoever_is_alive_or_failed_or_holds_a_lock_is_not_forgotten() -> None:
    story = Story().began(MAIN, 2, 3, 4).lock(LOCK).tell(3, "lock_acquired", LOCK)
    story.tell(3, "process_ended", exit_code=-9).tell(4, "process_ended", exit_code=-11)
    run = drawn(story, RunState())
    for pid in range(100, 100 + 2 * PROCESSES_KEPT):
        drawn(Story().began(pid).tell(pid, "process_ended", exit_code=0), run)
    assert {MAIN, 2, 3, 4} <= set(run.processes)


def test_objects_that_nobody_uses_are_forgotten_and_keep_their_names() -> None:
    run = drawn(Story().began(MAIN, 2), RunState())
    first = 1_000_000
    for identity in range(first, first + 3 * OBJECTS_KEPT):
        story = Story().lock(identity, "mutex")
        if identity == first:
            story.tell(2, "lock_acquired", identity)
        drawn(story, run)
    assert len(run.locks) <= OBJECTS_KEPT + 1
    assert first in run.locks, "it is held"
    assert first + 1 not in run.locks
    drawn(Story().tell(2, "lock_acquired", first + 1), run)
    assert run.locks[first + 1].name == "mutex-2"
    for identity in range(3 * first, 3 * first + NAMES_KEPT):
        drawn(Story().lock(identity, "mutex"), run)
    assert len(run.names) <= NAMES_KEPT + 1


def test_many_queues_keep_fewer_items_each() -> None:
    run = drawn(Story().began(MAIN), RunState())
    for identity in range(100, 1100):
        drawn(Story().queue(identity), run)
    kept = sum(queue.items_put.maxlen or 0 for queue in run.queues.values())
    assert run.queues[100].items_put.maxlen == ITEMS_KEPT
    assert kept < 10 * ITEMS_KEPT
