"""Lock, RLock, Semaphore, BoundedSemaphore and the locks of Value and Array.

A `SemLock` binds its C methods to the instance when it is made. For a lock of the program's own we leave them off, so
that the traced methods of the class are found; a lock inside a Queue or a Pool keeps the C methods, as fast as ever.
The identity of a lock is made at creation. Where it has a name that other processes open it by (spawn, forkserver), the
identity is that name: it needs no place in the pickled state, which stays what an untraced process expects.
"""

import sys
import weakref
from functools import partial
from types import FrameType, MethodType, ModuleType
from typing import Any

from procsim.tracer import gate
from procsim.tracer.emit import NO_FIELDS, Waiting, emit, emit_again, emit_waiting, marshalled
from procsim.tracer.names import announce, disassembler, new_identity
from procsim.tracer.patching import on_restore, replace
from procsim.tracer.sites import INTERNAL, caller, is_internal, outer_site
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
            lock._procsim_inner = True  # `with` does not look at the instance


def owner_of(frame: FrameType | None, lock: Any) -> Any:
    """The object of multiprocessing's that this lock is made for: the outermost `self` above its own `__init__`."""
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
"""How a lock is acquired: by `with`, so that this thread is sure to release it."""


def traced_acquire(lock: Any, at: str | None, block: Any = True, timeout: Any = None, how: bytes = CALLED) -> bool:
    """Acquire a SemLock, and say so: `lock_waiting` only where a try without waiting failed."""
    raw, identity = lock._semlock, identity_of(lock)
    if gate.shared[0]:
        gate.arrive("lock_acquired", identity, at, partial(can_acquire, raw) if block and timeout is None else None)
    if not raw.acquire(False, timeout) and not _waited_for(raw, identity, at, block, timeout):
        return False
    try:
        emit("lock_acquired", identity, at, how)
    except BaseException:  # as below
        try:
            emit("lock_released", identity)
        finally:
            raw.release()
        raise
    return True


def _acquire(lock: Any, block: Any, timeout: Any, how: bytes) -> Any:
    """The same for a method of the lock's own, which the program mostly calls again and again, and gets it at once."""
    raw = lock._semlock
    if gate.shared[0] or not raw.acquire(False, timeout):
        at = caller(3)
        return raw.acquire(block, timeout) if at == INTERNAL else traced_acquire(lock, at, block, timeout, how)
    try:
        if not emit_again("lock_acquired", lock._procsim_identity, how, 3):
            at = caller(3)
            if at != INTERNAL:
                emit("lock_acquired", identity_of(lock), at, how)
    except BaseException:  # a signal handler of the program's has raised, or this is the deepest call that may be
        try:
            emit("lock_released", identity_of(lock))
        finally:  # not in a function of ours, for which there may be no room
            raw.release()
        raise
    return True


def _waited_for(raw: Any, identity: int, at: str | None, block: Any, timeout: Any) -> bool:
    waiting = Waiting()
    acquired = False
    try:
        if block:
            emit_waiting("lock_waiting", identity, at, timeout)
            acquired = raw.acquire(block, timeout)
    finally:  # it also ends when a signal handler of the program raises: Ctrl-C, an alarm
        if not acquired:
            emit("lock_refused", identity, at, took=waiting.took())
    return acquired


def say_released(lock: Any, at: str | None) -> None:
    """Say that a SemLock is released: before it happens, so that the next `lock_acquired` comes after it.

    It must then be released also where a signal handler of the program raised meanwhile: `with` does not try twice.
    """
    try:
        raw = lock._semlock
    except AttributeError:  # a Condition, or a Value, of a lock that is not of multiprocessing's making
        return
    if raw._is_zero() if raw.maxvalue == 1 and raw.kind != _RECURSIVE_MUTEX else _may_release(raw):
        identity = identity_of(lock)
        if gate.shared[0]:
            gate.arrive("lock_released", identity, at)
        emit("lock_released", identity, at)


def _say_released(lock: Any) -> None:
    """The same for a method of the lock's own. (An RLock that is taken may still be another one's.)"""
    raw = lock._semlock
    known = not gate.shared[0] and raw.kind != _RECURSIVE_MUTEX and raw._is_zero()
    if not known or not emit_again("lock_released", lock._procsim_identity, NO_FIELDS, 3):
        at = caller(3)
        if at != INTERNAL:
            say_released(lock, at)


def can_acquire(raw: Any) -> bool:
    """Whether this thread would get a lock or semaphore at once."""
    return bool((raw.kind == _RECURSIVE_MUTEX and raw._is_mine()) or not raw._is_zero())


def _may_release(raw: Any) -> bool:
    """Whether a release will not raise, as it does where nobody holds the lock."""
    if raw.kind == _RECURSIVE_MUTEX:
        return bool(raw._is_mine())
    try:
        return bool(raw._get_value() < raw.maxvalue)
    except NotImplementedError:  # macOS has no sem_getvalue
        return True


_RECURSIVE_MUTEX = 0  # multiprocessing.synchronize: RECURSIVE_MUTEX, SEMAPHORE = list(range(2))


def patch_semlock(module: ModuleType) -> None:
    """The locks of multiprocessing.synchronize."""
    disassembler()
    SemLock = module.SemLock  # noqa: N806
    # By id, not a WeakSet: a class of the program's may have `__eq__` and no `__hash__`.
    traced: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
    make_methods = SemLock._make_methods

    def trace(lock: Any) -> None:
        traced[id(lock)] = lock
        if type(lock).acquire is not acquire or type(lock).release is not release:
            # A class that overrides these never has its own called: the C methods on the instance hide them.
            lock.acquire, lock.release = MethodType(acquire, lock), MethodType(release, lock)

    def _make_methods(self: Any) -> None:
        frame = sys._getframe(1)
        if frame.f_code.co_name == "__setstate__":  # it was announced where it was made
            trace(self)
            return
        owner = owner_of(frame, self)
        value = frame.f_locals.get("value")
        if owner is self or type(owner).__module__ == "multiprocessing.sharedctypes":
            trace(self)
            announce("lock_created", identity_of(self), type(self).__name__, value=value)
        else:
            keep_raw(self)
            if isinstance(owner, module.Condition) and not hasattr(owner, "_lock"):
                announce("lock_created", identity_of(self), "Condition", value=value)

    def acquire(self: Any, block: Any = True, timeout: Any = None) -> bool:
        return _acquire(self, block, timeout, CALLED)  # type: ignore[no-any-return]

    def release(self: Any) -> None:
        try:
            _say_released(self)
        finally:
            self._semlock.release()

    def __enter__(self: Any) -> bool:  # noqa: N807
        if self._procsim_inner:
            return self._semlock.__enter__()  # type: ignore[no-any-return]
        return _acquire(self, True, None, ENTERED)  # type: ignore[no-any-return]

    def __exit__(self: Any, *args: object) -> None:  # noqa: N807
        if self._procsim_inner:
            self._semlock.__exit__(*args)
            return
        try:
            _say_released(self)
        finally:
            self._semlock.__exit__(*args)

    def bind_again() -> None:
        for lock in list(traced.values()):
            make_methods(lock)

    on_restore(bind_again)
    replace(SemLock, "_procsim_inner", False)
    replace(SemLock, "_procsim_identity", None)
    replace(SemLock, "_make_methods", _make_methods)
    replace(SemLock, "acquire", acquire)
    replace(SemLock, "release", release)
    replace(SemLock, "__enter__", __enter__)
    replace(SemLock, "__exit__", __exit__)


def patch_sharedctypes(module: ModuleType) -> None:
    """multiprocessing.sharedctypes: `with counter:` and `counter.acquire()` on a Value or an Array.

    `counter.value` acquires its lock too. Where this thread holds it already, that says nothing new, and is not said.
    """
    base = module.SynchronizedBase
    init = base.__init__

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        init(self, *args, **kwargs)
        if type(self._lock).__module__ == "multiprocessing.synchronize":
            _cover(self, self._lock)

    def __enter__(self: Any) -> Any:  # noqa: N807
        if not hasattr(self._lock, "_semlock") or _is_nested(self._lock._semlock, 0):
            return self._lock.__enter__()
        return traced_acquire(self._lock, caller() or outer_site(), how=ENTERED)

    def __exit__(self: Any, *args: object) -> None:  # noqa: N807
        try:
            if hasattr(self._lock, "_semlock") and not _is_nested(self._lock._semlock, 1):
                say_released(self._lock, caller() or outer_site())
        finally:
            self._lock.__exit__(*args)

    replace(base, "__init__", __init__)
    replace(base, "__enter__", __enter__)
    replace(base, "__exit__", __exit__)


def _cover(shared: Any, lock: Any) -> None:
    raw = lock._semlock

    def acquire(block: Any = True, timeout: Any = None) -> bool:
        if _is_nested(raw, 0):
            return raw.acquire(block, timeout)  # type: ignore[no-any-return]
        return traced_acquire(lock, caller() or outer_site(), block, timeout)

    def release() -> None:
        try:
            if not _is_nested(raw, 1):
                say_released(lock, caller() or outer_site())
        finally:
            raw.release()

    shared.acquire, shared.release = acquire, release


def _is_nested(raw: Any, depth: int) -> bool:
    """Whether this thread has acquired a recursive lock more often than so many times."""
    return bool(raw.kind == _RECURSIVE_MUTEX and raw._is_mine() and raw._count() > depth)
