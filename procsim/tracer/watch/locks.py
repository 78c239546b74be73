"""Lock, RLock, Semaphore, BoundedSemaphore; what a Value or an Array adds to its lock stands in `values.py`.

A SemLock binds its C methods to the instance when it is made. For a lock of the program's own that is left out, so that
the traced methods of the class are found. A lock inside a Queue or a Pool keeps the C methods, and is as fast as ever.

How a lock gets its identity: `procsim.wire.identities`.
"""

import sys
import weakref
from _operator import index
from _thread import get_ident
from collections.abc import Callable
from functools import partial
from types import FrameType, MethodType, ModuleType
from typing import Any

from procsim.tracer import gate
from procsim.tracer.emit import (
    NO_FIELDS,
    Waiting,
    counts_repetitions,
    emit,
    emit_again,
    emit_waiting,
    marshalled,
)
from procsim.tracer.names import announce, disassembler, new_identity
from procsim.tracer.patching import Methods, on_restore
from procsim.tracer.repetition import NEVER, LockRepetition
from procsim.tracer.sites import INTERNAL, OF_HELPER, caller, is_internal
from procsim.wire.identities import semaphore
from procsim.wire.pipe import Clock, raised_elsewhere

_getframe = sys._getframe

_set = object.__setattr__
"""Sets an attribute. `setattr` may be the program's. After a call of `vars`, CPython takes longer to find each
attribute of the object (15 ns, with Python 3.11 and 3.12)."""


def identity_of(lock: Any) -> int:
    """The identity of a SemLock, the same in each process that has it."""
    known: int | None = getattr(lock, "_procsim_identity", None)
    if known is None:
        name = lock._semlock.name  # None under fork
        known = semaphore(name) if name else new_identity()
        _set(lock, "_procsim_identity", known)
    return known


def keep_raw(*locks: Any) -> None:
    """Give locks that belong to another object their C methods back."""
    for lock in locks:
        if lock is not None and hasattr(lock, "_semlock"):
            lock.acquire = lock._semlock.acquire
            lock.release = lock._semlock.release
            _set(lock, "_procsim_inner", True)  # for `with`, which calls the methods of the class


def owner_of(frame: FrameType | None, lock: Any) -> Any:
    """The object of multiprocessing's that this lock is a part of: the outermost `self` in an `__init__` above it."""
    owner = lock
    while frame is not None and is_internal(frame):
        candidate = frame.f_locals.get("self")
        if candidate is not None and frame.f_code.co_name == "__init__":
            owner = candidate
        frame = frame.f_back
    return owner


# The operations ----------------------------------------------------------------------------------------------


CALLED = marshalled(entered=False)
ENTERED = marshalled(entered=True)
"""How a lock is acquired: by a call; or by `with`, and then this thread is sure to release it."""


as_flag: Callable[[Any], bool] = bool if sys.version_info >= (3, 12) else lambda value: bool(index(value))
"""What a semaphore makes of its argument `block`. Raises what it would raise: for `lock.acquire(0.5)`, say."""


def traced_acquire(lock: Any, at: str | None, block: Any = True, timeout: Any = None, how: bytes = CALLED) -> bool:
    """Acquire a SemLock, and emit that: `lock_waiting` only where a try without waiting failed."""
    raw, identity, block = lock._semlock, identity_of(lock), as_flag(block)
    if gate.shared[0]:  # only what may wait for ever has to be possible first
        ready = partial(can_acquire, raw) if block and timeout is None else None
        block = not gate.arrive_for_a_time("lock_acquired", identity, at, ready) and block
    kinds = ("lock_waiting", "lock_refused")
    if not raw.acquire(False, timeout) and not waited_for(raw, kinds, identity, at, block, timeout):
        return False
    try:
        emit("lock_acquired", identity, at, how)
    except BaseException:  # as in `SemLock.acquire`
        try:
            emit("lock_released", identity)  # its `lock_acquired` may have been written
        finally:
            raw.release()
        raise
    return True


def _acquire(lock: Any, block: Any, timeout: Any, how: bytes) -> Any:
    """The same for a lock's own method, and quicker where the lock is free and the event is interned already."""
    raw = lock._semlock
    # With the timeout, though a try does not use it: one that is no number raises here, before anything is emitted.
    if gate.shared[0] or not raw.acquire(False, timeout):
        at = caller(OF_HELPER)
        return raw.acquire(block, timeout) if at == INTERNAL else traced_acquire(lock, at, block, timeout, how)
    try:
        identity, again = lock._procsim_identity, lock._procsim_again
        counted = again is not None and again.acquired(identity, how)
        if not counted and not emit_again("lock_acquired", identity, how, OF_HELPER):
            at = caller(OF_HELPER)
            if at != INTERNAL:
                emit("lock_acquired", identity_of(lock), at, how)
    except BaseException:  # a signal handler of the program's has raised, or the recursion limit is reached
        try:
            emit("lock_released", identity_of(lock))
        finally:  # by C code: one more function of ours might be past the recursion limit
            raw.release()
        raise
    return True


def _emit_entered(lock: Any, again: LockRepetition) -> None:
    """Emit that `with` has acquired a lock, where that was not counted."""
    identity = lock._procsim_identity
    if not again.acquired(identity, ENTERED) and not emit_again("lock_acquired", identity, ENTERED, OF_HELPER):
        at = caller(OF_HELPER)
        if at != INTERNAL:
            emit("lock_acquired", identity_of(lock), at, ENTERED)


def waited_for(
    raw: Any, kinds: tuple[str, str], identity: int, at: str | None, block: Any, timeout: Any, **fields: Any
) -> bool:
    """Wait for a semaphore, if `block`, and emit the first of `kinds`; the second where it was not acquired."""
    waiting = Waiting()
    acquired = False
    try:
        if block:
            emit_waiting(kinds[0], identity, at, timeout, **fields)
            acquired = raw.acquire(block, timeout)
    finally:  # a wait ends also when a signal handler of the program raises: Ctrl-C, an alarm
        if not acquired:
            emit(kinds[1], identity, at, took=waiting.took())
    return acquired


def emit_released(lock: Any, at: str | None) -> None:
    """Emit that a SemLock is released: before it happens, so that the next `lock_acquired` comes after it.

    The caller must release it even if a signal handler of the program raises here: `with` calls `__exit__` only once.
    Nothing is emitted where the release will raise.
    """
    try:
        raw = lock._semlock
    except AttributeError:  # a Condition with a lock that is not multiprocessing's
        return
    # Of a plain Lock, which macOS can show no value of, it is enough that it is taken.
    if raw._is_zero() if raw.maxvalue == 1 and raw.kind != RECURSIVE_MUTEX else _may_release(raw):
        identity = identity_of(lock)
        if gate.shared[0]:
            gate.arrive("lock_released", identity, at)
        emit("lock_released", identity, at)


def _emit_released(lock: Any) -> None:
    """The same for a lock's own method, and quicker where the event is interned already."""
    raw, again = lock._semlock, lock._procsim_again
    is_held = not gate.shared[0] and raw._is_zero()
    if is_held and again is not None and again.released():
        return
    # An RLock that is not free may be held by another thread.
    is_held = is_held and raw.kind != RECURSIVE_MUTEX
    if not is_held or not emit_again("lock_released", lock._procsim_identity, NO_FIELDS, OF_HELPER):
        at = caller(OF_HELPER)
        if at != INTERNAL:
            emit_released(lock, at)


def can_acquire(raw: Any) -> bool:
    """Whether this thread would get a lock or semaphore at once."""
    return bool((raw.kind == RECURSIVE_MUTEX and raw._is_mine()) or not raw._is_zero())


def _may_release(raw: Any) -> bool:
    """Whether a release of an RLock or a semaphore will not raise: it is held by this thread, or below its maximum."""
    if raw.kind == RECURSIVE_MUTEX:
        return bool(raw._is_mine())
    try:
        return bool(raw._get_value() < raw.maxvalue)
    except NotImplementedError:  # macOS has no sem_getvalue
        return True


RECURSIVE_MUTEX = 0  # multiprocessing.synchronize: RECURSIVE_MUTEX, SEMAPHORE = list(range(2))


# The patches -------------------------------------------------------------------------------------------------


def patch_semlock(module: ModuleType) -> None:
    """The locks of multiprocessing.synchronize."""
    disassembler()  # loads it now, while that is possible
    SemLock.replace_those_of(module.SemLock)
    on_restore(_bind_again)


_traced: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
"""The locks of this process by id, not a WeakSet: a class of the program's may have `__eq__` and no `__hash__`."""


def _trace(lock: Any) -> None:
    _traced[id(lock)] = lock
    if lock._semlock.maxvalue == 1 and counts_repetitions():  # else several may hold it at once
        _set(lock, "_procsim_again", LockRepetition())
    if has_methods_of_its_own(lock, SemLock):
        lock.acquire, lock.release = MethodType(SemLock.acquire, lock), MethodType(SemLock.release, lock)


def has_methods_of_its_own(lock: Any, methods: Any) -> bool:
    """Whether `methods` would not be called: a class of the program's overrides `acquire` or `release`.

    Its own are never called: without procsim, the methods that each instance is given hide them; so with procsim it is
    given ours. It is also given them where `__setattr__` is the program's, which then is called as it would be.
    """
    kind: Any = type(lock)
    return (
        kind.acquire is not methods.acquire
        or kind.release is not methods.release
        or kind.__setattr__ is not object.__setattr__
    )


def _bind_again() -> None:
    for lock in list(_traced.values()):
        vars(lock).update(acquire=lock._semlock.acquire, release=lock._semlock.release)
    _traced.clear()


class SemLock(Methods):
    """multiprocessing.synchronize.SemLock, the base of all locks and semaphores."""

    _procsim_inner = False
    _procsim_identity = None

    def _make_methods(self: Any) -> None:
        _set(self, "_procsim_again", None)  # an attribute that the class has, too, takes longer (Python 3.12)
        frame = sys._getframe(1)
        if frame.f_code.co_name == "__setstate__":  # it was announced where it was made
            _trace(self)
            return
        owner = owner_of(frame, self)
        value = frame.f_locals.get("value")
        if owner is self or type(owner).__module__ == "multiprocessing.sharedctypes":
            _trace(self)
            announce("lock_created", identity_of(self), type(self).__name__, value=value)
        else:
            keep_raw(self)
            condition = frame.f_globals.get("Condition", ())  # multiprocessing.synchronize's
            if issubclass(type(owner), condition) and "_lock" not in vars(owner):
                # The lock that it is just making for itself: people know that lock as the condition.
                announce("lock_created", identity_of(self), "Condition", value=value)

    def acquire(self: Any, block: Any = True, timeout: Any = None) -> Any:
        return _acquire(self, block if block is True else as_flag(block), timeout, CALLED)

    def release(self: Any) -> None:
        try:
            _emit_released(self)
        finally:
            self._semlock.release()

    def __enter__(self: Any) -> Any:
        again = self._procsim_again
        if again is None:
            return self._semlock.__enter__() if self._procsim_inner else _acquire(self, True, None, ENTERED)
        try:
            # First: where the recursion limit leaves room for these calls, it does for a release (CPython 3.11).
            frame, thread = _getframe(1), get_ident()
        except ValueError as error:  # see `sites.caller`
            if raised_elsewhere(error):
                raise
            return _acquire(self, True, None, ENTERED)
        if not self._semlock.acquire(False):
            return _acquire(self, True, None, ENTERED)
        try:  # as `again.acquired`, but without its call
            if frame.f_lasti == again.first_at and frame.f_code is again.first_code and thread == again.thread:
                now, counted, count = Clock.now(), again.counted, again.count
                if now < again.tail[1] == again.until: again.until_inside = again.until; again.until = NEVER; counted[0] = now; counted[2] = again.count = count + 1; return True  # fmt: skip  # noqa: E501, E701, E702
            _emit_entered(self, again)
        except BaseException:  # as in `_acquire`
            try:
                emit("lock_released", identity_of(self))
            finally:
                self._semlock.release()
            raise
        return True

    # Not `*args`, for which CPython would make a tuple each time.
    def __exit__(self: Any, kind: Any = None, value: Any = None, trace: Any = None) -> None:
        again = self._procsim_again
        if again is None and self._procsim_inner:
            self._semlock.__exit__(kind, value, trace)
            return
        counted = False
        try:
            try:
                # As `again.released`, but without a look at who releases it: `with` does so in the thread and at the
                # line where it has acquired it. Nor whether it is still held: that the release tells.
                if again is not None and again.tail[1] == again.until_inside: again.until = again.until_inside; again.until_inside = NEVER; again.counted[2] = again.count = again.count + 1; counted = True; return  # fmt: skip  # noqa: E501, E701, E702
                _emit_released(self)
            finally:
                self._semlock.release()
        except (ValueError, AssertionError) as error:
            if counted and not raised_elsewhere(error):
                again.take_back()
            raise


def has_semlocks(method: str, lock: Any) -> bool:
    """Whether a lock has this method from SemLock: not a lock of others, and the program has put no other there."""
    # By the code, which a copy of SemLock has in common with it: see `Methods.replace_those_of`.
    own = getattr(getattr(lock, method, None), "__code__", None)
    return own is getattr(SemLock, method).__code__
