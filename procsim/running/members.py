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
from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

import psutil

from procsim.wire.interpreter import command_name
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
        self._mark = f"{RUN_VARIABLE}={folder}".encode()
        self._report = report
        self._sessions = set() if session is None else {session}
        """Main's: the one that it was started in, and the one that it may make for itself. Empty: not known yet."""
        self._seen: dict[int, str] = {}
        """The processes that were found to belong to the run, and when each was started: see `_birth`."""
        self._processes: set[int] = set()
        """Those of them that are known to be no helpers of multiprocessing's."""

    def add(self, pid: int, role: Role = "process") -> None:
        """Note that this process belongs to the run."""
        birth = _birth(pid)
        known = self._seen.get(pid) == birth and (role != "process" or pid in self._processes)
        if birth and not known:
            self._add(pid, birth, role)
            self._report(f"{pid} {birth} {role}")

    def add_reported(self, line: str) -> None:
        """Add the process that another `Members` of the same run has reported. Raises `ValueError` for another line."""
        pid, birth, role = line.split()
        self._add(int(pid), birth, role)

    def _add(self, pid: int, birth: str, role: str) -> None:
        self._seen[pid] = birth
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
        self._seen = {pid: birth for pid, birth in self._seen.items() if _birth(pid) == birth}
        self._processes &= self._seen.keys()
        quickly = _CHILDREN_ARE_LISTED and not thorough
        found = _with_descendants(self._seen) if quickly else self._found_among_all()
        found.discard(os.getpid())
        for pid in found - self._seen.keys():
            self.add(pid, "seen")
        return found

    def _found_among_all(self) -> set[int]:
        children: dict[int, list[int]] = {}
        found = set(self._seen)
        for pid in psutil.pids():
            with contextlib.suppress(psutil.Error, OSError):
                children.setdefault(_parent(pid), []).append(pid)
                if pid not in found and self._mark in _variables(pid):
                    found.add(pid)
        ancestors = list(found)
        while ancestors:
            young = set(children.get(ancestors.pop(), [])) - found
            found |= young
            ancestors.extend(young)
        return found

    def are_detached(self, processes: list[psutil.Process]) -> bool:
        """Whether all of these processes are detached, but for helpers, which end by themselves."""
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
        if process.pid in self._processes or not _runs(process, "forkserver"):
            return False
        try:
            parent = process.parent()
            return parent is None or not _runs(parent, "forkserver")
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
        return Ended(sorted(ended), sorted((process.pid, _name(process)) for process in detached))

    def _end_all_but_helpers(self) -> tuple[set[int], list[psutil.Process]]:
        """End the processes that are neither detached nor helpers. Returns their PIDs, and who is left."""
        ended: set[int] = set()
        asked: set[int] = set()
        left: list[psutil.Process] = []
        kill_at = time.monotonic() + TERMINATE_GRACE_SECONDS
        for _ in range(ROUNDS):
            found = self._find(thorough=True)
            left = _alive_of(found)
            if found and not left:  # they ended while we searched, and may have started others before
                left = self.alive()
            others = [process for process in left if not self.is_detached(process) and not self.is_helper(process)]
            if not others:
                break
            for process in others:
                if _command(process):  # one that has none is just ending by itself
                    ended.add(process.pid)
                with contextlib.suppress(psutil.Error):
                    if time.monotonic() >= kill_at:
                        process.kill()
                    elif process.pid not in asked:
                        asked.add(process.pid)
                        process.terminate()
            _wait_until_gone(others, min(TERMINATE_GRACE_SECONDS, max(POLL_SECONDS, kill_at - time.monotonic())))
        return ended, left


_CHILDREN_ARE_LISTED = os.path.exists(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
"""Whether the system lists the children of each thread: Linux does, if it was built so (proc(5))."""


def _with_descendants(pids: Iterable[int]) -> set[int]:
    """These PIDs, and those of all processes that descend from them now."""
    ancestors = list(pids)
    found = set(ancestors)
    for pid in ancestors:  # which grows meanwhile
        with contextlib.suppress(OSError):  # it has just ended
            for thread in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{thread}/children") as file:
                    young = set(map(int, file.read().split())) - found
                found |= young
                ancestors.extend(young)
    return found


def _alive_of(pids: Iterable[int]) -> list[psutil.Process]:
    alive = []
    for pid in pids:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            if _is_alive(process):
                alive.append(process)
    return alive


def _wait_until_gone(processes: list[psutil.Process], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while any(_is_alive(process) for process in processes) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)


def is_alive(pid: int) -> bool:
    """Whether a process of that PID is there and has not ended (a zombie has)."""
    try:
        return _is_alive(psutil.Process(pid))
    except psutil.Error:
        return False


def exit_code(pid: int) -> int | None:
    """The exit code of a process whose parent has not asked for it yet; None: it is not known, or not any more.

    As multiprocessing has it: what it exited with, or the negative number of the signal that ended it.
    """
    fields = _stat(pid)
    return os.waitstatus_to_exitcode(int(fields[_EXIT_STATUS])) if fields and fields[0] == b"Z" else None


def _birth(pid: int) -> str:
    """When a process was started, in the system's units. Another process that gets its PID later differs in that."""
    fields = _stat(pid)
    if fields:
        return fields[_START].decode()
    try:
        return repr(psutil.Process(pid).create_time())
    except psutil.Error:
        return ""


def _parent(pid: int) -> int:
    """The PID of its parent. Raises `psutil.Error` where it cannot be known."""
    fields = _stat(pid)
    return int(fields[_PARENT]) if fields else psutil.Process(pid).ppid()


def _variables(pid: int) -> list[bytes]:
    """The environment of a process, as "name=value". Raises `OSError` or `psutil.Error` where we may not look at it."""
    if _CHILDREN_ARE_LISTED:  # read by ourselves: for each process of the system, psutil takes five times as long
        with open(f"/proc/{pid}/environ", "rb") as file:
            return file.read().split(b"\0")
    return [f"{name}={value}".encode() for name, value in psutil.Process(pid).environ().items()]


_PARENT, _START, _EXIT_STATUS = 4 - 3, 22 - 3, 52 - 3


def _stat(pid: int) -> list[bytes]:
    """The fields of /proc/PID/stat from the process's state on (proc(5): the third one); empty where there is none."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()  # the name before it may contain blanks
    except OSError:
        return []


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    except psutil.Error:
        return False


def is_tracker(process: psutil.Process) -> bool:
    """Whether it is a resource tracker: multiprocessing's, or one like it (loky's)."""
    return _runs(process, "resource_tracker")


def _runs(process: psutil.Process, helper: str) -> bool:
    """Whether it was started as such a helper: `python -c "from multiprocessing.forkserver import main; ..."`."""
    return any(f".{helper} import main" in word for word in _command(process))


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _name(process: psutil.Process) -> str:
    """Its name for people: the program that it runs, without the folder; of an interpreter, what that runs."""
    words = _command(process)
    return command_name(words) if words else process.name()
