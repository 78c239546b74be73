"""time.sleep: which thread sleeps, and how long. At a closed gate a sleep takes no time."""

import math
from types import ModuleType
from typing import Any

from procsim.tracer import gate
from procsim.tracer.emit import emit
from procsim.tracer.patching import Builtin, replace
from procsim.tracer.sites import INTERNAL, caller


class _Sleep(Builtin):
    def __call__(self, *args: Any) -> None:
        at = caller()
        seconds = args[0] if len(args) == 1 and type(args[0]) in (int, float) else -1
        if at == INTERNAL or not 0 <= seconds < math.inf:  # the original raises what is wrong with it
            self._original(*args)
            return
        if gate.shared[0] and gate.arrive("sleep_ended", None, at, subject=seconds):
            return
        emit("sleep_began", None, at, seconds=seconds)
        try:
            self._original(seconds)
        finally:  # it also ends when a signal handler of the program raises
            emit("sleep_ended", None, at)


def patch_time(module: ModuleType) -> None:
    """time."""
    replace(module, "sleep", _Sleep(module.sleep))
