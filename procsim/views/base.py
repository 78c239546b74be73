"""What a view is: something that draws the state of a run, whether the run is live or replayed."""

import contextlib
import errno
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import IO, Protocol

from procsim import Claim
from procsim.findings import Finding
from procsim.harmless import harmless
from procsim.language import _, called
from procsim.state.run_state import RunState
from procsim.views import Again
from procsim.views.wishes import Movement, Wish
from procsim.wire.events import Event


@dataclass(frozen=True)
class Verdict:
    """What a run has shown: the last thing that a view draws, and the last line of a recording."""

    scenario: str
    claims: list[Claim] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


class View(Protocol):
    """Draws a run. Entered before the first event, left after the last; `finish` comes after that."""

    def __enter__(self) -> "View": ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def event(self, event: Event, run: RunState) -> None:
        """One event, drawn into the state already."""

    def wishes(self, run: RunState) -> Sequence[Wish]:
        """What people wish since this was asked last. Called steadily, also when nothing happens."""
        return ()

    def tick(self, run: RunState, movement: Movement | None) -> None:
        """Called after that: draw the run as it is now. `movement`: None where a recording is shown."""

    def suspend(self) -> None:
        """Leave the terminal to the shell until it lets us go on."""
        return

    prints_at_the_end: bool = False
    """Whether what the program prints is written when the run is over, and not as it comes."""

    @property
    def again(self) -> Again:
        """What people want now that the run is over."""
        return Again.NO

    def finish(self, run: RunState, verdict: Verdict) -> None:
        """The run has ended."""


@dataclass
class Column:
    """One of the ways that are compared: a run that has not begun yet, is shown now, or has ended."""

    name: str
    """As the scenario has it, not yet translated."""
    run: RunState = field(default_factory=RunState)
    begun: bool = False
    verdict: Verdict | None = None
    """What it has shown, once it has ended."""


class ComparedView(View, Protocol):
    """Draws several runs that are made one after the other. `event` and `tick` belong to the one that began last;
    `finish` comes once, with what they have shown together."""

    def begin(self, column: Column) -> None:
        """The run of this column begins."""

    def end(self, column: Column) -> None:
        """It has ended, and has its verdict."""


class ReaderGone(Exception):
    """Nobody reads what a view writes any more (`| head -1`, or the terminal was closed)."""


class CannotWrite(Exception):
    """What a view writes cannot be written; the text says why."""


@contextlib.contextmanager
def writing() -> Iterator[None]:
    """Say by `ReaderGone` or `CannotWrite` what keeps us from writing."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.EPIPE, errno.EIO):
            raise ReaderGone from error
        raise CannotWrite(_("the output cannot be written: {reason}").format(reason=error.strerror)) from error


def forget_output(stream: IO[str]) -> None:
    """What is still to be written there goes nowhere; the interpreter would try again at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def clean(text: object) -> str:
    """Text of a traced program as people read it, with nothing in it that a terminal would obey."""
    return harmless(called(str(text)))


def seconds(ns: int | float) -> str:
    """A time as people read it: "0.42 s", "3 ms"."""
    value = ns / 1e9
    if value >= 0.1:
        return f"{value:.2f} s"
    return f"{value * 1e3:.1f} ms" if value >= 1e-3 else f"{value * 1e6:.0f} µs"
