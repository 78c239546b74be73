"""What the threads of one execution say: who is at the gate and is about to do what, who moves, who is gone.

each thread: "I am about to …" ──► Listening: `_pending`, `_moving`, `World` ──► `execution`, which chooses
"""

import select
import time
from collections.abc import Callable, Sequence
from typing import Any

from procsim.explore.names import Names
from procsim.explore.patience import Patience
from procsim.explore.schedule import Uncontrolled
from procsim.explore.slot import Slot
from procsim.explore.standing import Pending, Thread, ends_held_by, is_ending, wait_for_the_end
from procsim.explore.touching import ENDS, GIVES_UP, Call
from procsim.explore.world import World
from procsim.wire.explore_words import ASLEEP as SLEEPS
from procsim.wire.explore_words import (
    AT_GATE,
    AWAKE,
    EXPECT,
    FORBIDDEN,
    HELPS,
    HERE,
    LEFT,
    NOTIFIES,
    SERVES,
)

PATIENCE_SECONDS = 2.0
"""How long others wait for a thread that has begun to move."""

PROCESSES = 300
"""The most processes of an execution."""

LOOK_SECONDS = 0.1
"""Between two looks whether events have come, while nothing else happens."""

MAIN = "MainProcess"


class Listening:
    """What is known of the threads of an execution that goes on."""

    def __init__(self, slot: Slot, roots: Sequence[str], until: Callable[[], float | None]) -> None:
        """`roots`: see `Names`; `until`: when the execution is cut off, by `time.monotonic`; None: never."""
        self._slot, self._until = slot, until
        self.events: list[tuple[Any, ...]] = []
        """All that was emitted, as it came."""
        self.exit_code: int | None = None
        self.forbidden: tuple[str, str, str, str] | None = None
        """What was stopped before it was done: what, of what, line, thread."""
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
        self._woken: list[str] = []
        """Those that the step has woken that goes on."""
        self._poll = select.epoll()
        self._serving: set[str] = set()
        """The threads of managers, which others may ask to end."""
        self._last: dict[str, str] = {}
        """For each thread, what it did last, for what is said of one that does not come back."""

    def process_name(self, pid: int) -> str:
        """The name in the schedule of the process with this PID; "" if it never came to the gate."""
        return self._process_of.get(pid, "")

    def _pid_of(self, process: str) -> int:
        """The PID of a process that has come to the gate and lives; 0: there is none."""
        return next((thread.pid for thread in self._threads.values() if thread.process == process), 0)

    def _is_cut(self) -> bool:
        return self.forbidden is not None or self.has_too_many() or self.is_late()

    def is_late(self) -> bool:
        """Whether the time is up that it had."""
        until = self._until()
        return until is not None and time.monotonic() > until

    def has_too_many(self) -> bool:
        """Whether it has had more processes than an execution may have."""
        return len(self._process_of) > PROCESSES

    # Who moves -----------------------------------------------------------------------------------------------

    def _settle(self) -> None:
        """Wait until nobody moves, or until those who do have had enough time."""
        patience = Patience(self._slot.zygote, PATIENCE_SECONDS)
        while self._moving and not self._is_cut():
            if self._look(LOOK_SECONDS):
                patience.renew()
            elif patience.is_up() and not self._look(0):  # we may have been kept from looking, too
                for name in sorted(self._moving):
                    self.loose[name] = self._last.get(name, "")
                    self._add_uncontrolled("thread", name, "")
                self._moving.clear()
        self._learn()

    def _look(self, seconds: float) -> bool:
        """Take in what threads say, waiting so long for some. Whether any did."""
        until = self._until()
        ready = self._poll.poll(seconds if until is None else max(0.0, min(seconds, until - time.monotonic())))
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
        elif word == HELPS:
            self._add_uncontrolled("thread", thread.name, "")
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
            self._woken.append(name)
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
            self._see_who_ends()
        elif thread.name == thread.process:
            self._world.ended.discard(thread.name)

    def _see_who_ends(self) -> None:
        """What ends a process may end others with it: all of its group, say. They are not where they stood."""
        for each in {thread.pid: thread for thread in self._threads.values()}.values():
            if is_ending(each.pid):
                for name in [name for name, other in self._by_name.items() if other.pid == each.pid]:
                    self._forget(name)
                    self._moving.add(name)

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
