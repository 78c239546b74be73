"""What an operation touches, as its thread has said it at the gate. Pure.

    what a thread says at the gate ──► Touching.operation ──► Operation

Who could be in its way, says `world`.
"""

from collections.abc import Callable, Iterable, Iterator, MutableMapping
from typing import Any, NamedTuple

from procsim.explore.ends import Ends, writers_of
from procsim.explore.names import Names
from procsim.explore.pools import Pools
from procsim.explore.schedule import (
    ACQUIRE,
    ARRIVE,
    EXIT,
    GET,
    JOIN,
    LAST,
    LOOK,
    PASS,
    PUT,
    READ,
    RELEASE,
    START,
    WRITE,
    Operation,
    Touch,
)
from procsim.wire.explore_words import THROUGH_MANAGER

ELEMENTS = 256
"""An array of more elements is one object."""

GIVES_UP = {
    *("lock_acquired", "queue_put", "queue_got", "event_awaited", "pipe_polled"),
    *("process_joined", "thread_joined", "connections_awaited", "pool_result_got", "pool_result_asked"),
}
"""What may be done without waiting for it, or only for a time: where that is so, the thread says nothing of `ready`."""

WAITS_FOR_ANY = "connections_awaited"

SEES = {WAITS_FOR_ANY, "queue_flushed"}
"""Whoever does this may go on as soon as one of several things is there, or as there is room; its thread sees that."""

AWAKE = "awake"

SEEN = "seen"
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


class Touching:
    """What the operations of one execution touch."""

    def __init__(self, names: Names, round_of: Callable[[str], str], rounds: MutableMapping[str, str]) -> None:
        """`round_of`: the round of a barrier that who comes now comes to. `rounds`: to which each thread has come."""
        self.names = names
        self._round_of, self._rounds = round_of, rounds
        self.ends, self.pools = Ends(names), Pools(names)
        self.groups: set[str] = set()
        """Those who have an end of a pipe, as objects, where somebody may close that."""

    def operation(self, thread: str, process: str, call: Call) -> Operation:
        """What a thread is about to do, as it has said at the gate."""
        if call.kind != "barrier_passed":
            self._rounds.pop(thread, None)
        touches = [*self._touches(thread, process, call), Touch(_life_of(process), READ)]
        if call.more == THROUGH_MANAGER:
            touches.append(Touch(_MANAGERS, READ))
        changed = {touch.object for touch in touches if touch.mode != READ}
        touches = [touch for touch in touches if touch.mode != READ or touch.object not in changed]
        gives_up = call.kind in GIVES_UP and call.limited
        return Operation(call.kind, tuple(dict.fromkeys(touches)), self._about(process, call), call.at or "", gives_up)

    def end_of_pipe(self, operation: Operation) -> Operation:
        """What becomes of waiting for a message, where it is known that nobody is left who could send one."""
        end = next(touch.object for touch in operation.touches if touch.mode in (GET, SEEN))
        writers = writers_of(end)
        kind = "pipe_ended" if operation.kind == "pipe_received" else operation.kind
        kept = (touch for touch in operation.touches if touch.object not in (end, writers, LAST + writers))
        return operation._replace(kind=kind, touches=(Touch(end, READ), Touch(writers, PASS), *kept))

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
        if call.kind.startswith("manager_"):
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
                yield Touch(_life_of(str(call.words)), WRITE)
        elif kind.startswith("pool_"):
            yield from self.pools.touches(call)
        elif kind.startswith(("file_opened", "path_")):
            yield from self._touches_of_paths(call)
        elif kind.startswith("value_") and kind != "value_changed":
            yield from self._touches_of_value(call, name)
        elif kind == "barrier_waiting":
            yield Touch(self._round_of(name), ARRIVE if call.words is None else "come in order")
            yield Touch(state_of(name), ARRIVE)
        elif kind in ("barrier_changed", "barrier_asked"):
            yield Touch(state_of(name), WRITE if kind == "barrier_changed" else READ)
        elif kind == "barrier_passed":
            yield Touch(self._rounds.get(thread, name), PASS)
        elif kind == WAITS_FOR_ANY:
            for each in call.words:
                yield from self._touches_of_asking(each)
        elif kind == "pipe_closed" and call.identity is not None:
            yield from self._touches_of_closing((call.identity,))
        elif kind == "pipe_polled" and call.identity is not None:
            yield Touch(self.names.receiving_end(call.identity, False), READ if call.limited else SEEN)
            yield from self.ends.writers(call.identity)
        elif kind.startswith("pipe_") and call.identity is not None:
            yield Touch(self.names.receiving_end(call.identity, kind == "pipe_sent"), mode or WRITE)
            if kind == "pipe_sent":
                yield from self.ends.readers(call.identity)
        elif kind in ("queue_task_done", "queue_joined"):
            yield Touch(f"tasks of {name}", mode or WRITE)
        elif kind == "queue_put":
            yield Touch(name, PUT)
            if self.names.type_of(call.identity) == "JoinableQueue":
                yield Touch(f"tasks of {name}", "count")
        elif kind in ("file_read", "file_written"):
            for content in self.names.contents(name):
                yield Touch(content, READ if kind == "file_read" else WRITE)
        elif kind == "manager_ended":
            yield Touch(_MANAGERS, WRITE)
        elif kind == "manager_answered":
            yield Touch(f"manager's {str(call.words).partition('.')[0]}", WRITE)
        elif mode is not None:
            yield Touch(name, mode)
        elif kind != "sleep_ended":
            yield Touch(name or kind, WRITE)

    def _touches_of_asking(self, thing: int | str) -> Iterator[Touch]:
        """Of asking whether something can be received from a pipe, or whether a process has ended."""
        if isinstance(thing, str):
            yield Touch(thing, READ)
        else:
            yield Touch(self.names.receiving_end(thing, False), READ)
            yield from self.ends.writers(thing)

    def _touches_of_closing(self, identities: Iterable[int]) -> Iterator[Touch]:
        for touch in self.ends.closed(identities):
            self.groups.add(touch.object)
            yield touch

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
            if call.kind == "path_changed" and more in ("utime", "truncate", "ftruncate"):
                yield from (Touch(content, WRITE) for content in self.names.contents(path))
            elif more in ("listdir", "scandir"):
                yield Touch(f"{path}/", READ)
            else:
                yield Touch(f"path {path}", WRITE if makes else READ)
                if makes:
                    yield Touch(f"{folder}/", ARRIVE)
                if more[:1] == "w" or more in ("rename", "replace"):
                    yield from (Touch(content, WRITE) for content in self.names.contents(path))
                elif more in ("stat", "lstat"):  # its size, too
                    yield from (Touch(content, READ) for content in self.names.contents(path))

    def asleep_in(self, thread: str, process: str, condition: str, known_as: str, at: str, limited: bool) -> Operation:
        """What a thread is about to do that sleeps in a condition: to go on from the barrier that it has come to, or
        from this condition. `limited`: its time may be up, which breaks a barrier."""
        alive = Touch(_life_of(process), READ)
        if thread in self._rounds:
            barrier = self._rounds[thread].rpartition(",")[0]
            breaks = (Touch(state_of(barrier), "break"),) if limited else ()
            return Operation(PASSES, (Touch(self._rounds[thread], PASS), *breaks, alive), barrier, at, limited)
        name = known_as or condition
        return Operation(AWAKES, (Touch(name, AWAKE), alive), name, at, limited)


_MANAGERS = "the managers"
"""All of them, as one object: who uses what is in a manager cannot once that has ended."""


def _life_of(process: str) -> str:
    """Whether a process can still do something, as an object: each of its steps looks at it."""
    return f"life of {process}"


def state_of(barrier: str) -> str:
    """Whether a barrier is broken, and how many wait at it, as an object."""
    return f"state of {barrier}"


_MODES = {
    "lock_acquired": ACQUIRE,
    "lock_released": RELEASE,
    "lock_asked": LOOK,
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
