"""Locks and semaphores are acquired and released."""

from collections.abc import Mapping

from procsim.state.changes.change import Change
from procsim.state.changes.waits import wait_ended
from procsim.state.identities import lock_of
from procsim.state.objects import Hold, Lock
from procsim.state.run_state import RunState
from procsim.wire.events import Event


def _acquired(run: RunState, event: Event) -> None:
    lock = lock_of(run, event)
    enter(run, event, lock)
    lock.holders[event.pid] = lock.holders.get(event.pid, 0) + 1
    lock.holds[event.pid] = Hold(event.thread, bool(event.fields.get("entered")), event.t, event.at)
    lock.acquired[event.pid] += 1
    lock.most_holders = max(lock.most_holders, len(lock.holders))


def _released(run: RunState, event: Event) -> None:
    lock = lock_of(run, event)
    holder: int | None = event.pid
    if event.pid not in lock.holders:  # handed on, or a semaphore raised by a process that never acquired it
        lock.handed_on = True
        answered(run, event)
        for pid in lock.holders:
            leave(run, pid, lock, event.t)
        holder = next(iter(lock.holders), None)
    if holder is None:
        return
    lock.holders[holder] -= 1
    if not lock.holders[holder]:
        del lock.holders[holder], lock.holds[holder]
        leave(run, holder, lock, event.t)


def enter(run: RunState, event: Event, lock: Lock) -> None:
    """The process enters the critical section of a lock, or once more the one it is in; its wait is over."""
    process = run.processes[event.pid]
    entered = not lock.handed_on and lock.identity not in process.inside
    if entered:
        process.inside.append(lock.identity)
    if wait_ended(run, event) is None and entered:
        process.keep_status(event.t, run.processes)


def leave(run: RunState, pid: int, lock: Lock, t: int) -> None:
    """The process leaves the critical section of a lock, if it was in it."""
    process = run.processes.get(pid)
    if process is not None and lock.identity in process.inside:
        process.inside.remove(lock.identity)
        process.keep_status(t, run.processes)


def answered(run: RunState, event: Event) -> None:
    """The process signals others: whoever has taken an item may have answered by that."""
    process = run.processes[event.pid]
    process.has_answered = process.has_taken


CHANGES: Mapping[str, Change] = {
    "lock_created": lock_of,
    "lock_acquired": _acquired,
    "lock_released": _released,
}
