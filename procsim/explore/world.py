"""What the objects of a program let its threads do: which operation would block now, and what each one touches. Pure.

    what a thread says at the gate ──► World.operation ──► Operation
                 who may move next ──► World.blocks; just before a step: World.refused; with it: World.take

Nothing of the program is asked: a thread is let into an operation only where this says that it will not wait there.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from procsim.explore.names import Made, Names
from procsim.explore.schedule import (
    ACQUIRE,
    ARRIVE,
    EXIT,
    GET,
    JOIN,
    PASS,
    PUT,
    READ,
    RELEASE,
    START,
    WRITE,
    Operation,
    Touch,
)

ELEMENTS = 256
"""An array of more elements is one object."""

GIVES_UP = {
    *("lock_acquired", "queue_put", "queue_got", "event_awaited", "pipe_polled"),
    *("process_joined", "thread_joined", "connections_awaited"),
}
"""What may be done without waiting for it, or only for a time: where that is so, the thread says nothing of `ready`."""

WAITS_FOR_ANY = "connections_awaited"

SEES = {WAITS_FOR_ANY, "queue_flushed"}
"""Whoever does this may go on as soon as one of several things is there, or as there is room; its thread sees that."""

_AWAKE = "awake"

_SEEN = "seen"
"""How one waits until there is something to be received, which it does not take."""

ENDS = {"process_ended", "process_terminated", "process_killed"}
"""What ends a process. With it go the ends of pipes that it has open: `Call.more` has their identities."""

PASSES, AWAKES = "barrier_passed", "condition_awoke"
"""What a thread is about to do that sleeps in a condition."""


class Call(NamedTuple):
    """What a thread has said at the gate: the arguments of `tracer.explored.ask`."""

    kind: str
    identity: int | None
    at: str | None
    words: Any
    limited: bool
    more: Any


@dataclass
class _Lock:
    free: int = 1
    recursive: bool = False
    owner: str = ""
    depth: int = 0


@dataclass
class _Queue:
    room: int = 0
    """How many items it has room for; 0: any number."""
    items: int = 0
    unfinished: int = 0


@dataclass
class _Barrier:
    parties: int = 1
    came: int = 0


@dataclass
class World:
    """The state of the objects of one execution, by their names."""

    names: Names
    ended: set[str] = field(default_factory=set)
    """The processes that have ended."""
    asleep: dict[str, deque[str]] = field(default_factory=lambda: defaultdict(deque))
    """The threads that sleep in each condition."""
    _locks: dict[str, _Lock] = field(default_factory=lambda: defaultdict(_Lock))
    _queues: dict[str, _Queue] = field(default_factory=lambda: defaultdict(_Queue))
    _barriers: dict[str, _Barrier] = field(default_factory=lambda: defaultdict(_Barrier))
    _set: set[str] = field(default_factory=set)
    """The events that are set."""
    _events: set[str] = field(default_factory=set)
    """All that were ever set or cleared."""
    _processes: set[str] = field(default_factory=set)
    """All that were ever started."""
    _round: dict[str, str] = field(default_factory=dict)
    """For each thread the round of the barrier that it has come to."""
    mortal: set[str] = field(default_factory=set)
    """The processes that another one may end at any time: daemons."""

    def learn(self, made: Made) -> None:
        """The program has made this."""
        fields = made.fields
        if made.kind == "lock_created":
            value = fields.get("value")
            recursive = fields.get("type") == "RLock" or (fields.get("type") == "Condition" and value == 1)
            self._locks[made.name] = _Lock(value if type(value) is int else 1, recursive)
        elif made.kind == "queue_created":
            self._queues[made.name] = _Queue(fields.get("maxsize") or 0)
        elif made.kind == "barrier_created":
            self._barriers[made.name] = _Barrier(fields.get("parties") or 1)
        elif made.kind == "value_created" and (lock := fields.get("lock")) is not None:
            self._locks[self.names.of(lock)] = self._locks.pop(made.name, _Lock(1, True))

    # What an operation touches -------------------------------------------------------------------------------

    def operation(self, thread: str, process: str, call: Call) -> Operation:
        """What a thread is about to do, as it has said at the gate."""
        touches = list(self._touches(thread, process, call))
        if process in self.mortal:
            touches.append(Touch(process, READ))
        changed = {touch.object for touch in touches if touch.mode != READ}
        touches = [touch for touch in touches if touch.mode != READ or touch.object not in changed]
        return Operation(call.kind, tuple(dict.fromkeys(touches)), self._about(process, call), call.at or "")

    def end_of_pipe(self, operation: Operation) -> Operation:
        """What becomes of waiting for a message, where it is known that nobody is left who could send one."""
        end = next(touch.object for touch in operation.touches if touch.mode in (GET, _SEEN))
        self._set.add(_writers_of(end))
        kind = "pipe_ended" if operation.kind == "pipe_received" else operation.kind
        kept = (touch for touch in operation.touches if touch.object not in (end, _writers_of(end)))
        return operation._replace(kind=kind, touches=(Touch(end, READ), Touch(_writers_of(end), PASS), *kept))

    def _short(self, path: str) -> str:
        """A path as people call it: what is temporary, by its last part."""
        name = self.names.of_path(path)
        return name.rpartition("/")[2] if name.startswith(self.names.temporary) else name

    def _about(self, process: str, call: Call) -> str:
        """What it is done to, as people call it."""
        if call.kind == WAITS_FOR_ANY:
            return ", ".join(self.names.of(each) if type(each) is int else each for each in call.words)
        if call.kind.startswith(("process_", "thread_")):
            return str(call.words or "")
        if call.kind.startswith(("file_opened", "path_")):
            return " → ".join(map(self._short, call.words))
        if call.kind in ("value_read", "value_written"):
            return f"{self.names.of(call.identity)}{call.words or ''}"
        if call.kind == "manager_answered":
            return str(call.words)
        name = self.names.of(call.identity)
        return self._short(name) if call.kind.startswith("file_") else name

    def _touches(self, thread: str, process: str, call: Call) -> Iterator[Touch]:
        kind, name = call.kind, self.names.of(call.identity)
        mode = _MODES.get(kind)
        if kind.startswith(("process_", "thread_")):
            yield Touch(str(call.words), mode or READ)
            if kind in ENDS:
                yield from self._touches_of_closing(call.more or ())
        elif kind.startswith(("file_opened", "path_")):
            yield from self._touches_of_paths(call)
        elif kind.startswith("value_") and kind != "value_changed":
            yield from self._touches_of_value(call, name)
        elif kind == "barrier_waiting":
            yield Touch(self._round_of(name), ARRIVE if call.words is None else "come in order")
        elif kind == "barrier_passed":
            yield Touch(self._round.get(thread, name), PASS)
        elif kind == WAITS_FOR_ANY:
            for each in call.words:
                yield from self._touches_of_asking(each)
        elif kind == "pipe_closed" and call.identity is not None:
            yield from self._touches_of_closing((call.identity,))
        elif kind == "pipe_polled" and call.identity is not None:
            end = self.names.receiving_end(call.identity, False)
            yield Touch(end, READ if call.limited else _SEEN)
            yield Touch(_writers_of(end), READ)
        elif kind.startswith("pipe_") and call.identity is not None:
            yield Touch(self.names.receiving_end(call.identity, kind == "pipe_sent"), mode or WRITE)
        elif kind in ("queue_task_done", "queue_joined"):
            yield Touch(f"tasks of {name}", mode or WRITE)
        elif kind == "queue_put":
            yield Touch(name, PUT)
            if self.names.type_of(call.identity) == "JoinableQueue":
                yield Touch(f"tasks of {name}", "count")
        elif kind == "manager_answered":
            yield Touch(f"manager's {str(call.words).partition('.')[0]}", WRITE)
        elif mode is not None:
            yield Touch(name, mode)
        elif kind != "sleep_ended":
            yield Touch(name or kind, WRITE)

    def _touches_of_asking(self, thing: int | str) -> Iterator[Touch]:
        """Of asking whether something can be received from a pipe, or whether a process has ended."""
        end = thing if isinstance(thing, str) else self.names.receiving_end(thing, False)
        yield Touch(end, READ)
        if end != thing:
            yield Touch(_writers_of(end), READ)

    def _touches_of_closing(self, identities: Iterable[int]) -> Iterator[Touch]:
        for identity in identities:
            if identity in self.names.other_ends:
                writers = _writers_of(self.names.receiving_end(identity, True))
                self._events.add(writers)
                yield Touch(writers, ARRIVE)

    def _touches_of_value(self, call: Call, name: str) -> Iterator[Touch]:
        place, mode = str(call.words or ""), READ if call.kind == "value_read" else WRITE
        length = self.names.length_of(call.identity)
        if length > ELEMENTS or (place[:1] != "[" and length == 1):
            yield Touch(name + (place if length == 1 else ""), mode)
        elif place[:1] == "[" and length == 1:  # an entry of a manager's, whose container may be changed, too
            yield Touch(name + place, mode)
            yield Touch(name, READ)
        else:
            first, _, stop = place.strip("[]").partition(":")
            start = int(first or 0)
            last = int(stop) if stop else start + 1 if place else length
            for index in range(start, min(last, length)):
                yield Touch(f"{name}[{index}]", mode)
        if lock := self.names.lock_of(call.identity):
            yield Touch(lock, READ)

    def _touches_of_paths(self, call: Call) -> Iterator[Touch]:
        more, there = str(call.more), True
        if type(call.more) is tuple:
            more, there = str(call.more[0]), bool(call.more[1])
        makes = call.kind == "path_changed" or more[:1] == "x" or (more[:1] in ("w", "a") and not there)
        for path in map(self.names.of_path, call.words):
            folder = path.rpartition("/")[0] or "."
            if call.kind == "path_changed" and more in ("utime", "truncate"):
                yield Touch(path, WRITE)
            elif more in ("listdir", "scandir"):
                yield Touch(f"{path}/", READ)
            else:
                yield Touch(f"path {path}", WRITE if makes else READ)
                if makes:
                    yield Touch(f"{folder}/", ARRIVE)
                if more[:1] == "w" or more in ("rename", "replace"):
                    yield Touch(path, WRITE)

    def _round_of(self, barrier: str) -> str:
        state = self._barriers[barrier]
        return f"{barrier}, round {state.came // state.parties + 1}"

    # Who can move --------------------------------------------------------------------------------------------

    def asleep_in(self, thread: str, condition: str, known_as: str, at: str) -> Operation:
        """What a thread is about to do that sleeps in a condition: to go on from the barrier that it has come to, or
        from this condition."""
        if thread in self._round:
            barrier = self._round[thread]
            return Operation(PASSES, (Touch(barrier, PASS),), barrier.rpartition(",")[0], at)
        name = known_as or condition
        return Operation(AWAKES, (Touch(name, _AWAKE),), name, at)

    def blocks(self, thread: str, operation: Operation) -> bool:
        """Whether this thread would have to wait now."""
        return any(self._blocks(thread, touch) for touch in operation.touches)

    def _blocks(self, thread: str, touch: Touch) -> bool:
        name, mode = touch
        if mode == ACQUIRE or (mode == READ and name in self._locks):
            lock = self._locks[name]
            return lock.free <= 0 and not (lock.recursive and lock.owner == thread)
        if mode in (GET, _SEEN):
            return self._queues[name].items <= 0
        if mode == PUT:
            return 0 < self._queues[name].room <= self._queues[name].items
        if mode == JOIN:
            return self._queues[name[9:]].unfinished > 0 if name.startswith("tasks of ") else name not in self.ended
        if mode == PASS:
            return self._is_closed(name)
        return mode == _AWAKE

    def _is_closed(self, name: str) -> bool:
        """Whether a round of a barrier lets nobody pass yet, or an event is not set."""
        barrier, _, number = name.rpartition(", round ")
        if barrier in self._barriers:
            state = self._barriers[barrier]
            return state.came < int(number) * state.parties
        return name not in self._set

    def refused(self, operation: Operation) -> frozenset[Touch]:
        """What would block now, of the objects that an operation touches."""
        return frozenset(
            Touch(name, mode)
            for name in {touch.object for touch in operation.touches}
            for mode in self._kinds_of(name)
            if self._blocks("", Touch(name, mode))
        )

    def _kinds_of(self, name: str) -> tuple[str, ...]:
        """The modes that may block, of an object."""
        if name in self._locks:
            return (ACQUIRE, READ, _AWAKE) if name in self.asleep else (ACQUIRE, READ)
        if name in self._queues:
            return (GET, PUT, _SEEN)
        if name.startswith("tasks of ") or name in self._processes:
            return (JOIN,)
        if name in self._set or name.rpartition(", round ")[0] in self._barriers or name in self._events:
            return (PASS,)
        return ()

    # Steps ---------------------------------------------------------------------------------------------------

    def take(self, thread: str, operation: Operation, gave_up: bool) -> None:
        """A thread does this now; `gave_up`: it would have to wait, and does not."""
        for name, mode in operation.touches:
            if gave_up and mode in (ACQUIRE, GET, PUT, PASS, JOIN, "count"):
                continue
            self._take(thread, operation.kind, name, mode)

    def _take(self, thread: str, kind: str, name: str, mode: str) -> None:
        if mode == ACQUIRE:
            lock = self._locks[name]
            if lock.recursive and lock.owner == thread:
                lock.depth += 1
            else:
                lock.free, lock.owner, lock.depth = max(0, lock.free - 1), thread, 1
        elif mode == RELEASE:
            lock = self._locks[name]
            lock.depth = 0 if kind == "condition_awoke" else lock.depth - 1
            if not lock.recursive or lock.depth <= 0:
                lock.free, lock.owner = lock.free + 1, ""
        elif mode == PUT:
            self._queues[name].items += 1
        elif mode == GET:
            self._queues[name].items = max(0, self._queues[name].items - 1)
        elif mode == "count":
            self._queues[name[9:]].unfinished += 1
        elif mode == "done":
            self._queues[name[9:]].unfinished -= 1
        elif mode == "set":
            self._set.add(name)
            self._events.add(name)
        elif mode == "clear":
            self._set.discard(name)
            self._events.add(name)
        elif mode == EXIT:
            self._processes.add(name)
        elif mode == START:
            self._processes.add(name)
            self.ended.discard(name)
        elif kind == "barrier_waiting":
            self._round[thread] = name
            self._barriers[name.rpartition(", round ")[0]].came += 1
        elif kind == "barrier_passed":
            self._round.pop(thread, None)


def _writers_of(end: str) -> str:
    """All who can send to this end of a pipe, as one object: it is closed until none of them is left."""
    return f"writers of {end}"


_MODES = {
    "lock_acquired": ACQUIRE,
    "lock_released": RELEASE,
    "condition_awoke": RELEASE,
    "condition_notified": "notify",
    "event_set": "set",
    "event_cleared": "clear",
    "event_awaited": PASS,
    "event_seen": READ,
    "queue_got": GET,
    "queue_asked": READ,
    "queue_flushed": READ,
    "queue_task_done": "done",
    "queue_joined": JOIN,
    "pipe_sent": PUT,
    "pipe_received": GET,
    "file_read": READ,
    "file_written": WRITE,
    "process_started": START,
    "process_joined": JOIN,
    "process_polled": READ,
    "process_ended": EXIT,
    "process_terminated": EXIT,
    "process_killed": EXIT,
    "thread_started": START,
    "thread_joined": JOIN,
    "thread_ended": EXIT,
}
"""How each operation uses its object."""
