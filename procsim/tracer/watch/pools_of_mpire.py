"""Pools of processes of mpire, and tqdm, which shows how far they have come: see `pools_of_others`."""

import os
import sys
from collections.abc import Callable
from functools import partial
from types import FunctionType, ModuleType
from typing import Any

from procsim.tracer.emit import emit
from procsim.tracer.names import made_here
from procsim.tracer.patching import Methods, Patch, replace
from procsim.tracer.sites import own_site
from procsim.tracer.values import own
from procsim.tracer.watch.locks import identity_of
from procsim.tracer.watch.pool_workers import Worker, emit_task_raised, this_worker
from procsim.tracer.watch.pools import emit_join
from procsim.tracer.watch.pools_of_others import begin_helper, expect, has_all
from procsim.tracer.watch.results import lock_inside
from procsim.tracer.watch.watched_results import (
    PolledCondition,
    ask_for_results,
    emit_submitted,
    is_awaited,
    watch,
    watch_polled,
)


def patch_mpire_pool(module: ModuleType) -> None:
    """mpire.pool."""
    pool, result = module.WorkerPool, module.AsyncResult
    iterator, comms = module.UnorderedAsyncResultIterator, module.WorkerComms
    whole = (
        has_all(pool, "_start_workers", "apply_async", "terminate", "stop_and_join", *_HANDLERS)
        and has_all(result, "get", "successful", "ready", "_set")
        and has_all(iterator, "next", "_set", "remove_from_cache")
        and has_all(comms, "init_comms")
    )
    if whole:
        expect("mpire")
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
        begin_helper(_pool_of_mpire(self), helper)
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
    if has_all(module.AbstractWorker, "run", "_run_func", "_get_exception"):
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
    if has_all(module, "TMonitor"):
        TMonitor.replace_those_of(module.TMonitor)


class TMonitor(Methods):
    """tqdm._monitor.TMonitor, a thread."""

    def run(self: Any) -> None:
        begin_helper(None, "progress")
        TMonitor.real.run(self)


PATCHES: dict[str, Patch] = {
    "mpire.pool": patch_mpire_pool,
    "mpire.worker": patch_mpire_worker,
    "tqdm._monitor": patch_tqdm,
}
