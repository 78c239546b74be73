"""What a program lost though it ended well: items of a queue, updates of a file, or the effect of a lock."""

import signal
from collections.abc import Iterator
from itertools import takewhile
from typing import Any

from procsim.findings.base import Finding, Outcome
from procsim.findings.endings import was_killed
from procsim.findings.unsent import dropped_figures
from procsim.state.accesses import Access, place_words
from procsim.state.objects import Lock, Queue
from procsim.state.processes import Process
from procsim.state.run_state import RunState
from procsim.wire.events import Event


def items_lost(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """Items of a queue were lost, because the processes that took from it were ended before they were done.

    They were daemons, which multiprocessing ends with main, or were ended by a signal from outside the program. The
    items still in the queue are lost, and those that they had taken from a JoinableQueue and not reported done. There
    is no finding where

    - other processes have had results or an answer from them, and so could know when they had enough;
    - all processes that put items were ended, too;
    - only stop markers are left.

    Of a queue without reports nobody knows whether the last items matter, where a daemon took from it that wrote a log,
    say, or figures: then it is only probable. Not even that where the daemons had always kept up.
    """
    # When procsim or people ended the run, what is left then is no loss of the program's.
    if outcome.ended_early or run.found:
        return
    cut_off = {process.pid for process in run.processes.values() if _was_cut_off(run, process, outcome)}
    for queue in run.queues.values():
        takers = [pid for pid in queue.got if pid in cut_off]
        # One is enough: all takers do the same work.
        enough = any(_gave_results(run, queue, pid, cut_off) for pid in takers)
        if not takers or enough or cut_off >= set(queue.put):
            continue
        in_queue = tasks_left(queue)
        # Where no task was ever reported done, what they have in hand is a guess, and alone no finding.
        in_hand = sum(_in_hand(run, queue, pid) for pid in takers) if in_queue or queue.done else 0
        if in_queue or in_hand:
            last = run.processes[takers[0]]
            figures = {
                "process": last.name,
                "pid": last.pid,
                "at": last.at,
                "queue": queue.name,
                "queue_at": queue.at,
                "made": queue.puts,
                "taken": queue.gots,
                "lost": in_queue + in_hand,
                "in_queue": in_queue,
                "in_hand": in_hand,
                "takers": [run.process_name(pid) for pid in takers[:10]],
            }
            if queue.type != "JoinableQueue" and not any(
                was_killed(run, run.processes[pid], outcome) for pid in takers
            ):
                if not _kept_up(queue, in_queue, len(takers)):
                    yield ITEMS_LEFT._replace(figures=figures)
                continue
            yield Finding(
                "items_lost",
                "{queue}⟨ (made at {queue_at})⟩ lost {lost} of {made} items: {in_queue} were still in it, {in_hand} "
                "taken and not done, when {takers} had to end⟨ (last seen at {at})⟩",
                figures,
                "have main wait before it ends: with join() of a JoinableQueue, or with a stop marker for each "
                "process, and its join()",
            )


ITEMS_LEFT = Finding(
    "items_left",
    "{lost} of {made} items were still in {queue}⟨ (made at {queue_at})⟩ when {takers}, which took them, had to end "
    "with main⟨ (last seen at {at})⟩",
    {},
    "if they matter, have main wait before it ends: put a stop marker for each such process, and join() it",
)
"""The finding without its figures."""


def _kept_up(queue: Queue, left: int, takers: int) -> bool:
    """Whether there were never more items in the queue than its takers may just have been about to take."""
    return left <= takers and queue.peak <= takers + 1


def item_dropped(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """An item that `put` had taken could not be sent. Nobody learned of it: `put` had returned."""
    if any(run.findings("item_dropped")):
        return
    for queue in run.queues.values():
        if queue.last_dropped is not None:
            event = queue.last_dropped
            yield Finding(
                "item_dropped",
                "what {process} put⟨ at {at}⟩ into {object}⟨ (made at {made})⟩ never got there: {value} could not be "
                "sent, and was dropped: {error}",
                {
                    **dropped_figures(run, event),
                    "process": run.process_name(event.pid),
                    "pid": event.pid,
                    "at": event.at,
                    "object": queue.name,
                    "made": queue.at,
                    "count": queue.dropped,
                },
                "put what can be pickled: data, and functions by their names; put() does not raise, since a thread of "
                "{object} pickles later",
            )


def _was_cut_off(run: RunState, process: Process, outcome: Outcome) -> bool:
    ended_as_daemon = process.daemon and process.exit_code == -signal.SIGTERM and not process.terminated_by
    return ended_as_daemon or was_killed(run, process, outcome)


def _gave_results(run: RunState, queue: Queue, pid: int, cut_off: set[int]) -> bool:
    """Whether other processes may have had from it all that they wanted.

    True if it has put something into a queue from which a process has taken that was not cut off. Of a queue without
    reports also if it has answered in another way, or puts items back into the queue, which are then only lent.
    """
    if queue.type != "JoinableQueue" and (run.processes[pid].has_answered or queue.put[pid]):
        return True
    return any(other.put[pid] and set(other.got) - cut_off for other in run.queues.values())


def _in_hand(run: RunState, queue: Queue, pid: int) -> int:
    """Items that a process has taken and not reported done. Without reports that is not known: 0."""
    if queue.type != "JoinableQueue":
        return 0
    if queue.done:
        return max(0, queue.got[pid] - queue.done[pid])
    # No process reports: each works on the item that it took last, unless it waits for the next one.
    return int(all(wait.object != queue.identity for wait in run.processes[pid].waits.values()))


def tasks_left(queue: Queue) -> int:
    """Items still in the queue, without stop markers: None, or equal items at the end, unlike the first that is known.

    One item alone is no marker where others are left before it: it is only the last of them.
    """
    count = queue.inside
    last = list(queue.items_put)[-count:]
    left = [item for item in last if item is not None]
    if count <= 0 or not left:
        return 0
    markers = len(list(takewhile(lambda item: item == left[-1], reversed(left))))
    if left[-1] == queue.items_put[0] or 1 == markers < len(left):
        markers = 0
    return count - (len(last) - len(left)) - markers


def task_done_too_many(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """A task of a queue was reported done when none was left, and the program did not catch the ValueError."""
    for event in (*run.raised, *run.raised_in_threads):
        if event.fields.get("during") != "task_done":
            continue
        # The last such call of the thread is the one that ended it.
        refused = next((last for last in reversed(run.refused) if _is_refused_report(last, event)), None)
        queue = run.queues.get(refused.object or 0) if refused is not None else None
        if queue is None or refused is None:
            continue
        figures = {
            "process": run.process_name(event.pid),
            "pid": event.pid,
            "at": event.at or refused.at,
            "queue": queue.name,
            "queue_at": queue.at,
            "made": queue.puts,
        }
        yield Finding(
            "task_done_too_many",
            "{process} called task_done() of {queue}⟨ (made at {queue_at})⟩⟨ at {at}⟩, when all {made} items had been "
            "reported done: a ValueError",
            figures,
            "call task_done() once for each item taken with get()",
        )


def _is_refused_report(refused: Event, raised: Event) -> bool:
    same_thread = (refused.pid, refused.thread) == (raised.pid, raised.thread)
    return refused.kind == "queue_task_done_refused" and same_thread


LOST = (
    "updates of {file} lost: {count}; {first} read {first_read}⟨ ({first_read_at})⟩ and wrote {first_wrote}"
    "⟨ ({first_wrote_at})⟩; {second} had read {second_read} before that⟨ ({second_read_at})⟩ and wrote "
    "{second_wrote} over it⟨ ({second_wrote_at})⟩"
)


def lost_update(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """Two processes wrote what both had read before: the later write overwrote the update of the other.

    Of a file, a Value, an element of an Array or an entry in a manager. Appended bytes and other parts are not
    overwritten. See `procsim.state.cells`.
    """
    for cells in run.cells.values():
        if cells.pairs and cells.lost:
            first, second = cells.pairs[0]
            figures = {
                "file": cells.name_of(second),
                "object": cells.name,
                "path": second.path or None,
                "count": cells.lost,
                **_side("first", first),
                **_side("second", second),
                "process": second.event.process,
                "pid": second.event.pid,
                "at": second.event.at,
            }
            if cells.lock is not None:
                yield Finding(
                    "lost_update",
                    LOST,
                    figures,
                    "put `with {object}.get_lock():` around both, the read and the write",
                    sentence="lost_update.value",
                )
            elif cells.label:
                yield Finding(
                    "lost_update",
                    LOST,
                    figures,
                    "each call to a manager is safe by itself, a read and a write together are not: hold one lock, "
                    "made in main and passed to all of them, around both",
                    sentence="lost_update.manager",
                )
            else:
                yield Finding(
                    "lost_update",
                    LOST,
                    figures,
                    "hold one lock, made in main and passed to all of them, from the read to the end of the write",
                )


def copy_changed(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """What was read from a manager's dict, list or Namespace was changed: a copy, which nobody put back."""
    for cells in run.cells.values():
        for event, count in cells.copies.values():
            figures = {
                "process": event.process,
                "pid": event.pid,
                "at": event.at,
                "object": cells.name,
                "entry": cells.label + place_words(event),
                "type": event.fields["value"],
                "count": count,
            }
            yield Finding(
                "copy_changed",
                "{entry} is a copy in the process that reads it: what it changes in place⟨ at {at}⟩ is never written "
                "back, and the {type} in the manager stays as it was; changes lost: {count}",
                figures,
                "change it, then write it back (`items = …; items.append(…); … = items`), with a lock around both; or "
                "put a list or a dict of the manager's own into {object}",
            )


def lock_made_anew(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """Processes each made a lock of their own at the same line, so that it kept no other process out.

    It is only found where it did harm: one process lost an update of a file to another, and while they wrote both held
    such a lock, which no process but its maker ever acquired. A private lock that guards private data is no fault.
    """
    reported: set[str] = set()
    for file in run.cells.values():
        for first, second in file.pairs:
            mine = next(_private(run, second), None)
            if mine is None or mine.at is None or mine.at in reported:
                continue
            if mine.at not in {lock.at for lock in _private(run, first)}:
                continue
            reported.add(mine.at)
            made = [lock for lock in run.locks.values() if lock.at == mine.at and _is_private(lock)]
            figures = {
                "process": second.event.process,
                "pid": second.event.pid,
                "other": first.event.process,
                "lock": made[0].name,
                "type": mine.type,
                "at": mine.at,
                "count": len(made),
                "file": file.name_of(second),
            }
            yield Finding(
                "lock_made_anew",
                "{count} processes each made a {type} of their own⟨ at {at}⟩, which keeps nobody out: {other} and "
                "{process} both held theirs while they changed {file}",
                figures,
                "make it once, in main, and pass it to each process",
            )


def _is_private(lock: Lock) -> bool:
    return set(lock.acquired) == {lock.made_by}


def _private(run: RunState, access: Access) -> Iterator[Lock]:
    """The locks held at an access that its process made itself, and that no other process ever acquired."""
    for identity in access.locks:
        lock = run.locks.get(identity)
        if lock is not None and lock.made_by == access.event.pid and _is_private(lock):
            yield lock


def _side(name: str, write: Access) -> dict[str, Any]:
    assert write.read is not None
    return {
        name: write.event.process,
        f"{name}_pid": write.event.pid,
        f"{name}_read": _value(write.read.event),
        f"{name}_read_at": write.read.event.at,
        f"{name}_wrote": _value(write.event),
        f"{name}_wrote_at": write.event.at,
    }


def _value(event: Event) -> str:
    """What was read or written, in a few characters."""
    text = str(event.fields.get("value", "")).strip()
    text = text if len(text) <= 20 else f"{text[:19]}…"
    return repr(text) if "path" in event.fields else text
