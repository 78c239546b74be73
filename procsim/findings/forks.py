"""Why a process waits for a thread of its own for ever, where it has no other thread.

A forked process has the one thread that forked. Each lock that another thread of its parent held then is a copy that
nobody releases: of the program, of a library such as logging's handlers, of C code. Which thread held it is not known.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

from procsim.findings.base import NAMED, Finding
from procsim.findings.causes import Cause, KnownReason, figures_of
from procsim.language import N_
from procsim.state.processes import Wait
from procsim.state.run_state import RunState

AT_A_LOCK, FOR_A_THREAD = "system_inner_waiting", "own_thread_waiting"
"""Kinds of waits: for a lock of its own process; for a condition of threading, which another thread would notify."""


def is_lock_from_fork(run: RunState, pid: int, kind: str, alone: bool) -> bool:
    """Whether such a wait of a process is for a lock that came with it from its parent, as far as can be known.

    `alone`: it has no other thread.
    """
    fork = _fork_of(run, pid)
    return kind == AT_A_LOCK and alone and bool(fork.threads or fork.library_threads)


def forked_beside_threads(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """Locks that a thread held at the fork. Of several processes that were forked at one line, the first is named."""
    seen: set[tuple[str | None, str | None]] = set()
    for wait in sorted(stuck, key=lambda wait: wait.since):
        if is_lock_from_fork(run, wait.pid, wait.kind, wait.alone):
            place = (_fork_of(run, wait.pid).at, wait.at or run.processes[wait.pid].at)
            if place not in seen:
                seen.add(place)
                yield ForkedBesideThreads(wait)


def own_thread_missing(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """Other waits for a thread of its own, of a process that has none, and whose end another one waits for."""
    joined = {wait.child for wait in stuck if wait.kind == "process_join_waiting"}
    for wait in stuck:
        if wait.kind not in (AT_A_LOCK, FOR_A_THREAD) or not wait.alone or wait.pid not in {*joined, run.main}:
            continue
        if not is_lock_from_fork(run, wait.pid, wait.kind, wait.alone):
            yield OwnThreadMissing(wait)


@dataclass(frozen=True)
class ForkedBesideThreads(KnownReason):
    """The one thread of a forked process waits for a lock, and its parent had other threads at the fork."""

    always_wrong: ClassVar[bool] = True

    def finding(self, run: RunState) -> Finding:
        if not _fork_of(run, self.wait.pid).threads:
            return Finding(
                "forked_beside_threads",
                "{process} waits⟨ (last seen at {at})⟩ for a lock or a thread of a library, and has no other thread: "
                "it was forked⟨ at {started_at}⟩ while {count} threads that run no Python, such as those of OpenMP or "
                "BLAS, were in {parent}; {process} has none of them, and what they held stays locked in it",
                figures_of(run, self.wait) | _of_fork(run, self.wait.pid),
                "use the library in no process that forks afterwards, or start processes by another start method: "
                "set_start_method('spawn')",
                sentence="forked_beside_threads.library",
            )
        return Finding(
            "forked_beside_threads",
            "{process} waits⟨ (last seen at {at})⟩ for a lock, and has no other thread that could release it: it was "
            "forked⟨ at {started_at}⟩ while other threads of {parent} ran ({threads}), and a lock that one of them "
            "held then stays locked in {process}",
            figures_of(run, self.wait) | _of_fork(run, self.wait.pid),
            "start processes before threads, or by another start method: set_start_method('spawn')",
        )


@dataclass(frozen=True)
class OwnThreadMissing(KnownReason):
    """The one thread of a process waits for what another thread of it would have to do."""

    def finding(self, run: RunState) -> Finding:
        wait, threads = self.wait, _fork_of(run, self.wait.pid).threads
        if threads:
            return Finding(
                "own_thread_missing",
                "{process} waits⟨ at {at}⟩ for another thread of its own, and has none: it was forked⟨ at "
                "{started_at}⟩, and the other threads of {parent} ({threads}) do not exist in it",
                figures_of(run, wait) | _of_fork(run, wait.pid),
                "start the thread in the process that waits for it",
                sentence="own_thread_missing.forked",
            )
        if wait.kind == FOR_A_THREAD:
            return Finding(
                "own_thread_missing",
                "{process} waits⟨ at {at}⟩ for another thread of its own, and has none",
                figures_of(run, wait),
                "start the thread in the process that waits for it",
            )
        return Finding(
            "own_thread_missing",
            "{process} waits⟨ (last seen at {at})⟩ for a lock of its own or for another thread of its own, and has no "
            "other thread: nobody can release it",
            figures_of(run, wait),
            "release a lock before acquiring it again, or make it an RLock, which its holder may acquire again; and "
            "start the thread in the process that waits for it",
            sentence="own_thread_missing.lock",
        )


class _Fork(NamedTuple):
    """How a process was forked."""

    parent: str
    at: str | None
    threads: list[Any]
    """The other threads of its parent, each with its line."""
    library_threads: int
    """How many more there were, which run no Python."""


def _fork_of(run: RunState, pid: int) -> _Fork:
    """With no threads where it was not forked, or from a process that had no other."""
    start, process = run.started.get(pid), run.processes.get(pid)
    if start is not None:
        get = start.fields.get
        return _Fork(start.process, start.at, [*get("threads", ())], int(get("library_threads", 0)))
    if process is None or process.forked is None:
        return _Fork("", None, [], 0)
    return _Fork(run.process_name(process.parent or 0), process.forked.at, [*process.forked.fields["threads"]], 0)


def _of_fork(run: RunState, pid: int) -> dict[str, Any]:
    fork = _fork_of(run, pid)
    threads = fork.threads
    clauses = [
        {"clause": N_("{thread}⟨ at {at}⟩"), "figures": dict(zip(("thread", "at"), thread, strict=False))}
        for thread in threads[:NAMED]
    ]
    if len(threads) > NAMED:
        clauses.append({"clause": N_("{more} more"), "figures": {"more": len(threads) - NAMED}})
    figures = {"parent": fork.parent, "started_at": fork.at, "threads": clauses}
    return figures | {"count": fork.library_threads}
