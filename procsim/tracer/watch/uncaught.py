"""Uncaught exceptions: where in the program they began, and what multiprocessing was doing then.

traceback ──► the line of the program; the operation of multiprocessing's ──► raised, thread_raised

What an exception is about follows from the functions in its traceback. Its text proves nothing: the program may have
raised the same words itself.
"""

import os
import sys
from itertools import pairwise
from types import FrameType, ModuleType, TracebackType
from typing import Any

from procsim.tracer.emit import emit
from procsim.tracer.patching import replace
from procsim.tracer.sites import INTERNAL, call_site, is_installed, is_internal, is_library
from procsim.tracer.values import TEXT_LIMIT

_DUMPS = (("multiprocessing.reduction", "dump"), ("multiprocessing.reduction", "dumps"))
"""The functions that pickle what is sent to another process."""

_NEED_A_START = [("multiprocessing.process", name) for name in ("join", "terminate", "kill", "sentinel")]
"""The methods of a process that raise where it was never started."""

_LOADS = {
    ("multiprocessing.spawn", "_main"): "preparation_data",
    ("multiprocessing.queues", "get"): "res",
    ("multiprocessing.connection", "recv"): "buf",
}
"""The functions that unpickle what another process has sent, and the local variable that they have set by then."""


def emit_raised(error: BaseException, kind: str = "raised") -> None:
    """An exception ended this process; or, `thread_raised`, this thread of it."""
    # The `str` of an exception is the program's code, but Python calls it right after us, to print it.
    try:
        text = str(error)
    except Exception:
        text = ""
    frames = _frames(error.__traceback__)
    during, subject, made = _importing(error) or _operation([frame for frame, _ in frames])
    emit(
        kind,
        at=_origin(frames),
        type=type(error).__name__,
        text=text[: TEXT_LIMIT // 4],
        during=during,
        subject=subject,
        made=made,
    )


def uncaught() -> BaseException | None:
    """The exception that ended this interpreter's main program; None: it ended by itself.

    The interpreter leaves it in `sys.last_value`, with a traceback that begins at the outermost frame. pytest and
    tkinter leave there what they have caught; then the traceback begins at a frame that was called by another. At a
    prompt (`sys.ps1`: `python -i`) an exception ends nothing.
    """
    trace = getattr(sys, "last_traceback", None)
    was_caught = isinstance(trace, TracebackType) and trace.tb_frame.f_back is not None
    error = getattr(sys, "last_value", None)
    return None if was_caught or hasattr(sys, "ps1") or not isinstance(error, BaseException) else error


def patch_threading(module: ModuleType) -> None:
    """threading: an exception that ends a thread. `threading.excepthook` stays the program's own."""
    make = module._make_invoke_excepthook  # called by each Thread when it is made

    def _make_invoke_excepthook() -> Any:
        invoke = make()

        def invoke_excepthook(thread: Any) -> None:
            error = sys.exc_info()[1]
            if error is not None and not isinstance(error, SystemExit):
                emit_raised(error, "thread_raised")
            invoke(thread)

        return invoke_excepthook

    replace(module, "_make_invoke_excepthook", _make_invoke_excepthook)


def _frames(trace: TracebackType | None) -> list[tuple[FrameType, int]]:
    """The frames of a traceback and their lines, without our own."""
    frames = []
    while trace is not None:
        if not _module(trace.tb_frame).startswith("procsim.tracer."):
            frames.append((trace.tb_frame, trace.tb_lineno))
        trace = trace.tb_next
    return frames


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__"))


def _function(frame: FrameType) -> tuple[str, str]:
    return _module(frame), frame.f_code.co_name


Operation = tuple[str | None, str | None, str | None]
"""What was being done, the name of the process or module that it is about, and where that process was made."""


NOTHING: Operation = (None, None, None)


def _importing(error: BaseException) -> Operation | None:
    return ("importing", error.name, None) if isinstance(error, ModuleNotFoundError) and error.name else None


def _operation(frames: list[FrameType]) -> Operation:
    """What multiprocessing was doing when an exception began; NOTHING if it had no part in it.

    "starting": a process, while the file of the program was first run by a new interpreter. "task_done": once too
    often. "not_started": what only a started process can do. "sending" and "receiving": pickling what goes to another
    process, and unpickling what has come from one.
    """
    if not frames:
        return NOTHING
    innermost = frames[-1]
    if _function(innermost) == ("multiprocessing.spawn", "_check_not_importing_main"):
        return "starting", None, None
    if _function(innermost) == ("multiprocessing.queues", "task_done"):
        return "task_done", None, None
    process = innermost.f_locals.get("self") if _function(innermost) in _NEED_A_START else None
    if process is not None and process._popen is None and process._parent_pid == os.getpid():
        return "not_started", process._name, process._procsim_made
    for caller, frame in pairwise(frames):
        if _function(frame) in _DUMPS and is_internal(caller):
            return "sending", None, None
    for frame, following in zip(frames, [*frames[1:], None], strict=True):
        variable = _LOADS.get(_function(frame))
        # Then what was raised comes from the file of the program, which the new process runs first.
        prepares = following is not None and _function(following) == ("multiprocessing.spawn", "prepare")
        if variable is not None and variable in frame.f_locals and not prepares:
            return "receiving", None, None
    return NOTHING


def _origin(frames: list[tuple[FrameType, int]]) -> str | None:
    """The innermost line of the program's own code in a traceback; if there is none, of installed packages."""
    own = installed = None
    for frame, line in frames:
        if not is_library(frame):
            here = call_site(frame)
            if here and here != INTERNAL:
                site = f"{here.rsplit(':', 1)[0]}:{line}"
                own, installed = (own, site) if is_installed(frame) else (site, installed)
    return own or installed
