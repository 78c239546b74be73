"""What a cause of a hang is, and what all of them have in common: which process waits, for what, where."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from procsim.findings.base import Finding
from procsim.state.processes import Process, Wait
from procsim.state.run_state import RunState

Figures = dict[str, Any]


class Cause(ABC):
    """Why threads wait for ever. Its fields are what was found; the figures of its sentence are made from them last."""

    always_wrong: ClassVar[bool] = False
    """Whether it is a fault also while main goes on. If not, it becomes a finding only when main is stuck, too: before
    that, the waiting process may be a worker that main will end.
    """

    @property
    @abstractmethod
    def pid(self) -> int:
        """The process that it is about."""

    @abstractmethod
    def finding(self, run: RunState) -> Finding:
        """Its sentence, with the figures made from its fields."""


@dataclass(frozen=True)
class CauseOfWait(Cause):
    """Why one thread waits for ever."""

    wait: Wait

    @property
    def pid(self) -> int:
        return self.wait.pid


class KnownReason(CauseOfWait):
    """It is known what has led to the wait: whose end, or the loss of which item."""


@dataclass(frozen=True)
class NobodyIsLeft(CauseOfWait):
    """No process is left that could end the wait, as far as that is all that is known."""

    dead: list[Process]
    """Those that ended badly, and may have had to end it."""


def figures_of(run: RunState, wait: Wait) -> Figures:
    """Which process waits, for what, where, since when."""
    named = run.names.get(wait.object or 0)
    return {
        "process": wait.process,
        "pid": wait.pid,
        "object": named.name if named else "",
        "type": named.type if named else "",
        "made": made_at(run, wait.object),
        "at": wait_at(run, wait),
        "since": round(wait.since / 1e9, 3),
    }


def wait_at(run: RunState, wait: Wait) -> str | None:
    """The line where it waits, or else where its process was seen last."""
    return wait.at or run.processes[wait.pid].at


def made_at(run: RunState, identity: int | None) -> str | None:
    """The line where the object was made; None where that is not known."""
    number = identity or 0
    kinds = (run.locks, run.queues, run.signals, run.pools, run.cells)
    return next((kind[number].at for kind in kinds if number in kind), None)


def first_for_each(stuck: list[Wait], kind: str | None = None) -> Iterator[Wait]:
    """The first wait for each object: the others for it have the same cause. `kind`: of waits of one kind alone.

    Which object of a manager's a call is for is not known; the same call at the same line counts as one.
    """
    seen: set[tuple[object, ...]] = set()
    for wait in sorted(stuck, key=lambda wait: wait.since):
        call = (wait.call, wait.at) if wait.call and wait.at else -wait.pid
        place = (wait.kind, wait.object if wait.object is not None else call)
        if kind in (None, wait.kind) and place not in seen:
            seen.add(place)
            yield wait


def ended_first(holder: Process, wait: Wait) -> bool:
    """Whether the holder had ended when the wait was found to be stuck; or an exception had ended its code, and it only
    waited for its children then.
    """
    ends = [end for end in (holder.ended, holder.raised.t if holder.raised is not None else None) if end is not None]
    return wait.stuck is not None and min(ends, default=wait.stuck + 1) <= wait.stuck
