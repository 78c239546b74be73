"""Pages to be read: a lesson, the list of all lessons, a scenario's source. Coloured on a terminal, plain elsewhere.

A lesson has one way or two to be run, each a command: the first one shows what it states, the second is to be compared
with it, such as `tickets --no-lock` and `tickets --lock`.

Lesson, Chapter, file ──► explanation, overview, source ──► print_page
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from rich.cells import cell_len, set_cell_size
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from procsim.control.prediction import Prediction
from procsim.language import _
from procsim.lessons.chapter import WAYS, Chapter, Lesson
from procsim.output import writing
from procsim.views.console import console
from procsim.views.text.highlight import highlighted
from procsim.views.text.prose import Prose

MOST_CELLS = 88
"""Of a line of prose: wider ones are hard to read aloud."""


def headline(lesson: Lesson) -> str:
    """Its id, if it has one, and what it states."""
    return f"{lesson.id}  {_(lesson.statement)}".strip()


def ways_of(lesson: Lesson) -> list[tuple[str, str]]:
    """What each way is for ("shows it", "compare with"), all of one width, and the command as people type it."""
    words = [_(word) for word in WAYS]
    widest = max(map(cell_len, words))
    return [(set_cell_size(word, widest), f"procsim {line}") for word, line in zip(words, lesson.ways, strict=False)]


def right_answer(asked: Prediction) -> str:
    """Which answer is right, as far as that is known before the run."""
    if asked.right is None and asked.expected is not None:
        words = _("Expect answer {number}, {answer}. The figures of the run decide whether it came so.")
        return words.format(number=asked.expected, answer=_(asked.answers[asked.expected - 1]))
    if asked.right is None:
        return _("The figures of the run decide which answer is right.")
    return _("Answer {number} is right.").format(number=asked.right)


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
    if asked := lesson.prediction:
        answers = (f"{number}  {_(text)}" for number, text in enumerate(asked.answers, 1))
        parts += [Text(_("What to let them predict"), "strong"), _indented(f"procsim {lesson.asking}", "strong")]
        parts += [_indented(_(asked.ask)), *(_indented(row, "", 4) for row in answers)]
        parts += [_indented(right_answer(asked), "faint", 4), Text()]
    parts.append(Text(_("What to run"), "strong"))
    parts += [
        Padding(Text.assemble(f"{word}  ", (line, "strong")), (0, 0, 0, 2), expand=False)
        for word, line in ways_of(lesson)
    ]
    return Group(*parts, Text())


def overview(chapters: Iterable[Chapter]) -> RenderableType:
    """All chapters with their lessons, and the commands that show each."""
    lines: list[Text] = []
    for chapter in chapters:
        lines.append(Text.assemble((chapter.name, "strong"), f"  {_(chapter.title)}"))
        for lesson in chapter.lessons:
            lines += [Text(f"  {headline(lesson)}")] if lesson.id else []
            lines += [Text(f"      {word}  {line}") for word, line in ways_of(lesson)]
    hint = _("procsim explain {lesson}: what a lesson is about, what to look for, and what to ask the class")
    return Group(*lines, Text(), Text(hint.format(lesson="M1")))


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
