"""A run: yields the events of a program that was launched, and ends its processes.

program ──► buffers, EventQueue ──┐
its stdout, stderr ───────────────┴─► drain (a thread, at all times) ──► arrivals ──┐
deaths ─────────────────────────────────────────────────────────────────────────────┴─► batches of events
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from types import TracebackType
from typing import IO, NamedTuple

from procsim.control.gatekeeper import Gatekeeper
from procsim.intake.decoder import Arrivals
from procsim.intake.drain import TICK_SECONDS, Drain
from procsim.running.deaths import Deaths
from procsim.running.members import Ended, Members
from procsim.running.order import Order
from procsim.wire.events import Event
from procsim.wire.identities import MAIN_THREAD

SEARCH_SECONDS = 0.5
"""Between two searches for processes that have ended without saying so."""

ROLL_CALL_SHARE = 100
"""Between two roll calls there is a pause of so many times the processor time that one takes: 1 % of a core."""

MAIN_NAME = "MainProcess"


class Launched(NamedTuple):
    """A program that was started, and what procsim shares with it."""

    main: "subprocess.Popen[bytes]"
    started: int
    """ns of the system's monotonic clock."""
    members: Members
    gate: Gatekeeper
    drain: Drain
    output: list[IO[bytes]]
    """The pipes of its standard output and error, if procsim takes them: to read."""
    untraced: str
    """Why the tracer cannot get into the main process; empty: it can."""


class Run:
    """One traced program, from its start to the end of its last process. `launch` makes it; leaving it ends it.

    Whoever iterates over it gets a batch at least every TICK_SECONDS, an empty one where nothing happened.
    """

    def __init__(self, order: Order, launched: Launched, leaving: contextlib.ExitStack) -> None:
        """`leaving` undoes what was made for the run."""
        self.order = order
        self.members = launched.members
        self.gate = launched.gate
        self.timed_out = False
        self.cut_short = False
        """Whether it is ended before it has ended by itself; the batch that comes then is the last one before that."""
        self.ended: set[int] = set()
        """PIDs of the processes that had to be ended."""
        self.left_behind: list[int] = []
        """PIDs of those that the main process had left behind, and that had to be ended."""
        self._main = launched.main
        self._started = launched.started
        self._untraced = launched.untraced
        self._drain = launched.drain
        self._output = launched.output
        self._arrivals = Arrivals(launched.drain, launched.started)
        self._deaths = Deaths(launched.main, launched.drain, self._arrivals, self.event)
        self._leaving = leaving
        self._stopping = False
        self._over = False

    def __enter__(self) -> "Run":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._leaving:
            if not self._over:
                self._end()
            self._main.wait()

    @property
    def exit_code(self) -> int | None:
        """How the main process ended, as multiprocessing has it; None: it is not known to have ended."""
        return self._main.returncode

    def stop(self) -> None:
        """Have the run ended: the iteration yields what is still there, and ends. A signal handler may call this."""
        self._stopping = True

    def pass_on(self, number: int) -> None:
        """Give the main process a signal that came to us; what it does then is its own affair. For a signal handler.

        Ctrl-C and Ctrl-\\ on a terminal have gone to the program as well as to us, and must not come to it twice.
        """
        if number not in (signal.SIGINT, signal.SIGQUIT) or not _in_foreground():
            self._main.send_signal(number)

    def __iter__(self) -> Iterator[list[Event]]:
        """Batches of events, until no process of the run is left."""
        yield from self._while_it_lasts()
        if self.timed_out or self._stopping:
            self.cut_short = True
            yield []
        yield from self._at_the_end()

    def _while_it_lasts(self) -> Iterator[list[Event]]:
        batch = self._first()
        now = time.monotonic()
        next_search = next_roll_call = now + SEARCH_SECONDS
        left = self.order.timeout or float("inf")
        while True:
            self._drain.hurried = self.gate.closed or self._deaths.main_is_gone
            all_closed = self._drain.ended()  # asked before taking: what comes before the end is not missed
            batch = self._follow(batch + self._arrivals.take(0 if batch else TICK_SECONDS))
            before, now = now, time.monotonic()
            if not self.gate.closed:  # else nobody moves by itself, and time does not count
                left -= now - before
            if now >= next_search or self._deaths.are_expected:
                next_search = now + SEARCH_SECONDS
                batch += self._deaths.find()
            if now >= next_roll_call:
                next_roll_call = now + max(SEARCH_SECONDS, ROLL_CALL_SHARE * self._call_the_roll())
            yield batch
            if self._stopping:
                return
            if left < 0 and self._main.poll() is None:
                self.timed_out = True
                return
            batch = self._deaths.of_main(now)
            if self._deaths.grace_is_over(now):
                return
            if self._deaths.main_is_reported and not batch and self._is_over(all_closed):
                return

    def _at_the_end(self) -> Iterator[list[Event]]:
        """End the processes that are still there, and yield the events from before."""
        ending_began = self.now()
        left, detached = self._end()
        self._over = True
        if self._deaths.main_is_gone:
            self.left_behind = left
        self._drain.stop()
        if detached:
            # A scenario was started from a menu, whose screen comes next.
            _keep_empty(self._output, subprocess.DEVNULL if self.order.isolated else 2)
        while self._arrivals.waiting():
            batch = self._arrivals.take(0)  # batch by batch, since there may be a great many
            # What a program does while procsim ends it, one process after the other, is not its own doing: a partner
            # that was killed would be blamed for an EOFError.
            yield self._follow(
                [event for event in batch if event.t < ending_began or event.kind in ("process_ended", "printed")]
            )
        last = self._follow([*self._arrivals.rest(), *self._deaths.report_main(time.monotonic())])
        last += self._deaths.find()
        last += [self.event("process_detached", pid, self._deaths.name(pid) or name) for pid, name in detached]
        yield last

    def mark(self) -> int:
        """Marks this moment, for `has_passed`."""
        return self._arrivals.mark()

    def has_passed(self, mark: int) -> bool:
        """Whether all events that had been emitted at the marked moment were yielded."""
        return self._arrivals.has_passed(mark)

    def find_deaths(self) -> list[Event]:
        """A `process_ended` for each process that is found to have ended without saying so: see `Deaths.find`."""
        return self._deaths.find()

    def deaths_are_expected(self) -> bool:
        """Whether a process was seen to be gone, and no `process_ended` has said so yet."""
        return self._deaths.are_expected or (self._deaths.main_is_gone and not self._deaths.main_is_reported)

    def now(self) -> int:
        """ns since the start."""
        return time.monotonic_ns() - self._started

    def event(self, kind: str, pid: int | None = None, name: str = MAIN_NAME, **fields: object) -> Event:
        """An event of procsim's own, which happens now: of the main process, or of another one."""
        return Event(kind, self.now(), self._main.pid if pid is None else pid, name, MAIN_THREAD, fields=fields)

    def _first(self) -> list[Event]:
        began = self.event("process_began", parent=os.getpid(), daemon=False, handles_sigterm=False)._replace(t=0)
        return [began, self.event("process_untraced", reason=self._untraced)] if self._untraced else [began]

    def found(self, events: list[Event]) -> None:
        """Note the processes that these events are about: they were found in another way than by what the run emits."""
        self._follow(events)

    def _follow(self, batch: list[Event]) -> list[Event]:
        """Note who belongs to the run and who is alive. Returns the events, but not deaths reported before."""
        for event in batch:
            if event.kind in ("process_began", "process_untraced"):
                self.members.add(event.pid)
        return self._deaths.follow(batch)

    def _is_over(self, all_closed: bool) -> bool:
        """Whether only processes are left that are meant to go on; `all_closed`: none has our pipes open any more."""
        if not self._deaths.others_are_alive():
            return all_closed
        return self.members.are_detached(self.members.alive())

    def _call_the_roll(self) -> float:
        """Note who belongs to the run now. Returns the processor time that it took, in seconds.

        Some could not be recognized later: their parent has ended by then, and their environment does not tell.
        """
        began = time.thread_time()
        self.members.alive(thorough=False)
        return time.thread_time() - began

    def _end(self) -> Ended:
        """End all processes that are not meant to go on. Returns what became of them, the main process left out."""
        if self.gate.closed:
            self.gate.closed = False  # those who go on find it open
        found = self.members.end()
        self.ended.update(found.ended)
        return found._replace(ended=[pid for pid in found.ended if pid != self._main.pid])


def _keep_empty(pipes: list[IO[bytes]], into: int) -> None:
    """Have these pipes read, as long as a process has them open, into another descriptor.

    A process that goes on after the run may print: without a reader, SIGPIPE would end it.
    """
    for pipe in pipes:
        os.set_blocking(pipe.fileno(), True)
        with contextlib.suppress(OSError):
            subprocess.Popen(["cat"], stdin=pipe, stdout=into, stderr=subprocess.DEVNULL, start_new_session=True)


def _in_foreground() -> bool:
    """Whether the terminal sends Ctrl-C to the process group that we and the program are in."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return False
    finally:
        os.close(terminal)
