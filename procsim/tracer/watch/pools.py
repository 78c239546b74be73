"""Pool and ProcessPoolExecutor: what was submitted, which worker took what, which thread waits for a result.

    submit ──► pool_submitted ──► tasks ──► pool_task_began ─┐
                                                             │ in the worker
    pool_result_got ◄── results ◄────────── pool_task_ended ◄┘

The methods by which the program submits work and gets results are left alone: a task's exception goes through them, and
keeps the traceback that it always had. Replaced are the constructors of the results that they make, so that these emit
when a thread waits for them. In a worker process, known by the function that it runs, the two queues are replaced, of
this process alone. The identity of a pool is that of the lock by which its workers share the queue of tasks. A pool of
threads has no such lock, and is left alone.
"""

import sys
import threading
from collections.abc import Callable
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

from procsim.tracer.emit import Waiting, emit, emit_again, emit_waiting
from procsim.tracer.names import announce
from procsim.tracer.patching import Methods, on_restore, replace, untraced
from procsim.tracer.sites import outer_site, short_path
from procsim.tracer.values import NAME_LIMIT
from procsim.tracer.watch.locks import identity_of
from procsim.tracer.watch.processes import when_process_begins

TASK = ("job", "task", "items", "function")

Describe = Callable[[Any], tuple[Any, int, int, int]]
"""Of an item that a worker took: the function of the program's that it calls; `job`, `task` and `items`."""

_workers: list[tuple[Any, Describe]] = []
"""The functions that worker processes run, and how their items are described."""


def patch_pool(module: ModuleType) -> None:
    """multiprocessing.pool."""
    Pool.replace_those_of(module.Pool, RUN=module.RUN)
    ApplyResult.replace_those_of(module.ApplyResult, MapResult=module.MapResult)
    MapResult.replace_those_of(module.MapResult)
    IMapIterator.replace_those_of(module.IMapIterator)

    def describe(item: Any) -> tuple[Any, int, int, int]:
        job, index, function, args, _ = item
        items = 1
        if function is module.mapstar or function is module.starmapstar:
            function, chunk = args[0]
            items = len(chunk)
        return function, job, index, items

    _expect_workers(module.worker, describe)


class Pool(Methods):
    """multiprocessing.pool.Pool."""

    def _repopulate_pool(self: Any) -> None:
        # Called once, when all is there but the workers: they are to find the identity made.
        lock = _lock_of(self)
        if lock is not None:
            announce("pool_created", identity_of(lock), "Pool", workers=self._processes)
            # What goes through these is never the program's own call.
            self._quick_put = untraced(self._quick_put)
            self._quick_get = untraced(self._quick_get)
        Pool.real._repopulate_pool(self)

    def join(self: Any) -> None:
        handler = getattr(self, "_worker_handler", None)
        # The join of a pool that still takes work raises.
        _join(_lock_of(self) if self._state != Pool.real.RUN else None, handler, partial(Pool.real.join, self))


class ApplyResult(Methods):
    """multiprocessing.pool.ApplyResult: the result of `apply_async`."""

    def __init__(self: Any, pool: Any, *args: Any, **kwargs: Any) -> None:
        ApplyResult.real.__init__(self, pool, *args, **kwargs)
        lock = _lock_of(pool)
        # A MapResult comes through here, too, and emits that it was submitted when the number of its tasks is known.
        if _watch(self._event, lock, self._job) and not isinstance(self, ApplyResult.real.MapResult):
            _emit_submitted(lock, self._job, sys._getframe(1).f_locals.get("func"), 1)


class MapResult(Methods):
    """multiprocessing.pool.MapResult, an ApplyResult: that of `map_async` and its kin."""

    def __init__(self: Any, pool: Any, *args: Any, **kwargs: Any) -> None:
        MapResult.real.__init__(self, pool, *args, **kwargs)
        lock = _lock_of(pool)
        if lock is not None:
            _emit_submitted(lock, self._job, sys._getframe(1).f_locals.get("func"), self._number_left)


class IMapIterator(Methods):
    """multiprocessing.pool.IMapIterator: the results of `imap`, one by one."""

    def __init__(self: Any, pool: Any) -> None:
        IMapIterator.real.__init__(self, pool)
        lock = _lock_of(pool)
        if _watch(self._cond, lock, self._job):
            call = sys._getframe(1).f_locals
            _emit_submitted(lock, self._job, call.get("func"), _chunks(call.get("iterable"), call.get("chunksize")))


def patch_executor(module: ModuleType) -> None:
    """concurrent.futures.process."""
    Executor = module.ProcessPoolExecutor  # noqa: N806
    init_item = module._WorkItem.__init__

    def init_work_item(self: Any, future: Any, fn: Any, args: Any, kwargs: Any) -> None:
        init_item(self, future, fn, args, kwargs)
        # `submit` makes it when all its checks are done, and before any other thread can see it.
        executor = sys._getframe(1).f_locals.get("self")
        if isinstance(executor, Executor):
            lock, job = _lock_of(executor), executor._queue_count
            if _watch(future._condition, lock, job):
                _emit_submitted(lock, job, inner(fn), 1)

    def inner(function: Any) -> Any:
        is_map = type(function) is partial and function.func is module._process_chunk
        return function.args[0] if is_map else function

    def describe(item: Any) -> tuple[Any, int, int, int]:
        function = inner(item.fn)
        items = 1 if function is item.fn else len(item.args[0])
        return function, item.work_id, 0, items

    _expect_workers(module._process_worker, describe)
    ProcessPoolExecutor.replace_those_of(Executor)
    replace(module._WorkItem, "__init__", init_work_item)


class ProcessPoolExecutor(Methods):
    """concurrent.futures.process.ProcessPoolExecutor."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        ProcessPoolExecutor.real.__init__(self, *args, **kwargs)
        announce("pool_created", identity_of(_lock_of(self)), "ProcessPoolExecutor", workers=self._max_workers)

    def shutdown(self: Any, wait: bool = True, **kwargs: Any) -> None:
        handler = self._executor_manager_thread if wait else None
        _join(_lock_of(self), handler, partial(ProcessPoolExecutor.real.shutdown, self, wait, **kwargs))


def patch_futures(module: ModuleType) -> None:
    """concurrent.futures._base: `wait` and `as_completed`, which wait for several futures at once."""
    install_waiters = module._create_and_install_waiters

    def _create_and_install_waiters(futures: Any, return_when: Any) -> Any:
        waiter = install_waiters(futures, return_when)
        for future in futures:
            if type(future._condition) is _ResultCondition:
                _make_visible(waiter.event, future._condition._procsim_result[0], None)
                break
        return waiter

    replace(module, "_create_and_install_waiters", _create_and_install_waiters)


def _lock_of(pool: Any) -> Any:
    """The lock that the workers of a pool share; None if they are threads, or the pool was shut down."""
    return _lock_inside(getattr(pool, "_call_queue", None) or getattr(pool, "_inqueue", None))


def _lock_inside(tasks: Any) -> Any:
    """The lock of a queue of tasks; None if it is no queue of multiprocessing's own."""
    queues = sys.modules.get("multiprocessing.queues")
    return tasks._rlock if queues and isinstance(tasks, (queues.Queue, queues.SimpleQueue)) else None


# What is submitted -------------------------------------------------------------------------------------------


def _emit_submitted(lock: Any, job: int, function: Any, tasks: int | None) -> None:
    at = outer_site(3)  # past the constructor, and the method that calls it
    emit("pool_submitted", identity_of(lock), at, job=job, function=_name_of(function), tasks=tasks)


def _chunks(iterable: Any, size: Any) -> int | None:
    """How many tasks `imap` makes of it; None if that cannot be known without a call of the program's code."""
    if type(iterable) in (list, tuple, range, set, dict, str, bytes) and type(size) is int:
        return -(-len(iterable) // size)
    return None


_qualified_name = type.__dict__["__qualname__"].__get__  # a metaclass of the program's may have its own


def _name_of(function: Any) -> str:
    """The name of a function; of any other object that can be called, that of its type."""
    function = _plain(function)
    if type(function) in (FunctionType, BuiltinFunctionType):
        return str(function.__qualname__)[:NAME_LIMIT]
    is_class = issubclass(type(function), type)
    return str(_qualified_name(function if is_class else type(function)))[:NAME_LIMIT]


def _place_of(function: Any) -> str | None:
    """The line where a function is defined."""
    function = _plain(function)
    if type(function) is not FunctionType:
        return None
    return f"{short_path(function.__code__.co_filename)}:{function.__code__.co_firstlineno}"


def _plain(function: Any) -> Any:
    while type(function) in (partial, MethodType):
        function = function.func if type(function) is partial else function.__func__
    return function


# Waiting for it ----------------------------------------------------------------------------------------------


class _ResultEvent(threading.Event):
    """The event inside the result of a Pool, or of `concurrent.futures.wait`."""

    _procsim_result: tuple[int, int | None]

    def wait(self, timeout: Any = None) -> bool:
        return super().wait(timeout) if self.is_set() else _wait(self, super().wait, timeout)


class _ResultCondition(threading.Condition):
    """The condition inside a Future, or the iterator of an `imap`, which waits only if there is nothing yet."""

    _procsim_result: tuple[int, int | None]

    def wait(self, timeout: Any = None) -> bool:
        return _wait(self, super().wait, timeout)


_VISIBLE = {threading.Event: _ResultEvent, threading.Condition: _ResultCondition}


def _watch(inside: Any, lock: Any, job: int) -> bool:
    """Have the event or condition inside a result emit when a thread waits. False: the pool is not traced."""
    if lock is None:
        return False
    _make_visible(inside, identity_of(lock), job)
    return True


def _make_visible(inside: Any, identity: int, job: int | None) -> None:
    # It stays the same object, since others may have it already, and refers to nothing new, so that it lives as long.
    visible = _VISIBLE.get(type(inside))
    if visible is not None:
        inside._procsim_result = (identity, job)
        inside.__class__ = visible


def _wait(inside: Any, wait: Callable[[Any], bool], timeout: Any) -> bool:
    identity, job = inside._procsim_result
    at = outer_site(2)
    emit_waiting("pool_result_waiting", identity, at, timeout, job=job)
    waiting = Waiting()
    got = False
    try:
        got = wait(timeout)
    finally:  # it also ends when a signal handler of the program raises: Ctrl-C, an alarm
        if got:
            emit("pool_result_got", identity, at, job=job)
        else:
            emit("pool_result_missed", identity, at, job=job, took=waiting.took())
    return got


def _join(lock: Any, handler: Any, join: Callable[[], None]) -> None:
    """Join a pool, and emit that if its `handler`, the thread that ends last, is still busy."""
    if lock is None or handler is None or not handler.is_alive():
        join()
        return
    identity, at = identity_of(lock), outer_site()
    emit_waiting("pool_join_waiting", identity, at)
    try:
        join()
    finally:  # Ctrl-C ends the wait, too
        emit("pool_joined", identity, at)


# In the worker -----------------------------------------------------------------------------------------------


def _expect_workers(target: Any, describe: Describe) -> None:
    """Watch each process that runs `target` with a queue of tasks and one of results."""
    if not _workers:
        when_process_begins(_watch_worker)
        on_restore(_workers.clear)
    _workers.append((target, describe))


def _watch_worker(process: Any) -> None:
    for target, describe in _workers:
        if process._target is target and len(process._args) > 1 and all(map(_lock_inside, process._args[:2])):
            _cover_queues(process._args[0], process._args[1], describe)


def _cover_queues(tasks: Any, results: Any, describe: Describe) -> None:
    """Emit which task this worker takes, and when it is done: right before its result is sent.

    If the result cannot be pickled, an error is sent instead of it, so there is one send for each task.
    """
    identity = identity_of(tasks._rlock)
    tasks._reader.recv_bytes = untraced(tasks._reader.recv_bytes)
    get, send_bytes = untraced(tasks.get), untraced(results._writer.send_bytes)
    taken: tuple[Any, ...] | None = None

    def emit_task(kind: str, at: str | None) -> None:
        if not emit_again(kind, identity, TASK, 0, taken, at):
            fields: dict[str, Any] = dict(zip(TASK, taken or (), strict=True))
            emit(kind, identity, at, **fields)

    def traced_get(*args: Any, **kwargs: Any) -> Any:
        nonlocal taken
        item = get(*args, **kwargs)
        if item is not None:  # None: there is no more work
            function, *task = describe(item)
            taken = (*task, _name_of(function))
            emit_task("pool_task_began", _place_of(function))
        return item

    def traced_send_bytes(*args: Any, **kwargs: Any) -> None:
        nonlocal taken
        if taken is not None:
            emit_task("pool_task_ended", None)
            taken = None
        send_bytes(*args, **kwargs)

    emit("pool_worker_began", identity)
    tasks.get = traced_get
    results.put = untraced(results.put)
    results._writer.send_bytes = traced_send_bytes
