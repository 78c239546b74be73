"""Processes: created, started, begun, returned, joined, terminated, killed, ended.

`process_ended` is an event of the process that ended (its `pid`), emitted by the one that learns it from the kernel:
the parent, when it reaps its child, or procsim. `process_returned` is emitted by the process itself: its own code is
done, and its exit handlers begin.
"""

import _signal  # type: ignore[import-not-found]  # signal itself would be imported before the program does
import atexit
import os
import posix
import sys
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

from procsim.tracer import gate
from procsim.tracer.emit import ask_who_we_are, become, emit, emit_of, emit_waiting, process_name
from procsim.tracer.patching import Builtin, Methods, on_restore, replace
from procsim.tracer.sites import INTERNAL, OF_HELPER, caller, is_internal, outer_site
from procsim.tracer.watch.pipes import bytes_are_waiting
from procsim.tracer.watch.uncaught import emit_raised, uncaught
from procsim.wire.pipe import raised_elsewhere


class _Starting(threading.local):
    """Whether this thread is inside `Process.start`: what it forks is a Process, which itself emits that it began."""

    now = False


_starting = _Starting()


_name_listeners: list[Callable[[str], None]] = []


def when_named(listener: Callable[[str], None]) -> None:
    """Call the listener with the name of this process, and in each new Process with its name."""
    _name_listeners.append(listener)
    on_restore(_name_listeners.clear)
    listener(process_name())


_begin_listeners: list[Callable[[Any], None]] = []


def when_process_begins(listener: Callable[[Any], None]) -> None:
    """Call the listener in each new Process, with the Process, before the program's code runs there."""
    _begin_listeners.append(listener)
    on_restore(_begin_listeners.clear)


def expect_processes() -> None:
    """Take whatever this thread forks for a Process: for the forkserver, which never calls `Process.start`."""
    _starting.now = True
    _returned.add(os.getpid())  # its own end is no event of the program


def patch_process(module: ModuleType) -> None:
    """multiprocessing.process."""
    base = module.BaseProcess
    exitcode = base.exitcode

    def traced_exitcode(self: Any) -> Any:
        code = exitcode.fget(self)
        if code and (at := caller()) != INTERNAL:
            emit("process_exit_code_seen", at=at, child=self._popen.pid, child_name=self._name, exit_code=code)
        return code

    replace(base, "exitcode", property(traced_exitcode, doc=exitcode.__doc__))
    BaseProcess.replace_those_of(base, run=base.run)


class BaseProcess(Methods):
    """multiprocessing.process.BaseProcess."""

    _procsim_made = None
    """The line that made it; None for those that were made before they were traced."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        BaseProcess.real.__init__(self, *args, **kwargs)
        vars(self)["_procsim_made"] = at = outer_site()  # not by `setattr`, which may be the program's
        emit("process_created", at=at, child_name=self._name, daemon=bool(self.daemon))

    def start(self: Any) -> None:
        at = outer_site()
        gate.arrive("process_started", None, at, subject=self._name)
        has_no_target = self._target is None and type(self).run is BaseProcess.real.run and "run" not in vars(self)
        before, _starting.now = _starting.now, True
        try:
            BaseProcess.real.start(self)
        finally:
            _starting.now = before
        self._popen._procsim_name = self._name
        method = getattr(self._popen, "method", None)
        daemon = bool(self.daemon)
        if has_no_target:
            emit("process_without_target", at=at, child_name=self._name, made=self._procsim_made)
        emit("process_started", at=at, child=self._popen.pid, child_name=self._name, daemon=daemon, method=method)

    def join(self: Any, timeout: Any = None) -> None:
        at = caller()
        popen = self._popen
        if popen is None or self._parent_pid != os.getpid() or popen.returncode is not None:
            BaseProcess.real.join(self, timeout)
            return
        if at != INTERNAL:  # an exit handler may find that it has ended already, or not: that is no step
            ready = (lambda: popen.poll() is not None) if timeout is None else None
            gate.arrive("process_joined", None, at, ready, subject=self._name)
        # Also where an exit handler joins: that is where a process that does not end is mostly found.
        if popen.poll() is None:
            emit_waiting("process_join_waiting", None, at or None, timeout, child=popen.pid, child_name=self._name)
        try:
            BaseProcess.real.join(self, timeout)
        finally:  # it also ends when a signal handler of the program raises
            emit("process_joined", at=at or None, child=popen.pid, child_name=self._name, exit_code=popen.returncode)

    def terminate(self: Any) -> None:
        _emit_ending("process_terminated", self)
        BaseProcess.real.terminate(self)

    def kill(self: Any) -> None:
        _emit_ending("process_killed", self)
        BaseProcess.real.kill(self)

    def _bootstrap(self: Any, *args: Any, **kwargs: Any) -> Any:
        _starting.now = False
        become(self._name)
        emit("process_began", parent=self._parent_pid, daemon=bool(self.daemon))
        for listener in _name_listeners:
            listener(self._name)
        for begin_listener in _begin_listeners:
            begin_listener(self)
        return BaseProcess.real._bootstrap(self, *args, **kwargs)


def _emit_ending(kind: str, process: Any) -> None:
    if process._popen is not None and not _has_ended(process._popen):
        emit(kind, at=caller(OF_HELPER) or None, child=process._popen.pid, child_name=process._name)


def _has_ended(popen: Any) -> bool:
    """Whether a process has ended already: a ProcessPoolExecutor terminates those, too."""
    if popen.returncode is not None:
        return True
    if getattr(popen, "method", None) == "forkserver":
        return bytes_are_waiting(popen.sentinel)  # its exit code
    return _is_dead_child(popen.pid)


def _is_dead_child(pid: int) -> bool:
    """Whether it is a child of ours that has ended and was not reaped yet."""
    try:
        return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except (OSError, AttributeError) as error:  # no child of ours; macOS before Python 3.13
        if raised_elsewhere(error):
            raise
        return False


class _Kill(Builtin):
    def __call__(self, *args: Any) -> None:
        pid, number = args if len(args) == 2 and type(args[0]) is int and isinstance(args[1], int) else (0, 0)
        kind = _ENDS_A_PROCESS.get(number)
        if kind is not None and pid > 0 and pid != os.getpid():
            at = caller()
            if at != INTERNAL and not _is_dead_child(pid):
                emit(kind, at=at, child=pid, child_name=_name_of_child(pid))
        self._original(*args)


_ENDS_A_PROCESS = {int(_signal.SIGTERM): "process_terminated", int(_signal.SIGKILL): "process_killed"}


def _name_of_child(pid: int) -> str:
    multiprocessing = sys.modules.get("multiprocessing.process")
    children = list(multiprocessing._children) if multiprocessing else []
    return next((child._name for child in children if child._popen is not None and child._popen.pid == pid), "")


def patch_kill() -> None:
    """os.kill, which is posix.kill: one process of the program ends another by its PID."""
    kill = _Kill(os.kill)
    replace(posix, "kill", kill)
    replace(os, "kill", kill)


def patch_popen(module: ModuleType) -> None:
    """multiprocessing.popen_fork and popen_forkserver: the places where an exit code is learned."""
    popen = module.Popen
    poll = popen.poll

    def traced_poll(self: Any, flag: int = os.WNOHANG) -> Any:
        if self.returncode is not None:
            return poll(self, flag)
        code = poll(self, flag)
        if code is not None:
            emit_of(self.pid, getattr(self, "_procsim_name", ""), "process_ended", exit_code=code)
        return code

    replace(popen, "poll", traced_poll)


def patch_spawn(module: ModuleType) -> None:
    """multiprocessing.spawn: what is raised in a new process before its own code is called.

    There it imports the program and unpickles its arguments. Under forkserver no other place sees that exception.
    """
    main = module._main

    def _main(*args: Any, **kwargs: Any) -> Any:
        try:
            return main(*args, **kwargs)
        except BaseException as error:
            ask_who_we_are()
            _emit_returned(error)
            raise

    replace(module, "_main", _main)


def patch_util(module: ModuleType) -> None:
    """multiprocessing.util: the moment when a process's own code is done."""
    exit_function = module._exit_function

    def _exit_function(*args: Any, **kwargs: Any) -> None:
        # In a child this runs while the exception that ended it is still on its way out.
        _emit_returned(sys.exc_info()[1])
        exit_function(*args, **kwargs)

    replace(module, "_exit_function", _exit_function)
    watch_the_end()


def patch_traceback(module: ModuleType) -> None:
    """traceback: from 3.13 on, this is the one place where the exception that ended a process can be seen."""
    print_exc = module.print_exc

    def traced_print_exc(*args: Any, **kwargs: Any) -> None:
        frame = sys._getframe().f_back
        if frame is not None and frame.f_code.co_name == "_bootstrap" and is_internal(frame):
            _emit_returned(sys.exc_info()[1])
        print_exc(*args, **kwargs)

    replace(module, "print_exc", traced_print_exc)


_main_process = 0


def watch_the_end() -> None:
    """Emit the end of this process's own code, even if it never imports multiprocessing.

    To be called again when multiprocessing is imported: atexit calls the last handler registered first, and this one
    must be called before multiprocessing waits for the children.
    """
    global _main_process
    _main_process = os.getpid()
    atexit.unregister(_at_exit)
    atexit.register(_at_exit)
    on_restore(lambda: atexit.unregister(_at_exit))


def _at_exit() -> None:
    if os.getpid() == _main_process:
        _emit_returned(uncaught())


_returned: set[int] = set()


def _emit_returned(error: BaseException | None) -> None:
    """This process's own code is done, by itself or by an exception."""
    if os.getpid() in _returned:
        return
    _returned.add(os.getpid())
    if error is not None and not isinstance(error, SystemExit):
        emit_raised(error)
    emit("process_returned")


def emit_program_began(name: str) -> None:
    """This process is a Python program of its own, which the program has started."""
    become(name)
    emit("process_began", parent=os.getppid(), daemon=False)


def after_fork_in_child() -> None:
    """A fork has made this process out of another. A plain `os.fork` begins a process here."""
    if _starting.now:
        become(process_name())  # a Process: `_bootstrap` knows its name
        return
    become(f"{process_name()}/fork")
    emit("process_began", at=outer_site() or None, parent=os.getppid(), daemon=False)
