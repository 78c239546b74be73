"""The processes of a run: find them, end them.

A process belongs to a run if it was started with the run's folder in its environment, which children inherit under each
start method, also those whose parent is gone; or if it descends from the run's main process.
"""

import contextlib
import os
import time
from collections.abc import Iterable
from typing import NamedTuple

import psutil

from procsim.tracer.inject import RUN_VARIABLE

TERMINATE_GRACE_SECONDS = 1.0
"""What a process gets to end by itself after SIGTERM, before SIGKILL."""

TRACKER_GRACE_SECONDS = 3.0
"""What the resource trackers get to give back semaphores and shared memory, once the others are gone."""

LOOK_SECONDS = 0.02
"""Between two looks whether they are gone."""

ROUNDS = 50
"""How often it looks anew for processes that were started in the meantime."""


def members(folder: str, main: int | None = None) -> list[psutil.Process]:
    """The processes of the run that are alive now."""
    everything = {process.pid: process for process in psutil.process_iter()}
    children: dict[int, list[int]] = {}
    found: set[int] = set()
    for process in everything.values():
        with contextlib.suppress(psutil.Error, OSError):
            children.setdefault(process.ppid(), []).append(process.pid)
            if process.pid == main or process.environ().get(RUN_VARIABLE) == folder:
                found.add(process.pid)
    ancestors = list(found)
    while ancestors:
        young = set(children.get(ancestors.pop(), [])) - found
        found |= young
        ancestors.extend(young)
    found.discard(os.getpid())
    return [everything[pid] for pid in found if _alive(everything[pid])]


def family(known: Iterable[psutil.Process], pids: Iterable[int]) -> list[psutil.Process] | None:
    """Those that are known, and their descendants, that are alive now; None where the system does not list children.

    This costs a fraction of `members`, which asks every process of the system.
    """
    found = {process.pid: process for process in known}
    ancestors = [*found, *(pid for pid in pids if pid not in found)]
    if ancestors and not os.path.exists(f"/proc/{os.getpid()}/task/{os.getpid()}/children"):
        return None
    alive = []
    for pid in ancestors:  # which grows meanwhile
        with contextlib.suppress(psutil.Error, OSError):
            process = found.get(pid) or psutil.Process(pid)
            found[pid] = process
            if not _alive(process):
                continue
            alive.append(process)
            for thread in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{thread}/children") as file:
                    ancestors.extend(child for child in map(int, file.read().split()) if child not in ancestors)
    return alive


class Ended(NamedTuple):
    """A process that had to be ended."""

    pid: int
    is_forkserver: bool
    """Whether its command line is that of a forkserver, as that of a process is which a forkserver has forked."""


def end_all(folder: str, main: int | None = None) -> list[Ended]:
    """End every process of the run: SIGTERM, a moment of grace, SIGKILL. Returns those that were there to be ended.

    The resource trackers are left to end by themselves: they give back what the others held, and end when the last
    of those is gone.
    """
    ended: dict[int, Ended] = {}
    kill_at = time.monotonic() + TERMINATE_GRACE_SECONDS
    asked: set[int] = set()
    for _ in range(ROUNDS):
        others = [process for process in members(folder, main) if not runs(process, "resource_tracker")]
        if not others:
            break
        for process in others:
            if process.pid not in ended and _command(process):  # one that has none is just ending by itself
                ended[process.pid] = Ended(process.pid, runs(process, "forkserver"))
            with contextlib.suppress(psutil.Error):
                if time.monotonic() >= kill_at:
                    process.kill()
                elif process.pid not in asked:
                    asked.add(process.pid)
                    process.terminate()
        _wait_until_gone(others, min(TERMINATE_GRACE_SECONDS, max(LOOK_SECONDS, kill_at - time.monotonic())))
    trackers = members(folder, main)
    _wait_until_gone(trackers, TRACKER_GRACE_SECONDS)
    for process in trackers:
        with contextlib.suppress(psutil.Error):
            process.kill()
    return list(ended.values())


def _wait_until_gone(processes: list[psutil.Process], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while any(_alive(process) for process in processes) and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)


def is_alive(pid: int) -> bool:
    """Whether a process of that PID is there and has not ended (a zombie has)."""
    try:
        return _alive(psutil.Process(pid))
    except psutil.Error:
        return False


def exit_code(pid: int) -> int | None:
    """How a process ended that its parent has not asked for yet; None: not known, or not any more.

    As multiprocessing has it: the negative number of the signal, or what it exited with.
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            words = file.read().rpartition(b")")[2].split()
        # proc(5): field 3 is the state, 52 the exit status as waitpid reports it; the name may contain blanks.
        return os.waitstatus_to_exitcode(int(words[49])) if words[0] == b"Z" else None
    except (OSError, ValueError, IndexError):
        return None


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.Error:
        return False


def runs(process: psutil.Process, helper: str) -> bool:
    """Whether it was started as one of multiprocessing's helpers."""
    return any(f"multiprocessing.{helper}" in word for word in _command(process))


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
