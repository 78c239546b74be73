"""Why a program stands still: the causes of the waits that nothing can end any more.

    stuck waits ──► CAUSES ──► causes ──► without those that are effects of others ──► a finding for each

Each cause is about the wait that the others come from; the others are the finding's figure `standing`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from procsim.findings import locks, queues
from procsim.findings.base import Finding, from_fields, standing
from procsim.findings.causes import Cause, CauseOfWait, figures_of, first_for_each, made_at
from procsim.findings.pools import is_idle_worker, lost_results
from procsim.state.processes import Wait
from procsim.state.run_state import RunState


def already_found(run: RunState) -> Iterator[Finding]:
    """The findings that came while the program hung."""
    yield from (from_fields(event.fields) for event in run.found)


def hangs(run: RunState) -> Iterator[Finding]:
    """One finding for each cause, as things are now."""
    stuck = run.stuck_waits()
    if not stuck:
        return
    busy = [wait for wait in stuck if not is_idle_worker(run, wait)]
    causes = _without_daemons(run, _without_effects(run, [cause for find in CAUSES for cause in find(run, busy)]))
    if not run.hangs():
        causes = [cause for cause in causes if cause.always_wrong]
    others = {wait.pid: wait for wait in stuck}
    for cause in causes:
        finding = cause.finding(run)
        rows = [standing(run, wait) for pid, wait in others.items() if pid != cause.pid]
        yield finding._replace(figures={**finding.figures, "standing": rows})
    if not causes and run.hangs():
        yield _unexplained(run, stuck)


def _without_effects(run: RunState, causes: list[Cause]) -> list[Cause]:
    """Leave out what follows from another cause: what a holder waits for, and other unread items of a queue."""
    held = [cause.held_up for cause in causes if isinstance(cause, locks.WaitingHolder)]
    unread = {made_at(run, cause.flush.object) for cause in causes if isinstance(cause, queues.JoinBeforeGet)}
    return [
        cause
        for cause in causes
        if not (isinstance(cause, CauseOfWait) and cause.wait in held)
        and not (isinstance(cause, queues.UnreadQueue) and made_at(run, cause.wait.object) in unread)
    ]


def _without_daemons(run: RunState, causes: list[Cause]) -> list[Cause]:
    """Leave out daemons that wait for more work, where there is another cause: they keep no process from ending."""
    others = [
        cause for cause in causes if not (isinstance(cause, queues.EmptyQueue) and run.processes[cause.pid].daemon)
    ]
    return others or causes


def _unexplained(run: RunState, stuck: list[Wait]) -> Finding:
    wait = stuck[0]
    return Finding(
        "standstill",
        "{process} waits⟨ at {at}⟩, and nobody is left who could let it go on",
        {**figures_of(run, wait), "standing": [standing(run, other) for other in stuck]},
    )


@dataclass(frozen=True)
class NobodyLeft(CauseOfWait):
    """A wait whose kind alone explains it: no process is left that could end it."""

    template: Finding
    """Without its figures."""

    def finding(self, run: RunState) -> Finding:
        wait, signal = self.wait, run.signals.get(self.wait.object or 0)
        figures = figures_of(run, wait) | {"open_in": [run.process_name(pid) for pid in wait.open_in]}
        if wait.call:
            figures["call"] = wait.call
        if signal is not None and signal.parties:
            figures |= {"arrived": signal.arrived, "parties": signal.parties}
        return self.template._replace(figures=figures)


@dataclass(frozen=True)
class ReceiveFromEachOther(CauseOfWait):
    """Two threads wait for a message, each at one end of the same pipe."""

    other: Wait

    def finding(self, run: RunState) -> Finding:
        its = figures_of(run, self.other)
        figures = {"other": its["process"], "other_at": its["at"], "other_object": its["object"]}
        return Finding(
            "receive_nobody_sends",
            "{process} waits⟨ at {at}⟩ for a message on {object}⟨ (made at {made})⟩, and {other} "
            "waits⟨ at {other_at}⟩ for one on {other_object}, the other end of it: neither sends one",
            figures_of(run, self.wait) | figures,
            "have one of the two send first",
            sentence="receive_nobody_sends.both",
        )


def receives(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """`recv` with no process left to send: each of two waits for the other, or all who could send are gone."""
    waits = {wait.object or 0: wait for wait in first_for_each(stuck, "pipe_receive_waiting")}
    for identity, wait in waits.copy().items():
        signal = run.signals.get(identity)
        other = waits.get(signal.other) if signal is not None else None
        if other is not None and identity in waits:
            del waits[identity], waits[other.object or 0]
            yield ReceiveFromEachOther(wait, other)
    yield from (NobodyLeft(wait, NOBODY_SENDS) for wait in waits.values())


NOBODY_SENDS = Finding(
    "receive_nobody_sends",
    "{process} waits⟨ at {at}⟩ for a message on {object}⟨ (made at {made})⟩, and nobody is left who could send one; "
    "the sending end is still open in: {open_in}",
    {},
    "in each process close the end that it does not use: recv() then raises EOFError when the sender has ended",
    sentence="receive_nobody_sends",
)


def nobody_left(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """Waits that are explained by their kind."""
    for kind, template in NOBODY_LEFT.items():
        yield from (NobodyLeft(wait, template) for wait in first_for_each(stuck, kind))


NOBODY_LEFT = {
    "pipe_send_waiting": Finding(
        "send_nobody_receives",
        "{process} waits⟨ since {at}⟩ to send through {object}⟨ (made at {made})⟩: the pipe is full, and nobody is "
        "left who could receive from it",
        {},
        "receive on the other side while sending, not after it; or send less at once",
    ),
    "event_waiting": Finding(
        "event_nobody_sets",
        "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩ to be set, and nobody is left who could set it",
        {},
        "set {object} before waiting for those who wait for it, and also where something fails",
    ),
    "condition_waiting": Finding(
        "condition_nobody_notifies",
        "{process} waits⟨ at {at}⟩ for a notice on {object}⟨ (made at {made})⟩, and nobody is left who could notify it",
        {},
        "a notice that comes before the wait is lost: wait in a loop for what it tells of, `{object}.wait_for(...)`",
    ),
    "barrier_waiting": Finding(
        "barrier_nobody_comes",
        "{process} waits⟨ at {at}⟩ at {object}⟨ (made at {made})⟩: {arrived} of {parties} are there, and nobody is "
        "left who could come",
        {},
        "make the barrier for as many as really come, or call {object}.abort() when one cannot",
    ),
    "manager_called": Finding(
        "manager_never_answers",
        "{process} waits⟨ at {at}⟩ for the manager to answer {call}(), and nobody is left who could bring that about",
        {},
        "whoever was to release, put or set it has ended, or waits itself: see to it that this is done in any case",
    ),
    "system_read_waiting": Finding(
        "read_nobody_writes",
        "{process} waits to read from a pipe⟨ (last seen at {at})⟩, and nobody is left who could write to it; its "
        "other end is still open in: {open_in}",
        {},
        "in each process close the end of the pipe that it does not use",
    ),
    "system_write_waiting": Finding(
        "write_nobody_reads",
        "{process} waits to write to a pipe⟨ (last seen at {at})⟩, and nobody is left who could read from it; its "
        "other end is still open in: {open_in}",
        {},
        "read what a process writes while it runs, not after waiting for its end: communicate() of a Popen does both",
    ),
}
"""The finding about a wait, by its kind, where no process is left that could end it."""

CAUSES: Sequence[Callable[[RunState, list[Wait]], Iterator[Cause]]] = (
    lost_results,
    locks.lock_cycles,
    locks.dead_holders,
    locks.waiting_holders,
    locks.semaphores,
    queues.torn_messages,
    queues.unfinished_tasks,
    queues.unread_queues,
    queues.full_queues,
    queues.empty_queues,
    receives,
    nobody_left,
)
"""The functions that find causes. The findings come in this order."""
