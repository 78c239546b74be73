"""os.kill, os._exit, os.waitpid: a process of the program ends another, or itself at once, or learns how one ended."""

import _signal  # type: ignore[import-not-found]  # signal itself would be imported before the program does
import os
import posix
import sys
from types import FrameType
from typing import Any

from procsim.tracer import explored, gate
from procsim.tracer.emit import emit
from procsim.tracer.instructions import is_dropped
from procsim.tracer.patching import Builtin, replace
from procsim.tracer.sites import INTERNAL, OF_HELPER, call_site, caller, is_library
from procsim.tracer.values import plain
from procsim.tracer.watch import unfollowed
from procsim.tracer.watch.pipes import bytes_are_waiting
from procsim.wire.pipe import raised_elsewhere


class _Kill(Builtin):
    def __call__(self, *args: Any) -> None:
        pid, number = args if len(args) == 2 and type(args[0]) is int else (0, 0)
        number = plain(number)
        kind = _ENDS_A_PROCESS.get(number)
        if kind is None and pid > 0 and type(number) is int and number:
            unfollowed.emit_used("signal", other=pid)
        if kind is not None and pid == os.getpid() and explored.active:
            gate.arrive("process_ended", None, caller() or None, subject=explored.process_name())
        if kind is not None and pid > 0 and pid != os.getpid():
            at = caller()
            if at != INTERNAL and not is_dead_child(pid):
                if explored.active:
                    gate.arrive(kind, None, at, subject=explored.name_of(pid) or pid)
                emit(kind, at=at, child=pid, child_name=_name_of_child(pid))
        self._original(*args)


_ENDS_A_PROCESS = {int(_signal.SIGTERM): "process_terminated", int(_signal.SIGKILL): "process_killed"}


def _name_of_child(pid: int) -> str:
    multiprocessing = sys.modules.get("multiprocessing.process")
    children = list(multiprocessing._children) if multiprocessing else []
    return next((child._name for child in children if child._popen is not None and child._popen.pid == pid), "")


class _Exit(Builtin):
    def __call__(self, *args: Any, **kwargs: Any) -> None:
        code = kwargs.get("status", args[0] if args else None)
        at = caller()
        if at != INTERNAL and explored.active:
            gate.arrive("process_ended", None, at, subject=explored.process_name())
        if at != INTERNAL and type(code) is int:
            emit("process_left", at=at, exit_code=code & 0xFF)
        self._original(*args, **kwargs)


class _Wait(Builtin):
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if len(args) == 2 and self._original.__name__ == "waitpid":
            explored.ask_to_wait(*args)
        result = self._original(*args, **kwargs)
        pid, status = result[:2]
        frame = sys._getframe().f_back
        if pid and status and frame is not None:
            emit_exit_code_seen(frame, pid, _code_of(status))
        return result


def emit_exit_code_seen(frame: FrameType, pid: int, code: Any) -> None:
    """Emit that the code of this frame was just told how the process ended, if it does not let go of that at once.

    The standard library keeps it for whoever asks.
    """
    if code and not is_library(frame) and not is_dropped(frame):
        emit("process_exit_code_seen", at=call_site(frame), child=pid, child_name="", exit_code=code)


def _code_of(status: int) -> int | None:
    if os.WIFSIGNALED(status):
        return -os.WTERMSIG(status)
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else None


def patch_endings() -> None:
    """os.kill, os._exit, os.waitpid and their kin, which are those of posix."""
    for name, patch in _PATCHES.items():
        function = patch(getattr(os, name))
        replace(posix, name, function)
        replace(os, name, function)


_PATCHES: dict[str, type[Builtin]] = {
    "kill": _Kill,
    "_exit": _Exit,
    **dict.fromkeys(("wait", "wait3", "wait4", "waitpid"), _Wait),
}


def emit_ending(kind: str, process: Any) -> None:
    """A process is about to be ended by a method of its class; nothing is emitted where it has ended already."""
    popen = vars(process).get("_popen")
    if popen is not None and explored.active and not explored.is_helper():
        gate.arrive(kind, None, caller(OF_HELPER) or None, subject=explored.name_of(popen.pid) or popen.pid)
    if popen is not None and not has_ended(popen):
        emit(kind, at=caller(OF_HELPER) or None, child=popen.pid, child_name=process._name)


def has_ended(popen: Any) -> bool:
    """Whether a process has ended already: a ProcessPoolExecutor terminates those, too."""
    if popen.returncode is not None:
        return True
    if getattr(popen, "method", None) == "forkserver":
        return bytes_are_waiting(popen.sentinel)  # its exit code
    return is_dead_child(popen.pid)


def is_dead_child(pid: int) -> bool:
    """Whether it is a child of ours that has ended and was not reaped yet."""
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except (OSError, AttributeError) as error:  # no child of ours; macOS before Python 3.13
        if raised_elsewhere(error):
            raise
        return False
