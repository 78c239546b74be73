"""Tracebacks that people read: without our frames.

A frame enters a traceback whenever an exception leaves it, so ours are taken out again where a traceback is about to be
shown: by the interpreter, through its hooks; or by the module traceback, which logging, unittest, multiprocessing and
others use. A program that walks `__traceback__` by itself, as a debugger does, still sees them.
"""

import sys
import threading
from types import ModuleType, TracebackType
from typing import Any

from procsim.tracer.patching import Builtin, Methods, replace
from procsim.tracer.sites import is_ours


def cover_hooks() -> None:
    """The interpreter's own hooks, by which it shows what nobody has caught. A hook of the program's stays as it is."""
    for name, hook in (("excepthook", _ExceptHook), ("unraisablehook", _UnraisableHook)):
        own = f"__{name}__"
        covered, was_own = hook(getattr(sys, own)), getattr(sys, name) is getattr(sys, own)
        replace(sys, own, covered)
        if was_own:
            replace(sys, name, covered)


class _ExceptHook(Builtin):
    """sys.__excepthook__."""

    def __call__(self, kind: Any, error: Any, trace: Any, /) -> None:
        hide_ours(error)
        self._original(kind, error, without_ours(trace))


class _UnraisableHook(Builtin):
    """sys.__unraisablehook__: what is raised in an exit handler or a `__del__`."""

    def __call__(self, unraisable: Any, /) -> None:
        kind, error, trace, *others = unraisable
        self._original(type(unraisable)((kind, error, without_ours(trace), *others)))


def patch_traceback(module: ModuleType) -> None:
    """traceback."""
    extract_tb, walk_tb = module.extract_tb, module.walk_tb

    def traced_extract_tb(tb: Any, limit: Any = None) -> Any:
        return extract_tb(without_ours(tb), limit)

    def traced_walk_tb(tb: Any) -> Any:
        return walk_tb(without_ours(tb))

    replace(module, "extract_tb", traced_extract_tb)
    replace(module, "walk_tb", traced_walk_tb)
    TracebackException.replace_those_of(module.TracebackException)


class TracebackException(Methods):
    """traceback.TracebackException. It makes one for each exception in a chain or a group."""

    def __init__(self: Any, exc_type: Any, exc_value: Any, exc_traceback: Any, **kwargs: Any) -> None:
        TracebackException.real.__init__(self, exc_type, exc_value, without_ours(exc_traceback), **kwargs)
        _last.error, _last.text = id(exc_value), getattr(self, "_str", None)


class _Last(threading.local):
    """The exception that this thread has made such an object for last, by id, and its text."""

    error = 0
    text: str | None = None


_last = _Last()


def text_shown_of(error: BaseException) -> str:
    """The text of the exception that this thread has just made into a traceback: its `__str__` is not called again."""
    return _last.text if _last.error == id(error) and type(_last.text) is str else ""


# By Python's own getters and setters: a class of the program's may have others, as that of a frozen dataclass.
trace_of = BaseException.__dict__["__traceback__"].__get__
_set_trace = BaseException.__dict__["__traceback__"].__set__
_cause = BaseException.__dict__["__cause__"].__get__
_context = BaseException.__dict__["__context__"].__get__
_members = BaseExceptionGroup.__dict__["exceptions"].__get__


def is_a(error: Any, kind: type[BaseException]) -> bool:
    """Whether it is an exception of this kind. `isinstance` would ask for its `__class__`, too."""
    return issubclass(type(error), kind)


def hide_ours(error: BaseException) -> None:
    """Take our frames out of the traceback of an exception, and of those that belong to it."""
    known: set[int] = set()
    found: list[Any] = [error]
    while found:
        error = found.pop()
        if is_a(error, BaseException) and id(error) not in known:
            known.add(id(error))
            _set_trace(error, without_ours(trace_of(error)))
            found += [_cause(error), _context(error)]
            found += _members(error) if is_a(error, BaseExceptionGroup) else ()


def without_ours(trace: Any) -> Any:
    """The traceback from its first frame that is not ours; those behind that are taken out of it. None stays None."""
    first = last = _skipped(trace)
    while last is not None:
        following = _skipped(last.tb_next)
        if following is not last.tb_next:
            last.tb_next = following
        last = following
    return first


def _skipped(trace: Any) -> Any:
    while type(trace) is TracebackType and is_ours(trace.tb_frame):
        trace = trace.tb_next
    return trace
