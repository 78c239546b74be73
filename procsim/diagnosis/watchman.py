"""The watchman: looks after a run, and finds the threads that are stuck: that will never go on.

    every now and then: a snapshot ──► two in a row agree ──► a thorough one confirms ──► process_stuck, finding events

A check costs some milliseconds of procsim's own time and nothing of the program's. It reads the processes that are
known to belong to the run, and their descendants. What is found goes into the stream of events like all else: state
stays pure, and a recording shows it again.

Two snapshots agree if they find the same threads stuck, and if between them none of these threads has gone to wait anew
and none of their processes has emitted an event. One snapshot is not enough: it takes a while, and the threads that
were read first may have gone on before it was whole. Then a thorough one follows: it searches all processes of the
system for those of the run, and for others that could end these waits. It, too, must find these threads as they were.
"""

import contextlib
import time

from procsim.diagnosis.blocked_threads import Blocked
from procsim.diagnosis.snapshot import Snapshot, Thread, take_snapshot, wait_count, with_outside
from procsim.diagnosis.standstill import other_end, stuck, waits_by_thread
from procsim.findings.base import Finding, as_fields
from procsim.findings.hangs import hangs
from procsim.running.run import Run
from procsim.state.processes import Wait
from procsim.state.run_state import RunState
from procsim.wire.events import Event
from procsim.wire.identities import pipe_end

QUIET_SECONDS = 0.2
"""Between two checks while events come, and between the two that must agree."""

LONGEST_PAUSE_SECONDS = 2.0
"""Between two checks while no events come."""

SHARE = 20
"""After a check there is a pause of at least so many times the processor time that it took: checks cost 5 % of a core
at most. It is not measured by the clock: on a busy machine a check also waits for a core, which costs the program
nothing."""

WRONG_WHILE_MAIN_GOES_ON = ("lock_waiting", "process_join_waiting", "queue_flush_waiting")
"""Waits that are wrong whatever main does. A process that waits for something else may be a worker that main ends."""


class Watchman:
    """Looks after one run. A fault of its own ends no program: then it finds nothing."""

    def __init__(self, run: Run, state: RunState) -> None:
        """`state` is that of the run, which the caller keeps up to date."""
        self._run = run
        self._state = state
        self._before: dict[Thread, tuple[int, int]] = {}
        """The threads that were stuck at the last check: how often each had gone to wait, and when (ns) its process had
        emitted its last event."""
        self._pause = QUIET_SECONDS
        self._next = time.monotonic() + QUIET_SECONDS
        self._earliest = 0.0
        self._events = 0
        """How many events there were at the last call."""
        self._explained: set[tuple[str, int | None]] = set()
        """The findings that were emitted: id, and the PID of the process."""

    def diagnose(self) -> list[Event]:
        """Check, if it is time. Returns events, which the caller applies to the state before it calls `explain`.

        They are a `process_stuck` for each thread that has just become certain to be stuck. Or a `process_ended` for
        each process that was found to have ended: what it held and waited for is to be checked anew then.
        """
        with contextlib.suppress(Exception):
            return self._check() if self._is_time() else []
        return []

    def explain(self) -> list[Event]:
        """Why threads are stuck: a `finding` event for each new reason."""
        found: list[Finding] = []
        with contextlib.suppress(Exception):
            found = [finding for finding in hangs(self._state) if _key(finding) not in self._explained]
        self._explained.update(map(_key, found))
        return [self._run.event("finding", **as_fields(finding)) for finding in found]

    # When to check -------------------------------------------------------------------------------------------

    def _is_time(self) -> bool:
        now = time.monotonic()
        if self._state.events != self._events:
            self._events = self._state.events
            self._pause = QUIET_SECONDS
            self._next = min(self._next, max(self._earliest, now + QUIET_SECONDS))
        return now >= self._next

    def _plan(self, began: float, agree: bool) -> None:
        """Plan the next check: soon where this snapshot did not `agree` with the one before.

        `began`: the processor time of this thread, in seconds, when this check began.
        """
        ended = time.monotonic()
        self._earliest = ended + (time.thread_time() - began) * SHARE
        self._next = max(self._earliest, ended + self._pause) if agree else ended + QUIET_SECONDS
        self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS)

    # Who is stuck --------------------------------------------------------------------------------------------

    def _check(self) -> list[Event]:
        began = time.thread_time()
        dead = self._run.find_deaths()
        if dead:
            return dead
        snapshot = take_snapshot(self._run.members, thorough=False)
        before, self._before = self._before, self._marked(stuck(self._state, snapshot))
        agree = self._before == before  # about all threads, since each is stuck only because the others are
        found: list[Event] = []
        if agree and before and self._run.has_caught_up():
            found = self._certain(before)
        self._plan(began, agree)
        return found

    def _certain(self, before: dict[Thread, tuple[int, int]]) -> list[Event]:
        """The threads that are stuck also by a thorough snapshot, and have not gone on since `before`."""
        snapshot = take_snapshot(self._run.members)
        if not stuck(self._state, snapshot):  # check first: what follows reads all processes of the system
            return []
        found = self._marked(stuck(self._state, with_outside(snapshot)))
        if any(before.get(thread) != mark for thread, mark in found.items()):
            return []
        events = [event for thread in sorted(found) if (event := self._stuck_event(thread, snapshot)) is not None]
        if Thread(self._state.main, self._state.main) in found:
            return events
        return [event for event in events if event.fields["wait"] in WRONG_WHILE_MAIN_GOES_ON]

    def _marked(self, found: set[Thread]) -> dict[Thread, tuple[int, int]]:
        """These threads, with what shows whether they go on: see `_before`."""
        processes = self._state.processes
        return {thread: (wait_count(thread), processes[thread.pid].last) for thread in found if thread.pid in processes}

    # What is emitted -----------------------------------------------------------------------------------------

    def _stuck_event(self, thread: Thread, snapshot: Snapshot) -> Event | None:
        """The `process_stuck` event; None where it was emitted before, or people do not know of this thread."""
        process = self._state.processes.get(thread.pid)
        blocked = snapshot.processes[thread.pid].threads[thread.number]
        if process is None or blocked is None:
            return None
        wait = waits_by_thread(self._state).get(thread) or self._wait_of_main_thread(thread, blocked)
        if wait is None or wait.stuck is not None:
            return None
        fields = {
            "wait": wait.kind,
            "open_in": _open_in(self._state, snapshot, blocked),
            # A message begins with its length: 4 bytes, and 8 more if it is long (Connection._recv_bytes).
            "in_message": blocked.how == "read" and blocked.size not in (4, 8),
        }
        return Event(
            "process_stuck", self._run.now(), thread.pid, process.name, wait.thread, wait.object, wait.at, fields
        )

    def _wait_of_main_thread(self, thread: Thread, blocked: Blocked) -> Wait | None:
        """The wait of a process's main thread that has emitted none, by its system call.

        None where another thread of it is stuck already: most likely the main thread waits for that one.
        """
        process = self._state.processes[thread.pid]
        if thread.number != thread.pid or any(known.stuck for known in process.waits.values()):
            return None
        kind, identity = _from_call(self._state, blocked)
        if process.pool is not None and process.task is None:
            kind, identity = "system_task_waiting", process.pool
        return Wait(kind, thread.pid, process.name, process.last, process.at, identity)


def _key(finding: Finding) -> tuple[str, int | None]:
    return finding.id, finding.pid


def _from_call(state: RunState, blocked: Blocked) -> tuple[str, int | None]:
    """The kind of a wait that was not emitted, and the object that it is for."""
    if blocked.how not in ("read", "write"):
        return f"system_{blocked.how}_waiting", None
    (end,) = blocked.ends  # a read or a write has one
    identity = pipe_end(end.inode, readable=end.socket or not end.writing)
    if identity in state.signals:
        return ("pipe_receive_waiting" if blocked.how == "read" else "pipe_send_waiting"), identity
    for queue in state.queues.values():
        if queue.pipe == end.inode:
            return ("queue_get_waiting" if blocked.how == "read" else "queue_put_waiting"), queue.identity
    return f"system_{blocked.how}_waiting", None


def _open_in(state: RunState, snapshot: Snapshot, blocked: Blocked) -> list[int]:
    """The PIDs of the processes that have the other end of the pipe open."""
    others = {other_end(state, end) for end in blocked.ends}
    return sorted(pid for pid, process in snapshot.processes.items() if not others.isdisjoint(process.ends))
