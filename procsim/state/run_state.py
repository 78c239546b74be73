"""RunState: the picture of a run that its events draw.

    Event ──► apply (procsim.apply) ──► RunState ──► views, findings, claims

Nothing here knows a clock, a process or a terminal. What is kept of the past is bounded, however long a run may be.
"""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, NamedTuple

from procsim.state.files import File
from procsim.wire.events import Event, Named

MAIN_THREAD = "MainThread"

LINES_KEPT = 1_000
"""Lines said or printed that are kept, the last ones."""

CHARACTERS_KEPT = 4_000_000
"""Characters of all the printed ones of them; `LONG_LINE` is one of which many together would be more."""

LONG_LINE = CHARACTERS_KEPT // LINES_KEPT

SAID_KEPT = 20_000
WAITS_KEPT = 20_000
RAISED_KEPT = 1_000
REFUSED_KEPT = 1_000
"""Narrations, ended waits, exceptions and tries in vain that claims and findings may count, the last ones."""

ITEMS_KEPT = 100_000
USERS_KEPT = 3_000
"""Items put into a queue, and taken from it, and processes that use a file, that are kept; see `share`."""

FEWEST_KEPT = 16

GAUGES_KEPT = 1_000

FILES_KEPT = 200
"""Files of which it is kept who read and wrote them, the last ones."""

POINTS_KEPT = 2_000
"""Points of a curve; past that every other one is dropped."""

OPERATIONS_KEPT = 4_096
"""Puts and gets of a queue of which it is kept who made them, the last ones."""

SPANS_KEPT = 10_000
"""Spans that are kept of what the first processes did; of each further one fewer …"""

SPANS_OF_ONE = 300
"""… and of one at the most …"""

SPANS_AT_LEAST = 20
"""… and at the least."""

GRAIN_NS = 100_000
"""What changes within it is one span of the most telling status. It doubles where there are too many spans."""


def share(most: int, number: int) -> int:
    """What the `number`-th of its kind may keep, where the first may keep `most`: all together less than twice that.

    But for the FEWEST_KEPT that each may keep: 1 + 1/4 + 1/9 + … is π²/6.
    """
    return max(FEWEST_KEPT, most // number**2)


@dataclass(slots=True)
class Series:
    """A value over time, thinned out where it has too many points."""

    points: list[tuple[int, float]] = field(default_factory=list)
    """(ns since the start, value from then on)."""
    most: int = POINTS_KEPT
    _stride: int = 1
    _skipped: int = 0

    def add(self, t: int, value: float) -> None:
        """The value has changed."""
        self._skipped += 1
        if self._skipped < self._stride:
            return
        self._skipped = 0
        self.points.append((t, value))
        if len(self.points) > self.most:
            del self.points[1::2]
            self._stride *= 2


class Status(IntEnum):
    """What a process does. Of several within a short time the highest is the most telling."""

    ABSENT = 0
    """It has not begun, or is gone."""
    RUNNING = 1
    STANDING = 2
    """At the gate."""
    ASLEEP = 3
    WAITING = 4
    STUCK = 5
    """Waiting, and nobody is left to end it."""
    INSIDE = 6
    """In a critical section: it holds a lock, and waits for nothing."""
    ENDED = 7
    FAILED = 8
    """Ended by a signal, or with an exit code other than 0."""


Span = tuple[int, Status, int | str | None]
"""(ns since the start, status from then on, what it is about: the identity of an object or the name of a process).

A plain tuple, since one is made at every change.
"""

NOTHING: Span = (0, Status.ABSENT, None)


@dataclass(slots=True)
class History:
    """What a process did over time, in a bounded number of spans."""

    closed: list[Span] = field(default_factory=list)
    """Those before the present grain."""
    _grain: int = GRAIN_NS
    until: int = 0
    """ns: the end of the present grain."""
    peak: Span = NOTHING
    """The most telling span of the present grain."""
    now: Span = NOTHING
    most_telling: Status = Status.ABSENT
    """The highest status that it ever had."""

    def add(self, t: int, status: Status, what: int | str | None, processes: int) -> None:
        """It does something else from now on; it is one of so many processes."""
        now = (t, status, what)
        while t >= self.until:
            self._end_grain(self.closed)
            if len(self.closed) > max(SPANS_AT_LEAST, min(SPANS_OF_ONE, SPANS_KEPT // processes)):
                self._thin_out(processes)
            else:
                self.until, self.peak = t + self._grain, now
        if status > self.peak[1]:
            self.peak = now
        if status > self.most_telling:
            self.most_telling = status
        self.now = now

    def spans(self) -> list[Span]:
        """All of them, the present one too."""
        spans = self.closed.copy()
        self._end_grain(spans)
        return spans

    def _end_grain(self, spans: list[Span]) -> None:
        """Add what is told of the present grain, and what comes after it."""
        for span in (self.peak, (self.until, self.now[1], self.now[2])):
            if span[1:] != (spans[-1] if spans else NOTHING)[1:]:
                spans.append(span)

    def _thin_out(self, processes: int) -> None:
        """Put them together with a coarser grain."""
        spans, self.closed = self.closed, []
        self._grain *= 2
        self.until, self.peak, self.now = 0, NOTHING, NOTHING
        for span in spans:
            self.add(*span, processes)


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
    thread: str = "MainThread"
    child: int | None = None
    """The PID it waits for, where it joins a process."""
    child_name: str = ""
    until: int | None = None
    """ns; None: it still waits."""
    freed_by: int | None = None
    """The PID whose `get` or `put` ended it, where that can be told."""
    call: str = ""
    """What it has asked a manager for, such as "Lock.acquire"."""
    timeout: float | None = None
    """seconds after which it gives up; None: never."""
    native_id: int = 0
    """The number that the system gave to its thread; 0: not known."""
    interruptible: bool = False
    """Whether Ctrl-C would call a handler of the program's own."""
    stuck: int | None = None
    """ns: when it was found that nobody is left to end it."""
    open_in: tuple[int, ...] = ()
    """Of one that is stuck at a pipe: the PIDs that have its other end open."""
    in_message: bool = False
    """Whether it is stuck in the middle of a message."""
    job: int | None = None
    """The job of a pool whose result it waits for; None: several, or none."""


@dataclass(slots=True)
class Task:
    """What a worker of a pool took at once: one call, or the calls of one chunk of a `map`."""

    pool: int
    """The identity of the pool."""
    number: int
    """How many of the pool's tasks had been taken with it."""
    job: int
    """The number of the call that submitted it."""
    function: str
    items: int
    """How often it calls the function."""
    since: int
    """ns."""


class Standing(NamedTuple):
    """A thread at the closed gate, and what it would do next."""

    operation: str
    """The kind of the event that would tell of it."""
    object: int | None
    at: str | None
    ready: bool | None
    """Whether it could be done at once; None: it always can."""
    subject: Any
    """What it is about, where that is no object."""
    native_id: int
    since: int
    """ns."""


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
    detached: bool = False
    """Whether it has gone on after main, in a session of its own."""
    untraced: str = ""
    """Why the tracer is not in it."""
    exit_code_seen: bool = False
    """Whether the program looked at it (told where it is not 0)."""
    at: str | None = None
    last: int = 0
    """ns: its last event."""
    has_taken: bool = False
    """Whether it has taken an item from a queue."""
    has_answered: bool = False
    """Whether it has told others something after that: set an event, sent a message, released what it never held."""
    is_manager: bool = False
    """Whether it is a manager's server, which does what other processes of the run ask it to."""
    said: Event | None = None
    raised: Event | None = None
    waits: dict[str, Wait] = field(default_factory=dict)
    """The waits it is in now, or was in when it ended, by thread."""
    standing: dict[str, Standing] = field(default_factory=dict)
    """The threads that stand at the gate."""
    pool: int | None = None
    """The identity of the pool that it works for."""
    task: Task | None = None
    """The task that it has taken and not answered, or had not when it ended."""
    inside: list[int] = field(default_factory=list)
    """The locks that it holds, as it acquired them; none that is handed on, which is more of a signal."""
    history: History = field(default_factory=History)
    """What its main thread did, up to its end."""

    @property
    def waiting(self) -> Wait | None:
        """The wait that its main thread, or else any thread, is in now."""
        return self.waits.get(MAIN_THREAD) or next(iter(self.waits.values()), None)

    @property
    def alive(self) -> bool:
        """Whether nothing tells that it has ended."""
        return self.ended is None


class Hold(NamedTuple):
    """That a process has acquired a lock, the last time it did."""

    thread: str
    entered: bool
    """By `with`, so that this thread is sure to release it."""
    since: int
    """ns."""
    at: str | None


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
    holds: dict[int, Hold] = field(default_factory=dict)
    """How each of them came to hold it."""
    handed_on: bool = False
    """Whether it was released by one who did not hold it, or began as taken: a signal, more than a lock."""
    made_by: int = 0
    """The PID of its maker."""
    acquired: Counter[int] = field(default_factory=Counter)
    most_holders: int = 0
    last: int = 0
    """ns: when it was last used."""


@dataclass(slots=True)
class Queue:
    """A Queue, JoinableQueue or SimpleQueue."""

    identity: int
    name: str
    type: str
    at: str | None = None
    maxsize: int = 0
    pipe: int = 0
    """The inode of the pipe inside; 0: not known."""
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
    most: int = ITEMS_KEPT
    """So much of its past is kept, the last of it."""
    items_put: deque[Any] = field(init=False)
    items_got: deque[Any] = field(init=False)
    last_done: int | None = None
    """ns of the last task_done."""
    joined: int | None = None
    """ns of the last return of join."""
    last_puts: deque[int] = field(init=False)
    """The PIDs of the last puts and gets, which tell who freed whom."""
    last_gots: deque[int] = field(init=False)
    unexplained: dict[int, Wait] = field(default_factory=dict)
    """Waits of which it is not told yet who ended them, by the number of the get that did."""
    last: int = 0
    """ns: when it was last used."""

    def __post_init__(self) -> None:
        self.items_put, self.items_got = deque(maxlen=self.most), deque(maxlen=self.most)
        operations = min(OPERATIONS_KEPT, self.most)
        self.last_puts, self.last_gots = deque(maxlen=operations), deque(maxlen=operations)
        self.depths.most = min(POINTS_KEPT, self.most)

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
    other: int = 0
    """Of an end of a Pipe: the identity of the other end."""
    arrived: int = 0
    passed: int = 0
    sent: int = 0
    received: int = 0
    last: int = 0
    """ns: when it was last used."""


@dataclass(slots=True)
class Pool:
    """A Pool, or a ProcessPoolExecutor."""

    identity: int
    name: str
    type: str
    at: str | None = None
    size: int = 0
    """Workers that it keeps, at most."""
    made_by: int = 0
    """The PID that has it."""
    workers: set[int] = field(default_factory=set)
    """The PIDs of all the workers that it ever had."""
    submitted: int = 0
    """Tasks that are known of: submitted, or of an `imap` that cannot be counted beforehand, taken."""
    uncounted: set[int] = field(default_factory=set)
    """The jobs whose tasks count when they are taken."""
    taken: int = 0
    done: int = 0
    """Tasks that a worker has answered, with a result or an exception."""
    last: int = 0
    """ns: when it was last used."""


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
    stream: str = ""
    """Of a printed line: "stdout" or "stderr"."""
    whole: bool = True


@dataclass(slots=True)
class RunState:
    """All that is known of a run."""

    processes: dict[int, Process] = field(default_factory=dict)
    locks: dict[int, Lock] = field(default_factory=dict)
    queues: dict[int, Queue] = field(default_factory=dict)
    signals: dict[int, Signal] = field(default_factory=dict)
    pools: dict[int, Pool] = field(default_factory=dict)
    files: dict[int, File] = field(default_factory=dict)
    names: dict[int, Named] = field(default_factory=dict)
    forgotten_processes: int = 0
    """How many processes have ended so long ago that nothing else is known of them."""
    gauges: dict[str, Gauge] = field(default_factory=dict)
    lines: deque[Line] = field(default_factory=lambda: deque(maxlen=LINES_KEPT))
    printed_lines: int = 0
    """Lines printed in all."""
    said: deque[Event] = field(default_factory=lambda: deque(maxlen=SAID_KEPT))
    waits: deque[Wait] = field(default_factory=lambda: deque(maxlen=WAITS_KEPT))
    """The waits that have ended."""
    started: dict[int, Event] = field(default_factory=dict)
    """`process_started` by child, for what it tells: the start method, who started it, where."""
    raised: deque[Event] = field(default_factory=lambda: deque(maxlen=RAISED_KEPT))
    raised_in_threads: deque[Event] = field(default_factory=lambda: deque(maxlen=RAISED_KEPT))
    """Exceptions that ended one thread of a process."""
    without_target: deque[Event] = field(default_factory=lambda: deque(maxlen=RAISED_KEPT))
    """Processes that were started with nothing to run."""
    refused: deque[Event] = field(default_factory=lambda: deque(maxlen=REFUSED_KEPT))
    """Tries that found a queue empty or full, a lock taken, or no task left to be reported done."""
    found: list[Event] = field(default_factory=list)
    """The findings of procsim's that came while the program still ran: why it hangs."""
    hung: int | None = None
    """ns: when it was found that main's main thread is stuck, so that the program will never end."""
    counts: Counter[str] = field(default_factory=Counter)
    """Events by kind."""
    t: int = 0
    """ns: the time of the last event."""
    main: int = 0
    """The PID of the program's main process."""
    used_names: Counter[str] = field(default_factory=Counter)

    @property
    def events(self) -> int:
        """How many events there were."""
        return self.counts.total()

    @property
    def process_count(self) -> int:
        """How many processes there were."""
        return len(self.processes) + self.forgotten_processes

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

    def findings(self, identity: str) -> Iterator[Event]:
        """Those of `found` that have this id."""
        return (event for event in self.found if event.fields["id"] == identity)

    def stuck_waits(self) -> list[Wait]:
        """The waits that nobody was left to end, also those in which the process was ended then."""
        return [
            wait for process in self.processes.values() for wait in process.waits.values() if wait.stuck is not None
        ]

    def hangs(self) -> bool:
        """Whether the main thread of main is stuck now: the program cannot end by itself."""
        main = self.processes.get(self.main)
        wait = main.waits.get(MAIN_THREAD) if main else None
        return wait is not None and wait.stuck is not None

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

    def pool_named(self, name: str) -> Pool | None:
        """The pool of that name."""
        return next((pool for pool in self.pools.values() if pool.name == name), None)

    def workers_of(self, pool: Pool) -> list[Process]:
        """The workers of a pool that have not ended."""
        workers = (self.processes[pid] for pid in pool.workers if pid in self.processes)
        return [worker for worker in workers if worker.alive and worker.pool == pool.identity]

    def pool_type(self, process: Process) -> str:
        """The type of the pool that this process works for; "" where it works for none."""
        pool = self.pools.get(process.pool or 0)
        return pool.type if pool else ""

    def narrated(self, text: str) -> Iterator[Event]:
        """The narrations with that text (the template, its placeholders unfilled)."""
        return (event for event in self.said if event.fields["text"] == text)
