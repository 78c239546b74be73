"""RunState: the picture of a run that its events draw, and `apply`, which draws the next one in.

    Event ──► apply ──► RunState ──► views, findings, claims

Nothing here knows a clock, a process or a terminal. What is kept of the past is bounded, however long a run may be.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from procsim.events import Event, Named

LINES_KEPT = 1_000
"""Lines said or printed that are kept, the last ones."""

SAID_KEPT = 100_000
WAITS_KEPT = 100_000
"""Narrations and ended waits that claims may count, the last ones."""

POINTS_KEPT = 2_000
"""Points of a curve; past that every other one is dropped."""


@dataclass(slots=True)
class Series:
    """A value over time, thinned out where it has too many points."""

    points: list[tuple[int, float]] = field(default_factory=list)
    """(ns since the start, value from then on)."""
    _stride: int = 1
    _skipped: int = 0

    def add(self, t: int, value: float) -> None:
        """The value has changed."""
        self._skipped += 1
        if self._skipped < self._stride:
            return
        self._skipped = 0
        self.points.append((t, value))
        if len(self.points) > POINTS_KEPT:
            del self.points[1::2]
            self._stride *= 2


@dataclass(slots=True)
class Wait:
    """One time that a process stood and waited."""

    kind: str
    """The event that began it, such as "lock_waiting"."""
    pid: int
    process: str
    since: int
    """ns."""
    at: str | None = None
    object: int | None = None
    child: int | None = None
    """The PID it waits for, where it joins a process."""
    child_name: str = ""
    until: int | None = None
    """ns; None: it still waits."""
    freed_by: int | None = None
    """The PID whose `get` or `put` ended it, where that can be told."""


@dataclass(slots=True)
class Process:
    """One process, as far as the events tell."""

    pid: int
    name: str
    parent: int | None = None
    daemon: bool = False
    began: int | None = None
    returned: int | None = None
    ended: int | None = None
    exit_code: int | None = None
    terminated_by: str = ""
    at: str | None = None
    said: Event | None = None
    raised: Event | None = None
    waits: dict[str, Wait] = field(default_factory=dict)
    """The waits it is in now, or was in when it ended, by thread."""
    announced: bool = False
    """Whether it, or the process that started it, has said that it is there."""

    @property
    def waiting(self) -> Wait | None:
        """The wait that its main thread, or else any thread, is in now."""
        return self.waits.get("MainThread") or next(iter(self.waits.values()), None)

    @property
    def alive(self) -> bool:
        """Whether nothing tells that it has ended."""
        return self.ended is None


@dataclass(slots=True)
class Lock:
    """A Lock, RLock or semaphore, or the lock of a Condition, a Value or an Array."""

    identity: int
    name: str
    type: str
    at: str | None = None
    value: int = 1
    holders: dict[int, int] = field(default_factory=dict)
    """How often each PID has acquired it and not yet released it."""
    acquired: Counter[int] = field(default_factory=Counter)
    most_holders: int = 0


@dataclass(slots=True)
class Queue:
    """A Queue, JoinableQueue or SimpleQueue."""

    identity: int
    name: str
    type: str
    at: str | None = None
    maxsize: int = 0
    put: Counter[int] = field(default_factory=Counter)
    """Items put, by PID."""
    got: Counter[int] = field(default_factory=Counter)
    done: Counter[int] = field(default_factory=Counter)
    """task_done calls, by PID."""
    puts: int = 0
    gots: int = 0
    depth: int = 0
    peak: int = 0
    depths: Series = field(default_factory=Series)
    items_put: deque[Any] = field(default_factory=lambda: deque(maxlen=SAID_KEPT))
    items_got: deque[Any] = field(default_factory=lambda: deque(maxlen=SAID_KEPT))
    last_done: int | None = None
    """ns of the last task_done."""
    joined: int | None = None
    """ns of the last return of join."""
    _puts: deque[int] = field(default_factory=lambda: deque(maxlen=4096))
    _gots: deque[int] = field(default_factory=lambda: deque(maxlen=4096))
    _unexplained: dict[int, Wait] = field(default_factory=dict)

    @property
    def unfinished(self) -> int:
        """Items put and not yet reported done."""
        return max(0, self.puts - self.done.total())


@dataclass(slots=True)
class Signal:
    """An Event, a Barrier, or one end of a Pipe."""

    identity: int
    name: str
    type: str
    at: str | None = None
    is_set: bool = False
    parties: int = 0
    arrived: int = 0
    sent: int = 0
    received: int = 0


@dataclass(slots=True)
class Gauge:
    """A figure that the scenario notes."""

    name: str
    first: Any
    value: Any
    series: Series = field(default_factory=Series)


@dataclass(slots=True)
class Line:
    """A line that was said or printed."""

    t: int
    pid: int
    process: str
    said: Event | None
    """The narration; None for a printed line."""
    text: str = ""
    whole: bool = True


@dataclass(slots=True)
class RunState:
    """All that is known of a run."""

    processes: dict[int, Process] = field(default_factory=dict)
    expected: Counter[str] = field(default_factory=Counter)
    """Processes created and not yet started, by name."""
    locks: dict[int, Lock] = field(default_factory=dict)
    queues: dict[int, Queue] = field(default_factory=dict)
    signals: dict[int, Signal] = field(default_factory=dict)
    names: dict[int, Named] = field(default_factory=dict)
    gauges: dict[str, Gauge] = field(default_factory=dict)
    lines: deque[Line] = field(default_factory=lambda: deque(maxlen=LINES_KEPT))
    said: deque[Event] = field(default_factory=lambda: deque(maxlen=SAID_KEPT))
    waits: deque[Wait] = field(default_factory=lambda: deque(maxlen=WAITS_KEPT))
    """The waits that have ended."""
    started: dict[int, Event] = field(default_factory=dict)
    """`process_started` by child, for what it tells: the start method, who started it, where."""
    raised: list[Event] = field(default_factory=list)
    refused: deque[Event] = field(default_factory=lambda: deque(maxlen=SAID_KEPT))
    """Tries that found a queue empty or full, or a lock taken."""
    counts: Counter[str] = field(default_factory=Counter)
    """Events by kind."""
    t: int = 0
    """ns: the time of the last event."""
    main: int = 0
    """The PID of the program's main process."""
    _used_names: Counter[str] = field(default_factory=Counter)

    @property
    def events(self) -> int:
        """How many events there were."""
        return self.counts.total()

    def name(self, identity: int | None) -> str:
        """How an object is called."""
        named = self.names.get(identity or 0)
        return named.name if named else "?"

    def process_name(self, pid: int | None) -> str:
        """How a process is called."""
        process = self.processes.get(pid or 0)
        return process.name if process else f"PID {pid}"

    def now_waiting(self) -> Iterator[Wait]:
        """The waits that have not ended, of processes that have not ended."""
        for process in self.processes.values():
            if process.alive:
                yield from process.waits.values()

    def all_waits(self, kind: str, identity: int | None = None) -> Iterator[Wait]:
        """The waits of one kind, ended ones first, for one object or for all."""
        for waits in (self.waits, self.now_waiting()):
            for wait in waits:
                if wait.kind == kind and identity in (None, wait.object):
                    yield wait

    def waited(self, kind: str, identity: int | None = None) -> int:
        """ns that all processes together stood in waits of one kind."""
        return sum(
            (self.t if wait.until is None else wait.until) - wait.since for wait in self.all_waits(kind, identity)
        )

    def process_named(self, name: str) -> Process | None:
        """The first process of that name."""
        return next((process for process in self.processes.values() if process.name == name), None)

    def lock_named(self, name: str) -> Lock | None:
        """The lock of that name."""
        return next((lock for lock in self.locks.values() if lock.name == name), None)

    def queue_named(self, name: str) -> Queue | None:
        """The queue of that name."""
        return next((queue for queue in self.queues.values() if queue.name == name), None)

    def narrated(self, text: str) -> Iterator[Event]:
        """The narrations with that text (the template, its placeholders unfilled)."""
        return (event for event in self.said if event.fields["text"] == text)


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
    if process is not None and event.at:
        process.at = event.at
    change = _CHANGES.get(event.kind)
    if change is not None:
        change(run, event)


# Processes ---------------------------------------------------------------------------------------------------


def _process(run: RunState, pid: int, name: str) -> Process:
    process = run.processes.get(pid)
    if process is None or (not process.alive and process.name != name):  # the system has used the PID again
        process = run.processes[pid] = Process(pid, name)
        run.main = run.main or pid
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


def _terminated(run: RunState, event: Event) -> None:
    _process(run, event.fields["child"], event.fields["child_name"]).terminated_by = event.process


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
    )


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
    name = str(event.fields.get("name", event.kind.split("_")[0]))
    run._used_names[name] += 1
    if run._used_names[name] > 1:
        name = f"{name}-{run._used_names[name]}"
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
        lock = run.locks[identity] = Lock(identity, name, kind, event.at, 1 if value is None else value)
    return lock


def _lock_created(run: RunState, event: Event) -> None:
    _lock(run, event)


def _lock_acquired(run: RunState, event: Event) -> None:
    lock = _lock(run, event)
    _wait_over(run, event)
    lock.holders[event.pid] = lock.holders.get(event.pid, 0) + 1
    lock.acquired[event.pid] += 1
    lock.most_holders = max(lock.most_holders, len(lock.holders))


def _lock_released(run: RunState, event: Event) -> None:
    lock = _lock(run, event)
    holder = event.pid if event.pid in lock.holders else next(iter(lock.holders), None)
    if holder is None:  # a semaphore that is raised by one who never acquired it
        return
    lock.holders[holder] -= 1
    if not lock.holders[holder]:
        del lock.holders[holder]


def _condition_waiting(run: RunState, event: Event) -> None:
    _lock(run, event).holders.pop(event.pid, None)  # it lets go of its lock while it waits
    _wait(run, event)


def _condition_awoke(run: RunState, event: Event) -> None:
    _lock(run, event).holders[event.pid] = 1
    _wait_over(run, event)


# Queues ------------------------------------------------------------------------------------------------------


def _queue(run: RunState, event: Event) -> Queue:
    identity = event.object or 0
    queue = run.queues.get(identity)
    if queue is None:
        name, kind = _named(run, event)
        queue = run.queues[identity] = Queue(identity, name, kind, event.at, event.fields.get("maxsize", 0))
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
    queue._puts.append(event.pid)
    wait = _wait_over(run, event)
    if wait is not None and queue.maxsize:
        # The place that the k-th put took is the one that the (k - maxsize)-th get made free.
        number = queue.puts - queue.maxsize
        wait.freed_by = _number(queue._gots, queue.gots, number)
        if wait.freed_by is None:
            queue._unexplained[number] = wait
    _depth(queue, event.t)


def _queue_got(run: RunState, event: Event) -> None:
    queue = _queue(run, event)
    queue.got[event.pid] += 1
    queue.gots += 1
    queue.items_got.append(event.fields.get("value"))
    queue._gots.append(event.pid)
    put_wait = queue._unexplained.pop(queue.gots, None)
    if put_wait is not None:
        put_wait.freed_by = event.pid
    wait = _wait_over(run, event)
    if wait is not None:
        wait.freed_by = _number(queue._puts, queue.puts, queue.gots)
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
        name, kind = _named(run, event)
        signal = run.signals[identity] = Signal(identity, name, kind, event.at, parties=event.fields.get("parties", 0))
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
    _wait_over(run, event)


def _pipe_sent(run: RunState, event: Event) -> None:
    _signal(run, event).sent += 1


def _pipe_received(run: RunState, event: Event) -> None:
    _signal(run, event).received += event.kind == "pipe_received"
    _wait_over(run, event)


# What is told ------------------------------------------------------------------------------------------------


def _printed(run: RunState, event: Event) -> None:
    text = str(event.fields.get("text", ""))
    last = run.lines[-1] if run.lines else None
    for piece in text.splitlines(keepends=True)[-LINES_KEPT:]:
        line, whole = piece.rstrip("\r\n"), piece.endswith(("\n", "\r"))
        if last is not None and not last.whole and last.pid == event.pid:
            last.text, last.whole = (last.text + line)[-LINES_KEPT:], whole
        else:
            last = Line(event.t, event.pid, event.process, None, line, whole)
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

_CHANGES: Mapping[str, Change] = {
    "process_created": _created,
    "process_started": _started,
    "process_began": _began,
    "process_returned": _returned,
    "process_ended": _ended,
    "process_join_waiting": _wait,
    "process_joined": _wait_over,
    "process_terminated": _terminated,
    "process_killed": _terminated,
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
    "pipe_receive_waiting": _wait,
    "pipe_received": _pipe_received,
    "pipe_ended": _pipe_received,
    "manager_called": _wait,
    "manager_answered": _wait_over,
    "printed": _printed,
    "said": _said,
    "noted": _noted,
    "raised": _raised,
}
