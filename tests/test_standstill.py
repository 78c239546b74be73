"""Who is stuck: the fixpoint over what the processes told and what the system shows, and the sentences made of it."""

from typing import Any

import pytest

from procsim.diagnosis.blocked_threads import Blocked, End
from procsim.diagnosis.snapshot import ProcessSnapshot, Snapshot, Thread
from procsim.diagnosis.standstill import stuck
from procsim.findings.base import sentence_of
from procsim.findings.hangs import hangs
from procsim.state.apply import state_of
from procsim.state.run_state import RunState
from tests.events import Story

SHARED = Blocked("shared")
INNER = Blocked("inner")
MAY_GO_ON = None
SIGALRM, SIGTERM, SIGCHLD, SIGINT = 1 << 13, 1 << 14, 1 << 16, 1 << 1


def seen(
    pid: int, *threads: Blocked | None, parent: int = 1, ends: tuple[End, ...] = (), caught: int = SIGINT
) -> ProcessSnapshot:
    """A process whose threads are numbered from its PID on."""
    return ProcessSnapshot(
        pid, parent, {pid + place: blocked for place, blocked in enumerate(threads)}, frozenset(ends), caught=caught
    )


def who(story: Story, *processes: ProcessSnapshot, outside: tuple[End, ...] = ()) -> set[int]:
    """The PIDs of the processes that are stuck."""
    snapshot = Snapshot({process.pid: process for process in processes}, frozenset(outside))
    return {thread.pid for thread in stuck(state_of(story.events), snapshot)}


def waiting(story: Story, pid: int, kind: str, object: int | None = None, **fields: Any) -> Story:
    return story.tell(pid, kind, object, f"x.py:{pid}", timeout=None, native_id=pid, **fields)


def holding(story: Story, pid: int, lock: int, entered: bool = True) -> Story:
    return story.tell(pid, "lock_acquired", lock, f"x.py:{pid}0", entered=entered)


def two_locks() -> Story:
    story = Story().began(100, 200, 300).lock(7, "a").lock(8, "b")
    holding(holding(story, 200, 7), 300, 8)
    return waiting(waiting(story, 200, "lock_waiting", 8), 300, "lock_waiting", 7)


# Who can still move ------------------------------------------------------------------------------------------


def test_a_circle_of_locks_is_stuck_whatever_others_do() -> None:
    assert who(two_locks(), seen(200, SHARED), seen(300, SHARED), seen(100, MAY_GO_ON)) == {200, 300}


def test_who_waits_for_a_holder_that_sleeps_is_not() -> None:
    story = waiting(holding(Story().began(100, 200).lock(7), 100, 7), 200, "lock_waiting", 7)
    assert who(story, seen(100, MAY_GO_ON), seen(200, SHARED)) == set()


def test_a_lock_acquired_by_a_call_may_be_released_by_another() -> None:
    story = waiting(holding(Story().began(100, 200).lock(7), 100, 7, entered=False), 100, "lock_waiting", 7)
    assert who(story, seen(100, SHARED), seen(200, MAY_GO_ON)) == set()
    assert who(story, seen(100, SHARED), seen(200, INNER)) == {100, 200}


def test_an_rlock_is_released_by_its_holder_alone() -> None:
    story = holding(Story().began(100, 200, 300).lock(7, type="RLock"), 100, 7, entered=False)
    story.tell(100, "process_ended", exit_code=0)
    waiting(story, 200, "lock_waiting", 7)
    assert who(story, seen(200, SHARED), seen(300, MAY_GO_ON)) == {200}


def test_a_semaphore_that_was_released_by_another_is_a_signal() -> None:
    story = Story().began(100, 200, 300).lock(7, type="Semaphore", value=1)
    holding(story, 100, 7).tell(200, "lock_released", 7)
    holding(story, 100, 7)
    waiting(story, 100, "lock_waiting", 7)
    assert who(story, seen(100, SHARED), seen(300, MAY_GO_ON)) == set()


def test_the_thread_that_entered_is_the_one_that_counts() -> None:
    story = two_locks()
    # A heartbeat beside them: a thread of the holder that sleeps, and will never release the lock.
    assert who(story, seen(200, SHARED, MAY_GO_ON), seen(300, SHARED, MAY_GO_ON)) == {200, 300}


def test_a_thread_is_freed_by_its_own_process() -> None:
    assert who(Story().began(100), seen(100, INNER, MAY_GO_ON)) == set()
    assert who(Story().began(100), seen(100, INNER, INNER)) == {100}


@pytest.mark.parametrize(("how", "other_end_writes"), [("read", True), ("write", False), ("poll", True)])
def test_a_pipe_is_moved_from_its_other_end(how: str, other_end_writes: bool) -> None:
    mine, other = End(5, not other_end_writes), End(5, other_end_writes)
    blocked = Blocked(how, (mine,))
    story = Story().began(100, 200)
    assert who(story, seen(100, blocked, ends=(mine, other)), seen(200, MAY_GO_ON, ends=(other,))) == set()
    assert who(story, seen(100, blocked, ends=(mine, other)), seen(200, MAY_GO_ON, ends=(mine,))) == {100}


def test_an_end_that_nobody_has_is_on_its_way() -> None:
    mine = End(5, False)
    assert who(Story().began(100), seen(100, Blocked("read", (mine,)), ends=(mine,))) == set()


def test_a_pipe_of_which_somebody_outside_has_the_other_end_may_always_move() -> None:
    mine, other = End(5, False), End(5, True)
    process = seen(100, Blocked("read", (mine,)), ends=(mine, other))
    assert who(Story().began(100), process) == {100}
    assert who(Story().began(100), process, outside=(mine,)) == {100}
    assert who(Story().began(100), process, outside=(other,)) == set()


def test_a_socket_is_moved_by_whoever_has_its_peer() -> None:
    mine, peer = End(5, True, True), End(6, True, True)
    story = Story().began(100, 200).tell(100, "pipe_created", 11, name="a", type="Pipe", other=13)
    story.tell(100, "pipe_created", 13, name="b", type="Pipe", other=11)
    blocked = Blocked("read", (mine,))
    assert who(story, seen(100, blocked, ends=(mine,)), seen(200, MAY_GO_ON, ends=(peer,))) == set()
    assert who(story, seen(100, blocked, ends=(mine, peer)), seen(200, MAY_GO_ON)) == {100}
    assert who(Story().began(100), seen(100, blocked, ends=(mine, peer))) == set(), "nobody knows where it leads"


def test_a_child_is_waited_for_while_it_moves() -> None:
    story = Story().began(100, 200, 300)
    parent = seen(100, Blocked("child", child=200), parent=0)
    assert who(story, parent, seen(200, MAY_GO_ON, parent=100)) == set()
    assert who(story, parent, seen(200, INNER, parent=100), seen(300, MAY_GO_ON)) == {100, 200}
    assert who(story, parent) == set(), "a child that we do not see may be one that we may not look at"
    anybody = seen(100, Blocked("child"), parent=0)
    assert who(story, anybody, seen(200, INNER, parent=100), seen(300, MAY_GO_ON, parent=100)) == {200}


def test_an_alarm_comes_by_itself_and_a_signal_from_anybody() -> None:
    story = Story().began(100, 200)
    assert who(story, seen(100, SHARED, caught=SIGALRM)) == set()
    assert who(story, seen(100, INNER, caught=SIGCHLD), seen(200, MAY_GO_ON)) == set()
    assert who(story, seen(100, INNER, caught=SIGCHLD)) == {100}


def test_a_service_that_waits_to_be_told_to_end() -> None:
    story = waiting(Story().began(100), 100, "event_waiting", 9)
    assert who(story, seen(100, SHARED)) == {100}
    assert who(story, seen(100, SHARED, caught=SIGTERM)) == set()
    story.tell(100, "event_waiting", 9, timeout=None, native_id=100, interruptible=True)
    assert who(story, seen(100, SHARED)) == set()


@pytest.mark.parametrize("kind", ["process_join_waiting", "queue_join_waiting"])
def test_its_handler_may_see_to_it_that_another_ends_the_wait(kind: str) -> None:
    story = waiting(Story().began(100, 200).queue(9), 100, kind, 9, child=200, child_name="p200")
    waiting(story, 200, "queue_get_waiting", 9)
    assert who(story, seen(100, SHARED), seen(200, SHARED)) == {100, 200}
    assert 100 not in who(story, seen(100, SHARED, caught=SIGTERM), seen(200, SHARED))


def test_its_handler_may_release_what_was_acquired_by_a_call() -> None:
    service = seen(100, SHARED, caught=SIGTERM)
    by_a_call = holding(Story().began(100).lock(7), 100, 7, entered=False)
    assert who(waiting(by_a_call, 100, "lock_waiting", 7), service) == set()
    by_with = holding(Story().began(100).lock(7), 100, 7)
    assert who(waiting(by_with, 100, "lock_waiting", 7), service) == {100}


def test_who_may_not_look_says_nothing() -> None:
    snapshot = Snapshot({200: seen(200, SHARED), 300: seen(300, SHARED)}, incomplete=True)
    assert stuck(state_of(two_locks().events), snapshot) == set()


def test_a_queue_is_filled_by_whoever_can_write_to_it() -> None:
    reading, writing = End(5, False), End(5, True)
    story = Story().began(100, 200).tell(1, "queue_created", 9, name="q", type="Queue", maxsize=0, pipe=5)
    waiting(story, 100, "queue_get_waiting", 9)
    consumer = seen(100, SHARED, ends=(reading, writing))
    assert who(story, consumer, seen(200, MAY_GO_ON, ends=(writing,))) == set()
    assert who(story, consumer, seen(200, MAY_GO_ON)) == {100}
    assert who(story, consumer, outside=(writing,)) == set(), "somebody outside the program can"


def test_a_forkserver_moves_only_when_another_does() -> None:
    mine, other = End(5, False), End(5, True)
    blocked = seen(100, Blocked("poll", (mine,)), ends=(mine,))
    story = Story().began(100, 200)
    server = seen(300, Blocked("events"), ends=(other,))
    server.is_forkserver = True
    assert who(story, blocked, server) == {100}
    assert who(story, blocked, server, seen(200, MAY_GO_ON)) == set()
    server.threads[300] = MAY_GO_ON  # it is just starting, or forking
    assert who(story, blocked, server) == set()


def test_a_manager_moves_only_when_another_does() -> None:
    story = Story().began(100, 200).tell(400, "manager_began")
    waiting(story, 100, "manager_called", type="Queue", method="get")
    client = seen(100, Blocked("read", (End(8, True, True),)))
    client_of = Blocked("read", (End(9, True, True),), size=4)
    manager = seen(400, Blocked("timed"), Blocked("accept"), INNER, client_of)
    assert who(story, client, manager) == {100}
    assert who(story, client, manager, seen(200, MAY_GO_ON)) == set()
    for works in (MAY_GO_ON, client_of._replace(size=100), Blocked("events")):  # also with others, through the net
        manager.threads[402] = works
        assert who(story, client, manager) == set()
    manager.threads[402] = INNER
    story.tell(400, "manager_began", public=True)
    assert who(story, client, manager) == set(), "a client may come from elsewhere"


def test_threads_are_told_one_by_one() -> None:
    story = two_locks()
    snapshot = Snapshot({200: seen(200, SHARED, MAY_GO_ON), 300: seen(300, SHARED)})
    assert stuck(state_of(story.events), snapshot) == {Thread(200, 200), Thread(300, 300)}


# The sentences -----------------------------------------------------------------------------------------------


def told(story: Story, *pids: int, wait: str | None = None, **fields: Any) -> RunState:
    """The run, with those found to be stuck in their waits; main, the first of all, waits for a child."""
    run = state_of(story.events)
    if run.main not in pids:
        waiting(story, run.main, "process_join_waiting", child=pids[0], child_name=f"p{pids[0]}")
        run = state_of(story.events)
        pids = (*pids, run.main)
    for pid in pids:
        kind = wait if wait and pid == pids[0] else run.processes[pid].waits["MainThread"].kind
        known = run.processes[pid].waits.get("MainThread")
        details = {"wait": kind, "open_in": [], "in_message": False, **fields}
        story.tell(pid, "process_stuck", known.object if known else None, f"x.py:{pid}", **details)
    return state_of(story.events)


def test_a_circle_names_both_locks_and_all_lines() -> None:
    (finding,) = hangs(told(two_locks(), 200, 300))
    assert finding.id == "lock_cycle"
    figures = finding.figures
    assert (figures["process"], figures["object"], figures["at"]) == ("p200", "b", "x.py:200")
    assert (figures["other"], figures["other_object"], figures["other_at"]) == ("p300", "a", "x.py:300")
    assert (figures["held_at"], figures["other_held_at"]) == ("x.py:2000", "x.py:3000")
    assert [row["process"] for row in figures["standing"]] == ["p100", "p300"]


def test_threads_of_one_process_can_be_in_a_circle() -> None:
    story = Story().began(1, 100).lock(7, "a").lock(8, "b")
    for thread, first, second in (("one", 7, 8), ("two", 8, 7)):
        story.tell(100, "lock_acquired", first, f"x.py:{first}", thread=thread, entered=True)
        story.tell(100, "lock_waiting", second, f"x.py:{second}0", thread=thread, timeout=None, native_id=first)
    for thread, lock in (("one", 8), ("two", 7)):
        fields = {"wait": "lock_waiting", "open_in": [], "in_message": False}
        story.tell(100, "process_stuck", lock, f"x.py:{lock}0", thread=thread, **fields)
    (finding,) = hangs(state_of(story.events))
    assert finding.id == "lock_cycle"
    assert (finding.figures["at"], finding.figures["other_at"]) == ("x.py:80", "x.py:70")
    assert (finding.figures["process"], finding.figures["other"]) == ("p100 (one)", "p100 (two)")


def lock_held_over_a_get(**waiter: Any) -> Story:
    story = Story().began(100, 200, 300).lock(7, "mutex").queue(9)
    for pid in waiter.get("putters", ()):
        story.tell(pid, "queue_put", 9, value=1).tell(100, "queue_got", 9, value=1)
    waiting(holding(story, 100, 7), 100, "queue_get_waiting", 9)
    return story.tell(200, "lock_waiting", 7, waiter.get("at", "x.py:200"), timeout=None, native_id=200)


@pytest.mark.parametrize("putters", [(), (200,), (200, 300)])
def test_a_lock_held_while_waiting_for_who_needs_it_is_the_cause(putters: tuple[int, ...]) -> None:
    (finding,) = hangs(told(lock_held_over_a_get(putters=putters), 100, 200))
    assert (finding.id, finding.figures["process"], finding.figures["object"]) == ("holder_waits", "p200", "mutex")
    figures = ("holder", "held_at", "holder_at", "awaited")
    assert [finding.figures[name] for name in figures] == ["p100", "x.py:1000", "x.py:100", "q"]


def test_a_lock_held_by_a_waiting_thread_of_the_same_process_is_the_cause() -> None:
    """Also where both threads wait at the same line."""
    story = Story().began(1, 100).lock(7, "mutex").queue(9)
    story.tell(100, "lock_acquired", 7, "x.py:1", thread="one", entered=True)
    for thread, kind, identity in (("one", "queue_get_waiting", 9), ("two", "lock_waiting", 7)):
        story.tell(100, kind, identity, "x.py:2", thread=thread, timeout=None, native_id=identity)
        fields = {"wait": kind, "open_in": [], "in_message": False}
        story.tell(100, "process_stuck", identity, "x.py:2", thread=thread, **fields)
    assert [finding.id for finding in hangs(state_of(story.events))] == ["holder_waits"]


@pytest.mark.parametrize("waiter", [{"putters": (300,)}, {"at": "x.py:1000"}])
def test_a_lock_whose_holder_waits_for_others_is_not_the_cause(waiter: dict[str, Any]) -> None:
    (finding,) = hangs(told(lock_held_over_a_get(**waiter), 100, 200))
    assert (finding.id, finding.figures["process"]) == ("get_nobody_puts", "p100")
    assert finding.figures["standing"][0]["holder"] == ["p100"]


@pytest.mark.parametrize(("pool", "cause"), [(9, "holder_waits"), (8, "standstill")])
def test_a_lock_held_while_waiting_for_a_pool_whose_workers_need_it(pool: int, cause: str) -> None:
    story = Story().began(1, 200).lock(7, "mutex")
    for identity in (8, 9):
        story.tell(1, "pool_created", identity, "x.py:3", name="pool", type="Pool", workers=1)
    story.tell(200, "pool_worker_began", pool).tell(1, "pool_submitted", 9, job=1, tasks=1)
    story.tell(200, "pool_task_began", pool, job=1, function="work", items=1)
    waiting(holding(story, 1, 7), 1, "pool_result_waiting", 9, job=1)
    (finding,) = hangs(told(waiting(story, 200, "lock_waiting", 7), 1, 200))
    assert finding.id == cause


def test_a_daemon_that_waits_for_work_is_not_the_cause() -> None:
    story = Story().began(100).queue(9, type="JoinableQueue")
    story.tell(200, "process_began", parent=100, daemon=True)
    story.tell(100, "queue_put", 9, value=1).tell(200, "queue_got", 9, value=1)
    waiting(waiting(story, 100, "queue_join_waiting", 9), 200, "queue_get_waiting", 9)
    (finding,) = hangs(told(story, 100, 200))
    assert finding.id == "tasks_not_done"
    assert (finding.figures["count"], finding.figures["takers"]) == (1, ["p200 (1)"])


@pytest.mark.parametrize(
    ("code", "killer", "said"),
    [(-9, None, "ended by SIGKILL"), (-9, "p1", "when p1 ended it"), (3, None, "when it ended:")],
)
def test_a_dead_holder_and_how_it_died(code: int, killer: str | None, said: str) -> None:
    story = Story().began(1, 100, 200).lock(7)
    holding(story, 100, 7)
    if killer:
        story.tell(1, "process_killed", child=100, child_name="p100")
    story.tell(100, "process_ended", exit_code=code)
    waiting(story, 200, "lock_waiting", 7)
    (finding,) = hangs(told(story, 200))
    assert finding.id == "holder_dead"
    assert said in sentence_of(finding.text, finding.figures)
    assert (finding.figures["holder"], finding.figures["held_at"]) == ("p100", "x.py:1000")


def test_joined_before_the_items_were_taken() -> None:
    story = Story().began(1, 100).queue(9, "results")
    waiting(story, 1, "process_join_waiting", child=100, child_name="p100")
    waiting(story, 100, "queue_flush_waiting", 9)
    (finding,) = hangs(told(story, 1, 100))
    assert (finding.id, finding.figures["process"], finding.figures["child"]) == ("join_before_get", "p1", "p100")
    assert finding.figures["object"] == "results"


def test_one_that_was_joined_stands_for_all_who_put_into_the_same_queue() -> None:
    story = Story().began(1, 100, 200).queue(9, "results")
    waiting(story, 1, "process_join_waiting", child=100, child_name="p100")
    waiting(waiting(story, 100, "queue_flush_waiting", 9), 200, "queue_flush_waiting", 9)
    (finding,) = hangs(told(story, 1, 100, 200))
    assert finding.id == "join_before_get"
    assert {row["process"] for row in finding.figures["standing"]} == {"p100", "p200"}


@pytest.mark.parametrize(("maxsize", "said"), [(2, "which holds 2"), (0, "its pipe is full")])
def test_a_queue_that_nobody_takes_from_and_how_much_it_holds(maxsize: int, said: str) -> None:
    story = waiting(Story().began(1).queue(9, maxsize=maxsize), 1, "queue_put_waiting", 9)
    (finding,) = hangs(told(story, 1))
    assert finding.id == "put_nobody_gets"
    assert said in sentence_of(finding.text, finding.figures)


def test_two_that_wait_for_each_others_message_are_told_of_in_one_sentence() -> None:
    story = Story().began(1, 100, 200)
    for identity, name, other in ((11, "a", 13), (13, "b", 11), (15, "c", 17), (17, "d", 15)):
        story.tell(1, "pipe_created", identity, "x.py:4", name=name, type="Pipe", other=other)
    for pid, identity in ((1, 11), (100, 13), (200, 15)):
        waiting(story, pid, "pipe_receive_waiting", identity)
    pair, alone = hangs(told(story, 1, 100, 200))
    assert (pair.figures["object"], pair.figures["other"], pair.figures["other_object"]) == ("a", "p100", "b")
    assert (alone.figures["object"], alone.cure[:15]) == ("c", "in each process")


def test_a_message_that_was_cut_off() -> None:
    story = Story().began(1, 100).queue(9).tell(100, "queue_put", 9, value="…")
    story.tell(100, "process_ended", exit_code=-9)
    waiting(story, 1, "queue_get_waiting", 9)
    (finding,) = hangs(told(story, 1, in_message=True))
    assert (finding.id, finding.figures["writer"], finding.figures["signal"]) == ("message_torn", "p100", "SIGKILL")


def test_what_only_the_system_shows() -> None:
    story = Story().began(1, 100)
    (finding,) = hangs(told(story, 100, wait="system_read_waiting", open_in=[1, 100]))
    assert (finding.id, finding.figures["open_in"]) == ("read_nobody_writes", ["p1", "p100"])
    (finding,) = hangs(told(Story().began(1), 1, wait="system_shared_waiting"))
    assert finding.id == "standstill"


def test_nobody_is_stuck_nothing_is_found() -> None:
    assert not list(hangs(state_of(two_locks().events)))
