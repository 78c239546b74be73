"""The report of a rehearsal: makes all checks, prints a line for each as soon as it is made, and the verdict."""

import time
from collections.abc import Iterable, Iterator, Sequence

from rich.cells import cell_len, set_cell_size
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from procsim.exit_code import ExitCode
from procsim.language import _
from procsim.lessons.chapter import Chapter
from procsim.lessons.pages import print_page
from procsim.rehearsal import lessons, machine, screen
from procsim.rehearsal.check import Check, Result
from procsim.views.console import console
from procsim.views.text.prose import Prose
from procsim.views.text.summary import ascii_only

LONGEST_SECONDS = 60
"""A whole rehearsal takes no longer: ten minutes before class there are other things to do."""

ENDING_SECONDS = 3
"""What the end of the runs that are cut off may take of it."""

NAME_CELLS = 14
"""How wide the names of the checks are; a longer one takes what it needs."""

MARKS = {Result.GOOD: "✔", Result.POOR: "▲", Result.FAILED: "✘", Result.LEFT_OUT: "–"}  # noqa: RUF001
ASCII_MARKS = {Result.GOOD: "[ok]", Result.POOR: "!", Result.FAILED: "[NO]", Result.LEFT_OUT: "-"}


def rehearse(chapters: Iterable[Chapter], folders: Sequence[str], language: str | None) -> int:
    """Make all checks, and print a line for each. `folders` and `language`: as for the runs of the menu.

    Returns the exit code. Raises `ReaderGone` or `CannotWrite`, and `SystemExit` where a signal ends it.
    """
    began = time.monotonic()
    shown = console()
    results = []
    for check in _checks(chapters, folders, language, began + LONGEST_SECONDS - ENDING_SECONDS):
        results.append(check.result)
        print_page(row_of(check, shown.is_terminal, ascii_only(shown)), wide=not shown.is_terminal)
    print_page(Text(), Prose(_verdict(results, time.monotonic() - began)), wide=not shown.is_terminal)
    return ExitCode.NOT_SHOWN if Result.FAILED in results else ExitCode.SHOWN


def _checks(
    chapters: Iterable[Chapter], folders: Sequence[str], language: str | None, deadline: float
) -> Iterator[Check]:
    yield from screen.checks()
    yield from machine.checks()
    yield from lessons.checks(chapters, folders, language, deadline)


def row_of(check: Check, in_columns: bool, plain_marks: bool) -> RenderableType:
    """The mark, what was checked, what has come of it; and, where something is wrong, what to do."""
    marks = ASCII_MARKS if plain_marks else MARKS
    mark = set_cell_size(marks[check.result], max(map(cell_len, marks.values())))
    words = check.words
    if check.remedy:
        words = _("{words}: {remedy}").format(words=words, remedy=check.remedy)
    style = "strong" if check.result in (Result.POOR, Result.FAILED) else ""
    head = Text(f"{mark} {set_cell_size(check.name, max(NAME_CELLS, cell_len(check.name)))}  ", style)
    if not in_columns:
        return head + Text(words, style)
    row = Table.grid()
    row.add_column(no_wrap=True)
    row.add_column(overflow="fold")  # nothing may be cut off
    row.add_row(head, Prose(words, style))
    return row


def _verdict(results: list[Result], seconds: float) -> str:
    """What the whole rehearsal has come to."""
    failed, left_out = results.count(Result.FAILED), results.count(Result.LEFT_OUT)
    words = _("{failed} of {count} checks failed") if failed else _("nothing failed in {count} checks")
    text = words.format(failed=failed, count=len(results) - left_out)
    if left_out:
        text = _("{words}; left out: {count}").format(words=text, count=left_out)
    return _("{words} ({seconds} s)").format(words=text, seconds=round(seconds))
