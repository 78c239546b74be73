"""Threads of the program, where it is explored: to start one, its end and a join are steps.

What threads share without multiprocessing (variables, the locks of `threading`) has no gate.
"""

import threading
from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

from procsim.tracer import explored
from procsim.tracer.patching import Methods, replace
from procsim.tracer.sites import INTERNAL, caller

before_shutdown: list[Callable[[], None]] = []
"""Called before this process waits for its threads, at its end."""


def patch_threading(module: ModuleType) -> None:
    """threading, in a process that belongs to an explored program."""
    if not explored.known:
        return
    Thread.replace_those_of(module.Thread)
    shutdown = module._shutdown

    def _shutdown() -> None:
        for listener in before_shutdown if explored.active else ():
            listener()
        # It waits for threads by their locks.
        for thread in threading.enumerate() if explored.active else ():
            if _name_of(thread) and not thread.daemon:
                looks = partial(_has_ended, thread)
                explored.ask("thread_joined", None, None, lambda: True, _name_of(thread), looks=looks)
                Thread.real.join(thread)
        shutdown()

    replace(module, "_shutdown", _shutdown)


def _has_ended(thread: Any) -> bool:
    return not Thread.real.is_alive(thread)


def _name_of(thread: Any) -> str:
    """The name of a thread in the schedule; "" if it is none of the program's, or was started before."""
    return str(vars(thread).get("_procsim_thread", ""))


class Thread(Methods):
    """threading.Thread."""

    def start(self: Any) -> None:
        if explored.active and (at := caller()) != INTERNAL and not self._started.is_set():
            vars(self)["_procsim_thread"] = name = explored.name_thread(self._name)
            explored.ask("thread_started", None, at, lambda: True, name)
        Thread.real.start(self)

    def _bootstrap_inner(self: Any) -> None:
        name = _name_of(self)
        if not explored.active or not name:
            Thread.real._bootstrap_inner(self)
            return
        explored.become_thread(name)
        try:
            Thread.real._bootstrap_inner(self)
        finally:
            explored.ask("thread_ended", None, None, None, name)
            explored.end_thread()

    def is_alive(self: Any) -> Any:
        name = _name_of(self)
        if explored.active and name and (at := caller()) != INTERNAL:
            explored.ask("thread_polled", None, at, lambda: True, name)
        return Thread.real.is_alive(self)

    def join(self: Any, timeout: Any = None) -> None:
        name = _name_of(self)
        if explored.active and name and (at := caller()) != INTERNAL:
            ready = None if timeout is not None else lambda: True
            ended = explored.ask("thread_joined", None, at, ready, name, looks=partial(_has_ended, self))
            timeout = None if ended else 0
        Thread.real.join(self, timeout)
