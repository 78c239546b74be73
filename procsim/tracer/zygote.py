"""The zygote: a process that has the tracer, multiprocessing and the program's code in it, and is forked for each
execution of the program that `procsim explore` makes.

    explorer ──(a connection: FORK, END; its end: the explorer is gone)──► zygote ──fork──► main ──► its children
             ◄── the PID of the main process, how it ended, and that nobody is left

It imports of the program what belongs to Python itself, and compiles its code; all else the program does in each
execution, as it would by itself. What an execution leaves, the zygote inherits (it is a subreaper), and ends.

`hook/zygote.py` begins one: DESCRIPTOR, then as `python` takes them: [-m] NAME ARGS.
"""

import ast
import atexit
import contextlib
import ctypes
import gc
import importlib
import importlib.util
import marshal
import os
import select
import signal
import sys
import tempfile
import threading
import types
from typing import Any

from procsim.tracer import confines, explored, inject, overlay
from procsim.tracer.watch import processes
from procsim.wire.explore_words import END, FORK
from procsim.wire.run_folder import RUN_VARIABLE

_PR_SET_CHILD_SUBREAPER = 36

_NEVER_BEFORE = {"antigravity", "this", "idlelib", "turtle", "turtledemo", "tkinter", "readline", "rlcompleter", "test"}
"""Modules of Python's that do something when they are imported."""

_ALWAYS = (
    *("multiprocessing", "multiprocessing.synchronize", "multiprocessing.queues", "multiprocessing.popen_fork"),
    *(
        "multiprocessing.connection",
        "multiprocessing.sharedctypes",
        "multiprocessing.heap",
        "multiprocessing.reduction",
    ),
    *("multiprocessing.resource_tracker", "multiprocessing.util", "traceback", "random", "tempfile"),
)


class Program:
    """The program's code, and how it is to be run."""

    def __init__(self, words: list[str]) -> None:
        self.is_module = words[:1] == ["-m"]
        name, *arguments = words[self.is_module :]
        self.arguments = arguments
        self.first = os.getcwd() if self.is_module else os.path.dirname(os.path.abspath(name))
        self.name = name
        self.path = self._path()
        with open(self.path, "rb") as file:
            source = file.read()
        try:
            self.code = compile(source, self.path, "exec", dont_inherit=True)
        except SyntaxError as error:
            raise SystemExit(f"{self.path}:{error.lineno}: {type(error).__name__}: {error.msg}") from None
        for module in (*_ALWAYS, *sorted(_imported(source))):
            try:
                importlib.import_module(module)
            except Exception:  # then the program meets that, too
                continue

    def _path(self) -> str:
        if not self.is_module:
            return self.name
        sys.path.insert(0, self.first)
        try:
            spec = importlib.util.find_spec(self.name)
            if spec is not None and spec.submodule_search_locations is not None:
                spec = importlib.util.find_spec(f"{self.name}.__main__")
        finally:
            sys.path.remove(self.first)
        if spec is None or spec.origin is None:
            raise SystemExit(f"no module named {self.name}")
        self.spec = spec
        return spec.origin

    def move(self, project: str, copy: str) -> None:
        """Run it in a copy of the project's folder."""
        os.chdir(copy)
        self.first, path = _moved(self.first, project, copy), _moved(os.path.abspath(self.path), project, copy)
        if path != os.path.abspath(self.path):
            self.path, self.code = path, self.code.replace(co_filename=path)

    def run(self) -> None:
        """Run it in this process, as its main program."""
        main = types.ModuleType("__main__")
        vars(main).update(__file__=self.path, __builtins__=__builtins__, __cached__=None)
        if self.is_module:
            vars(main).update(__spec__=self.spec, __package__=self.spec.parent)
        sys.modules["__main__"] = main
        sys.argv[:] = [self.path, *self.arguments]
        sys.path.insert(0, self.first)
        exec(self.code, vars(main))


def _moved(path: str, project: str, copy: str) -> str:
    return copy + path[len(project) :] if f"{path}/".startswith(f"{project}/") else path


def _imported(source: bytes) -> set[str]:
    """The modules of Python's own that this code imports at once."""
    names: set[str] = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names.add(node.module)
    own = sys.stdlib_module_names - _NEVER_BEFORE
    return {name for name in names if name.partition(".")[0] in own}


class _Names:
    """The names of temporary files: the same in each execution."""

    def __init__(self) -> None:
        self._number = 0
        self._pid = os.getpid()

    def __iter__(self) -> "_Names":
        return self

    def __next__(self) -> str:
        if self._pid != os.getpid():
            self._pid, self._number = os.getpid(), 0
        self._number += 1
        words = "".join(letter for letter in explored.process_name() if letter.isalnum())
        return f"_{words}_{self._number}"


def _become_main(program: Program, order: dict[str, Any]) -> int:
    """This process, just forked, is the main process of an execution. Returns its exit code."""
    os.setsid()
    os.dup2(1, 2)  # what it prints is not shown: nobody reads what comes after the zygote's own errors
    sys.dont_write_bytecode = True
    if order["overlaid"]:
        overlay.cover(order["project"], order["layer"], os.environ[RUN_VARIABLE], _folders_allowed())
    else:
        program.move(order["project"], f"{order['layer']}/project")
    tempfile.tempdir = os.environ["TMPDIR"] = f"{order['layer']}/tmp"
    tempfile._name_sequence = _Names()  # type: ignore[attr-defined]
    inject.seed_random(order["seed"], "MainProcess")
    processes.watch_the_end()
    confines.begin(*explored.inside())
    explored.become("MainProcess")
    code = 0
    try:
        program.run()
    except SystemExit as error:
        code = _exit_code(error)
    except BaseException as error:
        code = 1
        error = error.with_traceback(_program_part(error.__traceback__))
        processes.emit_failed(error)
        sys.last_type, sys.last_value, sys.last_traceback = type(error), error, error.__traceback__
        sys.excepthook(type(error), error, error.__traceback__)
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    vars(sys.modules["__main__"]).clear()  # files that were never closed are written now
    gc.collect()
    return code


def _folders_allowed() -> list[str]:
    return [name for name in explored.inside()[1] if "/" in name]


def _exit_code(error: SystemExit) -> int:
    if error.code is None or isinstance(error.code, int):
        return int(error.code or 0) & 0xFF
    print(error.code, file=sys.stderr)
    return 1


def _program_part(trace: Any) -> Any:
    """A traceback without our frames at its beginning."""
    while trace is not None and trace.tb_frame.f_globals is globals():
        trace = trace.tb_next
    return trace


def _end_all(main: int) -> None:
    """End all processes of an execution, and wait until they are gone."""
    with contextlib.suppress(OSError):
        os.killpg(main, signal.SIGKILL)
    children = f"/proc/self/task/{os.getpid()}/children"
    while True:
        try:
            with open(children, "rb") as file:
                left = [int(pid) for pid in file.read().split()]
        except OSError:
            left = []
        for pid in left:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def serve(descriptor: int, words: list[str]) -> None:
    """Serve the explorer until it is gone; in a process that was forked, run the program."""
    code = _serve(descriptor, words)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue
    explored.leave(code)


def _can_overlay() -> bool:
    """Whether the system lets a process of ours have a view of the files of its own."""
    pid = os.fork()
    if not pid:
        code = 1
        try:
            folder = os.environ[RUN_VARIABLE]
            overlay.cover(os.getcwd(), f"{folder}/layer", folder, _folders_allowed())
            code = 0
        finally:
            explored.leave(code)
    return os.waitpid(pid, 0)[1] == 0


def _serve(descriptor: int, words: list[str]) -> int:
    """The same; returns the exit code of this process."""
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    program = Program(words)
    gc.collect()
    gc.freeze()  # what is here is never looked at again
    os.write(descriptor, b"overlay" if _can_overlay() else b"copy")
    with contextlib.suppress(OSError):  # the system may not let us
        overlay.cut_off(confines.NETWORK in explored.inside()[1])
    while order := os.read(descriptor, 4096):
        if order[:1] != FORK:
            continue
        processes.expect_main()
        pid = os.fork()
        processes.expect_main(False)
        if not pid:
            os.close(descriptor)
            return _become_main(program, marshal.loads(order[1:]))
        os.write(descriptor, marshal.dumps(pid))
        goes_on = _until_its_end(pid, descriptor)
        _end_all(pid)
        if not goes_on:
            return 0
        os.write(descriptor, marshal.dumps("over"))
    return 0


def _until_its_end(pid: int, descriptor: int) -> bool:
    """Tell how the main process has ended, once it has, and return when END is said. False: the explorer is gone."""
    alive = os.pidfd_open(pid)
    try:
        poll = select.poll()
        poll.register(alive, select.POLLIN)
        poll.register(descriptor, select.POLLIN)
        while True:
            for number, _ in poll.poll():
                if number == descriptor:
                    return os.read(descriptor, 1) == END
                poll.unregister(alive)
                code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                os.write(descriptor, marshal.dumps(("ended", code)))
    finally:
        os.close(alive)
