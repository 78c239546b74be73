"""What the objects of a program let its threads do: which operation would block now. Pure.

    an operation (`touching`) ──► World.blocks; just before its step: World.refused; with it: World.take

Nothing of the program is asked: a thread is let into an operation only where this says that it will not wait there.
"""

from collections import defaultdict, deque
from dataclasses import dataclass, field

from procsim.explore.names import Made, Names
from procsim.explore.schedule import (
    ACQUIRE,
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
from procsim.explore.touching import AWAKE, SEEN, Call, Touching, state_of


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
    touching: Touching = field(init=False)

    def __post_init__(self) -> None:
        self.touching = Touching(self.names, self._round_of, self._round)

    def learn(self, made: Made) -> None:
        """The program has made this."""
        fields = made.fields
        if made.kind == "lock_created":
            value = fields.get("value")
            recursive = fields.get("type") == "RLock" or (fields.get("type") == "Condition" and value == 1)
            self._locks[made.name] = _Lock(value if type(value) is int else 1, recursive)
        elif made.kind == "queue_created":
            self._queues[made.name] = _Queue(fields.get("maxsize") or 0)
        elif made.kind == "pool_created":
            self.touching.pools.learn(made.name)
        elif made.kind == "barrier_created":
            self._barriers[made.name] = _Barrier(fields.get("parties") or 1)
        elif made.kind == "value_created" and (lock := fields.get("lock")) is not None:
            self._locks[self.names.of(lock)] = self._locks.pop(made.name, _Lock(1, True))

    def follow(self, call: Call) -> None:
        """What else becomes of an operation that is done now, by what its thread has said of it."""
        if call.kind.startswith("pool_"):
            self.touching.pools.take(call)
        if call.kind == "path_changed" and len(call.words) == 2:
            self.names.same_file(*map(self.names.of_path, call.words))

    def _round_of(self, barrier: str) -> str:
        state = self._barriers[barrier]
        return f"{barrier}, round {state.came // state.parties + 1}"

    def end_of_pipe(self, operation: Operation) -> Operation:
        """What becomes of waiting for a message, where it is known that nobody is left who could send one."""
        ended = self.touching.end_of_pipe(operation)
        self._set.update(touch.object for touch in ended.touches if touch.mode == PASS)
        return ended

    # Who can move --------------------------------------------------------------------------------------------

    def blocks(self, thread: str, operation: Operation) -> bool:
        """Whether this thread would have to wait now."""
        return any(self._blocks(thread, touch) for touch in operation.touches)

    def _blocks(self, thread: str, touch: Touch) -> bool:
        name, mode = touch
        of_pool = self.touching.pools.blocks(touch)
        if of_pool is not None:
            return of_pool
        if mode == ACQUIRE or (mode == READ and name in self._locks):
            lock = self._locks[name]
            return lock.free <= 0 and not (lock.recursive and lock.owner == thread)
        if mode in (GET, SEEN):
            return self._queues[name].items <= 0
        if mode == PUT:
            return 0 < self._queues[name].room <= self._queues[name].items
        if mode == JOIN:
            return self._queues[name[9:]].unfinished > 0 if name.startswith("tasks of ") else name not in self.ended
        if mode == PASS:
            return self._is_closed(name)
        return mode == AWAKE

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
        if modes := self.touching.pools.kinds_of(name):
            return modes
        if name in self._locks:
            return (ACQUIRE, READ, AWAKE) if name in self.asleep else (ACQUIRE, READ)
        if name in self._queues:
            return (GET, PUT, SEEN)
        if name.startswith("tasks of ") or name in self._processes:
            return (JOIN,)
        if name.rpartition(", round ")[0] in self._barriers or name in self._set | self._events | self.touching.groups:
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
        elif kind == "barrier_waiting" and ", round " in name:
            self._round[thread] = name
            self._barriers[name.rpartition(", round ")[0]].came += 1
        elif (kind == "barrier_changed" and mode == WRITE) or mode == "break":  # who comes next begins a round
            state = self._barriers[name.removeprefix(state_of(""))]
            state.came += -state.came % state.parties
        elif kind == "barrier_passed":
            self._round.pop(thread, None)
