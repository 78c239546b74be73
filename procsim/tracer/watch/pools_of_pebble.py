"""Pools of processes of pebble: see `pools_of_others`."""

import sys
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

from procsim.tracer.emit import emit
from procsim.tracer.names import made_here
from procsim.tracer.patching import Methods, Patch, replace
from procsim.tracer.values import own
from procsim.tracer.watch.locks import identity_of
from procsim.tracer.watch.pool_workers import Initializer, Worker, emit_task_raised, this_worker
from procsim.tracer.watch.pools import emit_join
from procsim.tracer.watch.pools_of_others import begin_helper, expect, has_all
from procsim.tracer.watch.processes import when_process_begins
from procsim.tracer.watch.watched_results import emit_submitted, notice_error, watch


def patch_pebble(module: ModuleType) -> None:
    """pebble.pool.process."""
    parts = ("ProcessPool", "WorkerManager", "TaskManager", "Task", *_LOOPS, *_OF_WORKERS)
    if not has_all(module, *parts):
        return
    raised = vars(module)["process_execute"].__globals__.get("RemoteException")
    if type(raised) is not type:
        return
    expect("pebble")
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
        begin_helper(own(own(pool_manager, "worker_manager"), "_procsim_pool"), helper)
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


PATCHES: dict[str, Patch] = {"pebble.pool.process": patch_pebble}
