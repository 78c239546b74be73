"""How an exploration is shown while it goes on, and how people end it: by a key, or a signal.

executor, explorer ──► begin, look, stand ──► the live view, or a few lines ──► KeyboardInterrupt where it is to end
"""

import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from procsim.errors import WrongUse
from procsim.language import _
from procsim.session.faults import VIEW, Faults
from procsim.session.signals import Signals

if TYPE_CHECKING:
    from procsim.command.exploring import ExploredViewName
    from procsim.explore.explorer import Budget
    from procsim.explore.outcomes import Exploration, Kind
    from procsim.views.exploring import Progress
    from procsim.views.live.exploring import ExploringScreen


def view_name(asked: "ExploredViewName | None") -> "ExploredViewName":
    """The view that is asked for, or else the live one where there is a terminal. Raises `WrongUse`."""
    terminal = sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    if asked == "live" and not terminal:
        raise WrongUse(_("--view live needs a terminal; use --view plain or --view json here"))
    return asked or ("live" if terminal else "plain")


def progress_view(view: "ExploredViewName", title: str, budget: "Budget") -> "Progress | ExploringScreen":
    """What shows how it goes on; `title`: the command."""
    from procsim.views.console import console

    if view == "live":
        from procsim.views.live.exploring import ExploringScreen

        return ExploringScreen(console(sys.stdout), title, budget)
    from procsim.views.exploring import Progress

    return Progress(console(sys.stderr), title)


class Shown:
    """The view of an exploration, which is left out if it fails. To be entered; `complain` at the end says that."""

    def __init__(self, view: "Progress | ExploringScreen", signals: Signals) -> None:
        self._view, self._signals = view, signals
        self._faults = Faults()
        self._failed = self._entered = False

    def __enter__(self) -> "Shown":
        self._view.__enter__()
        self._entered = True
        return self

    def __exit__(self, *error: object) -> None:
        if self._entered:
            self._entered = False
            self._view.__exit__(*error)

    def look(self) -> None:
        """Have the view do what it does while we wait. Raises `KeyboardInterrupt` where people want it to end."""
        wanted: list[bool] = []
        self._attempt(lambda: wanted.append(self._view.look()))
        if any(wanted) or self._signals.received:
            raise KeyboardInterrupt

    def begin(self, found: "Exploration") -> None:
        """The program stands, and is explored; `found` says at any time what is known."""
        self._attempt(lambda: self._view.know(found))

    def stand(self, found: "Exploration", again: "Mapping[Kind, str]") -> None:
        """It is over: people look at it for as long as they like."""
        self._attempt(lambda: self._view.stand(found, again, lambda: bool(self._signals.received)))

    def complain(self) -> None:
        """Say, in a line on standard error, if the view has failed."""
        self._faults.complain()

    def _attempt(self, call: Callable[[], object]) -> None:
        if self._failed or self._faults.attempt(VIEW, call):
            return
        self._failed = True
        self._faults.attempt(VIEW, self.__exit__, None, None, None)
