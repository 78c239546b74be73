"""Pages to be read: a lesson of a chapter, and a scenario's source. Coloured on a terminal, plain elsewhere."""

import sys
from pathlib import Path

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from procsim.language import _
from procsim.lessons.chapter import Lesson
from procsim.output import writing
from procsim.views.console import console
from procsim.views.text.highlight import highlighted
from procsim.views.text.prose import Prose

MOST_CELLS = 88
"""Of a line of prose: wider ones are hard to read aloud."""


def headline(lesson: Lesson) -> str:
    """Its id, if it has one, and what it states."""
    return f"{lesson.id}  {_(lesson.statement)}".strip()


def explanation(lesson: Lesson) -> RenderableType:
    """What the lesson is about, what to look for, what to ask, and how to show it."""
    parts: list[RenderableType] = [Text(headline(lesson), "strong"), Prose(_(lesson.about)), Text()]
    if lesson.look:
        parts += [Text(_("What to look for"), "strong"), _indented(_(lesson.look)), Text()]
    if lesson.questions:
        parts.append(Text(_("What to ask the class"), "strong"))
        for question in lesson.questions:
            parts += [_indented(_(question.ask)), _indented(_(question.answer), "faint", 4)]
        parts.append(Text())
    for predict in lesson.predicts:
        asked = predict.prediction
        answers = (f"{number}  {_(text)}" for number, text in enumerate(asked.answers, 1))
        parts += [Text(_("What to let them predict"), "bold cyan"), _indented(f"procsim {predict.way} --ask", "bold")]
        parts += [_indented(_(asked.ask)), *(_indented(row, "", 4) for row in answers), Text()]
    for word, line in zip((_("The right way"), _("The wrong way")), lesson.ways, strict=False):
        parts += [Text(word, "strong"), _indented(f"procsim {line}", "strong")]
    return Group(*parts, Text())


def source(path: Path) -> RenderableType:
    """A file of Python or TOML, highlighted on a terminal; elsewhere as it is."""
    text = path.read_text(encoding="utf-8", errors="replace").rstrip("\n")  # one is printed after it
    if not sys.stdout.isatty():
        return Text(text)
    return highlighted(text, path.suffix.removeprefix("."))


def print_page(*pages: RenderableType, wide: bool = False) -> None:
    """Print them on standard output; wide ones unwrapped. Raises `ReaderGone` or `CannotWrite`."""
    page_console = console()
    with page_console.capture() as drawn:  # rich would end the process by itself where the reader is gone
        for page in pages:
            page_console.print(page, width=None if wide else min(page_console.width, MOST_CELLS), soft_wrap=wide)
    with writing():
        sys.stdout.write(drawn.get())
        sys.stdout.flush()


def _indented(text: str, style: str = "", cells: int = 2) -> Padding:
    return Padding(Prose(text, style), (0, 0, 0, cells), expand=False)
