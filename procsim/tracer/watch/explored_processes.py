"""Processes, where the program is explored: to start one, its end, a join and a look whether it has ended are steps.

`thread`: the name that a process has in the schedule. It is given where it is started, and no other process has it.
"""

import sys
import threading
from functools import partial
from typing import Any

from procsim.tracer import explored
from procsim.tracer.sites import INTERNAL, caller
from procsim.tracer.watch.endings import has_ended
from procsim.tracer.watch.process_names import is_daemon
from procsim.wire.pipe import Clock

ENDING_SECONDS = 1.0
"""How long a process waits for a daemon that has handlers of its own to end."""


_SIGNAL_NS = 300_000_000
_pause = threading.Event()  # never set; `time.sleep` is the program's


def _at_once() -> bool:
    """What the explorer has let begin is known to be possible."""
    return True


def schedule_name(process: Any) -> str:
    """The name that a process has in the schedule."""
    return str(vars(process).get("_procsim_thread", process._name))


def ask_to_start(process: Any, at: str | None) -> None:
    """Wait until it is time to start a process, and give it its name."""
    own = vars(process)
    own["_procsim_thread"] = name = explored.name_child(own.get("_name"))
    explored.ask("process_started", None, at, _at_once, name)


def ask_to_join(process: Any, at: str | None, timeout: Any) -> Any:
    """Wait until a process has ended, in an exit handler, too. Returns the time that is left to wait."""
    ready = _at_once if timeout is None or at == INTERNAL else None  # a manager is asked to end, and then joined
    looks = partial(has_ended, process._popen)
    return None if explored.ask("process_joined", None, at or None, ready, schedule_name(process), looks=looks) else 0


def ask_to_look(process: Any) -> None:
    """Wait until it is time to look whether a process has ended, for a method of its class."""
    if explored.active and (at := caller(3)) != INTERNAL:
        explored.ask("process_polled", None, at, _at_once, schedule_name(process))


def wait_for_its_end(process: Any) -> None:
    """A signal is to end it: what is seen of it next is that it has ended, if it does not handle the signal."""
    deadline = Clock.now() + _SIGNAL_NS
    while explored.active and process._popen is not None and not has_ended(process._popen) and Clock.now() < deadline:
        _pause.wait(0.0002)


def children_in_order() -> list[Any]:
    """The children of this process that have not ended, in the order in which they were made, each time the same."""
    children: list[Any] = sys.modules["multiprocessing.process"].active_children()
    return sorted(children, key=lambda child: child._identity)


def end_daemons() -> None:
    """End the daemons of this process, as its exit handler will: each in a step, and it is over when they are gone.

    It is a step, too, to find that one has ended by itself: in another order it had not.
    """
    multiprocessing, util = sys.modules.get("multiprocessing.process"), sys.modules.get("multiprocessing.util")
    if util is not None and explored.active:
        util._run_finalizers(0)  # as multiprocessing does before: pools end their workers
    children = list(multiprocessing._children) if multiprocessing and explored.active else []
    for child in sorted(children, key=lambda child: child._identity):
        if is_daemon(child):
            explored.ask("process_terminated", None, None, _at_once, schedule_name(child))
            if not has_ended(child._popen):
                child._popen.terminate()
                child._popen.wait(ENDING_SECONDS)
