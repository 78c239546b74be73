"""What is known of the objects that processes share: locks, queues, signals and pools."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from procsim.state.bounds import ITEMS_KEPT, OPERATIONS_KEPT, POINTS_KEPT
from procsim.state.history import Series
from procsim.state.processes import Wait
from procsim.state.tally import Tally
from procsim.wire.events import Event


class Hold(NamedTuple):
    """How a process came to hold a lock: the last time that it acquired it."""

    thread: str
    entered: bool
    """By `with`, so that this thread is sure to release it. A lock acquired by a call may be handed on to another
    process, which releases it."""
    since: int
    """ns."""
    at: str | None
    outer: "Hold | None" = None
    """Of an RLock that it held already: how it came to hold it first."""


class Longest(NamedTuple):
    """The longest time that a process held a lock, or worked on a task."""

    ns: int
    process: str
    at: str | None
    """The line that acquired the lock, or where the function of the task is defined."""
    function: str = ""
    items: int = 1
    """Of a task: how often it calls the function."""


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
    """Whether a process released it that did not hold it, or it was made as taken: it is a signal, more than a lock."""
    holder_is_gone: bool = False
    """Whether it is taken, and a process has taken it of which nothing else is known than that it has ended."""
    made_by: int = 0
    """The PID of its maker."""
    acquired: Tally[int] = field(default_factory=Tally)
    """How often each PID has ever acquired it."""
    most_holders: int = 0
    longest_ns: int = 0
    """How long `longest` was."""
    longest: Longest | None = None
    """The longest time that a process held it, of those that are over."""
    waiting: int = 0
    """Of a Condition: how many threads are in its `wait`, with those whose process has ended there."""
    notified_few: tuple[Event, int] | None = None
    """Of a Condition: the last notice that was for fewer than waited, and how many waited then."""
    last: int = 0
    """ns: when it was last used."""


@dataclass(slots=True)
class Look:
    """How a process found a queue when it last looked into it."""

    empty: Event | None = None
    """The event that it was empty; None: it was not, or the process has taken an item."""
    waited: bool = False
    """Whether it had waited for an item before, for as long as it wanted to."""
    times: Tally[str | None] = field(default_factory=Tally)
    """How often it was found empty, by line."""


class Contents(NamedTuple):
    """What a queue was seen to contain, where its events are not known."""

    inside: int
    unfinished: int
    """Items that are not reported done, with those inside."""
    reader_is_gone: bool
    """Whether a process has ended with the lock of those that read from its pipe."""
    writer_is_gone: bool
    none_killed: bool
    """Whether no process that has ended was ended by a signal, as is known of each."""
    counted: bool = True
    """Whether it is known how many items are in it."""
    put_by: tuple[int, ...] = ()
    """The PIDs of the processes that are there and have put an item into it."""


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
    put: Tally[int] = field(default_factory=Tally)
    """Items put, by PID."""
    got: Tally[int] = field(default_factory=Tally)
    """Items taken, by PID."""
    done: Tally[int] = field(default_factory=Tally)
    """task_done calls, by PID."""
    looks: dict[int, Look] = field(default_factory=dict)
    """How each process that ever found it empty, or asked whether it was, found it last, by PID."""
    puts: int = 0
    gots: int = 0
    depth: int = 0
    peak: int = 0
    depths: Series = field(default_factory=Series)
    most: int = ITEMS_KEPT
    """How many of its last items and operations are kept."""
    items_put: deque[Any] = field(init=False)
    items_got: deque[Any] = field(init=False)
    dropped: int = 0
    """Items put that could not be sent."""
    last_dropped: Event | None = None
    cancelled: dict[int, Event] = field(default_factory=dict)
    """The last `queue_join_cancelled` of each process, by PID."""
    unsure: int = 0
    """Of how many of its first puts it is not known which get took what they put: one of these was dropped."""
    last_done: int | None = None
    """ns of the last task_done."""
    joined: int | None = None
    """ns of the last return of join."""
    last_puts: deque[int] = field(init=False)
    last_gots: deque[int] = field(init=False)
    """The PIDs of the last puts and gets: they show which process ended whose wait."""
    unexplained: dict[int, Wait] = field(default_factory=dict)
    """Waits that ended before the get that ended them was seen, by the number of that get."""
    last: int = 0
    """ns: when it was last used."""
    seen: Contents | None = None
    """None: its events are known."""

    def __post_init__(self) -> None:
        self.items_put, self.items_got = deque(maxlen=self.most), deque(maxlen=self.most)
        operations = min(OPERATIONS_KEPT, self.most)
        self.last_puts, self.last_gots = deque(maxlen=operations), deque(maxlen=operations)
        self.depths.most = min(POINTS_KEPT, self.most)

    @property
    def inside(self) -> int:
        """Items put, not dropped, and not yet taken."""
        return self.seen.inside if self.seen is not None else max(0, self.puts - self.gots - self.dropped)

    @property
    def unfinished(self) -> int:
        """Items put and not yet reported done."""
        return self.seen.unfinished if self.seen is not None else max(0, self.puts - self.done.total())


@dataclass(slots=True)
class Signal:
    """An Event, a Barrier, or one end of a Pipe."""

    identity: int
    name: str
    type: str
    at: str | None = None
    set_last: Event | None = None
    """Of an Event: its last `event_set`."""
    cleared: Event | None = None
    """Of an Event: the `event_cleared` after that; None: there was none."""
    seen_by: set[int] = field(default_factory=set)
    """Of an Event: the PIDs of the processes that have seen that it is set."""
    parties: int = 0
    other: int = 0
    """Of an end of a Pipe: the identity of the other end."""
    inside: tuple[int, ...] = ()
    """Of an Event or a Barrier: the identities of the other semaphores inside."""
    arrived: int = 0
    passed: int = 0
    sent: int = 0
    received: int = 0
    last: int = 0
    """ns: when it was last used."""

    @property
    def is_set(self) -> bool:
        """Of an Event."""
        return self.set_last is not None and self.cleared is None


@dataclass(slots=True)
class Call:
    """A line of the program that submits calls of one function to a pool."""

    results: int = 0
    """How many results it is to get: one for each time that the line ran."""
    errors: int = 0
    """How many of them are errors."""
    first_error: Event | None = None
    """The first `pool_job_failed`."""
    raised: Event | None = None
    """The first `pool_task_raised` of these, which knows the line."""
    seen: bool = False
    """Whether somebody has asked for one of the errors, or is called back."""


class PoolLook(NamedTuple):
    """What was seen of a pool, where its events are not known."""

    open: int
    """Tasks that were submitted, and whose results have not come."""
    gone: tuple[str, ...]
    """Which of its threads have ended: those for "tasks", "results", "workers", or "all"."""
    reader_is_gone: bool
    """Whether a worker has ended with the lock of those that read tasks."""
    writer_is_gone: bool
    """Whether one has ended with the lock of those that send results."""
    worker_is_gone: bool
    """Whether a child of its maker has ended."""
    not_sent: bool
    """Whether a task could not be sent to a worker, most likely."""
    failed: tuple[str, ...] = ()
    """The types of exceptions that tasks have raised, as far as workers still have these."""


@dataclass(slots=True)
class Pool:
    """A Pool, or a ProcessPoolExecutor."""

    identity: int
    name: str
    type: str
    at: str | None = None
    size: int = 0
    """The most workers that it keeps."""
    max_tasks: int | None = None
    """After how many tasks a worker ends; None: it goes on."""
    made_by: int = 0
    """The PID of its maker."""
    workers: set[int] = field(default_factory=set)
    """The PIDs of all workers that it ever had, without those that were forgotten."""
    submitted: int = 0
    """Tasks that are known: submitted, or, of an `imap` whose tasks cannot be counted beforehand, taken."""
    uncounted: set[int] = field(default_factory=set)
    """The jobs whose tasks count when they are taken."""
    taken: int = 0
    done: int = 0
    """Tasks that a worker has answered, with a result or an exception."""
    longest_ns: int = 0
    """How long `longest` was."""
    longest: Longest | None = None
    """The task that took longest, of those that were answered."""
    calls: dict[tuple[str, str | None], Call] = field(default_factory=dict)
    """By function, and the line that submitted it."""
    used_in: dict[int, Event] = field(default_factory=dict)
    """The first `pool_submitted` or `pool_used` of each process that did not make it, by PID."""
    raised: dict[int, Event] = field(default_factory=dict)
    """The first `pool_task_raised` of each job whose result has not come."""
    begun: set[str] = field(default_factory=set)
    """The names of the functions of which a worker has begun a task."""
    unread: dict[int, Event] = field(default_factory=dict)
    """The first `pool_task_unread` of each worker, by PID."""
    terminated: Event | None = None
    """`pool_terminated`: the program has ended it."""
    callbacks_raised: dict[int, Event] = field(default_factory=dict)
    """The `pool_callback_raised` of each job whose result will never come."""
    dropped: Event | None = None
    """`pool_dropped`: it was ended while nobody had waited for some results."""
    uninitialized: list[Event] = field(default_factory=list)
    """How workers ended in the initializer, the first and the last one: `raised`, or `process_ended` of those that were
    killed in it or left by `os._exit`."""
    uninitialized_count: int = 0
    last: int = 0
    """ns: when it was last used."""
    seen: PoolLook | None = None
    """None: its events are known."""
