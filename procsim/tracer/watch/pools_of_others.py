"""Pools of processes of mpire and pebble, which have queues, workers and results of their own.

    submitted ──► pool_submitted ──► pool_task_began, pool_task_ended in the worker ──► pool_result_got, pool_job_failed

Loky's executors, and what joblib makes of them and of Pool, are like those of Python: see `pools`. A module is patched
when the program has imported it, and only if it has all that is used here: another version is left alone. What is
replaced takes whatever arguments another version may have. The identity of a pool is that of the lock by which its
workers read tasks, or that of its queue of results.

The threads of these pools wake up again and again. They only look what the workers do, so they emit when they begin.
"""

import os
import sys
import threading
from collections.abc import Callable
from functools import partial
from types import FunctionType, ModuleType
from typing import Any

from procsim.tracer.emit import emit
from procsim.tracer.names import made_here
from procsim.tracer.patching import Methods, Patch, on_restore, replace
from procsim.tracer.sites import count_as_internal, own_site
from procsim.tracer.values import own
from procsim.tracer.watch.locks import identity_of
from procsim.tracer.watch.pool_workers import Initializer, Worker, emit_task_raised, this_worker
from procsim.tracer.watch.pools import emit_join
from procsim.tracer.watch.processes import when_process_begins
from procsim.tracer.watch.results import (
    PolledCondition,
    ask_for_results,
    emit_submitted,
    is_awaited,
    lock_inside,
    notice_error,
    watch,
    watch_polled,
)


def _has(owner: Any, *names: str) -> bool:
    return all(hasattr(owner, name) for name in names)


def _expect(package: str) -> None:
    """From now on all of this package counts as multiprocessing's own: it has queues and processes of its own."""
    count_as_internal(package)
    on_restore(count_as_internal)


def _begin_helper(pool: int | None, helper: str) -> None:
    """This thread only looks what others do."""
    emit("helper_began", pool, helper=helper, native_id=threading.get_native_id())


# pebble ------------------------------------------------------------------------------------------------------


def patch_pebble(module: ModuleType) -> None:
    """pebble.pool.process."""
    parts = ("ProcessPool", "WorkerManager", "TaskManager", "Task", *_LOOPS, *_OF_WORKERS)
    if not _has(module, *parts):
        return
    raised = vars(module)["process_execute"].__globals__.get("RemoteException")
    if type(raised) is not type:
        return
    _expect("pebble")
    PebblePool.replace_those_of(module.ProcessPool)
    PebbleWorkers.replace_those_of(module.WorkerManager)
    PebbleTask.replace_those_of(module.Task, ProcessPool=module.ProcessPool, process_chunk=module.process_chunk)
    PebbleTasks.replace_those_of(module.TaskManager, process_chunk=module.process_chunk)
    PebbleRaised.replace_those_of(raised)
    for name, helper in _LOOPS.items():
        replace(module, name, _loop(getattr(module, name), helper))
    _watch_workers_of_pebble(module)


_LOOPS = {"task_scheduler_loop": "tasks", "pool_manager_loop": "workers", "message_manager_loop": "results"}
"""What the threads of such a pool run, and what they are there for."""

_OF_WORKERS = ("worker_process", "fetch_task", "send_result", "process_execute", "process_chunk")


def _loop(run: Callable[..., None], helper: str) -> Callable[..., None]:
    def loop(pool_manager: Any, *args: Any) -> None:
        _begin_helper(own(own(pool_manager, "worker_manager"), "_procsim_pool"), helper)
        run(pool_manager, *args)

    return loop


class PebblePool(Methods):
    """pebble.ProcessPool."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        PebblePool.real.__init__(self, *args, **kwargs)
        workers = own(own(self, "_pool_manager"), "worker_manager")
        if workers is not None:
            workers._procsim_made = made_here("ProcessPool")

    def join(self: Any, *args: Any, **kwargs: Any) -> None:
        pool = _pool_of_pebble(self)
        if pool is None or own(self, "_procsim_joins"):  # it calls itself
            PebblePool.real.join(self, *args, **kwargs)
            return
        timeout = args[0] if args else kwargs.get("timeout")
        its = vars(self)
        its["_procsim_joins"] = True
        try:
            emit_join(pool, partial(PebblePool.real.join, self, *args, **kwargs), timeout)
        finally:
            its["_procsim_joins"] = False


def _pool_of_pebble(pool: Any) -> int | None:
    identity: int | None = own(own(own(pool, "_pool_manager"), "worker_manager"), "_procsim_pool")
    return identity


class PebbleWorkers(Methods):
    """pebble.pool.process.WorkerManager."""

    def create_channels(self: Any, *args: Any) -> None:
        PebbleWorkers.real.create_channels(self, *args)
        made, lock = own(self, "_procsim_made"), _lock_of_channel(own(self, "workers_channel"))
        if made is not None and lock is not None:
            its = vars(self)
            its["_procsim_pool"] = identity_of(lock)
            name, at = made
            limit = own(own(self, "worker_parameters"), "max_tasks") or None
            fields = {"name": name, "type": "ProcessPool", "workers": own(self, "workers_number"), "max_tasks": limit}
            emit("pool_created", its["_procsim_pool"], at, **fields)


def _lock_of_channel(channel: Any) -> Any:
    lock = own(own(channel, "mutex"), "reader_mutex")
    return lock if own(lock, "_semlock") is not None else None


class PebbleTask(Methods):
    """pebble.pool.base_pool.Task, which also pools of threads make."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        PebbleTask.real.__init__(self, *args, **kwargs)
        # `schedule` makes it before any other thread can see it.
        pool = sys._getframe(1).f_locals.get("self")
        future, payload = own(self, "future"), own(self, "payload")
        if not issubclass(type(pool), PebbleTask.real.ProcessPool) or future is None or payload is None:
            return
        if watch(future._condition, _pool_of_pebble(pool), own(self, "id"), own(self, "timeout")):
            emit_submitted(future._condition, _called(PebbleTask.real, payload)[0], 1)


def _called(real: Any, payload: Any) -> tuple[Any, int]:
    """The function of the program's that a task calls, and for how many items: several where it is a chunk of `map`."""
    function = own(payload, "function")
    if function is real.process_chunk:
        function, chunk = payload.args
        return function, len(chunk)
    return function, 1


class PebbleTasks(Methods):
    """pebble.pool.process.TaskManager."""

    def task_done(self: Any, *args: Any, **kwargs: Any) -> None:
        task: Any = (own(self, "tasks") or {}).get(args[0]) if len(args) > 1 else None
        if own(own(task, "payload"), "function") is PebbleTasks.real.process_chunk:
            # The result of a chunk is a list, in which each that is an error stands as such.
            chunk = own(args[1], "value")
            failed = [own(each, "value") for each in chunk if own(each, "status")] if type(chunk) is list else []
            error = next((each for each in failed if issubclass(type(each), BaseException)), None)
            if error is not None:
                notice_error(task.future._condition, error, heard=False)
        PebbleTasks.real.task_done(self, *args, **kwargs)


class PebbleRaised(Methods):
    """pebble.common.types.RemoteException: what a worker sends if a task has raised."""

    def __init__(self: Any, exception: Any, *args: Any, **kwargs: Any) -> None:
        PebbleRaised.real.__init__(self, exception, *args, **kwargs)
        if issubclass(type(exception), BaseException):
            emit_task_raised(exception)


def _watch_workers_of_pebble(module: ModuleType) -> None:
    fetch, send = module.fetch_task, module.send_result

    def fetch_task(*args: Any, **kwargs: Any) -> Any:
        task, worker = fetch(*args, **kwargs), this_worker()
        payload = own(task, "payload")
        if worker is not None and payload is not None:
            function, items = _called(module, payload)
            worker.take(function, own(task, "id"), 0, items)
        return task

    def send_result(*args: Any, **kwargs: Any) -> Any:
        worker = this_worker()
        if worker is not None:
            worker.answer()
        return send(*args, **kwargs)

    def watch_worker(process: Any) -> None:
        if process._target is not module.worker_process or len(process._args) != 2:
            return
        parameters, channel = process._args
        lock = _lock_of_channel(channel)
        if lock is not None:
            identity = identity_of(lock)
            if own(parameters, "initializer") is not None:
                parameters.initializer = Initializer(parameters.initializer, identity)
            Worker(identity).begin()

    replace(module, "fetch_task", fetch_task)
    replace(module, "send_result", send_result)
    when_process_begins(watch_worker)


# mpire -------------------------------------------------------------------------------------------------------


def patch_mpire_pool(module: ModuleType) -> None:
    """mpire.pool."""
    pool, result = module.WorkerPool, module.AsyncResult
    iterator, comms = module.UnorderedAsyncResultIterator, module.WorkerComms
    whole = (
        _has(pool, "_start_workers", "apply_async", "terminate", "stop_and_join", *_HANDLERS)
        and _has(result, "get", "successful", "ready", "_set")
        and _has(iterator, "next", "_set", "remove_from_cache")
        and _has(comms, "init_comms")
    )
    if whole:
        _expect("mpire")
        MpirePool.replace_those_of(pool)
        MpireComms.replace_those_of(comms)
        MpireResult.replace_those_of(result)
        MpireIterator.replace_those_of(iterator)
        ask_for_results(result.get, result.successful, ready=result.ready)
        for name, helper in _HANDLERS.items():
            replace(pool, name, _handler(getattr(pool, name), helper))


_HANDLERS = {
    "_results_handler": "results",
    "_restart_handler": "workers",
    "_timeout_handler": "limits",
    "_unexpected_death_handler": "deaths",
}
"""The methods that the threads of such a pool run, and what they are there for."""


def _handler(run: Callable[..., None], helper: str) -> Callable[..., None]:
    def handler(self: Any, *args: Any) -> None:
        _begin_helper(_pool_of_mpire(self), helper)
        run(self, *args)

    return handler


def _pool_of_mpire(pool: Any) -> int | None:
    identity: int | None = own(own(pool, "_worker_comms"), "_procsim_pool")
    return identity


class MpireComms(Methods):
    """mpire.comms.WorkerComms, which the workers are given, too."""

    def init_comms(self: Any, *args: Any) -> None:
        MpireComms.real.init_comms(self, *args)
        made, lock = own(self, "_procsim_made"), lock_inside(own(self, "_results_queue"))
        if made is not None and lock is not None:
            its = vars(self)
            its["_procsim_pool"] = identity_of(lock)
            name, at = made
            fields = {"name": name, "type": "WorkerPool", "workers": own(self, "n_jobs"), "max_tasks": None}
            emit("pool_created", its["_procsim_pool"], at, **fields)


class MpirePool(Methods):
    """mpire.WorkerPool."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        MpirePool.real.__init__(self, *args, **kwargs)
        comms, threads = own(self, "_worker_comms"), own(own(self, "pool_params"), "start_method") == "threading"
        if comms is not None and not threads:
            its = vars(comms)
            its["_procsim_made"], its["_procsim_maker"] = made_here("WorkerPool"), os.getpid()

    def stop_and_join(self: Any, *args: Any, **kwargs: Any) -> None:
        pool = _pool_of_mpire(self)
        if pool is None or not self._workers:
            MpirePool.real.stop_and_join(self, *args, **kwargs)
        else:
            emit_join(pool, partial(MpirePool.real.stop_and_join, self, *args, **kwargs))

    def __exit__(self: Any, *exc_info: Any) -> None:
        pool = _pool_of_mpire(self)
        if pool is not None and self._workers and exc_info[:1] == (None,):
            dropped = sum(_is_dropped(result) for result in list(self._cache.values()))
            if dropped:
                emit("pool_dropped", pool, own_site(), results=dropped)
        MpirePool.real.__exit__(self, *exc_info)


def _is_dropped(result: Any) -> bool:
    """Whether this result has not come, and nobody waits for it or is called with it."""
    callbacks = (own(result, "_callback"), own(result, "_error_callback"))
    return callbacks == (None, None) and not is_awaited(own(result, "_ready_event"))


class MpireResult(Methods):
    """mpire.async_result.AsyncResult: the result of `apply_async`."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        MpireResult.real.__init__(self, *args, **kwargs)
        call = sys._getframe(1).f_locals
        pool = _pool_of_mpire(call.get("self"))
        if "func" in call and watch(self._ready_event, pool, self.job_id, own(self, "_timeout")):
            emit_submitted(self._ready_event, call["func"], 1)


class MpireIterator(Methods):
    """mpire.async_result.UnorderedAsyncResultIterator: the results of `map` and its kin."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        MpireIterator.real.__init__(self, *args, **kwargs)
        call = sys._getframe(1).f_locals
        pool = _pool_of_mpire(call.get("self"))
        if "func" in call and watch_polled(self._condition, pool, self.job_id, own(self, "_timeout")):
            emit_submitted(self._condition, call["func"], None)

    def remove_from_cache(self: Any) -> None:
        if type(self._condition) is PolledCondition:
            self._condition.leave()
        MpireIterator.real.remove_from_cache(self)


def patch_mpire_worker(module: ModuleType) -> None:
    """mpire.worker."""
    if _has(module.AbstractWorker, "run", "_run_func", "_get_exception"):
        MpireWorker.replace_those_of(module.AbstractWorker)


class MpireWorker(Methods):
    """mpire.worker.AbstractWorker, a Process, or a thread."""

    def run(self: Any) -> None:
        pool, maker = own(self.worker_comms, "_procsim_pool"), own(self.worker_comms, "_procsim_maker")
        if pool is not None and maker != os.getpid():
            Worker(pool).begin()
        MpireWorker.real.run(self)

    def _run_func(self: Any, *args: Any, **kwargs: Any) -> Any:
        worker = this_worker()
        job = next((each for each in args if type(each) is int), None)  # behind the function; its place differs
        if worker is None or job is None:
            return MpireWorker.real._run_func(self, *args, **kwargs)
        worker.take(_inner(args[0]), job, 0, 1)
        try:
            return MpireWorker.real._run_func(self, *args, **kwargs)
        finally:
            worker.answer()

    def _get_exception(self: Any, *args: Any, **kwargs: Any) -> Any:
        error = next((each for each in args if issubclass(type(each), BaseException)), None)
        if error is not None:
            emit_task_raised(error)
        return MpireWorker.real._get_exception(self, *args, **kwargs)


def _inner(function: Any) -> Any:
    """The function of the program's in what a worker calls: a helper of mpire's with a function as its argument."""
    if type(function) is partial and function.args and type(function.func) is not FunctionType:
        return function.args[0]
    return function


# tqdm, which shows how far mpire has come ---------------------------------------------------------------------


def patch_tqdm(module: ModuleType) -> None:
    """tqdm._monitor."""
    if _has(module, "TMonitor"):
        TMonitor.replace_those_of(module.TMonitor)


class TMonitor(Methods):
    """tqdm._monitor.TMonitor, a thread."""

    def run(self: Any) -> None:
        _begin_helper(None, "progress")
        TMonitor.real.run(self)


PATCHES: dict[str, Patch] = {
    "pebble.pool.process": patch_pebble,
    "mpire.pool": patch_mpire_pool,
    "mpire.worker": patch_mpire_worker,
    "tqdm._monitor": patch_tqdm,
}
