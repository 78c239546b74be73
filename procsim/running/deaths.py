"""Deaths: which processes of a run are alive, and which have ended, by their own account or because procsim saw it.

A `process_ended` is about the process that ended (its `pid`), whoever found out: its parent, or procsim. A process that
was killed cannot emit it, and its parent may not have asked yet. Procsim reports a death after all events that the dead
process may have emitted before: `Arrivals.has_passed` says when those were taken.
"""

import subprocess
from collections.abc import Callable

from procsim.intake.decoder import Arrivals
from procsim.intake.drain import Drain
from procsim.running.processes import exit_code, is_alive
from procsim.wire.events import Event

LEFT_BEHIND_GRACE_SECONDS = 1.0
"""How long processes may go on by themselves when the main process is gone and its end was reported."""

LOUD_GRACE_SECONDS = 5.0
"""How long they may go on where its end cannot be reported yet: they emit events faster than procsim takes them."""


class Deaths:
    """The processes of one run that are alive, and those that were found to have ended."""

    def __init__(
        self, main: "subprocess.Popen[bytes]", drain: Drain, arrivals: Arrivals, event: Callable[..., Event]
    ) -> None:
        """`drain` reads what the run emits, `arrivals` decodes it.

        `event` makes an event of procsim's own: kind, fields, and the process (PID, name; else the main process).
        """
        self._main = main
        self._drain = drain
        self._arrivals = arrivals
        self._event = event
        self._alive: dict[int, str] = {}
        """The processes that have begun and whose end was not reported, with their names."""
        self._unreported: dict[int, tuple[int, int | None]] = {}
        """Processes that are gone, whose end is not reported yet: the mark of that moment, and the exit code."""
        self._found: dict[int, int] = {}
        """The exit codes of those whose end procsim has reported: their parents may report it again."""
        self._over: set[int] = set()
        """The processes whose end was reported, by procsim or by their parents."""
        self._main_gone: tuple[int, float] | None = None
        """When the main process was seen to be gone: the mark of that moment, and the monotonic time in seconds."""
        self._main_reported_at: float | None = None

    # The main process ----------------------------------------------------------------------------------------

    @property
    def main_is_gone(self) -> bool:
        """Whether the main process was seen to be gone."""
        return self._main_gone is not None

    @property
    def main_is_reported(self) -> bool:
        """Whether the `process_ended` of the main process was returned."""
        return self._main_reported_at is not None

    def of_main(self, now: float) -> list[Event]:
        """The `process_ended` of the main process, once all was taken that was emitted before; `now`: in seconds."""
        if self._main_gone is None and self._main.poll() is not None:
            self._main_gone = self._arrivals.mark(), now
        if self._main_gone is None or self._main_reported_at is not None:
            return []
        return self.report_main(now) if self._arrivals.has_passed(self._main_gone[0]) else []

    def report_main(self, now: float) -> list[Event]:
        """The `process_ended` of the main process, which is gone; nothing where that was reported."""
        if self._main_reported_at is not None:
            return []
        self._main_reported_at = now
        self._drain.let_end()  # else it waits for events even where no process of the run is left to emit one
        return [self._event("process_ended", exit_code=self._main.wait())]

    def grace_is_over(self, now: float) -> bool:
        """Whether the processes that outlive the main one had the time that they get; `now`: in seconds."""
        if self._main_reported_at is not None:
            return now - self._main_reported_at > LEFT_BEHIND_GRACE_SECONDS
        return self._main_gone is not None and now - self._main_gone[1] > LOUD_GRACE_SECONDS

    # All processes -------------------------------------------------------------------------------------------

    def name(self, pid: int) -> str | None:
        """The name of a process that is alive."""
        return self._alive.get(pid)

    def others_are_alive(self) -> bool:
        """Whether any other process is alive that was seen to begin."""
        return any(is_alive(pid) for pid in self._alive if pid != self._main.pid)

    def follow(self, batch: list[Event]) -> list[Event]:
        """Take in the events that have arrived. Returns them, but for the deaths that procsim has reported before."""
        again = []
        for event in batch:
            # A process without the tracer begins by `process_untraced`.
            if event.kind in ("process_began", "process_named", "process_untraced"):
                self._expect(event.pid, event.process)
            elif event.kind == "process_start_waiting":  # it may end before it can emit that it began
                self._expect(event.fields["child"], str(event.fields["child_name"]))
            elif event.kind == "process_started" and event.fields["child"] not in self._over:  # or has emitted that
                self._alive.setdefault(event.fields["child"], str(event.fields["child_name"]))
            elif event.kind == "process_ended":
                self._alive.pop(event.pid, None)
                self._over.add(event.pid)
                self._drain.forget(event.pid)  # nothing more comes from it
                if self._found.get(event.pid) == event.fields["exit_code"]:
                    again.append(event)  # by its parent, after procsim had found it
        return [event for event in batch if event not in again] if again else batch

    def _expect(self, pid: int, name: str) -> None:
        """This process begins: what had this PID before was another one."""
        self._alive[pid] = name
        self._found.pop(pid, None)
        self._over.discard(pid)

    @property
    def are_expected(self) -> bool:
        """Whether some are gone whose end is to be reported soon."""
        return bool(self._unreported)

    def find(self) -> list[Event]:
        """A `process_ended` for each process that is gone, did not emit one, and can have no more events on their way.

        With the exit code, which the system has until the parent asks for it; else None.
        """
        gone = [pid for pid in self._alive if pid != self._main.pid and not is_alive(pid)]
        for pid in gone:
            self._drain.forget(pid)
        seen = {pid: (self._arrivals.mark(), exit_code(pid)) for pid in gone if pid not in self._unreported}
        self._unreported = {pid: self._unreported.get(pid) or seen[pid] for pid in gone}
        deaths = [
            self._event("process_ended", pid, self._alive.pop(pid), exit_code=code)
            for pid, (mark, code) in self._unreported.items()
            if self._arrivals.has_passed(mark)
        ]
        for death in deaths:
            del self._unreported[death.pid]
            self._over.add(death.pid)
            if (code := death.fields["exit_code"]) is not None:
                self._found[death.pid] = code
        return deaths
