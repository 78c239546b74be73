"""Results of a Pool or a ProcessPoolExecutor: who waits for one, and which errors among them nobody has asked for.

    a result is made ──► pool_submitted ──► a thread waits for it ──► pool_result_waiting, pool_result_got
                                        └─► it is an error ──► pool_job_failed ──► asked for ──► pool_error_seen

The methods by which the program gets results are left alone: a task's exception goes through them, and keeps the
traceback that it always had. Replaced are the constructors of the results, and what is inside a result is given a class
of ours: see `watched_results`.
"""

import sys
from types import ModuleType
from typing import Any

from procsim.tracer.patching import Methods, replace
from procsim.tracer.values import own
from procsim.tracer.watch.locks import identity_of
from procsim.tracer.watch.watched_results import (
    SETTING_ERRORS,
    ResultCondition,
    ask_for_results,
    emit_callback_raised,
    emit_submitted,
    make_visible,
    notice_asked_meanwhile,
    notice_error_of_item,
    watch,
)


def patch_results(module: ModuleType) -> None:
    """multiprocessing.pool: the results that a Pool makes."""
    ApplyResult.replace_those_of(module.ApplyResult, MapResult=module.MapResult)
    MapResult.replace_those_of(module.MapResult)
    IMapIterator.replace_those_of(module.IMapIterator)
    IMapUnorderedIterator.replace_those_of(module.IMapUnorderedIterator)
    result = module.ApplyResult
    ask_for_results(result.get, result.successful, module.IMapIterator.next, ready=result.ready)


class ApplyResult(Methods):
    """multiprocessing.pool.ApplyResult: the result of `apply_async`."""

    def __init__(self: Any, pool: Any, *args: Any, **kwargs: Any) -> None:
        ApplyResult.real.__init__(self, pool, *args, **kwargs)
        # A MapResult comes through here, too, and emits that it was submitted when the number of its tasks is known.
        known = watch(self._event, identity_in(pool), self._job)
        if known and not issubclass(type(self), ApplyResult.real.MapResult):
            emit_submitted(self._event, sys._getframe(1).f_locals.get("func"), 1)

    def _set(self: Any, i: int, obj: Any) -> None:
        try:
            ApplyResult.real._set(self, i, obj)
        except KeyError as error:
            emit_callback_raised(self, error)
            raise


class MapResult(Methods):
    """multiprocessing.pool.MapResult, an ApplyResult: that of `map_async` and its kin."""

    def __init__(self: Any, pool: Any, *args: Any, **kwargs: Any) -> None:
        MapResult.real.__init__(self, pool, *args, **kwargs)
        if identity_in(pool) is not None:
            emit_submitted(self._event, sys._getframe(1).f_locals.get("func"), self._number_left)

    def _set(self: Any, i: int, success_result: Any) -> None:
        try:
            MapResult.real._set(self, i, success_result)
        except KeyError as error:
            emit_callback_raised(self, error)
            raise


class IMapIterator(Methods):
    """multiprocessing.pool.IMapIterator: the results of `imap`, one by one."""

    def __init__(self: Any, pool: Any) -> None:
        IMapIterator.real.__init__(self, pool)
        if watch(self._cond, identity_in(pool), self._job):
            call = sys._getframe(1).f_locals
            tasks = _chunks(call.get("iterable"), call.get("chunksize"))
            emit_submitted(self._cond, call.get("func"), tasks)

    def _set(self: Any, i: int, obj: Any) -> None:
        if not obj[0]:
            notice_error_of_item(self, obj[1])
        IMapIterator.real._set(self, i, obj)
        notice_asked_meanwhile(self)


class IMapUnorderedIterator(Methods):
    """multiprocessing.pool.IMapUnorderedIterator, an IMapIterator."""

    def _set(self: Any, i: int, obj: Any) -> None:
        if not obj[0]:
            notice_error_of_item(self, obj[1])
        IMapUnorderedIterator.real._set(self, i, obj)
        notice_asked_meanwhile(self)


def patch_futures(module: ModuleType) -> None:
    """concurrent.futures._base: `wait` and `as_completed`, which wait for several futures at once."""
    install_waiters = module._create_and_install_waiters

    def _create_and_install_waiters(futures: Any, return_when: Any) -> Any:
        waiter = install_waiters(futures, return_when)
        for future in futures:
            if type(future._condition) is ResultCondition:
                make_visible(waiter.event, future._condition._procsim_result[0], None)
                break
        return waiter

    replace(module, "_create_and_install_waiters", _create_and_install_waiters)
    ask_for_results(module.Future.result, module.Future.exception, ready=module.Future.done)
    SETTING_ERRORS.add(module.Future.set_exception.__code__)


def lock_of(pool: Any) -> Any:
    """The lock that the workers of a pool share; None if they are threads, or the pool was shut down."""
    tasks = own(pool, "_call_queue")
    return lock_inside(own(pool, "_inqueue") if tasks is None else tasks)


def identity_in(pool: Any) -> int | None:
    """The identity of a pool, that of this lock; None where there is none."""
    lock = lock_of(pool)
    return None if lock is None else identity_of(lock)


def lock_inside(tasks: Any) -> Any:
    """The lock by which a queue of tasks is read; None if it has none of multiprocessing's.

    The queue may be another package's: that of joblib's Pool, which pickles in its own way, has such a lock, too.
    """
    # By what is inside it: loky has a class of its own for locks.
    lock, native = own(tasks, "_rlock"), sys.modules.get("_multiprocessing")
    return lock if native is not None and type(own(lock, "_semlock")) is native.SemLock else None


def _chunks(iterable: Any, size: Any) -> int | None:
    """How many tasks `imap` makes of it; None if that cannot be known without a call of the program's code."""
    if type(iterable) in (list, tuple, range, set, dict, str, bytes) and type(size) is int:
        return -(-len(iterable) // size)
    return None
