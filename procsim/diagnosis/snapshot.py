"""A snapshot of the processes of a run: what each thread waits for, and which process has which end of which pipe.

/proc/PID/task/*/syscall ──► what each thread is blocked in: see `blocked_threads`
/proc/PID/fd             ──► the ends of pipes and sockets that a process has open
/proc/PID/status         ──► the signals that it has handlers for, and whether it is stopped
"""

import contextlib
import functools
import os
import stat
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import psutil

from procsim.diagnosis import sockets
from procsim.diagnosis.blocked_threads import READABLE, Blocked, End, blocked
from procsim.running.members import Members
from procsim.running.processes import is_tracker

ENDS_KEPT = 10_000
"""A thousand forked processes have the same thousand ends: each is kept once."""


class Thread(NamedTuple):
    """A thread of a process."""

    pid: int
    number: int


_GONE = Blocked("gone")
"""Stands for a thread that has ended."""


@dataclass
class ProcessSnapshot:
    """One process at one moment."""

    pid: int
    parent: int
    threads: dict[int, Blocked | None] = field(default_factory=dict)
    """By the number that the system gave the thread; None: it may go on by itself."""
    ends: frozenset[End] = frozenset()
    is_forkserver: bool = False
    caught: int = 0
    """The signals that it has handlers for, as a mask (signal 1 is bit 0)."""
    handles_interrupts: bool = False
    """Whether the handler of Ctrl-C may be the program's own, where that is not known of a wait but of the process."""

    @property
    def main_goes_on(self) -> bool:
        """Whether its main thread is there and may go on by itself."""
        return self.threads.get(self.pid, _GONE) is None


@dataclass
class Snapshot:
    """The processes of a run at one moment."""

    processes: dict[int, ProcessSnapshot]
    outside: frozenset[End] = frozenset()
    """The pipes and sockets that a process outside the run has open: see `with_outside`."""
    peers: Mapping[int, int] = field(default_factory=dict)
    """The inodes of connected sockets, and of their other ends. Only where a thread waits for a socket."""
    incomplete: bool = False
    """Whether there are processes that we may not look at (another user's, say), or cannot: see READABLE."""


def take_snapshot(members: Members, thorough: bool = True) -> Snapshot:
    """The processes of a run now. `thorough`: see `Members.alive`."""
    if not READABLE:
        return Snapshot({}, incomplete=True)
    processes: dict[int, ProcessSnapshot] = {}
    incomplete = False
    for process in members.alive(thorough):
        if is_tracker(process):
            continue
        try:
            processes[process.pid] = _process_snapshot(process.pid, process.ppid())
            processes[process.pid].is_forkserver = members.is_forkserver(process)
        except (PermissionError, psutil.AccessDenied):
            incomplete = True
        except (OSError, psutil.Error):
            continue  # it has just ended
    peers = peers_for(blocked for process in processes.values() for blocked in process.threads.values())
    return Snapshot(processes, peers=peers, incomplete=incomplete)


def peers_for(threads: Iterable[Blocked | None]) -> dict[int, int]:
    """See `Snapshot.peers`."""
    ends = (end for blocked in threads if blocked is not None for end in blocked.ends)
    return sockets.peers() if any(end.socket for end in ends) else {}


def with_outside(snapshot: Snapshot) -> Snapshot:
    """The same snapshot, with those of its pipes that other processes of the system have open.

    Such a process may come from the program, with another environment and no parent; or it is the shell whose pipe the
    program reads.
    """
    inodes = {end.inode for process in snapshot.processes.values() for end in process.ends}
    return replace(snapshot, outside=open_outside(inodes, snapshot.processes))


def open_outside(inodes: Container[int], known: Container[int]) -> frozenset[End]:
    """Of the pipes and sockets with these inodes, what processes of the system have open other than those `known`."""
    outside: set[End] = set()
    for pid in psutil.pids():
        if pid not in known:
            with contextlib.suppress(OSError):  # it has just ended, or it is another user's
                outside.update(ends_of(str(pid), inodes).values())
    return frozenset(outside)


def wait_count(thread: Thread) -> int:
    """How often a thread has gone to wait (voluntary context switches). Unchanged: it is in the same wait as before."""
    with contextlib.suppress(OSError, ValueError), open(f"/proc/{thread.pid}/task/{thread.number}/status") as file:
        for line in file:
            if line.startswith("voluntary_ctxt_switches:"):
                return int(line.split()[1])
    return -1


def _process_snapshot(pid: int, parent: int) -> ProcessSnapshot:
    descriptors = ends_of(str(pid))
    process = ProcessSnapshot(pid, parent, ends=frozenset(descriptors.values()))
    stopped = False
    with open(f"/proc/{pid}/status") as file:
        for line in file:
            if line.startswith("State:"):
                stopped = line.split()[1] in ("T", "t")  # whoever stopped it may continue it
            elif line.startswith("SigCgt:"):
                process.caught = int(line.split()[1], 16)
    for thread in os.listdir(f"/proc/{pid}/task"):
        process.threads[int(thread)] = None if stopped else blocked(pid, thread, descriptors)
    return process


_end = functools.lru_cache(ENDS_KEPT)(End)


def ends_of(pid: str, inodes: Container[int] | None = None) -> dict[int, End]:
    """The pipes and sockets that a process has open, by descriptor; `inodes`: only those."""
    found: dict[int, End] = {}
    folder = os.open(f"/proc/{pid}/fd", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in os.listdir(folder):
            end = _end_at(name, folder, inodes)
            if end is not None:
                found[int(name)] = end
    finally:
        os.close(folder)
    return found


class OpenEnds:
    """The pipes and sockets that a process has open, each read once it is asked for.

    A process that was forked as the thousandth has a thousand of its parent's, of which most matter to nobody.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._known: dict[int, End | None] = {}

    def get(self, number: int, /) -> End | None:
        """The pipe or socket with this number; None: there is none."""
        if number not in self._known:
            self._known[number] = _end_at(f"/proc/{self._pid}/fd/{number}")
        return self._known[number]


def _end_at(link: str, folder: int | None = None, inodes: Container[int] | None = None) -> End | None:
    """The pipe or socket that a link in /proc/PID/fd leads to, if it is one of these."""
    with contextlib.suppress(OSError, ValueError):
        kind, _, rest = os.readlink(link, dir_fd=folder).partition(":[")
        if kind in ("pipe", "socket") and (inodes is None or int(rest[:-1]) in inodes):
            # The permissions of the link are those that it was opened with.
            mode = os.stat(link, dir_fd=folder, follow_symlinks=False).st_mode
            return _end(int(rest[:-1]), bool(mode & stat.S_IWUSR), kind == "socket")
    return None
