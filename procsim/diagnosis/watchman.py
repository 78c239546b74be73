"""The watchman: looks after a run, and finds the threads that are stuck: that will never go on.

    every now and then: a snapshot ──► two in a row agree ──► a thorough one confirms ──► process_stuck, finding events

A check costs some milliseconds of procsim's own time and nothing of the program's. It reads the processes that are
known to belong to the run, and their descendants. What is found goes into the stream of events like all else: state
stays pure, and a recording shows it again.

Two snapshots agree if they find the same threads stuck, and if between them none of these threads has gone to wait anew
and none of their processes has emitted an event. One snapshot is not enough: it takes a while, and the threads that
were read first may have gone on before it was whole. Then a thorough one follows: it looks among all processes of the
system for further ones of the run, and, if threads are stuck even so, for others that have their pipes open. Of the
threads that are stuck by the two, it confirms those that are stuck by it, too, and are as they were.

The state may be late, and then it has no cause, or a wrong one. So nobody is found to be stuck before all events have
come that were emitted before the first of these snapshots, and the end of each process that is gone by the last one,
or about to be: it has told that it ends, has closed its pipes, perhaps, and has not ended yet.
"""

import contextlib
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from typing import Any

from procsim.diagnosis.snapshot import Snapshot, Thread, take_snapshot, wait_count, with_outside
from procsim.diagnosis.standstill import handles_signals, stuck
from procsim.diagnosis.stuck_events import stuck_events
from procsim.diagnosis.suspicion import Suspicion
from procsim.findings.base import UNEXPLAINED, Finding, Repeats, as_fields
from procsim.findings.exit_lost import exit_codes_lost
from procsim.findings.pools import never_ready
from procsim.running.run import Run
from procsim.state.run_state import RunState
from procsim.wire.events import Event

QUIET_SECONDS = 0.2
"""Between two checks while events come, and between the two that must agree."""

LONGEST_PAUSE_SECONDS = 2.0
"""Between two checks while no events come."""

SHARE = 20
"""After a check there is a pause of at least so many times the processor time that it took: checks cost 5 % of a core
at most. It is not measured by the clock: on a busy machine a check also waits for a core, which costs the program
nothing."""


Reader = Callable[[Collection[int], int], list[Event]]
"""Tells what processes with these PIDs, which are not traced, hold and wait for, as events at that time (ns)."""


class Watchman:
    """Looks after one run. A fault of its own ends no program: then it finds nothing."""

    def __init__(self, run: Run, state: RunState, read: Reader | None = None) -> None:
        """`state` is that of the run, which the caller keeps up to date. `read`: how to look at processes that are not
        traced; None: these are not looked at.
        """
        self._run = run
        self._state = state
        self._read = read
        self._were_read: set[int] = set()
        """The processes that were looked at. What they hold and wait for is not to be counted twice."""
        self._before: dict[Thread, tuple[int, int]] = {}
        """The threads that were stuck at the last check: how often each had gone to wait, and when (ns) its process had
        emitted its last event."""
        self._has_read = False
        """Whether this check has looked at some."""
        self._since = 0
        """Marks the first check that found these: see `Run.mark`. What has led to their waits was emitted before it."""
        self._pause = QUIET_SECONDS
        self._next = time.monotonic() + QUIET_SECONDS
        self._earliest = 0.0
        self._events = 0
        """How many events there were at the last call."""
        self._suspicion = Suspicion(run, state)
        """Whether what is probable may be said."""
        self.repeats = Repeats.NOT_KNOWN
        """Of the threads that move, where something is probable."""
        self._explained: set[tuple[str, int | None]] = set()
        """The findings that were emitted: id, and the PID of the process."""

    def diagnose(self) -> list[Event]:
        """Check, if it is time. Returns events, which the caller applies to the state before it calls `explain`.

        They are a `process_stuck` for each thread that has just become certain to be stuck, and a `finding` for each
        pool that starts workers for ever, for each child whose exit code is lost, and for each reason why it probably
        hangs. Or a `process_ended` for each process that was found to have ended, or what processes that are not traced
        hold and wait for: what others hold and wait for is to be checked anew then.
        """
        with contextlib.suppress(Exception):
            return [*self._check(), *self._new(self._wrong_meanwhile())] if self._is_time() else []
        return []

    def _wrong_meanwhile(self) -> Iterator[Finding]:
        """What goes wrong for ever, and need not make it hang."""
        yield from never_ready(self._state)
        yield from exit_codes_lost(self._state)

    def explain(self) -> list[Event]:
        """Why threads are stuck: a `finding` event for each new reason."""
        with contextlib.suppress(Exception):
            from procsim.findings.hangs import hangs  # with all causes; most runs do not hang

            return self._new(hangs(self._state))
        return []

    def last_look(self) -> dict[str, Any]:
        """Where the threads of the run stand now, as figures of a finding; none where it is known why it hangs, or
        where they were shown before.
        """
        shown = any("stacks" in event.fields["figures"] for event in self._state.suspected)
        return {} if shown or self._state.found else self._stacks()

    def last_read(self) -> list[Event]:
        """What the processes of the run hold and wait for that are not traced, before it is ended."""
        with contextlib.suppress(Exception):
            members = self._run.members
            alive = [process.pid for process in members.alive(thorough=False) if not members.is_helper(process)]
            return self._of_untraced(alive) if any(each.untraced for each in self._state.processes.values()) else []
        return []

    def _stacks(self) -> dict[str, Any]:
        """Where the threads of the run stand; main's come first. Helpers of multiprocessing's are left out."""
        with contextlib.suppress(Exception):
            from procsim.diagnosis.stacks import as_figures, read_stacks  # most runs end by themselves

            members = self._run.members
            pids = [process.pid for process in members.alive(thorough=False) if not members.is_helper(process)]
            pids.sort(key=lambda pid: (pid != self._state.main, pid))
            return as_figures(read_stacks(pids), self._state.process_name)
        return {}

    def _with_stacks(self, finding: Finding) -> Finding:
        """The finding; where it does not explain the hang for certain, with the stacks of those that hang."""
        unexplained = finding.id == UNEXPLAINED or not finding.certain
        return finding._replace(figures={**finding.figures, **self._stacks()}) if unexplained else finding

    def _new(self, findings: Iterable[Finding]) -> list[Event]:
        """A `finding` event for each that was not emitted before."""
        found = [finding for finding in findings if _key(finding) not in self._explained]
        self._explained.update(map(_key, found))
        found = [self._with_stacks(finding) for finding in found]
        return [self._run.event("finding", **finding_fields(finding)) for finding in found]

    # When to check -------------------------------------------------------------------------------------------

    def _is_time(self) -> bool:
        now = time.monotonic()
        if self._state.events != self._events:
            self._events = self._state.events
            self._pause = QUIET_SECONDS
            self._next = min(self._next, max(self._earliest, now + QUIET_SECONDS))
        return now >= self._next

    def _plan(self, began: float, agree: bool) -> None:
        """Plan the next check: soon where this snapshot did not `agree` with the one before, or is not known to.

        `began`: the processor time of this thread, in seconds, when this check began.
        """
        ended = time.monotonic()
        self._earliest = ended + (time.thread_time() - began) * SHARE
        self._next = max(self._earliest, ended + self._pause) if agree else ended + QUIET_SECONDS
        self._pause = min(self._pause * 2, LONGEST_PAUSE_SECONDS)

    # Who is stuck --------------------------------------------------------------------------------------------

    def _check(self) -> list[Event]:
        began, self._has_read = time.thread_time(), False
        dead = self._run.find_deaths()
        if dead or self._run.deaths_are_expected():
            return dead
        snapshot = take_snapshot(self._run.members, thorough=False)
        before, self._before = self._before, self._marked(stuck(self._state, snapshot))
        agree = self._before == before  # about all threads, since each is stuck only because the others are
        if not agree:
            self._since = self._run.mark()
        known = self._run.has_passed(self._since)
        found = self._certain(before) if agree and before and known else []
        if not found:
            found = self._new(self._suspected(snapshot))
        if self._has_read:  # once for each process: what that takes needs no pause after it
            began = time.thread_time()
        self._plan(began, agree and known)
        return found

    def _suspected(self, snapshot: Snapshot) -> Iterable[Finding]:
        """Why it probably hangs, where all that can move is seen to move in vain."""
        from procsim.findings.probable import OLD_WHILE_IT_RUNS_NS  # with all causes; short runs come to no check

        found = self._suspicions(snapshot, Repeats.MAIN_ALONE)
        self.repeats = self._suspicion.holds(bool(found), snapshot)
        if self.repeats == Repeats.SEEN:
            found = self._suspicions(snapshot, Repeats.SEEN)
        old = [finding for finding in found if finding.figures["seconds"] * 1e9 >= OLD_WHILE_IT_RUNS_NS]
        return old if self.repeats else []

    def _suspicions(self, snapshot: Snapshot, repeats: Repeats) -> list[Finding]:
        from procsim.findings.probable import OLD_NS, suspected

        found = [] if self._state.found else [*suspected(self._state, self._run.now(), OLD_NS, repeats)]
        return [finding for finding in found if not _may_be_ended_by_a_handler(finding, snapshot)]

    def _certain(self, before: dict[Thread, tuple[int, int]]) -> list[Event]:
        """The threads that are stuck also by a thorough snapshot, and have not gone on since `before`.

        Or the ends of processes that were gone by then, which may be why.
        """
        snapshot = take_snapshot(self._run.members)
        if not stuck(self._state, snapshot):  # what follows takes longer: it reads the open files of all processes
            return []
        # Look outside first: who wrote and ended before that has let a thread go on, which the next snapshot shows.
        outside = with_outside(snapshot).outside
        snapshot = take_snapshot(self._run.members)
        everybody = stuck(self._state, replace(snapshot, outside=outside))
        found = self._marked(everybody)
        if any(before.get(thread) != mark for thread, mark in found.items()):
            return []
        dead = self._run.find_deaths()
        if dead or self._run.deaths_are_expected() or self._some_are_ending(snapshot):
            return dead
        read = self._of_untraced({thread.pid for thread in everybody})
        if read:  # by what is known now, other threads may be stuck, or for another reason
            return read
        return stuck_events(self._state, snapshot, {*found}, self._run.now())

    def _some_are_ending(self, snapshot: Snapshot) -> bool:
        """Whether a process has told that it ends, and its main thread is on its way there: not blocked."""
        processes = (self._state.processes.get(pid) for pid, it in snapshot.processes.items() if it.main_goes_on)
        return any(process is not None and (process.raised or process.returned is not None) for process in processes)

    def _of_untraced(self, pids: Iterable[int]) -> list[Event]:
        """What those of these processes hold and wait for that are not traced, and were not looked at before."""
        known = self._state.processes
        new = {pid for pid in pids if pid not in known or known[pid].untraced or known[pid].began is None}
        new -= self._were_read
        if self._read is None or not new:
            return []
        self._were_read |= new
        self._has_read = True
        events = self._read(new, self._run.now())
        self._run.found(events)
        return events

    def _marked(self, found: set[Thread]) -> dict[Thread, tuple[int, int]]:
        """These threads, with what shows whether they go on: see `_before`."""
        processes = self._state.processes
        return {thread: (wait_count(thread), processes[thread.pid].last) for thread in found if thread.pid in processes}


def _may_be_ended_by_a_handler(finding: Finding, snapshot: Snapshot) -> bool:
    """Whether it is about an Event that a signal handler may be there to set, or about what it may change."""
    from procsim.findings.probable import SIGNALS

    process = snapshot.processes.get(finding.pid or 0)
    return finding.figures.get("kind") in SIGNALS and process is not None and handles_signals(process)


def finding_fields(finding: Finding) -> dict[str, Any]:
    """A finding as its event has it."""
    return as_fields(finding) | ({} if finding.certain else {"probable": True})


def _key(finding: Finding) -> tuple[str, int | None]:
    return finding.id, finding.pid
