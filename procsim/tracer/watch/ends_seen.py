"""That the program has seen that a process has ended, other than by `join`."""

import weakref
from types import ModuleType
from typing import Any

from procsim.tracer.emit import emit, look
from procsim.tracer.patching import on_restore, replace
from procsim.tracer.sites import INTERNAL, OF_HELPER, caller

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


def patch_wait(module: ModuleType) -> None:
    """multiprocessing.connection: `wait` finds by its sentinel that a process has ended."""
    wait = module.wait
    on_restore(_started.clear)

    def traced_wait(object_list: Any, timeout: Any = None) -> Any:
        ready = wait(object_list, timeout)
        if ready and (at := caller()) != INTERNAL:
            look()  # something waits in a pipe, say
            for child in filter(None, map(_started.get, [each for each in ready if type(each) is int])):
                emit("process_end_seen", at=at, child=child._popen.pid, child_name=child._name)
        return ready

    replace(module, "wait", traced_wait)


def patch_children(module: ModuleType) -> None:
    """multiprocessing.process: `active_children` shows by what is missing there that processes have ended."""
    active_children = module.active_children

    def traced_active_children() -> Any:
        children = active_children()
        if (at := caller()) != INTERNAL:
            emit("process_end_seen", at=at, child=None, child_name=None)
        return children

    replace(module, "active_children", traced_active_children)


PATCHES = {"multiprocessing.process": patch_children, "multiprocessing.connection": patch_wait}
