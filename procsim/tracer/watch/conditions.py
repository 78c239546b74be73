"""Condition, Event, Barrier: they are built of locks, and each has the identity of one of its locks."""

import os
import sys
import threading
import weakref
from functools import partial
from types import MethodType, ModuleType
from typing import Any

from procsim.tracer import explored, gate
from procsim.tracer.emit import emit, emit_waiting, handles_interrupts
from procsim.tracer.instructions import is_dropped
from procsim.tracer.names import announce
from procsim.tracer.patching import Methods, on_restore
from procsim.tracer.sites import INTERNAL, OF_HELPER, caller, caller_through, outer_site
from procsim.tracer.values import own
from procsim.tracer.watch.locks import (
    ENTERED,
    can_acquire,
    emit_released,
    has_methods_of_its_own,
    has_semlocks,
    identity_of,
    keep_raw,
    owner_of,
    traced_acquire,
)
from procsim.wire.gate_words import WOKEN
from procsim.wire.identities import semaphore

AWAKE_SECONDS = 0.1
"""How long those may take to wake up that were notified, before the wait for them becomes an event."""


def patch_conditions(module: ModuleType) -> None:
    """The rest of multiprocessing.synchronize."""
    Condition.replace_those_of(module.Condition)
    on_restore(_bind_again)
    Event.replace_those_of(module.Event)
    Barrier.replace_those_of(module.Barrier)


_traced: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
"""The conditions of this process by id, not a WeakSet: a class of the program's may have `__eq__` and no `__hash__`."""


def _bind_again() -> None:
    for condition in list(_traced.values()):
        vars(condition).update(acquire=condition._lock.acquire, release=condition._lock.release)
        keep_raw(condition._woken_count)
    _traced.clear()


def _watch_waking(condition: Any) -> None:
    """Replace `condition._woken_count.acquire`, by which `notify` waits for each that it has notified to wake up."""
    keep_raw(condition._woken_count)
    raw, reference = condition._woken_count._semlock, weakref.ref(condition)
    sleepers = identity_of(condition._sleeping_count) if explored.known else 0

    def acquire(block: Any = True, timeout: Any = None) -> Any:
        if not block or timeout is not None:
            return raw.acquire(block, timeout)
        if explored.active:
            explored.tell_notified(sleepers)
            return raw.acquire()
        if raw.acquire(True, AWAKE_SECONDS):
            return True
        identity = _identity_of_notified(reference())
        emit_waiting("condition_notify_waiting", identity, outer_site())
        try:
            return raw.acquire()
        finally:  # a signal handler of the program may raise
            emit("condition_notify_done", identity)

    condition._woken_count.acquire = acquire
    if explored.known or gate.may_have_step(WOKEN):  # else no signal handler can raise in it, being C
        condition._woken_count.release = partial(_leave, raw)
    if explored.known:
        _sleep_at_the_gate(condition, sleepers)


def _leave(woken: Any) -> None:
    """Tell who notifies that this thread is awake, and then wait until it may acquire the condition's lock again."""
    woken.release()
    if _waiting.now is not None and gate.has_step(WOKEN):
        lock, at = _waiting.now
        ready = partial(can_acquire, lock._semlock)
        if explored.active:
            explored.ask("lock_acquired", identity_of(lock), at, ready, None, WOKEN)
        else:
            gate.arrive(WOKEN, identity_of(lock), at, ready)


class _Waiting(threading.local):
    """The wait that this thread is in: the condition's lock, and the call site. None: in none of the program's."""

    now: tuple[Any, str | None] | None = None


_waiting = _Waiting()


def _sleep_at_the_gate(condition: Any, identity: int) -> None:
    """Replace what a thread waits for inside a condition: to be notified.

    The semaphore inside does not say whom it wakes. So the explorer wakes who has slept for longest. `identity`: of the
    count of sleepers inside, which was asked for before a fork: the same in each process.
    """
    asleep = condition._wait_semaphore._semlock

    def acquire(block: Any = True, timeout: Any = None) -> Any:
        if not block or (timeout is not None and timeout <= 0):
            return asleep.acquire(False)
        lock, at = _waiting.now or (None, None)
        notified = explored.sleep(identity, lock and identity_of(lock), at, timeout is not None)
        return asleep.acquire(notified)

    condition._wait_semaphore.acquire = acquire
    _give_up_at_once(condition)


def _give_up_at_once(condition: Any) -> None:
    """Replace `condition.wait_for`: as no time passes, its time is up where a wait was in vain."""
    reference = weakref.ref(condition)

    def wait_for(predicate: Any, timeout: Any = None) -> Any:
        waiting: Any = reference()
        while not (result := predicate()) and waiting.wait(timeout):
            pass
        return result or predicate()

    condition.wait_for = wait_for


class Condition(Methods):
    """multiprocessing.synchronize.Condition."""

    _procsim_object = None

    def _make_methods(self: Any) -> None:
        # It would bind the lock's methods to the instance. Without them those below are found, which tell a call of
        # the program's from an inner one.
        _traced[id(self)] = self
        _watch_waking(self)
        if has_methods_of_its_own(self, Condition):
            self.acquire, self.release = MethodType(Condition.acquire, self), MethodType(Condition.release, self)

    def __setstate__(self: Any, state: Any) -> None:
        Condition.real.__setstate__(self, state)
        keep_raw(self._sleeping_count, self._wait_semaphore)

    def acquire(self: Any, *args: Any, **kwargs: Any) -> Any:
        at = caller()
        if at == INTERNAL or not _is_traced("acquire", self._lock):
            return self._lock.acquire(*args, **kwargs)
        return traced_acquire(self._lock, at, *args, **kwargs)

    def release(self: Any) -> None:
        try:
            at = caller()
            if at != INTERNAL and _is_traced("release", self._lock):
                emit_released(self._lock, at)
        finally:
            self._lock.release()

    def __enter__(self: Any) -> Any:
        at = caller()
        if at == INTERNAL or not has_semlocks("__enter__", self._lock):
            return self._lock.__enter__()
        return traced_acquire(self._lock, at, how=ENTERED)

    def __exit__(self: Any, *args: object) -> None:
        try:
            at = caller()
            if at != INTERNAL and has_semlocks("__exit__", self._lock):
                emit_released(self._lock, at)
        finally:
            self._lock.__exit__(*args)

    def wait(self: Any, timeout: Any = None) -> Any:
        at = caller_through("wait_for")
        if at == INTERNAL or not self._lock._semlock._is_mine():
            return Condition.real.wait(self, timeout)
        identity = identity_of(self._lock)
        if gate.arrive_for_a_time("condition_awoke", identity, at) and not explored.active:
            timeout = 0
        emit_waiting("condition_waiting", identity, at, timeout)
        notified = False
        outer, _waiting.now = _waiting.now, (self._lock, at)
        try:
            notified = Condition.real.wait(self, timeout)
        finally:  # after an exception, too, this thread has the lock again
            _waiting.now = outer
            emit("condition_awoke", identity, at, notified=bool(notified))
        return notified

    def notify(self: Any, n: int = 1) -> None:
        at = caller()
        if at != INTERNAL:
            identity = identity_of(self._lock)
            gate.arrive("condition_notified", identity, at)
            emit("condition_notified", identity, at, count=n)
        Condition.real.notify(self, n)

    def notify_all(self: Any) -> None:
        at = caller()
        if at != INTERNAL:
            identity = identity_of(self._lock)
            gate.arrive("condition_notified", identity, at)
            emit("condition_notified", identity, at, count=None)
        Condition.real.notify_all(self)


def belongs_to(condition: Any, identity: int) -> None:
    """From now on, who notifies this condition waits at the object with that identity, which it is a part of."""
    vars(condition)["_procsim_object"] = identity


def _identity_of_notified(condition: Any) -> int | None:
    return (condition._procsim_object or identity_of(condition._lock)) if condition is not None else None


def _is_traced(method: str, lock: Any) -> bool:
    """Whether a call of this method of a condition's lock is to be emitted here: its own lock has C methods."""
    return own(lock, "_procsim_inner") or has_semlocks(method, lock)


def _emit_asked(event: Any) -> None:
    """The program has asked whether an Event is set, and it is not. A loop may ask a million times: from the third time
    on that is not emitted, until it was set.
    """
    who, times = vars(event).get("_procsim_asked", (0, 0))
    times = times + 1 if who == os.getpid() else 1  # a forked process has what its parent was answered
    if times <= 2 and (at := caller(OF_HELPER)) != INTERNAL:
        vars(event)["_procsim_asked"] = (os.getpid(), times)
        emit("event_asked", identity_of(event._flag), at, interruptible=handles_interrupts())


class Event(Methods):
    """multiprocessing.synchronize.Event."""

    def __init__(self: Any, *, ctx: Any) -> None:
        Event.real.__init__(self, ctx=ctx)
        if owner_of(sys._getframe(1), self) is self:
            announce("event_created", identity_of(self._flag), "Event", inside=_inside(self._cond))

    def is_set(self: Any) -> Any:
        if gate.has_step("event_seen") and (at := caller()) != INTERNAL:
            gate.arrive("event_seen", identity_of(self._flag), at)
        is_set = Event.real.is_set(self)
        if is_set and (at := caller()) != INTERNAL:
            vars(self).pop("_procsim_asked", None)
            emit("event_seen", identity_of(self._flag), at)
        elif not is_set:
            _emit_asked(self)
        return is_set

    def set(self: Any) -> None:
        at = caller()
        if at != INTERNAL:
            identity = identity_of(self._flag)
            gate.arrive("event_set", identity, at)
            emit("event_set", identity, at)
            belongs_to(self._cond, identity)
        Event.real.set(self)

    def clear(self: Any) -> None:
        at = caller()
        if at != INTERNAL:
            identity = identity_of(self._flag)
            gate.arrive("event_cleared", identity, at)
            emit("event_cleared", identity, at)
        Event.real.clear(self)

    def wait(self: Any, timeout: Any = None) -> Any:
        at = caller()
        raw = self._flag._semlock
        if at != INTERNAL:
            ready = None if timeout is not None else lambda: not raw._is_zero()
            if gate.arrive_for_a_time("event_awaited", identity_of(self._flag), at, ready):
                timeout = 0
        if at == INTERNAL:
            return Event.real.wait(self, timeout)
        if not raw._is_zero():
            is_set = Event.real.wait(self, timeout)
            if is_set:
                emit("event_seen", identity_of(self._flag), at)
            return is_set
        emit_waiting("event_waiting", identity_of(self._flag), at, timeout)
        is_set = False
        try:
            is_set = Event.real.wait(self, timeout)
        finally:
            emit("event_awaited", identity_of(self._flag), at, is_set=bool(is_set))
        return is_set


class Barrier(Methods):
    """multiprocessing.synchronize.Barrier, which inherits its methods from threading."""

    def __init__(self: Any, parties: int, *args: Any, **kwargs: Any) -> None:
        Barrier.real.__init__(self, parties, *args, **kwargs)
        inside = _inside(self._cond)
        announce("barrier_created", identity_of_barrier(self), "Barrier", parties=parties, inside=inside)

    def wait(self: Any, timeout: Any = None) -> Any:
        at = caller()
        if at == INTERNAL:
            return Barrier.real.wait(self, timeout)
        identity = identity_of_barrier(self)
        if explored.active:
            return _wait_explored(self, identity, at, timeout)
        gate.arrive("barrier_passed", identity, at)
        emit_waiting("barrier_waiting", identity, at, self._timeout if timeout is None else timeout)
        belongs_to(self._cond, identity)
        try:
            position = Barrier.real.wait(self, timeout)
        except threading.BrokenBarrierError:
            emit("barrier_broken", identity, at)
            raise
        except BaseException:  # raised by a signal handler of the program, or by the barrier's action
            emit("wait_left", identity, at)
            raise
        emit("barrier_passed", identity, at, position=position)
        return position


def _wait_explored(barrier: Any, identity: int, at: str | None, timeout: Any) -> Any:
    """Wait at a barrier in two steps: to come to it, and to go on. Who came first makes a difference if the program
    looks at what `wait` returns."""
    looks = not is_dropped(sys._getframe(2))
    gate.arrive("barrier_waiting", identity, at, subject="in order" if looks else None)
    emit_waiting("barrier_waiting", identity, at, barrier._timeout if timeout is None else timeout)
    outer, _waiting.now = _waiting.now, None
    try:
        position = Barrier.real.wait(barrier, timeout)
        gate.arrive("barrier_passed", identity, at)
    except threading.BrokenBarrierError:
        emit("barrier_broken", identity, at)
        raise
    except BaseException:  # see `Barrier.wait`
        emit("wait_left", identity, at)
        raise
    finally:
        _waiting.now = outer
    emit("barrier_passed", identity, at, position=position)
    return position


def _inside(condition: Any) -> list[int]:
    """The identities of the semaphores of a condition, by which a new process finds them; under fork they have none."""
    locks = (condition._lock, condition._sleeping_count, condition._woken_count, condition._wait_semaphore)
    return [semaphore(lock._semlock.name) for lock in locks if lock._semlock.name]


def identity_of_barrier(barrier: Any) -> int:
    """The identity of a barrier."""
    return identity_of(barrier._cond._woken_count)
