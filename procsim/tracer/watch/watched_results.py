"""What is inside a result of a pool, the event or condition on which a thread waits: as a class of ours, it emits that.

watch(inside) ──► somebody waits ──► pool_result_waiting, pool_result_got
              └─► it is an error ──► pool_job_failed ──► asked for ──► pool_error_seen
"""

import _frozen_importlib  # importlib._bootstrap, which is there in every interpreter
import sys
import threading
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

from procsim.tracer.emit import Waiting, emit, emit_waiting
from procsim.tracer.sites import own_site
from procsim.tracer.values import function_name, own, plain, type_name
from procsim.tracer.watch.result_polls import LOOKING, emit_asked, has_come
from procsim.tracer.watch.uncaught import (
    frames_of,
    helper_of,
    inherited_type,
    operation_of,
    origin_of,
    plain_text_of,
    text_of,
)


def emit_submitted(inside: Any, function: Any, tasks: int | None) -> None:
    """`inside`: the event or condition inside the result, which is watched."""
    at = own_site(3)  # past the constructor, and the method that calls it
    name = function_name(function)
    identity, job = inside._procsim_result
    emit("pool_submitted", identity, at, job=job, function=name, tasks=tasks)
    if type(inside) in _ERRORS:
        inside._procsim_call = (name, at)


# Waiting for it ----------------------------------------------------------------------------------------------


class _ResultEvent(threading.Event):
    """The event inside the result of a Pool, or of `concurrent.futures.wait`."""

    _procsim_result: tuple[int, int | None]
    _procsim_call: tuple[str, str | None] = ("", None)
    _procsim_limit: float | None = None
    _procsim_asked = False

    def is_set(self) -> bool:
        self._procsim_asked = True
        is_set = super().is_set()
        looks = sys._getframe(1)
        if not is_set and looks.f_code in LOOKING and (looks.f_back is None or looks.f_back.f_code not in _asking):
            emit_asked(self)
        return is_set

    def wait(self, timeout: Any = None) -> bool:
        return super().wait(timeout) if self.is_set() else _wait(self, super().wait, timeout)

    def set(self) -> None:
        # `_set` of a result calls this last.
        result = sys._getframe(1).f_locals.get("self") if self._procsim_result[1] is not None else None
        if result is not None and getattr(result, "_success", True) is False:
            notice_error(self, result._value, heard=result._error_callback is not None)
        super().set()


class _ErrorEvent(_ResultEvent):
    """The same, where the result is an error that nobody has asked for."""

    def is_set(self) -> bool:
        asks = sys._getframe(1).f_back  # through `ready`
        if asks is not None and asks.f_code in _asking:
            _emit_seen(self)
        return threading.Event.is_set(self)  # its class has changed


def has_not_come(result: Any) -> bool:
    """Whether this is a result of a Pool that is still to come and that nobody has asked for."""
    condition = own(result, "_cond")
    if type(condition) in (ResultCondition, _ErrorCondition):  # of an iterator: what has come, and was not taken
        items, come, waiting = own(result, "_items"), own(result, "_index"), own(condition, "_waiters")
        return not waiting and items is not None and len(items) == come
    return not is_awaited(own(result, "_event"))


def is_awaited(event: Any) -> bool:
    """Whether a result, of which this is the event, is no longer to come, or somebody has asked for it."""
    return type(event) is not _ResultEvent or event._procsim_asked


class ResultCondition(threading.Condition):
    """The condition inside a Future, or the iterator of an `imap`, which waits only if there is nothing yet."""

    _procsim_result: tuple[int, int | None]
    _procsim_call: tuple[str, str | None] = ("", None)
    _procsim_limit: float | None = None

    def __enter__(self) -> bool:
        entered = super().__enter__()
        code = sys._getframe(1).f_code
        # Not before: it may become an error while this thread waits to enter.
        is_seen = type(self) is _ErrorCondition and code in _asking
        if is_seen or code in LOOKING:
            try:
                if is_seen:
                    _emit_seen(self)
                elif not has_come(sys._getframe(1)):
                    emit_asked(self)
            except BaseException:  # a signal handler of the program has raised
                super().__exit__(None, None, None)
                raise
        return entered

    def wait(self, timeout: Any = None) -> bool:
        got = _wait(self, super().wait, timeout)
        if type(self) is _ErrorCondition:
            _emit_seen(self)
        return got

    def notify_all(self) -> None:
        frame = sys._getframe(1)
        if frame.f_code in SETTING_ERRORS:
            notice_error(self, frame.f_locals["exception"], heard=False)
        super().notify_all()


class PolledCondition(ResultCondition):
    """The same, where the method by which the program waits does so with a short time limit, again and again: one wait.

    `leave` ends it where nothing has come.
    """

    _procsim_waits: tuple[str | None, Waiting] | None = None

    def wait(self, timeout: Any = None) -> bool:
        identity, job = self._procsim_result
        if self._procsim_waits is None:
            self._procsim_waits = (_emit_waiting(self, own_site(), None), Waiting())
        got = threading.Condition.wait(self, timeout)
        if got:
            emit("pool_result_got", identity, self._procsim_waits[0], job=job)
            self._procsim_waits = None
        return got

    def leave(self) -> None:
        """It is waited for no longer."""
        if self._procsim_waits is not None:
            identity, job = self._procsim_result
            at, waiting = self._procsim_waits
            emit("pool_result_missed", identity, at, job=job, took=waiting.took())
            self._procsim_waits = None


class _ErrorCondition(ResultCondition):
    """The same, where the result is an error that nobody has asked for."""


_VISIBLE = {threading.Event: _ResultEvent, threading.Condition: ResultCondition}
_ERRORS: dict[type, type] = {_ResultEvent: _ErrorEvent, ResultCondition: _ErrorCondition}
_SEEN: dict[type, type] = {error: result for result, error in _ERRORS.items()}

_asking: set[CodeType] = set()
"""The methods that return a result, or raise the error that it is."""

SETTING_ERRORS: set[CodeType] = set()
"""The methods by which a result becomes an error."""


def ask_for_results(*methods: Any, ready: Any) -> None:
    """`methods` return a result, or raise the error that it is; `ready` tells whether it has come."""
    _asking.update(method.__code__ for method in methods)
    LOOKING.add(ready.__code__)


def watch(inside: Any, pool: int | None, job: int, limit: float | None = None) -> bool:
    """Have the event or condition inside a result emit when a thread waits. False: the pool is not traced.

    `limit`: seconds after which the pool ends the task, and the result is an error.
    """
    if pool is None:
        return False
    make_visible(inside, pool, job)
    if limit is not None:
        inside._procsim_limit = limit
    return True


def watch_polled(inside: Any, pool: int | None, job: int, limit: float | None = None) -> bool:
    """The same for a condition on which a package waits again and again, each time for a moment."""
    watched = watch(inside, pool, job, limit)
    if type(inside) is ResultCondition:
        inside.__class__ = PolledCondition
    return watched


def make_visible(inside: Any, identity: int, job: int | None) -> None:
    """Have it emit. It stays the same object, since others may have it already, and refers to nothing new, so that it
    lives as long.
    """
    visible = _VISIBLE.get(type(inside))
    if visible is not None:
        inside._procsim_result = (identity, job)
        inside.__class__ = visible


def _emit_waiting(inside: Any, at: str | None, timeout: Any) -> str | None:
    """The line is returned."""
    identity, job = inside._procsim_result
    fields = {"job": job, "importing": module_being_imported(), "helper": _helper_here(identity)}
    emit_waiting("pool_result_waiting", identity, at, inside._procsim_limit if timeout is None else timeout, **fields)
    return at


def _wait(inside: Any, wait: Callable[[Any], bool], timeout: Any) -> bool:
    identity, job = inside._procsim_result
    at = _emit_waiting(inside, own_site(2), timeout)
    waiting = Waiting()
    got = False
    try:
        got = wait(timeout)
    finally:  # it also ends when a signal handler of the program raises: Ctrl-C, an alarm
        if got:
            emit("pool_result_got", identity, at, job=job)
        else:
            emit("pool_result_missed", identity, at, job=job, took=waiting.took())
    return got


def _helper_here(identity: int) -> str | None:
    """What this thread is there for, where it is one of that pool's own: it runs a callback then."""
    if threading.get_ident() == threading.main_thread().ident:
        return None
    frames: list[FrameType] = []
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    pool, helper = helper_of(frames)
    return helper if pool == identity else None


def module_being_imported() -> str | None:
    """The module that this thread is importing: no other thread can import it, or pickle a function of it, before."""
    if not _module_locks:  # nobody imports anything: no need to look through all frames
        return None
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        if frame.f_code is _LOAD:
            return str(plain(frame.f_locals["spec"].name))
        frame = frame.f_back
    return None


_module_locks: Any = _frozen_importlib._module_locks  # type: ignore[attr-defined]
_LOAD = _frozen_importlib._load_unlocked.__code__  # type: ignore[attr-defined]


# Where it is an error ----------------------------------------------------------------------------------------


def notice_error_of_item(iterator: Any, error: Any) -> None:
    """One of the results that the iterator of an `imap` will give is an error."""
    notice_error(iterator._cond, error, _was_asked(iterator) or bool(iterator._cond._waiters))


def _was_asked(iterator: Any) -> bool:
    """Whether one of its results was taken: it holds all that have come and were not."""
    return bool(iterator._index > len(iterator._items))


def notice_asked_meanwhile(iterator: Any) -> None:
    """An item has come. If it is an error, a thread may have been in the middle of taking one when that was noticed."""
    if type(iterator._cond) is _ErrorCondition and _was_asked(iterator):
        _emit_seen(iterator._cond)


def notice_error(inside: Any, error: BaseException, heard: bool) -> None:
    """A result is an error. From now on the event or condition `inside` emits when somebody asks for it.

    `heard`: somebody does so anyway.
    """
    if type(inside) not in _ERRORS:  # of a pool of threads; or it is known
        return
    identity, job = inside._procsim_result
    function, submitted = inside._procsim_call
    frames = [frame for frame, _ in frames_of(error)]  # empty if it comes from a worker
    during = operation_of(error, frames)[0]
    emit(
        "pool_job_failed",
        identity,
        job=job,
        function=function,
        submitted=submitted,
        type=type_name(type(error)),
        text=text_of(error) if during == "answering" else plain_text_of(error),  # that is Python's own
        during=during,
        inherited=inherited_type(frames),
        heard=heard,
    )
    if not heard:
        inside.__class__ = _ERRORS[type(inside)]


def emit_callback_raised(result: Any, error: KeyError) -> None:
    """A callback has raised a KeyError. The thread of the Pool takes it for a result that nobody waits for any more."""
    callback = result._callback if result._success else result._error_callback
    at = origin_of(frames_of(error))
    if type(result._event) in (_ResultEvent, _ErrorEvent):  # else it is a pool of threads
        identity, job = result._event._procsim_result
        name, text = function_name(callback), plain_text_of(error)
        emit("pool_callback_raised", identity, at, job=job, function=name, type=type_name(type(error)), text=text)


def _emit_seen(inside: Any) -> None:
    identity, job = inside._procsim_result
    function, submitted = inside._procsim_call
    inside.__class__ = _SEEN.get(type(inside), type(inside))  # two threads may ask at once
    emit("pool_error_seen", identity, job=job, function=function, submitted=submitted)
