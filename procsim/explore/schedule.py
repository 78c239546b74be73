"""What a search and an executor pass to each other: plans in one direction, executions in the other.

An executor runs the program once. It lets one thread move at a time, asks the plan before each step which one, and
shows it the step afterwards:

    while enabled:
        thread = plan.choose(position, enabled, previous)
        if thread is None:
            break                                      # Execution(..., ended=ASLEEP)
        ...                                            # that thread executes its operation
        plan.saw(position, step)                       # raises Diverged: Execution(..., ended=DIVERGED, diverged=…)

Threads and objects are strings that are the same in every execution: no process ids, no addresses. A thread is called
after its process, "user-1"; the second process of that name "user-1 #2"; a further thread "user-1: Thread-1".

Sources: Mazurkiewicz, "Trace theory", 1987 (dependence); Godefroid, "Partial-order methods for the verification of
concurrent systems", 1996 (sleep sets).
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

READ, WRITE = "read", "write"
ACQUIRE, RELEASE = "acquire", "release"
PUT, GET = "put", "get"
START, EXIT, JOIN = "start", "exit", "join"
ARRIVE, PASS = "arrive", "pass"
"""Modes in which an operation touches an object. An executor may use others: they all depend on each other."""

LOOK = "look"
"""To ask how an object stands, without waiting: as READ, for what may hold others back, too."""

LAST = "last of "
"""Before the name of a group: who leaves it as the last one touches that, too."""

COMMUTE = frozenset({READ, LOOK, JOIN, ARRIVE, PASS})
"""Two operations on one object, both of the same one of these modes, do not depend on each other."""


class Touch(NamedTuple):
    """That an operation uses an object, and how. START on the name of a thread creates that thread, EXIT ends it."""

    object: str
    mode: str


class Operation(NamedTuple):
    """What a thread does in a step, or is about to do."""

    kind: str
    """The kind of the event that it emits when it is done, "file_read": by it, views find its words."""
    touches: tuple[Touch, ...]
    """All objects that it uses. One that uses none of those that others use depends on nothing.

    What is in a file and that there is a file at a path are two objects: to open it is to read the second; who makes,
    renames or removes it writes the second, and who empties it the first.
    """
    object: str = ""
    """What it is done to, as people call it: "tickets.txt", "counter[2]", "user-1"."""
    at: str = ""
    """The line of the program, "tickets.py:29"; empty where it is not known."""
    gives_up: bool = False
    """Whether it can be done in vain where it would have to wait."""

    def is_same(self, other: "Operation") -> bool:
        """Whether it does the same to the same objects."""
        return self.kind == other.kind and self.touches == other.touches


class Step(NamedTuple):
    """One step of an execution, with the state in which it was chosen."""

    thread: str
    operation: Operation
    """What was done, as far as it mattered in that state: see `pending`."""
    enabled: Set[str]
    """The threads that could have moved instead, and this one."""
    pending: Mapping[str, Operation]
    """What each thread that waits at the gate is about to do, this one, too, whether or not it could do it now.

    With all that it may touch in any state. Its step touches less, where that makes no difference in the state in which
    it is taken: to close an end of a pipe matters to who sends only if nobody else has that end.
    """
    refused: Set[Touch] = frozenset()
    """What would have blocked just before this step, of the objects that it touches: ACQUIRE of a lock that is held,
    GET from an empty queue, PUT into a full one, JOIN of a process that has not ended."""
    value: str = ""
    """What was read, written, put or got, as people read it; empty where it is not known."""
    gave_up: bool = False
    """It ended without being done: its time was up, or it was not to wait. Then others move first, where they can."""
    woke: Sequence[str] = ()
    """The threads that slept in a condition until this step: what they do next comes after it."""
    ended: Mapping[str, Operation] = {}
    """What the threads were about to do that this step has ended, with their process. None of that will be done."""


WHOLE, ASLEEP, LIMIT, STOPPED, DIVERGED, LATE = "whole", "asleep", "limit", "stopped", "diverged", "late"
"""How an execution ended: the program did, or no thread could move; the plan stopped it, since what follows is explored
elsewhere; it reached the limit of steps; the executor stopped it before it did something that is not allowed; the plan
raised `Diverged`, and the executor stopped it for that; or the executor did, since the budget was spent.
"""

EXIT_CODE, UNCAUGHT, HANG, FINDING, CLAIM, FORBIDDEN, ENDLESS = (
    "exit_code",
    "uncaught",
    "hang",
    "finding",
    "claim",
    "forbidden",
    "endless",
)
"""What can be wrong in an execution. ENDLESS: it reached the limit of steps. FORBIDDEN: see STOPPED."""


class Fault(NamedTuple):
    """One thing that is wrong in an execution."""

    what: str
    """One of the words above."""
    id: str = ""
    """Which of its sort it is: the id of the claim or the finding, the exception's type, the exit code."""
    at: str = ""
    """The line of the program that it is about; empty where there is none."""
    thread: str = ""
    """The thread that it is about; empty where it is about none, or about the whole program."""
    text: str = ""
    """A sentence in English with {places} for the figures, as in a finding or a claim; empty: views know the words."""
    figures: Mapping[str, Any] = {}
    cure: str = ""
    """What would cure it, a sentence like `text`; empty where none is known."""
    brief: str = ""
    """What happens, in a few words without figures; empty: views know the words."""

    @property
    def kind(self) -> tuple[str, ...]:
        """Equal for two faults that people call the same: whoever is concerned, and whatever the figures are."""
        return self.what, self.id, self.at


class Uncontrolled(NamedTuple):
    """Something that the gate does not control, or not see, so that its orders were not tried."""

    what: str
    """Such as "socket", "database", "file_lock", "raw_value", "time", "randomness", "thread"."""
    object: str = ""
    """What it is done to, as people call it."""
    at: str = ""
    between: bool = True
    """Whether it may order processes or carry what one writes to another. Then no order is known to be right."""


@dataclass(frozen=True)
class Execution:
    """What came of one run of the program."""

    steps: Sequence[Step]
    blocked: Mapping[str, Operation]
    """What each thread is about to do that is blocked in it at the end, also where the plan or a limit stopped it."""
    ended: str = WHOLE
    exit_code: int | None = 0
    """Of the main process; None: it had not ended."""
    faults: tuple[Fault, ...] = ()
    """What was wrong; empty: it was right, if `ended` is WHOLE."""
    uncontrolled: tuple[Uncontrolled, ...] = ()
    diverged: "Diverged | None" = None
    """Where it no longer did what it did before; None unless `ended` is DIVERGED."""
    final: Hashable = field(default=None, compare=False)
    """The state at the end, where the executor knows it: for comparisons in tests."""

    @property
    def threads(self) -> list[str]:
        """The thread that took each step."""
        return [step.thread for step in self.steps]


class Plan(Protocol):
    """Which thread moves next, in one execution. It is used once."""

    def choose(self, position: int, enabled: Set[str], previous: str | None) -> str | None:
        """The thread that takes the step number `position`, the first being 0; None: end the execution here.

        `previous`: who took the step before. Raises `Diverged` if the plan asks for a thread that cannot move.
        """

    def saw(self, position: int, step: Step) -> None:
        """The step was taken. Raises `Diverged` if the plan knows this step, and it was another one before."""


class Executor(Protocol):
    """Runs the program, several times at once."""

    places: int
    """How many executions may go on at once."""
    until: float | None
    """When those that go on are cut off, by the clock of the explorer; None: never."""

    def begin(self, plan: Plan) -> None:
        """Begin an execution. At most `places` go on at once."""

    def done(self) -> tuple[Plan, Execution]:
        """Wait until one of them has ended: its plan, and what came of it. In any order."""

    def close(self) -> None:
        """End those that go on; what comes of them is not asked for."""


class Diverged(Exception):
    """The program did not do what it did before, although its threads moved in the same order."""

    def __init__(self, position: int, before: str, now: str) -> None:
        super().__init__(f"step {position + 1} was {before}, and now is {now}")
        self.position, self.before, self.now = position, before, now


def dependent(some: Iterable[Touch], others: Sequence[Touch]) -> bool:
    """Whether two operations touch one object in modes that do not commute: their order can make a difference."""
    return any(
        one.object == other.object and not (one.mode == other.mode and one.mode in COMMUTE)
        for one in some
        for other in others
    )


def preempts(enabled: Set[str], before: Step | None, thread: str) -> bool:
    """Whether it is a preemption that this thread moves: a switch away from one that could have gone on.

    `before`: the step before; None: there was none. Who gave up in it lets others go first, and is not preempted.
    """
    return before is not None and not before.gave_up and before.thread != thread and before.thread in enabled


def asked(steps: Sequence[Step], position: int) -> Operation:
    """What the thread of a step was about to do, with all that it may touch."""
    step = steps[position]
    return step.pending.get(step.thread, step.operation)


def still_asleep(sleep: Mapping[str, Operation], step: Step) -> dict[str, Operation]:
    """The threads that still sleep after a step: those whose next operation does not depend on it."""
    return {
        thread: operation
        for thread, operation in sleep.items()
        if thread != step.thread and not dependent(operation.touches, step.operation.touches)
    }
