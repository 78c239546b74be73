"""Forks of a process that has several threads: the child has the one alone that forked.

A lock that another thread held then stays locked in the child, and what another thread was to do there is not done. A
lock of threading is no more than a C object, so its holder is not known. Of the child it is known whether it waits for
such a lock or for a condition of threading: a child may do the latter on purpose, until it is ended.
"""

import os
import sys
import threading
from _thread import get_ident
from collections import deque
from functools import partial
from typing import Any

from procsim.tracer.emit import emit, emit_waiting
from procsim.tracer.patching import Methods, on_restore
from procsim.tracer.sites import call_site, is_library, program_frame, program_site
from procsim.tracer.thread_names import name_of
from procsim.tracer.values import NAME_LIMIT, own, plain
from procsim.wire.pipe import raised_elsewhere

_stat = os.stat  # that of the program says that something was looked at

Thread = tuple[str, str | None]
"""Its name, and the line of the program at which it is; None: it runs the code of a library alone."""

THREADS_KEPT = 8
"""Of more, those at a line of the program come first."""


def other_threads() -> list[Thread]:
    """The threads of this process but this one."""
    this = threading.get_ident()
    frames = [(ident, frame) for ident, frame in sys._current_frames().items() if ident != this]
    threads = [(name_of(ident), call_site(program_frame(frame, is_library)) or None) for ident, frame in frames]
    return sorted(threads, key=lambda thread: thread[1] is None)[:THREADS_KEPT]


def library_threads() -> int:
    """How many threads of this process run no Python, such as those of OpenMP or BLAS; 0 where that is not known."""
    try:
        count = _stat("/proc/self/task").st_nlink - 2
    except OSError as error:  # no Linux, or out of reach
        if raised_elsewhere(error):
            raise
        return 0
    return max(0, count - len(sys._current_frames()))


_noted: deque[dict[int, Any]] = deque(maxlen=1)
note_threads = map(_noted.append, iter(partial(dict, threading._active), None)).__next__  # type: ignore[attr-defined]
"""Note the threads of this process: right before a plain `os.fork`, of which only the child knows.

It is C code from end to end: Python would swallow what a signal handler of the program raises in a hook of `os.fork`.
"""
forget_threads = _noted.clear


def noted_threads() -> list[Thread]:
    """In the child: the other threads that were noted, by their names alone. They are forgotten."""
    threads = _noted.pop() if _noted else {}
    names = [plain(own(thread, "_name")) for ident, thread in threads.items() if ident != get_ident()]
    others: list[Thread] = [(name[:NAME_LIMIT], None) for name in names if type(name) is str]
    return others[:THREADS_KEPT]


def watch_own_waits() -> None:
    """From now on, waits of this process's main thread for a condition of threading are events."""
    if not Condition.watched:
        Condition.watched = True
        on_restore(_forget)
        Condition.replace_those_of(threading.Condition)


def _forget() -> None:
    Condition.watched = False


class Condition(Methods):
    """threading.Condition, of which Event, Semaphore, Barrier and queue.Queue are made."""

    watched = False

    def wait(self: Any, timeout: Any = None) -> Any:
        if timeout is not None or threading.current_thread() is not threading.main_thread():
            return Condition.real.wait(self, timeout)
        at = program_site()
        emit_waiting("own_thread_waiting", None, at)
        try:
            return Condition.real.wait(self)
        finally:  # a signal handler of the program may raise
            emit("own_thread_awoke", at=at)
