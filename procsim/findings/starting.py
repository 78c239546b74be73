"""Why `start` of a process never returns: under spawn it writes the arguments to a process that does not read them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from procsim.findings.base import Finding
from procsim.findings.causes import Cause, KnownReason, ended_first, figures_of
from procsim.findings.deaths import because
from procsim.state.processes import Process, Wait
from procsim.state.run_state import RunState


def dead_children(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """Processes that ended before they had read their arguments, which are more than a pipe holds."""
    for wait in stuck:
        child = run.processes.get(wait.child or 0)
        if wait.kind == "process_start_waiting" and child is not None and ended_first(child, wait):
            yield DeadChild(wait, child)


@dataclass(frozen=True)
class DeadChild(KnownReason):
    """A thread waits in `start` until a process has read its arguments, which has ended."""

    child: Process

    always_wrong: ClassVar[bool] = True

    def finding(self, run: RunState) -> Finding:
        return Finding(
            "start_nobody_reads",
            "{process} waits in start()⟨ at {at}⟩ until {child} has read its arguments, which are more than a pipe "
            "holds, and {child} has ended before that: {because}",
            figures_of(run, self.wait) | {"child": self.child.name, "because": None} | because(run, [self.child]),
            "under spawn a new process imports the file of the program first: let that work there, too; and hand large "
            "data over later, through a queue",
        )
