"""Files that the program waits for: it asks again and again whether something is at a path, and nothing is.

    os.path.exists(path), path.is_file(), open(path) … ──► missing, twice and more ──► path_missing
                                                       └──► there at last ──► path_found

One question is nothing: who looks into a cache finds most of it missing. A loop asks for the same path anew. The second
and the third time are emitted; a sleep between them shows that it goes on (`state/changes/waits.py`).
"""

import os
import sys
from types import FrameType
from typing import Any

from procsim.tracer.emit import emit, handles_interrupts
from procsim.tracer.patching import on_restore
from procsim.tracer.sites import call_site, is_internal, is_library, is_ours, module_of
from procsim.wire import identities
from procsim.wire.pipe import raised_elsewhere

KEPT = 64
"""So many of the last paths at which nothing was are kept."""

TOLD = (2, 3)
"""Which of the questions for one path are emitted."""

_missing: dict[tuple[int, str], int] = {}
"""By PID and path, as the program has it: how often it was asked for in vain."""

_THROUGH = ("genericpath", "posixpath", "pathlib", "os")
"""Modules that ask for the program."""


def begin() -> None:
    """From now on, count anew."""
    on_restore(_missing.clear)


def asked(path: Any, found: bool) -> None:
    """The program has asked what is at a path."""
    if found and not _missing:
        return
    if type(path) is not str:
        if not isinstance(path, str | bytes | os.PathLike):
            return
        path = os.fsdecode(path)
    key = (os.getpid(), path)
    if found:
        times = _missing.pop(key, 0)
    else:
        times = _missing[key] = _missing.get(key, 0) + 1
        if len(_missing) > KEPT:
            del _missing[next(iter(_missing))]
    if times < min(TOLD) or (times > max(TOLD) and not found):
        return
    frame = _asking(sys._getframe(2))
    if frame is not None:
        whole, at = _absolute(path), call_site(frame)
        if found:
            emit("path_found", identities.path(whole), at, path=whole)
        else:
            emit("path_missing", identities.path(whole), at, path=whole, interruptible=handles_interrupts())


def _asking(frame: FrameType | None) -> FrameType | None:
    """The program's own frame that asks; None: a library does."""
    while frame is not None and (is_ours(frame) or module_of(frame).partition(".")[0] in _THROUGH):
        frame = frame.f_back
    return None if frame is None or is_internal(frame) or is_library(frame) else frame


def _absolute(path: str) -> str:
    try:  # not by `abspath`, whose error would look like one of the program's
        return os.path.normpath(os.path.join(os.getcwd(), path))
    except OSError as error:  # the folder that we are in was removed
        if raised_elsewhere(error):
            raise
        return path
