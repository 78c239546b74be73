"""Items are put into queues, taken from them, and reported done."""

from collections import deque
from collections.abc import Mapping

from procsim.state.bounds import WAITS_KEPT
from procsim.state.changes.change import Change
from procsim.state.changes.waits import keep_poll, refused, wait_ended
from procsim.state.identities import queue_of
from procsim.state.objects import Contents, Look, Queue
from procsim.state.processes import PUT, TOOK
from procsim.state.run_state import RunState
from procsim.wire.events import Event


def _put(run: RunState, event: Event) -> None:
    _, t, pid, _, _, identity, _, fields = event
    queue, value = run.queues.get(identity or 0) or queue_of(run, event), fields.get("value")
    queue.last = t
    queue.put[pid] += 1
    queue.puts += 1
    queue.items_put.append(value)
    queue.last_puts.append(pid)
    run.processes[pid].marks.append((t, PUT, value, False))
    wait = wait_ended(run, event)
    if wait is not None and queue.maxsize and not queue.dropped:
        # The place that the k-th put took is the one that the (k - maxsize)-th get made free.
        number = queue.puts - queue.maxsize
        wait.freed_by = _pid_of(queue.last_gots, queue.gots, number)
        if wait.freed_by is None and len(queue.unexplained) < WAITS_KEPT:
            queue.unexplained[number] = wait
    _keep_depth(queue, t)


def _put_failed(run: RunState, event: Event) -> None:
    """The last `queue_put` of this process was emitted before it came to nothing."""
    queue, pid = queue_of(run, event), event.pid
    if not queue.put[pid]:
        return
    queue.puts -= 1
    queue.put[pid] -= 1
    if not queue.put[pid]:
        del queue.put[pid]
    last = next((n for n, each in enumerate(reversed(queue.last_puts), 1) if each == pid), 0)
    for kept in (queue.last_puts, queue.items_put):
        if 0 < last <= len(kept):
            del kept[-last]
    _keep_depth(queue, event.t)


def _got(run: RunState, event: Event) -> None:
    _, t, pid, _, _, identity, _, fields = event
    queue, value = run.queues.get(identity or 0) or queue_of(run, event), fields.get("value")
    queue.last = t
    process = run.processes[pid]
    process.has_taken, process.heard = True, t
    process.marks.append((t, TOOK, value, False))
    queue.got[pid] += 1
    queue.gots += 1
    queue.items_got.append(value)
    queue.last_gots.append(pid)
    if pid in queue.looks:
        queue.looks[pid].empty = None
    if queue.unexplained and (put_wait := queue.unexplained.pop(queue.gots, None)) is not None:
        put_wait.freed_by = pid
    wait = wait_ended(run, event)
    if wait is not None:
        number = queue.gots + queue.dropped  # of the put that it took from: those that were dropped count, too
        wait.freed_by = _pid_of(queue.last_puts, queue.puts, number) if number > queue.unsure else None
    _keep_depth(queue, t)


def _keep_depth(queue: Queue, t: int) -> None:
    # A put is emitted before it happens and a got after it, so between the two the count may be one too high.
    depth = queue.puts - queue.gots - queue.dropped  # comparing takes half the time of `max` and `min`
    if depth < 0:
        depth = 0
    elif queue.maxsize and depth > queue.maxsize:
        depth = queue.maxsize
    queue.depth = depth
    if depth > queue.peak:
        queue.peak = depth
    queue.depths.add(t, depth)


def _pid_of(pids: deque[int], total: int, number: int) -> int | None:
    """The process that made the `number`-th of `total` operations, of which the last ones are kept."""
    index = number - 1 - (total - len(pids))
    return pids[index] if 0 <= index < len(pids) else None


def _found_empty(run: RunState, event: Event) -> None:
    waits = event.thread in run.processes[event.pid].waits
    refused(run, event)
    _keep_look(queue_of(run, event), event, waited=waits)


def _asked(run: RunState, event: Event) -> None:
    queue = queue_of(run, event)
    process = run.processes[event.pid]
    if event.fields["empty"]:
        _keep_look(queue, event)
        keep_poll(process, event, "queue_get_waiting")
    else:
        keep_poll(process, event, "queue_counted" if event.fields.get("counted") else event.kind)
        queue.looks.setdefault(event.pid, Look()).empty = None


def _keep_look(queue: Queue, event: Event, waited: bool = False) -> None:
    look = queue.looks.setdefault(event.pid, Look())
    look.empty, look.waited = event, waited
    look.times[event.at] += 1


def _dropped(run: RunState, event: Event) -> None:
    queue = queue_of(run, event)
    before = queue.last_dropped.t if queue.last_dropped is not None else 0
    queue.dropped += event.fields["items"] or 1
    queue.last_dropped = event
    # It may have been any of those put so far, and what was said of a wait may have counted it.
    queue.unsure = queue.puts
    queue.unexplained.clear()
    for wait in reversed(run.waits):
        if wait.until is not None and wait.until < before:
            break
        if wait.object == queue.identity:
            wait.freed_by = None
    _keep_depth(queue, event.t)


def _seen(run: RunState, event: Event) -> None:
    queue, fields = queue_of(run, event), event.fields
    inside, unfinished = fields["items"] or 0, fields["unfinished"] or 0
    queue.seen = Contents(
        inside,
        unfinished,
        fields["reader_is_gone"],
        fields["writer_is_gone"],
        fields["none_killed"],
        counted=fields["items"] is not None,
        put_by=tuple(fields.get("put_by", ())),
    )
    queue.depth = queue.peak = queue.seen.inside
    queue.depths.add(event.t, queue.depth)


def _task_done(run: RunState, event: Event) -> None:
    queue = queue_of(run, event)
    queue.done[event.pid] += 1
    queue.last_done = event.t


def _join_cancelled(run: RunState, event: Event) -> None:
    queue_of(run, event).cancelled[event.pid] = event


def _joined(run: RunState, event: Event) -> None:
    queue_of(run, event).joined = event.t
    wait_ended(run, event)


CHANGES: Mapping[str, Change] = {
    "queue_created": queue_of,
    "queue_put": _put,
    "queue_put_failed": _put_failed,
    "queue_got": _got,
    "queue_empty": _found_empty,
    "queue_asked": _asked,
    "queue_item_dropped": _dropped,
    "queue_seen": _seen,
    "queue_task_done": _task_done,
    "queue_joined": _joined,
    "queue_join_cancelled": _join_cancelled,
}
