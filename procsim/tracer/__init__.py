"""The tracer works inside every process of the program observed, and emits what that does.

    methods of multiprocessing and others, replaced (`watch`) ──► `gate` ──► `emit` ──► shared memory, EventQueue

In: the settings of the run (`procsim.wire.run_folder`). Out: events (`procsim.wire.events`), and the program's own
results, unchanged. `hook` installs the tracer in each interpreter; `procsim.say` and `procsim.note` find `emit` in
`sys.modules`. No other room imports this one. It imports `procsim.wire` and the standard library alone, and nothing
that would hide a module of the program's.

The program comes first, so the rules for every replaced method are:
- No `try/except Exception` around an emit: it would swallow what the program's signal handlers raise. An error of our
  own is told from theirs by `procsim.wire.pipe.raised_elsewhere`.
- `released`, `put`, `sent` and the like are emitted before it happens, `acquired`, `got` and `received` after: then a
  cause has an earlier time than its effect, in whatever process.
- An emit that raises after an acquire releases again; one that raises before a release does not prevent it.
- The objects of the program keep their types, what they pickle to, and their lifetime.
"""

import atexit
import os
from functools import partial
from types import ModuleType

from procsim.tracer import confines, emit, explored, gate, inject, patching, reach
from procsim.tracer.watch import (
    conditions,
    endings,
    ends_seen,
    explored_looks,
    explored_others,
    explored_pools,
    explored_threads,
    files,
    forks,
    libraries,
    locks,
    managers,
    ordering,
    output,
    pipes,
    pools,
    pools_of_mpire,
    pools_of_pebble,
    process_names,
    processes,
    programs,
    queues,
    shared_memory,
    sleep,
    tracebacks,
    uncaught,
    unfollowed,
    values,
)
from procsim.wire import interpreter, run_folder

_installed = False


def install() -> bool:
    """Trace this process and those it starts. False: it belongs to no run, or is multiprocessing's resource tracker.

    Installing twice does nothing.
    """
    global _installed
    if _installed:
        return False
    run = run_folder.read_run()
    if run is None:
        return False
    queue, settings = run
    role = interpreter.role(settings)
    if role == "tracker":
        return False
    _installed = True
    # Register this first, so that it is called last, before the interpreter takes the modules apart: a `__del__` of the
    # program's that runs then must not call methods of ours whose modules are gone.
    atexit.register(patching.restore)
    emit.open_channel(queue, settings.repetitions)
    folder = os.environ[run_folder.RUN_VARIABLE]
    if settings.explored is not None:
        explored.begin(folder, settings.explored)
        reach.begin(settings.procsim)
        explored_others.patch_others()
        if role in ("child", "program", "forkserver"):
            confines.begin(*settings.explored)
    else:
        gate.find(folder, queue, settings.further_steps)
    ordering.begin(by_name=settings.races)
    libraries.begin()
    if settings.seed is not None:
        processes.when_named(partial(inject.seed_random, settings.seed))
    patching.when_imported(_patches(folder, settings))
    processes.watch_the_end()
    endings.patch_endings()
    tracebacks.cover_hooks()
    process_names.patch_environment()
    files.patch_open()
    output.cover_streams(settings.taken)
    if role == "forkserver":
        processes.expect_processes()
    if role == "program":
        processes.emit_program_began(interpreter.program_name())
    return True


def _patches(folder: str, settings: run_folder.Settings) -> dict[str, patching.Patch]:
    """What is done to each module when it is imported, by its name."""
    patches: dict[str, patching.Patch] = {
        "multiprocessing.process": processes.patch_process,
        "multiprocessing.popen_fork": processes.patch_popen,
        "multiprocessing.popen_forkserver": processes.patch_popen,
        "multiprocessing.util": processes.patch_util,
        "signal": explored_others.patch_signal,
        "subprocess": programs.patch_subprocess,
        "traceback": processes.patch_traceback,
        "threading": partial(_patch_both, uncaught.patch_threading, explored_threads.patch_threading),
        "time": sleep.patch_time,
        "multiprocessing.synchronize": _patch_synchronize,
        "multiprocessing.sharedctypes": values.patch_sharedctypes,
        "multiprocessing.queues": queues.patch_queues,
        "multiprocessing.connection": pipes.patch_connection,
        "multiprocessing.managers": managers.patch_managers,
        "multiprocessing.pool": pools.patch_pool,
        "concurrent.futures.process": pools.patch_executor,
        "concurrent.futures._base": pools.patch_futures,
        "multiprocessing.spawn": partial(_patch_spawn, folder),
        "setproctitle": process_names.patch_setproctitle,
        **process_names.COPIED,
        **pools_of_mpire.PATCHES,
        **pools_of_pebble.PATCHES,
    }
    for more in (ordering, unfollowed, ends_seen, shared_memory, explored_looks, explored_pools):
        for name, patch in more.PATCHES.items():
            patches[name] = partial(_patch_both, patches[name], patch) if name in patches else patch
    if settings.start_method:
        patches["multiprocessing.context"] = inject.choose_start_method(settings.start_method)
    return patches


def _patch_synchronize(module: ModuleType) -> None:
    locks.patch_semlock(module)
    conditions.patch_conditions(module)


def _patch_both(first: patching.Patch, second: patching.Patch, module: ModuleType) -> None:
    first(module)
    second(module)


def _patch_spawn(folder: str, module: ModuleType) -> None:
    inject.stow_away(folder)(module)
    processes.patch_spawn(module)


def uninstall() -> None:
    """Take everything back: every attribute is what it was."""
    global _installed
    if _installed:
        atexit.unregister(patching.restore)
        patching.restore()
        gate.leave()
        emit.close_channel()
        _installed = False


def _before_fork() -> None:
    forks.note_threads()
    if explored.active and not processes.is_starting():
        explored.before_fork()


def _after_fork_in_child() -> None:
    if _installed:
        if explored.known:
            explored.after_fork_in_child()
        output.forget_parts()
        processes.after_fork_in_child()


# No hook of Python code in the parent: Python would swallow there what a signal handler of the program raises.
os.register_at_fork(before=_before_fork, after_in_parent=forks.forget_threads, after_in_child=_after_fork_in_child)
