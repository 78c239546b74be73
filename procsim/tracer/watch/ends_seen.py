"""That the program has seen that a process has ended, other than by `join`; or has asked, and it has not."""

import _signal  # type: ignore[import-not-found]  # signal itself would be imported before the program does
import weakref
from types import ModuleType
from typing import Any

from procsim.tracer import explored, gate
from procsim.tracer.emit import emit, emit_waiting, look
from procsim.tracer.patching import on_restore, replace
from procsim.tracer.sites import INTERNAL, OF_HELPER, caller
from procsim.tracer.watch.explored_processes import schedule_name
from procsim.tracer.watch.pipes import message_end
from procsim.wire.pipe import Clock

_started: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
"""The processes that this one has started, by their sentinels. multiprocessing forgets one when it has ended."""


def was_started(process: Any) -> None:
    """This process has started it."""
    _started[process._popen.sentinel] = process


def emit_end_seen(process: Any) -> None:
    """The program has seen that a process has ended: what that did came before. Emitted once."""
    if process._popen is None or "_procsim_end_seen" in vars(process):
        return
    at = caller(OF_HELPER)
    if at != INTERNAL:
        vars(process)["_procsim_end_seen"] = True
        emit("process_end_seen", at=at, child=process._popen.pid, child_name=process._name)


POLLED_NS = 1_000_000_000
"""Between two events of a process that asks again and again whether another one still lives."""


def emit_polled(process: Any, depth: int = OF_HELPER) -> None:
    """The program has asked whether it still lives, and it does. `depth`: that of `sites.caller`."""
    now = Clock.now()
    if process._popen is None or now - process._procsim_polled < POLLED_NS or (at := caller(depth)) == INTERNAL:
        return
    vars(process)["_procsim_polled"] = now
    handler = _signal.getsignal(_signal.SIGCHLD)
    sigchld = "ignored" if handler == _signal.SIG_IGN else "handled" if callable(handler) else ""
    emit("process_polled", at=at, child=process._popen.pid, child_name=process._name, sigchld=sigchld)


def _arrive_to_wait_for_any(wait: Any, objects: list[Any], timeout: Any, at: str | None) -> Any:
    """Wait until it is time to go on with any of these. Returns the time that is left.

    Not where there is something else than ends of pipes of the program's own and processes that it has started.
    """
    things = [_name_of(each) for each in objects]
    if None in things or not things:
        return timeout

    def is_there() -> bool:
        return bool(wait(objects, 0))

    ready = is_there if timeout is None else None
    if explored.active:
        explored.ask("connections_awaited", None, at, ready, tuple(things), looks=is_there)
        return 0
    return 0 if gate.arrive_for_a_time("connections_awaited", None, at, ready) else timeout


def _name_of(thing: Any) -> int | str | None:
    """The identity of an end of a pipe, or the name in the schedule of the process that has this sentinel."""
    if type(thing) is int:
        child = _started.get(thing)
        return schedule_name(child) if child is not None else None
    return message_end([thing])


def patch_wait(module: ModuleType) -> None:
    """multiprocessing.connection: `wait` finds by its sentinel that a process has ended."""
    wait = module.wait
    on_restore(_started.clear)

    def traced_wait(object_list: Any, timeout: Any = None) -> Any:
        if gate.has_step("connections_awaited") and (at := caller()) != INTERNAL:
            object_list = list(object_list)
            timeout = _arrive_to_wait_for_any(wait, object_list, timeout, at)
        ready = _wait_with_a_limit(wait, object_list, timeout, caller())
        if ready and (at := caller()) != INTERNAL:
            look()  # something waits in a pipe, say
            for child in filter(None, map(_started.get, [each for each in ready if type(each) is int])):
                emit("process_end_seen", at=at, child=child._popen.pid, child_name=child._name)
        return ready

    replace(module, "wait", traced_wait)


def _wait_with_a_limit(wait: Any, objects: Any, timeout: Any, at: str | None) -> Any:
    """Call it. Where it waits for connections alone, for a while, that is a wait for a message on the first of them."""
    limited = at != INTERNAL and type(timeout) in (int, float) and timeout > 0
    first = message_end(objects) if limited and type(objects) in (list, tuple) else None
    ready = wait(objects, 0) if first is not None else None
    if first is None or ready:
        return ready or wait(objects, timeout)
    emit_waiting("pipe_poll_waiting", first, at, timeout)
    try:
        ready = wait(objects, timeout)
    finally:  # a signal handler may raise, too
        emit("pipe_polled", first, at, ready=bool(ready))
    return ready


def patch_children(module: ModuleType) -> None:
    """multiprocessing.process: `active_children` shows by what is missing there that processes have ended."""
    active_children = module.active_children

    def traced_active_children() -> Any:
        children = active_children()
        if (at := caller()) != INTERNAL:
            emit("process_end_seen", at=at, child=None, child_name=None)
            for child in children:
                emit_polled(child)
        return children

    replace(module, "active_children", traced_active_children)


PATCHES = {"multiprocessing.process": patch_children, "multiprocessing.connection": patch_wait}
