"""Why a program stands still: from the waits of which it is certain that nobody is left to end them.

Each finding is about the wait that all the others come from; who else waits stands in its `standing`.
"""

from collections.abc import Callable, Iterator

from procsim.findings import locks, queues
from procsim.findings.base import Finding, from_fields, standing
from procsim.findings.pools import is_idle_worker, lost_results
from procsim.findings.waits import figures_of, first_for_each
from procsim.state.processes import Wait
from procsim.state.run_state import RunState


def told(run: RunState) -> Iterator[Finding]:
    """What was found while it stood there."""
    yield from (from_fields(event.fields) for event in run.found)


def hangs(run: RunState) -> Iterator[Finding]:
    """One finding for each cause, as things are now."""
    stuck = run.stuck_waits()
    if not stuck:
        return
    busy = [wait for wait in stuck if not is_idle_worker(run, wait)]
    causes = _without_daemons(run, _without_effects([finding for find in CAUSES for finding in find(run, busy)]))
    if not run.hangs():
        causes = [cause for cause in causes if cause.id in ALWAYS_WRONG]
    others = {wait.pid: wait for wait in stuck}
    for finding in causes:
        rows = [standing(run, wait) for pid, wait in others.items() if pid != finding.figures["pid"]]
        yield finding._replace(figures={**finding.figures, "standing": rows})
    if not causes and run.hangs():
        yield _unexplained(run, stuck)


ALWAYS_WRONG = ("lock_cycle", "lock_twice", "holder_dead", "holder_waits", "join_before_get")
"""Causes that are told also while main goes on."""


def _without_effects(causes: list[Finding]) -> list[Finding]:
    """What a holder waits for, and for whom else a queue is not read, comes of what is told before it."""
    held = {(cause.figures["holder_pid"], cause.figures["holder_at"]) for cause in causes if cause.id == "holder_waits"}
    unread = {cause.figures["made"] for cause in causes if cause.id == "join_before_get"}
    return [
        cause
        for cause in causes
        if (cause.figures["pid"], cause.figures.get("at")) not in held
        and not (cause.id == "flush_nobody_gets" and cause.figures["made"] in unread)
    ]


def _without_daemons(run: RunState, causes: list[Finding]) -> list[Finding]:
    """A daemon that waits for more work keeps nobody: it is a cause only where there is no other."""
    others = [
        cause for cause in causes if not run.processes[cause.figures["pid"]].daemon or cause.id != "get_nobody_puts"
    ]
    return others or causes


def _unexplained(run: RunState, stuck: list[Wait]) -> Finding:
    wait = stuck[0]
    return Finding(
        "standstill",
        "{process} waits⟨ at {at}⟩, and nobody is left who could let it go on",
        {**figures_of(run, wait), "standing": [standing(run, other) for other in stuck]},
    )


def _about(
    kind: str, identity: str, text: str, cure: str, sentence: str = ""
) -> Callable[[RunState, list[Wait]], Iterator[Finding]]:
    """A cause that is told by the kind of the wait alone."""

    def find(run: RunState, stuck: list[Wait]) -> Iterator[Finding]:
        for wait in first_for_each(stuck, kind):
            signal = run.signals.get(wait.object or 0)
            figures = figures_of(run, wait) | {"open_in": [run.process_name(pid) for pid in wait.open_in]}
            if wait.call:
                figures["call"] = wait.call
            if signal is not None and signal.parties:
                figures |= {"arrived": signal.arrived, "parties": signal.parties}
            yield Finding(identity, text, figures, cure, sentence)

    return find


def receives(run: RunState, stuck: list[Wait]) -> Iterator[Finding]:
    """`recv` with nobody left to send: each of two waits for the other, or all who could send are gone."""
    waits = {wait.object or 0: wait for wait in first_for_each(stuck, "pipe_receive_waiting")}
    for identity, wait in waits.copy().items():
        signal = run.signals.get(identity)
        other = waits.get(signal.other) if signal is not None else None
        if other is not None and identity in waits:
            del waits[identity], waits[other.object or 0]
            its = figures_of(run, other)
            yield Finding(
                "receive_nobody_sends",
                "{process} waits⟨ at {at}⟩ for a message on {object}⟨ (made at {made})⟩, and {other} "
                "waits⟨ at {other_at}⟩ for one on {other_object}, the other end of it: neither sends one",
                figures_of(run, wait) | {"other": its["process"], "other_at": its["at"], "other_object": its["object"]},
                "have one of the two send first",
                sentence="receive_nobody_sends.both",
            )
    yield from _receives_alone(run, list(waits.values()))


_receives_alone = _about(
    "pipe_receive_waiting",
    "receive_nobody_sends",
    "{process} waits⟨ at {at}⟩ for a message on {object}⟨ (made at {made})⟩, and nobody is left who could send one; "
    "the sending end is still open in: {open_in}",
    "in each process close the end that it does not use: recv() then raises EOFError when the sender has ended",
    sentence="receive_nobody_sends",
)

CAUSES: tuple[Callable[[RunState, list[Wait]], Iterator[Finding]], ...] = (
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
    _about(
        "pipe_send_waiting",
        "send_nobody_receives",
        "{process} waits⟨ since {at}⟩ to send through {object}⟨ (made at {made})⟩: the pipe is full, and nobody is "
        "left who could receive from it",
        "receive on the other side while sending, not after it; or send less at once",
    ),
    _about(
        "event_waiting",
        "event_nobody_sets",
        "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩ to be set, and nobody is left who could set it",
        "set {object} before waiting for those who wait for it, and also where something fails",
    ),
    _about(
        "condition_waiting",
        "condition_nobody_notifies",
        "{process} waits⟨ at {at}⟩ for a notice on {object}⟨ (made at {made})⟩, and nobody is left who could notify it",
        "a notice that comes before the wait is lost: wait in a loop for what it tells of, `{object}.wait_for(...)`",
    ),
    _about(
        "barrier_waiting",
        "barrier_nobody_comes",
        "{process} waits⟨ at {at}⟩ at {object}⟨ (made at {made})⟩: {arrived} of {parties} are there, and nobody is "
        "left who could come",
        "make the barrier for as many as really come, or call {object}.abort() when one cannot",
    ),
    _about(
        "manager_called",
        "manager_never_answers",
        "{process} waits⟨ at {at}⟩ for the manager to answer {call}(), and nobody is left who could bring that about",
        "whoever was to release, put or set it has ended, or waits itself: see to it that this is done in any case",
    ),
    _about(
        "system_read_waiting",
        "read_nobody_writes",
        "{process} waits to read from a pipe⟨ (last seen at {at})⟩, and nobody is left who could write to it; its "
        "other end is still open in: {open_in}",
        "in each process close the end of the pipe that it does not use",
    ),
    _about(
        "system_write_waiting",
        "write_nobody_reads",
        "{process} waits to write to a pipe⟨ (last seen at {at})⟩, and nobody is left who could read from it; its "
        "other end is still open in: {open_in}",
        "read what a process writes while it runs, not after waiting for its end: communicate() of a Popen does both",
    ),
)
