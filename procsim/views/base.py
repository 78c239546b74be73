"""What a view is: it draws runs, live or replayed; one run, or several that are compared.

session ──► begin, event … tick … event … tick, end, finish ──► the view
session ◄── wishes: what people want ◄── the view
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from procsim import Claim
from procsim.findings import Finding
from procsim.harmless import harmless
from procsim.language import localized_names
from procsim.state.run_state import RunState
from procsim.views import Again, Back
from procsim.views.wishes import Movement, Wish
from procsim.wire.events import Event


@dataclass(frozen=True)
class Revealed:
    """What people were asked to predict, what they predicted, and what came."""

    lesson: str
    ask: str
    answers: Sequence[str]
    predicted: int
    """The number of their answer, from 1 on; 0: none."""
    came: int = 0
    """The number of the answer that was right in this run; 0: none of them."""
    instead: str = ""
    """What came, if it is none of the answers; empty: it is not known."""
    asked: bool = True
    """False: the run did not come to the step before which it was to ask."""


@dataclass(frozen=True)
class Verdict:
    """What a run has shown: the last thing that a view draws, and the last line of a recording."""

    scenario: str
    claims: list[Claim] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    accepted: list[Finding] = field(default_factory=list)
    """Findings that the program's author accepts: they are counted, and not shown."""
    revealed: Revealed | None = None
    """None: nothing was asked."""


@dataclass
class Column:
    """One of the ways that are compared: a run that has not begun yet, is shown now, or has ended."""

    name: str
    """As the scenario has it, not yet translated."""
    run: RunState = field(default_factory=RunState)
    begun: bool = False
    verdict: Verdict | None = None
    """What it has shown, once it has ended."""


class View:
    """Draws runs. This one draws nothing; a view overrides what it needs.

    It is entered before the first event and left after `stand`; `finish` comes after that. Every method may raise
    `ReaderGone` or `CannotWrite`.
    """

    prints_at_the_end = False
    """Whether what the program prints is written when the run is over, and not as it comes."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    stood = False
    """Whether the last picture stood, and people could say by a key what they want now."""

    @property
    def again(self) -> Again:
        """What people want when the run is over."""
        return Again.NO

    @property
    def back(self) -> Back | None:
        """From which step on, if they want it again from an earlier step (`Again.BACK`)."""
        return None

    @property
    def stays(self) -> bool:
        """Whether a recording that was read to its end is still shown: it is played on, or people look at it."""
        return False

    def begin(self, column: Column) -> None:
        """Of several runs that are compared, one after the other, the next one begins."""

    def event(self, event: Event, run: RunState) -> None:
        """One event, which `run` includes already."""

    def wishes(self, run: RunState) -> Sequence[Wish]:
        """What people wish since the last call. Called many times a second, also while nothing happens."""
        return ()

    def tick(self, run: RunState, movement: Movement | None) -> None:
        """Called after `wishes`: draw the run as it is now. `movement` is None while a recording is shown."""

    def was_read(self, share: float) -> None:
        """So much of a recording was read, from 0 to 1; the rest follows while this is shown."""

    def end(self, column: Column) -> None:
        """Of several runs, the one that began last has ended, and has its verdict."""

    def suspend(self) -> None:
        """Leave the terminal to the shell until the shell continues this process."""

    def stand(self, run: RunState, verdict: Verdict, ended: Callable[[], bool]) -> None:
        """The run has ended by itself: let its last picture stand until people have seen it, or until `ended()`.

        The view is still entered.
        """

    def finish(self, run: RunState, verdict: Verdict) -> None:
        """The run has ended; of several, all have, and the verdict is what they have shown together."""


def clean(text: object) -> str:
    """Text of a traced program as people read it: localized names, and nothing in it that a terminal would obey."""
    return harmless(localized_names(str(text)))


def seconds(ns: int | float) -> str:
    """A time as people read it: "0.42 s", "3 ms"."""
    value = ns / 1e9
    if value >= 0.1:
        return f"{value:.2f} s"
    return f"{value * 1e3:.1f} ms" if value >= 1e-3 else f"{value * 1e6:.0f} µs"
