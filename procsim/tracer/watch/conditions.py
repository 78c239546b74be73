"""Condition, Event, Barrier: what is built of locks, each with an identity that one of its locks lends it."""

import sys
import weakref
from types import ModuleType
from typing import Any

from procsim.tracer import gate
from procsim.tracer.emit import emit, emit_waiting
from procsim.tracer.names import announce
from procsim.tracer.patching import on_restore, replace
from procsim.tracer.sites import INTERNAL, call_site, caller
from procsim.tracer.watch.locks import ENTERED, identity_of, keep_raw, owner_of, say_released, traced_acquire


def patch_conditions(module: ModuleType) -> None:
    """The rest of multiprocessing.synchronize."""
    _patch_condition(module)
    _patch_event(module)
    _patch_barrier(module)


def _patch_condition(module: ModuleType) -> None:
    Condition = module.Condition  # noqa: N806
    setstate, wait, notify = Condition.__setstate__, Condition.wait, Condition.notify
    # By id, not a WeakSet: a class of the program's may have `__eq__` and no `__hash__`.
    traced: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
    make_methods = Condition._make_methods
    wait_for = Condition.wait_for.__code__

    def _make_methods(self: Any) -> None:
        # Left off, so that the methods below are found; they tell a call of the program's from an inner one.
        traced[id(self)] = self

    def __setstate__(self: Any, state: Any) -> None:  # noqa: N807
        setstate(self, state)
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
                say_released(self._lock, at)
        finally:
            self._lock.release()

    def __enter__(self: Any) -> Any:  # noqa: N807
        at = caller()
        if at == INTERNAL or not hasattr(self._lock, "_semlock"):
            return self._lock.__enter__()
        return traced_acquire(self._lock, at, how=ENTERED)

    def __exit__(self: Any, *args: object) -> None:  # noqa: N807
        try:
            at = caller()
            if at != INTERNAL:
                say_released(self._lock, at)
        finally:
            self._lock.__exit__(*args)

    def traced_wait(self: Any, timeout: Any = None) -> Any:
        at = caller()
        if at == INTERNAL and sys._getframe(1).f_code is wait_for:
            at = call_site(sys._getframe(1).f_back)
        if at == INTERNAL or not self._lock._semlock._is_mine():
            return wait(self, timeout)
        identity = identity_of(self._lock)
        if gate.shared[0]:
            gate.arrive("condition_awoke", identity, at)
        emit_waiting("condition_waiting", identity, at, timeout)
        notified = False
        try:
            notified = wait(self, timeout)
        finally:  # an exception too leaves it with the lock acquired again
            emit("condition_awoke", identity, at, notified=bool(notified))
        return notified

    def traced_notify(self: Any, n: int = 1) -> None:
        at = caller()
        if at != INTERNAL:
            if gate.shared[0]:
                gate.arrive("condition_notified", identity_of(self._lock), at)
            emit("condition_notified", identity_of(self._lock), at, count=n)
        notify(self, n)

    def notify_all(self: Any) -> None:
        at = caller()
        if at != INTERNAL:
            if gate.shared[0]:
                gate.arrive("condition_notified", identity_of(self._lock), at)
            emit("condition_notified", identity_of(self._lock), at, count=None)
        notify(self, sys.maxsize)

    def bind_again() -> None:
        for condition in list(traced.values()):
            make_methods(condition)

    on_restore(bind_again)
    replace(Condition, "_make_methods", _make_methods)
    replace(Condition, "__setstate__", __setstate__)
    replace(Condition, "acquire", acquire)
    replace(Condition, "release", release)
    replace(Condition, "__enter__", __enter__)
    replace(Condition, "__exit__", __exit__)
    replace(Condition, "wait", traced_wait)
    replace(Condition, "notify", traced_notify)
    replace(Condition, "notify_all", notify_all)


def _patch_event(module: ModuleType) -> None:
    Event = module.Event  # noqa: N806
    init, set_, clear, wait = Event.__init__, Event.set, Event.clear, Event.wait

    def __init__(self: Any, *, ctx: Any) -> None:  # noqa: N807
        init(self, ctx=ctx)
        if owner_of(sys._getframe(1), self) is self:
            announce("event_created", identity_of(self._flag), "Event")

    def traced_set(self: Any) -> None:
        at = caller()
        if at != INTERNAL:
            if gate.shared[0]:
                gate.arrive("event_set", identity_of(self._flag), at)
            emit("event_set", identity_of(self._flag), at)
        set_(self)

    def traced_clear(self: Any) -> None:
        at = caller()
        if at != INTERNAL:
            if gate.shared[0]:
                gate.arrive("event_cleared", identity_of(self._flag), at)
            emit("event_cleared", identity_of(self._flag), at)
        clear(self)

    def traced_wait(self: Any, timeout: Any = None) -> Any:
        at = caller()
        raw = self._flag._semlock
        if gate.shared[0] and at != INTERNAL:
            ready = None if timeout is not None else lambda: not raw._is_zero()
            gate.arrive("event_awaited", identity_of(self._flag), at, ready)
        if at == INTERNAL or not raw._is_zero():
            return wait(self, timeout)
        emit_waiting("event_waiting", identity_of(self._flag), at, timeout)
        is_set = False
        try:
            is_set = wait(self, timeout)
        finally:
            emit("event_awaited", identity_of(self._flag), at, is_set=bool(is_set))
        return is_set

    replace(Event, "__init__", __init__)
    replace(Event, "set", traced_set)
    replace(Event, "clear", traced_clear)
    replace(Event, "wait", traced_wait)


def _patch_barrier(module: ModuleType) -> None:
    import threading

    Barrier = module.Barrier  # noqa: N806
    init, wait = Barrier.__init__, Barrier.wait

    def __init__(self: Any, parties: int, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        init(self, parties, *args, **kwargs)
        announce("barrier_created", _barrier_identity(self), "Barrier", parties=parties)

    def traced_wait(self: Any, timeout: Any = None) -> int:
        at = caller()
        if at == INTERNAL:
            return wait(self, timeout)  # type: ignore[no-any-return]
        identity = _barrier_identity(self)
        if gate.shared[0]:
            gate.arrive("barrier_passed", identity, at)
        emit_waiting("barrier_waiting", identity, at, self._timeout if timeout is None else timeout)
        try:
            position: int = wait(self, timeout)
        except threading.BrokenBarrierError:
            emit("barrier_broken", identity, at)
            raise
        emit("barrier_passed", identity, at, position=position)
        return position

    replace(Barrier, "__init__", __init__)
    replace(Barrier, "wait", traced_wait)


def _barrier_identity(barrier: Any) -> int:
    return identity_of(barrier._cond._woken_count)
