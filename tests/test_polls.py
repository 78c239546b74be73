"""Who waits or asks again and again, each time in vain: when that is probably a hang, and when it is none."""

from collections.abc import Callable
from typing import Any

import pytest

from procsim.findings import Finding, Outcome
from procsim.findings.base import Repeats, as_fields, sentence_of
from procsim.findings.probable import OLD_WHILE_IT_RUNS_NS, suspected
from procsim.state.apply import state_of
from tests.events import Story
from tests.test_findings import Program, found, polls

SECONDS = 1_000

LIMIT = Outcome(timed_out=8.0, repeats=True)
"""All that still moved was seen to do the same again and again."""


def hangs(story: Story, outcome: Outcome = LIMIT) -> list[str]:
    """The sentences of what probably hangs."""
    return [words(finding) for finding in found(story, outcome) if finding.id == "probably_hangs"]


def words(finding: Finding) -> str:
    return sentence_of(finding.text, finding.figures)


def raised(story: Program, pid: int = 2) -> Program:
    story.tell(pid, "raised", None, "x.py:5", type="KeyError", text="'b'", during=None, subject=None, made=None)
    return story.ends(pid, 1)


def put_and_ended() -> Program:
    """p2 has put an item into the queue, and has ended well; main has taken it."""
    story = Program(2)
    story.queue(9).tell(2, "queue_put", 9, "x.py:4", value=1).tell(1, "queue_got", 9, "x.py:9", value=1)
    return story.ends(2, 0)


def sleeps(story: Story, pid: int, at: str = "x.py:10", milliseconds: int = SECONDS) -> Story:
    story.tell(pid, "sleep_began", at=at, seconds=milliseconds / 1000, native_id=pid).passes(milliseconds)
    return story.tell(pid, "sleep_ended")


def asks(story: Story, pid: int, kind: str, times: int = 8, at: str = "x.py:9", **fields: Any) -> Story:
    """It asks, and sleeps for a second, and again."""
    for _ in range(times):
        sleeps(story.tell(pid, kind, 9 if kind != "process_polled" else None, at, **fields), pid)
    return story


# A queue whose users have ended -------------------------------------------------------------------------------


def test_who_takes_again_and_again_where_all_who_ever_put_have_ended() -> None:
    (text,) = hangs(polls(put_and_ended(), 1))
    assert text.startswith("probably a hang (8 s so far): p1 waits at x.py:9 for an item of q")


def test_not_where_it_is_not_known_that_nothing_else_goes_on() -> None:
    assert hangs(polls(put_and_ended(), 1), Outcome(timed_out=8.0)) == []


TAKEN_IN_PEACE: dict[str, Callable[[], Story]] = {
    "nobody has put yet": lambda: polls(Program(2).ends(2, 0).queue(9), 1),
    "one who has put sleeps": lambda: polls(
        put_and_ended()
        .tell(3, "process_began", parent=1, daemon=False)
        .tell(3, "queue_put", 9, value=1)
        .tell(1, "queue_got", 9, value=1)
        .tell(3, "sleep_began", seconds=30, native_id=3),
        1,
    ),
    "it has put itself": lambda: polls(
        put_and_ended().tell(1, "queue_put", 9, value=2).tell(1, "queue_got", 9, value=2), 1
    ),
    "it does something for others in between": lambda: polls(
        polls(put_and_ended(), 1, 4).tell(1, "event_set", 8), 1, 2
    ),
    "it submits a task in between": lambda: polls(
        polls(put_and_ended(), 1, 4).tell(1, "pool_submitted", 7, job=1, function="f", tasks=1), 1, 2
    ),
    "it looks once": lambda: polls(put_and_ended(), 1, 1),
}


@pytest.mark.parametrize("case", TAKEN_IN_PEACE)
def test_who_takes_again_and_again_need_not_hang(case: str) -> None:
    assert hangs(TAKEN_IN_PEACE[case]()) == []


def test_also_of_one_who_waits_beside_one_who_asks_whether_it_lives() -> None:
    story = put_and_ended().tell(3, "process_began", parent=1, daemon=False)
    story.tell(3, "queue_get_waiting", 9, "x.py:7", timeout=None, native_id=3)
    (text,) = hangs(asks(story, 1, "process_polled", child=3, child_name="p3"))
    assert "p3 waits at x.py:7 for an item of q" in text


def test_it_may_sleep_between() -> None:
    story = put_and_ended()
    for _ in range(4):
        sleeps(polls(story, 1, 1), 1)
    assert len(hangs(story)) == 1


def test_a_long_time_limit_is_one_all_the_same() -> None:
    story = put_and_ended()
    for _ in range(3):
        story.tell(1, "queue_get_waiting", 9, "x.py:9", timeout=5, native_id=1).passes(5 * SECONDS)
        story.tell(1, "queue_empty", 9, "x.py:9", took=5)
    story.tell(1, "queue_get_waiting", 9, "x.py:9", timeout=5, native_id=1).passes(4 * SECONDS)
    assert len(hangs(story.tell(1, "printed", thread="other", text="", stream="stdout"))) == 1


def test_it_is_said_while_it_runs_and_not_anew_at_the_end() -> None:
    story = polls(put_and_ended(), 1, 12)
    run = state_of(story.events)
    (finding,) = suspected(run, run.t, OLD_WHILE_IT_RUNS_NS)
    story.tell(1, "finding", **as_fields(finding), probable=True)
    assert hangs(polls(story, 1, 4)) == [words(finding)]
    assert hangs(polls(polls(story, 1, 4).tell(1, "queue_got", 9, value=1), 1, 1)) == [], "it went on after all"


# Without waiting ----------------------------------------------------------------------------------------------


def died_with_the_lock() -> Program:
    story = Program(2)
    story.lock(9).tell(2, "lock_acquired", 9, "x.py:5", entered=False)
    return story.ends(2, 1)


def test_who_tries_again_and_again_to_acquire_without_waiting() -> None:
    (text,) = hangs(asks(died_with_the_lock(), 1, "lock_refused", took=0))
    assert "which p2 held (acquired at x.py:5) when it ended" in text
    assert len(hangs(asks(raised(Program(2).queue(9)), 1, "queue_empty", took=0))) == 1


def test_who_asks_again_and_again_whether_a_queue_is_empty() -> None:
    """Of equal answers only the first two are events; that it goes on is seen by its sleeps."""
    story = asks(raised(Program(2).queue(9)), 1, "queue_asked", 2, empty=True)
    for _ in range(6):
        sleeps(story, 1)
    (text,) = hangs(story)
    assert "p1 waits at x.py:9 for an item of q" in text and "p2 ended at x.py:5" in text


ASKED_IN_PEACE: dict[str, Callable[[Story], Story]] = {
    "it does something else by now": lambda story: sleeps(story, 1, "x.py:20", 9 * SECONDS),
    "it is not empty": lambda story: sleeps(story.tell(1, "queue_asked", 9, "x.py:9", empty=False), 1),
    "it puts": lambda story: sleeps(story.tell(1, "queue_put", 9, value=1), 1),
    "another thread wakes up": lambda story: sleeps(story.tell(1, "sleep_ended", thread="other"), 1, milliseconds=1),
}


@pytest.mark.parametrize("case", ASKED_IN_PEACE)
def test_who_asks_whether_a_queue_is_empty_need_not_hang(case: str) -> None:
    story = asks(raised(Program(2).queue(9)), 1, "queue_asked", 8, empty=True)
    assert len(hangs(story)) == 1
    assert hangs(ASKED_IN_PEACE[case](story)) == []


def test_who_asks_whether_another_lives_ends_no_wait_of_it() -> None:
    story = Program(2, 3)
    raised(story.queue(9)).tell(3, "queue_get_waiting", 9, "x.py:7", timeout=None, native_id=3)
    assert hangs(sleeps(story, 1, milliseconds=8 * SECONDS)) == [], "main only sleeps: it may put something then"
    finding = found(asks(story, 1, "process_polled", child=3, child_name="p3"), LIMIT)[0]
    assert "p3 waits at x.py:7 for an item of q" in words(finding)
    assert [row["kind"] for row in finding.figures["standing"]] == ["process_polled"]


def test_nor_one_who_joins_with_a_time_limit() -> None:
    story = Program(2, 3)
    raised(story.queue(9)).tell(3, "queue_get_waiting", 9, "x.py:7", timeout=None, native_id=3)
    for _ in range(8):
        story.tell(1, "process_join_waiting", None, "x.py:9", child=3, child_name="p3", timeout=1, native_id=1)
        story.passes(SECONDS).tell(1, "process_joined", None, "x.py:9", child=3, child_name="p3", exit_code=None)
    assert len(hangs(story)) == 1


# Locks in a circle --------------------------------------------------------------------------------------------


def test_a_circle_of_locks_that_each_tries_to_acquire_again_and_again() -> None:
    story = Program(2)
    story.lock(9, "a").lock(8, "b")
    story.tell(1, "lock_acquired", 8, "x.py:4", entered=True).tell(2, "lock_acquired", 9, "x.py:6", entered=True)
    for _ in range(8):
        for pid, lock in ((1, 9), (2, 8)):
            story.tell(pid, "lock_waiting", lock, f"x.py:{pid}", timeout=0.5, native_id=pid).passes(SECONDS // 2)
            story.tell(pid, "lock_refused", lock, f"x.py:{pid}", took=1)
    (finding,) = [each for each in found(story, LIMIT) if each.id == "probably_hangs"]
    assert words(finding).endswith("a deadlock")
    assert sentence_of(finding.cure, finding.figures).endswith("always a before b"), "the cure has its figures, too"


def test_none_where_each_lets_go_of_what_it_has_in_between() -> None:
    story = Program(2)
    story.lock(9, "a").lock(8, "b")
    for _ in range(8):
        for pid, own, other in ((1, 8, 9), (2, 9, 8)):
            story.tell(pid, "lock_acquired", own, "x.py:4", entered=True)
            story.tell(pid, "lock_waiting", other, f"x.py:{pid}", timeout=0.5, native_id=pid).passes(SECONDS // 2)
            story.tell(pid, "lock_refused", other, f"x.py:{pid}", took=1)
            story.tell(pid, "lock_released", own)
    assert hangs(story) == []


# Events: they are also how people sleep until they are told to end ---------------------------------------------


def test_an_event_that_only_one_who_died_could_have_set() -> None:
    (text,) = hangs(polls(raised(Program(2)), 1, kind="event_waiting"))
    assert "to be set, and nobody is left who could set it: p2 ended at x.py:5" in text


def looks_with_a_handler(story: Story) -> Story:
    for _ in range(8):
        story.tell(1, "event_waiting", 9, "x.py:9", timeout=1, native_id=1, interruptible=True).passes(SECONDS)
    return story


def waited_itself() -> Program:
    story = Program(2)
    story.tell(2, "event_waiting", 9, "x.py:4", timeout=1, native_id=2).tell(2, "event_awaited", 9, is_set=False)
    return raised(story)


EVENTS_IN_PEACE: dict[str, Callable[[], Story]] = {
    "nobody has failed": lambda: polls(Program(2).ends(2, 0), 1, kind="event_waiting"),
    "the one that failed looked at it, too": lambda: polls(waited_itself(), 1, kind="event_waiting"),
    "another one is there": lambda: polls(
        raised(Program(2, 3)).tell(3, "queue_get_waiting", 8, timeout=None, native_id=3), 1, kind="event_waiting"
    ),
    "a handler of Ctrl-C may set it": lambda: looks_with_a_handler(raised(Program(2))),
}


@pytest.mark.parametrize("case", EVENTS_IN_PEACE)
def test_who_looks_at_an_event_again_and_again_need_not_hang(case: str) -> None:
    assert hangs(EVENTS_IN_PEACE[case]()) == []


# Results of pools ---------------------------------------------------------------------------------------------


def pool_without_its_worker() -> Program:
    """A worker was killed in the middle of task 1; another one has taken its place, and is idle."""
    story = Program(2, 3)
    story.tell(1, "pool_created", 9, "x.py:2", name="pool", type="Pool", workers=1, max_tasks=None)
    story.tell(2, "pool_worker_began", 9).tell(3, "pool_worker_began", 9)
    story.tell(1, "pool_submitted", 9, "x.py:8", job=1, function="work", tasks=1)
    story.tell(2, "pool_task_began", 9, "x.py:4", job=1, task=0, items=1, function="work")
    return story.ends(2, -9)


def asks_for_results(story: Story, job: int) -> Story:
    for _ in range(12):
        story.tell(1, "pool_result_waiting", 9, "x.py:9", job=job, importing=None, timeout=1, native_id=1)
        story.passes(SECONDS).tell(1, "pool_result_missed", 9, "x.py:9", job=job, took=1)
    return story


def test_who_asks_for_a_result_that_is_lost() -> None:
    run = state_of(asks_for_results(pool_without_its_worker(), 1).events)
    (finding,) = suspected(run, run.t, OLD_WHILE_IT_RUNS_NS)
    assert "SIGKILL ended p2 (PID 2) in the middle of work" in words(finding)
    assert finding.pid == 1, "it is main that hangs"


def test_at_the_end_that_is_a_finding_of_its_own() -> None:
    story = asks_for_results(pool_without_its_worker(), 1)
    assert [finding.id for finding in found(story, LIMIT)][:1] == ["pool_worker_died"]
    assert hangs(story) == []


def test_not_of_another_result_nor_while_a_worker_is_at_work() -> None:
    other = state_of(asks_for_results(pool_without_its_worker(), 2).events)
    assert [*suspected(other, other.t, OLD_WHILE_IT_RUNS_NS)] == []
    story = pool_without_its_worker().tell(3, "pool_task_began", 9, job=2, task=1, items=1, function="work")
    run = state_of(asks_for_results(story, 1).events)
    assert [*suspected(run, run.t, OLD_WHILE_IT_RUNS_NS)] == []


# Pipes --------------------------------------------------------------------------------------------------------


def polls_a_pipe(story: Story) -> Story:
    for _ in range(8):
        story.tell(1, "pipe_poll_waiting", 9, "x.py:9", timeout=1, native_id=1).passes(SECONDS)
        story.tell(1, "pipe_polled", 9, "x.py:9", ready=False)
    return story


def test_who_asks_again_and_again_for_a_message_of_one_that_died() -> None:
    story = raised(Program(2)).tell(1, "pipe_created", 9, "x.py:2", name="near", type="Pipe", other=8)
    (text,) = hangs(polls_a_pipe(story))
    assert "p1 waits at x.py:9 for a message on near" in text
    assert text.endswith("nobody is left who could send one; p2 ended at x.py:5 by an exception: KeyError: 'b'")


def test_not_where_one_came_or_the_other_is_there() -> None:
    assert hangs(polls_a_pipe(raised(Program(2))).tell(1, "pipe_polled", 9, "x.py:9", ready=True)) == []
    assert hangs(polls_a_pipe(raised(Program(2, 3)))) == []


# All of them wait for each other, and one asks whether the others are done ------------------------------------


def waits_for_work(asks_meanwhile: Callable[[Story], object] = lambda story: None) -> Story:
    """p2 waits for an item, which only main has put so far; main asks whether p2 lives, and sleeps, again and again."""
    story = Program(2)
    story.queue(9).tell(1, "queue_put", 9, value=1).tell(2, "queue_got", 9, value=1)
    story.tell(2, "queue_get_waiting", 9, "x.py:7", timeout=None, native_id=2)
    for _ in range(8):
        asks(story, 1, "process_polled", 1, child=2, child_name="p2")
        asks_meanwhile(story)
    return story


ALONE = Outcome(timed_out=8.0, repeats=Repeats.MAIN_ALONE)


def test_who_asks_whether_another_lives_that_waits_for_it() -> None:
    (text,) = hangs(waits_for_work(), ALONE)
    assert "p2 waits at x.py:7 for an item of q" in text


def test_also_where_it_has_looked_at_something_else_before() -> None:
    story = waits_for_work()
    story.events.insert(24, story.events[23]._replace(kind="surroundings_seen", fields={}))
    assert len(hangs(story, ALONE)) == 1


CIRCLES_IN_PEACE: dict[str, Callable[[], Story]] = {
    "it looks into a folder, too": lambda: waits_for_work(lambda story: story.tell(1, "surroundings_seen")),
    "it has a socket": lambda: waits_for_work().tell(1, "unfollowed_used", None, what="socket", other=0),
    "another thread of it beats": lambda: waits_for_work(lambda story: story.tell(1, "sleep_ended", thread="beat")),
    "another thread of the other beats": lambda: waits_for_work(
        lambda story: story.tell(2, "sleep_ended", thread="beat")
    ),
    "it looks at an event meanwhile, which ends it": lambda: polls(waits_for_work(), 1, kind="event_waiting"),
    "it looks for an item of another queue": lambda: polls(waits_for_work(), 1),
}


@pytest.mark.parametrize("case", CIRCLES_IN_PEACE)
def test_it_need_not_be_a_hang(case: str) -> None:
    assert hangs(CIRCLES_IN_PEACE[case](), ALONE) == []


def test_not_where_other_threads_move() -> None:
    assert hangs(waits_for_work()) == []


def waits_in_its_task(*jobs: int) -> Story:
    """A worker waits for an event in its task; main waits for the results of several jobs, each for a second."""
    story = Program(2)
    story.tell(1, "pool_created", 9, "x.py:2", name="pool", type="Pool", workers=1, max_tasks=None)
    story.tell(2, "pool_worker_began", 9)
    story.tell(1, "pool_submitted", 9, "x.py:8", job=1, function="work", tasks=1)
    story.tell(2, "pool_task_began", 9, "x.py:4", job=1, task=0, items=1, function="work")
    story.tell(2, "event_waiting", 8, "x.py:5", timeout=None, native_id=2)
    for _ in range(6):
        for job in jobs:
            story.tell(1, "pool_result_waiting", 9, "x.py:9", job=job, importing=None, timeout=1, native_id=1)
            story.passes(SECONDS).tell(1, "pool_result_missed", 9, "x.py:9", job=job, took=1)
    return story


@pytest.mark.parametrize("jobs", [(1,), (1, 2)])
def test_a_task_that_waits_for_who_waits_for_its_result(jobs: tuple[int, ...]) -> None:
    (text,) = hangs(waits_in_its_task(*jobs), ALONE)
    assert "p2 waits at x.py:5 for" in text and "to be set, and nobody is left who could set it" in text


def test_who_asks_whether_a_result_has_come() -> None:
    (text,) = hangs(asks(waits_in_its_task(), 1, "pool_result_asked", job=1), ALONE)
    assert "p2 waits at x.py:5 for" in text
