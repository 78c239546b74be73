"""Pool and ProcessPoolExecutor: how one is made and ended. Their workers: `pool_workers`; their results: `results`.

    submit ──► pool_submitted ──► tasks ──► pool_task_began ─┐
                                                             │ in the worker
    pool_result_got ◄── results ◄────────── pool_task_ended ◄┘

The identity of a pool is that of the lock by which its workers share the queue of tasks. A pool of threads has no such
lock, and is left alone. Pools of other packages that are not made like these: `pools_of_others`.
"""

import os
import sys
import weakref
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

from procsim.tracer.emit import emit, emit_waiting
from procsim.tracer.names import announce
from procsim.tracer.patching import Methods, on_restore, replace, untraced
from procsim.tracer.sites import count_as_internal, is_installed, own_site
from procsim.tracer.values import own, plain
from procsim.tracer.watch import results
from procsim.tracer.watch.locks import identity_of
from procsim.tracer.watch.pool_workers import emit_task_raised, expect_workers
from procsim.tracer.watch.processes import when_process_returns
from procsim.tracer.watch.results import identity_in, lock_of, patch_results
from procsim.tracer.watch.watched_results import emit_submitted, has_not_come, module_being_imported, watch


def patch_pool(module: ModuleType) -> None:
    """multiprocessing.pool."""
    Pool.replace_those_of(module.Pool, RUN=module.RUN)
    patch_results(module)
    ExceptionWithTraceback.replace_those_of(module.ExceptionWithTraceback)
    when_process_returns(_emit_all_dropped)

    def describe(item: Any) -> tuple[Any, int, int, int]:
        job, index, function, args, _ = item
        items = 1
        if function is module.mapstar or function is module.starmapstar:
            function, chunk = args[0]
            items = len(chunk)
        return function, job, index, items

    expect_workers(module.worker, describe)


class Pool(Methods):
    """multiprocessing.pool.Pool."""

    def _repopulate_pool(self: Any) -> None:
        # Called once, when all is there but the workers: they are to find the identity made.
        identity, tasks = identity_in(self), self._maxtasksperchild
        if identity is not None:
            announce("pool_created", identity, "Pool", workers=self._processes, max_tasks=tasks)
            self._cache._procsim_pool = identity  # the threads of the pool have it
            # What goes through these is never the program's own call.
            its = vars(self)  # not by `setattr`, which may be the program's
            its["_quick_put"] = untraced(self._quick_put)
            its["_quick_get"] = untraced(self._quick_get)
            its["_procsim_maker"] = os.getpid()
            _pools[id(self)] = self
        Pool.real._repopulate_pool(self)

    def terminate(self: Any) -> None:
        if own(self, "_procsim_maker") != os.getpid():
            Pool.real.terminate(self)
            return
        emit("pool_terminated", self._cache._procsim_pool, own_site())
        _join(identity_in(self), own(self, "_worker_handler"), partial(Pool.real.terminate, self))

    def join(self: Any) -> None:
        handler = own(self, "_worker_handler")
        # The join of a pool that still takes work raises.
        _join(identity_in(self) if self._state != Pool.real.RUN else None, handler, partial(Pool.real.join, self))

    def __exit__(self: Any, exc_type: Any, exc_val: Any, exc_tb: Any) -> None:
        if exc_type is None:
            _emit_dropped(self, own_site())
        Pool.real.__exit__(self, exc_type, exc_val, exc_tb)


_pools: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
"""Those that were made in this process, and before a fork that it came from, by id."""


def _emit_dropped(pool: Any, at: str | None) -> None:
    """The pool is to be ended. Emit how many of its results have not come, if nobody has waited for them."""
    results = sum(_is_silent(result) and has_not_come(result) for result in list(pool._cache.values()))
    if results and pool._procsim_maker == os.getpid():
        emit("pool_dropped", pool._cache._procsim_pool, at, results=results)


def _is_silent(result: Any) -> bool:
    """Whether no callback of the program's is called with it."""
    return own(result, "_callback") is None and own(result, "_error_callback") is None


def _emit_all_dropped() -> None:
    for pool in list(_pools.values()):
        if pool._state != "TERMINATE":
            _emit_dropped(pool, None)


class ExceptionWithTraceback(Methods):
    """multiprocessing.pool.ExceptionWithTraceback: what a worker sends if a task has raised."""

    def __init__(self: Any, exc: Any, tb: Any) -> None:
        ExceptionWithTraceback.real.__init__(self, exc, tb)
        emit_task_raised(exc, tb)


def patch_executor(module: ModuleType) -> None:
    """concurrent.futures.process."""
    _patch_executor(module, module.ProcessPoolExecutor)


def patch_futures(module: ModuleType) -> None:
    """concurrent.futures._base: its futures, and executors of processes that other packages derive from its Executor.

    Such a one, loky's, is known by what its module has, and patched when its class is made: all that it needs stands
    above it.
    """
    results.patch_futures(module)

    def __init_subclass__(cls: Any, /, **kwargs: Any) -> None:  # noqa: N807
        super(module.Executor, cls).__init_subclass__(**kwargs)
        owner = sys.modules.get(str(plain(_module_of(cls))))
        if owner is not None and owner.__name__ != "concurrent.futures.process" and _is_executor(owner, cls):
            # Of a package, such as loky, all is: it has its own queues and processes, too.
            package = owner.__package__ if is_installed(sys._getframe(1)) else None
            count_as_internal(package or owner.__name__)
            on_restore(count_as_internal)
            _patch_executor(owner, cls)

    replace(module.Executor, "__init_subclass__", classmethod(__init_subclass__))


_module_of = type.__dict__["__module__"].__get__


def _is_executor(module: ModuleType, cls: Any) -> bool:
    """Whether a module that has just made this class has all that concurrent.futures.process has."""
    parts = ("_WorkItem", "_CallItem", "_process_worker", "_process_chunk", "_ExceptionWithTraceback")
    return all(part in vars(module) for part in parts) and {"__init__", "submit", "shutdown"} <= vars(cls).keys()


def _patch_executor(module: ModuleType, Executor: Any) -> None:  # noqa: N803
    """A module that has what concurrent.futures.process has, and its class of executors."""
    init_item = module._WorkItem.__init__

    def init_work_item(self: Any, future: Any, fn: Any, args: Any, kwargs: Any) -> None:
        init_item(self, future, fn, args, kwargs)
        # `submit` makes it when all its checks are done, and before any other thread can see it.
        executor: Any = sys._getframe(1).f_locals.get("self")
        is_ours = issubclass(type(executor), Executor)
        if is_ours and watch(future._condition, identity_in(executor), executor._queue_count):
            emit_submitted(future._condition, inner(fn), 1)

    def inner(function: Any) -> Any:
        is_map = type(function) is partial and function.func is module._process_chunk
        return function.args[0] if is_map else function

    def describe(item: Any) -> tuple[Any, int, int, int]:
        function = inner(item.fn)
        items = 1 if function is item.fn else len(item.args[0])
        return function, item.work_id, 0, items

    expect_workers(module._process_worker, describe)
    ProcessPoolExecutor.replace_those_of(Executor)
    _ExceptionWithTraceback.replace_those_of(module._ExceptionWithTraceback)
    replace(module._WorkItem, "__init__", init_work_item)


class ProcessPoolExecutor(Methods):
    """concurrent.futures.process.ProcessPoolExecutor."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        ProcessPoolExecutor.real.__init__(self, *args, **kwargs)
        identity, tasks = identity_of(lock_of(self)), own(self, "_max_tasks_per_child")
        announce("pool_created", identity, "ProcessPoolExecutor", workers=self._max_workers, max_tasks=tasks)
        self._call_queue._procsim_pool = identity  # the thread of the executor has it
        vars(self)["_procsim_maker"] = os.getpid()

    def submit(self: Any, *args: Any, **kwargs: Any) -> Any:
        if own(self, "_procsim_maker") not in (None, os.getpid()):
            # Before it waits for a lock that was held at the fork, or for threads that do not exist here.
            emit("pool_used", own(own(self, "_call_queue"), "_procsim_pool"), own_site())
        return ProcessPoolExecutor.real.submit(self, *args, **kwargs)

    def shutdown(self: Any, wait: bool = True, *args: Any, **kwargs: Any) -> None:
        handler = own(self, "_executor_manager_thread") if plain(wait) else None
        _join(identity_in(self), handler, partial(ProcessPoolExecutor.real.shutdown, self, wait, *args, **kwargs))


class _ExceptionWithTraceback(Methods):
    """concurrent.futures.process._ExceptionWithTraceback: what a worker sends if a task has raised."""

    def __init__(self: Any, exc: Any, *tb: Any) -> None:  # loky's takes the exception alone
        _ExceptionWithTraceback.real.__init__(self, exc, *tb)
        emit_task_raised(exc, *tb)


def _join(pool: int | None, handler: Any, join: Callable[[], None]) -> None:
    """Join a pool, and emit that if its `handler`, the thread that ends last, is still busy."""
    if pool is None or handler is None or not handler.is_alive():
        join()
    else:
        emit_join(pool, join)


def emit_join(pool: int, join: Callable[[], Any], timeout: Any = None) -> Any:
    """Join a pool, and emit when that begins and ends; its result is returned."""
    at = own_site()
    emit_waiting("pool_join_waiting", pool, at, timeout, importing=module_being_imported())
    try:
        return join()
    finally:  # Ctrl-C ends the wait, too
        emit("pool_joined", pool, at)
