"""Whether all threads of a run that move by themselves only do the same again and again.

    snapshots ──► each of these threads goes to wait, wakes up, goes to wait ──► they poll, or beat, and end no wait

So what is probable by the events alone is not said where a thread computes, or stands in one long sleep or wait with a
time limit, after which it may end the waits of others. Nor where one waits for something from outside the run, such as
a client, the network or the shell's pipe.
"""

from procsim.diagnosis.blocked_threads import Blocked
from procsim.diagnosis.snapshot import Snapshot, Thread, wait_count
from procsim.diagnosis.standstill import other_end, waits_by_thread
from procsim.findings.base import Repeats
from procsim.findings.pools import FOR_POOL
from procsim.running.run import Run
from procsim.state.processes import Wait
from procsim.state.run_state import RunState
from procsim.wire.identities import MAIN_THREAD

ROUNDS = 2
"""How often such a thread has gone to wait since it was first looked at."""


class Suspicion:
    """What was seen since something became probable."""

    def __init__(self, run: Run, state: RunState) -> None:
        self._run = run
        self._state = state
        self._mark = 0
        """Marks the moment when it became probable: what was emitted before it may show that it is not."""
        self._first: dict[Thread, int] | None = None
        """How often each thread that moves by itself had gone to wait then; None: nothing is probable."""

    def holds(self, probable: bool, snapshot: Snapshot) -> Repeats:
        """What is seen now of the threads that move. `probable`: whether something is, by the events that have come."""
        threads = {
            Thread(process.pid, number): blocked
            for process in snapshot.processes.values()
            if not process.is_forkserver  # it does nothing unless it is asked to
            for number, blocked in process.threads.items()
        }
        moving = {
            thread
            for thread, blocked in threads.items()
            if (blocked is None or blocked.how == "timed") and not self._is_helper(thread)
        }
        known = waits_by_thread(self._state)
        from_outside = any(
            blocked is not None and thread not in known and self._is_from_outside(thread, blocked, snapshot)
            for thread, blocked in threads.items()
        )
        if not (probable and threads) or snapshot.incomplete or from_outside:  # without threads: all have just ended
            self._first = None
            return Repeats.NOT_KNOWN
        if self._first is None or not moving <= self._first.keys():
            self._mark, self._first = self._run.mark(), {thread: wait_count(thread) for thread in moving}
            return Repeats.NOT_KNOWN
        again = all(wait_count(thread) >= self._first[thread] + ROUNDS for thread in moving)
        if not again or not self._run.has_passed(self._mark):
            return Repeats.NOT_KNOWN
        may_act = {thread for thread in moving if not self._acts_on_request(thread)}
        only_ask = all(self._is_main(thread) or _waits_on(known.get(thread)) for thread in may_act)
        return Repeats.MAIN_ALONE if only_ask else Repeats.SEEN

    def _acts_on_request(self, thread: Thread) -> bool:
        """Whether it is one of a manager, or the main thread of a worker that has no task."""
        process = self._state.processes.get(thread.pid)
        is_one = process is not None and process.acts_on_request
        return is_one and (thread.number == thread.pid or self._is_manager(thread.pid))

    def _is_manager(self, pid: int) -> bool:
        process = self._state.processes.get(pid)
        return process is not None and process.is_manager

    def _is_helper(self, thread: Thread) -> bool:
        """Whether it only looks what others do, as those do by which a pool works."""
        process = self._state.processes.get(thread.pid)
        return process is not None and thread.number in process.helpers

    def _is_main(self, thread: Thread) -> bool:
        process = self._state.processes.get(thread.pid)
        return thread.number == thread.pid and process is not None and MAIN_THREAD in process.polls

    def _is_from_outside(self, thread: Thread, blocked: Blocked, snapshot: Snapshot) -> bool:
        """Whether something from outside the run may end this wait. Servers of managers serve processes of the run."""
        if self._is_manager(thread.pid):
            return False
        if blocked.how == "accept" or (blocked.how == "events" and not blocked.ends):
            return True
        if blocked.how not in ("read", "poll", "events"):
            return False
        others = [other_end(self._state, end, snapshot.peers) for end in blocked.ends]
        return any(not any(other in each.ends for each in snapshot.processes.values()) for other in others)


def _waits_on(wait: Wait | None) -> bool:
    """Whether this is a wait for a pool, without a time limit, in which its package wakes up again and again."""
    return wait is not None and wait.kind in FOR_POOL and wait.timeout is None
