"""Pool and ProcessPoolExecutor: how one is made and ended, and which worker took what. Their results: `results`.

    submit ──► pool_submitted ──► tasks ──► pool_task_began ─┐
                                                             │ in the worker
    pool_result_got ◄── results ◄────────── pool_task_ended ◄┘

In a worker process, known by the function that it runs, the two queues are replaced, of this process alone. The
identity of a pool is that of the lock by which its workers share the queue of tasks. A pool of threads has no such
lock, and is left alone.
"""

import os
import sys
import weakref
from collections.abc import Callable
from functools import partial
from types import FunctionType, ModuleType
from typing import Any

from procsim.tracer import explored
from procsim.tracer.emit import emit, emit_again, emit_waiting
from procsim.tracer.names import announce
from procsim.tracer.patching import Methods, on_restore, replace, untraced
from procsim.tracer.sites import count_as_internal, is_installed, own_site
from procsim.tracer.values import function_name, own, plain, plain_function, type_name
from procsim.tracer.watch import results
from procsim.tracer.watch.locks import identity_of
from procsim.tracer.watch.pipes import bytes_are_waiting
from procsim.tracer.watch.processes import emit_failed, when_process_begins, when_process_returns
from procsim.tracer.watch.results import emit_submitted, has_not_come, lock_inside, lock_of, patch_results, watch
from procsim.tracer.watch.tracebacks import text_shown_of
from procsim.tracer.watch.uncaught import ERROR_LIMIT, frames_of, origin_of, plain_text_of
from procsim.wire.places import short_path

TASK = ("job", "task", "items", "function")

Describe = Callable[[Any], tuple[Any, int, int, int]]
"""Of an item that a worker took: the function of the program's that it calls; `job`, `task` and `items`."""

_workers: list[tuple[Any, Describe]] = []
"""The functions that worker processes run, and how their items are described."""


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

    _expect_workers(module.worker, describe)


class Pool(Methods):
    """multiprocessing.pool.Pool."""

    def _repopulate_pool(self: Any) -> None:
        # Called once, when all is there but the workers: they are to find the identity made.
        lock = lock_of(self)
        if lock is not None:
            identity, tasks = identity_of(lock), self._maxtasksperchild
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
        _join(lock_of(self), own(self, "_worker_handler"), partial(Pool.real.terminate, self))

    def join(self: Any) -> None:
        handler = own(self, "_worker_handler")
        # The join of a pool that still takes work raises.
        _join(lock_of(self) if self._state != Pool.real.RUN else None, handler, partial(Pool.real.join, self))

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
        _emit_task_raised(exc, tb)


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
        if issubclass(type(executor), Executor):
            lock, job = lock_of(executor), executor._queue_count
            if watch(future._condition, lock, job):
                emit_submitted(future._condition, lock, job, inner(fn), 1)

    def inner(function: Any) -> Any:
        is_map = type(function) is partial and function.func is module._process_chunk
        return function.args[0] if is_map else function

    def describe(item: Any) -> tuple[Any, int, int, int]:
        function = inner(item.fn)
        items = 1 if function is item.fn else len(item.args[0])
        return function, item.work_id, 0, items

    _expect_workers(module._process_worker, describe)
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

    def shutdown(self: Any, wait: bool = True, *args: Any, **kwargs: Any) -> None:
        handler = own(self, "_executor_manager_thread") if plain(wait) else None
        _join(lock_of(self), handler, partial(ProcessPoolExecutor.real.shutdown, self, wait, *args, **kwargs))


class _ExceptionWithTraceback(Methods):
    """concurrent.futures.process._ExceptionWithTraceback: what a worker sends if a task has raised."""

    def __init__(self: Any, exc: Any, *tb: Any) -> None:  # loky's takes the exception alone
        _ExceptionWithTraceback.real.__init__(self, exc, *tb)
        _emit_task_raised(exc, *tb)


def _join(lock: Any, handler: Any, join: Callable[[], None]) -> None:
    """Join a pool, and emit that if its `handler`, the thread that ends last, is still busy."""
    if lock is None or handler is None or not handler.is_alive():
        join()
        return
    identity, at = identity_of(lock), own_site()
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
        if process._target is target and len(process._args) > 2 and all(map(lock_inside, process._args[:2])):
            tasks, results, initializer, *others = process._args
            if initializer is not None:
                process._args = (tasks, results, _Initializer(initializer, identity_of(tasks._rlock)), *others)
            _Worker(tasks, results, describe).begin()


class _Initializer:
    """What a worker of a pool calls first. If it raises, or ends the process, a Pool starts another worker; an executor
    logs the exception, and breaks."""

    def __init__(self, function: Any, pool: int) -> None:
        self._function, self._pool = function, pool

    def __call__(self, *args: Any) -> None:
        name = function_name(self._function)
        emit("pool_initializer_began", self._pool, _place_of(self._function), function=name)
        try:
            self._function(*args)
        except BaseException as error:
            emit_failed(error, ("initializing", name, None))
            raise
        emit("pool_initializer_ended", self._pool)


def _place_of(function: Any) -> str | None:
    """The line where a function is defined."""
    function = plain_function(function)
    if type(function) is not FunctionType:
        return None
    return f"{short_path(function.__code__.co_filename)}:{function.__code__.co_firstlineno}"


class _Worker:
    """This process, which works for a pool: which task it takes, and when it is done: right before its result is sent.

    If the result cannot be pickled, an error is sent instead of it, so there is one send for each task.
    """

    def __init__(self, tasks: Any, results: Any, describe: Describe) -> None:
        self._identity = identity_of(tasks._rlock)
        self._tasks, self._results = tasks, results
        self._describe = describe
        self._get, self._send_bytes = untraced(tasks.get), untraced(results._writer.send_bytes)
        self._taken: tuple[Any, ...] | None = None
        self._is_sending = False

    def begin(self) -> None:
        """Replace what is called for each task, and emit that it works."""
        global _worker
        _worker = self
        emit("pool_worker_began", self._identity)
        self._tasks._reader.recv_bytes = untraced(self._tasks._reader.recv_bytes)
        self._tasks.get = self._take
        self._put = untraced(self._results.put)
        # A queue of another package's may have a `put` that sends by what it has found in its pipe before.
        self._results.put = self._answer if own(self._results, "put") else self._put
        if explored.active:
            self._results.put = self._note_answer
        when_process_returns(self._returns)
        self._results._writer.send_bytes = self._send

    def emit_raised(self, error: BaseException, trace: Any) -> None:
        """The task raised."""
        if self._taken is not None:
            job, _, _, function = self._taken
            at, name = origin_of(frames_of(error, trace)), type_name(type(error))
            text = text_shown_of(error)[:ERROR_LIMIT] or plain_text_of(error)
            emit("pool_task_raised", self._identity, at, job=job, function=function, type=name, text=text)

    def _returns(self) -> None:
        """In the middle of a task, that is by SystemExit, which no worker catches."""
        error = sys.exc_info()[1]
        if error is not None:
            self.emit_raised(error, None)

    def _note_answer(self, answer: Any) -> None:
        """Send what a worker has to say, where the program is explored: of a Pool's it is (job, number of the task,
        (whether it succeeded, result)). Before it waits for the lock of those who send."""
        if self._taken is not None and not self._is_sending:  # it comes again, where its result cannot be pickled
            self._is_sending = True
            more = (*self._taken[:2], type(answer) is not tuple or bool(answer[2][0]))
            explored.ask("pool_task_ended", self._identity, None, lambda: True, self._taken[3], more)
        self._put(answer)
        self._is_sending = False

    def _take(self, *args: Any, **kwargs: Any) -> Any:
        if explored.active:
            handle = self._tasks._reader._handle
            looks = partial(bytes_are_waiting, handle)
            explored.ask("pool_task_began", self._identity, None, lambda: True, looks=looks)
        item = self._get(*args, **kwargs)
        if item is not None:  # None: there is no more work
            function, *task = self._describe(item)
            self._taken = (*task, function_name(function))
            self._emit_task("pool_task_began", _place_of(function))
        return item

    def _send(self, *args: Any, **kwargs: Any) -> None:
        self._emit_answered()
        self._send_bytes(*args, **kwargs)

    def _answer(self, *args: Any, **kwargs: Any) -> None:
        self._emit_answered()
        self._put(*args, **kwargs)

    def _emit_answered(self) -> None:
        if self._taken is not None:
            self._emit_task("pool_task_ended", None)
            self._taken = None

    def _emit_task(self, kind: str, at: str | None) -> None:
        if not emit_again(kind, self._identity, TASK, 0, self._taken, at):
            fields: dict[str, Any] = dict(zip(TASK, self._taken or (), strict=True))
            emit(kind, self._identity, at, **fields)


_worker: _Worker | None = None
"""This process, where it works for a pool."""


def _emit_task_raised(error: BaseException, trace: Any = None) -> None:
    if _worker is not None:
        _worker.emit_raised(error, trace)
