"""time.sleep: a thread sleeps, and how long. While procsim moves the threads by steps, a sleep takes no time."""

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
        # Python's own modules sleep, too; and what is wrong with an argument, the original says.
        if at == INTERNAL or not 0 <= seconds < math.inf:
            self._original(*args)
            return
        # The gate is closed, and the thread has waited there for its turn.
        if gate.shared[0] and gate.arrive("sleep_ended", None, at, subject=seconds):
            emit("sleep_ended", None, at)
            return
        emit("sleep_began", None, at, seconds=seconds)
        try:
            self._original(seconds)
        finally:  # it also ends when a signal handler of the program raises
            emit("sleep_ended", None, at)


def patch_time(module: ModuleType) -> None:
    """time."""
    replace(module, "sleep", _Sleep(module.sleep))
