"""What is known of the objects that processes share: locks, queues, signals and pools."""

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from procsim.state.bounds import ITEMS_KEPT, OPERATIONS_KEPT, POINTS_KEPT
from procsim.state.history import Series
from procsim.state.processes import Wait


class Hold(NamedTuple):
    """How a process came to hold a lock: the last time that it acquired it."""

    thread: str
    entered: bool
    """By `with`, so that this thread is sure to release it. A lock acquired by a call may be handed on to another
    process, which releases it."""
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
    """Whether a process released it that did not hold it, or it was made as taken: it is a signal, more than a lock."""
    made_by: int = 0
    """The PID of its maker."""
    acquired: Counter[int] = field(default_factory=Counter)
    """How often each PID has ever acquired it."""
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
    """Items taken, by PID."""
    done: Counter[int] = field(default_factory=Counter)
    """task_done calls, by PID."""
    puts: int = 0
    gots: int = 0
    depth: int = 0
    peak: int = 0
    depths: Series = field(default_factory=Series)
    most: int = ITEMS_KEPT
    """How many of its last items and operations are kept."""
    items_put: deque[Any] = field(init=False)
    items_got: deque[Any] = field(init=False)
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
    """The most workers that it keeps."""
    made_by: int = 0
    """The PID of its maker."""
    workers: set[int] = field(default_factory=set)
    """The PIDs of all workers that it ever had."""
    submitted: int = 0
    """Tasks that are known: submitted, or, of an `imap` whose tasks cannot be counted beforehand, taken."""
    uncounted: set[int] = field(default_factory=set)
    """The jobs whose tasks count when they are taken."""
    taken: int = 0
    done: int = 0
    """Tasks that a worker has answered, with a result or an exception."""
    last: int = 0
    """ns: when it was last used."""
