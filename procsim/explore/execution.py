"""One execution of the program: its threads say what they are about to do, and are let move one at a time.

    zygote ──► main process ─┐
    its children ────────────┼── each thread: "I am about to …" ──► Running ──► World: who could ──► Plan: who does
    their threads ───────────┘ ◄── GO ─────────────────────────────────┘

A step is over when all who move stand at the gate again, sleep in a condition, or have ended. Where nobody can move, it
hangs: that is known at once. A thread that does not come to the gate for PATIENCE_SECONDS computes, or waits for
something that no gate is before: the others then move beside it, and that is told.
"""

import select
import time
from collections.abc import Sequence
from typing import Any

from procsim.explore.names import Names
from procsim.explore.schedule import (
    ASLEEP,
    DIVERGED,
    LIMIT,
    STOPPED,
    WHOLE,
    Diverged,
    Operation,
    Plan,
    Step,
    Uncontrolled,
)
from procsim.explore.slot import Slot
from procsim.explore.standing import Pending, Thread, ends_held_by, ends_open, wait_for_the_end
from procsim.explore.touching import ENDS, WAITS_FOR_ANY, Call
from procsim.explore.world import GIVES_UP, World
from procsim.wire.explore_words import ASLEEP as SLEEPS
from procsim.wire.explore_words import (
    AT_GATE,
    AWAKE,
    EXPECT,
    FORBIDDEN,
    GO,
    HERE,
    LEFT,
    NOTIFIES,
    SERVES,
    TIME_UP,
)

PATIENCE_SECONDS = 2.0
"""How long others wait for a thread that has begun to move."""

PROCESSES = 300
"""The most processes of an execution."""

LAST_PATIENCE_SECONDS = 8.0
"""How long all wait for it, where nobody else can move."""

GRACE_SECONDS = 0.05
"""How long something may still come, such as the end of a process, once it seems that nobody can move."""

LOOK_SECONDS = 0.1
"""Between two looks whether events have come, while nothing else happens."""

MAIN = "MainProcess"


class Running:
    """One execution that goes on, in a slot."""

    def __init__(self, slot: Slot, plan: Plan, limit: int, roots: Sequence[str]) -> None:
        """`limit`: of steps; `roots`: see `Names`."""
        self._slot, self._plan, self._limit = slot, plan, limit
        self.events: list[tuple[Any, ...]] = []
        """All that was emitted, as it came."""
        self.steps: list[Step] = []
        self.began: list[tuple[int, int, str, Call]] = []
        """Of each step that the program has asked for: when it began (ns of the system's monotonic clock), the PID and
        the thread, as events have it, and what that has said."""
        self.started = time.monotonic_ns()
        self.exit_code: int | None = None
        self.ended = WHOLE
        self.forbidden: tuple[str, str, str, str] | None = None
        """What was stopped before it was done: what, of what, line, thread."""
        self.diverged: Diverged | None = None
        self.uncontrolled: list[Uncontrolled] = []
        self.loose: dict[str, str] = {}
        """The threads that did not come to the gate, and the operation that they had begun."""
        self._names = Names(roots, f"{slot.folder}/layer/tmp")
        self._world = World(self._names)
        self._threads: dict[int, Thread] = {}
        self._by_name: dict[str, Thread] = {}
        self._process_of, self._strangers = dict[int, str](), dict[int, str]()
        self._pending: dict[str, Pending] = {}
        self._moving: set[str] = {MAIN}
        self._poll = select.epoll()
        self.main_pid = 0
        self._serving: set[str] = set()
        """The threads of managers, which others may ask to end."""
        self._last: dict[str, str] = {}
        """For each thread, what it did last, for what is said of one that does not come back."""

    def process_name(self, pid: int) -> str:
        """The name in the schedule of the process with this PID; "" if it never came to the gate."""
        return self._process_of.get(pid, "")

    @property
    def blocked(self) -> dict[str, Operation]:
        """What each thread is about to do that is blocked now."""
        return {name: pending.operation for name, pending in self._pending.items() if not self._could(name, pending)}

    def run(self) -> None:
        """Run it to its end, or as far as the plan wants it. Raises `CannotExplore` if the zygote has died."""
        slot = self._slot
        self._poll.register(slot.listener, select.EPOLLIN)
        self._poll.register(slot.control, select.EPOLLIN)
        self.main_pid = slot.fork()
        try:
            self._steps()
        finally:
            slot.end()
            self._learn()
            self._note_programs()
            for thread in self._threads.values():
                thread.connection.close()
            self._poll.close()

    def _steps(self) -> None:
        previous: str | None = None
        self._settle(PATIENCE_SECONDS)
        while not self._is_cut():
            self._see_what_came()
            enabled = frozenset(name for name, pending in self._pending.items() if self._could(name, pending))
            if not enabled:
                if self._is_over():
                    return
                continue
            if len(self.steps) >= self._limit:
                break
            try:
                thread = self._plan.choose(len(self.steps), enabled, previous)
                if thread is None:
                    self.ended = ASLEEP
                    return
                self._step(thread, enabled)
            except Diverged as error:
                self.ended, self.diverged = DIVERGED, error
                return
            previous = thread
        self.ended = LIMIT if self.forbidden is None else STOPPED

    def _is_cut(self) -> bool:
        return self.forbidden is not None or self.has_too_many()

    def has_too_many(self) -> bool:
        """Whether it has had more processes than an execution may have."""
        return len(self._process_of) > PROCESSES

    def _could(self, name: str, pending: Pending) -> bool:
        sees = pending.operation.kind == WAITS_FOR_ANY
        return pending.limited or pending.free or not (sees or self._world.blocks(name, pending.operation))

    def _is_over(self) -> bool:
        """Nobody at the gate can move: whether that is the end of it. Else, some who were away have come back."""
        if self._pending and self._look(LAST_PATIENCE_SECONDS if self._serving else GRACE_SECONDS):
            self._settle(PATIENCE_SECONDS)
            return False
        if self._find_wrong():
            return False
        strangers = {*self._strangers.values()} & {pending.operation.object for pending in self._pending.values()}
        deadline = time.monotonic() + LAST_PATIENCE_SECONDS
        if not self.loose and not strangers:
            while MAIN not in self._by_name and self.exit_code is None and time.monotonic() < deadline:
                self._look(LOOK_SECONDS)
            return True
        before = set(self._pending)
        while time.monotonic() < deadline and set(self._pending) == before and not self._is_cut():
            self._look(LOOK_SECONDS)
            if self._find_wrong():
                return False
            if not (self.loose or strangers):
                break
        self._settle(PATIENCE_SECONDS)
        if is_over := set(self._pending) == before and not self._moving:
            self.ended = LIMIT if strangers else WHOLE  # they may still compute
        return is_over

    def _step(self, name: str, enabled: frozenset[str]) -> None:
        """Have one thread do what it is about to do, and wait until that is over."""
        world, pending, seen = self._world, self._pending[name], len(self.events)
        operation = self._seen(pending)
        gave_up = not pending.free and world.blocks(name, operation)
        waiting = {each: other.operation for each, other in self._pending.items()}
        refused = world.refused(operation)
        del self._pending[name]
        self._moving.add(name)
        self._last[name] = operation.kind
        if pending.condition:
            world.asleep[pending.condition].remove(name)
        world.take(name, operation, gave_up)
        if operation.kind == "thread_started":
            self._add_uncontrolled("thread", operation.object, operation.at)
        if operation.kind in ("process_started", "thread_started"):
            self._moving.add(operation.object)
        victim = operation.object if operation.kind in ENDS else ""
        ended = {each: waiting[each] for each in self._pending if self._by_name[each].process == victim}
        if victim in self._by_name and operation.kind != "process_ended":
            self._moving.update(each for each, thread in self._by_name.items() if thread.process == victim)
            for each in self._moving & self._pending.keys():
                self._forget(each)
        if pending.call is not None:
            world.moved(pending.call)
            self.began.append((time.monotonic_ns(), self._by_name[name].pid, name, pending.call))
        self._send(name, TIME_UP if gave_up else GO)
        self._settle(PATIENCE_SECONDS)
        value = pending.value(self.events[seen:], self._by_name[name].pid if name in self._by_name else 0)
        step = Step(name, operation, enabled, waiting, refused, value, gave_up, ended)
        self.steps.append(step)
        self._plan.saw(len(self.steps) - 1, step)

    def _seen(self, pending: Pending) -> Operation:
        """What it does, as far as it matters now: see `ends`."""
        operation, call = pending.operation, pending.call
        if call is None or not self._world.touching.ends.concern(operation):
            return operation
        victim = self._pid_of(operation.object) if call.kind in ENDS else 0
        others = {thread.pid for thread in self._threads.values()} - {victim}
        held = ends_open(others, call.identity if call.kind == "pipe_closed" else None)
        return self._world.touching.ends.seen(operation, held)

    def _pid_of(self, process: str) -> int:
        """The PID of a process that has come to the gate and lives; 0: there is none."""
        return next((thread.pid for thread in self._threads.values() if thread.process == process), 0)

    def _see_what_came(self) -> None:
        """Have those look who wait for any of several things, or for a message whose senders may be gone."""
        for name, pending in self._pending.items():
            if pending.limited:
                continue
            if pending.operation.kind == WAITS_FOR_ANY:
                pending.free = self._by_name[name].looks()
            elif pending.operation.kind not in ("pipe_received", "pipe_polled") or self._could(name, pending):
                continue
            elif self._by_name[name].looks():
                pending.operation = self._world.end_of_pipe(pending.operation)

    def _find_wrong(self) -> bool:
        """Have those who are blocked look for themselves. Whether any is not: somebody whom the gate does not see has
        done something.
        """
        for name, pending in self._pending.items():
            if pending.call is None or self._could(name, pending) or not self._by_name[name].looks():
                continue
            pending.free = True
            if pending.operation.kind != WAITS_FOR_ANY:
                self._add_uncontrolled("unseen", pending.operation.object, pending.operation.at)
        return any(pending.free for pending in self._pending.values())

    # Who moves -----------------------------------------------------------------------------------------------

    def _settle(self, patience: float) -> None:
        """Wait until nobody moves, or until those who do have had enough time."""
        deadline = time.monotonic() + patience
        while self._moving and not self._is_cut():
            if self._look(LOOK_SECONDS):
                deadline = time.monotonic() + patience
            elif time.monotonic() > deadline:
                for name in sorted(self._moving):
                    self.loose[name] = self._last.get(name, "")
                    self._add_uncontrolled("thread", name, "")
                self._moving.clear()
        self._learn()

    def _look(self, seconds: float) -> bool:
        """Take in what threads say, waiting so long for some. Whether any did."""
        ready = self._poll.poll(seconds)
        for number, _ in ready:
            if number == self._slot.listener.fileno():
                self._accept()
            elif number == self._slot.control.fileno():
                code = self._slot.main_ended()
                if code is not None:
                    self.exit_code = code
            elif number in self._threads:
                self._hear(self._threads[number])
        if not ready:
            self._learn()
        return bool(ready)

    def _accept(self) -> None:
        try:
            connection, _ = self._slot.listener.accept()
        except BlockingIOError:
            return
        thread = Thread(connection)
        self._threads[connection.fileno()] = thread
        self._poll.register(connection, select.EPOLLIN)
        self._hear(thread)

    def _hear(self, thread: Thread) -> None:
        message = thread.hear()
        if not message:
            self._is_gone(thread)
            return
        word, *rest = message
        if word == HERE:
            thread.name, thread.process, thread.pid = rest
            self._by_name[thread.name] = thread
            self._process_of[thread.pid] = thread.process
            self._rename(self._strangers.pop(thread.pid, ""), thread.process)
            self._back(thread.name, moves=True)
        elif word == AT_GATE:
            self._learn()
            call = Call(*rest)
            if call.kind.startswith("process_") and type(call.words) is int:  # the PID of one that it waits for
                unknown = f"program {len(self._strangers) + 1}"
                known = self._process_of.get(call.words)
                call = call._replace(words=known or self._strangers.setdefault(call.words, unknown))
            if call.kind in ENDS:
                call = call._replace(more=tuple(sorted(ends_held_by(self._pid_of(str(call.words))))))
            operation = self._world.touching.operation(thread.name, thread.process, call)
            limited = call.kind in GIVES_UP and call.limited
            self._pending[thread.name] = Pending(operation, call, "", limited)
            self._back(thread.name)
        elif word == SLEEPS:
            identity, known_as, at, limited = rest
            condition = self._names.of(identity)
            self._world.asleep[condition].append(thread.name)
            where = condition, self._names.of(known_as), at or ""
            operation = self._world.touching.asleep_in(thread.name, thread.process, *where, limited)
            self._pending[thread.name] = Pending(operation, None, condition, limited)
            self._back(thread.name)
        elif word == NOTIFIES:
            self._wake_one_of(self._names.of(rest[0]))
        elif word == LEFT:
            self._forget(thread.name)
            self._back(thread.name, moves=True)
        elif word == SERVES:
            self._serving.add(thread.name)
            self._back(thread.name)
        elif word == EXPECT:
            self._moving.add(rest[0])
        elif word == FORBIDDEN:
            self.forbidden = (*rest, thread.name)

    def _rename(self, before: str, name: str) -> None:
        """A process has come to the gate for which somebody waits already."""
        for thread, pending in self._pending.items():
            if before and pending.call is not None and pending.call.words == before:
                pending.call = pending.call._replace(words=name)
                pending.operation = self._world.touching.operation(thread, self._by_name[thread].process, pending.call)

    def _wake_one_of(self, condition: str) -> None:
        asleep = self._world.asleep[condition]
        if asleep:
            name = asleep.popleft()
            del self._pending[name]
            self._moving.add(name)
            self._send(name, AWAKE)

    def _back(self, name: str, moves: bool = False) -> None:
        """A thread is where the explorer knows it; `moves`: on its way to the gate."""
        self.loose.pop(name, None)
        if name in self._pending:
            self._serving.discard(name)
        if moves:
            self._moving.add(name)
        else:
            self._moving.discard(name)

    def _forget(self, name: str) -> None:
        pending = self._pending.pop(name, None)
        if pending is not None and pending.condition:
            self._world.asleep[pending.condition].remove(name)

    def _is_gone(self, thread: Thread) -> None:
        """A thread has ended; with the last one of its process, that has."""
        self._poll.unregister(thread.connection)
        del self._threads[thread.connection.fileno()]
        thread.connection.close()
        self._forget(thread.name)
        self._moving.discard(thread.name)
        self._serving.discard(thread.name)
        self.loose.pop(thread.name, None)
        self._by_name.pop(thread.name, None)
        self._world.ended.add(thread.name)
        if not any(other.pid == thread.pid for other in self._threads.values()):
            self._world.ended.add(thread.process)
            wait_for_the_end(thread.pid)
        elif thread.name == thread.process:
            self._world.ended.discard(thread.name)

    def _send(self, name: str, word: bytes) -> None:
        try:
            self._by_name[name].connection.send(word)
        except (KeyError, OSError):  # it has just been killed
            self._moving.discard(name)

    def _learn(self) -> None:
        """Take in the events that have come."""
        for event in self._slot.events():
            self.events.append(event)
            made = self._names.learn(event, self._process_of.get(event[2], event[3]))
            if made is not None:
                self._world.learn(made)
            if event[1] == "unfollowed_used":
                self._add_uncontrolled(str(event[7].get("what")), self._names.of(event[5]), event[6] or "")

    def _note_programs(self) -> None:
        """Note the processes that have begun and never came to the gate: other programs, in which the tracer is."""
        for event in self.events:
            if event[1] == "process_began" and event[2] not in self._process_of:
                self._add_uncontrolled("program", event[3], event[6] or "")

    def _add_uncontrolled(self, what: str, name: str, at: str) -> None:
        found = Uncontrolled(what, name, at)
        if found not in self.uncontrolled:
            self.uncontrolled.append(found)
