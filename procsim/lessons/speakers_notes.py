"""Speaker's notes: what to say, run, look for, ask and let predict, as Markdown that a teacher prints or edits."""

from collections.abc import Iterable, Iterator

from procsim.harmless import harmless
from procsim.language import _
from procsim.lessons.chapter import Chapter, Lesson
from procsim.lessons.pages import right_answer, ways_of


def speakers_notes(chapters: Iterable[Chapter]) -> str:
    """The notes of these chapters, in the chosen language."""
    blocks = (block for chapter in chapters for block in _chapter(chapter))
    return "\n\n".join("\n".join(map(harmless, block.split("\n"))) for block in blocks) + "\n"


def _chapter(chapter: Chapter) -> Iterator[str]:
    yield f"# {_(chapter.title)}"
    for lesson in chapter.lessons:
        yield from _lesson(lesson)


def _lesson(lesson: Lesson) -> Iterator[str]:
    if lesson.id:
        yield f"## {lesson.id}  {_(lesson.statement)}"
    yield from _part(_("What to say"), [_(lesson.about)])
    ways = (f"- {word.rstrip()}: `{line}`" for word, line in ways_of(lesson))
    yield from _part(_("What to run"), ["\n".join(ways)])
    yield from _part(_("What to look for"), [_(lesson.look)])
    yield from _part(
        _("What to ask the class"),
        [line for question in lesson.questions for line in (f"**{_(question.ask)}**", _(question.answer))],
    )
    if asked := lesson.prediction:
        answers = "\n".join(f"{number}. {_(text)}" for number, text in enumerate(asked.answers, 1))
        blocks = [f"`procsim {lesson.asking}`", f"**{_(asked.ask)}**", answers, right_answer(asked)]
        yield from _part(_("What to let them predict"), blocks)


def _part(heading: str, blocks: Iterable[str]) -> Iterator[str]:
    """A heading and what stands below it; nothing where nothing does."""
    written = [block for block in blocks if block]
    if written:
        yield f"### {heading}"
        yield from written
