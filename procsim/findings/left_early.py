"""Items that were never taken, since those that were to take them took an empty queue for its end, and left.

    Queue.looks ──► whoever found the queue empty, and then ended ──► items left in it ──► at the end, a finding
                                                                                     └──► in a hang, its cause

`empty()`, `qsize()` and `get_nowait()` say what is so at that moment: an item may be on its way. A loop that ends when
the queue is empty loses what comes after that.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from procsim.findings.base import Finding, Outcome
from procsim.findings.causes import Cause, Figures, KnownReason, figures_of, first_for_each
from procsim.findings.deaths import dead
from procsim.findings.losses import tasks_left
from procsim.state.objects import Look, Queue
from procsim.state.processes import Process, Wait
from procsim.state.run_state import RunState

_ENDED_BY_TAKING = (
    "queue_get_waiting",
    "queue_put_waiting",
    "queue_join_waiting",
    "queue_flush_waiting",
    "pipe_receive_waiting",
    "event_waiting",
    "condition_waiting",
    "barrier_waiting",
)
"""Waits that would perhaps have ended if the items had been taken."""


def empty_too_early(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """A program ended by itself, and items are left in a queue that its takers had found empty and left.

    There is no finding where

    - a taker found it empty several times at the same line: it knows that items may come later;
    - it had waited for an item, for as long as it wanted to;
    - it slept after that, or heard from others, so that it did not end because the queue was empty;
    - the items are the same for each taker, such as a word that tells each one to stop.
    """
    if outcome.ended_early or run.found:
        return
    for queue in run.queues.values():
        left = tasks_left(queue)
        takers = _takers_that_left(run, queue) if left else []
        looks = [queue.looks[taker.pid] for taker in takers]
        knew_better = any(look.waited or look.times[_at(look)] > 1 for look in looks) or _went_on(takers, looks)
        if takers and not knew_better:
            one_for_each = left <= len(takers) and not queue.gots and len(set(map(repr, _last(queue, left)))) == 1
            if not one_for_each:
                yield _finding(NEVER_TAKEN, queue, left, takers, {"awaited": None, "waits": None, "waits_at": None})


def left_early(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """The same, where a process waits for what the takers were to do. None of them may have ended badly."""
    left = {queue.identity: tasks_left(queue) for queue in run.queues.values() if queue.looks}
    for wait in first_for_each(stuck):
        if wait.kind not in _ENDED_BY_TAKING or dead(run, wait):
            continue
        for queue in run.queues.values():
            takers = _takers_that_left(run, queue) if left.get(queue.identity) else []
            is_other_queue = wait.object in run.queues and wait.object != queue.identity
            own = wait.kind in ("queue_put_waiting", "queue_flush_waiting") and is_other_queue
            if takers and not own and all(taker.pid != wait.pid for taker in takers):
                yield LeftEarly(wait, queue, left[queue.identity], takers)
                break


@dataclass(frozen=True)
class LeftEarly(KnownReason):
    """A thread waits for what those were to do that found a queue empty, and left."""

    queue: Queue
    left: int
    """Items."""
    takers: list[Process]

    def finding(self, run: RunState) -> Finding:
        awaited = figures_of(run, self.wait)
        figures = {"awaited": awaited["object"] or None, "waits": awaited["process"], "waits_at": awaited["at"]}
        return _finding(NEVER_TAKEN_IN_HANG, self.queue, self.left, self.takers, {**awaited, **figures})


def _finding(template: Finding, queue: Queue, left: int, takers: list[Process], awaited: Figures) -> Finding:
    """`awaited`: which process waits for what; None where it is at its end."""
    last = queue.looks[takers[-1].pid]
    at = _at(last)
    figures = {
        "process": takers[-1].name,
        "pid": takers[-1].pid,
        "at": at,
        **awaited,
        "object": queue.name,
        "made": queue.at,
        "looked_at": at,
        "count": left,
        "puts": queue.puts,
        "takers": [taker.name for taker in takers[:10]],
    }
    return template._replace(figures=figures)


NEVER_TAKEN = Finding(
    "empty_too_early",
    "{count} of {puts} items of {object}⟨ (made at {made})⟩ were never taken: {takers} found it empty⟨ at {looked_at}⟩ "
    "before they had come, and did not look again",
    {},
    "an empty queue is not at its end: take by {object}.get() until an item comes that says so (None, say), and put "
    "one such item for each consumer",
    sentence="empty_too_early.at_end",
)
NEVER_TAKEN_IN_HANG = Finding(
    "empty_too_early",
    "{waits} waits⟨ at {waits_at}⟩⟨ for {awaited}⟩, and {count} of {puts} items of {object}⟨ (made at {made})⟩ were "
    "never taken: {takers} found it empty⟨ at {looked_at}⟩ before they had come, and ended",
    {},
    "an empty queue is not at its end: take by {object}.get() until an item comes that says so (None, say), and put "
    "one such item for each consumer",
    sentence="empty_too_early.waits",
)
"""The finding without its figures."""


def _takers_that_left(run: RunState, queue: Queue) -> list[Process]:
    """All that ever took from the queue or looked into it, if each of them found it empty at last, and then ended by
    itself; else none.
    """
    takers = [run.processes.get(pid) for pid in sorted({*queue.got, *queue.looks})]
    left = [taker for taker in takers if taker is not None and _has_left(taker, queue)]
    return left if len(left) == len(takers) else []


def _has_left(process: Process, queue: Queue) -> bool:
    look = queue.looks.get(process.pid)
    found_empty = look is not None and look.empty is not None
    by_itself = process.returned is not None and process.raised is None and not process.terminated_by
    return found_empty and by_itself


def _went_on(takers: list[Process], looks: list[Look]) -> bool:
    """Whether one of them has slept since it found the queue empty, or was told something by another process."""
    return any(look.empty is not None and taker.heard > look.empty.t for taker, look in zip(takers, looks, strict=True))


def _at(look: Look) -> str | None:
    return look.empty.at if look.empty is not None else None


def _last(queue: Queue, count: int) -> list[object]:
    return [item for item in list(queue.items_put)[-count:] if item is not None]
