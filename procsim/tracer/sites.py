"""Where in the code: the call site of what is traced, and whose code a frame is.

frame ──► multiprocessing's, the library's, a package's, ours? ──► "file:line" of the program
"""

import os
import sys
from collections.abc import Callable
from types import CodeType, FrameType

from procsim.wire.pipe import raised_elsewhere
from procsim.wire.places import short_path

_getframe = sys._getframe

INTERNAL = ""
"""The call site of a call that multiprocessing made itself."""

_INTERNAL_MODULES = (
    "multiprocessing.",
    "concurrent.futures.process.",
    "concurrent.futures._base.",
    "procsim.tracer.",
)  # not concurrent.futures.thread, whose threads make the program's own calls
_internal: tuple[str, ...] = _INTERNAL_MODULES


def count_as_internal(*modules: str) -> None:
    """Take these modules or packages, too, for multiprocessing's own: executors that are made like that of Python.

    Without any: multiprocessing's own alone again.
    """
    global _internal
    _internal = (*_internal, *(f"{module}." for module in modules)) if modules else _INTERNAL_MODULES


sites_known: dict[int, str] = {}
"""By the address of the instruction, which no two share: a code object contains its instructions."""

SITES_KEPT = 10_000

_kept: list[CodeType] = []
"""These code objects must stay alive, or their addresses could become those of others."""


OF_METHOD, OF_HELPER = 2, 3
"""The `depth` for `caller`: if the traced method itself asks; if a function that it calls asks."""


def caller(depth: int = OF_METHOD) -> str | None:
    """The call site of a traced method: "file:line"; INTERNAL; or None where there is no Python code above it."""
    try:
        frame = _getframe(depth)
    except ValueError as error:  # called from C, with no frame above: atexit, start_new_thread(lock.acquire)
        if raised_elsewhere(error):
            raise
        return None
    try:
        return sites_known[id(frame.f_code) + frame.f_lasti]
    except KeyError as error:
        if raised_elsewhere(error):
            raise
        return call_site(frame)


def caller_through(shorthand: str) -> str | None:
    """The call site of the traced method that asks. Where its class's own `shorthand` called it (`put_nowait` calls
    `put`), the call site of that."""
    at = caller(OF_HELPER)
    if at == INTERNAL and (frame := _getframe(2)).f_code.co_name == shorthand:
        return call_site(frame.f_back)
    return at


def call_site(frame: FrameType | None) -> str | None:
    """A place such as "tickets.py:41" for a frame of the program's; INTERNAL for one of multiprocessing's."""
    while frame is not None:
        site = sites_known.get(id(frame.f_code) + frame.f_lasti)
        if site is not None:
            return site
        if not is_generated(frame):
            return None if _runs_a_target(frame) else _learned(frame)
        frame = frame.f_back  # Value(...).value: a property that sharedctypes made with exec
    return None


def _runs_a_target(frame: FrameType) -> bool:
    """Whether this is `Process.run`: what it calls is what the program has given it, `target=barrier.wait`, say."""
    return frame.f_code.co_name == "run" and module_of(frame) == "multiprocessing.process"


def _learned(frame: FrameType) -> str:
    site = INTERNAL if is_internal(frame) else f"{short_path(frame.f_code.co_filename)}:{frame.f_lineno}"
    if len(sites_known) >= SITES_KEPT:  # a program that makes code for ever
        sites_known.clear()
        _kept.clear()
    _kept.append(frame.f_code)
    sites_known[id(frame.f_code) + frame.f_lasti] = site
    return site


def outer_site(depth: int = 1) -> str | None:
    """The nearest call site outside multiprocessing, however deep inside it the traced call was made.

    Outside asyncio too: `loop.run_in_executor(pool, work)`.
    `depth`: how many frames are skipped. They save time, as CPython makes an object of each frame that is asked for.
    """
    return call_site(_outer_frame(_getframe(depth)))


def _outer_frame(frame: FrameType | None) -> FrameType | None:
    while frame is not None:
        if call_site(frame) == INTERNAL:
            if frame.f_code.co_name == "_bootstrap":  # as in `program_frame`
                return None
        elif not module_of(frame).startswith("asyncio."):
            return frame
        frame = frame.f_back
    return None


def own_site(depth: int = 1) -> str | None:
    """The same, but where that is in an installed package, such as joblib, the nearest line that is the program's own.

    `depth`: as for `outer_site`.
    """
    return call_site(own_frame(_getframe(depth)))


def own_frame(frame: FrameType | None) -> FrameType | None:
    """The frame with that line."""
    frame = _outer_frame(frame)
    if frame is None or not is_installed(frame):
        return frame
    return program_frame(frame, _is_of_others) or frame


def _is_of_others(frame: FrameType) -> bool:
    return is_library(frame) or is_installed(frame) or is_generated(frame)


def program_site() -> str | None:
    """The nearest call site outside the standard library: the line that called `json.load(file)`."""
    return call_site(program_frame(_getframe(1), is_library))


def program_frame(frame: FrameType | None, passed: Callable[[FrameType], bool] | None = None) -> FrameType | None:
    """The nearest frame of the program's own code, from this one outwards. Frames that are `passed` are skipped.

    None where there is none below `_bootstrap`: beyond it, a forked child has the frames of its parent.
    """
    passed = passed or is_internal
    while frame is not None and (passed(frame) or _by_multiprocessing(frame)):
        if frame.f_code.co_name == "_bootstrap" and is_internal(frame):
            return None
        frame = frame.f_back
    return frame


_LIBRARY = os.path.dirname(os.__file__)


def is_library(frame: FrameType) -> bool:
    """Whether this is code of the standard library, or ours."""
    return frame.f_code.co_filename.startswith((_LIBRARY, "<frozen")) or is_internal(frame)


def is_installed(frame: FrameType) -> bool:
    """Whether this is code of a package, or of a command that came with one."""
    path = frame.f_code.co_filename
    return path.startswith(f"{sys.prefix}/") or "/site-packages/" in path or "/dist-packages/" in path


def module_of(frame: FrameType) -> str:
    """The name of the module whose code this is; empty where the program has put something else in its place."""
    name = dict.get(frame.f_globals, "__name__")  # `exec` takes a dict of the program's own, whose methods are its code
    return name if type(name) is str else ""


def is_internal(frame: FrameType) -> bool:
    """Whether this is code of multiprocessing itself, or ours."""
    module = module_of(frame)
    if module == "threading":  # multiprocessing's Barrier inherits its methods from there
        return frame.f_code.co_qualname.startswith("Barrier.")
    return f"{module}.".startswith(_internal)


def is_ours(frame: FrameType) -> bool:
    """Whether this is code of the tracer."""
    return f"{module_of(frame)}.".startswith(("procsim.tracer.", "procsim.wire."))


def is_generated(frame: FrameType) -> bool:
    """Whether this code was made with `exec`, and has no line in any file."""
    return _by_multiprocessing(frame) or _of_a_dataclass(frame)


def _by_multiprocessing(frame: FrameType) -> bool:
    return frame.f_code.co_filename == "<string>" and not dict.__contains__(frame.f_globals, "__name__")


def _of_a_dataclass(frame: FrameType) -> bool:
    """Whether this is the `__init__` of a dataclass, say, whose globals are those of the program's file."""
    return frame.f_code.co_filename == "<string>" and dict.__contains__(frame.f_globals, "__file__")
