"""Why threads wait for ever for the other end of a connection: of a client and its server, or of a pair of sockets.

How the sentences are written, with ⟨parts⟩ that may be left out: `base.Finding`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from procsim.findings.base import Finding
from procsim.findings.causes import Cause, CauseOfWait, NobodyIsLeft, figures_of, first_for_each, wait_at
from procsim.findings.deaths import because, dead
from procsim.state.processes import Wait
from procsim.state.run_state import RunState

RECEIVES, SENDS = "system_receive_waiting", "system_send_waiting"


def nobody_at_the_other_end(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """Of two that wait for each other at the two ends of a connection, one finding."""
    for kind in (RECEIVES, SENDS):
        waits = [*first_for_each(stuck, kind)]
        while waits:
            wait = waits.pop(0)
            other = next((each for each in waits if each.pid in wait.open_in and wait.pid in each.open_in), None)
            if other is None:
                yield NobodyThere(wait, dead(run, wait))
            else:
                waits.remove(other)
                yield BothWait(wait, other)


@dataclass(frozen=True)
class NobodyThere(NobodyIsLeft):
    """Nobody is left who could send, or receive, at the other end."""

    def finding(self, run: RunState) -> Finding:
        wait = self.wait
        open_in = [run.process_name(pid) for pid in wait.open_in]
        figures = figures_of(run, wait) | {"open_in": open_in or None} | because(run, self.dead)
        if wait.kind == RECEIVES:
            return Finding(
                "read_nobody_writes",
                "{process} waits to receive from a socket⟨ (last seen at {at})⟩, and nobody is left who could send at "
                "the other end⟨, which is open in: {open_in}⟩⟨; {because}⟩",
                figures,
                "in each process close the sockets that it does not use, and wait with a time limit",
                sentence="read_nobody_writes.socket",
            )
        return Finding(
            "write_nobody_reads",
            "{process} waits to send through a socket⟨ (last seen at {at})⟩, and nobody is left who could receive at "
            "the other end⟨, which is open in: {open_in}⟩⟨; {because}⟩",
            figures,
            "in each process close the sockets that it does not use, and wait with a time limit",
            sentence="write_nobody_reads.socket",
        )


@dataclass(frozen=True)
class BothWait(CauseOfWait):
    """Two threads do the same, each at its end: both receive, or both send."""

    other: Wait

    def finding(self, run: RunState) -> Finding:
        figures = figures_of(run, self.wait)
        figures |= {"other": self.other.process, "other_at": wait_at(run, self.other)}
        if self.wait.kind == RECEIVES:
            return Finding(
                "read_nobody_writes",
                "{process} waits to receive from a socket⟨ (last seen at {at})⟩, and {other}, which has the other end, "
                "waits to receive, too⟨ (last seen at {other_at})⟩: neither sends",
                figures,
                "have one of the two send first",
                sentence="read_nobody_writes.both",
            )
        return Finding(
            "write_nobody_reads",
            "{process} waits to send through a socket⟨ (last seen at {at})⟩, and {other}, which has the other end, "
            "waits to send, too⟨ (last seen at {other_at})⟩: neither receives",
            figures,
            "receive while sending, not after it; or send less at once",
            sentence="write_nobody_reads.both",
        )
