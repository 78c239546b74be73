"""The gate of a process that is explored (`procsim explore`): each thread asks the explorer before each operation.

    gate.arrive ──► ask ──► AT_GATE ──► the explorer, which has one thread move at a time
                                  ◄── GO
                 it happens, without waiting: the explorer knows what would block, and lets nobody begin that

What may wait for a time is done at once or not at all, since no time passes. A thread that waits in a condition is at
the gate, too: `sleep` takes the place of the semaphore inside the condition. If the explorer is gone, nobody is left
for whom this program would run, and it ends at once.

What differs from one execution to the next, and is no order of steps, is made the same: the names of temporary files.
"""

import _socket
import fcntl
import marshal
import os
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from procsim.tracer import gate
from procsim.tracer.sites import INTERNAL, call_site, caller, is_internal, is_library, is_ours, module_of
from procsim.tracer.thread_names import name_of_this_thread
from procsim.tracer.values import NAME_LIMIT, plain, value_of
from procsim.wire.explore_words import (
    ASLEEP,
    AT_GATE,
    AWAKE,
    EXPECT,
    FILE_NAME,
    FORBIDDEN,
    GO,
    HELPS,
    HERE,
    LEFT,
    LOOK,
    LOOKED,
    NOT_YET,
    NOTIFIES,
    SERVES,
)
from procsim.wire.gate_words import CLOSED

active = False
"""Whether the gate of this process asks the explorer."""

known = False
"""Whether this process belongs to a program that is explored. In the zygote, and while an interpreter starts, the gate
is open all the same."""

PATH_LIMIT = 4_000
"""Characters of a path that is told (its end)."""

Confines = tuple[tuple[str, ...], tuple[str, ...]]

_way = ""
_inside: Confines = ((), ())
_name = "MainProcess"
"""The name of this process in the schedule, which no other process has."""
_made: dict[str, int] = {}
"""How many processes of each name this process has made."""
_forks = 0
"""How often this process has forked without starting a Process."""
_ends: set[int] = set()
"""The descriptors of all threads of this process."""


class _End:
    """This thread's connection to the explorer, which ends with the thread."""

    def __init__(self) -> None:
        connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
        connection.connect(_way)
        low = connection.detach()
        try:
            self.number = fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, 900)
        except OSError:  # this process may open fewer
            self.number = fcntl.fcntl(low, fcntl.F_DUPFD_CLOEXEC, 0)
        os.close(low)
        _ends.add(self.number)
        self.waits_for: list[tuple[Any, ...]] = []
        """What this thread has said and was not answered: a signal handler may come to the gate, too."""
        self.tell(HERE, thread_name(), _name, os.getpid())

    def close(self) -> None:
        if self.number in _ends:
            _ends.discard(self.number)
            os.close(self.number)

    __del__ = close

    def tell(self, *message: Any) -> None:
        try:
            os.write(self.number, marshal.dumps(message))
        except OSError:
            die()

    def _word(self) -> bytes:
        try:
            word = os.read(self.number, 1)
        except OSError:
            die()
        if not word:
            die()
        return word

    def answer(self, *message: Any, looks: Callable[[], bool] | None = None) -> bytes:
        """Say this, and wait for the explorer's word. `looks`: whether it could be done now."""
        self.waits_for.append(message)
        try:
            self.tell(*message)
            while (word := self._word()) == LOOK:
                self.tell(LOOKED, looks is not None and bool(looks()))
            return word
        except BaseException:  # raised by a signal handler of the program
            self.tell(LEFT)
            raise
        finally:
            self.waits_for.pop()
            if self.waits_for:
                self.tell(*self.waits_for[-1])  # a handler has interrupted that one


class _Mine(threading.local):
    end: _End | None = None
    name = ""


_mine = _Mine()


def die() -> None:
    """The explorer is gone: end this process."""
    _kill(os.getpid(), signal.SIGKILL)


def begin(folder: str, inside: Confines) -> None:
    """The explorer listens in this folder; `inside`: see `confines.begin`. The gate is closed from `become` on."""
    global known, _way, _inside
    known, _way, _inside = True, f"{folder}/{FILE_NAME}", inside


def inside() -> Confines:
    """The folders that are this program's own in an execution, and what else it may use."""
    return _inside


def after_fork_in_child() -> None:
    """This process was forked: the connections that it has are its parent's."""
    global _mine
    for number in _ends:
        os.close(number)
    _ends.clear()
    _made.clear()
    _mine = _Mine()


def become(name: str) -> None:
    """This process has this name, and its main thread exists for the explorer from now on."""
    global active, _name
    if not known:
        return
    active, _name = True, name
    gate.shared, gate.ask_explorer = bytes([CLOSED]), ask
    _end()


def become_thread(name: str) -> None:
    """This thread has this name in the schedule, and exists for the explorer from now on."""
    _mine.name = name
    _end()


def end_thread() -> None:
    """This thread does nothing more that others could see."""
    end, _mine.end = _mine.end, None
    if end is not None:
        end.close()


def name_thread(name: Any) -> str:
    """The name in the schedule of a thread that this one makes."""
    own = f"{_name}: {plain(name)[:NAME_LIMIT] if type(name) is str else 'thread'}"
    _made[own] = number = _made.get(own, 0) + 1
    return own if number == 1 else f"{own} #{number}"


def thread_name() -> str:
    """The name of this thread in the schedule."""
    if _mine.name:
        return _mine.name
    if threading.current_thread() is threading.main_thread():
        return _name
    return f"{_name}: {name_of_this_thread()}"


def is_helper() -> bool:
    """Whether this thread is none of the program's: such as those inside a pool."""
    return not _mine.name and threading.current_thread() is not threading.main_thread()


def process_name() -> str:
    """The name of this process in the schedule."""
    return _name


def name_of(pid: int) -> str:
    """The name in the schedule of a child of this process; "" if it has none."""
    multiprocessing = sys.modules.get("multiprocessing.process")
    children = list(multiprocessing._children) if multiprocessing else []
    own: dict[str, Any] = next(
        (vars(child) for child in children if child._popen is not None and child._popen.pid == pid), {}
    )
    return str(own.get("_procsim_thread", ""))


def name_child(name: Any) -> str:
    """The name in the schedule of a process that this thread makes: the same in each execution."""
    name = plain(name)[:NAME_LIMIT] if type(name) is str else "process"
    maker = thread_name()
    own = name if maker == "MainProcess" or name.startswith(f"{maker}:") else f"{name} of {maker}"
    _made[own] = number = _made.get(own, 0) + 1
    return own if number == 1 else f"{own} #{number}"


def _end() -> _End:
    end = _mine.end
    if end is None:
        _mine.end = end = _End()
    return end


def ask(
    operation: str,
    identity: int | None = None,
    at: str | None = None,
    ready: Callable[[], bool] | None = None,
    subject: Any = None,
    more: Any = None,
    looks: Callable[[], bool] | None = None,
) -> bool:
    """Wait until the explorer lets this thread begin an operation; the arguments are those of `gate.arrive`.

    `more`: what this operation touches depends on this, too. Returns whether it can be done: else it is to be given up,
    as it would be after a time, or without waiting. `looks`: the same as `ready`,
    where that rests on the explorer's word.
    """
    words = subject if type(subject) in (str, float, tuple) else value_of(subject)
    end, gives_up = _end(), ready is None
    looks = looks or ready
    can = end.answer(AT_GATE, operation, identity, at, words, gives_up, more, looks=looks) == GO
    while ready is not None and not ready():  # there is something that the explorer does not know of
        end.answer(AT_GATE, operation, identity, at, words, gives_up, NOT_YET, looks=looks)
    if is_helper():
        end.tell(HELPS)
    return can


def ask_path(operation: str, paths: Any, more: str, at: str | None = None, folder: Any = None) -> None:
    """Wait at the gate before an operation on paths; `more`: the mode of an opening, or the function of os; `folder`:
    the descriptor of the one that they begin at. A descriptor stands for the path of its file. Not for what Python
    itself does.
    """
    at = at or _site()
    paths = [folder_of(path) if type(path) is int else path for path in paths]
    names = [_absolute(path, folder) for path in paths if isinstance(path, str | bytes | os.PathLike)]
    if at is not None and names:
        if active:
            ask(operation, None, at, None, tuple(names), (more, _exists(names[-1])))
        else:
            gate.arrive(operation, None, at, subject=os.path.basename(names[-1]))


def _absolute(path: Any, folder: Any) -> str:
    start = folder_of(folder) if type(folder) is int else os.getcwd()
    return os.path.normpath(os.path.join(start, os.fsdecode(path)))[-PATH_LIMIT:]


def folder_of(descriptor: int) -> str:
    """The path of the folder that is open there."""
    return _readlink(f"/proc/self/fd/{descriptor}")


_readlink, _access = os.readlink, os.access  # the tracer replaces those of os


def _exists(path: str) -> bool:
    return _access(path, os.F_OK)


_THROUGH = ("genericpath", "posixpath", "pathlib", "shutil", "tempfile", "os", "weakref", "contextlib")
"""Modules that look at paths and change them for the program."""


def _site() -> str | None:
    """The line of the program that does something to a path; None: Python does, to import a module, say."""
    frame: Any = sys._getframe(2)
    while frame is not None and (is_ours(frame) or module_of(frame).startswith(_THROUGH)):
        frame = frame.f_back
    return None if frame is None or is_library(frame) else call_site(frame)


def ask_to_wait(pid: Any, options: Any) -> None:
    """Wait until a child of this process has ended, for `os.waitpid`; not where that waits for any."""
    if active and (at := caller(3)) != INTERNAL and type(pid) is int and pid > 0:
        kind = "process_joined" if options == 0 else "process_polled"
        ask(kind, None, at, lambda: True, pid, looks=partial(_has_ended, pid))


def _has_ended(pid: int) -> bool:
    """Whether a child of this process has ended, and nobody was told yet."""
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except OSError:
        return True  # then the wait itself raises


def sleep(identity: int, known_as: int | None, at: str | None, limited: bool) -> bool:
    """Wait until this thread is notified (True), or, `limited`, its time is up (False). `known_as`: the identity by
    which people know the condition; None: it is inside something else."""
    return _end().answer(ASLEEP, identity, known_as, at, limited) == AWAKE


def tell_notified(identity: int) -> None:
    """Of the threads that are asleep in this condition, one is about to be woken."""
    _end().tell(NOTIFIES, identity)


def tell_serves() -> None:
    """From now on, this thread does what others ask it for, within their steps."""
    _end().tell(SERVES)


def before_fork() -> None:
    """This thread forks, and not to start a Process: the new process then moves, too."""
    global _forks
    _forks += 1
    _end().tell(EXPECT, _forked_name())


def forked() -> None:
    """This process was forked so."""
    become(_forked_name())


def _forked_name() -> str:
    return f"fork {_forks} of {_name}"


def leave(code: int) -> None:
    """End this process at once, with this exit code."""
    _exit(code)


_exit, _kill = os._exit, os.kill  # the tracer replaces those of os, and its own would ask the explorer


def forbid(what: str, name: str) -> None:
    """Tell that this is not to be done, and wait until the explorer ends this process."""
    frame: Any = sys._getframe(1)
    while frame is not None and (is_internal(frame) or is_library(frame)) and frame.f_back is not None:
        frame = frame.f_back
    _end().answer(FORBIDDEN, what, name[-PATH_LIMIT:], call_site(frame))
