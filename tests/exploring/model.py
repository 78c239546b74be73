"""Tiny concurrent programs, and an executor that runs one order of one. It stands in for real processes at a gate.

A thread is a list of operations, over locks, semaphores, bounded FIFO queues, cells, barriers and other threads:

    ("read", cell, register)   ("write", cell, value)   ("acquire", lock)   ("release", lock)   ("try", lock, register)
    ("down", semaphore)        ("up", semaphore)        ("put", queue, value)                   ("get", queue, register)
    ("start", thread)          ("join", thread)         ("barrier", name)
    ("kill", thread)           ("close", end)           ("send", end, register)
    ("unless", condition, n)   skip the next n operations unless the condition holds; no step of its own
    ("fail", text)             the thread raises; no step of its own

An end is had by so many, each of whom closes it once; who sends then finds whether somebody still has it.
A value or a condition may be a function of the thread's registers. `try` never blocks: it stands for a time-out, too.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from procsim.explore.schedule import (
    ASLEEP,
    CLAIM,
    DIVERGED,
    ENDLESS,
    HANG,
    LAST,
    LIMIT,
    UNCAUGHT,
    WHOLE,
    Diverged,
    Execution,
    Fault,
    Operation,
    Plan,
    Step,
    Touch,
)

Op = Sequence[Any]
Registers = dict[str, dict[str, Any]]

PARTNERS = {
    "acquire": ("acquire",),
    "release": ("acquire",),
    "try": ("acquire",),
    "get": ("get", "put"),
    "put": ("get", "put"),
    "exit": ("join",),
    "start": ("join",),
    "join": ("join",),
    "kill": ("join",),
    "arrive": ("pass",),
    "pass": ("pass",),
}
"""Which modes could be blocked before an operation of each mode."""

MODES: dict[str, str] = {"down": "acquire", "up": "release"}

KINDS = {
    "read": "value_read",
    "write": "value_written",
    "acquire": "lock_acquired",
    "down": "lock_acquired",
    "try": "lock_acquired",
    "release": "lock_released",
    "up": "lock_released",
    "put": "queue_put",
    "get": "queue_got",
    "start": "process_started",
    "join": "process_joined",
    "exit": "process_ended",
    "arrive": "barrier_waiting",
    "pass": "barrier_passed",
    "kill": "process_killed",
    "close": "pipe_closed",
    "send": "pipe_sent",
}


def mode_of(op: Op) -> str:
    """How it touches its object."""
    kind = str(op[0])
    return MODES.get(kind, kind)


@dataclass
class Program:
    """The threads by their names, what they use, and what is wrong of an end."""

    threads: dict[str, Sequence[Op]]
    cells: dict[str, Any] = field(default_factory=dict)
    """With their first values."""
    semaphores: dict[str, int] = field(default_factory=dict)
    """With their first values."""
    queues: dict[str, int] = field(default_factory=dict)
    """With their capacities."""
    ends: dict[str, int] = field(default_factory=dict)
    """With as many as there are threads that close each."""
    barriers: dict[str, int] = field(default_factory=dict)
    """With as many parties as there are threads that use them."""
    wrong: Callable[[dict[str, Any], Registers], str] = lambda cells, registers: ""
    """The id of the claim that an execution has broken, by its cells and registers; "" if it is right."""
    name: str = ""

    def __post_init__(self) -> None:
        started = {op[1] for ops in self.threads.values() for op in ops if op[0] == "start"}
        joined = {op[1] for ops in self.threads.values() for op in ops if op[0] == "join"}
        self.mortal = {op[1] for ops in self.threads.values() for op in ops if op[0] == "kill"}
        self.first = [thread for thread in self.threads if thread not in started]
        self.code: dict[str, list[Op]] = {}
        for thread, ops in self.threads.items():
            code: list[Op] = []
            for number, op in enumerate(ops):
                if op[0] == "barrier":  # to arrive never blocks; to pass waits for all
                    rounds = sum(each == op for each in ops[:number])
                    code += [("arrive", (op[1], rounds)), ("pass", (op[1], rounds))]
                else:
                    code.append(op)
            self.code[thread] = code + [("exit", thread)] * (thread in joined)


class _Machine:
    """A program that goes on."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.cells = dict(program.cells)
        self.registers: Registers = {thread: {} for thread in program.threads}
        self.queues: dict[str, list[Any]] = {queue: [] for queue in program.queues}
        self.free = dict(program.semaphores)
        self.ends = dict(program.ends)
        self.owner: dict[str, str] = {}
        self.arrived: dict[Any, int] = {}
        self.ended: set[str] = set()
        self.failed: list[tuple[str, str]] = []
        self.at: dict[str, int] = {}
        self.waiting: dict[str, Op] = {}
        for thread in program.first:
            self.begin(thread)

    def begin(self, thread: str) -> None:
        self.at[thread] = 0
        self.advance(thread)

    def advance(self, thread: str) -> None:
        """Go to the thread's next operation that is a step."""
        code = self.program.code[thread]
        while self.at[thread] < len(code):
            op = code[self.at[thread]]
            if op[0] == "unless":
                self.at[thread] += 1 if op[1](self.registers[thread]) else 1 + op[2]
            elif op[0] == "fail":
                self.failed.append((thread, op[1]))
                self.at[thread] = len(code) - (code[-1][0] == "exit")
            else:
                self.waiting[thread] = op
                return
        self.waiting.pop(thread, None)

    def blocks(self, mode: str, name: Any) -> bool:
        """Whether an operation of this mode would block now."""
        if mode == "acquire":
            return self.free[name] == 0 if name in self.free else name in self.owner
        if mode == "get":
            return not self.queues[name]
        if mode == "put":
            return len(self.queues[name]) >= self.program.queues[name]
        if mode == "join":
            return name not in self.ended
        if mode == "pass":
            return self.arrived.get(name, 0) < self.program.barriers[name[0]]
        return False

    def operation(self, thread: str) -> Operation:
        op = self.waiting[thread]
        kind, name = op[:2]
        shown = name if isinstance(name, str) else name[0]
        stable = name if isinstance(name, str) else f"{name[0]} {name[1]}"
        if kind == "close":
            touches = [Touch(name, "arrive"), Touch(LAST + name, "write")]
        elif kind == "send":
            touches = [Touch(name, "read"), Touch(LAST + name, "read")]
        elif kind == "kill":
            touches = [Touch(name, "exit"), Touch(f"life of {name}", "write")]
        else:
            touches = [Touch(stable, mode_of(op))]
        if thread in self.program.mortal:
            touches.append(Touch(f"life of {thread}", "read"))
        return Operation(KINDS[kind], tuple(touches), shown, f"model.py:{self.at[thread] + 1}")

    def seen(self, operation: Operation, kind: str, name: Any) -> Operation:
        """What it touches in this state: see `procsim.explore.ends`."""
        if kind == "close":
            left_out = None if self.ends[name] == 1 else LAST + name
        elif kind == "send":
            left_out = name if self.ends[name] else LAST + name
        else:
            return operation
        return operation._replace(touches=tuple(touch for touch in operation.touches if touch.object != left_out))

    def take(self, thread: str) -> bool:
        """The thread executes its operation. Returns whether it gave up."""
        kind, name, *rest = self.waiting[thread]
        mine = self.registers[thread]
        value: Any = rest[0](mine) if rest and callable(rest[0]) else rest[0] if rest else None
        gave_up = kind == "try" and name in self.owner
        if kind == "read":
            mine[value] = self.cells[name]
        elif kind == "write":
            self.cells[name] = value
        elif kind == "acquire":
            self.owner[name] = thread
        elif kind == "try":
            mine[value] = not gave_up
            self.owner.setdefault(name, thread)
        elif kind == "release":
            self.owner.pop(name, None)
        elif kind in ("down", "up"):
            self.free[name] += 1 if kind == "up" else -1
        elif kind == "put":
            self.queues[name].append(value)
        elif kind == "get":
            mine[value] = self.queues[name].pop(0)
        elif kind == "arrive":
            self.arrived[name] = self.arrived.get(name, 0) + 1
        elif kind == "exit":
            self.ended.add(name)
        elif kind == "kill":
            self.ended.add(name)
            self.waiting.pop(name, None)
            self.at[name] = len(self.program.code[name])
        elif kind == "close":
            self.ends[name] -= 1
        elif kind == "send":
            mine[value] = bool(self.ends[name])
        self.at[thread] += 1
        self.advance(thread)
        if kind == "start":
            self.begin(name)
        return gave_up

    def final(self) -> tuple[Any, ...]:
        return (
            tuple(sorted(self.cells.items())),
            tuple((thread, tuple(sorted(mine.items()))) for thread, mine in sorted(self.registers.items())),
            tuple((queue, tuple(items)) for queue, items in sorted(self.queues.items())),
            tuple(sorted(self.free.items())),
            tuple(sorted(self.waiting)),
            tuple(self.failed),
        )


def execute(program: Program, plan: Plan, limit: int = 1000) -> Execution:
    """Run the program once as the plan chooses. `limit` bounds the steps of a program that does not end."""
    machine, steps, previous, ended = _Machine(program), list[Step](), None, WHOLE
    diverged: Diverged | None = None
    while True:
        enabled = frozenset(thread for thread, op in machine.waiting.items() if not machine.blocks(mode_of(op), op[1]))
        if not enabled:
            break
        if len(steps) == limit:
            ended = LIMIT
            break
        try:
            thread = plan.choose(len(steps), enabled, previous)
            if thread is None:
                ended = ASLEEP
                break
            assert thread in enabled, f"{thread} cannot move after {[step.thread for step in steps]}"
            step = _step(machine, thread, enabled)
            steps.append(step)
            plan.saw(len(steps) - 1, step)
        except Diverged as problem:
            ended, diverged = DIVERGED, problem
            break
        previous = thread
    blocked = {thread: machine.operation(thread) for thread in machine.waiting if thread not in enabled}
    return Execution(
        steps,
        blocked,
        ended,
        None if blocked else int(bool(machine.failed)),
        _faults(machine, ended, blocked),
        diverged=diverged,
        final=machine.final(),
    )


def _step(machine: _Machine, thread: str, enabled: frozenset[str]) -> Step:
    kind, name = machine.waiting[thread][:2]
    operation = machine.seen(machine.operation(thread), kind, name)
    refused = frozenset(
        Touch(operation.touches[0].object, mode)
        for mode in PARTNERS.get(mode_of((kind,)), ())
        if machine.blocks(mode, name)
    )
    pending = {each: machine.operation(each) for each in machine.waiting}
    ended = {name: pending[name]} if kind == "kill" and name in pending else {}
    gave_up = machine.take(thread)
    return Step(thread, operation, enabled, pending, refused, gave_up=gave_up, ended=ended)


def _faults(machine: _Machine, ended: str, blocked: dict[str, Operation]) -> tuple[Fault, ...]:
    if ended == LIMIT:
        return (Fault(ENDLESS),)
    if ended != WHOLE:
        return ()
    if machine.failed:
        return tuple(Fault(UNCAUGHT, text, thread=thread) for thread, text in machine.failed)
    if blocked:
        return (Fault(HANG),)
    wrong = machine.program.wrong(machine.cells, machine.registers)
    return (Fault(CLAIM, wrong),) if wrong else ()


class ModelExecutor:
    """Runs the orders of a program, several at once; they come back in any order that `which` chooses."""

    def __init__(
        self,
        program: Program,
        places: int = 1,
        which: Callable[[int], int] = lambda count: 0,
        changed: Callable[[Execution], Execution] = lambda execution: execution,
    ) -> None:
        self._program, self.places, self._which, self._changed = program, places, which, changed
        self.until: float | None = None
        self._begun: list[Plan] = []
        self.executions: list[Execution] = []
        """All that there were."""

    def begin(self, plan: Plan) -> None:
        assert len(self._begun) < self.places
        self._begun.append(plan)

    def done(self) -> tuple[Plan, Execution]:
        plan = self._begun.pop(self._which(len(self._begun)))
        self.executions.append(self._changed(execute(self._program, plan)))
        return plan, self.executions[-1]

    def close(self) -> None:
        self._begun.clear()
