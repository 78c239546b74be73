"""Items are put into queues, taken from them, and reported done."""

from collections import deque
from collections.abc import Mapping

from procsim.state.bounds import WAITS_KEPT
from procsim.state.changes.change import Change
from procsim.state.changes.waits import wait_ended
from procsim.state.identities import queue_of
from procsim.state.objects import Queue
from procsim.state.processes import PUT, TOOK
from procsim.state.run_state import RunState
from procsim.wire.events import Event


def _put(run: RunState, event: Event) -> None:
    queue = queue_of(run, event)
    queue.put[event.pid] += 1
    queue.puts += 1
    queue.items_put.append(event.fields.get("value"))
    queue.last_puts.append(event.pid)
    run.processes[event.pid].marks.append((event.t, PUT, event.fields.get("value"), False))
    wait = wait_ended(run, event)
    if wait is not None and queue.maxsize:
        # The place that the k-th put took is the one that the (k - maxsize)-th get made free.
        number = queue.puts - queue.maxsize
        wait.freed_by = _pid_of(queue.last_gots, queue.gots, number)
        if wait.freed_by is None and len(queue.unexplained) < WAITS_KEPT:
            queue.unexplained[number] = wait
    _keep_depth(queue, event.t)


def _got(run: RunState, event: Event) -> None:
    queue = queue_of(run, event)
    process = run.processes[event.pid]
    process.has_taken = True
    process.marks.append((event.t, TOOK, event.fields.get("value"), False))
    queue.got[event.pid] += 1
    queue.gots += 1
    queue.items_got.append(event.fields.get("value"))
    queue.last_gots.append(event.pid)
    put_wait = queue.unexplained.pop(queue.gots, None)
    if put_wait is not None:
        put_wait.freed_by = event.pid
    wait = wait_ended(run, event)
    if wait is not None:
        wait.freed_by = _pid_of(queue.last_puts, queue.puts, queue.gots)
    _keep_depth(queue, event.t)


def _keep_depth(queue: Queue, t: int) -> None:
    # A put is emitted before it happens and a got after it, so between the two the count may be one too high.
    depth = max(0, queue.puts - queue.gots)
    queue.depth = min(depth, queue.maxsize) if queue.maxsize else depth
    queue.peak = max(queue.peak, queue.depth)
    queue.depths.add(t, queue.depth)


def _pid_of(pids: deque[int], total: int, number: int) -> int | None:
    """The process that made the `number`-th of `total` operations, of which the last ones are kept."""
    index = number - 1 - (total - len(pids))
    return pids[index] if 0 <= index < len(pids) else None


def _task_done(run: RunState, event: Event) -> None:
    queue = queue_of(run, event)
    queue.done[event.pid] += 1
    queue.last_done = event.t


def _joined(run: RunState, event: Event) -> None:
    queue_of(run, event).joined = event.t
    wait_ended(run, event)


CHANGES: Mapping[str, Change] = {
    "queue_created": queue_of,
    "queue_put": _put,
    "queue_got": _got,
    "queue_task_done": _task_done,
    "queue_joined": _joined,
}
