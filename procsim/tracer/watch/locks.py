"""Lock, RLock, Semaphore, BoundedSemaphore and the locks of Value and Array.

A SemLock binds its C methods to the instance when it is made. For a lock of the program's own that is left out, so that
the traced methods of the class are found. A lock inside a Queue or a Pool keeps the C methods, and is as fast as ever.

How a lock gets its identity: `procsim.wire.identities`.
"""

import sys
import weakref
from functools import partial
from types import FrameType, MethodType, ModuleType
from typing import Any

from procsim.tracer import gate
from procsim.tracer.emit import NO_FIELDS, Waiting, emit, emit_again, emit_waiting, marshalled
from procsim.tracer.names import announce, disassembler, new_identity
from procsim.tracer.patching import Methods, on_restore
from procsim.tracer.sites import INTERNAL, OF_HELPER, caller, is_internal, outer_site
from procsim.wire.identities import semaphore


def identity_of(lock: Any) -> int:
    """The identity of a SemLock, the same in each process that has it."""
    known: int | None = getattr(lock, "_procsim_identity", None)
    if known is None:
        name = lock._semlock.name  # None under fork
        lock._procsim_identity = known = semaphore(name) if name else new_identity()
    return known


def keep_raw(*locks: Any) -> None:
    """Give locks that belong to another object their C methods back."""
    for lock in locks:
        if lock is not None and hasattr(lock, "_semlock"):
            lock.acquire = lock._semlock.acquire
            lock.release = lock._semlock.release
            lock._procsim_inner = True  # for `with`, which calls the methods of the class


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


def traced_acquire(lock: Any, at: str | None, block: Any = True, timeout: Any = None, how: bytes = CALLED) -> bool:
    """Acquire a SemLock, and emit that: `lock_waiting` only where a try without waiting failed."""
    raw, identity = lock._semlock, identity_of(lock)
    if gate.shared[0]:  # only what may wait for ever has to be possible first
        gate.arrive("lock_acquired", identity, at, partial(can_acquire, raw) if block and timeout is None else None)
    kinds = ("lock_waiting", "lock_refused")
    if not raw.acquire(False, timeout) and not waited_for(raw, kinds, identity, at, block, timeout):
        return False
    try:
        emit("lock_acquired", identity, at, how)
    except BaseException:  # as in `_acquire`
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
        if not emit_again("lock_acquired", lock._procsim_identity, how, OF_HELPER):
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
    if raw._is_zero() if raw.maxvalue == 1 and raw.kind != _RECURSIVE_MUTEX else _may_release(raw):
        identity = identity_of(lock)
        if gate.shared[0]:
            gate.arrive("lock_released", identity, at)
        emit("lock_released", identity, at)


def _emit_released(lock: Any) -> None:
    """The same for a lock's own method, and quicker where the event is interned already."""
    raw = lock._semlock
    # An RLock that is not free may be held by another thread.
    is_held = not gate.shared[0] and raw.kind != _RECURSIVE_MUTEX and raw._is_zero()
    if not is_held or not emit_again("lock_released", lock._procsim_identity, NO_FIELDS, OF_HELPER):
        at = caller(OF_HELPER)
        if at != INTERNAL:
            emit_released(lock, at)


def can_acquire(raw: Any) -> bool:
    """Whether this thread would get a lock or semaphore at once."""
    return bool((raw.kind == _RECURSIVE_MUTEX and raw._is_mine()) or not raw._is_zero())


def _may_release(raw: Any) -> bool:
    """Whether a release of an RLock or a semaphore will not raise: it is held by this thread, or below its maximum."""
    if raw.kind == _RECURSIVE_MUTEX:
        return bool(raw._is_mine())
    try:
        return bool(raw._get_value() < raw.maxvalue)
    except NotImplementedError:  # macOS has no sem_getvalue
        return True


_RECURSIVE_MUTEX = 0  # multiprocessing.synchronize: RECURSIVE_MUTEX, SEMAPHORE = list(range(2))


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
    acquire, release = SemLock.acquire, SemLock.release
    if type(lock).acquire is not acquire or type(lock).release is not release:
        # A class of the program's overrides these, but its own are never called: without procsim, the C methods that
        # each instance has hide them; with procsim, these do.
        lock.acquire, lock.release = MethodType(acquire, lock), MethodType(release, lock)


def _bind_again() -> None:
    for lock in list(_traced.values()):
        SemLock.real._make_methods(lock)
    _traced.clear()


class SemLock(Methods):
    """multiprocessing.synchronize.SemLock, the base of all locks and semaphores."""

    _procsim_inner = False
    _procsim_identity = None

    def _make_methods(self: Any) -> None:
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
            if isinstance(owner, condition) and not hasattr(owner, "_lock"):
                # The lock that it is just making for itself: people know that lock as the condition.
                announce("lock_created", identity_of(self), "Condition", value=value)

    def acquire(self: Any, block: Any = True, timeout: Any = None) -> Any:
        return _acquire(self, block, timeout, CALLED)

    def release(self: Any) -> None:
        try:
            _emit_released(self)
        finally:
            self._semlock.release()

    def __enter__(self: Any) -> Any:
        if self._procsim_inner:
            return self._semlock.__enter__()
        return _acquire(self, True, None, ENTERED)

    def __exit__(self: Any, *args: object) -> None:
        if self._procsim_inner:
            self._semlock.__exit__(*args)
            return
        try:
            _emit_released(self)
        finally:
            self._semlock.__exit__(*args)


def has_semlocks(method: str, lock: Any) -> bool:
    """Whether a lock has this method from SemLock: not a lock of others, and no class of the program's overrides it."""
    # By the code, which a copy of SemLock has in common with it: see `Methods.replace_those_of`.
    own = getattr(getattr(type(lock), method, None), "__code__", None)
    return own is getattr(SemLock, method).__code__


def patch_sharedctypes(module: ModuleType) -> None:
    """multiprocessing.sharedctypes."""
    SynchronizedBase.replace_those_of(module.SynchronizedBase)


class SynchronizedBase(Methods):
    """multiprocessing.sharedctypes.SynchronizedBase: `with counter:` and `counter.acquire()` on a Value or an Array.

    `counter.value` acquires the lock, too. Where this thread holds it already, that is not emitted.
    """

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        SynchronizedBase.real.__init__(self, *args, **kwargs)
        if hasattr(self._lock, "_semlock"):
            _trace_shared(self, self._lock)

    def __enter__(self: Any) -> Any:
        if not has_semlocks("__enter__", self._lock) or _is_held(self._lock._semlock):
            return self._lock.__enter__()
        return traced_acquire(self._lock, _line(), how=ENTERED)

    def __exit__(self: Any, *args: object) -> None:
        try:
            if has_semlocks("__exit__", self._lock) and not _is_held(self._lock._semlock, times=2):
                emit_released(self._lock, _line())
        finally:
            self._lock.__exit__(*args)


def _trace_shared(shared: Any, lock: Any) -> None:
    """Have the `acquire` and `release` that a Value or an Array takes over from its lock emit as `with` does."""
    raw = lock._semlock

    def acquire(block: Any = True, timeout: Any = None) -> bool:
        if _is_held(raw):
            return raw.acquire(block, timeout)  # type: ignore[no-any-return]
        return traced_acquire(lock, _line(), block, timeout)

    def release() -> None:
        try:
            if not _is_held(raw, times=2):  # else this thread holds it afterwards, too
                emit_released(lock, _line())
        finally:
            raw.release()

    shared.acquire, shared.release = acquire, release


def _line() -> str | None:
    """The call site of the method that asks. Where that is INTERNAL (`cells[0]` acquires), the line of the program."""
    return caller(OF_HELPER) or outer_site()


def _is_held(raw: Any, times: int = 1) -> bool:
    """Whether this thread has acquired an RLock so many times at least, and not released it since."""
    return bool(raw.kind == _RECURSIVE_MUTEX and raw._is_mine() and raw._count() >= times)
