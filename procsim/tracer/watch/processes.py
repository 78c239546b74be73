"""Processes: created, started, begun, returned, joined, terminated, killed, ended.

`process_ended` is an event of the process that ended (its `pid`), emitted by the one that learns it from the kernel:
the parent, when it reaps its child, or procsim. `process_returned` is emitted by the process itself: its own code is
done, and its exit handlers begin.
"""

import _signal  # type: ignore[import-not-found]  # signal itself would be imported before the program does
import atexit
import os
import sys
import threading
from collections.abc import Callable, Sequence
from types import FunctionType, ModuleType
from typing import Any

from procsim.tracer import explored, gate
from procsim.tracer.emit import ask_who_we_are, become, emit, emit_of, emit_waiting, forget_look, process_name
from procsim.tracer.patching import Methods, on_restore, replace
from procsim.tracer.sites import INTERNAL, caller, is_internal, module_of, outer_site
from procsim.tracer.values import plain, type_name
from procsim.tracer.watch import endings, ends_seen, forks, libraries, tracebacks
from procsim.tracer.watch.endings import emit_ending
from procsim.tracer.watch.explored_processes import (
    ask_to_join,
    ask_to_look,
    ask_to_start,
    children_in_order,
    end_daemons,
    schedule_name,
    wait_for_its_end,
)
from procsim.tracer.watch.process_names import become_unnamed, fork_name, is_daemon, patch_prepare, target_name
from procsim.tracer.watch.tracebacks import is_a
from procsim.tracer.watch.uncaught import Operation, emit_call_raised, emit_raised, frames_of, origin_of, uncaught


class _Starting(threading.local):
    """Whether this thread is inside `Process.start`: what it forks is a Process, which itself emits that it began."""

    now = False
    process: Any = None
    """The one that is started."""
    at: str | None = None
    waits = False
    """Whether `process_start_waiting` was emitted."""
    threads: Sequence[forks.Thread] = ()
    """The other threads of this process."""
    library_threads: int = 0
    """How many more it has, which run no Python."""


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


_return_listeners: list[Callable[[], None]] = []


def when_process_returns(listener: Callable[[], None]) -> None:
    """Call the listener when this process has done its own code without an exception, before its exit handlers run."""
    _return_listeners.append(listener)
    on_restore(_return_listeners.clear)


def expect_processes() -> None:
    """Take whatever this thread forks for a Process: for the forkserver, which never calls `Process.start`."""
    _starting.now = True
    _returned.add(os.getpid())  # its own end is no event of the program


def is_starting() -> bool:
    """Whether what this thread forks now is a Process."""
    return _starting.now


def expect_main(expected: bool = True) -> None:
    """Whether what this thread forks now is the main process of a program, which is explored."""
    _starting.now = expected


def patch_process(module: ModuleType) -> None:
    """multiprocessing.process."""
    base = module.BaseProcess
    exitcode = base.exitcode

    def traced_exitcode(self: Any) -> Any:
        ask_to_look(self)
        code = exitcode.fget(self)
        if code and (at := caller()) != INTERNAL:
            emit("process_exit_code_seen", at=at, child=self._popen.pid, child_name=self._name, exit_code=code)
        elif code is None:
            ends_seen.emit_polled(self)
        if code is not None:
            ends_seen.emit_end_seen(self)
        return code

    replace(base, "exitcode", property(traced_exitcode, doc=exitcode.__doc__))
    BaseProcess.replace_those_of(base, run=base.run)


class BaseProcess(Methods):
    """multiprocessing.process.BaseProcess."""

    _procsim_made = None
    """The line that made it; None for those that were made before they were traced."""
    _procsim_empty = False
    """Whether it was given nothing to run, not even None, and nothing to run it with: that is on purpose."""
    _procsim_text = False
    """Whether its `args` were given as a text, of which each character became an argument."""
    _procsim_polled = 0
    """ns: when `process_polled` was last emitted: see `ends_seen`."""

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        BaseProcess.real.__init__(self, *args, **kwargs)
        vars(self)["_procsim_made"] = at = outer_site()  # not by `setattr`, which may be the program's
        if len(args) < 2 and kwargs.keys().isdisjoint(("target", "args", "kwargs")):
            vars(self)["_procsim_empty"] = True
        if type(args[3] if len(args) > 3 else kwargs.get("args")) in (str, bytes):
            vars(self)["_procsim_text"] = True
        emit("process_created", at=at, child_name=self._name, daemon=is_daemon(self), number=self._identity[-1])

    def start(self: Any) -> None:
        at = outer_site()
        own = vars(self)  # of one that was started already, closed, or not made by `__init__`, some of it is not there
        libraries.look_for_new()
        emit("process_start_called", at=at, child_name=own.get("_name"))  # first: after the gate it would end the step
        if explored.active:
            ask_to_start(self, at)
        else:
            gate.arrive("process_started", None, at, subject=own.get("_name"))
        has_no_target = own.get("_target") is None and type(self).run is BaseProcess.real.run and "run" not in own
        target = target_name(self)  # it is forgotten when the process has been started
        before, _starting.now = _starting.now, True
        _starting.process, _starting.at, _starting.waits = self, at, False
        _starting.threads, _starting.library_threads = forks.other_threads(), forks.library_threads()
        threads, library_threads = _starting.threads, _starting.library_threads
        try:
            BaseProcess.real.start(self)
        except BaseException as error:
            if _starting.waits:
                emit("wait_left", at=at)
            emit_call_raised("start", error, None, at)
            raise
        finally:
            _starting.now, _starting.process, _starting.threads = before, None, ()
        self._popen._procsim_name = self._name
        _see_exit_codes(type(self._popen))
        ends_seen.was_started(self)
        method = getattr(self._popen, "method", None)
        kind = type(self)
        subclass = None if str(plain(_module_of(kind))).startswith("multiprocessing.") else type_name(kind)
        if has_no_target and (subclass is not None or not self._procsim_empty):
            emit("process_without_target", at=at, child_name=self._name, made=self._procsim_made, subclass=subclass)
        emit(
            "process_started",
            at=at,
            child=self._popen.pid,
            child_name=self._name,
            daemon=is_daemon(self),
            method=method,
            number=self._identity[-1],
            target=target,
            threads=threads if method == "fork" else [],
            library_threads=library_threads if method == "fork" else 0,
        )

    def join(self: Any, timeout: Any = None) -> None:
        at = caller()
        popen = vars(self).get("_popen")
        if popen is None or self._parent_pid != os.getpid() or popen.returncode is not None:
            BaseProcess.real.join(self, timeout)
            return
        if explored.active and not explored.is_helper():
            timeout = ask_to_join(self, at, timeout)
        elif at != INTERNAL:  # an exit handler may find that it has ended already, or not: that is no step
            ready = (lambda: popen.poll() is not None) if timeout is None else None
            if gate.arrive_for_a_time("process_joined", None, at, ready, self._name):
                timeout = 0
        # Also where an exit handler joins: that is where a process that does not end is mostly found.
        if popen.poll() is None:
            emit_waiting("process_join_waiting", None, at or None, timeout, child=popen.pid, child_name=self._name)
        try:
            BaseProcess.real.join(self, timeout)
        finally:  # it also ends when a signal handler of the program raises
            emit("process_joined", at=at or None, child=popen.pid, child_name=self._name, exit_code=popen.returncode)

    def is_alive(self: Any) -> Any:
        ask_to_look(self)
        alive = BaseProcess.real.is_alive(self)
        if alive:
            ends_seen.emit_polled(self)
        else:
            ends_seen.emit_end_seen(self)
        return alive

    def terminate(self: Any) -> None:
        emit_ending("process_terminated", self)
        BaseProcess.real.terminate(self)
        wait_for_its_end(self)

    def kill(self: Any) -> None:
        emit_ending("process_killed", self)
        BaseProcess.real.kill(self)
        wait_for_its_end(self)

    def _bootstrap(self: Any, *args: Any, **kwargs: Any) -> Any:
        _starting.now = False
        become(self._name)
        explored.become(schedule_name(self))
        forget_look()
        handles = callable(_signal.getsignal(_signal.SIGTERM))
        emit("process_began", parent=self._parent_pid, daemon=is_daemon(self), handles_sigterm=handles)
        for listener in _name_listeners:
            listener(self._name)
        for begin_listener in _begin_listeners:
            begin_listener(self)
        if _starting.threads or _starting.library_threads:
            forks.watch_own_waits()
        code = BaseProcess.real._bootstrap(self, *args, **kwargs)
        if code:
            emit("process_left", exit_code=code)
        if explored.active:
            gate.arrive("process_ended", subject=schedule_name(self))
        return code


_module_of = type.__dict__["__module__"].__get__


def patch_popen(module: ModuleType) -> None:
    """multiprocessing.popen_fork and popen_forkserver: the places where an exit code is learned."""
    _see_exit_codes(module.Popen)


def _see_exit_codes(popen: Any) -> None:
    """Replace `poll` of a class that runs a Process, also one of another package's, if it is none of ours yet."""
    poll = getattr(popen, "poll", None)
    if type(poll) is not FunctionType or poll.__globals__["__name__"] == __name__:
        return
    package = str(poll.__globals__.get("__name__")).partition(".")[0]

    def traced_poll(self: Any, *args: Any, **kwargs: Any) -> Any:
        known = getattr(self, "returncode", None) is not None
        code = poll(self, *args, **kwargs)
        if code is not None and not known:
            emit_of(self.pid, getattr(self, "_procsim_name", ""), "process_ended", exit_code=code)
        frame = sys._getframe(1)
        if module_of(frame).partition(".")[0] != package:  # else by `join`, say
            endings.emit_exit_code_seen(frame, self.pid, code)
        return code

    replace(popen, "poll", traced_poll)


def patch_spawn(module: ModuleType) -> None:
    """multiprocessing.spawn: what is raised in a new process before its own code is called.

    There it imports the program and unpickles its arguments. Under forkserver no other place sees that exception.
    """
    patch_prepare(module)
    main = module._main

    def _main(*args: Any, **kwargs: Any) -> Any:
        try:
            return main(*args, **kwargs)
        except BaseException as error:
            ask_who_we_are()
            if is_a(error, SystemExit) and plain(_code_of(error)) not in (0, None):
                emit_failed(error)  # its own code is never called
            else:
                _emit_returned(error)
            raise

    replace(module, "_main", _main)


_code_of = SystemExit.__dict__["code"].__get__


def patch_util(module: ModuleType) -> None:
    """multiprocessing.util: the moment when a process's own code is done."""
    exit_function = module._exit_function

    def _exit_function(*args: Any, **kwargs: Any) -> None:
        # In a child this runs while the exception that ended it is still on its way out.
        _emit_returned(sys.exc_info()[1])
        end_daemons()
        if explored.active and not args:
            kwargs["active_children"] = children_in_order  # it joins them
        exit_function(*args, **kwargs)

    replace(module, "_exit_function", _exit_function)
    spawnv_passfds = module.spawnv_passfds

    def traced_spawnv_passfds(*args: Any) -> Any:
        pid = spawnv_passfds(*args)
        process = _starting.process
        # Not the resource tracker or the forkserver, which `start` may start before.
        if process is not None and module_of(sys._getframe(1)) == "multiprocessing.popen_spawn_posix":
            _starting.waits = True
            emit_waiting("process_start_waiting", None, _starting.at, child=pid, child_name=process._name)
        return pid

    replace(module, "spawnv_passfds", traced_spawnv_passfds)
    watch_the_end()


def patch_traceback(module: ModuleType) -> None:
    """traceback: from 3.13 on, this is the one place where the exception that ended a process can be seen."""
    tracebacks.patch_traceback(module)
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
        end_daemons()
        if explored.active and (util := sys.modules.get("multiprocessing.util")) is not None:
            # Now ours, which joins the children in the same order each time; atexit has that of multiprocessing.
            atexit.unregister(util._exit_function.__wrapped__)
            util._exit_function()


_returned: set[int] = set()


def _emit_returned(error: BaseException | None) -> None:
    """This process's own code is done, by itself or by an exception."""
    if os.getpid() in _returned:
        return
    if error is not None and not is_a(error, SystemExit):
        emit_failed(error)
        return
    _returned.add(os.getpid())
    for listener in _return_listeners:
        listener()
    emit("process_returned", at=None if error is None else origin_of(frames_of(error)))


def emit_failed(error: BaseException, operation: Operation | None = None) -> None:
    """An exception ends this process's own code. `operation`: see `emit_raised`."""
    _returned.add(os.getpid())
    emit_raised(error, operation=operation)
    emit("process_returned")


def emit_program_began(name: str) -> None:
    """This process is a Python program of its own, which the program has started."""
    become_unnamed(name)
    emit("process_began", parent=os.getppid(), daemon=False, handles_sigterm=False)


def after_fork_in_child() -> None:
    """A fork has made this process out of another. A plain `os.fork` begins a process here."""
    threads = forks.noted_threads()
    if _starting.now:
        become(process_name())  # a Process: `_bootstrap` knows its name
        return
    become_unnamed(fork_name(), forked=True)
    if explored.active:
        explored.forked()
    handles = callable(_signal.getsignal(_signal.SIGTERM))
    emit(
        "process_began",
        at=outer_site() or None,
        parent=os.getppid(),
        daemon=False,
        handles_sigterm=handles,
        threads=threads,
    )
    if threads:
        forks.watch_own_waits()
