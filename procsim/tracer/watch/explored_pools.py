"""Pool and ProcessPoolExecutor, where the program is explored: to submit, to take a task, to send and to get its
result, to close, to terminate and to join are steps.

The helper threads of a pool go on as they do: what they carry is known to be there in a moment.
"""

import os
import threading
import weakref
from collections.abc import Callable
from functools import partial
from itertools import chain, islice
from types import ModuleType
from typing import Any

from procsim.tracer import explored
from procsim.tracer.patching import Methods, on_restore, replace
from procsim.tracer.sites import INTERNAL, caller, own_site
from procsim.tracer.values import function_name, own
from procsim.tracer.watch.endings import has_ended
from procsim.tracer.watch.explored_processes import schedule_name
from procsim.tracer.watch.explored_threads import before_shutdown
from procsim.tracer.watch.locks import identity_of
from procsim.tracer.watch.results import lock_of
from procsim.tracer.watch.unfollowed import emit_used

MOST_TASKS = 1_000
"""Of a job that takes its arguments from an iterator, so many are taken at once: it may have no end."""


_pause = threading.Event()  # never set; `time.sleep` is the program's


def _at_once() -> bool:
    return True


def patch_pool(module: ModuleType) -> None:
    """multiprocessing.pool."""
    if not explored.known:
        return
    Pool.replace_those_of(module.Pool)
    ApplyResult.replace_those_of(module.ApplyResult)
    IMapIterator.replace_those_of(module.IMapIterator, unordered=module.IMapUnorderedIterator)
    terminate = module.Pool._terminate_pool

    def _terminate_pool(cls: Any, taskqueue: Any, inqueue: Any, *args: Any) -> None:
        if explored.active and own(inqueue, "_rlock") is not None:
            explored.ask("pool_terminated", identity_of(inqueue._rlock), own_site(), _at_once)
        terminate.__func__(cls, taskqueue, inqueue, *args)

    replace(module.Pool, "_terminate_pool", classmethod(_terminate_pool))


class Pool(Methods):
    """multiprocessing.pool.Pool."""

    def _check_running(self: Any) -> None:
        # Called first by each method that submits.
        Pool.real._check_running(self)
        if explored.active and type(own(self, "_taskqueue")) is not _Tasks and (lock := lock_of(self)) is not None:
            self._taskqueue = _Tasks(self._taskqueue, identity_of(lock), self._cache)

    def close(self: Any) -> None:
        if explored.active and (lock := lock_of(self)) is not None and self._state == "RUN":
            explored.ask("pool_closed", identity_of(lock), own_site(), _at_once)
        Pool.real.close(self)

    def join(self: Any) -> None:
        if explored.active and (lock := lock_of(self)) is not None and self._state != "RUN":
            explored.ask("pool_joined", identity_of(lock), own_site(), _at_once)
        Pool.real.join(self)


class _Tasks:
    """What a pool puts its jobs into, for the thread that hands them on."""

    def __init__(self, queue: Any, pool: int, cache: Any) -> None:
        self._queue, self._pool, self._cache = queue, pool, cache
        self.get = queue.get

    def put(self, job: Any) -> None:
        """Submit a job: (tasks, what is to be told how many there are)."""
        tasks = job[0] if type(job) is tuple else None
        if tasks is None:
            self._queue.put(job)
            return
        tasks = iter(tasks)
        first = list(islice(tasks, MOST_TASKS))
        if first and (result := self._cache.get(first[0][0])) is not None:
            how = _how(result)
            calls_back = own(result, "_callback") is not None or own(result, "_error_callback") is not None
            if calls_back:
                emit_used("thread")
            vars(result)["_procsim_tasks"] = len(first)
            name = function_name(first[0][2])
            more = (first[0][0], len(first), how, calls_back)
            explored.ask("pool_submitted", self._pool, own_site(), _at_once, name, more)
        self._queue.put((chain(first, tasks), job[1]))


def _how(result: Any) -> str:
    if not issubclass(type(result), IMapIterator.owner):
        return ""
    return "unordered" if issubclass(type(result), IMapIterator.real.unordered) else "ordered"


def _pool_of(inside: Any) -> int | None:
    """The pool that a result comes from, by the event or condition inside it; None: it is not followed."""
    result = getattr(inside, "_procsim_result", None)
    return result[0] if explored.active and result is not None and not explored.is_helper() else None


def _ask(kind: str, inside: Any, looks: Callable[[], bool], limited: bool, index: int | None = None) -> bool:
    pool, job = inside._procsim_result
    ready = None if limited else _at_once
    return explored.ask(kind, pool, own_site(2), ready, None, (job, index), looks)


class ApplyResult(Methods):
    """multiprocessing.pool.ApplyResult."""

    _procsim_tasks = 1

    def wait(self: Any, timeout: Any = None) -> None:
        if _pool_of(self._event) is not None:
            can = _ask("pool_result_got", self._event, lambda: bool(self._event._flag), timeout is not None)
            timeout = None if can else 0
        ApplyResult.real.wait(self, timeout)

    def ready(self: Any) -> Any:
        if _pool_of(self._event) is not None and caller() != INTERNAL:
            if not _ask("pool_result_asked", self._event, lambda: bool(self._event._flag), limited=True):
                return False
            self._event.wait()
        return ApplyResult.real.ready(self)


class IMapIterator(Methods):
    """multiprocessing.pool.IMapIterator."""

    _procsim_tasks = 0

    def next(self: Any, timeout: Any = None) -> Any:
        if _pool_of(self._cond) is not None and self._index - len(self._items) < self._procsim_tasks:
            index = self._index - len(self._items)
            can = _ask("pool_result_got", self._cond, lambda: bool(self._items), timeout is not None, index)
            timeout = None if can else 0
        return IMapIterator.real.next(self, timeout)

    __next__ = next


# ProcessPoolExecutor -----------------------------------------------------------------------------------------


def patch_executor(module: ModuleType) -> None:
    """concurrent.futures.process."""
    if explored.known:
        ProcessPoolExecutor.replace_those_of(module.ProcessPoolExecutor)
        before_shutdown.append(_end_executors)
        on_restore(before_shutdown.clear)


_executors: "weakref.WeakKeyDictionary[Any, int]" = weakref.WeakKeyDictionary()
"""Those that something was submitted to, and in which process."""


def _end_executors() -> None:
    """As the exit handler of concurrent.futures does: it waits for the threads of all executors."""
    for executor, pid in sorted(_executors.items(), key=lambda item: item[0]._procsim_number):
        if pid == os.getpid():  # else this process was forked from the one whose it is
            executor.shutdown()


class ProcessPoolExecutor(Methods):
    """concurrent.futures.process.ProcessPoolExecutor."""

    _procsim_number = 0

    def submit(self: Any, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        lock = lock_of(self)
        if explored.active and lock is not None and not self._shutdown_thread and not self._broken:
            _executors.setdefault(self, os.getpid())
            self._procsim_number = self._procsim_number or len(_executors)
            more = (self._queue_count, 1, "", False)
            explored.ask("pool_submitted", identity_of(lock), own_site(), _at_once, function_name(fn), more)
        return ProcessPoolExecutor.real.submit(self, fn, *args, **kwargs)

    def shutdown(self: Any, wait: bool = True, **kwargs: Any) -> None:
        lock, thread, processes = lock_of(self), self._executor_manager_thread, self._processes
        if not explored.active or lock is None or thread is None or explored.is_helper():
            ProcessPoolExecutor.real.shutdown(self, wait, **kwargs)
            return
        at, identity = own_site(), identity_of(lock)
        explored.ask("pool_closed", identity, at, _at_once)
        ProcessPoolExecutor.real.shutdown(self, False, **kwargs)
        if wait:
            explored.ask("pool_joined", identity, at, _at_once, looks=lambda: not thread.is_alive())
            for _pid, process in sorted((processes or {}).items()):
                looks = partial(has_ended, process._popen)
                explored.ask("process_joined", None, at, _at_once, schedule_name(process), looks=looks)
            thread.join()


def patch_futures(module: ModuleType) -> None:
    """concurrent.futures._base."""
    if explored.known:
        done = (module.CANCELLED, module.CANCELLED_AND_NOTIFIED, module.FINISHED)
        Future.replace_those_of(module.Future, done_states=done)
        wait = module.wait

        def asked_wait(fs: Any, timeout: Any = None, return_when: Any = module.ALL_COMPLETED) -> Any:
            fs = set(fs)
            if timeout is None and return_when == module.ALL_COMPLETED and all(map(_is_followed, fs)):
                for future in sorted(fs, key=lambda future: future._condition._procsim_result):
                    _time_left(future, None)
            return wait(fs, timeout, return_when)

        replace(module, "wait", asked_wait)


def _is_followed(future: Any) -> bool:
    return _pool_of(getattr(future, "_condition", None)) is not None


class Future(Methods):
    """concurrent.futures.Future."""

    def result(self: Any, timeout: Any = None) -> Any:
        return Future.real.result(self, _time_left(self, timeout))

    def exception(self: Any, timeout: Any = None) -> Any:
        return Future.real.exception(self, _time_left(self, timeout))

    def done(self: Any) -> Any:
        if _pool_of(self._condition) is not None and caller() != INTERNAL:
            if not _ask("pool_result_asked", self._condition, partial(_is_done, self), limited=True):
                return False
            while not _is_done(self):
                _pause.wait(0.0002)
        return Future.real.done(self)


def _time_left(future: Any, timeout: Any) -> Any:
    if _pool_of(future._condition) is None:
        return timeout
    can = _ask("pool_result_got", future._condition, partial(_is_done, future), timeout is not None)
    return None if can else 0


def _is_done(future: Any) -> bool:
    return future._state in Future.real.done_states


PATCHES = {
    "multiprocessing.pool": patch_pool,
    "concurrent.futures.process": patch_executor,
    "concurrent.futures._base": patch_futures,
}
