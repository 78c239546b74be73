"""The ways in which a run can be shown. To add one: one file with its View, and one row in VIEWS."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:  # a view is imported when it is chosen: rich would cost `procsim --help` 20 ms
    from rich.console import Console

    from procsim.views.base import View


def _live(title: str, watching: bool) -> "View":
    from procsim.views.live import LiveView

    return LiveView(_console(sys.stdout), title, watching)


def _plain(title: str, watching: bool) -> "View":
    from procsim.views.plain import PlainView

    # The program watched keeps standard output for itself.
    return PlainView(_console(sys.stderr if watching else sys.stdout), show_printed=not watching)


def _json(title: str, watching: bool) -> "View":
    from procsim.views.jsonl import JsonView

    return JsonView(sys.stdout)


def _console(stream: TextIO) -> "Console":
    from rich.console import Console

    return Console(file=stream, highlight=False, markup=False, emoji=False)


VIEWS: dict[str, Callable[[str, bool], "View"]] = {"live": _live, "plain": _plain, "json": _json}
"""By name: what makes the view from the title of the run, and whether it shows a program that is only watched."""
