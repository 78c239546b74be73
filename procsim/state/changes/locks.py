"""Locks and semaphores are acquired and released."""

from collections.abc import Mapping

from procsim.state.changes.change import Change
from procsim.state.changes.waits import keep_wait, no_poll
from procsim.state.identities import lock_of
from procsim.state.objects import Hold, Lock, Longest
from procsim.state.run_state import RunState
from procsim.wire.events import Event


def _acquired(run: RunState, event: Event) -> None:
    _, t, pid, _, thread, identity, at, fields = event
    lock = run.locks.get(identity or 0) or lock_of(run, event)  # mostly it is known, and this spares a call
    lock.last = t
    holders = lock.holders
    enter(run, event, lock)
    held = holders.get(pid, 0)
    holders[pid] = held + 1
    outer = None
    if held and lock.type == "RLock":
        last = lock.holds[pid]
        outer = last.outer or last
    # In half the time of `Hold(...)`.
    lock.holds[pid] = tuple.__new__(Hold, (thread, bool(fields.get("entered")), t, at, outer))
    lock.acquired[pid] += 1
    if len(holders) > lock.most_holders:
        lock.most_holders = len(holders)


def _released(run: RunState, event: Event) -> None:
    _, t, holder, _, _, identity, _, _ = event
    lock = run.locks.get(identity or 0) or lock_of(run, event)
    lock.last = t
    holders = lock.holders
    if holder not in holders:  # handed on, or a semaphore raised by a process that never acquired it
        lock.handed_on = True
        answered(run, event)
        for pid in holders:
            leave(run, pid, lock, t)
        if not holders:
            return
        holder = next(iter(holders))
    holders[holder] -= 1
    if not holders[holder]:
        del holders[holder]
        end_hold(lock, lock.holds.pop(holder), event)
        leave(run, holder, lock, t)


def _holder_gone(run: RunState, event: Event) -> None:
    lock_of(run, event).holder_is_gone = True


def end_hold(lock: Lock, hold: Hold, event: Event) -> None:
    """A process no longer holds the lock, as the event says."""
    if hold.outer is not None:
        hold = hold.outer
    ns = event.t - hold.since
    if ns > lock.longest_ns and not lock.handed_on:
        lock.longest_ns, lock.longest = ns, Longest(ns, event.process, hold.at)


def enter(run: RunState, event: Event, lock: Lock) -> None:
    """The process enters the critical section of a lock, or once more the one it is in; its wait is over."""
    _, t, pid, _, thread, _, _, _ = event
    process = run.processes[pid]
    entered = not lock.handed_on and lock.identity not in process.inside
    if entered:
        process.inside.append(lock.identity)
    wait = process.waits.pop(thread, None)
    if process.polls and not _time_was_up(event):
        process.polls.pop(thread, None)
    if wait is not None:
        keep_wait(run, process, wait, t)
    if entered or wait is not None:
        process.keep_status(t, run.processes)


def _time_was_up(event: Event) -> bool:
    """Whether it has its lock again since nobody has notified a condition in time."""
    return event.kind == "condition_awoke" and not event.fields.get("notified")


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
    if process.polls:  # asked here, too: a call costs time at each message
        no_poll(process, event.thread)


CHANGES: Mapping[str, Change] = {
    "lock_created": lock_of,
    "lock_acquired": _acquired,
    "lock_released": _released,
    "lock_holder_gone": _holder_gone,
}
