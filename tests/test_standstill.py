"""Who is stuck: the fixpoint over what the processes told and what the system shows, and the sentences made of it."""

from typing import Any

import pytest

from procsim.diagnosis.blocked_threads import Blocked, End
from procsim.diagnosis.snapshot import ProcessSnapshot, Snapshot, Thread
from procsim.diagnosis.standstill import stuck
from procsim.diagnosis.watchman import finding_fields
from procsim.findings.base import sentence_of
from procsim.findings.hangs import hangs
from procsim.state.apply import state_of
from procsim.state.run_state import RunState
from procsim.views.base import Verdict
from procsim.views.live.things import thing_lines
from procsim.views.text.brief import last_line
from procsim.views.text.words import event_words
from procsim.wire.events import Event
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


OWN_PIPE = (End(1, True, socket=True),)


@pytest.mark.parametrize("blocked", [INNER, Blocked("events", OWN_PIPE)])
def test_main_may_wait_on_purpose_while_others_work(blocked: Blocked) -> None:
    """Ctrl-C ends it, and until then it keeps the program alive. Nobody waits like this in a child, or for nobody."""
    story = Story().began(100, 200)
    peers = {1: 2, 2: 1}

    def are_stuck(*processes: ProcessSnapshot) -> set[int]:
        snapshot = Snapshot({process.pid: process for process in processes}, peers=peers)
        return {thread.pid for thread in stuck(state_of(story.events), snapshot)}

    ends = (*OWN_PIPE, End(2, True, socket=True))
    assert are_stuck(seen(100, blocked, ends=ends), seen(200, Blocked("accept"))) == set()
    assert are_stuck(seen(100, blocked, ends=ends), seen(200, INNER)) == {100, 200}
    assert are_stuck(seen(100, MAY_GO_ON), seen(200, blocked, ends=ends)) == {200}


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


@pytest.mark.parametrize("caught", [0, SIGTERM])
def test_no_handler_makes_room_in_a_pipe_that_a_joined_child_writes_to(caught: int) -> None:
    story = waiting(Story().began(100, 200), 100, "process_join_waiting", child=200, child_name="p200")
    read, write = End(5, False), End(5, True)
    service = seen(100, SHARED, ends=(read,), caught=caught)
    assert who(story, service, seen(200, Blocked("write", (write,)), ends=(write,), caught=caught)) == {100, 200}
    reads = seen(200, Blocked("read", (End(6, False),)), ends=(End(6, False), End(6, True)), caught=caught)
    assert who(story, service, reads) == (set() if caught else {100, 200}), "its handler may write to that pipe"


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


def asks_for(story: Story, pid: int, lock: int) -> Story:
    return waiting(story, pid, "manager_called", lock, type="Lock", method="acquire")


def test_a_lock_of_a_manager_is_a_lock_like_any_other() -> None:
    story = Story().began(100, 200, 300).lock(7, "users").lock(8, "orders")
    asks_for(asks_for(holding(holding(story, 200, 7), 300, 8), 200, 8), 300, 7)
    client = Blocked("read", (End(8, True, True),))
    assert who(story, seen(200, client), seen(300, client), seen(100, MAY_GO_ON)) == {200, 300}
    (finding,) = hangs(told(story, 200, 300))
    assert (finding.id, finding.figures["held_at"]) == ("lock_cycle", "x.py:2000")
    story.tell(300, "lock_refused", 7, took=1)
    assert who(story, seen(200, client), seen(300, MAY_GO_ON)) == set()


def test_the_same_call_to_a_manager_by_several_is_one_finding() -> None:
    story = Story().began(1, 200, 300, 400)
    for pid, line in ((200, 5), (300, 5), (400, 6)):
        at = f"x.py:{line}"
        story.tell(pid, "manager_called", None, at, timeout=None, native_id=pid, type="Event", method="wait")
    waiting(story, 1, "process_join_waiting", child=200, child_name="p200")
    assert [finding.figures["process"] for finding in hangs(told(story, 1, 200, 300, 400))] == ["p200", "p400"]


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


@pytest.mark.parametrize(
    ("name", "made", "cure"),
    [
        ("lock", "x.py:1", "by a key that differs"),
        ("lock", "x.py:5", "always lock before lock-2"),
        ("other", "x.py:1", "always lock before other"),  # `lock, other = Lock(), Lock()`
    ],
)
def test_the_cure_names_the_order_of_locks_that_people_can_tell_apart(name: str, made: str, cure: str) -> None:
    """Two that one line has made by one name, `self.lock = Lock()`, differ by no name of the program's."""
    story = Story().began(100, 200, 300).lock(7, "lock")
    story.tell(1, "lock_created", 8, made, name=name, type="Lock", value=1)
    holding(holding(story, 200, 7), 300, 8)
    waiting(waiting(story, 200, "lock_waiting", 8), 300, "lock_waiting", 7)
    (finding,) = hangs(told(story, 200, 300))
    assert cure in sentence_of(finding.cure, finding.figures)


def hung_holding(program: bool) -> RunState:
    """A program that hung and was ended: by procsim; or the holder of a lock had been ended by the program before."""
    story = holding(Story().began(1, 100, 200).lock(7, "bowl"), 100, 7)
    if program:
        story.tell(100, "process_ended", exit_code=-15)
    waiting(story, 200, "lock_waiting", 7)
    run = told(story, 200)
    for finding in hangs(run):
        story.tell(1, "finding", **finding_fields(finding))
    for pid in (1, 200) if program else (1, 100, 200):
        story.tell(pid, "process_ended", exit_code=-15)
    return state_of(story.events)


@pytest.mark.parametrize(("program", "row"), [(True, "held by p100, which has ended"), (False, "held by p100")])
def test_whom_procsim_has_ended_is_no_cause(program: bool, row: str) -> None:
    run = hung_holding(program)
    (lock,) = thing_lines(run, 9, 100, plain=True)
    assert lock.plain.partition("  ")[2].startswith(row)
    assert ("which has ended" in lock.plain) == program


def test_a_line_says_that_procsim_ends_a_program_that_hangs() -> None:
    run = hung_holding(program=True)
    before, after = (Event("process_ended", t, 200, "p200", "", None, None, {"exit_code": -15}) for t in (1, run.t))
    assert event_words(after, run) == "ended by SIGTERM: procsim ends the program"
    assert event_words(before, run) == "ended by SIGTERM", "it was so before it hung"
    assert last_line(run, Verdict("x.py")).split(", ")[2] == "procsim ended it"


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


@pytest.mark.parametrize("kind", ["queue_put_waiting", "queue_flush_waiting"])
def test_who_joins_the_holder_is_not_the_one_that_was_to_take(kind: str) -> None:
    story = waiting(holding(Story().began(1, 100, 200).lock(7, "mutex").queue(9, maxsize=2), 100, 7), 100, kind, 9)
    (finding,) = hangs(told(waiting(story, 200, "lock_waiting", 7), 100, 200))
    assert (finding.id, finding.figures["process"], finding.figures["holder"]) == ("holder_waits", "p200", "p100")


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


def test_a_thread_that_serves_the_others_is_not_the_cause() -> None:
    story = Story().began(1, 100).queue(8, "records").queue(9, "results")
    waiting(story, 1, "queue_get_waiting", 9)
    story.tell(1, "queue_get_waiting", 8, "x.py:5", thread="listener", timeout=None, native_id=2)
    fields = {"wait": "queue_get_waiting", "open_in": [], "in_message": False}
    story.tell(1, "process_stuck", 8, "x.py:5", thread="listener", **fields)
    (finding,) = hangs(told(story, 1))
    assert (finding.figures["process"], finding.figures["object"]) == ("p1", "results")


JOINED_FOR_ROOM = {
    "queue_put_waiting": ("join_before_get", "take the items first, then join: q.get() before p200.join()"),
    "pipe_send_waiting": ("join_before_get", "receive first, then join: recv() on the other end before p200.join()"),
}


def joined_before_room(kind: str, taker: int | None = None) -> Story:
    story = Story().began(100, 200, 300).queue(9)
    story.tell(100, "pipe_created", 8, "x.py:3", name="q", type="Pipe", other=7)
    if taker is not None:
        story.tell(200, "queue_put", 9, value=1).tell(taker, "queue_got", 9, value=1)
    waiting(story, 200, kind, 9 if kind == "queue_put_waiting" else 8)
    return waiting(story, 100, "process_join_waiting", child=200, child_name="p200")


@pytest.mark.parametrize("kind", JOINED_FOR_ROOM)
def test_who_joins_before_it_takes_what_the_other_has_to_send(kind: str) -> None:
    (finding,) = hangs(told(joined_before_room(kind), 200, 100, wait=kind, open_in=[100, 200]))
    assert (finding.id, sentence_of(finding.cure, finding.figures)) == JOINED_FOR_ROOM[kind]
    figures = finding.figures
    assert (figures["process"], figures["child"], figures["child_at"]) == ("p100", "p200", "x.py:200")


def test_where_another_process_takes_the_join_is_not_the_cause() -> None:
    (finding,) = hangs(told(joined_before_room("queue_put_waiting", taker=300), 200, 100))
    assert finding.id == "put_nobody_gets"
    (finding,) = hangs(told(joined_before_room("pipe_send_waiting"), 200, 100, wait="pipe_send_waiting", open_in=[300]))
    assert finding.id == "send_nobody_receives"


def acquired_twice(entered: bool = False, there: bool = True, value: int = 1, others: tuple[int, ...] = ()) -> Story:
    """Process 100 waits for what it holds; `there`: at the line that acquired it; `others` hold one, too, and wait."""
    story = (
        Story().began(1, 100, *others).lock(7, "slots", type="BoundedSemaphore" if value > 1 else "Lock", value=value)
    )
    for pid in (100, *others):
        story.tell(pid, "lock_acquired", 7, f"x.py:{pid}", entered=entered)
    for pid in (100, *others):
        story.tell(pid, "lock_waiting", 7, f"x.py:{pid if there else 9}", timeout=None, native_id=pid)
    return story


@pytest.mark.parametrize(
    ("entered", "there", "cure"),
    [(False, True, "hold it by `with slots:`"), (False, False, "do not acquire"), (True, True, "do not acquire")],
)
def test_who_comes_again_to_where_it_acquired_has_not_released(entered: bool, there: bool, cure: str) -> None:
    (finding,) = hangs(told(acquired_twice(entered, there), 100))
    assert (finding.id, finding.figures["held_at"]) == ("lock_twice", "x.py:100")
    assert sentence_of(finding.cure, finding.figures).startswith(cure)


def test_who_hold_a_semaphore_and_wait_for_more_of_it_are_one_finding() -> None:
    (finding,) = hangs(told(acquired_twice(value=2, others=(200,)), 100, 200))
    said = sentence_of(finding.text, finding.figures)
    assert finding.id == "lock_twice"
    assert "it holds 1 of 2 itself, acquired at x.py:100" in said
    assert "others wait for one, too: p200" in said
    assert "RLock" not in finding.cure
    busy = waiting(
        acquired_twice(value=2).tell(200, "lock_acquired", 7, "x.py:8", entered=False), 200, "manager_called"
    )
    (alone,) = hangs(told(busy, 100))
    assert sentence_of(alone.text, alone.figures).endswith("it holds 1 of 2 itself, acquired at x.py:100")


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
    assert finding.cure.startswith("start what takes")
    story = Story().began(1, 2).queue(9, maxsize=maxsize).tell(2, "queue_got", 9, value=1)
    (finding,) = hangs(told(waiting(waiting(story, 2, "queue_get_waiting", 8), 1, "queue_put_waiting", 9), 1))
    assert finding.cure.startswith("go on taking")


def test_two_that_wait_for_each_others_message_are_told_of_in_one_sentence() -> None:
    story = Story().began(1, 100, 200)
    for identity, name, other in ((11, "a", 13), (13, "b", 11), (15, "c", 17), (17, "d", 15)):
        story.tell(1, "pipe_created", identity, "x.py:4", name=name, type="Pipe", other=other)
    for pid, identity in ((1, 11), (100, 13), (200, 15)):
        waiting(story, pid, "pipe_receive_waiting", identity)
    pair, alone = hangs(told(story, 1, 100, 200))
    assert (pair.figures["object"], pair.figures["other"], pair.figures["other_object"]) == ("a", "p100", "b")
    assert (alone.figures["object"], alone.cure[:15]) == ("c", "in each process")


@pytest.mark.parametrize(
    ("count", "waiting_then", "said"),
    [
        (1, 2, "p1 notified 1 of the 2 that waited, at x.py:6"),
        (None, 2, None),
        (2, 2, None),
        (1, 0, None),  # it came before the wait
    ],
)
def test_a_notice_that_was_for_fewer_than_waited(count: int | None, waiting_then: int, said: str | None) -> None:
    story = Story().began(1, 100, 200)
    story.tell(1, "lock_created", 7, "x.py:1", name="ready", type="Condition", value=1)
    for pid in (100, 200)[:waiting_then]:
        waiting(story, pid, "condition_waiting", 7)
    story.tell(1, "condition_notified", 7, "x.py:6", count=count)
    if not waiting_then:
        waiting(story, 100, "condition_waiting", 7)
    (finding,) = hangs(told(story, 100))
    words = sentence_of(finding.text, finding.figures)
    assert finding.id == "condition_nobody_notifies"
    assert ("notify_all()" in finding.cure, said is None or said in words) == (said is not None, True)


def test_an_event_that_was_cleared_before_the_wait() -> None:
    story = Story().began(1, 100).tell(1, "event_created", 8, "x.py:2", name="go", type="Event")
    story.tell(1, "event_set", 8, "x.py:6").tell(100, "event_cleared", 8, "x.py:7")
    (finding,) = hangs(told(waiting(story, 100, "event_waiting", 8), 100))
    words = sentence_of(finding.text, finding.figures)
    assert finding.id == "event_nobody_sets"
    assert words.endswith("p1 had set it at x.py:6, and p100 cleared it at x.py:7")
    assert finding.cure.startswith("clear {object} only when")


def test_an_event_that_was_cleared_unset_was_not_lost() -> None:
    story = Story().began(1, 100).tell(1, "event_created", 8, "x.py:2", name="go", type="Event")
    story.tell(1, "event_cleared", 8, "x.py:7")
    (finding,) = hangs(told(waiting(story, 100, "event_waiting", 8), 100))
    assert finding.sentence == ""


def test_a_message_that_was_cut_off() -> None:
    story = Story().began(1, 100).queue(9).tell(100, "queue_put", 9, value="…")
    story.tell(100, "process_ended", exit_code=-9)
    waiting(story, 1, "queue_get_waiting", 9)
    (finding,) = hangs(told(story, 1, in_message=True))
    assert (finding.id, finding.figures["writer"], finding.figures["signal"]) == ("message_torn", "p100", "SIGKILL")


def test_a_message_that_was_cut_off_by_an_exit_without_an_error() -> None:
    story = Story().began(1, 100).queue(9).tell(100, "queue_put", 9, value="…")
    story.tell(100, "process_left", None, "x.py:6", exit_code=0).tell(100, "process_ended", exit_code=0)
    (finding,) = hangs(told(waiting(story, 1, "queue_get_waiting", 9), 1, in_message=True))
    assert (finding.id, finding.figures["signal"]) == ("message_torn", "os._exit")


def test_what_only_the_system_shows() -> None:
    story = Story().began(1, 100)
    (finding,) = hangs(told(story, 100, wait="system_read_waiting", open_in=[1, 100]))
    assert (finding.id, finding.figures["open_in"]) == ("read_nobody_writes", ["p1", "p100"])
    (finding,) = hangs(told(Story().began(1), 1, wait="system_shared_waiting"))
    assert finding.id == "standstill"


def at_a_socket(kind: str, *open_in: tuple[int, ...]) -> list[str]:
    """The sentences about main and a child, of which each stands in such a call of a socket."""
    story = Story().began(1, 100)
    for pid, its in zip((1, 100), open_in, strict=True):
        fields: dict[str, Any] = {"wait": f"system_{kind}_waiting", "open_in": its, "in_message": False}
        story.tell(pid, "process_stuck", None, f"x.py:{pid}", **fields)
    return [finding.sentence for finding in hangs(state_of(story.events))]


def test_both_ends_of_a_connection_wait_for_the_same() -> None:
    assert at_a_socket("receive", (100,), (1,)) == ["read_nobody_writes.both"]
    assert at_a_socket("send", (100,), (1, 100)) == ["write_nobody_reads.both"]
    assert at_a_socket("receive", (100,), ()) == ["read_nobody_writes.socket"] * 2


def test_nobody_is_stuck_nothing_is_found() -> None:
    assert not list(hangs(state_of(two_locks().events)))


# Whose end was the cause -------------------------------------------------------------------------------------


def getting(*used: tuple[str, int]) -> Story:
    """Process 100 waits for an item; these events of the queue came before. Process 200 has failed, 300 has not."""
    story = Story().began(1, 100, 200, 300).queue(9)
    for kind, pid in used:
        story.tell(pid, kind, 9, f"x.py:{pid}", value=1)
    story.tell(200, "raised", None, "x.py:8", type="KeyError", text="'b'", during=None, subject=None, made=None)
    story.tell(200, "process_ended", exit_code=1)
    return waiting(story, 100, "queue_get_waiting", 9)


@pytest.mark.parametrize(
    ("used", "ended"),
    [
        ([], [200]),
        ([("queue_put", 200)], [200]),
        ([("queue_got", 200)], []),  # it was a consumer
        ([("queue_put", 300)], []),  # the one that puts is there, and waits itself
        ([("queue_put", 300), ("queue_put", 200)], [200]),
    ],
)
def test_who_would_have_had_to_put(used: list[tuple[str, int]], ended: list[int]) -> None:
    (finding,) = hangs(told(waiting(getting(*used), 300, "queue_get_waiting", 9), 100, 300))
    assert finding.id == "get_nobody_puts"
    assert finding.figures.get("ended_pids", []) == ended
    words = "nobody is left who could put one: p200 ended at x.py:8 by an exception: KeyError: 'b'"
    assert (words in sentence_of(finding.text, finding.figures)) == bool(ended)


def chain(*events: tuple[int, str, int], waits: tuple[tuple[int, int], ...]) -> list[tuple[str, str, str]]:
    """The process, the queue and the reason of each finding, where these processes wait for an item of these queues."""
    story = Story().began(1, *(pid for pid, _ in waits if pid != 1)).queue(7, "work").queue(9, "results")
    for pid, kind, identity in events:
        story.tell(pid, kind, identity, f"x.py:{pid}", value=5)
    for pid, identity in waits:
        waiting(story, pid, "queue_get_waiting", identity)
    pids = [pid for pid, _ in waits]
    found = [*hangs(told(story, *pids))]
    assert {finding.id for finding in found} == {"get_nobody_puts"}
    reason = "⟨{because}⟩"
    return [(f.figures["process"], f.figures["object"], sentence_of(reason, f.figures)) for f in found]


PUT, GOT = "queue_put", "queue_got"


def test_who_waits_for_one_that_waits_itself_is_its_effect() -> None:
    """Main waits for what a consumer would put, which waits for one more item than main has put."""
    (found,) = chain((1, PUT, 7), (1, PUT, 7), (200, GOT, 7), (200, GOT, 7), waits=((1, 9), (200, 7)))
    assert found == ("p200", "work", "p1 put 2 and waits itself at x.py:1, p200 took all 2 (the last one: 5)")


def test_of_a_row_of_stages_the_first_one_is_the_cause() -> None:
    """Stage 200 takes from one queue what 100 has put, and puts into another one, from which 300 takes."""
    events = ((1, PUT, 7), (200, GOT, 7), (200, PUT, 9), (300, GOT, 9))
    (found,) = chain(*events, waits=((300, 9), (200, 7)))
    assert found == ("p200", "work", "p1 put 1 and waits itself at x.py:1, p200 took the one that was put (5)")


def test_two_that_wait_for_each_other_are_both_told_of() -> None:
    """It is not known which of them would have had to put one more, nor where none was ever put."""
    assert [found[0] for found in chain(waits=((1, 9), (200, 7)))] == ["p1", "p200"]
    both = ((1, PUT, 7), (200, GOT, 7), (200, PUT, 9), (1, GOT, 9))
    assert [found[0] for found in chain(*both, waits=((1, 9), (200, 7)))] == ["p1", "p200"]


@pytest.mark.parametrize(
    ("items", "reason", "cure"),
    [
        (
            {200: None},
            "None was put once for 3 consumers, and p200 took it",
            "put None once for each consumer: 3 times",
        ),
        ({200: None, 300: None}, "None was put 2 times for 3 consumers: p200, p300 took it", "3 times"),
        ({200: 5}, "", "one for each consumer"),
    ],
)
def test_a_last_item_for_fewer_than_take(items: dict[int, Any], reason: str, cure: str) -> None:
    story = Story().began(1, 200, 300, 400).queue(9)
    for item in (1, 2, 3, *items.values()):
        story.tell(1, "queue_put", 9, "x.py:1", value=item)
    for pid, item in ((200, 1), (300, 2), (400, 3), *items.items()):
        story.tell(pid, "queue_got", 9, "x.py:2", value=item)
    for pid in items:
        story.tell(pid, "process_returned").tell(pid, "process_ended", exit_code=0)
    rest = [pid for pid in (200, 300, 400) if pid not in items]
    for pid in rest:
        waiting(story, pid, "queue_get_waiting", 9)
    waiting(story, 1, "process_join_waiting", child=rest[0], child_name=f"p{rest[0]}")
    (finding,) = hangs(told(story, 1, *rest))
    assert reason in sentence_of("⟨{because}⟩", finding.figures)
    assert sentence_of(finding.cure, finding.figures).endswith(cure)


@pytest.mark.parametrize(("joined", "cure"), [(None, "daemons"), ("x.py:9", "consumer")])
def test_a_consumer_is_not_to_be_a_daemon_where_it_is_awaited(joined: str | None, cure: str) -> None:
    """Main has nothing more to do, and waits for it only because it ends; or joins it itself."""
    story = waiting(Story().began(1, 200).queue(9), 200, "queue_get_waiting", 9)
    if joined is None:
        story.tell(1, "process_returned")
    story.tell(1, "process_join_waiting", None, joined, timeout=None, native_id=1, child=200, child_name="p200")
    (finding,) = hangs(told(story, 1, 200))
    assert finding.cure.endswith(cure)


def worked(kind: str, *counts: int, stays: bool = False) -> Story:
    """Processes from 200 on that used a queue so often and ended well, where `stays` without the last one."""
    story, pids = Story().began(1, 100).queue(9, maxsize=2), range(200, 200 + len(counts))
    story.began(*pids)
    for pid, count in zip(pids, counts, strict=True):
        for _ in range(count):
            story.tell(pid, kind, 9, "x.py:7", value=1)
    for pid in pids[: len(pids) - stays]:
        story.tell(pid, "process_returned").tell(pid, "process_left", exit_code=0)
        story.tell(pid, "process_ended", exit_code=0)
    return story


ENDED_WELL = {
    "queue_put": ("queue_get_waiting", "nobody is left who could put one", "put 2 and ended", "put one"),
    "queue_got": ("queue_put_waiting", "nobody is left who could take an item", "took 2 and ended", "taken one"),
}


@pytest.mark.parametrize("kind", ENDED_WELL)
def test_who_put_or_took_and_ended_well_is_named(kind: str) -> None:
    wait, nobody, used, unused = ENDED_WELL[kind]
    for counts, expected in (
        ([2], f"{nobody}: p200 {used}, last seen at x.py:7"),
        ([2, 2], f"{nobody}: 2 processes (p200, p201) {used}, last seen at x.py:7"),
        ([2, 0], f"{nobody}: p200 {used}, last seen at x.py:7"),
        ([0], f"{nobody}: p200 ended without having {unused}"),
    ):
        (finding,) = hangs(told(waiting(worked(kind, *counts), 1, wait, 9), 1))
        assert sentence_of(finding.text, finding.figures).endswith(expected)


@pytest.mark.parametrize("kind", ENDED_WELL)
def test_where_one_is_there_that_could_nobody_is_named_that_ended_well(kind: str) -> None:
    wait, nobody, *_ = ENDED_WELL[kind]
    story = waiting(worked(kind, 2, 1, stays=True), 100, wait, 9)
    (finding,) = hangs(told(waiting(story, 201, "queue_get_waiting", 8), 100))
    assert sentence_of(finding.text, finding.figures).endswith(nobody)


def test_a_call_that_raised_in_one_that_ended_well_is_said() -> None:
    story = worked("queue_put", 2)
    story.events.insert(-3, Event("call_raised", 1, 200, "p200", "MainThread", 9, "x.py:8", CLOSED))
    (finding,) = hangs(told(waiting(story, 1, "queue_get_waiting", 9), 1))
    words = "p200 put 2 and ended, last seen at x.py:8, put() at x.py:8 in p200 raised ValueError: Queue is closed"
    assert sentence_of(finding.text, finding.figures).endswith(words)
    assert sentence_of(finding.cure, finding.figures).startswith("cure what put() raised")


CLOSED = {"call": "put", "type": "ValueError", "text": "Queue is closed"}


@pytest.mark.parametrize(("call", "said"), [("start", True), ("put", False)])
def test_of_one_that_is_there_only_that_it_could_not_start_a_process(call: str, said: bool) -> None:
    story = Story().began(1).queue(9).tell(1, "call_raised", None, "x.py:8", **{**CLOSED, "call": call})
    (finding,) = hangs(told(waiting(story, 1, "queue_get_waiting", 9), 1))
    assert ("start() at x.py:8 in p1 raised" in sentence_of(finding.text, finding.figures)) is said


@pytest.mark.parametrize(
    ("how", "expected", "said"),
    [
        ("os._exit", "items_not_sent", "p200 put 2, and ended before they were sent: p200 left by os._exit at x.py:6"),
        ("signal", "items_not_sent", "and 1 of 2 never got there: p200 put 2"),
        ("cancelled", "items_not_sent", "p200 put 2, called cancel_join_thread() at x.py:5, and ended before"),
        ("cancelled in a message", "items_not_sent", "called cancel_join_thread() at x.py:5"),
        ("returned", "get_nobody_puts", "p200 put 2 and ended"),  # it waited until they were sent: another has taken it
        ("by a dead taker", "get_nobody_puts", "p300 was ended by SIGKILL"),
        ("taken", "get_nobody_puts", "p200 left by os._exit"),
    ],
)
def test_items_that_a_process_put_and_did_not_send(how: str, expected: str, said: str) -> None:
    story = Story().began(1, 200, 300).queue(9)
    for _ in range(2):
        story.tell(200, "queue_put", 9, "x.py:4", value=1)
    story.tell(300, "queue_got", 9, value=1)
    code = {"signal": -9, "os._exit": 3, "by a dead taker": 3, "taken": 3}.get(how, 0)
    if how == "taken":
        story.tell(1, "queue_got", 9, value=1)
    if how.startswith("cancelled"):
        story.tell(200, "queue_join_cancelled", 9, "x.py:5")
    if how.startswith(("cancelled", "returned")):
        story.tell(200, "process_returned")
    elif how != "signal":
        story.tell(200, "process_left", None, "x.py:6", exit_code=code)
    story.tell(200, "process_ended", exit_code=code)
    if how == "by a dead taker":
        story.tell(300, "queue_put", 9, value=1).tell(300, "process_ended", exit_code=-9)
    (finding,) = hangs(told(waiting(story, 1, "queue_get_waiting", 9), 1, in_message="message" in how))
    assert finding.id == expected
    assert said in sentence_of(finding.text, finding.figures)


def test_what_has_ended_after_the_hang_is_not_its_cause() -> None:
    story = waiting(Story().began(1, 100, 200).queue(9), 100, "queue_get_waiting", 9)
    told(story, 100)
    story.tell(200, "process_ended", exit_code=-15)
    (finding,) = hangs(state_of(story.events))
    assert "ended_pids" not in finding.figures


def test_a_wait_for_an_item_is_not_one_for_the_lock_of_the_readers() -> None:
    for how, expected in (("read", "get_nobody_puts"), ("shared", "reader_dead")):
        story = waiting(Story().began(1, 100, 200).queue(9), 200, "queue_get_waiting", 9)
        story.tell(1, "process_terminated", at="x.py:5", child=200, child_name="p200")
        story.tell(200, "process_ended", exit_code=-15)
        (finding,) = hangs(told(waiting(story, 100, "queue_get_waiting", 9), 100, how=how))
        assert finding.id == expected
        assert "p200 was ended by SIGTERM, which p1 sent at x.py:5" in sentence_of(finding.text, finding.figures)


def test_a_join_is_excused_only_where_a_handler_could_end_the_wait_of_the_child() -> None:
    for kind, is_stuck in (("queue_get_waiting", False), ("queue_flush_waiting", True)):
        story = waiting(Story().began(100, 200).queue(9), 200, kind, 9)
        waiting(story, 100, "process_join_waiting", child=200, child_name="p200")
        service, worker = seen(100, Blocked("child", child=200), caught=SIGTERM), seen(200, INNER, parent=100)
        assert (100 in who(story, service, worker)) == is_stuck
        story.tell(100, "process_terminated", at="x.py:5", child=200, child_name="p200")
        assert who(story, service, worker) == {100, 200}


# Processes that were forked beside threads --------------------------------------------------------------------


def forked(*threads: list[str | None], kind: str = "system_inner_waiting", alone: bool = True) -> RunState:
    """Main joins p200, which is stuck in such a wait; `threads`: those of main at the fork."""
    story = Story().began(1)
    story.tell(1, "process_started", at="x.py:3", child=200, child_name="p200", daemon=False, threads=[*threads])
    story.began(200)
    if kind != "system_inner_waiting":
        waiting(story, 200, kind)
    return told(story, 200, wait=kind, alone=alone)


def test_a_lock_from_a_fork_beside_threads() -> None:
    threads: list[list[str | None]] = [["log", "x.py:5"], ["feeder", None], ["c", "x.py:6"], ["d", None], ["e", None]]
    (finding,) = hangs(forked(*threads))
    assert finding.id == "forked_beside_threads"
    text = sentence_of(finding.text, finding.figures)
    assert "forked at x.py:3 while other threads of p1 ran (log at x.py:5, feeder, c at x.py:6, 2 more)" in text


def test_a_lock_or_a_thread_of_a_library_from_a_fork() -> None:
    story = Story().began(1)
    fields: dict[str, Any] = {"child": 200, "child_name": "p200", "daemon": False, "threads": []}
    story.tell(1, "process_started", at="x.py:3", library_threads=3, **fields).began(200)
    (finding,) = hangs(told(story, 200, wait="system_inner_waiting", alone=True))
    assert (finding.id, finding.sentence) == ("forked_beside_threads", "forked_beside_threads.library")
    text = sentence_of(finding.text, finding.figures)
    assert "forked at x.py:3 while 3 threads that run no Python" in text


def test_a_lock_from_a_plain_fork_beside_threads() -> None:
    story = Story().began(1)
    story.tell(200, "process_began", at="x.py:3", parent=1, daemon=False, threads=[["log", None]])
    story.tell(1, "process_join_waiting", child=200, child_name="p200", timeout=None, native_id=1)
    (finding,) = hangs(told(story, 200, wait="system_inner_waiting", alone=True))
    assert finding.id == "forked_beside_threads"
    assert "forked at x.py:3 while other threads of p1 ran (log)" in sentence_of(finding.text, finding.figures)


@pytest.mark.parametrize(
    ("kind", "threads", "alone", "sentence"),
    [
        ("own_thread_waiting", [["log", "x.py:5"]], True, "own_thread_missing.forked"),
        ("own_thread_waiting", [], True, ""),
        ("system_inner_waiting", [], True, "own_thread_missing.lock"),
        ("system_inner_waiting", [["log", "x.py:5"]], False, None),
        ("own_thread_waiting", [["log", "x.py:5"]], False, None),
    ],
)
def test_a_wait_for_a_thread_that_is_not_there(
    kind: str, threads: list[list[str | None]], alone: bool, sentence: str | None
) -> None:
    (finding,) = hangs(forked(*threads, kind=kind, alone=alone))
    assert (finding.id, finding.sentence) == (
        ("standstill", "") if sentence is None else ("own_thread_missing", sentence)
    )


def test_an_old_recording_tells_of_no_threads() -> None:
    story = Story().began(1)
    story.tell(1, "process_started", at="x.py:3", child=200, child_name="p200", daemon=False)
    (finding,) = hangs(told(story.began(200), 200, wait="system_inner_waiting"))
    assert finding.id == "standstill"


def test_a_wait_for_a_thread_of_its_own_within_a_known_wait_is_that_wait() -> None:
    story = waiting(Story().began(1), 1, "pool_result_waiting", 9, job=1)
    waiting(story, 1, "own_thread_waiting").tell(1, "own_thread_awoke")
    run = state_of(story.events)
    assert [wait.kind for wait in run.now_waiting()] == ["pool_result_waiting"]
    story.tell(1, "pool_result_got", 9, job=1)
    waiting(story, 1, "own_thread_waiting")
    assert [wait.kind for wait in state_of(story.events).now_waiting()] == ["own_thread_waiting"]
    assert not [*state_of(story.tell(1, "own_thread_awoke").events).now_waiting()]
