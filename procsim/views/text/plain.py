"""The plain view: one line an event that matters, and the summary. For a pipe, a log, a screen reader."""

from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import COLOR_SYSTEMS, Console
from rich.style import Style

from procsim.harmless import harmless
from procsim.language import _
from procsim.state.run_state import RunState
from procsim.views.base import Verdict, View, clean
from procsim.views.text.beside import Beside
from procsim.views.text.predictions import answer_rows
from procsim.views.text.summary import print_summary
from procsim.views.text.typed import TypedAnswers, prompt
from procsim.views.text.words import STYLES, event_style, event_words, localized
from procsim.views.wishes import Movement, Predict, Wish
from procsim.wire.events import Event

PROCESS_CELLS = 16
WORDS_CELLS = 42
"""Cells of the columns; what is longer pushes the rest of its line aside."""


QUESTION = ("prediction_asked", "prediction_made")

STORY = ("said", "raised", "finding", *QUESTION)
"""The kinds of events that are written where only the story is wanted."""


class PlainView(View):
    """Writes the events of a run as lines."""

    def __init__(
        self,
        console: Console,
        show_printed: bool = True,
        story_alone: bool = False,
        asks: bool = False,
        *,
        answers: TypedAnswers | None = None,
    ) -> None:
        self._console = console
        self._show_printed = show_printed
        """Whether this view writes what the program prints; if not, the program does, perhaps to the same terminal."""
        self._story_alone = story_alone
        """Whether only what the program says is written, and what is wrong."""
        self._asks = asks
        """Whether a line is still to be written that says how to end a program that hangs."""
        self._beside = Beside(console.file, program_writes=not show_printed)
        self._answers = answers
        """Where people type their answer to a question; None: nowhere."""
        # Lines are styled without the console's rendering, which takes 100 µs for each.
        self._colours = COLOR_SYSTEMS.get(console.color_system or "")
        self._lines: list[str] = []
        """The lines that the next tick writes in one piece; standard error has no buffer."""

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
        if event.kind in QUESTION:
            event = event._replace(at=None)  # the question is what matters, not the line before which it stops
        if words is not None:
            self._line(event, words, event.process or run.process_name(event.pid))
        if event.kind == "finding" and event.fields.get("cure_template"):
            self._more(localized(event.fields["cure_template"], event.fields["figures"]), STYLES["cure"])
        if event.kind == "prediction_asked":
            for row in answer_rows(event.fields["answers"]):
                self._more(row, "")
            if self._answers is not None:
                self._answers.forget()
                self._lines.append(prompt(len(event.fields["answers"])))

    def _line(self, event: Event, words: str, process: str) -> None:
        name = clean(process) or _("(output)")
        style = event_style(event)
        head = f"{event.t / 1e9:9.3f}  {_padded(name, PROCESS_CELLS)}  "
        body = _padded(words, WORDS_CELLS) if event.at else words
        body = self._styled(body, style)
        self._lines.append(f"{head}{body}  {clean(event.at)}\n" if event.at else f"{head}{body}\n")

    def _more(self, words: str, style: str) -> None:
        """Add a line that belongs to the one above it."""
        self._lines.append(f"{'':{9 + 2 + PROCESS_CELLS + 2}}{self._styled(words, style)}\n")

    def _styled(self, words: str, style: str) -> str:
        words = harmless(words)
        if self._colours is None or not style:
            return words
        return self._console.get_style(style, default=Style.null()).render(words, color_system=self._colours)

    def wishes(self, run: RunState) -> Sequence[Wish]:
        question = run.question
        if question is None or self._answers is None:
            return ()
        count = len(question.fields["answers"])
        answer = self._answers.read(count)
        if answer is None:
            return ()
        if answer < 0:
            self._lines.append(prompt(count))
            return ()
        return [Predict(answer)]

    def tick(self, run: RunState, movement: Movement | None) -> None:
        if self._asks and run.found and run.hangs():
            self._asks = False
            self._more(_("Ctrl-C ends it"), "")
        lines, self._lines = "".join(self._lines), []
        with self._beside.writing():
            if lines:
                self._console.file.write(self._beside.row_of_our_own() + lines)
            self._console.file.flush()

    def finish(self, run: RunState, verdict: Verdict) -> None:
        with self._beside.writing():
            self._console.file.write(self._beside.row_of_our_own())
            self._console.print()
            print_summary(self._console, run, verdict)
            self._console.file.flush()


def _padded(text: str, cells: int) -> str:
    """The text and as many blanks as its column needs; Chinese characters take two cells."""
    if len(text) >= cells:  # cell_len takes up to a second for a very long line
        return text
    return text + " " * (cells - (len(text) if text.isascii() else cell_len(text)))
