"""Why a program stands still: the causes of the waits that nothing can end any more.

    stuck waits ──► CAUSES ──► causes ──► without those that are effects of others ──► a finding for each

Each cause is about the wait that the others come from; the others are the finding's figure `standing`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from procsim.findings import (
    broken_queues,
    conditions,
    connections,
    forks,
    left_early,
    locks,
    looked_at,
    pool_tasks,
    pool_threads,
    pools,
    queues,
    results,
    signalled,
    starting,
    unsent,
)
from procsim.findings.base import Finding, standing
from procsim.findings.by_look import because_of_look
from procsim.findings.causes import Cause, CauseOfWait, KnownReason, NobodyIsLeft, figures_of, first_for_each, made_at
from procsim.findings.deaths import because, dead, with_cure, with_deaths
from procsim.findings.pool_tasks import is_idle_worker
from procsim.findings.upstream import without_downstream
from procsim.state.processes import Wait
from procsim.state.run_state import RunState
from procsim.wire.identities import MAIN_THREAD


def hangs(run: RunState) -> Iterator[Finding]:
    """One finding for each cause, as things are now."""
    stuck = run.stuck_waits()
    if not stuck:
        return
    found = causes(run, stuck)
    if not run.hangs():
        found = [cause for cause in found if cause.always_wrong]
    others = {wait.pid: wait for wait in stuck}
    for cause in found:
        finding = cause.finding(run)
        rows = [standing(run, wait) for pid, wait in others.items() if pid != cause.pid]
        yield finding._replace(figures={**finding.figures, "standing": rows})
    if not found and run.hangs():
        yield _unexplained(run, stuck)


def causes(run: RunState, stuck: list[Wait]) -> list[Cause]:
    """Why these threads wait for ever, without what follows from another cause."""
    busy = [wait for wait in stuck if not is_idle_worker(run, wait)]
    found = _without_effects(run, [cause for find in CAUSES for cause in find(run, busy)])
    return _without_daemons(run, without_downstream(run, busy, found))


def _without_effects(run: RunState, causes: list[Cause]) -> list[Cause]:
    """Leave out what follows from another cause.

    That is what a holder waits for; other unread items of a queue; and, where the end of a process or the loss of an
    item is known to be a cause, what else nobody is left for, and waits for a lock that the waiting thread holds.
    """
    roots: list[CauseOfWait] = [cause for cause in causes if isinstance(cause, KnownReason)]
    roots = roots or [cause for cause in causes if isinstance(cause, NobodyIsLeft) and cause.dead]
    if roots:
        causes = [cause for cause in causes if cause in roots or not _follows(cause, roots)]
    causes = _one_for_each_end(run, causes)
    held = [cause.held_up for cause in causes if isinstance(cause, locks.WaitingHolder)]
    held += [cause.wait for cause in causes if isinstance(cause, results.Errors)]
    lost = {cause.pid for cause in causes if isinstance(cause, pool_tasks.LostResult)}  # which says what it held
    own = [cause.wait for cause in causes if isinstance(cause, locks.LockTwice)]
    unread = {made_at(run, cause.flush.object) for cause in causes if isinstance(cause, queues.JoinBeforeGet)}
    return [
        cause
        for cause in causes
        if not (isinstance(cause, CauseOfWait) and cause.wait in held and not isinstance(cause, results.Errors))
        and not (isinstance(cause, signalled.TerminatedInVain) and cause.its in own)
        and not (isinstance(cause, queues.JoinBeforeGet) and cause.flush in held)
        and not (isinstance(cause, locks.DeadHolder) and cause.holder.pid in lost)
        and not (isinstance(cause, queues.UnreadQueue) and made_at(run, cause.wait.object) in unread)
    ]


def _one_for_each_end(run: RunState, causes: list[Cause]) -> list[Cause]:
    """Of several waits for which nobody is left by the end of the same processes, only one: that of main, or else the
    oldest.
    """
    first: dict[tuple[int, ...], NobodyIsLeft] = {}
    same = [cause for cause in causes if isinstance(cause, NobodyIsLeft) and cause.dead]
    for cause in sorted(same, key=lambda cause: (cause.pid != run.main, cause.wait.since)):
        first.setdefault(tuple(process.pid for process in cause.dead), cause)
    return [cause for cause in causes if cause not in same or cause in first.values()]


def _follows(cause: Cause, roots: list[CauseOfWait]) -> bool:
    """Whether this says no more than what follows from the end of a process or the loss of an item."""
    if isinstance(cause, locks.WaitingHolder):
        return any(cause.held_up == root.wait for root in roots)
    return isinstance(cause, NobodyIsLeft)


def _without_daemons(run: RunState, causes: list[Cause]) -> list[Cause]:
    """Leave out daemons and threads that wait for more work, where there is another cause.

    Daemons keep no process from ending, and a thread that serves the others, such as that of a QueueListener, is ended
    by the main thread.
    """
    others = [
        cause
        for cause in causes
        if not (
            isinstance(cause, queues.EmptyQueue)
            and (run.processes[cause.pid].daemon or cause.wait.thread != MAIN_THREAD)
        )
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
class NobodyLeft(NobodyIsLeft):
    """A wait whose kind alone explains it: no process is left that could end it."""

    template: Finding
    """Without the figures of the wait."""

    def finding(self, run: RunState) -> Finding:
        wait, signal = self.wait, run.signals.get(self.wait.object or 0)
        figures = {**self.template.figures, **figures_of(run, wait)} | {
            "open_in": [run.process_name(pid) for pid in wait.open_in] or (None if wait.timeout is not None else [])
        }
        if wait.call:
            figures["call"] = wait.call
        if signal is not None and signal.parties:
            figures |= {"arrived": signal.arrived, "parties": signal.parties}
        if wait.open_in:  # the cure of the template is the one that fits: then the end of the others is noticed
            return with_cure(run, self.template._replace(figures=figures | because(run, self.dead)), self.dead)
        if not self.dead:
            return self.template._replace(figures=figures | because_of_look(run, wait))
        return with_deaths(run, self.template._replace(figures=figures), self.dead)


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


@dataclass(frozen=True)
class SendToEachOther(CauseOfWait):
    """Two threads send, each through one end of the same pipe, which is full in both directions."""

    other: Wait

    def finding(self, run: RunState) -> Finding:
        its = figures_of(run, self.other)
        return Finding(
            "send_nobody_receives",
            "{process} waits⟨ since {at}⟩ to send through {object}⟨ (made at {made})⟩, and {other} waits⟨ since "
            "{other_at}⟩ to send through {other_object}, the other end of it: both directions are full, and neither "
            "receives",
            figures_of(run, self.wait)
            | {"other": its["process"], "other_at": its["at"], "other_object": its["object"]},
            "have one of the two receive first; or send less at once",
            sentence="send_nobody_receives.both",
        )


def sends(run: RunState, stuck: list[Wait]) -> Iterator[SendToEachOther]:
    """`send` of two that send to each other."""
    waits = {wait.object or 0: wait for wait in first_for_each(stuck, "pipe_send_waiting")}
    for identity, wait in waits.copy().items():
        signal = run.signals.get(identity)
        other = waits.get(signal.other) if signal is not None and signal.other != identity else None
        if other is not None and identity in waits:
            del waits[identity], waits[other.object or 0]
            yield SendToEachOther(wait, other)


def receives(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """`recv` with no process left to send: each of two waits for the other, or all who could send are gone."""
    waits = {wait.object or 0: wait for wait in first_for_each(stuck, "pipe_receive_waiting")}
    for identity, wait in waits.copy().items():
        signal = run.signals.get(identity)
        peer = signal.other if signal is not None and signal.other != identity else 0
        other = waits.get(peer) if peer else None  # two of which it is not known where they receive are no two ends
        if other is not None and identity in waits:
            del waits[identity], waits[peer]
            yield ReceiveFromEachOther(wait, other)
    yield from (NobodyLeft(wait, dead(run, wait), NOBODY_SENDS) for wait in waits.values())


NOBODY_SENDS = Finding(
    "receive_nobody_sends",
    "{process} waits⟨ at {at}⟩ for a message on {object}⟨ (made at {made})⟩, and nobody is left who could send one"
    "⟨; the sending end is still open in: {open_in}⟩⟨; {because}⟩",
    {},
    "in each process close the end that it does not use: recv() then raises EOFError when the sender has ended",
    sentence="receive_nobody_sends",
)


def nobody_left(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """Waits that are explained by their kind."""
    joined = [cause.flush for cause in queues.unread_queues(run, stuck) if isinstance(cause, queues.JoinBeforeGet)]
    joined += [wait for cause in sends(run, stuck) for wait in (cause.wait, cause.other)]
    for kind, template in NOBODY_LEFT.items():
        for wait in first_for_each([wait for wait in stuck if wait not in joined], kind):
            ended = dead(run, wait)
            other = NOBODY_LEFT_BY_DEATH.get(kind) if ended else conditions.missed(run, wait)
            yield NobodyLeft(wait, ended, other or template)


NOBODY_LEFT = {
    "pipe_send_waiting": Finding(
        "send_nobody_receives",
        "{process} waits⟨ since {at}⟩ to send through {object}⟨ (made at {made})⟩: the pipe is full, and nobody is "
        "left who could receive from it⟨: {because}⟩",
        {},
        "receive on the other side while sending, not after it; or send less at once",
    ),
    "event_waiting": Finding(
        "event_nobody_sets",
        "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩ to be set, and nobody is left who could set it"
        "⟨: {because}⟩",
        {},
        "set {object} before waiting for those who wait for it, and also where something fails",
    ),
    "condition_waiting": Finding(
        "condition_nobody_notifies",
        "{process} waits⟨ at {at}⟩ for a notice on {object}⟨ (made at {made})⟩, and nobody is left who could notify it"
        "⟨: {because}⟩",
        {},
        "a notice that comes before the wait is lost: wait in a loop for what it tells of, `{object}.wait_for(...)`",
    ),
    "barrier_waiting": Finding(
        "barrier_nobody_comes",
        "{process} waits⟨ at {at}⟩ at {object}⟨ (made at {made})⟩: {arrived} of {parties} are there, and nobody is "
        "left who could come⟨: {because}⟩",
        {},
        "make the barrier for as many as really come, or call {object}.abort() when one cannot",
    ),
    "manager_called": Finding(
        "manager_never_answers",
        "{process} waits⟨ at {at}⟩ for the manager to answer {call}(), and nobody is left who could bring that "
        "about⟨: {because}⟩",
        {},
        "whoever was to release, put or set it has ended, or waits itself: see to it that this is done in any case",
    ),
    "system_read_waiting": Finding(
        "read_nobody_writes",
        "{process} waits to read from a pipe⟨ (last seen at {at})⟩, and nobody is left who could write to it; its "
        "other end is still open in: {open_in}⟨; {because}⟩",
        {},
        "in each process close the end of the pipe that it does not use",
    ),
    "system_write_waiting": Finding(
        "write_nobody_reads",
        "{process} waits to write to a pipe⟨ (last seen at {at})⟩, and nobody is left who could read from it; its "
        "other end is still open in: {open_in}⟨; {because}⟩",
        {},
        "read what a process writes while it runs, not after waiting for its end: communicate() of a Popen does both",
    ),
}
"""The finding about a wait, by its kind, where no process is left that could end it."""

NOBODY_LEFT_BY_DEATH = {
    "condition_waiting": Finding(
        "condition_nobody_notifies",
        "{process} waits⟨ at {at}⟩ for a notice on {object}⟨ (made at {made})⟩, and nobody is left who could notify "
        "it: {because}",
        {},
        "notify {object} in any case, in a `finally`, and have those who wait look whether what they wait for has come",
        sentence="condition_nobody_notifies.died",
    ),
}
"""The same, where another cure fits if it is by the end of processes that nobody is left."""

CAUSES: Sequence[Callable[[RunState, list[Wait]], Iterator[Cause]]] = (
    pool_tasks.lost_results,
    pool_tasks.unread_tasks,
    pool_tasks.starved,
    pool_threads.dead_threads,
    pool_threads.waits_for_itself,
    pool_threads.dropped_errors,
    pool_threads.in_forked_child,
    pools.no_worker,
    results.errors_unseen_in_hang,
    left_early.left_early,
    starting.dead_children,
    signalled.terminated_in_vain,
    forks.forked_beside_threads,
    forks.own_thread_missing,
    conditions.dead_sleepers,
    locks.lock_cycles,
    locks.dead_holders,
    locks.waiting_holders,
    locks.semaphores,
    broken_queues.torn_messages,
    unsent.dropped_items,
    unsent.unsent_items,
    broken_queues.dead_readers,
    queues.unfinished_tasks,
    queues.unread_queues,
    queues.full_queues,
    queues.empty_queues,
    receives,
    connections.nobody_at_the_other_end,
    sends,
    nobody_left,
    looked_at.unchanged_values,
    looked_at.queues_not_emptied,
    looked_at.missing_files,
)
"""The functions that find causes. The findings come in this order."""
