"""Where in the code: the call site of what is traced, and whose code a frame is.

frame ──► multiprocessing's, the library's, a package's, ours? ──► "file:line" of the program
"""

import os
import sys
from collections.abc import Callable
from types import CodeType, FrameType

from procsim.wire.pipe import raised_elsewhere

_getframe = sys._getframe

INTERNAL = ""
"""The call site of a call that multiprocessing made itself."""

_INTERNAL_MODULES = (
    "multiprocessing.",
    "concurrent.futures.process.",
    "concurrent.futures._base.",
    "procsim.tracer.",
)  # not concurrent.futures.thread, whose threads make the program's own calls
sites_known: dict[int, str] = {}
"""By the address of the instruction, which no two share: a code object contains its instructions."""

SITES_KEPT = 10_000

PLACE_LIMIT = 80
"""Characters of a file's name in a call site."""

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
    if frame is None:
        return None
    key = id(frame.f_code) + frame.f_lasti
    site = sites_known.get(key)
    if site is not None:
        return site
    if is_generated(frame) or _has_no_line(frame):  # Value(...).value: a property that sharedctypes made with exec
        return call_site(frame.f_back)
    site = INTERNAL if is_internal(frame) else f"{short_path(frame.f_code.co_filename)}:{frame.f_lineno}"
    if len(sites_known) >= SITES_KEPT:  # a program that makes code for ever
        sites_known.clear()
        _kept.clear()
    _kept.append(frame.f_code)
    sites_known[key] = site
    return site


def outer_site(depth: int = 1) -> str | None:
    """The nearest call site outside multiprocessing, however deep inside it the traced call was made.

    Outside asyncio too: `loop.run_in_executor(pool, work)`.
    `depth`: how many frames are skipped. They save time, as CPython makes an object of each frame that is asked for.
    """
    frame: FrameType | None = _getframe(depth)
    while frame is not None:
        site = call_site(frame)
        if site == INTERNAL:
            if frame.f_code.co_name == "_bootstrap":  # as in `program_frame`
                return None
        elif not str(frame.f_globals.get("__name__")).startswith("asyncio."):
            return site
        frame = frame.f_back
    return None


def program_site() -> str | None:
    """The nearest call site outside the standard library: the line that called `json.load(file)`."""
    return call_site(program_frame(_getframe(1), is_library))


def program_frame(frame: FrameType | None, passed: Callable[[FrameType], bool] | None = None) -> FrameType | None:
    """The nearest frame of the program's own code, from this one outwards. Frames that are `passed` are skipped.

    None where there is none below `_bootstrap`: beyond it, a forked child has the frames of its parent.
    """
    passed = passed or is_internal
    while frame is not None and (passed(frame) or is_generated(frame)):
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


def is_internal(frame: FrameType) -> bool:
    """Whether this is code of multiprocessing itself, or ours."""
    module = frame.f_globals.get("__name__")
    if not isinstance(module, str):
        return False
    if module == "threading":  # multiprocessing's Barrier inherits its methods from there
        return frame.f_code.co_qualname.startswith("Barrier.")
    return f"{module}.".startswith(_INTERNAL_MODULES)


def is_generated(frame: FrameType) -> bool:
    """Whether this is code that multiprocessing made with `exec`."""
    return frame.f_code.co_filename == "<string>" and "__name__" not in frame.f_globals


def _has_no_line(frame: FrameType) -> bool:
    """Whether this code was generated for a file of the program's, and has no line there: `__init__` of a dataclass."""
    return frame.f_code.co_filename == "<string>" and "__file__" in frame.f_globals


def short_path(path: str) -> str:
    """A short path: the name of the file, with its folder where many files have that name."""
    parts = path.rsplit("/", 2)
    return "/".join(parts[-2:] if parts[-1] in ("__init__.py", "__main__.py") else parts[-1:])[-PLACE_LIMIT:]
