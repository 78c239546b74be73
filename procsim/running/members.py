"""The members of a run: which processes belong to it, which go on without it, and how the others are ended.

A process belongs to a run if it was started with the run's folder in its environment, which children inherit under each
start method; if it descends from one that belongs to it; or if it was seen to belong to it before. (A program may clear
the environment of a child, or write over its own, as setproctitle does.)

A process in another session than main's was detached from the run on purpose: a build daemon, a server, whatever was
started with `start_new_session=True` or has called `setsid`. It belongs to the run as long as main is alive, and is
left alone after that.

On Linux procsim could become the parent of every orphan (PR_SET_CHILD_SUBREAPER). It does not: an orphan would see our
PID in the place of 1 as its parent, and programs check that.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple

import psutil

from procsim.running.processes import (
    CHILDREN_ARE_LISTED,
    birth,
    command,
    has_not_ended,
    is_tracker,
    name_for_people,
    parent,
    runs_helper,
    variables,
    with_descendants,
)
from procsim.wire.run_folder import RUN_VARIABLE

TERMINATE_GRACE_SECONDS = 1.0
"""How long a process gets to end by itself after SIGTERM, before SIGKILL."""

HELPERS_GRACE_SECONDS = 3.0
"""How long we wait for forkservers and resource trackers once the others are gone. They end by themselves, and trackers
remove semaphores, shared memory and files before."""

POLL_SECONDS = 0.02
"""Between two checks whether processes are gone."""

ROUNDS = 50
"""How many searches are made for processes that were started while others were ended."""


Role = Literal["main", "process", "seen"]
"""What is known of a process of a run: it is main; it has emitted events; it was only seen."""


class Ended(NamedTuple):
    """What became of the processes of a run that were still there at its end."""

    ended: list[int]
    """PIDs of those that had to be ended, forkservers not among them."""
    detached: list[tuple[int, str]]
    """Those that were left alone: PID, and the name of the command."""


class Members:
    """The processes of one run."""

    def __init__(
        self, folder: str, session: int | None = None, report: Callable[[str], object] = lambda line: None
    ) -> None:
        """`folder` is the run's; `session` the one in which main is started, `None`: one of its own.

        In a container, a session that began outside of it has the number 0.

        `report` is called with a line for each process that is found to belong to the run: see `add_reported`.
        """
        self._mark = os.fsencode(f"{RUN_VARIABLE}={folder}")
        self._report = report
        self._sessions = set() if session is None else {session}
        """Main's: the one that it was started in, and the one that it may make for itself. Empty: not known yet."""
        self._seen: dict[int, str] = {}
        """The processes that were found to belong to the run, and when each was started: see `processes.birth`."""
        self._processes: set[int] = set()
        """Those of them that are known to be no helpers of multiprocessing's."""

    def add(self, pid: int, role: Role = "process") -> None:
        """Note that this process belongs to the run."""
        born = birth(pid)
        known = self._seen.get(pid) == born and (role != "process" or pid in self._processes)
        if born and not known:
            self._add(pid, born, role)
            self._report(f"{pid} {born} {role}")

    def add_reported(self, line: str) -> None:
        """Add the process that another `Members` of the same run has reported. Raises `ValueError` for another line."""
        pid, born, role = line.split()
        self._add(int(pid), born, role)

    def _add(self, pid: int, born: str, role: str) -> None:
        self._seen[pid] = born
        if role == "main":
            self._sessions.add(pid)
        if role == "process":
            self._processes.add(pid)

    def alive(self, thorough: bool = True) -> list[psutil.Process]:
        """The processes of the run that are alive now.

        `thorough`: all processes of the system are searched. Else only those that are known to belong to the run, and
        their descendants, which costs a fraction of it.
        """
        return _alive_of(self._find(thorough))

    def _find(self, thorough: bool) -> set[int]:
        """The PIDs of the run, of which some may just have ended."""
        self._seen = {pid: born for pid, born in self._seen.items() if birth(pid) == born}
        self._processes &= self._seen.keys()
        quickly = CHILDREN_ARE_LISTED and not thorough
        found = with_descendants(self._seen) if quickly else self._found_among_all()
        found.discard(os.getpid())
        for pid in found - self._seen.keys():
            self.add(pid, "seen")
        return found

    def _found_among_all(self) -> set[int]:
        children: dict[int, list[int]] = {}
        found = set(self._seen)
        for pid in psutil.pids():
            with contextlib.suppress(psutil.Error, OSError):
                children.setdefault(parent(pid), []).append(pid)
                if pid not in found and self._mark in variables(pid):
                    found.add(pid)
        ancestors = list(found)
        while ancestors:
            young = set(children.get(ancestors.pop(), [])) - found
            found |= young
            ancestors.extend(young)
        return found

    def are_detached(self, processes: list[psutil.Process]) -> bool:
        """Whether at least one of these processes is detached, and the others are helpers, which end by themselves."""
        others = [process for process in processes if not self.is_detached(process)]
        return len(others) < len(processes) and all(self.is_helper(process) for process in others)

    def is_detached(self, process: psutil.Process) -> bool:
        """Whether a process is in another session than main; no, until main's is known."""
        try:
            return bool(self._sessions) and os.getsid(process.pid) not in self._sessions
        except OSError:  # it has just ended
            return False

    def is_forkserver(self, process: psutil.Process) -> bool:
        """Whether it is a forkserver, and not a process that it has forked, which keeps its command line."""
        if process.pid in self._processes or not runs_helper(process, "forkserver"):
            return False
        try:
            starter = process.parent()
            return starter is None or not runs_helper(starter, "forkserver")
        except psutil.Error:
            return False

    def is_helper(self, process: psutil.Process) -> bool:
        """Whether it is a forkserver or a resource tracker."""
        return is_tracker(process) or self.is_forkserver(process)

    def end(self) -> Ended:
        """End every process of the run that is not detached: SIGTERM, a moment of grace, SIGKILL.

        Forkservers and resource trackers are waited for. A tracker is never ended: it is needed as long as it is there.
        Nor is a forkserver where a detached process goes on that may need it.

        A search of all processes costs the most here. One is enough where nobody of the run is left, a second one where
        only helpers were.
        """
        ended, left = self._end_all_but_helpers()
        helpers = [process for process in left if not self.is_detached(process)]
        if helpers:
            _wait_until_gone(helpers, HELPERS_GRACE_SECONDS)
            left = self.alive()
        detached = [process for process in left if self.is_detached(process)]
        for process in left:
            if not detached and not is_tracker(process):
                with contextlib.suppress(psutil.Error):
                    process.kill()
        return Ended(sorted(ended), sorted(_named(detached)))

    def _end_all_but_helpers(self) -> tuple[set[int], list[psutil.Process]]:
        """End the processes that are neither detached nor helpers. Returns their PIDs, and who is left."""
        ended: set[int] = set()
        asked: set[int] = set()
        left: list[psutil.Process] = []
        kill_at = time.monotonic() + TERMINATE_GRACE_SECONDS
        for _ in range(ROUNDS):
            found = self._find(thorough=True)
            left = _alive_of(found)
            if found and not left:  # they ended during the search, and may have started others before that
                left = self.alive()
            others = [process for process in left if not self.is_detached(process) and not self.is_helper(process)]
            if not others:
                break
            for process in others:
                if command(process):  # one that has none is just ending by itself
                    ended.add(process.pid)
                with contextlib.suppress(psutil.Error):
                    if time.monotonic() >= kill_at:
                        process.kill()
                    elif process.pid not in asked:
                        asked.add(process.pid)
                        process.terminate()
            _wait_until_gone(others, min(TERMINATE_GRACE_SECONDS, max(POLL_SECONDS, kill_at - time.monotonic())))
        return ended, left


def _named(processes: Iterable[psutil.Process]) -> Iterator[tuple[int, str]]:
    """The PID and the name of each of them that has not ended meanwhile."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            yield process.pid, name_for_people(process)


def _alive_of(pids: Iterable[int]) -> list[psutil.Process]:
    alive = []
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            if has_not_ended(process):
                alive.append(process)
    return alive


def _wait_until_gone(processes: list[psutil.Process], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while any(has_not_ended(process) for process in processes) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
