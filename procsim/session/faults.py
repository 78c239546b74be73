"""Faults of procsim's own while a program runs: a part that fails is left out, and the program goes on.

state, view, conductor ──► (an exception that is a fault) ──► Faults ──► one line on standard error at the end
"""

import sys
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TextIO

from procsim.errors import ProcsimError, fault_of
from procsim.language import N_, _
from procsim.output import ReaderGone, complain
from procsim.state.run_state import RunState
from procsim.views.base import Column, Verdict, View
from procsim.views.wishes import ChangePace, Movement, Wish
from procsim.wire.events import Event

VIEW, PICTURE, STEPS, FINDINGS = N_("the view"), N_("the picture"), N_("the control of steps"), N_("the verdict")
"""The parts that may fail."""

FREELY = float("inf")
"""A pace at which all processes move freely."""


class Faults:
    """The first fault of each part that has failed."""

    def __init__(self) -> None:
        self._first: dict[str, str] = {}

    def attempt(self, part: str, call: Callable[..., object], *arguments: object) -> bool:
        """Call it; False: the part has failed. An expected error (`ProcsimError`) is no fault, and is raised."""
        try:
            call(*arguments)
        except ProcsimError:
            raise
        except Exception as error:
            self.add(part, error)
            return False
        return True

    def add(self, part: str, error: Exception) -> None:
        """A part has failed; only its first fault is kept."""
        self._first.setdefault(part, fault_of(error))

    def complain(self) -> None:
        """Complain on standard error of the parts that have failed, a line each."""
        words = _("{part} has failed, and the run went on without it; this is a fault of procsim's: {fault}")
        for part, fault in self._first.items():
            complain(words.format(part=_(part), fault=fault))


class Sheltered(View):
    """A view that may fail. Then the terminal is given back, and what the program prints is passed on as it comes.

    `make` makes it when it is entered, as `view`. So what draws is imported while the program starts.
    """

    def __init__(self, make: Callable[[], View], faults: Faults) -> None:
        self._make = make
        self.view = View()
        self._faults = faults
        self._failed = False
        self._held = False
        """Whether the run stands until people let it move. After the view has failed there are no keys for that."""
        self._entered = False
        self._run = RunState()
        """The run that is shown."""

    def __enter__(self) -> "Sheltered":
        self.view = self._make()
        self._entered = True
        self.view.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._entered:
            self._entered = False
            self.view.__exit__(kind, error, trace)

    def begin(self, column: Column) -> None:
        if not self._failed:
            self._attempt(column.run, self.view.begin, column)

    def end(self, column: Column) -> None:
        if not self._failed:
            self._attempt(column.run, self.view.end, column)

    def event(self, event: Event, run: RunState) -> None:
        shown = not self._failed and self._attempt(run, self.view.event, event, run)
        if not shown and event.kind == "printed":
            _pass_on(str(event.fields.get("text", "")), event.fields.get("stream"))

    def wishes(self, run: RunState) -> Sequence[Wish]:
        self._run = run
        if self._failed:
            return [ChangePace(FREELY)] if self._held else []
        wished: list[Wish] = []
        self._attempt(run, lambda: wished.extend(self.view.wishes(run)))
        return wished

    def tick(self, run: RunState, movement: Movement | None) -> None:
        self._held = movement is not None and movement.held
        if not self._failed:
            self._attempt(run, self.view.tick, run, movement)

    def suspend(self) -> None:
        if not self._failed:
            self._attempt(self._run, self.view.suspend)

    def stand(self, run: RunState, verdict: Verdict, ended: Callable[[], bool]) -> None:
        if not self._failed:
            self._attempt(run, self.view.stand, run, verdict, ended)

    def finish(self, run: RunState, verdict: Verdict) -> None:
        if not self._failed:
            self._attempt(run, self.view.finish, run, verdict)

    def _attempt(self, run: RunState, call: Callable[..., object], *arguments: object) -> bool:
        """Call the view. Returns whether what this was for is shown: by the view, or because it has just failed."""
        if self._faults.attempt(VIEW, call, *arguments):
            return True
        self._failed = True
        self._faults.attempt(VIEW, self.view.tick, run, None)  # to show what it has not shown yet
        self._faults.attempt(VIEW, self.__exit__, None, None, None)
        if not self.view.prints_at_the_end:
            return False
        for line in list(run.lines):
            if line.stream:
                _pass_on(line.text + "\n" * line.whole, line.stream)
        return True


def _pass_on(text: str, stream: object) -> None:
    """Write what the program has printed to where it would have gone. Raises `ReaderGone`."""
    to: TextIO = sys.stderr if stream == "stderr" else sys.stdout
    try:
        to.write(text)
        to.flush()
    except OSError as error:
        raise ReaderGone from error
