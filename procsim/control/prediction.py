"""What people are asked to predict, and the step before which they are asked. Pure.

a chapter ──► Prediction ──► DecidingStep: has it come? ──► UpTo (choosers.py), which stops before it
"""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from os.path import basename
from typing import NamedTuple

from procsim.state.operations import BY_DONE
from procsim.state.processes import Standing
from procsim.state.run_state import RunState
from procsim.wire.events import Event


class Stop(NamedTuple):
    """Before which step a run stops."""

    operation: str
    """The kind of the event that says that the operation was done."""
    by: str = "*"
    """The name of the process that takes the step, or a pattern such as "user-*"."""
    of: str = ""
    """The name of the object, of the file or of the other process; empty: any."""
    time: int = 1
    """Which of these operations it is, counted from 1."""


class Prediction(NamedTuple):
    """A question about what will come, asked before the step that decides."""

    lesson: str
    """The id of the lesson; the claim that tells what came has the same."""
    stop: Stop
    ask: str
    answers: tuple[str, ...]
    right: int | None = None
    """The number of the answer that is right if the claim holds, from 1 on; None: `figure` tells which one is."""
    figure: str = ""
    """The figure of the claim that the answers are values of."""
    expected: int | None = None
    """Where a figure tells which one is right: the number of the answer that comes nearly always."""


class DecidingStep:
    """Follows a run up to the step before which people are asked."""

    def __init__(self, run: RunState, stop: Stop) -> None:
        self._run = run
        self._stop = stop
        self._done = 0
        """How many of these operations were done."""
        operation = BY_DONE.get(stop.operation)
        self._waiting = operation.waiting.kind if operation is not None and operation.waiting is not None else ""

    def follow(self, events: Sequence[Event]) -> None:
        """Count the operations that these events, which are applied already, say were done."""
        for event in events:
            if event.kind == self._stop.operation:
                path = basename(str(event.fields.get("path", "")))
                self._done += self._fits(event.process, event.object, path, event.fields.get("child_name"))

    @property
    def has_come(self) -> bool:
        """Whether this step was done, or has begun: then it is too late to ask."""
        if self._done >= self._stop.time:
            return True
        waits = (wait for wait in self._run.now_waiting() if wait.kind == self._waiting)
        begun = any(self._fits(wait.process, wait.object, wait.child_name) for wait in waits)
        return begun and self._done == self._stop.time - 1

    def is_next(self, process: str, standing: Standing) -> bool:
        """Whether it is the step that a thread of that process, which stands at the gate, would take next."""
        is_it = standing.operation == self._stop.operation and self._done == self._stop.time - 1
        return is_it and self._fits(process, standing.object, standing.subject)

    def _fits(self, process: str, identity: int | None, *subjects: object) -> bool:
        """Whether it is by whom and of what it should be; `subjects`: what it is about, if that is no object."""
        of = self._stop.of
        return fnmatchcase(process, self._stop.by) and (not of or of == self._run.name(identity) or of in subjects)


def may_be_asked_before(operation: str) -> bool:
    """Whether threads stand at the gate before such an operation."""
    return operation in BY_DONE and bool(BY_DONE[operation].next)
