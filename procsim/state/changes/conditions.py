"""Conditions are notified, events set, barriers passed; a wait is left early."""

from collections.abc import Mapping

from procsim.state.changes.change import Change
from procsim.state.changes.locks import answered, end_hold, enter, leave
from procsim.state.changes.waits import keep_poll, no_poll, wait_began, wait_ended
from procsim.state.identities import lock_of, signal_of
from procsim.state.objects import Hold
from procsim.state.run_state import RunState
from procsim.wire.events import Event


def _condition_waiting(run: RunState, event: Event) -> None:
    lock = lock_of(run, event)  # `wait` releases it, and acquires it again before it returns
    lock.holders.pop(event.pid, None)
    hold = lock.holds.pop(event.pid, None)
    if hold is not None:
        end_hold(lock, hold, event)
    leave(run, event.pid, lock, event.t)
    lock.waiting += 1
    wait_began(run, event)


def _condition_awoke(run: RunState, event: Event) -> None:
    lock = lock_of(run, event)
    enter(run, event, lock)
    lock.waiting = max(0, lock.waiting - 1)
    lock.holders[event.pid] = 1
    lock.holds[event.pid] = Hold(event.thread, True, event.t, event.at)


def _condition_notified(run: RunState, event: Event) -> None:
    count = event.fields.get("count")
    lock = lock_of(run, event)
    if isinstance(count, int) and lock.waiting > count:
        lock.notified_few = event, lock.waiting
    answered(run, event)


def _event_set(run: RunState, event: Event) -> None:
    signal = signal_of(run, event)
    if not signal.is_set:
        signal.seen_by.clear()
    signal.set_last, signal.cleared = event, None
    answered(run, event)


def _event_awaited(run: RunState, event: Event) -> None:
    if event.fields["is_set"]:
        run.processes[event.pid].heard = event.t
    wait_ended(run, event)


def _event_asked(run: RunState, event: Event) -> None:
    signal_of(run, event)
    keep_poll(run.processes[event.pid], event, "event_waiting")


def _event_seen(run: RunState, event: Event) -> None:
    process, signal = run.processes[event.pid], signal_of(run, event)
    no_poll(process, event.thread)
    if event.pid not in signal.seen_by:  # a loop may ask again and again whether it is to go on
        signal.seen_by.add(event.pid)
        process.heard = event.t


def _event_cleared(run: RunState, event: Event) -> None:
    signal = signal_of(run, event)
    if signal.is_set:
        signal.cleared = event


def _barrier_waiting(run: RunState, event: Event) -> None:
    signal_of(run, event).arrived += 1
    wait_began(run, event)


def _barrier_seen(run: RunState, event: Event) -> None:
    signal_of(run, event).arrived = event.fields["arrived"]


def _barrier_left(run: RunState, event: Event) -> None:
    barrier = signal_of(run, event)
    barrier.arrived = max(0, barrier.arrived - 1)
    barrier.passed += event.kind == "barrier_passed"
    wait_ended(run, event)


def _wait_left(run: RunState, event: Event) -> None:
    signal = run.signals.get(event.object or 0)
    if signal is not None:
        signal.arrived = max(0, signal.arrived - 1)  # of a barrier; others have none
    wait_ended(run, event)


CHANGES: Mapping[str, Change] = {
    "condition_waiting": _condition_waiting,
    "condition_awoke": _condition_awoke,
    "condition_notified": _condition_notified,
    "event_created": signal_of,
    "event_set": _event_set,
    "event_asked": _event_asked,
    "event_seen": _event_seen,
    "event_cleared": _event_cleared,
    "event_awaited": _event_awaited,
    "barrier_created": signal_of,
    "barrier_seen": _barrier_seen,
    "barrier_waiting": _barrier_waiting,
    "barrier_passed": _barrier_left,
    "barrier_broken": _barrier_left,
    "wait_left": _wait_left,
}
