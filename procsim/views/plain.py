"""The plain view: one line an event that matters, and the summary. For a pipe, a log, a screen reader."""

import contextlib
import os
from collections.abc import Iterator
from types import TracebackType

from rich.cells import cell_len
from rich.console import COLOR_SYSTEMS, Console
from rich.style import Style

from procsim.harmless import harmless
from procsim.language import _
from procsim.state.run_state import RunState
from procsim.views import Again
from procsim.views.base import CannotWrite, ReaderGone, Verdict, View, clean, forget_output, writing
from procsim.views.summary import print_summary
from procsim.views.wishes import Movement
from procsim.views.words import STYLES, event_style, event_words, localized
from procsim.wire.events import Event

PROCESS_CELLS = 16
WORDS_CELLS = 42
"""Cells of the columns; what is longer pushes the rest of its line aside."""


STORY = ("said", "raised", "finding")
"""The kinds of the events that are told, where the story alone is."""


class PlainView(View):
    """Writes the events of a run as lines."""

    def __init__(
        self, console: Console, show_printed: bool = True, story_alone: bool = False, asks: bool = False
    ) -> None:
        self._console = console
        self._show_printed = show_printed
        """Whether what the program prints is shown here; else it writes by itself, perhaps on the same terminal."""
        self._story_alone = story_alone
        """Whether only what the program itself tells is written, and what is wrong."""
        self._asks = asks
        """Whether people are still to be told how they end a program that hangs."""
        # Rendered without the console, which takes 100 µs a line; NO_COLOR is the console's `no_color`.
        self._colours = None if console.no_color else COLOR_SYSTEMS.get(console.color_system or "")
        self._lines: list[str] = []
        """Lines that the next tick writes, all at once: standard error would be written line by line."""

    again = Again.NO
    prints_at_the_end = False

    def __enter__(self) -> "PlainView":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def event(self, event: Event, run: RunState) -> None:
        if event.kind == "printed" and not self._show_printed:
            return
        if event.kind == "printed":
            for text in str(event.fields["text"]).splitlines():
                self._line(event, clean(text), event.process)
            return
        if self._story_alone and event.kind not in STORY:
            return
        words = event_words(event, run)
        if words is not None:
            self._line(event, words, event.process or run.process_name(event.pid))
        if event.kind == "finding" and event.fields.get("cure_template"):
            self._more(localized(event.fields["cure_template"], event.fields["figures"]), STYLES["cure"])

    def _line(self, event: Event, words: str, process: str) -> None:
        name = clean(process) or _("(output)")
        style = event_style(event)
        head = f"{event.t / 1e9:9.3f}  {_padded(name, PROCESS_CELLS)}  "
        body = _padded(words, WORDS_CELLS) if event.at else words
        body = self._styled(body, style)
        self._lines.append(f"{head}{body}  {clean(event.at)}\n" if event.at else f"{head}{body}\n")

    def _more(self, words: str, style: str) -> None:
        """A line that belongs to the one above it."""
        self._lines.append(f"{'':{9 + 2 + PROCESS_CELLS + 2}}{self._styled(words, style)}\n")

    def _styled(self, words: str, style: str) -> str:
        words = harmless(words)
        return (
            Style.parse(style).render(words, color_system=self._colours)
            if style and self._colours is not None
            else words
        )

    def tick(self, run: RunState, movement: Movement | None) -> None:
        if self._asks and run.found and run.hangs():
            self._asks = False
            self._more(_("Ctrl-C ends it"), "")
        lines, self._lines = "".join(self._lines), []
        with self._writing():
            if lines:
                self._console.file.write(self._row_of_our_own() + lines)
            self._console.file.flush()

    def finish(self, run: RunState, verdict: Verdict) -> None:
        with self._writing():
            self._console.file.write(self._row_of_our_own())
            self._console.print()
            print_summary(self._console, run, verdict)
            self._console.file.flush()

    def _row_of_our_own(self) -> str:
        """What to write first where the program may have left a line unfinished on our terminal: a progress bar, say.

        As many blanks as a row has: from the middle of a row they lead into the next one, from its beginning to its
        end, where a terminal stays until one more is written. So a carriage return leads to the beginning of an empty
        row, as zsh has it before its prompt (its option PROMPT_SP).
        """
        if self._show_printed or not self._console.is_terminal or self._console.is_dumb_terminal:
            return ""
        with contextlib.suppress(OSError, ValueError):
            return " " * os.get_terminal_size(self._console.file.fileno()).columns + "\r"
        return ""

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            with writing():
                yield
        except (ReaderGone, CannotWrite):
            if self._show_printed:
                raise
            forget_output(self._console.file)  # the program has its output for itself, and goes on


def _padded(text: str, cells: int) -> str:
    """The text and as many blanks as its column needs; Chinese characters take two cells."""
    if len(text) >= cells:  # to count the cells of a long line takes a second
        return text
    return text + " " * (cells - (len(text) if text.isascii() else cell_len(text)))
