"""What changes other processes without an audit event of Python's is checked, where the program is explored.

`confines` stops a process before it does that to a process of others.
"""

import os
import posix
from types import ModuleType
from typing import Any

from procsim.tracer import confines, explored, reach
from procsim.tracer.patching import Builtin, replace


class _OfOne(Builtin):
    """Its first argument is the process; 0 is this one."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        confines.check_process("changes the scheduling of", args[0] if args else kwargs.get("pid"))
        return self._original(*args, **kwargs)


class _SetPriority(Builtin):
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        given = dict(zip(("which", "who"), args, strict=False)) | kwargs
        if given.get("which") == os.PRIO_USER:
            confines.check_all("changes the priority of", "all processes of a user")
        else:
            group = given.get("which") == os.PRIO_PGRP
            confines.check_process("changes the priority of", given.get("who"), group)
        return self._original(*args, **kwargs)


class _SendSignal(Builtin):
    def __call__(self, *args: Any) -> Any:
        if args and type(args[0]) is int and args[1:2] != (0,) and (pid := reach.process_behind(args[0])) > 0:
            confines.check_process("sends a signal to", pid)
        return self._original(*args)


def patch_others() -> None:
    """The functions of os, which are those of posix."""
    if explored.known:
        for name, patch in _PATCHES.items():
            if hasattr(os, name):
                function = patch(getattr(os, name))
                replace(posix, name, function)
                replace(os, name, function)


def patch_signal(module: ModuleType) -> None:
    """signal."""
    if explored.known and hasattr(module, "pidfd_send_signal"):  # Python 3.9
        replace(module, "pidfd_send_signal", _SendSignal(module.pidfd_send_signal))


_PATCHES: dict[str, type[Builtin]] = {
    "setpriority": _SetPriority,
    **dict.fromkeys(("sched_setaffinity", "sched_setparam", "sched_setscheduler"), _OfOne),
}
