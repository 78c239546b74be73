"""SharedMemory: who makes a block of it, and that somebody unlinks it. What is read and written there has no events.

    SharedMemory(create=True) ──► memory_made
    unlink(), or the resource tracker is told to forget the block ──► memory_unlinked

The resource tracker removes at its end what was made and never unlinked, and warns of it.
"""

from types import ModuleType
from typing import Any

from procsim.tracer.emit import emit
from procsim.tracer.patching import Methods
from procsim.tracer.sites import outer_site
from procsim.tracer.watch.unfollowed import emit_used


def patch_shared_memory(module: ModuleType) -> None:
    """multiprocessing.shared_memory."""
    SharedMemory.replace_those_of(module.SharedMemory)


class SharedMemory(Methods):
    """multiprocessing.shared_memory.SharedMemory."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        emit_used("memory")
        SharedMemory.real.__init__(self, *args, **kwargs)
        makes = args[1] if len(args) > 1 else kwargs.get("create")
        if makes and getattr(self, "_track", True):  # from 3.13 on the program may want it to stay
            emit("memory_made", at=outer_site(), name=self._name)


def patch_resource_tracker(module: ModuleType) -> None:
    """multiprocessing.resource_tracker."""
    ResourceTracker.replace_those_of(module.ResourceTracker)


class ResourceTracker(Methods):
    """multiprocessing.resource_tracker.ResourceTracker: what every process sends to the one tracker."""

    def _send(self: Any, cmd: Any, name: Any, rtype: Any) -> Any:
        if cmd == "UNREGISTER" and rtype == "shared_memory":
            emit("memory_unlinked", at=outer_site(), name=name)
        return ResourceTracker.real._send(self, cmd, name, rtype)


PATCHES = {
    "multiprocessing.shared_memory": patch_shared_memory,
    "multiprocessing.resource_tracker": patch_resource_tracker,
}
