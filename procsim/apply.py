"""`apply` draws one event into the picture of a run: a function for each kind of event, in the table CHANGES.

It is pure: the same events always draw the same picture, and a live run is drawn as a replayed one is.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from procsim.events import Event, Named
from procsim.files import File
from procsim.forgetting import forget_objects, forget_processes
from procsim.state import (
    FILES_KEPT,
    ITEMS_KEPT,
    LINES_KEPT,
    WAITS_KEPT,
    Gauge,
    Hold,
    Line,
    Lock,
    Pool,
    Process,
    Queue,
    RunState,
    Signal,
    Task,
    Wait,
)


def draw(events: Iterable[Event]) -> RunState:
    """The picture that these events draw, from a blank one."""
    run = RunState()
    for event in events:
        apply(run, event)
    return run


def apply(run: RunState, event: Event) -> None:
    """Draw one event into the picture."""
    run.counts[event.kind] += 1
    run.t = max(run.t, event.t)
    process = run.processes.get(event.pid)
    if process is None and event.pid and event.kind not in ("finding", "verdict"):
        process = _process(run, event.pid, event.process)
    if process is not None:
        process.last = event.t
        if event.at:
            process.at = event.at
    change = CHANGES.get(event.kind)
    if change is not None:
        change(run, event)


# Processes ---------------------------------------------------------------------------------------------------


def _process(run: RunState, pid: int, name: str) -> Process:
    process = run.processes.get(pid)
    if process is None or (not process.alive and process.name != name):  # the system has used the PID again
        process = run.processes[pid] = Process(pid, name)
        run.main = run.main or pid
        forget_processes(run)
    return process


def _created(run: RunState, event: Event) -> None:
    run.expected[event.fields["child_name"]] += 1


def _started(run: RunState, event: Event) -> None:
    fields = event.fields
    child = _process(run, fields["child"], fields["child_name"])
    child.parent, child.daemon = event.pid, fields["daemon"]
    run.started[child.pid] = event
    _announced(run, child)


def _began(run: RunState, event: Event) -> None:
    process = _process(run, event.pid, event.process)
    process.name, process.began = event.process, event.t
    process.parent, process.daemon = event.fields["parent"], event.fields["daemon"]
    _announced(run, process)


def _announced(run: RunState, process: Process) -> None:
    # The parent and the child both tell that it is there, in whichever order.
    if not process.announced:
        process.announced = True
        run.expected -= Counter({process.name: 1})


def _returned(run: RunState, event: Event) -> None:
    run.processes[event.pid].returned = event.t


def _ended(run: RunState, event: Event) -> None:
    process = run.processes[event.pid]
    process.ended = event.t if process.ended is None else process.ended
    if process.exit_code is None:
        process.exit_code = event.fields["exit_code"]
    for wait in process.waits.values():  # they stay with it: this is what it was waiting for when it ended
        _keep(run, wait, event.t)


def _manager_began(run: RunState, event: Event) -> None:
    run.processes[event.pid].is_manager = True


def _untraced(run: RunState, event: Event) -> None:
    _process(run, event.pid, event.process).untraced = event.fields["reason"]


def _terminated(run: RunState, event: Event) -> None:
    _process(run, event.fields["child"], event.fields["child_name"]).terminated_by = event.process


def _exit_code_seen(run: RunState, event: Event) -> None:
    _process(run, event.fields["child"], event.fields["child_name"]).exit_code_seen = True


# Waiting -----------------------------------------------------------------------------------------------------


def _wait(run: RunState, event: Event) -> None:
    run.processes[event.pid].waits[event.thread] = Wait(
        event.kind,
        event.pid,
        event.process,
        event.t,
        event.at,
        event.object,
        event.fields.get("child"),
        event.fields.get("child_name", ""),
        timeout=event.fields.get("timeout"),
        native_id=event.fields.get("native_id") or 0,
        interruptible=bool(event.fields.get("interruptible")),
        job=event.fields.get("job"),
    )


def _stuck(run: RunState, event: Event) -> None:
    """Found by procsim: of a wait that the process has told of, or of one that only the system shows."""
    process, fields = run.processes[event.pid], event.fields
    wait = process.waits.get(event.thread)
    if wait is None or wait.kind != fields["wait"]:
        _wait(run, event._replace(kind=fields["wait"]))
        wait = process.waits[event.thread]
    wait.stuck = event.t
    if (event.pid, event.thread) == (run.main, "MainThread"):
        run.hung = event.t
    wait.open_in = tuple(fields["open_in"])
    wait.in_message = fields["in_message"]


def _wait_over(run: RunState, event: Event) -> Wait | None:
    wait = run.processes[event.pid].waits.pop(event.thread, None)
    if wait is not None:
        _keep(run, wait, event.t)
    return wait


def _keep(run: RunState, wait: Wait, until: int) -> None:
    wait.until = until
    run.waits.append(wait)


def _refused(run: RunState, event: Event) -> None:
    _wait_over(run, event)
    run.refused.append(event)


# Locks -------------------------------------------------------------------------------------------------------


def _named(run: RunState, event: Event) -> Named:
    """The name of a new object; a second object of the same name is told apart by a number."""
    known = run.names.get(event.object or 0)
    if known is not None:  # it was forgotten meanwhile
        return known
    forget_objects(run)
    name = str(event.fields.get("name", event.kind.split("_")[0]))
    run.used_names[name] += 1
    if run.used_names[name] > 1:
        name = f"{name}-{run.used_names[name]}"
    named = Named(name, str(event.fields.get("type", "?")))
    if event.object is not None:
        run.names[event.object] = named
    return named


def _lock(run: RunState, event: Event) -> Lock:
    identity = event.object or 0
    lock = run.locks.get(identity)
    if lock is None:
        name, kind = _named(run, event)
        value = event.fields.get("value")
        value = 1 if value is None else value
        lock = run.locks[identity] = Lock(identity, name, kind, event.at, value, handed_on=not value)
        lock.made_by = event.pid
    return lock


def _lock_created(run: RunState, event: Event) -> None:
    _lock(run, event)


def _lock_acquired(run: RunState, event: Event) -> None:
    lock = _lock(run, event)
    _wait_over(run, event)
    lock.holders[event.pid] = lock.holders.get(event.pid, 0) + 1
    lock.holds[event.pid] = Hold(event.thread, bool(event.fields.get("entered")), event.t, event.at)
    lock.acquired[event.pid] += 1
    lock.most_holders = max(lock.most_holders, len(lock.holders))


def _lock_released(run: RunState, event: Event) -> None:
    lock = _lock(run, event)
    holder: int | None = event.pid
    if event.pid not in lock.holders:  # handed on, or a semaphore that is raised by one who never acquired it
        lock.handed_on = True
        holder = next(iter(lock.holders), None)
    if holder is None:
        return
    lock.holders[holder] -= 1
    if not lock.holders[holder]:
        del lock.holders[holder], lock.holds[holder]


def _condition_waiting(run: RunState, event: Event) -> None:
    lock = _lock(run, event)  # it lets go of its lock while it waits
    lock.holders.pop(event.pid, None)
    lock.holds.pop(event.pid, None)
    _wait(run, event)


def _condition_awoke(run: RunState, event: Event) -> None:
    lock = _lock(run, event)
    lock.holders[event.pid] = 1
    lock.holds[event.pid] = Hold(event.thread, True, event.t, event.at)
    _wait_over(run, event)


# Queues ------------------------------------------------------------------------------------------------------


def _queue(run: RunState, event: Event) -> Queue:
    identity = event.object or 0
    queue = run.queues.get(identity)
    if queue is None:
        name, kind = _named(run, event)
        queue = run.queues[identity] = Queue(identity, name, kind, event.at, event.fields.get("maxsize", 0))
        queue.pipe = event.fields.get("pipe") or 0
        most = max(1, ITEMS_KEPT // len(run.queues))
        queue.items_put, queue.items_got = deque(maxlen=most), deque(maxlen=most)
    return queue


def _queue_created(run: RunState, event: Event) -> None:
    _queue(run, event)


def _depth(queue: Queue, t: int) -> None:
    # A put is told before it happens and a got after it, so between the two the count may be one too high.
    depth = max(0, queue.puts - queue.gots)
    queue.depth = min(depth, queue.maxsize) if queue.maxsize else depth
    queue.peak = max(queue.peak, queue.depth)
    queue.depths.add(t, queue.depth)


def _queue_put(run: RunState, event: Event) -> None:
    queue = _queue(run, event)
    queue.put[event.pid] += 1
    queue.puts += 1
    queue.items_put.append(event.fields.get("value"))
    queue.last_puts.append(event.pid)
    wait = _wait_over(run, event)
    if wait is not None and queue.maxsize:
        # The place that the k-th put took is the one that the (k - maxsize)-th get made free.
        number = queue.puts - queue.maxsize
        wait.freed_by = _number(queue.last_gots, queue.gots, number)
        if wait.freed_by is None and len(queue.unexplained) < WAITS_KEPT:
            queue.unexplained[number] = wait
    _depth(queue, event.t)


def _queue_got(run: RunState, event: Event) -> None:
    queue = _queue(run, event)
    queue.got[event.pid] += 1
    queue.gots += 1
    queue.items_got.append(event.fields.get("value"))
    queue.last_gots.append(event.pid)
    put_wait = queue.unexplained.pop(queue.gots, None)
    if put_wait is not None:
        put_wait.freed_by = event.pid
    wait = _wait_over(run, event)
    if wait is not None:
        wait.freed_by = _number(queue.last_puts, queue.puts, queue.gots)
    _depth(queue, event.t)


def _number(pids: deque[int], total: int, number: int) -> int | None:
    """Who made the `number`-th of `total` operations, of which the last ones are kept."""
    index = number - 1 - (total - len(pids))
    return pids[index] if 0 <= index < len(pids) else None


def _task_done(run: RunState, event: Event) -> None:
    queue = _queue(run, event)
    queue.done[event.pid] += 1
    queue.last_done = event.t


def _task_done_refused(run: RunState, event: Event) -> None:
    _queue(run, event).done_too_often[event.pid, event.at] += 1


def _queue_joined(run: RunState, event: Event) -> None:
    _queue(run, event).joined = event.t
    _wait_over(run, event)


# Events, barriers, pipes -------------------------------------------------------------------------------------


def _signal(run: RunState, event: Event) -> Signal:
    identity = event.object or 0
    signal = run.signals.get(identity)
    if signal is None:
        name, kind = _named(run, event)
        signal = run.signals[identity] = Signal(identity, name, kind, event.at)
        signal.parties, signal.other = event.fields.get("parties", 0), event.fields.get("other", 0)
    return signal


def _signal_created(run: RunState, event: Event) -> None:
    _signal(run, event)


def _event_set(run: RunState, event: Event) -> None:
    _signal(run, event).is_set = event.kind == "event_set"


def _barrier_waiting(run: RunState, event: Event) -> None:
    _signal(run, event).arrived += 1
    _wait(run, event)


def _barrier_left(run: RunState, event: Event) -> None:
    barrier = _signal(run, event)
    barrier.arrived = max(0, barrier.arrived - 1)
    barrier.passed += event.kind == "barrier_passed"
    _wait_over(run, event)


def _pipe_sent(run: RunState, event: Event) -> None:
    _signal(run, event).sent += 1


def _pipe_waiting(run: RunState, event: Event) -> None:
    _signal(run, event)
    _wait(run, event)


def _pipe_received(run: RunState, event: Event) -> None:
    _signal(run, event).received += event.kind == "pipe_received"
    _wait_over(run, event)


# Pools -------------------------------------------------------------------------------------------------------


def _pool(run: RunState, event: Event) -> Pool:
    identity = event.object or 0
    pool = run.pools.get(identity)
    if pool is None:
        name, kind = _named(run, event)
        pool = run.pools[identity] = Pool(
            identity, name, kind, event.at, event.fields.get("workers") or 0, made_by=event.pid
        )
    return pool


def _pool_created(run: RunState, event: Event) -> None:
    _pool(run, event)


def _pool_worker_began(run: RunState, event: Event) -> None:
    pool = _pool(run, event)
    pool.workers.add(event.pid)
    run.processes[event.pid].pool = pool.identity


def _pool_submitted(run: RunState, event: Event) -> None:
    pool = _pool(run, event)
    tasks = event.fields["tasks"]
    if tasks is None:
        pool.uncounted.add(event.fields["job"])
    else:
        pool.submitted += tasks


def _pool_task_began(run: RunState, event: Event) -> None:
    pool, fields = _pool(run, event), event.fields
    pool.taken += 1
    pool.submitted += fields["job"] in pool.uncounted
    run.processes[event.pid].task = Task(
        pool.identity, pool.taken, fields["job"], fields["function"], fields["items"], event.t
    )


def _pool_task_ended(run: RunState, event: Event) -> None:
    _pool(run, event).done += 1
    run.processes[event.pid].task = None


# Files -------------------------------------------------------------------------------------------------------


def _file(run: RunState, event: Event) -> None:
    if event.object is None:  # no regular file: a terminal, /dev/null
        return
    file = run.files.get(event.object)
    if file is None:
        file = run.files[event.object] = File(event.fields["path"])
        if len(run.files) > FILES_KEPT:
            del run.files[next((key for key, kept in run.files.items() if not kept.lost), event.object)]
    if event.kind == "file_opened":
        file.opened(event)
    elif event.kind == "file_closed":
        file.closed(event)
    else:
        locks = frozenset(identity for identity, lock in run.locks.items() if event.pid in lock.holders)
        (file.was_read if event.kind == "file_read" else file.was_written)(event, locks)


# What is told ------------------------------------------------------------------------------------------------


def _printed(run: RunState, event: Event) -> None:
    text = str(event.fields.get("text", ""))
    last = run.lines[-1] if run.lines else None
    pieces = text.splitlines(keepends=True)
    run.printed_lines += len(pieces)
    for piece in pieces[-LINES_KEPT:]:
        line, whole = piece.rstrip("\r\n"), piece.endswith(("\n", "\r"))
        if last is not None and not last.whole and last.pid == event.pid:
            last.text, last.whole = (last.text + line)[-LINES_KEPT:], whole
            run.printed_lines -= 1
        else:
            last = Line(event.t, event.pid, event.process, None, line, event.fields.get("stream", "stdout"), whole)
            run.lines.append(last)


def _said(run: RunState, event: Event) -> None:
    run.processes[event.pid].said = event
    run.said.append(event)
    run.lines.append(Line(event.t, event.pid, event.process, event))


def _noted(run: RunState, event: Event) -> None:
    name, value = event.fields["name"], event.fields["value"]
    gauge = run.gauges.setdefault(name, Gauge(name, value, value))
    gauge.value = value
    if isinstance(value, int | float):
        gauge.series.add(event.t, value)


def _raised(run: RunState, event: Event) -> None:
    run.processes[event.pid].raised = event
    run.raised.append(event)


Change = Callable[[RunState, Event], Any]

CHANGES: Mapping[str, Change] = {
    "process_created": _created,
    "process_started": _started,
    "process_began": _began,
    "process_returned": _returned,
    "process_ended": _ended,
    "process_join_waiting": _wait,
    "process_joined": _wait_over,
    "process_terminated": _terminated,
    "process_untraced": _untraced,
    "process_killed": _terminated,
    "process_exit_code_seen": _exit_code_seen,
    "lock_created": _lock_created,
    "lock_waiting": _wait,
    "lock_acquired": _lock_acquired,
    "lock_refused": _refused,
    "lock_released": _lock_released,
    "condition_waiting": _condition_waiting,
    "condition_awoke": _condition_awoke,
    "queue_created": _queue_created,
    "queue_put_waiting": _wait,
    "queue_put": _queue_put,
    "queue_full": _refused,
    "queue_get_waiting": _wait,
    "queue_got": _queue_got,
    "queue_empty": _refused,
    "queue_task_done": _task_done,
    "queue_task_done_refused": _task_done_refused,
    "queue_join_waiting": _wait,
    "queue_joined": _queue_joined,
    "queue_flush_waiting": _wait,
    "queue_flushed": _wait_over,
    "event_created": _signal_created,
    "event_set": _event_set,
    "event_cleared": _event_set,
    "event_waiting": _wait,
    "event_awaited": _wait_over,
    "barrier_created": _signal_created,
    "barrier_waiting": _barrier_waiting,
    "barrier_passed": _barrier_left,
    "barrier_broken": _barrier_left,
    "pipe_created": _signal_created,
    "pipe_sent": _pipe_sent,
    "pipe_receive_waiting": _pipe_waiting,
    "pipe_received": _pipe_received,
    "pipe_ended": _pipe_received,
    "pool_created": _pool_created,
    "pool_worker_began": _pool_worker_began,
    "pool_submitted": _pool_submitted,
    "pool_task_began": _pool_task_began,
    "pool_task_ended": _pool_task_ended,
    "pool_result_waiting": _wait,
    "pool_result_got": _wait_over,
    "pool_result_missed": _refused,
    "pool_join_waiting": _wait,
    "pool_joined": _wait_over,
    "manager_began": _manager_began,
    "manager_called": _wait,
    "manager_answered": _wait_over,
    "file_opened": _file,
    "file_read": _file,
    "file_written": _file,
    "file_closed": _file,
    "printed": _printed,
    "said": _said,
    "noted": _noted,
    "raised": _raised,
    "process_stuck": _stuck,
    "finding": lambda run, event: run.found.append(event),
}
