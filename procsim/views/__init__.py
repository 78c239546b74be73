"""The ways in which a run can be shown. To add one: one file with its View, and one row in VIEWS.

    session ──► View (base.py): begin, event, tick, end, finish ──► a screen, lines, or JSON
    session ◄── Wish (wishes.py): pause, step, end … ◄── keys

`session` knocks here, and `command`, which makes a view by its name; the menu and the pages of `lessons` use the
console, the keyboard and the terminal.

A view only draws: it knows the state of a run and how it moves, but not who moves it or how it is ended. What people
wish it returns, and the session grants it. All text goes through `console.py` or is escaped (JSON), so that nothing
that a program, a file or a recording holds can command the terminal. A view is imported when it is chosen, since rich
and prompt_toolkit take longer to import than all the rest.
"""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TextIO

if TYPE_CHECKING:
    from rich.console import Console

    from procsim import Headline
    from procsim.state.run_state import RunState
    from procsim.views.base import Column, View
    from procsim.wire.events import Event


BORROWED = "PROCSIM_TERMINAL"
"""The environment variable by which the menu lends its terminal to a procsim that it starts. It names two descriptors:
a connection that ends when the lender does, and the pipe to the terminal's keeper. See `Terminal.lent`."""


class Again(Enum):
    """What people want after a run."""

    NO = "no"
    SAME = "same"
    OTHER_WAY = "other way"
    BACK = "back"
    """From an earlier step on; the view's `back` says from which."""


class Back(NamedTuple):
    """From which step of a run on people want it again."""

    events: "Sequence[Event]"
    """Those of the run up to there; all of its steps are among them."""
    chosen: tuple[str, int] | None
    """The process that is to move next: its name, and its place among those of that name, in the order of birth."""


@dataclass(frozen=True)
class Showing:
    """What a view is to show."""

    title: str
    """The command line."""
    watching: bool = False
    """Whether it is a program that is only watched, and not a scenario."""
    source: Path | None = None
    """The code of a scenario, or of the script that is watched."""
    headline: "Callable[[RunState], Headline | None] | None" = None
    """What a run of a scenario is about, now. It may raise whatever the scenario's code raises."""
    other_way: str = ""
    """The options of the other way (without the lock, say), as people would type them; empty: there is none."""
    speed: float = 1
    """Seconds of a recording that are shown in one second."""
    asks: bool = False
    """Whether people decide what becomes of a program that hangs."""
    holds: bool = False
    """Whether the last picture stands until a key is pressed."""
    question: bool = False
    """Whether the lesson has a question that people can be asked before the step that decides."""
    will_ask: bool = False
    """Whether the run asks it without being wished to."""
    recorded: bool = False
    """Whether it is a recording."""
    big: bool = False
    """Whether the picture is for the back row of a class: less, and larger."""
    summary: bool = False
    """Whether the lanes of the whole run are wanted at its end, where the view does not draw them anyway."""
    columns: "Sequence[Column]" = ()
    """The ways that are compared; empty: there is one run."""


def _live(showing: Showing) -> "View":
    if showing.columns:
        from procsim.views.compare import ComparedLive

        return ComparedLive(_console(sys.stdout), showing)
    from procsim.views.live.view import LiveView

    return LiveView(_console(sys.stdout), showing)


def _plain(showing: Showing) -> "View":
    # The program watched keeps standard output for itself.
    console = _console(sys.stderr if showing.watching else sys.stdout)
    if showing.columns:
        from procsim.views.compare import ComparedPlain

        return ComparedPlain(console, showing.columns)
    from procsim.views.text.plain import PlainView
    from procsim.views.text.typed import TypedAnswers

    answers = TypedAnswers(sys.stdin) if showing.will_ask else None
    return PlainView(console, show_printed=not showing.watching, asks=showing.asks, answers=answers)


def _brief(showing: Showing) -> "View":
    if showing.columns:
        return _plain(showing)  # it writes no more than the story of each way
    from procsim.views.text.brief import BriefView

    return BriefView(sys.stderr if showing.watching else sys.stdout, showing)


def _json(showing: Showing) -> "View":
    from procsim.views.jsonl import JsonView

    return JsonView(sys.stdout, showing.columns)


def _console(stream: TextIO) -> "Console":
    from procsim.views.console import console

    return console(stream)


VIEWS: dict[str, Callable[[Showing], "View"]] = {"live": _live, "brief": _brief, "plain": _plain, "json": _json}
"""The views by their names, each as a function that makes it."""
