"""Looks at objects of multiprocessing, and changes of them, that are steps only where the program is explored.

What they show, or end for others, depends on what others have done before: how often a semaphore can be acquired, who
waits at a barrier, that it is broken, which children live, that a manager is ended.
"""

from types import ModuleType
from typing import Any

from procsim.tracer import explored
from procsim.tracer.patching import Methods, replace
from procsim.tracer.sites import INTERNAL, OF_HELPER, caller
from procsim.tracer.watch.conditions import identity_of_barrier
from procsim.tracer.watch.explored_processes import schedule_name
from procsim.tracer.watch.locks import identity_of


def _ask(kind: str, identity: int | None, subject: Any = None) -> None:
    if explored.active and (at := caller(OF_HELPER)) != INTERNAL:
        explored.ask(kind, identity, at, lambda: True, subject)


def patch_synchronize(module: ModuleType) -> None:
    """multiprocessing.synchronize."""
    if not explored.known:
        return
    Semaphore.replace_those_of(module.Semaphore)
    Barrier.replace_those_of(module.Barrier)
    for name in ("broken", "n_waiting"):
        replace(module.Barrier, name, _seen_property(getattr(module.Barrier, name)))


class Semaphore(Methods):
    """multiprocessing.synchronize.Semaphore."""

    def get_value(self: Any) -> Any:
        _ask("lock_asked", identity_of(self))
        return Semaphore.real.get_value(self)


class Barrier(Methods):
    """multiprocessing.synchronize.Barrier."""

    def abort(self: Any) -> None:
        _ask("barrier_changed", identity_of_barrier(self))
        Barrier.real.abort(self)

    def reset(self: Any) -> None:
        _ask("barrier_changed", identity_of_barrier(self))
        Barrier.real.reset(self)


def _seen_property(original: Any) -> property:
    def see(self: Any) -> Any:
        _ask("barrier_asked", identity_of_barrier(self))
        return original.fget(self)

    return property(see, doc=original.__doc__)


def patch_queues(module: ModuleType) -> None:
    """multiprocessing.queues."""
    if explored.known:
        Queue.replace_those_of(module.Queue)


class Queue(Methods):
    """multiprocessing.queues.Queue."""

    def full(self: Any) -> Any:
        _ask("queue_asked", identity_of(self._rlock))
        return Queue.real.full(self)


def patch_process(module: ModuleType) -> None:
    """multiprocessing.process: `active_children` looks at each child."""
    if not explored.known:
        return
    active_children = module.active_children

    def asked_active_children() -> Any:
        if explored.active and (at := caller()) != INTERNAL:
            for child in sorted(module._children, key=lambda child: child._identity):
                explored.ask("process_polled", None, at, lambda: True, schedule_name(child))
        return active_children()

    replace(module, "active_children", asked_active_children)


def patch_managers(module: ModuleType) -> None:
    """multiprocessing.managers: who ends one."""
    if not explored.known:
        return
    finalize = module.BaseManager._finalize_manager

    def _finalize_manager(process: Any, *args: Any, **kwargs: Any) -> None:
        if explored.active:
            explored.ask("manager_ended", None, caller() or None, lambda: True, schedule_name(process))
        finalize(process, *args, **kwargs)

    replace(module.BaseManager, "_finalize_manager", staticmethod(_finalize_manager))


PATCHES = {
    "multiprocessing.synchronize": patch_synchronize,
    "multiprocessing.queues": patch_queues,
    "multiprocessing.process": patch_process,
    "multiprocessing.managers": patch_managers,
}
