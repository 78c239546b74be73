"""Conditions are notified, events set, barriers passed; a wait is left early."""

from collections.abc import Mapping

from procsim.state.changes.change import Change
from procsim.state.changes.locks import answered, enter, leave
from procsim.state.changes.waits import wait_began, wait_ended
from procsim.state.identities import lock_of, signal_of
from procsim.state.objects import Hold
from procsim.state.run_state import RunState
from procsim.wire.events import Event


def _condition_waiting(run: RunState, event: Event) -> None:
    lock = lock_of(run, event)  # `wait` releases it, and acquires it again before it returns
    lock.holders.pop(event.pid, None)
    lock.holds.pop(event.pid, None)
    leave(run, event.pid, lock, event.t)
    wait_began(run, event)


def _condition_awoke(run: RunState, event: Event) -> None:
    lock = lock_of(run, event)
    enter(run, event, lock)
    lock.holders[event.pid] = 1
    lock.holds[event.pid] = Hold(event.thread, True, event.t, event.at)


def _event_set(run: RunState, event: Event) -> None:
    signal_of(run, event).is_set = True
    answered(run, event)


def _event_cleared(run: RunState, event: Event) -> None:
    signal_of(run, event).is_set = False


def _barrier_waiting(run: RunState, event: Event) -> None:
    signal_of(run, event).arrived += 1
    wait_began(run, event)


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
    "condition_notified": answered,
    "event_created": signal_of,
    "event_set": _event_set,
    "event_cleared": _event_cleared,
    "barrier_created": signal_of,
    "barrier_waiting": _barrier_waiting,
    "barrier_passed": _barrier_left,
    "barrier_broken": _barrier_left,
    "wait_left": _wait_left,
}
