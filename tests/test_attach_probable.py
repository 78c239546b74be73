"""Why a running program probably hangs, by several looks. Pure: no process, no memory."""

import signal
from dataclasses import replace
from typing import Any

import pytest

from procsim.attach.look import Hold, Look, SeenChild, SeenObject, SeenProcess, SeenThread, SeenWait, Unseen
from procsim.attach.probable import probable
from procsim.attach.semaphores import identity_of
from procsim.diagnosis.blocked_threads import Blocked, End
from procsim.state.processes import SLEEP
from tests.test_attach_story import AT, LEFT, joins, look, process

SECOND = 1_000_000_000

POLL = SeenWait("lock_waiting", identity_of(LEFT), timeout=0.5, at=AT)
POLLS = SeenThread(1, "MainThread", Blocked("timed"), 5, LEFT, replace(POLL, timeout=None), POLL)
KILLED = {"children": (SeenChild(7, "gone", exit_code=-9),), "children_made": 1}
"""The holder of the lock was killed."""


def polling(thread: SeenThread = POLLS, **of_process: object) -> SeenProcess:
    changes = KILLED | of_process
    return replace(process(thread, "MainProcess", parent=0), **changes)  # type: ignore[arg-type]


def looks(*threads: SeenThread, beside: tuple[SeenProcess, ...] = (), **of_process: object) -> list[Look]:
    """A look every four seconds, at a main process whose thread goes to wait three times between two of them."""
    return [
        replace(
            look(polling(replace(thread, waits_since=5 + 3 * number), **of_process), *beside),
            t=(2 + 4 * number) * SECOND,
        )
        for number, thread in enumerate(threads)
    ]


def test_who_waits_again_and_again_for_what_a_process_held_that_has_ended() -> None:
    (finding,) = probable(looks(*[POLLS] * 4))
    assert finding.sentence == "probably_hangs.holder_dead.signal"
    assert (finding.figures["object"], finding.figures["seconds"]) == ("left", 12.0)
    assert not finding.certain


def test_it_is_not_said_before_it_is_old() -> None:
    assert not probable(looks(*[POLLS] * 2))
    assert probable(looks(*[POLLS] * 2), old=0)  # but it is worth while to look again


def test_who_has_not_gone_to_wait_anew_is_in_one_long_wait_that_ends() -> None:
    assert not probable([replace(each, processes={1: polling()}) for each in looks(*[POLLS] * 4)])


ELSEWHERE = replace(POLLS, poll=replace(POLL, at=replace(AT, line=20)))
ASLEEP = replace(POLLS, blocked=None, wait=None, poll=None)


@pytest.mark.parametrize("other", [ELSEWHERE, ASLEEP], ids=["another line", "a sleep"])
@pytest.mark.parametrize("place", range(4))
def test_who_was_once_seen_elsewhere_does_more_than_wait(other: SeenThread, place: int) -> None:
    threads = [POLLS] * 4
    threads[place] = other
    assert not probable(looks(*threads))
    assert not probable(looks(*threads), old=0)


FROM_OUTSIDE = SeenThread(2, "MainThread", Blocked("read", (End(99, writing=False),)), 4)
AT_A_LOCK = SeenThread(2, "MainThread", Blocked("shared"), 4, LEFT, replace(POLL, timeout=None))


@pytest.mark.parametrize(
    ("thread", "count"),
    [
        (replace(ASLEEP, number=2), 0),
        (FROM_OUTSIDE, 0),
        (replace(FROM_OUTSIDE, blocked=Blocked("accept")), 0),
        (AT_A_LOCK, 1),
    ],
    ids=["computes", "is told from outside", "has clients", "waits for the same"],
)
def test_what_another_process_does_meanwhile(thread: SeenThread, count: int) -> None:
    beside = replace(process(thread, "other"), birth=2)
    children = (SeenChild(2, "other"), *KILLED["children"])  # type: ignore[misc]
    assert len(probable(looks(*[POLLS] * 4, beside=(beside,), children=children, children_made=2))) == count


TAKES = SeenWait("queue_get_waiting", 71, timeout=0.5, at=AT)
TAKING = SeenThread(1, "MainThread", None, 5, poll=TAKES)


@pytest.mark.parametrize(
    ("other", "count"),
    [
        (None, 1),
        (SeenWait("queue_get_waiting", 71, at=AT), 1),
        (SeenWait("process_join_waiting", child=1, at=AT), 1),
        (SeenWait("queue_get_waiting", 72, at=AT), 0),
    ],
    ids=["nobody else", "takes, too", "joins", "waits for orders"],
)
def test_who_else_is_there_that_may_have_put_into_the_queue(other: SeenWait | None, count: int) -> None:
    thread = SeenThread(2, "MainThread", Blocked("shared"), 4, wait=other)
    beside = (replace(process(thread, "other"), birth=2),) if other is not None else ()
    queues = (SeenObject(71, "Queue", "results", pipe=171), SeenObject(72, "Queue", "orders", pipe=172))
    children = (SeenChild(2, "other"), SeenChild(7, "gone", exit_code=-9))
    found = probable(looks(*[TAKING] * 4, beside=beside, objects=queues, children=children, children_made=2))
    assert len(found) == count


def test_nothing_where_the_holder_lives() -> None:
    holder = process(joins(2, 3), "holder", (Hold(LEFT, 1, 2, entered=True),))
    children = (SeenChild(2, "holder"),)
    assert not probable(looks(*[POLLS] * 4, beside=(holder,), children=children))


def test_nothing_where_a_process_could_not_be_looked_at() -> None:
    assert not probable([replace(each, unseen=(Unseen(9, "not_permitted"),)) for each in looks(*[POLLS] * 4)])


def test_nothing_where_it_has_become_another_process() -> None:
    first, *others = looks(*[POLLS] * 4)
    assert not probable([replace(first, processes={1: polling(birth=77)}), *others])


ASKS_WORKER = SeenThread(1, "MainThread", None, 5, poll=SeenWait("process_polled", timeout=0.0, at=AT, asked=(2,)))
JOINS_WORKER = SeenWait("process_join_waiting", child=2, timeout=0.5, at=AT, asked=(2,))
RESULTS = (SeenObject(71, "Queue", "results", pipe=171),)
FLUSHES = process(SeenThread(2, "MainThread", Blocked("inner"), 4, wait=SeenWait("queue_flush_waiting", 71)), "worker")
TAKES_FROM_IT = process(
    SeenThread(2, "MainThread", Blocked("read"), 4, wait=SeenWait("queue_get_waiting", 71, at=AT)), "worker"
)
OF_WORKER = {"children": (SeenChild(2, "worker"), SeenChild(7, "gone", exit_code=1)), "children_made": 2}


def asking(worker: SeenProcess, thread: SeenThread = ASKS_WORKER, **of_process: object) -> list[str]:
    """What is probable where main does no more than that, and the worker stands in one wait."""
    main = {**OF_WORKER, "objects": RESULTS, **of_process}
    return [each.sentence or each.id for each in probable(looks(*[thread] * 4, beside=(worker,), **main))]


def test_who_asks_whether_a_process_lives_that_cannot_end_before_its_items_are_taken() -> None:
    assert asking(FLUSHES) == ["polled_before_get"]
    assert asking(FLUSHES, replace(ASKS_WORKER, poll=JOINS_WORKER)) == ["polled_before_get"]
    assert asking(FLUSHES, replace(ASKS_WORKER, poll=replace(JOINS_WORKER, child=3, asked=(3,)))) == []


@pytest.mark.parametrize("kind", ["process_polled", SLEEP])
def test_a_signal_handler_of_who_only_asks_or_sleeps_may_end_the_wait(kind: str) -> None:
    thread = replace(ASKS_WORKER, poll=SeenWait(kind, timeout=0.0, at=AT, asked=(2,) if kind != SLEEP else ()))
    handled = 1 << signal.SIGTERM - 1
    assert asking(TAKES_FROM_IT, ASKS_WORKER) == ["probably_hangs.get_nobody_puts.died"]
    assert asking(TAKES_FROM_IT, thread, caught=handled) == []
    assert asking(TAKES_FROM_IT, thread, handles_interrupts=True) == []


def test_who_sleeps_for_ever_in_a_process_of_its_own_may_be_there_for_others() -> None:
    assert asking(TAKES_FROM_IT, replace(ASKS_WORKER, poll=SeenWait(SLEEP, timeout=0.0, at=AT))) == []


ITSELF = SeenThread(1, "MainThread", Blocked("shared"), 5, LEFT, SeenWait("lock_waiting", identity_of(LEFT), at=AT))


@pytest.mark.parametrize(("holder", "said"), [(1, ["probably_hangs.lock_twice"]), (8, [])])
def test_signals_that_interrupt_the_wait_for_a_lock_which_the_thread_holds_itself(holder: int, said: list[str]) -> None:
    holds = (Hold(LEFT, 1, holder, entered=True),)
    found = probable(looks(*[ITSELF] * 4, holds=holds, children=(), children_made=0))
    assert [finding.sentence for finding in found] == said


def test_who_is_told_that_a_process_lives_whose_exit_code_is_lost() -> None:
    of_worker: dict[str, Any] = {"children": (SeenChild(2, "worker"),), "children_made": 1}
    main = looks(*[ASKS_WORKER] * 4, **of_worker)
    assert [each.sentence or each.id for each in probable(main)] == ["exit_code_lost"]
    ignores = looks(*[ASKS_WORKER] * 4, ignored=1 << signal.SIGCHLD - 1, **of_worker)
    assert [each.sentence for each in probable(ignores)] == ["exit_code_lost.ignored"]
    left = replace(FLUSHES, threads={}, ended=True, exit_code=0)
    ends = [
        replace(look, processes=look.processes | {2: left}) if not number else look for number, look in enumerate(main)
    ]
    assert probable(ends) == [], "it may have ended only just now"
    assert probable([replace(look, processes=look.processes | {2: left}) for look in main]) == [], "who asks is told so"
