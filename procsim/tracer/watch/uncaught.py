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
from procsim.tracer.sites import (
    INTERNAL,
    call_site,
    is_generated,
    is_installed,
    is_internal,
    is_library,
    is_ours,
    module_of,
)
from procsim.tracer.values import TEXT_LIMIT, function_name, own, plain, type_name
from procsim.tracer.watch.tracebacks import hide_ours, is_a, trace_of
from procsim.wire.identities import semaphore

_DUMPS = (("multiprocessing.reduction", "dump"), ("multiprocessing.reduction", "dumps"))
"""The functions that pickle what is sent to another process."""

_NEED_A_START = [("multiprocessing.process", name) for name in ("join", "terminate", "kill", "sentinel")]
"""The methods of a process that raise where it was never started."""

_ASKS = [("multiprocessing.managers", name) for name in ("_callmethod", "_connect", "_incref")]
"""The methods of a proxy that ask its manager for something."""

Operation = tuple[str | None, str | None, str | None]
"""What was being done, the name of the process or module that it is about, and where that process was made."""

_LOADS = {
    ("multiprocessing.spawn", "_main"): "preparation_data",
    ("multiprocessing.queues", "get"): "res",
    ("multiprocessing.connection", "recv"): "buf",
}
"""The functions that unpickle what another process has sent, and the local variable that they have set by then."""


def emit_raised(error: BaseException, kind: str = "raised", operation: Operation | None = None) -> None:
    """An exception ended this process; or, `thread_raised`, this thread of it.

    `operation`: what was being done, where the traceback does not show it.
    """
    fields, missing, at = described(error, operation)
    if kind == "thread_raised":
        pool, fields["helper"] = helper_of([frame for frame, _ in frames_of(error)])
        missing = pool or missing
    emit(kind, missing, at, **fields)


def described(
    error: BaseException, operation: Operation | None = None
) -> tuple[dict[str, Any], int | None, str | None]:
    """The fields of an event about an exception, the object that was missing, and the line where it began."""
    frames = frames_of(error)
    during, subject, made = operation or _importing(error) or operation_of(error, [frame for frame, _ in frames])
    missing = _missing(error, frames)
    if missing is not None:
        during = "attaching"
    fields = {"type": type_name(type(error)), "text": text_of(error), "during": during}
    return fields | {"subject": subject, "made": made}, missing, origin_of(frames)


def text_of(error: BaseException) -> str:
    """The text of an exception that Python itself prints. Else `str` is not called: it is the program's code."""
    if is_a(error, SystemExit):
        return plain_text_of(error)
    try:
        return str(error)[:ERROR_LIMIT]
    except Exception:
        return ""


def plain_text_of(error: BaseException) -> str:
    """The text of an exception that Python does not print, so that its `str` is not called."""
    arguments = BaseException.args.__get__(error)  # type: ignore[attr-defined]
    if len(arguments) != 1 or type(arguments[0]) not in (str, int):
        return ""
    return (repr if is_a(error, KeyError) else str)(arguments[0])[:ERROR_LIMIT]


ERROR_LIMIT = TEXT_LIMIT // 4
"""Characters of the text of an exception that an event holds."""


def emit_call_raised(call: str, error: BaseException, identity: int | None, at: str | None) -> None:
    """A call of multiprocessing's own has raised. Not where the program's code raised in it, such as a signal handler;
    nor where a queue was full.
    """
    frames = frames_of(error)
    its_own = not frames or is_internal(frames[-1][0])
    if its_own and is_a(error, Exception) and type_name(type(error)) != "Full":
        emit("call_raised", identity, at, call=call, type=type_name(type(error)), text=text_of(error))


def uncaught() -> BaseException | None:
    """The exception that ended this interpreter's main program; None: it ended by itself.

    The interpreter leaves it in `sys.last_value`, with a traceback that begins at the outermost frame. pytest and
    tkinter leave there what they have caught; then the traceback begins at a frame that was called by another. At a
    prompt (`sys.ps1`: `python -i`) an exception ends nothing.
    """
    trace = getattr(sys, "last_traceback", None)
    was_caught = isinstance(trace, TracebackType) and trace.tb_frame.f_back is not None
    error = getattr(sys, "last_value", None)
    return None if was_caught or hasattr(sys, "ps1") or not is_a(error, BaseException) else error


def patch_threading(module: ModuleType) -> None:
    """threading: an exception that ends a thread. `threading.excepthook` stays the program's own."""
    make = module._make_invoke_excepthook  # called by each Thread when it is made

    def _make_invoke_excepthook() -> Any:
        invoke = make()

        def invoke_excepthook(thread: Any) -> None:
            error = sys.exc_info()[1]
            # Another thread may end by `sys.exit`. For one of a pool's it is an accident: a callback has called it.
            if error is not None and (
                not is_a(error, SystemExit) or helper_of([frame for frame, _ in frames_of(error)])[0]
            ):
                emit_raised(error, "thread_raised")
                hide_ours(error)
            invoke(thread)

        return invoke_excepthook

    replace(module, "_make_invoke_excepthook", _make_invoke_excepthook)


_HELPERS = {
    ("multiprocessing.pool", "_handle_tasks"): "tasks",
    ("multiprocessing.pool", "_handle_results"): "results",
    ("multiprocessing.pool", "_handle_workers"): "workers",
}
"""What the threads of a Pool run, and what they are there for."""


def helper_of(frames: list[FrameType]) -> tuple[int | None, str | None]:
    """The pool whose own thread this is, and what that thread is there for; nothing where it is another thread."""
    for frame in frames:
        helper, variables = _HELPERS.get(_function(frame)), frame.f_locals
        if helper is not None:
            identity = getattr(variables.get("cache"), "_procsim_pool", None)  # a pool of threads has none
            return identity, helper if identity else None
        if frame.f_code.co_name == "run":  # of an executor's thread, Python's or another package's
            identity = own(own(variables.get("self"), "call_queue"), "_procsim_pool")
            if identity is not None:
                return identity, "all"
    return None, None


def frames_of(error: BaseException, trace: TracebackType | None = None) -> list[tuple[FrameType, int]]:
    """The frames of an exception's `trace`, or else of the one that it has, and their lines, without our own."""
    trace = trace or trace_of(error)
    frames = []
    while trace is not None:
        if not is_ours(trace.tb_frame):
            frames.append((trace.tb_frame, trace.tb_lineno))
        trace = trace.tb_next
    return frames


def _function(frame: FrameType) -> tuple[str, str]:
    return module_of(frame), frame.f_code.co_name


NOTHING: Operation = (None, None, None)


def _importing(error: BaseException) -> Operation | None:
    missing = plain(_name_of_module(error)) if is_a(error, ModuleNotFoundError) else None
    return ("importing", missing, None) if missing else None


_name_of_module = ImportError.__dict__["name"].__get__


def _missing(error: BaseException, frames: list[tuple[FrameType, int]]) -> int | None:
    """The lock or semaphore that this process was given and did not find: it was removed, as its maker had let it go.

    Of an object that has several semaphores, it is the first one that is unpickled.
    """
    frame = frames[-1][0] if frames and is_a(error, FileNotFoundError) else None
    if frame is None or _function(frame) != ("multiprocessing.synchronize", "__setstate__"):
        return None
    *_, name = frame.f_locals["state"]
    return semaphore(name)


def operation_of(error: BaseException, frames: list[FrameType]) -> Operation:
    """What multiprocessing was doing when an exception began; NOTHING if it had no part in it.

    "starting": a process, while the file of the program was first run by a new interpreter. "task_done": once too
    often. "not_started": what only a started process can do. "sending" and "receiving": pickling what goes to another
    process, and unpickling what has come from one. "broken": an executor, since one of its workers has ended.
    "nesting": a daemon, such as a worker of a Pool, was to start a process, which it must not.
    "answering": pickling what a task of a Pool has returned or raised.
    "asking": a manager, which could not be reached. "grouping": making a Process with a group, which must be None.
    "arguments": making one whose arguments are no tuple. "calling": what a process was to run, with arguments that do
    not fit; "calling with text": these are the characters of a text. "started": a process for the second time.
    "finding memory": shared memory of that name.
    """
    executors = sys.modules.get("concurrent.futures.process")
    if executors is not None and is_a(error, executors.BrokenProcessPool):
        return "broken", None, None
    pools = sys.modules.get("multiprocessing.pool")
    if pools is not None and is_a(error, pools.MaybeEncodingError):
        return "answering", None, None
    if not frames:
        return NOTHING
    innermost = frames[-1]
    if _function(innermost) == ("multiprocessing.spawn", "_check_not_importing_main"):
        return "starting", None, None
    if _function(innermost) == ("multiprocessing.queues", "task_done"):
        return "task_done", None, None
    if _function(innermost) == ("multiprocessing.process", "__init__") and innermost.f_locals.get("group") is not None:
        group = innermost.f_locals["group"]
        return "grouping", function_name(group) if callable(group) else None, None
    if _function(innermost) == ("multiprocessing.process", "start") and _is_daemon():
        return "nesting", None, None
    beginner = _with_a_process(error, innermost)
    if beginner is not None:
        return beginner
    if _function(innermost) == ("multiprocessing.shared_memory", "__init__") and is_a(error, FileNotFoundError):
        return "finding memory", plain(innermost.f_locals.get("name")), None
    process = innermost.f_locals.get("self") if _function(innermost) in _NEED_A_START else None
    if process is not None and process._popen is None and process._parent_pid == os.getpid():
        return "not_started", process._name, process._procsim_made
    for caller, frame in pairwise(frames):
        if _function(frame) in _DUMPS and is_internal(caller):
            return "sending", None, None
    if module_of(innermost) == "multiprocessing.connection" and any(_function(frame) in _ASKS for frame in frames):
        return "asking", None, None
    for frame, following in zip(frames, [*frames[1:], None], strict=True):
        variable = _LOADS.get(_function(frame))
        # Then what was raised comes from the file of the program, which the new process runs first.
        prepares = following is not None and _function(following) == ("multiprocessing.spawn", "prepare")
        if variable is not None and variable in frame.f_locals and not prepares:
            return "receiving", None, None
    return NOTHING


def _is_daemon() -> bool:
    processes = sys.modules.get("multiprocessing.process")
    return processes is not None and bool(processes._current_process._config.get("daemon"))


def _with_a_process(error: BaseException, innermost: FrameType) -> Operation | None:
    """What was wrong with how a Process was made, started or run; None: something else."""
    module, function = _function(innermost)
    if module != "multiprocessing.process" or function not in ("__init__", "run", "start"):
        return None
    process = innermost.f_locals.get("self")
    name, made = own(process, "_name"), own(process, "_procsim_made")
    if function == "__init__" and is_a(error, TypeError) and own(process, "_args") is None:
        return "arguments", str(type_name(type(innermost.f_locals.get("args")))), None
    if function == "run" and is_a(error, TypeError):
        target = own(process, "_target")
        how = "calling with text" if own(process, "_procsim_text") else "calling"
        return how, function_name(target) if callable(target) else None, made
    if function == "start" and is_a(error, AssertionError) and own(process, "_popen") is not None:
        return "started", plain(name), made
    return None


def inherited_type(frames: list[FrameType]) -> str | None:
    """The type of what only a new process can be given, where an exception says that; None: it says something else."""
    if frames and _function(frames[-1]) == ("multiprocessing.context", "assert_spawning"):
        return str(type_name(type(frames[-1].f_locals.get("obj"))))
    return None


def origin_of(frames: list[tuple[FrameType, int]]) -> str | None:
    """The innermost line of the program's own code in a traceback; if there is none, of installed packages."""
    own = installed = None
    for frame, line in frames:
        if not is_library(frame) and not is_generated(frame):
            here = call_site(frame)
            if here and here != INTERNAL:
                site = f"{here.rsplit(':', 1)[0]}:{line}"
                own, installed = (own, site) if is_installed(frame) else (site, installed)
    return own or installed
