"""Why a program probably hangs, where that is not certain.

A thread that can still move may yet end a wait: one that only sleeps and prints, or one that asks again and again
whether a process still lives. But where a wait is old, and what could have ended it is gone, that is said, as probable:
while it runs, where each thread that can move was seen to do the same again and again (`diagnosis`); and at the end,
where people or the time limit ended it. Who tries again and again, each time in vain, waits, too.
"""

from collections.abc import Iterator
from dataclasses import replace

from procsim.findings import hangs, looked_at, signalled
from procsim.findings.base import (
    ENDED,
    PROBABLE,
    Finding,
    Outcome,
    Repeats,
    as_clause,
    from_fields,
    standing,
    whose_end_it_names,
)
from procsim.findings.causes import Cause, CauseOfWait, KnownReason, NobodyIsLeft, figures_of
from procsim.findings.locks import LockCycle, LockTwice
from procsim.findings.pool_tasks import LostResult
from procsim.findings.pool_threads import DeadThread, UsedInChild
from procsim.findings.pools import FOR_POOL, NoWorker, PoolTerminated
from procsim.findings.unsent import DroppedItem
from procsim.state.processes import SLEEP, Poll, Process, Wait
from procsim.state.run_state import RunState
from procsim.wire.events import Event

OLD_NS = 3_000_000_000
"""How long a wait had lasted at the end of the run."""

OLD_WHILE_IT_RUNS_NS = 10_000_000_000
"""How long it lasts before that is said while the program runs."""

ENDING_NS = 2_000_000_000
"""How long before that its cause was there: the end of a run, which ends the processes one by one, takes a while."""


def probably_hangs(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """One finding for each cause of an old wait, where the program was ended and nothing else was found.

    What was said while it ran is not said anew.
    """
    if run.found or not outcome.ended_early:
        return
    shown = [*suspicions(run)]
    if not shown and not any(event.fields["id"] in PROBABLE for event in run.accepted):
        shown += suspected(run, run.t, OLD_NS, outcome.repeats)
    yield from (finding for finding in shown if finding.sentence not in _SAID_BY_ITSELF)


_SAID_BY_ITSELF = ("probably_hangs.pool_worker_died", "probably_hangs.pool_worker_died.signal")
"""The sentences whose cause is a finding of its own at the end: `pool_tasks.worker_died`, which is certain."""


def suspicions(run: RunState) -> Iterator[Finding]:
    """What was said to be probable while the program ran, and still is: the waits have lasted, up to the end."""
    standing = {(pid, round(since / 1e9, 3)) for pid, since in _waiting_to_the_end(run)}
    for event in run.suspected:
        finding = from_fields(event.fields)
        if (finding.pid, finding.figures.get("since")) in standing:
            yield finding


def _waiting_to_the_end(run: RunState) -> Iterator[tuple[int, int]]:
    """Who waits, by PID, and since when (ns), also again and again; and whose wait Ctrl-C has ended: then the run ended
    soon after it.
    """
    for process in run.processes.values():
        yield from ((process.pid, wait.since) for wait in process.waits.values())
        yield from ((process.pid, poll.since) for poll in process.polls.values())
    yield from ((wait.pid, wait.since) for wait in run.waits if (wait.until or 0) > run.t - ENDING_NS)


def suspected(run: RunState, t: int, old: int, repeats: int = Repeats.SEEN) -> Iterator[Finding]:
    """One finding for each probable cause of a wait that has lasted `old` ns at the time `t` (ns), or that is begun
    again and again for so long, each time with a time limit.

    `repeats`: of `Repeats`.
    """
    waits = list(_old_waits(run, t, old))
    all_wait = _all_wait(run, waits, t)
    may_be_one = all_wait or any(wait.kind == "lock_waiting" for wait in waits)
    for cause in hangs.causes(run, waits) if may_be_one else ():
        wait = cause.wait if isinstance(cause, CauseOfWait) else _first_for_a_pool(run, waits)
        known = all_wait and (
            _is_probable(run, cause, t, bool(repeats))
            or (repeats == Repeats.MAIN_ALONE and _is_in_a_circle(run, cause, waits, t, old))
        )
        known = known or (bool(repeats) and _waits_for_itself(cause))
        if wait is not None and known:
            yield _finding(run, cause.finding(run), wait, waits, t)
    for wait in waits:
        goes_on = signalled.goes_on(run, wait, t - old)
        if goes_on is not None:
            yield _finding(run, goes_on.finding(run), wait, waits, t)
    for wait in waits:
        polled = _polled_since(run, wait, t) if wait.kind in ("queue_flush_waiting", "queue_put_waiting") else None
        if polled is not None:
            yield _polled(run, wait, polled, t)
            break  # of several that put into the same queue the others wait for the same


def _finding(run: RunState, cause: Finding, wait: Wait, waits: list[Wait], t: int) -> Finding:
    return Finding(
        "probably_hangs",
        "probably a hang ({seconds:.0f} s so far): {cause}",
        {**cause.figures, **figures_of(run, wait)}  # the cure has places for figures of the cause
        | {
            "kind": wait.kind,
            "seconds": (t - wait.since) / 1e9,
            "cause": as_clause(cause),
            ENDED: whose_end_it_names(cause),
            "standing": [standing(run, other) for other in waits if other.pid != wait.pid],
        },
        cause.cure,
        sentence=f"probably_hangs.{cause.sentence or cause.id}",
    )


def _old_waits(run: RunState, t: int, old: int) -> Iterator[Wait]:
    """The waits without a time limit that are old, and those with one that were begun again and again, as if they had
    been found to be stuck a while before. These have a `timeout`.
    """
    for process in run.processes.values():
        for wait in process.waits.values():
            end = wait.until if wait.until is not None else t
            if wait.kind != SLEEP and wait.timeout is None and end - wait.since >= old:
                yield replace(wait, stuck=end - ENDING_NS)
        yield from _old_polls(run, process, t, old)


def _old_polls(run: RunState, process: Process, t: int, old: int) -> Iterator[Wait]:
    """What its threads waited for again and again up to the end, each time with a time limit, as one wait."""
    end = process.ended if process.ended is not None else t
    for thread, poll in process.polls.items():
        if thread in process.helpers.values():
            continue
        goes_on = end - poll.last <= ENDING_NS or thread in process.waits
        told = process.heard >= poll.since and process.heard != poll.slept
        since = max(poll.since, _last_change(run, poll))
        if poll.times > 1 and goes_on and not (told or poll.beside) and end - since >= old:
            yield Wait(
                poll.kind,
                process.pid,
                process.name,
                since,
                poll.at,
                poll.object,
                thread,
                timeout=0.0,
                job=poll.job,
                stuck=end - ENDING_NS,
            )


def _last_change(run: RunState, poll: Poll) -> int:
    """ns: when what it looks at was last changed; 0: never, or that is not seen."""
    cells = run.cells.get(poll.object or 0) if poll.kind == looked_at.VALUE else None
    return cells.last_change if cells is not None else 0


def _all_wait(run: RunState, waits: list[Wait], t: int) -> bool:
    """Whether all processes that are still there wait as long, or do only what others ask them to."""
    waiting = {wait.pid for wait in waits}
    return all(process.pid in waiting or process.acts_on_request for process in _there(run, t))


def _there(run: RunState, t: int) -> list[Process]:
    """The processes that were there until the end of the run, if it has ended at `t`."""
    return [process for process in run.processes.values() if process.ended is None or process.ended > t - ENDING_NS]


def _first_for_a_pool(run: RunState, waits: list[Wait]) -> Wait | None:
    """The wait for a pool that is named: that of main, or else the oldest."""
    waits = [wait for wait in waits if wait.kind in FOR_POOL]
    return min(waits, key=lambda wait: (wait.pid != run.main, wait.since), default=None)


def _is_probable(run: RunState, cause: Cause, t: int, repeats: bool) -> bool:
    """Whether it is known what led to the wait, or who would have ended it, and has ended."""
    if isinstance(cause, DroppedItem):  # `losses.item_dropped` has that
        return False
    if not isinstance(cause, NobodyIsLeft):
        return isinstance(cause, (KnownReason, *_KNOWN))
    if cause.wait.kind in SIGNALS and cause.wait.timeout is not None:
        return repeats and (_was_to_set(run, cause.wait, cause.dead, t) or _all_users_ended(run, cause.wait, t))
    return bool(cause.dead) or (repeats and (_all_users_ended(run, cause.wait, t) or _is_alone(run, cause.wait, t)))


def _is_alone(run: RunState, wait: Wait, t: int) -> bool:
    """Whether it waits for room in a queue that nobody else has used, and no other process is there."""
    queue = run.queues.get(wait.object or 0)
    users = {*queue.put, *queue.got} if queue is not None and wait.kind == "queue_put_waiting" else set()
    return users == {wait.pid} and all(process.pid == wait.pid for process in _there(run, t))


_KNOWN = (LockCycle, LockTwice, DeadThread, LostResult, NoWorker, PoolTerminated, UsedInChild)
"""Further causes that say what has led to a wait."""


def _is_in_a_circle(run: RunState, cause: Cause, waits: list[Wait], t: int, old: int) -> bool:
    """Whether all who move only ask whether others have ended, or their results have come, among them this process.

    These others wait for something for ever. Nothing reaches who asks from outside the run, and no thread beside.
    """
    if not isinstance(cause, NobodyIsLeft) or cause.wait.timeout is not None:
        return False
    process = run.processes[cause.pid]
    asking = [wait for wait in waits if wait.timeout is not None]
    if any(wait.kind not in _FOR_OTHERS or _looks_outside(run, wait, t, old) for wait in asking):
        return False
    if any(_woke_up_since(run.processes[wait.pid], wait) for wait in waits if wait.timeout is None):
        return False
    asking += [wait for wait in waits if wait.timeout is None and wait.kind in FOR_POOL]
    return any(wait.object == process.pool if wait.kind in FOR_POOL else wait.pid == process.parent for wait in asking)


_FOR_OTHERS = ("process_polled", "process_join_waiting", *FOR_POOL)
"""Waits for the end of another process of the run, or for what it does."""


def _looks_outside(run: RunState, wait: Wait, t: int, old: int) -> bool:
    """Whether its process has looked at something outside the run in the last rounds of this poll."""
    process = run.processes[wait.pid]
    poll = process.polls[wait.thread]
    rounds = ROUNDS * (poll.last - poll.since) // poll.times
    return process.looked_outside > max(wait.since, t - max(old, rounds))


ROUNDS = 4
"""Of a poll; each counts twice where it asks and sleeps."""


def _woke_up_since(process: Process, wait: Wait) -> bool:
    """Whether one of its threads was told something since then, or slept: it may do anything."""
    return process.heard > wait.since and process.heard != max(
        (poll.slept for poll in process.polls.values()), default=0
    )


SIGNALS = ("event_waiting", "condition_waiting", looked_at.VALUE, looked_at.PATH)
"""What people also look at again and again until they are told to end."""


def _waits_for_itself(cause: Cause) -> bool:
    """Whether a thread waits for a lock that it holds itself, whatever the others do."""
    return isinstance(cause, LockTwice) and cause.is_no_signal and cause.wait.timeout is None


def _was_to_set(run: RunState, wait: Wait, dead: list[Process], t: int) -> bool:
    """Whether one of these processes, which ended badly, was to set the Event, or change the value, that is looked at
    again and again.

    Such a wait is also how people sleep until somebody says that they are to end, by a signal, too. So it is said only
    where no other process is left, one of those has never looked at it itself, and no handler of Ctrl-C may set it;
    `diagnosis` knows of other handlers.
    """
    others = [each for each in _there(run, t) if each.pid != wait.pid and not each.is_manager]
    waited = [each for each in dead if _looked_itself(run, each, wait)]
    last = run.processes[wait.pid].waits.get(wait.thread)
    poll = run.processes[wait.pid].polls.get(wait.thread)
    interruptible = (last is not None and last.interruptible) or (poll is not None and poll.interruptible)
    handled = run.processes[wait.pid].handles_sigterm or interruptible
    return not others and not handled and len(waited) < len(dead)


def _looked_itself(run: RunState, process: Process, wait: Wait) -> bool:
    """Whether this process waited for the same, or read the value and never wrote it, or looked for the file."""
    cells = run.cells.get(wait.object or 0) if wait.kind == looked_at.VALUE else None
    if cells is not None:
        return process.pid in cells.uses and process.pid not in cells.writers
    if wait.kind == looked_at.PATH:
        return process.pid in run.sought.get(wait.object or 0, ())
    return any(key[:2] == (wait.kind, wait.object) for key in process.waited)


def _all_users_ended(run: RunState, wait: Wait, t: int) -> bool:
    """Whether it waits for a queue, and all that have ever used the other side of it have ended; or for a value to
    change, and all have ended that have ever written it.
    """
    queue, cells, users = run.queues.get(wait.object or 0), run.cells.get(wait.object or 0), set[int]()
    if queue is not None and (wait.kind == "queue_get_waiting" or looked_at.waits_for_more(queue, wait)):
        users = {*queue.put}
    elif queue is not None and wait.kind in ("queue_put_waiting", looked_at.NOT_EMPTY, looked_at.COUNTED):
        users = {*queue.got}
    elif cells is not None and wait.kind == looked_at.VALUE:
        users = cells.writers
    return bool(users) and users.isdisjoint(process.pid for process in _there(run, t))


def _polled_since(run: RunState, wait: Wait, t: int) -> Event | None:
    """The last time since then that another process asked whether this one still lives, or one that has put into the
    same queue, which none has used meanwhile.
    """
    queue = run.queues.get(wait.object or 0)
    if queue is None or t - queue.last < OLD_NS:
        return None
    putters = [run.processes[pid] for pid in (wait.pid, *queue.put) if pid in run.processes]
    asked = (process.polled for process in putters if process.polled is not None and process.polled.pid != wait.pid)
    return next((event for event in asked if event.t > wait.since), None)


def _polled(run: RunState, wait: Wait, polled: Event, t: int) -> Finding:
    return Finding(
        "polled_before_get",
        "probably a hang ({seconds:.0f} s so far): {process} cannot end before what it has put into {object}⟨ (made at "
        "{made})⟩ is taken, and {poller} asks⟨ at {polled_at}⟩ again and again whether it still lives",
        figures_of(run, wait)
        | {
            "kind": wait.kind,
            "seconds": (t - wait.since) / 1e9,
            "poller": run.process_name(polled.pid),
            "polled_at": polled.at,
        },
        "take the items while the process lives, not after its end: {object}.get() in that loop",
    )
