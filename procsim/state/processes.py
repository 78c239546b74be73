"""What is known of one process: its life, what its threads wait for, and what it did over time."""

import signal
from collections import deque
from collections.abc import Sized
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from procsim.state.bounds import MARKS_KEPT, WAITED_KEPT
from procsim.state.history import History, Status
from procsim.wire.events import Event
from procsim.wire.identities import MAIN_THREAD

SLEEP = "sleep_began"
"""The kind of the only wait that depends on nothing but time."""

# Names of this module are found faster than members of an enumeration.
RUNNING, STANDING, ASLEEP, WAITING, INSIDE = (
    Status.RUNNING,
    Status.STANDING,
    Status.ASLEEP,
    Status.WAITING,
    Status.INSIDE,
)


READ, WROTE, PUT, TOOK = "r", "w", "+", "-"
"""What a process does with a cell or a queue."""

Mark = tuple[int, str, Any, bool]
"""(ns since the start, READ, WROTE, PUT or TOOK, the value, whether an update was lost by it).

A plain tuple, since one is made at every such event.
"""


@dataclass(slots=True)
class Wait:
    """One time that a thread waited for something."""

    kind: str
    """The kind of the event with which it began, such as "lock_waiting"."""
    pid: int
    process: str
    since: int
    """ns."""
    at: str | None = None
    object: int | None = None
    thread: str = MAIN_THREAD
    timeout: float | None = None
    """seconds after which it gives up; None: never."""
    native_id: int = 0
    """The number that the system gave to the thread; 0: not known."""
    interruptible: bool = False
    """Whether Ctrl-C would call a handler of the program's own."""
    child: int | None = None
    """The PID of the process that is joined."""
    child_name: str = ""
    until: int | None = None
    """ns; None: it still waits."""
    freed_by: int | None = None
    """The PID whose `get` or `put` ended the wait, where that is known."""
    call: str = ""
    """The call to a manager that is not answered yet, such as "Lock.acquire"."""
    stuck: int | None = None
    """ns: when it was found that nothing can end this wait any more."""
    open_in: tuple[int, ...] = ()
    """Of a stuck wait for a pipe: the PIDs that have its other end open."""
    in_message: bool = False
    """Whether it is stuck in the middle of a message."""
    how: str = ""
    """Of a stuck wait: what it is blocked in, as the system shows it: see `procsim.diagnosis.blocked_threads`."""
    alone: bool = False
    """Of a stuck wait: whether its process has no other thread."""
    beside: tuple[str, ...] = ()
    """Of a stuck wait: what the other threads of its process are blocked in that have emitted no wait, as `how`."""
    job: int | None = None
    """The job of a pool whose result it waits for; None: several, or none."""
    importing: str | None = None
    """Of a wait for a result of a pool: the module that the thread is importing."""
    helper: str | None = None
    """Of such a wait: what the thread is there for, where it is one of the pool's own."""


@dataclass(slots=True)
class Poll:
    """A thread waits with a time limit, in vain, and again, at the same line; or it asks, sleeps, and asks again."""

    kind: str
    """That of the waits, such as "queue_get_waiting", also where it only asks. Else that of the events:
    "process_polled" where it asks whether a process still lives, "value_read" where it looks at memory or at what a
    manager has, "queue_asked" where it looks whether a queue is empty, and it is not, "queue_counted" where it counts
    the items in it, "path_awaited" where it asks for a file that is not there."""
    object: int | None
    at: str | None
    since: int
    """ns: when it first began to wait so."""
    last: int
    """ns: when it last began or gave up."""
    times: int = 1
    job: int | None = None
    """The job of a pool whose result it waits for; None: several, or none."""
    slept: int = 0
    """ns: when this thread last woke up from a sleep between two of them."""
    beside: bool = False
    """Whether another thread of its process woke up from a sleep meanwhile: it may do anything."""
    interruptible: bool = False
    """Whether a handler of the program's for Ctrl-C may end it."""
    pause: str | None = None
    """Where it only asks: the line at which it sleeps between."""


@dataclass(slots=True)
class Waited:
    """The waits for one thing that have ended, taken together."""

    ns: int = 0
    times: int = 0
    processes: int = 0
    """Of how many processes they were, where they are those of forgotten ones."""


WaitedFor = tuple[str, int | None, bool]
"""The kind of a wait, the object that it was for, and whether it was a main thread's.

A plain tuple, since one is made at every wait.
"""


def place_of(waits: dict[WaitedFor, Waited], key: WaitedFor) -> Waited:
    """Where the waits for one thing are taken together; beyond WAITED_KEPT things, where those of its kind are."""
    if len(waits) >= WAITED_KEPT and key not in waits:
        key = (key[0], None, key[2])
    return waits.setdefault(key, Waited())


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
    at: str | None = None
    """The line where the function is defined."""


class Standing(NamedTuple):
    """A thread at the closed gate, and what it would do next."""

    operation: str
    """The kind of the event that is emitted when the operation is done."""
    object: int | None
    at: str | None
    ready: bool | None
    """Whether it could be done at once; None: it always can."""
    subject: Any
    """What the operation is about, where that is no object: the name of a process, a file, a value."""
    native_id: int
    since: int
    """ns."""


def failed(exit_code: int | None) -> bool:
    """Whether that is a cause for alarm. SIGTERM is none: it ends daemons, and what somebody wants to end."""
    return exit_code not in (None, 0, -signal.SIGTERM)


@dataclass(slots=True)
class Process:
    """One process, as far as the events show it."""

    pid: int
    name: str
    parent: int | None = None
    daemon: bool = False
    began: int | None = None
    returned: int | None = None
    ended: int | None = None
    exit_code: int | None = None
    forked: Event | None = None
    """`process_began`, where a plain `os.fork` made it while its parent had several threads."""
    left: Event | None = None
    """`process_left`: with which exit code it was about to end, and where by `os._exit`."""
    terminated_by: str = ""
    """The name of the process that ended it by `terminate` or `kill`."""
    terminated_at: str | None = None
    """The line where that one did."""
    terminated: int = 0
    """ns: when that was."""
    terminated_with: int = 0
    """The signal that it sent."""
    handles_sigterm: bool = False
    """Whether it has inherited a handler for SIGTERM."""
    polled: Event | None = None
    """`process_polled`: the last time that another process asked whether it still lives."""
    polled_after_end: int = 0
    """How often it was told that it does, and it had ended."""
    target: str = ""
    """The function that it runs, where its name is only a number, such as Process-1."""
    detached: bool = False
    """Whether it has gone on after main, in a session of its own."""
    untraced: str = ""
    """Why the tracer is not in it."""
    exit_code_seen: bool = False
    """Whether the program read its exit code. It is only recorded where that is not 0."""
    at: str | None = None
    last: int = 0
    """ns: its last event."""
    heard: int = 0
    """ns: when it last went on after a sleep, or was last told something: by an item, a message, or an Event."""
    looked_outside: int = 0
    """ns: when it last learned something of what is outside the run, or may have."""
    has_sent: bool = False
    """Whether it has sent a message through a pipe."""
    has_taken: bool = False
    """Whether it has taken an item from a queue."""
    has_answered: bool = False
    """Whether it has signalled others after that: set an event, sent a message, released what it never held."""
    is_manager: bool = False
    """Whether it is a manager's server, which acts at the request of other processes of the run alone."""
    said: Event | None = None
    """The last narration."""
    raised: Event | None = None
    call_raised: Event | None = None
    """The last one."""
    waits: dict[str, Wait] = field(default_factory=dict)
    """The waits it is in now, or was in when it ended, by thread."""
    polls: dict[str, Poll] = field(default_factory=dict)
    """By thread: what it waits for again and again, with a time limit."""
    looked: Event | None = None
    """The last time that it read a value, or looked into what a manager has; None: a sleep has followed."""
    waited: dict[WaitedFor, Waited] = field(default_factory=dict)
    """How long it has waited, for what. Of what comes after the first WAITED_KEPT, only the kinds are kept apart."""
    standing: dict[str, Standing] = field(default_factory=dict)
    """Its threads at the gate, by name."""
    pool: int | None = None
    """The identity of the pool that it works for."""
    helpers: dict[int, str] = field(default_factory=dict)
    """Threads of packages that only look what others do: their names, by native id."""
    initializing: Event | None = None
    """`pool_initializer_began`, until that has returned: its pool's initializer runs in it, or has ended it."""
    task: Task | None = None
    """The task that it has taken and not answered, or had not when it ended."""
    busy: int = 0
    """ns that it took for the tasks that it has answered."""
    answered: int | None = None
    """ns: when it last began to send a result."""
    inside: list[int] = field(default_factory=list)
    """The locks that it holds, in the order of acquiring. Locks that are handed on are left out: they are signals."""
    marks: deque[Mark] = field(default_factory=lambda: deque(maxlen=MARKS_KEPT))
    """What it has read, written, put and taken, the last times."""
    history: History = field(default_factory=History)
    """What its main thread did, up to its end."""

    @property
    def waiting(self) -> Wait | None:
        """The wait that its main thread, or else any thread, is in now."""
        return self.waits.get(MAIN_THREAD) or next(iter(self.waits.values()), None)

    @property
    def alive(self) -> bool:
        """Whether no event shows that it has ended."""
        return self.ended is None

    @property
    def acts_on_request(self) -> bool:
        """Whether it does only what others ask it to: a manager, or a worker of a pool that has no task."""
        return self.is_manager or (self.pool is not None and self.task is None and self.initializing is None)

    @property
    def ended_on_request(self) -> bool:
        """Whether the program has ended it by a signal, as far as that is known.

        An executor terminates its workers where one has ended, and that one, too, if it is not quite gone.
        """
        by_another = (self.exit_code or 0) < 0 and self.exit_code != -self.terminated_with
        return bool(self.terminated_by and not by_another) or (self.daemon and self.exit_code == -signal.SIGTERM)

    def keep_status(self, t: int, processes: Sized) -> None:
        """Add to the history what its main thread does from `t` ns on; `processes`: all that share the bound.

        A process that waits is not inside a critical section, whatever it holds.
        """
        wait = self.waits.get(MAIN_THREAD) if self.waits else None
        what: int | str | None = None
        if wait is not None and wait.kind != SLEEP:
            status, what = WAITING, wait.child_name or wait.object
        elif self.inside:
            status, what = INSIDE, self.inside[-1]
        elif wait is not None:
            status = ASLEEP
        else:
            standing = self.standing.get(MAIN_THREAD) if self.standing else None
            if standing is None:
                status = RUNNING
            elif standing.ready is False:
                status, what = WAITING, standing.object or standing.subject
            else:
                status = STANDING
        history = self.history
        if t < history.until and status <= history.peak[1]:  # as `add` would do, in half the time
            history.now = (t, status, what)
        else:
            history.add(t, status, what, len(processes))
