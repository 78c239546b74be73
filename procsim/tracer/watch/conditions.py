"""Condition, Event, Barrier: they are built of locks, and each has the identity of one of its locks."""

import sys
import threading
import weakref
from types import ModuleType
from typing import Any

from procsim.tracer import gate
from procsim.tracer.emit import emit, emit_waiting
from procsim.tracer.names import announce
from procsim.tracer.patching import Methods, on_restore
from procsim.tracer.sites import INTERNAL, caller, caller_through
from procsim.tracer.watch.locks import (
    ENTERED,
    emit_released,
    has_semlocks,
    identity_of,
    keep_raw,
    owner_of,
    traced_acquire,
)


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
        Condition.real._make_methods(condition)
    _traced.clear()


class Condition(Methods):
    """multiprocessing.synchronize.Condition."""

    def _make_methods(self: Any) -> None:
        # It would bind the lock's methods to the instance. Without them those below are found, which tell a call of
        # the program's from an inner one.
        _traced[id(self)] = self

    def __setstate__(self: Any, state: Any) -> None:
        Condition.real.__setstate__(self, state)
        keep_raw(self._sleeping_count, self._woken_count, self._wait_semaphore)

    def acquire(self: Any, *args: Any, **kwargs: Any) -> Any:
        at = caller()
        if at == INTERNAL or not hasattr(self._lock, "_semlock"):
            return self._lock.acquire(*args, **kwargs)
        return traced_acquire(self._lock, at, *args, **kwargs)

    def release(self: Any) -> None:
        try:
            at = caller()
            if at != INTERNAL:
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
        gate.arrive("condition_awoke", identity, at)
        emit_waiting("condition_waiting", identity, at, timeout)
        notified = False
        try:
            notified = Condition.real.wait(self, timeout)
        finally:  # after an exception, too, this thread has the lock again
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
        Condition.real.notify(self, sys.maxsize)


class Event(Methods):
    """multiprocessing.synchronize.Event."""

    def __init__(self: Any, *, ctx: Any) -> None:
        Event.real.__init__(self, ctx=ctx)
        if owner_of(sys._getframe(1), self) is self:
            announce("event_created", identity_of(self._flag), "Event")

    def set(self: Any) -> None:
        at = caller()
        if at != INTERNAL:
            identity = identity_of(self._flag)
            gate.arrive("event_set", identity, at)
            emit("event_set", identity, at)
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
            gate.arrive("event_awaited", identity_of(self._flag), at, ready)
        if at == INTERNAL or not raw._is_zero():
            return Event.real.wait(self, timeout)
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
        announce("barrier_created", _identity_of_barrier(self), "Barrier", parties=parties)

    def wait(self: Any, timeout: Any = None) -> Any:
        at = caller()
        if at == INTERNAL:
            return Barrier.real.wait(self, timeout)
        identity = _identity_of_barrier(self)
        gate.arrive("barrier_passed", identity, at)
        emit_waiting("barrier_waiting", identity, at, self._timeout if timeout is None else timeout)
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


def _identity_of_barrier(barrier: Any) -> int:
    return identity_of(barrier._cond._woken_count)
