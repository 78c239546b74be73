"""Why people wait for a lock or semaphore for ever: a circle, a holder that has died, or that waits itself."""

from collections.abc import Iterable, Iterator

from procsim.findings.base import Finding, signal_name
from procsim.findings.waits import Figures, ended_first, figures_of, first_for_each, made_at
from procsim.state.objects import Lock
from procsim.state.processes import Process, Wait
from procsim.state.run_state import RunState

Waiter = tuple[int, str]
"""The PID and the name of a thread."""


def _lock_waits(run: RunState, stuck: Iterable[Wait]) -> Iterator[tuple[Wait, Lock]]:
    for wait in stuck:
        lock = run.locks.get(wait.object or 0)
        if wait.kind == "lock_waiting" and lock is not None:
            yield wait, lock


def lock_cycles(run: RunState, stuck: list[Wait]) -> Iterator[Finding]:
    """Threads that wait for each other's locks, in a circle; or one that waits for its own."""
    next_of = {(wait.pid, wait.thread): (wait, lock) for wait, lock in _lock_waits(run, stuck)}
    told: set[Waiter] = set()
    for waiter in next_of:
        circle = _circle(next_of, waiter)
        if circle and not told & circle.keys():
            told |= circle.keys()
            yield _cycle(run, list(circle.values()))


def _holders(lock: Lock) -> list[Waiter]:
    return [(pid, hold.thread) for pid, hold in lock.holds.items()]


def _circle(next_of: dict[Waiter, tuple[Wait, Lock]], start: Waiter) -> dict[Waiter, tuple[Wait, Lock]]:
    """The waits from `start` along the holders back to `start`; empty where they lead elsewhere."""
    path: dict[Waiter, tuple[Wait, Lock]] = {}
    waiter: Waiter | None = start
    while waiter in next_of and waiter not in path:
        path[waiter] = next_of[waiter]
        holders = _holders(path[waiter][1])
        waiter = start if start in holders else next(iter(holders), None)
    return path if waiter == start else {}


def _cycle(run: RunState, circle: list[tuple[Wait, Lock]]) -> Finding:
    # The first is the one who waited first: it is its order that the other does not keep.
    first = min(range(len(circle)), key=lambda place: circle[place][0].since)
    circle = circle[first:] + circle[:first]
    wait, lock = circle[0]
    figures = figures_of(run, wait)
    names = [each.process for each, _ in circle]
    if len({each.pid for each, _ in circle}) < len(circle):
        names = [f"{each.process} ({each.thread})" for each, _ in circle]
    if len(circle) == 1:
        hold = lock.holds[wait.pid]
        figures |= {"held_at": hold.at, "held_since": round(hold.since / 1e9, 3)}
        return Finding(
            "lock_twice",
            "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩, which it acquired itself⟨ at {held_at}⟩",
            figures,
            "do not acquire {object} again where it is held already, or make it an RLock, which its holder may acquire "
            "again",
        )
    other, its = circle[1]
    order = sorted((lock, its), key=lambda each: (each.at or "", each.name))
    figures |= {
        "process": names[0],
        "held_at": _held_at(circle[-1][1], wait.pid),
        "other": names[1],
        "other_object": its.name,
        "other_made": made_at(run, its.identity),
        "other_at": other.at,
        "other_held_at": _held_at(lock, other.pid),
        "first": order[0].name,
        "second": order[1].name,
    }
    if len(circle) == 2:
        return Finding(
            "lock_cycle",
            "{process} holds {other_object}⟨ (made at {other_made}, acquired at {held_at})⟩ and waits⟨ at {at}⟩ for "
            "{object}; {other} holds {object}⟨ (made at {made}, acquired at {other_held_at})⟩ and "
            "waits⟨ at {other_at}⟩ for {other_object}: a deadlock",
            figures,
            "acquire the two in the same order everywhere: always {first} before {second}",
        )
    figures |= {"count": len(circle), "processes": names}
    figures["locks"] = [each.name for _, each in circle]
    return Finding(
        "lock_cycle",
        "{count} processes wait in a circle, each for a lock that the next one holds: {processes}; {process} "
        "waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩, which {other} acquired⟨ at {other_held_at}⟩: a deadlock",
        figures,
        "acquire the locks in the same order everywhere: {locks}",
        sentence="lock_cycle.many",
    )


def _held_at(lock: Lock, pid: int) -> str | None:
    hold = lock.holds.get(pid)
    return hold.at if hold else None


def dead_holders(run: RunState, stuck: list[Wait]) -> Iterator[Finding]:
    """A lock or semaphore whose holders have all ended without releasing it."""
    told: set[int] = set()
    for wait, lock in _lock_waits(run, stuck):
        holders = [run.processes[pid] for pid in lock.holders if pid in run.processes]
        if lock.identity in told or not holders or not all(ended_first(holder, wait) for holder in holders):
            continue
        told.add(lock.identity)
        holder = holders[-1]
        figures = figures_of(run, wait) | {
            "holder": holder.name,
            "holder_pid": holder.pid,
            "held_at": _held_at(lock, holder.pid),
            "exit_code": holder.exit_code,
        }
        yield _dead_holder(figures, holder)


def _dead_holder(figures: Figures, holder: Process) -> Finding:
    code = holder.exit_code
    if holder.terminated_by:
        return Finding(
            "holder_dead",
            "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩, which {holder} held⟨ (acquired at {held_at})⟩ "
            "when {killer} ended it: nobody will ever release it",
            figures | {"killer": holder.terminated_by},
            "never end a process by force that may hold a lock: tell it to end, and join it",
            sentence="holder_dead.terminated",
        )
    if code is not None and code < 0:
        return Finding(
            "holder_dead",
            "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩, which {holder} held⟨ (acquired at {held_at})⟩ "
            "when it was ended by {signal}: nobody will ever release it",
            figures | {"signal": signal_name(-code)},
            "never end a process by force that may hold a lock: tell it to end, and join it",
            sentence="holder_dead.signal",
        )
    return Finding(
        "holder_dead",
        "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩, which {holder} held⟨ (acquired at {held_at})⟩ when "
        "it ended: nobody will ever release it",
        figures,
        "hold it by `with {object}:`, which releases it however the block is left",
    )


def waiting_holders(run: RunState, stuck: list[Wait]) -> Iterator[Finding]:
    """A lock whose holder waits for what cannot come, because somebody who waits for that lock would bring it."""
    waits = {(wait.pid, wait.thread): wait for wait in stuck if wait.kind != "lock_waiting"}
    for wait, lock in _lock_waits(run, first_for_each(stuck)):
        its = next((waits[holder] for holder in _holders(lock) if holder in waits), None)
        if its is None or not _would_bring(run, wait, lock, its):
            continue
        awaited = its.child_name or figures_of(run, its)["object"]
        if not awaited:
            continue
        figures = figures_of(run, wait) | {
            "holder": its.process,
            "holder_pid": its.pid,
            "held_at": _held_at(lock, its.pid),
            "holder_at": its.at or run.processes[its.pid].at,
            "child" if its.child_name else "awaited": awaited,
        }
        if its.child_name:
            yield Finding(
                "holder_waits",
                "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩, which {holder} acquired⟨ at {held_at}⟩ and "
                "still holds while it waits⟨ at {holder_at}⟩ for {child} to end: a deadlock",
                figures,
                "release {object} before waiting for a process that needs it",
                sentence="holder_waits.join",
            )
        else:
            yield Finding(
                "holder_waits",
                "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩, which {holder} acquired⟨ at {held_at}⟩ and "
                "still holds while it waits⟨ at {holder_at}⟩ for {awaited}: a deadlock",
                figures,
                "release {object} before waiting for a process that needs it",
            )


def _would_bring(run: RunState, wait: Wait, lock: Lock, awaited: Wait) -> bool:
    """Whether who waits for a lock may be the one that its holder waits for.

    Not where it does the same as the holder (workers that take from a queue one at a time), nor where others were the
    ones that used the other side of the queue, or work for the pool.
    """
    if awaited.kind == "process_join_waiting":
        return True
    if lock.handed_on or wait.at == _held_at(lock, awaited.pid):
        return False
    if awaited.kind == "pool_result_waiting":
        return run.processes[wait.pid].pool == awaited.object
    queue = run.queues.get(awaited.object or 0)
    if queue is None:
        return True
    users = queue.put if awaited.kind == "queue_get_waiting" else queue.got
    return not users or wait.pid in users


def semaphores(run: RunState, stuck: list[Wait]) -> Iterator[Finding]:
    """A semaphore that nobody holds, and that nobody is left to release."""
    for wait, lock in _lock_waits(run, first_for_each(stuck)):
        if not lock.holders:
            yield Finding(
                "lock_nobody_releases",
                "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩, and nobody is left who could release it",
                figures_of(run, wait),
                "see to it that whoever is to release {object} does so before it ends, whatever happens",
            )
