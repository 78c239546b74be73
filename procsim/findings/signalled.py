"""Why a thread waits for the end of a process that was told to end, and does not."""

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from procsim.findings.base import Finding
from procsim.findings.causes import Cause, KnownReason, figures_of, wait_at
from procsim.state.processes import Process, Wait
from procsim.state.run_state import RunState


def terminated_in_vain(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """Joins of processes that were told to end, handle the signal, and wait on."""
    its = {wait.pid: wait for wait in stuck if wait.kind != "process_join_waiting"}
    for wait in stuck:
        child = run.processes.get(wait.child or 0)
        if wait.kind == "process_join_waiting" and child is not None and child.terminated_by and child.pid in its:
            yield TerminatedInVain(wait, child, its[child.pid])


def goes_on(run: RunState, wait: Wait, before: int) -> Cause | None:
    """The same of a join, of a process that was told to end before that (ns), and goes on: it sleeps, say.

    Only where its handler is one that it has inherited: with one of its own it may be about to end.
    """
    child = run.processes.get(wait.child or 0)
    if wait.kind != "process_join_waiting" or child is None or not child.handles_sigterm:
        return None
    told = child.terminated_by and child.terminated_with == signal.SIGTERM and child.terminated < before
    return TerminatedInVain(wait, child, None) if told and (child.ended is None or child.ended > before) else None


@dataclass(frozen=True)
class TerminatedInVain(KnownReason):
    """A thread waits for the end of a process that has caught the signal by which it was told to end."""

    child: Process
    its: Wait | None
    """What the process waits for; None: it goes on."""

    always_wrong: ClassVar[bool] = True

    def finding(self, run: RunState) -> Finding:
        child, start = self.child, run.started.get(self.child.pid)
        figures = figures_of(run, self.wait) | {
            "child": child.name,
            "child_pid": child.pid,
            "killer": child.terminated_by,
            "killed_at": child.terminated_at,
            "parent": start.process if child.handles_sigterm and start is not None else None,
            "child_at": wait_at(run, self.its) if self.its is not None else child.at,
        }
        if self.its is None:
            return Finding(
                "terminated_in_vain",
                "{process} waits⟨ at {at}⟩ for {child} to end, which {killer} told to end⟨ at {killed_at}⟩; but "
                "{child} handles SIGTERM⟨ (by a handler inherited from {parent})⟩ or ignores it, and goes on⟨ at "
                "{child_at}⟩",
                figures,
                "have {child} call signal.signal(signal.SIGTERM, signal.SIG_DFL) as it begins: in the initializer of a "
                "pool, or first in its function",
                sentence="terminated_in_vain.goes_on",
            )
        return Finding(
            "terminated_in_vain",
            "{process} waits⟨ at {at}⟩ for {child} to end, which {killer} told to end⟨ at {killed_at}⟩; but {child} "
            "handles SIGTERM⟨ (by a handler inherited from {parent})⟩ or ignores it, and waits on⟨ at {child_at}⟩",
            figures,
            "a wait goes on when the handler of a signal returns: have it raise (sys.exit()), or have the child call "
            "signal.signal(signal.SIGTERM, signal.SIG_DFL) as it begins",
        )
