"""One execution of the program: its threads say what they are about to do, and are let move one at a time.

    zygote ──► main process ─┐
    its children ────────────┼── each thread: "I am about to …" ──► Running ──► World: who could ──► Plan: who does
    their threads ───────────┘ ◄── GO ─────────────────────────────────┘

A step is over when all who move stand at the gate again, sleep in a condition, or have ended. Where nobody can move, it
hangs: that is known at once. A thread that does not come to the gate within its `Patience` computes, or waits for
something that no gate is before: the others then move beside it, and that is told.
"""

import select
import time
from collections.abc import Callable, Sequence

from procsim.explore.listening import LOOK_SECONDS, MAIN, Listening
from procsim.explore.patience import any_computes, may_go_on
from procsim.explore.schedule import (
    ASLEEP,
    DIVERGED,
    LATE,
    LIMIT,
    STOPPED,
    WHOLE,
    Diverged,
    Operation,
    Plan,
    Step,
)
from procsim.explore.slot import Slot
from procsim.explore.standing import Pending, ends_open
from procsim.explore.touching import ENDS, Call
from procsim.wire.explore_words import GO, TIME_UP

LAST_PATIENCE_SECONDS = 8.0
"""How long all wait for it, where nobody else can move."""

GRACE_SECONDS = 0.05
"""How long something may still come, such as the end of a process, once it seems that nobody can move."""


class Running(Listening):
    """One execution that goes on, in a slot."""

    def __init__(
        self,
        slot: Slot,
        plan: Plan,
        limit: int,
        roots: Sequence[str],
        until: Callable[[], float | None] = lambda: None,
    ) -> None:
        """`limit`: of steps; `roots`: see `Names`; `until`: when it is cut off, by `time.monotonic`; None: never."""
        super().__init__(slot, roots, until)
        self._plan, self._limit = plan, limit
        self.steps: list[Step] = []
        self.began: list[tuple[int, int, str, Call, bool]] = []
        """Of each step that the program has asked for: when it began (ns of the system's monotonic clock), the PID and
        the thread, as events have it, what that has said, and whether it was given up."""
        self.started = time.monotonic_ns()
        self.ended = WHOLE
        self.diverged: Diverged | None = None
        self.main_pid = 0

    @property
    def blocked(self) -> dict[str, Operation]:
        """What each thread is about to do that is blocked now."""
        return {name: pending.operation for name, pending in self._pending.items() if not self._could(name, pending)}

    @property
    def stuck(self) -> dict[str, tuple[int, Call | None]]:
        """Of each thread that is blocked now: the PID of its process, and what it has said; None: it sleeps."""
        return {name: (self._by_name[name].pid, self._pending[name].call) for name in self.blocked}

    def run(self) -> None:
        """Run it to its end, or as far as the plan wants it. Raises `CannotExplore` if the zygote has died."""
        slot = self._slot
        self._poll.register(slot.listener, select.EPOLLIN)
        self._poll.register(slot.control, select.EPOLLIN)
        self.main_pid = slot.fork()
        try:
            self._steps()
        finally:
            try:
                slot.end()
                self._learn()
                self._note_programs()
            finally:  # a thread whose connection ends, ends: also where the zygote has died
                for thread in self._threads.values():
                    thread.connection.close()
                self._poll.close()

    def _steps(self) -> None:
        previous: str | None = None
        self._settle()
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
        is_late = self.is_late() and len(self.steps) < self._limit
        self.ended = STOPPED if self.forbidden is not None else LATE if is_late else LIMIT

    def _could(self, name: str, pending: Pending) -> bool:
        return pending.limited or pending.free or not (pending.sees or self._world.blocks(name, pending.operation))

    def _is_over(self) -> bool:
        """Nobody at the gate can move: whether that is the end of it. Else, some who were away have come back."""
        if self._pending and self._look(LAST_PATIENCE_SECONDS if self._serving else GRACE_SECONDS):
            self._settle()
            return False
        if self._find_wrong():
            return False
        strangers = {*self._strangers.values()} & {pending.operation.object for pending in self._pending.values()}
        late = any(pending.is_late for pending in self._pending.values())
        deadline = time.monotonic() + LAST_PATIENCE_SECONDS
        if not self.loose and not strangers and not late:
            while MAIN not in self._by_name and self.exit_code is None and time.monotonic() < deadline:
                self._look(LOOK_SECONDS)
            return not self._is_cut()
        before = set(self._pending)
        while time.monotonic() < deadline and set(self._pending) == before and not self._is_cut():
            self._look(LOOK_SECONDS)
            if self._find_wrong():
                return False
            if not (self.loose or strangers or late):
                break
        self._settle()
        if is_over := set(self._pending) == before and not self._moving and not self._is_cut():
            self.ended = LIMIT if strangers or self._may_come_back() else WHOLE
        return is_over

    def _may_come_back(self) -> bool:
        """Whether a thread that did not come to the gate may still do so by itself."""
        if self.loose and any_computes(self._slot.zygote):
            return True
        return any(name not in self._by_name or may_go_on(self._by_name[name].pid) for name in self.loose)

    def _step(self, name: str, enabled: frozenset[str]) -> None:
        """Have one thread do what it is about to do, and wait until that is over."""
        world, pending, seen = self._world, self._pending[name], len(self.events)
        operation = self._seen(pending)
        gave_up = not pending.free and world.blocks(name, operation)
        waiting = {each: other.operation for each, other in self._pending.items()}
        refused = world.refused(operation)
        del self._pending[name]
        self._woken.clear()
        self._moving.add(name)
        self._last[name] = operation.kind
        if pending.condition:
            world.asleep[pending.condition].remove(name)
        if not pending.is_late:
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
            if not pending.is_late:
                world.follow(pending.call)
            self.began.append((time.monotonic_ns(), self._by_name[name].pid, name, pending.call, gave_up))
        self._send(name, TIME_UP if gave_up else GO)
        self._settle()
        value = pending.value(self.events[seen:], self._by_name[name].pid if name in self._by_name else 0)
        step = Step(name, operation, enabled, waiting, refused, value, gave_up, tuple(self._woken), ended)
        self.steps.append(step)
        self._plan.saw(len(self.steps) - 1, step)

    def _seen(self, pending: Pending) -> Operation:
        """What it does, as far as it matters now: see `ends`."""
        operation, call = self._world.touching.pools.seen(pending.operation), pending.call
        if call is None or not self._world.touching.ends.concern(operation):
            return operation
        victim = self._pid_of(operation.object) if call.kind in ENDS else 0
        others = {thread.pid for thread in self._threads.values()} - {victim}
        held = ends_open(others, call.identity if call.kind == "pipe_closed" else None)
        return self._world.touching.ends.seen(operation, held)

    def _see_what_came(self) -> None:
        """Have those look who wait for any of several things, or for a message whose senders may be gone."""
        for name, pending in self._pending.items():
            if pending.limited:
                continue
            if pending.sees:
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
            if not pending.sees:
                self._add_uncontrolled("unseen", pending.operation.object, pending.operation.at)
        return any(pending.free for pending in self._pending.values())
