"""What was seen of a program becomes events. Pure: no process, no memory."""

from dataclasses import replace
from typing import Any

import pytest

from procsim.attach.look import (
    CutOff,
    Hold,
    Look,
    Place,
    SeenChild,
    SeenDrop,
    SeenObject,
    SeenPool,
    SeenProcess,
    SeenSemaphore,
    SeenThread,
    SeenWait,
    Unseen,
)
from procsim.attach.semaphores import identity_of
from procsim.attach.story import events_of
from procsim.diagnosis.blocked_threads import Blocked, End
from procsim.state.apply import state_of
from procsim.state.run_state import RunState

LEFT, RIGHT = ("00:1b", 41), ("00:1b", 42)
FREE, TAKEN = SeenSemaphore(1, 1, False), SeenSemaphore(0, 1, False)
AT = Place("work", "/home/somebody/work.py", 9)


def lock(file: tuple[str, int], name: str = "", type_name: str = "Lock") -> SeenObject:
    return SeenObject(identity_of(file), type_name, name, semaphore=file)


LOCKS = (lock(LEFT, "left"), lock(RIGHT, "right"))


def at_a_lock(number: int, file: tuple[str, int]) -> SeenThread:
    wait = SeenWait("lock_waiting", identity_of(file), at=AT)
    return SeenThread(number, "MainThread", Blocked("shared"), 5, file, wait, place=AT)


def joins(number: int, child: int) -> SeenThread:
    blocked = Blocked("child", child=child)
    return SeenThread(number, "MainThread", blocked, 3, wait=SeenWait("process_join_waiting", child=child, at=AT))


def process(thread: SeenThread, name: str, holds: tuple[Hold, ...] = (), parent: int = 1) -> SeenProcess:
    return SeenProcess(
        thread.number,
        parent,
        thread.number,
        name,
        {thread.number: thread},
        python="3.12",
        is_own_name=True,
        holds=holds,
        objects=LOCKS,
        semaphores={LEFT: TAKEN, RIGHT: TAKEN},
    )


def look(*processes: SeenProcess) -> Look:
    return Look(1, 1, 5_000_000_000, {each.pid: each for each in processes})


def explained(first: Look, second: Look | None = None) -> RunState:
    return state_of(events_of(first, second or first))


def found(state: RunState) -> list[str]:
    return [event.fields["text"] for event in state.found]


CYCLE = look(
    process(joins(1, 2), "MainProcess", parent=0),
    process(at_a_lock(2, RIGHT), "one", (Hold(LEFT, 1, 2),)),
    process(at_a_lock(3, LEFT), "other", (Hold(RIGHT, 1, 3),)),
)


def changed(number: int, **changes: object) -> Look:
    """The same look, with something of one process changed."""
    return replace(CYCLE, processes=CYCLE.processes | {number: replace(CYCLE.processes[number], **changes)})  # type: ignore[arg-type]


def test_two_looks_that_agree_find_the_circle() -> None:
    state = explained(CYCLE)
    assert state.hung is not None
    assert found(state) == [
        "one holds left and waits at work.py:9 for right; other holds right and waits at work.py:9 for left: a deadlock"
    ]


def test_who_has_gone_to_wait_anew_goes_on() -> None:
    thread = replace(CYCLE.processes[3].threads[3], waits_since=6)
    state = explained(CYCLE, changed(3, threads={3: thread}))
    assert found(state) == [] and state.hung is None


def test_who_is_another_process_with_the_same_pid_goes_on() -> None:
    assert explained(CYCLE, changed(3, birth=77)).hung is None


def test_nobody_is_stuck_by_the_first_look_alone() -> None:
    runs = replace(CYCLE.processes[3].threads[3], blocked=None, wait=None)
    assert explained(CYCLE, changed(3, threads={3: runs})).hung is None
    assert explained(changed(3, threads={3: runs}), CYCLE).hung is None


def test_nothing_is_certain_where_a_process_could_not_be_looked_at() -> None:
    for reason in ("not_permitted", "namespace"):
        state = explained(replace(CYCLE, unseen=(Unseen(9, reason),)))
        assert found(state) == [] and state.hung is None
    assert explained(replace(CYCLE, unseen=(Unseen(9, "ended"),))).hung is not None


def test_a_thread_of_no_python_that_runs_may_end_any_wait() -> None:
    other = SeenProcess(9, 1, 9, "helper", {9: SeenThread(9, "MainThread", None, 0)}, gap="no_python")
    assert explained(replace(CYCLE, processes=CYCLE.processes | {9: other})).hung is None
    held_for_certain = changed(2, holds=(Hold(LEFT, 1, 2, entered=True),))
    held_for_certain = replace(
        held_for_certain,
        processes=held_for_certain.processes
        | {9: other, 3: replace(CYCLE.processes[3], holds=(Hold(RIGHT, 1, 3, entered=True),))},
    )
    assert [event.fields["id"] for event in explained(held_for_certain).found] == ["lock_cycle"]


def test_where_the_handler_of_ctrl_c_may_be_the_programs_own_nothing_is_certain() -> None:
    """Of a process that cannot be read it is not known whose it is, nor what it waits for."""
    reads = SeenThread(1, "MainThread", Blocked("read", (End(7, False),)), 5)
    ends = frozenset({End(7, False), End(7, True)})
    main = SeenProcess(1, 0, 1, "", {1: reads}, ends, "pypy3 work.py", gap="build")
    assert explained(look(main)).hung is not None
    assert explained(look(replace(main, handles_interrupts=True))).hung is None


# Holders -----------------------------------------------------------------------------------------------------


def orphaned(**of_main: object) -> RunState:
    """One process waits for a lock that is taken, and no process that is left holds it."""
    main = replace(process(joins(1, 2), "MainProcess", parent=0), **of_main)  # type: ignore[arg-type]
    return explained(look(main, process(at_a_lock(2, LEFT), "waiter")))


GONE = SeenChild(7, "gone", exit_code=-9)


def test_the_holder_has_ended() -> None:
    (text,) = found(orphaned(children=(SeenChild(2, "waiter"), GONE), children_made=3))
    assert text == (
        "waiter waits at work.py:9 for left, which a process held when it ended: nobody will ever release it; gone "
        "was ended by SIGKILL"
    )


def test_the_holder_is_named_where_only_one_process_has_ever_ended() -> None:
    (text,) = found(orphaned(children=(SeenChild(2, "waiter"), GONE), children_made=2))
    assert text == (
        "waiter waits at work.py:9 for left, which gone held when it was ended by SIGKILL: nobody will ever release it"
    )


def test_who_holds_it_is_unknown_where_a_process_could_not_be_read() -> None:
    state = orphaned(unread=frozenset({LEFT}))
    assert not state.locks[identity_of(LEFT)].holder_is_gone
    assert [event.fields["id"] for event in state.found] == ["lock_nobody_releases"]


def test_a_bare_fork_copies_the_count_and_nobody_is_named() -> None:
    twice = look(
        process(joins(1, 2), "MainProcess", (Hold(LEFT, 1, 1),), parent=0),
        process(at_a_lock(2, LEFT), "fork", (Hold(LEFT, 1, 0),)),
    )
    assert [lock.holders for lock in explained(twice).locks.values()] == [{}, {}]


def test_a_lock_that_was_handed_on_is_a_signal() -> None:
    handed = look(
        process(joins(1, 2), "MainProcess", (Hold(LEFT, -1, 0),), parent=0),
        process(at_a_lock(2, LEFT), "waiter", (Hold(LEFT, 1, 2),)),
    )
    assert explained(handed).locks[identity_of(LEFT)].handed_on


def test_an_rlock_is_held_as_deep_as_it_was_acquired() -> None:
    again = lock(LEFT, "again", "RLock")
    main = replace(process(joins(1, 2), "MainProcess", (Hold(LEFT, 3, 1),), parent=0), objects=(again,))
    waiter = replace(process(at_a_lock(2, LEFT), "waiter"), objects=(again,))
    state = explained(look(main, waiter))
    assert state.locks[again.identity].holders == {1: 3}
    assert found(state) == [
        "waiter waits at work.py:9 for again, which MainProcess acquired and still holds while it waits at work.py:9 "
        "for waiter to end: a deadlock"
    ]


# Names -------------------------------------------------------------------------------------------------------


def test_the_oldest_process_that_has_a_name_for_it_gives_the_name() -> None:
    unnamed, named = (lock(LEFT),), (lock(LEFT, "first"),)
    main = replace(process(joins(1, 2), "MainProcess", parent=0), objects=unnamed)
    waiter = replace(process(at_a_lock(2, LEFT), "waiter"), objects=named)
    assert explained(look(main, waiter)).locks[identity_of(LEFT)].name == "first"
    waiter = replace(waiter, objects=unnamed)
    assert explained(look(main, waiter)).locks[identity_of(LEFT)].name == "a Lock"


def test_what_the_program_forked_itself_is_called_after_its_parent_and_another_program_after_its_command() -> None:
    main = process(joins(1, 2), "MainProcess", parent=0)
    forked = replace(process(at_a_lock(2, LEFT), "MainProcess"), is_own_name=False, was_forked=True)
    other = replace(process(at_a_lock(3, LEFT), "MainProcess"), is_own_name=False, command="python -c")
    names = {each.pid: each.name for each in explained(look(main, forked, other)).processes.values()}
    assert names == {1: "MainProcess", 2: "MainProcess/fork", 3: "python -c"}


def test_those_that_stand_at_a_barrier_are_counted_once() -> None:
    barrier = SeenObject(88, "Barrier", "meeting", parties=3, arrived=2)
    waits = [SeenThread(n, "MainThread", Blocked("shared"), 3, wait=SeenWait("barrier_waiting", 88)) for n in (2, 3)]
    people = [replace(process(wait, f"worker-{wait.number}"), objects=(barrier,)) for wait in waits]
    assert explained(look(process(joins(1, 2), "MainProcess", parent=0), *people)).signals[88].arrived == 2


def test_a_process_that_shows_no_name_has_the_one_its_parent_knows() -> None:
    main = replace(process(joins(1, 2), "MainProcess", parent=0), children=(SeenChild(2, "worker"),), children_made=1)
    child = replace(process(at_a_lock(2, LEFT), ""), gap="version", python="")
    assert explained(look(main, child)).processes[2].name == "worker"


# Queues, threads at the fork ---------------------------------------------------------------------------------


def test_an_empty_queue_and_what_else_is_known_of_it() -> None:
    queue = SeenObject(77, "JoinableQueue", "tasks", pipe=500, maxsize=3, inside=2, unfinished=4)
    reads = Blocked("read", (End(500, False),), size=4)
    thread = SeenThread(1, "MainThread", reads, 3, wait=SeenWait("queue_get_waiting", 77, at=AT))
    state = explained(
        look(replace(process(thread, "MainProcess"), objects=(queue,), ends=frozenset({End(500, False)})))
    )
    known = state.queues[77]
    assert (known.name, known.maxsize, known.inside, known.unfinished) == ("tasks", 3, 2, 4)


def test_the_threads_that_were_there_at_a_fork() -> None:
    inner = SeenThread(2, "MainThread", Blocked("inner"), 3)
    chatter = SeenThread(8, "chatter", None, 4, birth=0, place=Place("chat", "chat.py", 3), runs_python=True)
    late = SeenThread(9, "late", None, 4, birth=7, runs_python=True)
    main = process(joins(1, 2), "MainProcess", parent=0)
    main = replace(main, threads=main.threads | {8: chatter, 9: late}, children=(SeenChild(2, "child"),))
    child = replace(process(inner, "child"), was_forked=True)
    state = explained(look(main, child))
    assert state.started[2].fields["threads"] == [["chatter", "chat.py:3"]]
    assert ids(state) == ["forked_beside_threads"]


CUT, OF_PARENT = CutOff(8, "gone"), CutOff(7, "of the parent")


def test_threads_that_have_ended_since_are_known_from_the_forked_process_alone() -> None:
    inner = SeenThread(2, "MainThread", Blocked("inner"), 3)
    main = replace(process(joins(1, 2), "MainProcess", parent=0), children=(SeenChild(2, "child"),))
    child = replace(process(inner, "child"), was_forked=True, cut_off=(CUT, OF_PARENT))
    state = explained(look(replace(main, cut_off=(OF_PARENT,)), child))
    assert state.started[2].fields["threads"] == [["gone", None]]
    assert ids(state) == ["forked_beside_threads"]
    state = explained(look(replace(main, cut_off=(CUT, OF_PARENT)), child))
    assert ids(state) == ["own_thread_missing"], "its parent lacked them itself"


def test_a_process_of_a_forkserver_has_none_of_the_threads_of_the_one_that_asked_for_it() -> None:
    inner = SeenThread(2, "MainThread", Blocked("inner"), 3)
    chatter = SeenThread(8, "chatter", None, 4, birth=0, runs_python=True)
    main = replace(process(joins(1, 2), "MainProcess", parent=0), children=(SeenChild(2, "child"),))
    main = replace(main, threads=main.threads | {8: chatter})
    server = replace(process(SeenThread(5, "MainThread", Blocked("events"), 3), "forkserver"), is_forkserver=True)
    child = replace(process(inner, "child", parent=5), was_forked=True)
    assert "forked_beside_threads" not in ids(explained(look(main, server, child)))


def test_a_plain_fork_and_threads_that_run_no_python() -> None:
    inner = SeenThread(2, "MainThread", Blocked("inner"), 3)
    main = process(SeenThread(1, "MainThread", Blocked("child", child=2), 5), "MainProcess", parent=0)
    child = replace(process(inner, "child"), was_forked=True, is_own_name=False, cut_off=(CUT,))
    assert ids(explained(look(main, child))) == ["forked_beside_threads"]

    library = SeenThread(8, "thread 8", Blocked("inner"), 4, birth=0)
    started = replace(main, threads={1: joins(1, 2), 8: library}, children=(SeenChild(2, "child"),))
    (finding,) = explained(look(started, replace(child, cut_off=()))).found
    assert finding.fields["sentence"] == "forked_beside_threads.library"
    assert finding.fields["figures"]["count"] == 1


def test_a_process_that_was_never_started() -> None:
    reads = Blocked("read", (End(500, False),), size=4)
    thread = SeenThread(1, "MainThread", reads, 3, wait=SeenWait("queue_get_waiting", 77, at=AT))
    queue = SeenObject(77, "Queue", "out", pipe=500)
    main = replace(process(thread, "MainProcess", parent=0), objects=(queue,), ends=frozenset({End(500, False)}))
    assert ids(explained(look(main))) == ["get_nobody_puts"]
    state = explained(look(replace(main, not_started=("second", "third"))))
    assert ids(state) == ["get_nobody_puts", "not_started"]
    assert state.found[-1].fields["figures"]["child"] == ["second", "third"]


def test_a_main_that_goes_on_may_still_start_it() -> None:
    main = replace(process(SeenThread(1, "MainThread", None, 3), "MainProcess", parent=0), not_started=("second",))
    assert not explained(look(main)).found


def at_a_queue(*children: SeenChild, drops: tuple[SeenDrop, ...] = (), **of_queue: Any) -> RunState:
    """Main waits for an item of `out`, whose pipe is empty."""
    queue = SeenObject(77, "Queue", "out", pipe=500, **of_queue)
    reads = Blocked("read", (End(500, False),), size=4)
    thread = SeenThread(1, "MainThread", reads, 3, wait=SeenWait("queue_get_waiting", 77, at=AT))
    main = replace(
        process(thread, "MainProcess", parent=0),
        objects=(queue,),
        ends=frozenset({End(500, False)}),
        children=children,
        children_made=len(children),
        dropped=drops,
    )
    return explained(look(main))


def ids(state: RunState) -> list[str]:
    return [event.fields["id"] for event in state.found]


def test_items_that_are_counted_and_not_in_the_pipe_were_never_sent() -> None:
    left, killed, unknown = SeenChild(7, "w", exit_code=0), SeenChild(7, "w", exit_code=-9), SeenChild(7, "w")
    assert ids(at_a_queue(left, inside=2)) == ["items_not_sent"]
    assert "2 that were put never got there" in found(at_a_queue(left, inside=2))[0]
    assert ids(at_a_queue(left, inside=0)) == ["get_nobody_puts"]
    assert ids(at_a_queue(inside=2)) == ["get_nobody_puts"], "nobody has ended"
    for other in (killed, unknown):  # it may have been ended while it took them
        assert ids(at_a_queue(other, inside=2)) == ["get_nobody_puts"]


def test_an_item_that_could_not_be_sent_and_why_is_not_known() -> None:
    state = at_a_queue(inside=0, drops=(SeenDrop(77, "<dict>", 5),))
    assert found(state) == [
        "MainProcess waits at work.py:9 for what MainProcess put into out: <dict> could not be sent, and was dropped"
    ]


# Semaphores --------------------------------------------------------------------------------------------------


def at_a_semaphore(held: int) -> RunState:
    """A process waits for a BoundedSemaphore of 2 that is taken; of these, `held` by main."""
    places = SeenObject(identity_of(LEFT), "BoundedSemaphore", "places", semaphore=LEFT)
    holds = (Hold(LEFT, held, 1),) if held else ()
    main = process(joins(1, 2), "MainProcess", holds, parent=0)
    children = (SeenChild(2, "last"), SeenChild(7, "gone", exit_code=-9))
    main = replace(main, children=children, children_made=2)
    last = process(at_a_lock(2, LEFT), "last")
    taken = {LEFT: SeenSemaphore(0, 2, False)}
    return explained(look(*(replace(each, objects=(places,), semaphores=taken) for each in (main, last))))


def test_of_a_bounded_semaphore_it_is_known_how_many_ended_processes_had() -> None:
    state = at_a_semaphore(held=0)
    assert state.locks[identity_of(LEFT)].holders == {7: 2}
    assert ids(state) == ["holder_dead"]
    assert at_a_semaphore(held=1).locks[identity_of(LEFT)].holders == {1: 1, 7: 1}
    assert at_a_semaphore(held=2).locks[identity_of(LEFT)].holders == {1: 2}


# Pools -------------------------------------------------------------------------------------------------------


def with_a_pool(wait: SeenWait, **of_pool: Any) -> RunState:
    """Main waits, and has made a pool, whose worker has nothing to do."""
    thread = SeenThread(1, "MainThread", Blocked("inner"), 3, wait=wait)
    pool = SeenPool(99, "Pool", "pool", made_by=1, size=1, **of_pool)
    main = replace(process(thread, "MainProcess", parent=0), pools=(pool,), children=(SeenChild(2, "w"),))
    idle = SeenThread(2, "MainThread", Blocked("read", (End(500, False),), size=4), 3)
    ends = frozenset({End(500, False)})
    worker = replace(process(idle, "w"), works_for=99, ends=ends)
    return explained(look(replace(main, children_made=1, ends=frozenset({End(500, True)})), worker))


JOINS = SeenWait("pool_join_waiting", 99, at=AT)
RESULT = SeenWait("pool_result_waiting", 99, at=AT)


@pytest.mark.parametrize("terminated", [True, False])
def test_who_terminates_a_pool_waits_for_its_other_threads(terminated: bool) -> None:
    """One starts a worker, which takes a while. Where the program has not ended it, the thread for results has died."""
    main_thread = SeenThread(1, "MainThread", Blocked("inner"), 3, wait=JOINS)
    starts = SeenThread(5, "Thread-1", Blocked("write", (End(500, True),)), 3)
    gone = ("results", "workers") if terminated else ("results",)
    pool = SeenPool(99, "Pool", "pool", made_by=1, size=1, gone=gone, terminated=terminated)
    main = replace(process(main_thread, "MainProcess", parent=0), pools=(pool,), ends=frozenset({End(500, True)}))
    main = replace(main, threads={1: main_thread, 5: starts})
    begins = replace(process(SeenThread(2, "MainThread", None, 3), "w"), ends=frozenset({End(500, False)}))
    assert (explained(look(main, begins)).hung is None) == terminated


def test_a_callback_of_a_result_that_has_come_and_is_not_handed_out_has_raised() -> None:
    assert ids(with_a_pool(JOINS, callback="add", open=1)) == ["pool_callback_raised"]
    assert "add, called with a result of it, raised KeyError" in found(with_a_pool(JOINS, callback="add", open=1))[0]
    assert ids(with_a_pool(RESULT, callback="add", open=1)) == ["pool_callback_raised"]
    others = with_a_pool(RESULT, callback="add", open=2, others_open=True)
    assert "pool_callback_raised" not in ids(others), "it may wait for one of the others"
    assert "pool_callback_raised" not in ids(with_a_pool(JOINS, open=1))


def test_a_task_that_could_not_be_sent_is_told_of_beside_what_it_was_to_bring_about() -> None:
    own = SeenWait("own_thread_waiting", at=AT)
    assert ids(with_a_pool(own, not_sent=True)) == ["errors_unseen"]
    assert found(with_a_pool(own, not_sent=True)) == [
        "MainProcess waits at work.py:9 for a thread of its own, and a task of pool could most likely not be sent to a "
        "worker; its error stands in its result"
    ]
    assert "errors_unseen" not in ids(with_a_pool(own))


def test_a_callback_that_waits_for_its_own_pool() -> None:
    assert ids(with_a_pool(replace(RESULT, helper="results"), open=1)) == ["pool_waits_for_itself"]
    assert "pool_waits_for_itself" not in ids(with_a_pool(RESULT, open=1))


# What may be why nobody ends a wait ---------------------------------------------------------------------------


def because(state: RunState) -> list[str]:
    """Of the first finding."""
    clauses = state.found[0].fields["figures"]["because"] or []
    return [clause["clause"].format(**clause["figures"]) for clause in clauses]


@pytest.mark.parametrize(
    ("inside", "waits", "said"),
    [
        (3, False, ["3 items of tasks were put and not taken"]),
        (0, False, []),
        (None, False, []),
        (3, True, []),
    ],
    ids=["nobody takes them", "none is left", "not known", "somebody waits for them"],
)
def test_items_that_are_left_in_another_queue(inside: int | None, waits: bool, said: list[str]) -> None:
    reads = Blocked("read", (End(500, False),), size=4)
    thread = SeenThread(1, "MainThread", reads, 3, wait=SeenWait("queue_get_waiting", 77, at=AT))
    queues = (SeenObject(77, "Queue", "out", pipe=500), SeenObject(78, "Queue", "tasks", pipe=501, inside=inside))
    ends = frozenset({End(500, False), End(501, False)})
    main = replace(process(thread, "MainProcess", parent=0), objects=queues, ends=ends)
    taker = replace(thread, number=2, wait=SeenWait("queue_get_waiting", 78), blocked=Blocked("shared"))
    others = [replace(process(taker, "taker"), objects=queues)] if waits else []
    assert because(explained(look(main, *others))) == said


@pytest.mark.parametrize(("failed", "said"), [("KeyError", ["a task of executor raised KeyError"]), ("", [])])
def test_a_task_that_has_raised_before_it_set_an_event(failed: str, said: list[str]) -> None:
    waits = SeenThread(1, "MainThread", Blocked("shared"), 3, wait=SeenWait("event_waiting", 88, at=AT))
    pool = SeenPool(99, "ProcessPoolExecutor", "executor", made_by=1, size=1)
    main = replace(process(waits, "MainProcess", parent=0), objects=(SeenObject(88, "Event", "ready"),), pools=(pool,))
    idle = SeenThread(2, "MainThread", Blocked("shared"), 3)
    worker = replace(process(idle, "worker"), works_for=99, failed=failed)
    assert because(explained(look(main, worker))) == said


# Under a forkserver -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("last", "codes", "told"),
    [
        (1, (None,), [1]),
        (-9, (None, 0), [-9, 0]),
        (0, (None, 0), [None, 0]),
        (1, (None, None), [None, None]),
        (None, (None,), [None]),
    ],
    ids=["the only one", "another code", "may be that of the other", "of two", "none has ended"],
)
def test_the_last_exit_code_that_a_forkserver_has_sent(
    last: int | None, codes: tuple[int | None, ...], told: list[int | None]
) -> None:
    server = process(SeenThread(5, "MainThread", Blocked("events"), 3), "forkserver")
    server = replace(server, is_forkserver=True, last_exit_code=last)
    children = tuple(SeenChild(70 + number, f"worker-{number}", exit_code=code) for number, code in enumerate(codes))
    main = process(joins(1, 2), "MainProcess", parent=0)
    state = explained(look(replace(main, children=children, children_made=len(children)), server))
    assert [state.processes[child.pid].exit_code for child in children] == told
    unsure = explained(look(replace(main, children=children, children_made=len(children) + 1), server))
    assert [unsure.processes[child.pid].exit_code for child in children] == list(codes), "one is not known"


# Semaphores as signals ---------------------------------------------------------------------------------------


def waits_for_slots(slots: SeenObject, limit: int, *children: SeenChild) -> RunState:
    """A writer that has acquired six of them, some of which a reader has released."""
    semaphores = {LEFT: SeenSemaphore(0, limit, False)}
    main = replace(process(joins(1, 2), "MainProcess", parent=0), children=children, children_made=len(children))
    writer = replace(process(at_a_lock(2, LEFT), "writer", (Hold(LEFT, 6, 2),)), semaphores=semaphores)
    return explained(look(*(replace(each, objects=(slots,)) for each in (main, writer))))


WRITER, READER = SeenChild(2, "writer"), SeenChild(7, "reader", exit_code=1)


def test_what_one_that_has_ended_may_have_released_is_not_held() -> None:
    (text,) = found(waits_for_slots(lock(LEFT, "slots", "Semaphore"), 1 << 31, WRITER, READER))
    assert text == (
        "writer waits at work.py:9 for slots, and nobody is left who could release it: reader ended with exit code 1"
    )


def test_of_a_bounded_semaphore_nobody_holds_more_than_there_are() -> None:
    (text,) = found(waits_for_slots(lock(LEFT, "slots", "BoundedSemaphore"), 4, WRITER, READER))
    assert "nobody is left who could release it: reader ended" in text


def test_who_holds_all_of_a_semaphore_waits_for_itself() -> None:
    (text,) = found(waits_for_slots(lock(LEFT, "slots", "Semaphore"), 1 << 31, WRITER))
    assert text == "writer waits at work.py:9 for slots, of which it holds 6 of 6 itself"
