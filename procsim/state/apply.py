"""`apply` draws one event into the picture of a run: a function for each kind of event, in the table CHANGES.

It is pure: the same events always draw the same picture, and a live run is drawn as a replayed one is.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from procsim.state.files import File
from procsim.state.forgetting import forget, forget_objects, forget_processes
from procsim.state.run_state import (
    CHARACTERS_KEPT,
    FILES_KEPT,
    GAUGES_KEPT,
    ITEMS_KEPT,
    LINES_KEPT,
    LONG_LINE,
    MAIN_THREAD,
    POINTS_KEPT,
    USERS_KEPT,
    WAITS_KEPT,
    Gauge,
    History,
    Hold,
    Line,
    Lock,
    Pool,
    Process,
    Queue,
    RunState,
    Series,
    Signal,
    Standing,
    Status,
    Task,
    Wait,
    share,
)
from procsim.wire.events import Event, Named

NOT_ITS_OWN = ("finding", "verdict", "process_ended")
"""Events that a process does not tell itself: they do not show that it is there."""

RUNNING, STANDING, ASLEEP, WAITING, INSIDE = (
    Status.RUNNING,
    Status.STANDING,
    Status.ASLEEP,
    Status.WAITING,
    Status.INSIDE,
)


def draw(events: Iterable[Event]) -> RunState:
    """The picture that these events draw, from a blank one."""
    run = RunState()
    for event in events:
        apply(run, event)
    return run


def apply(run: RunState, event: Event) -> None:
    """Draw one event into the picture."""
    kind, t, pid, name, _, _, at, _ = event
    run.counts[kind] += 1
    if t > run.t:
        run.t = t
    process = run.processes.get(pid)
    if process is None and pid and kind not in NOT_ITS_OWN:
        process = _process(run, pid, name)
    if process is not None:
        process.last = t
        if at:
            process.at = at
    change = CHANGES.get(kind)
    if change is not None:
        change(run, event)


def _told(run: RunState, process: Process, t: int) -> None:
    """Keep what the main thread of a process does from now on. Who waits is not inside, whatever it holds."""
    wait = process.waits.get(MAIN_THREAD) if process.waits else None
    what: int | str | None = None
    if wait is not None and wait.kind != "sleep_began":
        status, what = WAITING, wait.child_name or wait.object
    elif process.inside:
        status, what = INSIDE, process.inside[-1]
    elif wait is not None:
        status = ASLEEP
    else:
        standing = process.standing.get(MAIN_THREAD) if process.standing else None
        if standing is None:
            status = RUNNING
        elif standing.ready is False:
            status, what = WAITING, standing.object or standing.subject
        else:
            status = STANDING
    history = process.history
    if t < history.until and status <= history.peak[1]:  # as `add` would do, in half the time
        history.now = (t, status, what)
    else:
        history.add(t, status, what, len(run.processes))


# Processes ---------------------------------------------------------------------------------------------------


def _process(run: RunState, pid: int, name: str) -> Process:
    process = run.processes.get(pid)
    if process is not None and not process.alive and process.name != name:  # the system has used the PID again
        forget(run, {pid})
        process = None
    if process is None:
        process = run.processes[pid] = Process(pid, name)
        run.main = run.main or pid
        forget_processes(run)
        _told(run, process, run.t)
    return process


def _started(run: RunState, event: Event) -> None:
    fields = event.fields
    child = _process(run, fields["child"], str(fields["child_name"]))
    child.parent, child.daemon = event.pid, bool(fields["daemon"])
    run.started[child.pid] = event


def _began(run: RunState, event: Event) -> None:
    process = _process(run, event.pid, event.process)
    process.name, process.began = event.process, event.t
    process.history = History()  # what its parent told before was no more than that it was to begin
    _told(run, process, event.t)
    process.parent, process.daemon = event.fields["parent"], bool(event.fields["daemon"])


def _returned(run: RunState, event: Event) -> None:
    run.processes[event.pid].returned = event.t


def _ended(run: RunState, event: Event) -> None:
    process = run.processes.get(event.pid)
    if process is None:  # it was said before, and the process is forgotten
        return
    process.ended = event.t if process.ended is None else process.ended
    if process.exit_code is None:
        process.exit_code = event.fields["exit_code"]
    process.standing.clear()
    for wait in process.waits.values():  # they stay with it: this is what it was waiting for when it ended
        _keep(run, wait, event.t)


def _manager_began(run: RunState, event: Event) -> None:
    run.processes[event.pid].is_manager = not event.fields.get("public")


def _detached(run: RunState, event: Event) -> None:
    run.processes[event.pid].detached = True


def _untraced(run: RunState, event: Event) -> None:
    _process(run, event.pid, event.process).untraced = event.fields["reason"]


def _terminated(run: RunState, event: Event) -> None:
    child = run.processes.get(event.fields["child"])
    if child is not None and child.alive:  # it is not forgotten, and did not end before
        child.terminated_by = event.process


def _exit_code_seen(run: RunState, event: Event) -> None:
    child = run.processes.get(event.fields["child"])
    if child is not None:
        child.exit_code_seen = True


# The gate ----------------------------------------------------------------------------------------------------


def _gate_reached(run: RunState, event: Event) -> None:
    fields = event.fields
    run.processes[event.pid].standing[event.thread] = Standing(
        fields["operation"],
        event.object,
        event.at,
        fields["ready"],
        fields["subject"],
        fields["native_id"],
        event.t,
    )
    _told(run, run.processes[event.pid], event.t)


def _gate_passed(run: RunState, event: Event) -> None:
    run.processes[event.pid].standing.pop(event.thread, None)
    _told(run, run.processes[event.pid], event.t)


# Waiting -----------------------------------------------------------------------------------------------------


def _wait(run: RunState, event: Event) -> None:
    process, get = run.processes[event.pid], event.fields.get
    process.waits[event.thread] = Wait(
        event.kind,
        event.pid,
        event.process,
        event.t,
        event.at,
        event.object,
        event.thread,
        get("child"),
        str(get("child_name", "")),
        call=f"{get('type')}.{get('method')}" if get("method") else "",
        timeout=_seconds(get("timeout", get("seconds"))),
        native_id=get("native_id") or 0,
        interruptible=bool(get("interruptible")),
        job=get("job"),
    )
    _told(run, process, event.t)


def _seconds(timeout: Any) -> float | None:
    """A timeout. With one that is no number the program's own call raises at once."""
    return timeout if timeout is None or isinstance(timeout, int | float) else 0.0


def _count(number: Any, otherwise: int = 0) -> Any:
    """What the program gives as a number of things: also where it is none, and its own call refuses it."""
    return number if isinstance(number, int | float) else otherwise


def _stuck(run: RunState, event: Event) -> None:
    """Found by procsim: of a wait that the process has told of, or of one that only the system shows."""
    process, fields = run.processes[event.pid], event.fields
    wait = process.waits.get(event.thread)
    if wait is None or wait.kind != fields["wait"]:
        _wait(run, event._replace(kind=fields["wait"]))
        wait = process.waits[event.thread]
    wait.stuck = event.t
    if (event.pid, event.thread) == (run.main, MAIN_THREAD):
        run.hung = event.t
    wait.open_in = tuple(fields["open_in"])
    wait.in_message = fields["in_message"]


def _wait_over(run: RunState, event: Event) -> Wait | None:
    process = run.processes[event.pid]
    wait = process.waits.pop(event.thread, None)
    if wait is not None:
        _keep(run, wait, event.t)
        _told(run, process, event.t)
    return wait


def _keep(run: RunState, wait: Wait, until: int) -> None:
    wait.until = until
    run.waits.append(wait)


def _awoke(run: RunState, event: Event) -> None:
    run.processes[event.pid].waits.pop(event.thread, None)  # it waited for nobody
    _told(run, run.processes[event.pid], event.t)


def _refused(run: RunState, event: Event) -> None:
    _wait_over(run, event)
    run.refused.append(event)


# Locks -------------------------------------------------------------------------------------------------------


def _named(run: RunState, event: Event, kept: dict[int, Any]) -> Named:
    """The name of a new object; a second object of the same name is told apart by a number."""
    forget_objects(run, kept)
    known = run.names.get(event.object or 0)
    if known is not None:  # it was forgotten meanwhile
        return known
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
        name, kind = _named(run, event, run.locks)
        value = _count(event.fields.get("value"), otherwise=1)
        lock = run.locks[identity] = Lock(identity, name, kind, event.at, value, handed_on=not value)
        lock.made_by = event.pid
    lock.last = event.t
    return lock


def _lock_created(run: RunState, event: Event) -> None:
    _lock(run, event)


def _lock_acquired(run: RunState, event: Event) -> None:
    lock = _lock(run, event)
    _entered(run, event, lock)
    lock.holders[event.pid] = lock.holders.get(event.pid, 0) + 1
    lock.holds[event.pid] = Hold(event.thread, bool(event.fields.get("entered")), event.t, event.at)
    lock.acquired[event.pid] += 1
    lock.most_holders = max(lock.most_holders, len(lock.holders))


def _lock_released(run: RunState, event: Event) -> None:
    lock = _lock(run, event)
    holder: int | None = event.pid
    if event.pid not in lock.holders:  # handed on, or a semaphore that is raised by one who never acquired it
        lock.handed_on = True
        _answered(run, event)
        for pid in lock.holders:
            _left(run, pid, lock, event.t)
        holder = next(iter(lock.holders), None)
    if holder is None:
        return
    lock.holders[holder] -= 1
    if not lock.holders[holder]:
        del lock.holders[holder], lock.holds[holder]
        _left(run, holder, lock, event.t)


def _condition_waiting(run: RunState, event: Event) -> None:
    lock = _lock(run, event)  # it lets go of its lock while it waits
    lock.holders.pop(event.pid, None)
    lock.holds.pop(event.pid, None)
    _left(run, event.pid, lock, event.t)
    _wait(run, event)


def _condition_awoke(run: RunState, event: Event) -> None:
    lock = _lock(run, event)
    _entered(run, event, lock)
    lock.holders[event.pid] = 1
    lock.holds[event.pid] = Hold(event.thread, True, event.t, event.at)


def _entered(run: RunState, event: Event, lock: Lock) -> None:
    """A critical section, or the one it is in once more."""
    process = run.processes[event.pid]
    entered = not lock.handed_on and lock.identity not in process.inside
    if entered:
        process.inside.append(lock.identity)
    if _wait_over(run, event) is None and entered:
        _told(run, process, event.t)


def _left(run: RunState, pid: int, lock: Lock, t: int) -> None:
    """A critical section, if it was in it."""
    process = run.processes.get(pid)
    if process is not None and lock.identity in process.inside:
        process.inside.remove(lock.identity)
        _told(run, process, t)


# Queues ------------------------------------------------------------------------------------------------------


def _queue(run: RunState, event: Event) -> Queue:
    identity = event.object or 0
    queue = run.queues.get(identity)
    if queue is None:
        name, kind = _named(run, event, run.queues)
        most = share(ITEMS_KEPT, len(run.queues) + 1)
        queue = Queue(identity, name, kind, event.at, _count(event.fields.get("maxsize")), most=most)
        queue.pipe = event.fields.get("pipe") or 0
        run.queues[identity] = queue
    queue.last = event.t
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
    run.processes[event.pid].has_taken = True
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


def _queue_joined(run: RunState, event: Event) -> None:
    _queue(run, event).joined = event.t
    _wait_over(run, event)


# Events, barriers, pipes -------------------------------------------------------------------------------------


def _signal(run: RunState, event: Event) -> Signal:
    identity = event.object or 0
    signal = run.signals.get(identity)
    if signal is None:
        name, kind = _named(run, event, run.signals)
        signal = run.signals[identity] = Signal(identity, name, kind, event.at)
        signal.parties, signal.other = _count(event.fields.get("parties")), event.fields.get("other", 0)
    signal.last = event.t
    return signal


def _signal_created(run: RunState, event: Event) -> None:
    _signal(run, event)


def _answered(run: RunState, event: Event) -> None:
    """Somebody tells others something."""
    process = run.processes[event.pid]
    process.has_answered = process.has_taken


def _event_set(run: RunState, event: Event) -> None:
    _signal(run, event).is_set = event.kind == "event_set"
    if event.kind == "event_set":
        _answered(run, event)


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
    _answered(run, event)


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
        name, kind = _named(run, event, run.pools)
        pool = run.pools[identity] = Pool(
            identity, name, kind, event.at, _count(event.fields.get("workers")), made_by=event.pid
        )
    pool.last = event.t
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
        file = run.files[event.object] = File(share(USERS_KEPT, len(run.files) + 1))
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
            if len(line) > LONG_LINE:
                _forget_lines(run)


def _forget_lines(run: RunState) -> None:
    """Forget the first lines that are kept, if all together are too long."""
    characters = sum(len(line.text) for line in run.lines)
    while characters > CHARACTERS_KEPT and len(run.lines) > 1:
        characters -= len(run.lines.popleft().text)


def _said(run: RunState, event: Event) -> None:
    run.processes[event.pid].said = event
    run.said.append(event)
    run.lines.append(Line(event.t, event.pid, event.process, event))


def _noted(run: RunState, event: Event) -> None:
    name, value = event.fields["name"], event.fields["value"]
    gauge = run.gauges.get(name)
    if gauge is None:
        gauge = run.gauges[name] = Gauge(name, value, value, Series(most=share(POINTS_KEPT, len(run.gauges) + 1)))
        if len(run.gauges) > GAUGES_KEPT:
            del run.gauges[next(iter(run.gauges))]
    gauge.value = value
    if isinstance(value, int | float):
        gauge.series.add(event.t, value)


def _raised(run: RunState, event: Event) -> None:
    run.processes[event.pid].raised = event
    run.raised.append(event)


Change = Callable[[RunState, Event], Any]

CHANGES: Mapping[str, Change] = {
    "process_started": _started,
    "process_began": _began,
    "process_returned": _returned,
    "process_ended": _ended,
    "process_join_waiting": _wait,
    "process_joined": _wait_over,
    "process_without_target": lambda run, event: run.without_target.append(event),
    "process_terminated": _terminated,
    "process_untraced": _untraced,
    "process_detached": _detached,
    "process_killed": _terminated,
    "process_exit_code_seen": _exit_code_seen,
    "gate_reached": _gate_reached,
    "gate_passed": _gate_passed,
    "gate_left": _gate_passed,
    "sleep_began": _wait,
    "sleep_ended": _awoke,
    "lock_created": _lock_created,
    "lock_waiting": _wait,
    "lock_acquired": _lock_acquired,
    "lock_refused": _refused,
    "lock_released": _lock_released,
    "condition_waiting": _condition_waiting,
    "condition_awoke": _condition_awoke,
    "condition_notified": _answered,
    "queue_created": _queue_created,
    "queue_put_waiting": _wait,
    "queue_put": _queue_put,
    "queue_full": _refused,
    "queue_get_waiting": _wait,
    "queue_got": _queue_got,
    "queue_empty": _refused,
    "queue_task_done": _task_done,
    "queue_task_done_refused": lambda run, event: run.refused.append(event),
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
    "thread_raised": lambda run, event: run.raised_in_threads.append(event),
    "process_stuck": _stuck,
    "finding": lambda run, event: run.found.append(event),
}
