"""The ways in which a run can be shown. To add one: one file with its View, and one row in VIEWS."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:  # a view is imported when it is chosen: rich would cost `procsim --help` 20 ms
    from rich.console import Console

    from procsim.views.base import Column, View


BORROWED = "PROCSIM_TERMINAL"
"""By this variable a procsim that has lent us its terminal names two descriptors: of a pipe whose end says that it has
gone, and of the pipe to the terminal's keeper. See `terminal.Terminal.lent`."""


class Again(Enum):
    """What people want when a run is over."""

    NO = "no"
    SAME = "same"
    OTHER_WAY = "other way"


@dataclass(frozen=True)
class Showing:
    """What a view is to show."""

    title: str
    """The command line."""
    watching: bool = False
    """Whether it is a program that is only watched, and not a scenario."""
    source: Path | None = None
    """The code of a scenario, or of the script that is watched."""
    other_way: str = ""
    """What would be changed, where people ask for it the other way; empty: there is none."""
    speed: float = 1
    """Seconds of a recording that are shown in one second."""
    asks: bool = False
    """Whether it is for people to say what becomes of a program that hangs."""
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

    return PlainView(console, show_printed=not showing.watching, asks=showing.asks)


def _json(showing: Showing) -> "View":
    from procsim.views.jsonl import JsonView

    return JsonView(sys.stdout, showing.columns)


def _console(stream: TextIO) -> "Console":
    from procsim.views.console import console

    return console(stream)


VIEWS: dict[str, Callable[[Showing], "View"]] = {"live": _live, "plain": _plain, "json": _json}
"""By name: what makes the view of something that is to be shown."""
