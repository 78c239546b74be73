"""The watchman: looks after a run, and tells who stands still for ever.

    Run ──► batches ──► state ──► (somebody has waited for a while) ──► two looks that agree ──► process_stuck events

A look costs some milliseconds of procsim's own time and nothing of the program's. It is at the processes that are known
to belong to the run. Once two such looks agree that somebody is stuck, all processes of the system are asked whether
they could end that wait. What is found goes into the stream of events like everything else, so that a recording tells
it again.
"""

import contextlib
import time
from collections.abc import Iterator

from procsim.diagnosis.blocked_threads import Blocked, Sight, Thread, look, switches, with_outside
from procsim.diagnosis.standstill import other_end, stuck, waits_by_thread
from procsim.findings.base import Finding, as_fields
from procsim.findings.hangs import hangs
from procsim.running.run import Run
from procsim.state.processes import Wait
from procsim.state.run_state import RunState
from procsim.wire.events import Event
from procsim.wire.identities import pipe_end

QUIET_SECONDS = 0.2
"""Between two looks while something happens, and between the two that must agree."""

LONGEST_PAUSE_SECONDS = 2.0
"""Between two looks while nothing happens."""

SHARE = 20
"""After a look there is a pause of at least so many times the processor time that it took: it costs 5 % of a core at
most. Its time by the clock would not do: on a busy machine a look waits for a core, which costs the program nothing."""

TOLD_WHILE_MAIN_GOES_ON = ("lock_waiting", "process_join_waiting", "queue_flush_waiting")
"""Waits that are wrong whatever main does. Who waits for something else may be a worker that main is going to end."""


def watched(run: Run, state: RunState) -> Iterator[list[Event]]:
    """The batches of a run, which the caller draws into `state`, and among them who was found to be stuck."""
    watchman = _Watchman(run, state)
    told: set[tuple[str, int | None]] = set()
    for batch in run:
        yield batch
        stuck: list[Event] = []
        with contextlib.suppress(Exception):  # a fault of ours in here must not end the program
            stuck = watchman.watch()
        if stuck:
            yield stuck
            found: list[Finding] = []
            with contextlib.suppress(Exception):
                found = [finding for finding in hangs(state) if (finding.id, finding.pid) not in told]
            told |= {(finding.id, finding.pid) for finding in found}
            yield [run.event("finding", **as_fields(finding)) for finding in found]


class _Watchman:
    def __init__(self, run: Run, state: RunState) -> None:
        self._run = run
        self._state = state
        self._before: dict[Thread, tuple[int, int]] = {}
        """Who was stuck at the last look, how often it had gone to wait, and when its process had last said something.

        A look takes a while, in which those seen first may have gone on; who has not gone to wait anew between two
        looks was in the same wait with all the others.
        """
        self._pause = QUIET_SECONDS
        self._next = time.monotonic() + QUIET_SECONDS
        self._earliest = 0.0
        self._events = 0

    def watch(self) -> list[Event]:
        """Look, if it is time to; a `process_stuck` for each thread of which that has just become certain."""
        now, began = time.monotonic(), time.thread_time()
        if self._state.events != self._events:
            self._events = self._state.events
            self._pause = QUIET_SECONDS
            self._next = min(self._next, max(self._earliest, now + QUIET_SECONDS))
        if now < self._next:
            return []
        dead = self._run.unseen_deaths()
        if dead:
            return dead  # what they held and waited for is to be looked at anew
        sight = look(self._run.members, thorough=False)
        if sight is None:
            self._next = float("inf")
            return []
        before, self._before = self._before, self._marked(stuck(self._state, sight))
        # All of them, since each is stuck because the others are.
        sure = self._before == before
        found: list[Event] = []
        if sure and before and self._run.has_caught_up():
            found = self._certain(before)
        self._plan(began, sure)
        return found

    def _certain(self, before: dict[Thread, tuple[int, int]]) -> list[Event]:
        """Who is stuck also where all other processes of the system are asked, and has been since `before`."""
        sight = look(self._run.members)
        if sight is None or not stuck(self._state, sight):
            return []
        found = self._marked(stuck(self._state, with_outside(sight)))
        if any(before.get(thread) != mark for thread, mark in found.items()):
            return []
        events = [event for thread in sorted(found) if (event := self._said(thread, sight)) is not None]
        if Thread(self._state.main, self._state.main) in found:
            return events
        return [event for event in events if event.fields["wait"] in TOLD_WHILE_MAIN_GOES_ON]

    def _marked(self, found: set[Thread]) -> dict[Thread, tuple[int, int]]:
        """These threads, with what tells whether they go on: how often they went to wait, and their last event."""
        processes = self._state.processes
        return {thread: (switches(thread), processes[thread.pid].last) for thread in found if thread.pid in processes}

    def _plan(self, began: float, sure: bool) -> None:
        """When to look again: soon where the last two looks did not find the same.

        `began`: the processor time of this thread, in seconds, when this look began.
        """
        ended = time.monotonic()
        self._earliest = ended + (time.thread_time() - began) * SHARE
        self._next = max(self._earliest, ended + self._pause) if sure else ended + QUIET_SECONDS
        self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS)

    def _said(self, thread: Thread, sight: Sight) -> Event | None:
        """That it is stuck; None where that was said before, or where it is no thread that people know of."""
        wait = waits_by_thread(self._state).get(thread)
        process = self._state.processes.get(thread.pid)
        blocked = sight.processes[thread.pid].threads[thread.number]
        if process is None or blocked is None:
            return None
        if wait is None:
            if thread.number != thread.pid or any(known.stuck for known in process.waits.values()):
                return None
            kind, identity = _from_call(self._state, blocked)
            if process.pool is not None and process.task is None:
                kind, identity = "system_task_waiting", process.pool
            wait = Wait(kind, thread.pid, process.name, process.last, process.at, identity)  # of its main thread
        if wait.stuck is not None:
            return None
        fields = {
            "wait": wait.kind,
            "open_in": _open_in(self._state, sight, blocked),
            # The length of a message is read first, as 4 bytes (multiprocessing.connection.Connection._recv_bytes).
            "in_message": blocked.how == "read" and blocked.size not in (4, 8),
        }
        return Event(
            "process_stuck", self._run.now(), thread.pid, process.name, wait.thread, wait.object, wait.at, fields
        )


def _from_call(state: RunState, blocked: Blocked) -> tuple[str, int | None]:
    """The kind of a wait that the process has not told of, and the object that it is for."""
    if blocked.how not in ("read", "write"):
        return f"system_{blocked.how}_waiting", None
    end = blocked.ends[0]
    identity = pipe_end(end.inode, True if end.socket else not end.writing)
    if identity in state.signals:
        return ("pipe_receive_waiting" if blocked.how == "read" else "pipe_send_waiting"), identity
    for queue in state.queues.values():
        if queue.pipe == end.inode:
            return ("queue_get_waiting" if blocked.how == "read" else "queue_put_waiting"), queue.identity
    return f"system_{blocked.how}_waiting", None


def _open_in(state: RunState, sight: Sight, blocked: Blocked) -> list[int]:
    """The processes that have the other end of the pipe open."""
    others = {other_end(state, end) for end in blocked.ends}
    return sorted(pid for pid, seen in sight.processes.items() if not others.isdisjoint(seen.ends))
