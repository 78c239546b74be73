"""What was seen of a running program at one moment. Plain data: no addresses, and nothing of the program's values.

`Look` is what `story` makes events of; `reader` fills it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from procsim.diagnosis.blocked_threads import Blocked, End

File = tuple[str, int]
"""The device and the inode of the file of a semaphore: the same in each process that has it."""


@dataclass(frozen=True)
class Place:
    """Where a thread stands: one of its calls that has not returned."""

    function: str
    file: str
    line: int | None
    values: tuple[tuple[str, str], ...] = ()
    """Its variables and their values, where these were asked for."""


@dataclass(frozen=True)
class SeenWait:
    """What a thread waits for, as its own calls show it."""

    kind: str
    """That of an event, such as "lock_waiting"."""
    object: int | None = None
    child: int = 0
    """Of "process_join_waiting": the PID."""
    timeout: float | None = None
    """seconds; None: it never gives up."""
    at: Place | None = None
    """The line of the program that waits."""
    call: tuple[str, str] = ("", "")
    """Of "manager_called": the type and the method."""
    importing: str | None = None
    """Of a wait for a pool: the module that the thread is importing."""
    child_name: str = ""
    helper: str | None = None
    """Of "pool_result_waiting": what the thread is there for, if it is one of that pool's own."""
    asked: tuple[int, ...] = ()
    """The PIDs of the processes that it asks, or waits for with a time limit, to see whether they still live."""


@dataclass(frozen=True)
class SeenThread:
    """One thread."""

    number: int
    name: str
    blocked: Blocked | None
    """None: it may go on by itself."""
    waits_since: int
    """How often it has gone to wait (voluntary context switches): it tells whether two looks saw the same wait."""
    semaphore: File | None = None
    """The semaphore that it waits for, if it waits for one."""
    wait: SeenWait | None = None
    poll: SeenWait | None = None
    """What it waits for with a time limit, if it does: it may wait for it again and again."""
    birth: int = 0
    """As that of a process."""
    place: Place | None = None
    """Where in the program it stands."""
    stack: tuple[Place, ...] = ()
    """Innermost first; empty where it runs no Python, or that could not be read."""
    runs_python: bool = False
    """Whether it is one of Python's, as far as these could be read."""


@dataclass(frozen=True)
class Hold:
    """A process has acquired a semaphore, as its own count shows it."""

    semaphore: File
    count: int
    """How often it has acquired it more than it has released it; below 0 where others have acquired it."""
    thread: int
    """The number of the thread that acquired it last; 0: not known."""
    entered: bool = False
    """Whether that thread stands in a `with` block of it, and so is sure to release it."""


@dataclass(frozen=True)
class SeenSemaphore:
    """A semaphore of the system's that processes share."""

    value: int
    limit: int
    """The largest value that it can have: 1 for a lock."""
    recursive: bool
    """Whether it is an RLock's."""


@dataclass(frozen=True)
class SeenObject:
    """An object of multiprocessing's that processes share."""

    identity: int
    type: str
    """Such as "JoinableQueue"."""
    name: str = ""
    """What the program calls it; empty: that is not known."""
    semaphore: File | None = None
    """Of a lock or a semaphore, and of a Condition: its own."""
    pipe: int = 0
    """Of a queue: the inode of its pipe."""
    maxsize: int = 0
    inside: int | None = None
    """Of a queue: how many items are in it."""
    unfinished: int | None = None
    reading: File | None = None
    writing: File | None = None
    """Of a queue: the locks of those that read from its pipe, and of those that write to it."""
    was_put: bool = False
    """Of a queue: whether this process has put into it, as its thread that sends shows it."""
    parties: int = 0
    arrived: int = 0
    other: int = 0
    """Of an end of a pipe: the identity of the other one."""


@dataclass(frozen=True)
class SeenPool:
    """A Pool or a ProcessPoolExecutor, as one process has it."""

    identity: int
    type: str
    name: str
    made_by: int = 0
    """The PID of the process that has started its workers; 0: not known."""
    size: int = 0
    max_tasks: int | None = None
    open: int = 0
    """How many tasks have been submitted whose results have not come."""
    gone: tuple[str, ...] = ()
    """Which of its threads are not in this process: those for "tasks", "results", "workers", or "all"."""
    terminated: bool = False
    reading: File | None = None
    """The lock of the workers that read tasks."""
    writing: File | None = None
    """The lock of the workers that send results."""
    not_sent: bool = False
    """Whether a task could not be sent to a worker, as far as its thread still shows it."""
    callback: str = ""
    """The callback of a result that has come, and that is not handed out; empty: there is none."""
    others_open: bool = False
    """Whether there are results besides that have not come."""


@dataclass(frozen=True)
class SeenTask:
    """What a worker of a pool works on."""

    function: str


@dataclass(frozen=True)
class SeenDrop:
    """The last item that a thread of a queue was to send, and could not."""

    queue: int
    value: str
    """Such as "<dict>"."""
    thread: int
    """The number of that thread."""


@dataclass(frozen=True)
class SeenChild:
    """A process that this one has started and knows of."""

    pid: int
    name: str
    daemon: bool = False
    exit_code: int | None = None


@dataclass(frozen=True)
class CutOff:
    """A thread that ran as its process was forked: the forked one has it no more."""

    number: int
    """That of the system, in the process in which it ran."""
    name: str


@dataclass(frozen=True)
class SeenProcess:
    """One process."""

    pid: int
    parent: int
    birth: int
    """In ticks of the system's clock since it was booted."""
    name: str
    """What multiprocessing calls it; empty where that is not known."""
    threads: dict[int, SeenThread]
    ends: frozenset[End] = frozenset()
    """What it has open of the pipes and sockets that somebody waits for."""
    command: str = ""
    """What it runs, for people: such as "python work.py"."""
    is_own_name: bool = False
    """Whether its name was given to it, and is not that of each program's main process."""
    ignored: int = 0
    caught: int = 0
    """The signals that it ignores, and those that it handles, as masks."""
    handles_interrupts: bool = False
    """Whether the program may have a handler of its own for Ctrl-C."""
    was_forked: bool = False
    """Whether it runs on in what its parent had been, and has begun no other program since."""
    is_forkserver: bool = False
    last_exit_code: int | None = None
    """Of a forkserver: that of the process of it that has ended last."""
    is_tracker: bool = False
    is_manager: bool = False
    is_public: bool = False
    """Of a manager: whether clients from elsewhere may know its address."""
    python: str = ""
    """The version of its CPython; empty: it runs none, or it could not be read."""
    gap: str = ""
    """Why its memory could not be read: "no_python", "version", "build", "no_gil", "32_bit"; empty where it could."""
    stopped: bool = False
    """Whether a signal or a debugger has stopped it."""
    debugger: int = 0
    """The PID of what traces it; 0: nothing does."""
    daemon: bool = False
    ended: bool = False
    exit_code: int | None = None
    holds: tuple[Hold, ...] = ()
    objects: tuple[SeenObject, ...] = ()
    pools: tuple[SeenPool, ...] = ()
    works_for: int = 0
    """The identity of the pool that it is a worker of."""
    task: SeenTask | None = None
    failed: str = ""
    """The type of the exception of the last task that has raised one in this worker; empty: that is not known."""
    semaphores: dict[File, SeenSemaphore] = field(default_factory=dict)
    """All that it has mapped."""
    inner: frozenset[File] = frozenset()
    """Those that are parts of a queue, an event …"""
    dropped: tuple[SeenDrop, ...] = ()
    unread: frozenset[File] = frozenset()
    """Semaphores that it has mapped, of which it is not known whether it holds them."""
    children: tuple[SeenChild, ...] = ()
    children_made: int = 0
    """How many it has made, also such as nothing else is known of."""
    not_started: tuple[str, ...] = ()
    """The names of the processes that it has made and not started."""
    cut_off: tuple[CutOff, ...] = ()
    """The threads that its parent, and that one's parents, had as they forked, as far as it still knows of them."""


@dataclass(frozen=True)
class Unseen:
    """A process that could not be looked at."""

    pid: int
    reason: str
    """"ended", "not_permitted", "namespace", "left_out"."""


@dataclass(frozen=True)
class Look:
    """A program at one moment."""

    asked: int
    """The PID that was asked for."""
    main: int
    """The PID of the program's main process."""
    t: int
    """ns since that began."""
    processes: dict[int, SeenProcess]
    unseen: tuple[Unseen, ...] = ()
    outside: frozenset[End] = frozenset()
    """The pipes and sockets that a process outside the program has open."""
    peers: Mapping[int, int] = field(default_factory=dict)
    """See `Snapshot.peers`."""
