"""Lock, RLock, Semaphore, BoundedSemaphore and the locks of Value and Array.

A `SemLock` binds its C methods to the instance when it is made. For a lock of the program's own we leave them off, so
that the traced methods of the class are found; a lock inside a Queue or a Pool keeps the C methods, as fast as ever.
The identity of a lock is made at creation. Where it has a name that other processes open it by (spawn, forkserver), the
identity is that name: it needs no place in the pickled state, which stays what an untraced process expects.
"""

import sys
import weakref
from types import FrameType, MethodType, ModuleType
from typing import Any

from procsim.tracer.emit import INTERNAL, Waiting, caller, emit, emit_waiting, is_internal
from procsim.tracer.names import announce, new_identity
from procsim.tracer.patching import on_restore, replace


def identity_of(lock: Any) -> int:
    """The identity of a SemLock, the same in each process that has it."""
    known: int | None = getattr(lock, "_procsim_identity", None)
    if known is None:
        name = lock._semlock.name  # such as "/mp-k3_x91ab"; None under fork
        known = int.from_bytes(name[-8:].encode(), "big") if name else new_identity()
        lock._procsim_identity = known
    return known


def keep_raw(*locks: Any) -> None:
    """Give locks that belong to another object their C methods back."""
    for lock in locks:
        if lock is not None and hasattr(lock, "_semlock"):
            lock.acquire = lock._semlock.acquire
            lock.release = lock._semlock.release


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


def traced_acquire(lock: Any, at: str | None, block: Any = True, timeout: Any = None, entered: bool = False) -> bool:
    """Acquire a SemLock, and say so: `lock_waiting` only where a try without waiting failed.

    `entered`: by `with`, so that this thread is sure to release it.
    """
    raw = lock._semlock
    identity = identity_of(lock)
    if not raw.acquire(False, timeout):
        waiting = Waiting()
        acquired = False
        try:
            if block:
                emit_waiting("lock_waiting", identity, at, timeout)
                acquired = raw.acquire(block, timeout)
        finally:  # it also ends when a signal handler of the program raises: Ctrl-C, an alarm
            if not acquired:
                emit("lock_refused", identity, at, took=waiting.took())
        if not acquired:
            return False
    try:
        emit("lock_acquired", identity, at, entered=entered)
    except BaseException:  # a signal handler of the program raised: it must not be left holding the lock
        emit("lock_released", identity, at)
        raw.release()
        raise
    return True


def say_released(lock: Any, at: str | None) -> None:
    """Say that a SemLock is released: before it happens, so that the next `lock_acquired` comes after it.

    It must then be released also where a signal handler of the program raised meanwhile: `with` does not try twice.
    """
    if hasattr(lock, "_semlock") and _may_release(lock._semlock):
        emit("lock_released", identity_of(lock), at)


def _may_release(raw: Any) -> bool:
    """Whether a release will not raise, as it does where nobody holds the lock."""
    if raw.kind == _RECURSIVE_MUTEX:
        return bool(raw._is_mine())
    if raw.maxvalue == 1:
        return bool(raw._is_zero())
    try:
        return bool(raw._get_value() < raw.maxvalue)
    except NotImplementedError:  # macOS has no sem_getvalue
        return True


_RECURSIVE_MUTEX = 0  # multiprocessing.synchronize: RECURSIVE_MUTEX, SEMAPHORE = list(range(2))


def patch_semlock(module: ModuleType) -> None:
    """The locks of multiprocessing.synchronize."""
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
            make_methods(self)
            if isinstance(owner, module.Condition) and not hasattr(owner, "_lock"):
                announce("lock_created", identity_of(self), "Condition", value=value)

    def acquire(self: Any, block: Any = True, timeout: Any = None) -> bool:
        at = caller()
        if at == INTERNAL:
            return self._semlock.acquire(block, timeout)  # type: ignore[no-any-return]
        return traced_acquire(self, at, block, timeout)

    def release(self: Any) -> None:
        try:
            at = caller()
            if at != INTERNAL:
                say_released(self, at)
        finally:
            self._semlock.release()

    def __enter__(self: Any) -> bool:  # noqa: N807
        at = caller()
        return self._semlock.__enter__() if at == INTERNAL else traced_acquire(self, at, entered=True)

    def __exit__(self: Any, *args: object) -> None:  # noqa: N807
        try:
            at = caller()
            if at != INTERNAL:
                say_released(self, at)
        finally:
            self._semlock.__exit__(*args)

    def bind_again() -> None:
        for lock in list(traced.values()):
            make_methods(lock)

    on_restore(bind_again)
    replace(SemLock, "_make_methods", _make_methods)
    replace(SemLock, "acquire", acquire)
    replace(SemLock, "release", release)
    replace(SemLock, "__enter__", __enter__)
    replace(SemLock, "__exit__", __exit__)


def patch_sharedctypes(module: ModuleType) -> None:
    """multiprocessing.sharedctypes: `with counter:` and `counter.acquire()` on a Value or an Array."""
    base = module.SynchronizedBase

    def __enter__(self: Any) -> Any:  # noqa: N807
        if hasattr(self._lock, "_semlock"):
            return traced_acquire(self._lock, caller(), entered=True)
        return self._lock.__enter__()

    def __exit__(self: Any, *args: object) -> None:  # noqa: N807
        try:
            say_released(self._lock, caller())
        finally:
            self._lock.__exit__(*args)

    replace(base, "__enter__", __enter__)
    replace(base, "__exit__", __exit__)
