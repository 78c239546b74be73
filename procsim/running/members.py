"""The processes of a run: who belongs to it, who goes on without it, and how the others are ended.

A process belongs to a run if it was started with the run's folder in its environment, which children inherit under each
start method; if it descends from one that belongs to it; or if it was seen to belong to it before. (A program may clear
the environment of a child, or write over its own, as setproctitle does.)

What has a session other than main's was detached from the run on purpose: a build daemon, a server, whatever was
started with `start_new_session=True` or has called `setsid`. It belongs to the run as long as main does, and is left
alone after that.

Linux has a way to be told of every orphan (PR_SET_CHILD_SUBREAPER). It is not used: an orphan would see our PID in the
place of 1 as its parent, and programs ask for that.
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
"""What a process gets to end by itself after SIGTERM, before SIGKILL."""

HELPERS_GRACE_SECONDS = 3.0
"""How long we wait for forkservers and resource trackers once the others are gone. They end by themselves, and trackers
give back semaphores, shared memory and files before."""

LOOK_SECONDS = 0.02
"""Between two looks whether they are gone."""

ROUNDS = 50
"""How often it looks anew for processes that were started in the meantime."""


Role = Literal["main", "process", "seen"]
"""What is known of a process of a run: it is main; it has told of itself; it was only seen."""


class Ended(NamedTuple):
    """What became of the processes of a run that were still there at its end."""

    ended: list[int]
    """PIDs of those that had to be ended, forkservers not among them."""
    detached: list[tuple[int, str]]
    """Those that were left alone: PID, and the name of the command."""


class Members:
    """The processes of one run."""

    def __init__(
        self, folder: str, session: int | None = None, tell: Callable[[str], object] = lambda line: None
    ) -> None:
        """`folder` is the run's; `session` the one in which main is started, `None`: one of its own.

        In a container, a session that began outside of it has the number 0.

        `tell` is called with a line for each process that is found to belong to the run: see `hear`.
        """
        self._folder = folder
        self._tell = tell
        self._sessions = set() if session is None else {session}
        """Main's: the one that it was started in, and the one that it may make for itself. None: not known yet."""
        self._seen: dict[int, str] = {}
        """Who was seen to belong to the run, and when it was started: see `_birth`."""
        self._processes: set[int] = set()
        """Those of them of which it is known that they are no helpers of multiprocessing's."""

    def add(self, pid: int, role: Role = "process") -> None:
        """This process belongs to the run."""
        birth = _birth(pid)
        known = self._seen.get(pid) == birth and (role != "process" or pid in self._processes)
        if birth and not known:
            self._add(pid, birth, role)
            self._tell(f"{pid} {birth} {role}")

    def hear(self, line: str) -> None:
        """Take in what another `Members` of the same run has told. Raises `ValueError` where it is no such line."""
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

        `thorough`: all processes of the system are asked whether they belong to it. Else only those are looked at of
        which that is known, and their descendants, which costs a fraction of it.
        """
        self._seen = {pid: birth for pid, birth in self._seen.items() if _birth(pid) == birth}
        self._processes &= self._seen.keys()
        quickly = _CHILDREN_ARE_LISTED and not thorough
        found = _with_descendants(self._seen) if quickly else self._found_among_all()
        found.discard(os.getpid())
        for pid in found - self._seen.keys():
            self.add(pid, "seen")
        alive = []
        for pid in found:
            with contextlib.suppress(psutil.NoSuchProcess):
                process = psutil.Process(pid)
                if _is_alive(process):
                    alive.append(process)
        return alive

    def _found_among_all(self) -> set[int]:
        children: dict[int, list[int]] = {}
        found = set(self._seen)
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                children.setdefault(process.ppid(), []).append(process.pid)
                if process.pid not in found and process.environ().get(RUN_VARIABLE) == self._folder:
                    found.add(process.pid)
        ancestors = list(found)
        while ancestors:
            young = set(children.get(ancestors.pop(), [])) - found
            found |= young
            ancestors.extend(young)
        return found

    def are_detached(self, processes: list[psutil.Process]) -> bool:
        """Whether these processes go on without main, but for helpers that end by themselves."""
        others = [process for process in processes if not self.is_detached(process)]
        return len(others) < len(processes) and all(self.is_helper(process) for process in others)

    def is_detached(self, process: psutil.Process) -> bool:
        """Whether a process has another session than main. Until main's is known, nobody has."""
        try:
            return bool(self._sessions) and os.getsid(process.pid) not in self._sessions
        except OSError:  # it has just ended
            return False

    def is_forkserver(self, process: psutil.Process) -> bool:
        """Whether it is a forkserver: what it has forked keeps its command line."""
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
        Nor is a forkserver where somebody goes on who may need it.
        """
        ended: set[int] = set()
        kill_at = time.monotonic() + TERMINATE_GRACE_SECONDS
        asked: set[int] = set()
        for _ in range(ROUNDS):
            others = [process for process in self._not_detached() if not self.is_helper(process)]
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
            _wait_until_gone(others, min(TERMINATE_GRACE_SECONDS, max(LOOK_SECONDS, kill_at - time.monotonic())))
        _wait_until_gone(self._not_detached(), HELPERS_GRACE_SECONDS)
        detached = [process for process in self.alive() if self.is_detached(process)]
        for process in self._not_detached():
            if not detached and not is_tracker(process):
                with contextlib.suppress(psutil.Error):
                    process.kill()
        return Ended(sorted(ended), sorted((process.pid, _name(process)) for process in detached))

    def _not_detached(self) -> list[psutil.Process]:
        return [process for process in self.alive() if not self.is_detached(process)]


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


def _wait_until_gone(processes: list[psutil.Process], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while any(_is_alive(process) for process in processes) and time.monotonic() < deadline:
        time.sleep(LOOK_SECONDS)


def is_alive(pid: int) -> bool:
    """Whether a process of that PID is there and has not ended (a zombie has)."""
    try:
        return _is_alive(psutil.Process(pid))
    except psutil.Error:
        return False


def exit_code(pid: int) -> int | None:
    """How a process ended that its parent has not asked for yet; None: not known, or not any more.

    As multiprocessing has it: the negative number of the signal, or what it exited with.
    """
    fields = _stat(pid)
    return os.waitstatus_to_exitcode(int(fields[_EXIT_STATUS])) if fields and fields[0] == b"Z" else None


def _birth(pid: int) -> str:
    """When a process was started, as its system tells it: tells it from another one that has its PID later."""
    fields = _stat(pid)
    if fields:
        return fields[_START].decode()
    try:
        return repr(psutil.Process(pid).create_time())
    except psutil.Error:
        return ""


_START, _EXIT_STATUS = 22 - 3, 52 - 3


def _stat(pid: int) -> list[bytes]:
    """What Linux tells of a process in /proc/PID/stat, from its state on (proc(5): the third field); else nothing."""
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
    """What people call it: the program that it runs, without its folder; of an interpreter, what that runs."""
    words = _command(process)
    return command_name(words) if words else process.name()
