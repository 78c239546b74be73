"""What people call a process to which multiprocessing gives no name: it learns that itself, after it has begun.

    a copy of multiprocessing (billiard, multiprocess)   ──► the name of its Process ──┐
    the environment variable of a worker of pytest-xdist ──► gw0 ──────────────────────┼──► become ──► process_named
    setproctitle, in a process that was forked           ──► the first title ──────────┘

Until then such a process is called after how it was started: by a fork, or by its command line, which says what it is:
so a title, in which servers write what they do now, too, is no better.
"""

import _signal  # type: ignore[import-not-found]  # signal itself would be imported before the program does
import os
import sys
from types import FrameType, FunctionType, ModuleType
from typing import Any

from procsim.tracer.emit import become, emit, process_name
from procsim.tracer.patching import Builtin, replace
from procsim.tracer.sites import is_installed, is_ours
from procsim.tracer.values import function_name, plain, plain_function
from procsim.tracer.watch import unfollowed

COPIES = ("billiard", "multiprocess")
"""Copies of multiprocessing under another name: those of celery, and of pathos."""

VARIABLE = "PYTEST_XDIST_WORKER"
"""A worker of pytest-xdist sets it when it has been told its name."""

TITLE_LIMIT = 60
"""Characters of a title that become a name."""

NAMELESS = ("Process", "ForkProcess", "SpawnProcess", "ForkServerProcess")
"""Classes of which a name such as Process-1 says no more than a number; that of another class (Loader-1) does."""

_class_name = type.__dict__["__name__"].__get__  # a metaclass of the program's may have its own `__name__`

_unnamed: tuple[int, str] = (0, "")
"""The process that has no name of its own (its PID), and what it is called instead."""
_forked = 0
"""The same PID, where it was forked."""


def become_unnamed(name: str, forked: bool = False) -> None:
    """This process has no name of its own; until it gets one it is called so."""
    global _unnamed, _forked
    become(name)
    _unnamed = os.getpid(), process_name()
    _forked = os.getpid() if forked else 0


def fork_name() -> str:
    """What a process is called that a plain `os.fork` has made: after the function of a package that has forked it
    (`spawn_worker`), else "fork".
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and is_ours(frame):
        frame = frame.f_back
    if frame is None or not is_installed(frame) or not frame.f_code.co_name.isidentifier():
        return f"{process_name()}/fork"
    return f"{process_name()}/{frame.f_code.co_name.strip('_')}"


def is_daemon(process: Any) -> bool:
    """Whether it was made as a daemon; the property of that name may be the program's."""
    return bool(plain(process._config.get("daemon")))


def target_name(process: Any) -> str:
    """The function that a Process runs, where multiprocessing has given it its name (Process-1).

    Else empty: then the program has called it as people are to call it.
    """
    own = vars(process)  # of one that was not made by `__init__`, some of it is not there
    function, name = plain_function(own.get("_target")), own.get("_name")
    if type(name) is not str or type(function) is not FunctionType:
        return ""
    kind, number = _class_name(type(process)), ":".join(map(str, own.get("_identity", ())))
    module = str(function.__globals__.get("__name__"))
    # What a worker of an executor runs is multiprocessing's own.
    if (
        kind not in NAMELESS
        or name != f"{kind}-{number}"
        or module.startswith(("multiprocessing.", "concurrent.futures."))
    ):
        return ""
    return function_name(function)


def _get_named(name: str) -> None:
    """This process has a name of its own from now on, unless it had one before."""
    if _unnamed == (os.getpid(), process_name()):
        become(name)
        emit("process_named")


def patch_prepare(module: ModuleType) -> None:
    """multiprocessing.spawn, or a copy of it: a new process learns its name before it imports the program."""
    prepare = module.prepare

    def traced_prepare(data: Any) -> None:
        become(data.get("name") or process_name())
        prepare(data)

    replace(module, "prepare", traced_prepare)


def patch_process(module: ModuleType) -> None:
    """The module `process` of a copy of multiprocessing: of its processes the name is known, and no more."""
    bootstrap = module.BaseProcess._bootstrap

    def _bootstrap(self: Any, *args: Any, **kwargs: Any) -> Any:
        become(self._name)
        handles = callable(_signal.getsignal(_signal.SIGTERM))
        emit(
            "process_began",
            parent=os.getppid(),
            daemon=is_daemon(self),
            handles_sigterm=handles,
        )
        unfollowed.emit_used("copy", other=os.getppid())  # its queues and locks have no events
        return bootstrap(self, *args, **kwargs)

    replace(module.BaseProcess, "_bootstrap", _bootstrap)


class _PutEnv(Builtin):
    def __call__(self, *args: Any, **kwargs: Any) -> None:
        self._original(*args, **kwargs)
        if len(args) == 2 and type(args[0]) is bytes and type(args[1]) is bytes and args[0] == VARIABLE.encode():
            _get_named(os.fsdecode(args[1]))


COPIED = {
    **{f"{copy}.process": patch_process for copy in COPIES},
    **{f"{copy}.spawn": patch_prepare for copy in COPIES},
}
"""The patches of copies of multiprocessing."""


def patch_environment() -> None:
    """os.putenv, which `os.environ` calls for each variable that is set."""
    replace(os, "putenv", _PutEnv(os.putenv))


def patch_setproctitle(module: ModuleType) -> None:
    """setproctitle: the title of a process, by which servers such as gunicorn say what it is."""
    original = module.setproctitle

    def setproctitle(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        title = args[0] if args else kwargs.get("title")
        if type(title) is str and title.strip() and _forked == os.getpid():
            _get_named(plain(title.strip()[:TITLE_LIMIT]))
        return result

    replace(module, "setproctitle", setproctitle)
