"""A chapter: the lessons about one scenario, in a TOML file that a teacher edits.

file ──► tomllib ──► _Table: fields, checked ──► Question, Prediction ──► Lesson ──► Chapter
"""

import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from procsim.control.prediction import Prediction, Stop, may_be_asked_before
from procsim.errors import ProcsimError
from procsim.language import N_, _


class NoChapter(ProcsimError):
    """The file holds no chapter; the text says in one line where it is wrong, and what to write."""


class Question(NamedTuple):
    """What to ask the class, and the answer."""

    ask: str
    answer: str


class Lesson(NamedTuple):
    """One statement, and how to teach it. The texts are messages, to be translated where they are shown."""

    id: str
    """Such as "M1"; the claims under a run have the same."""
    statement: str
    shows: str
    """The arguments of `procsim` that show it."""
    compare_with: str
    """Those to compare it with; empty where there is nothing to compare."""
    about: str
    look: str
    """What to look for on the screen."""
    questions: tuple[Question, ...]
    prediction: Prediction | None = None
    """What to ask before the step that decides, in the run that shows it."""

    @property
    def ways(self) -> tuple[str, ...]:
        """The arguments of its ways: the one that shows it, and the one to compare it with."""
        return (self.shows, self.compare_with) if self.compare_with else (self.shows,)

    @property
    def asking(self) -> str:
        """The arguments of the run that asks what will come; of use where there is a prediction."""
        return f"{self.shows} --ask"


class Chapter(NamedTuple):
    """The lessons of one scenario."""

    name: str
    """The command of the scenario."""
    title: str
    lessons: tuple[Lesson, ...]


WAYS = (N_("shows it"), N_("compare with"))
"""What each of the ways of a lesson is for."""

CHAPTER = {"lesson": ""}
LESSON = {
    "id": "T1",
    "statement": N_("what the run shows, in one sentence"),
    "shows": "procsim {name} --no-lock",
    "compare_with": "procsim {name} --lock",
    "about": N_("what happens, and why"),
    "look": N_("what to look for on the screen"),
    "question": "",
    "predict": "",
}
QUESTION = {"ask": N_("what to ask the class"), "answer": N_("what they should find out")}
PREDICT = {
    "before": "lock_acquired",
    "by": "user-*",
    "of": "mutex",
    "time": "",
    "ask": N_("what to ask before this step"),
    "answers": "",
    "answer": "",
    "figure": "sold",
    "expected": "",
}
"""The fields of each kind of table, with an example of the text; those without one hold no text."""

OPTIONAL = {"compare_with", "by", "of", "figure"}
"""The texts that may be left out."""

RENAMED = {"right": "shows", "wrong": "compare_with"}
"""Fields as procsim 0.2 had them."""

FEWEST_ANSWERS, MOST_ANSWERS = 2, 4

_WIDE = r"[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]"
_BREAK_IN_CHINESE = re.compile(rf"(?<={_WIDE})[ \t]*\n\s*(?={_WIDE})")


def read(path: Path, name: str, title: str) -> Chapter:
    """The chapter that a file holds, about the scenario of that name and title. Raises `NoChapter`."""
    import tomllib  # most runs read no chapter

    try:
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")  # as editors of other systems write it
        data = tomllib.loads(text)
    except OSError as error:
        raise NoChapter(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise NoChapter(_("{path}: is not UTF-8; save it as UTF-8").format(path=path)) from error
    except tomllib.TOMLDecodeError as error:
        words = _('{path}: does not parse: {reason}; a field is written so: look = "…"')
        raise NoChapter(words.format(path=path, reason=error)) from error
    chapter = _Table(path, name, CHAPTER, data, text.split("\n"), 1)
    chapter.check()
    lessons: dict[str, Lesson] = {}
    for table in chapter.tables("lesson", LESSON):
        lesson = _lesson(table)
        if lessons.setdefault(lesson.id, lesson) is not lesson:
            raise table.wrong("id", _("there is a lesson {id} already").format(id=lesson.id))
    if not lessons:
        raise NoChapter(_("{path}: has no lesson; each begins with a line [[lesson]]").format(path=path))
    return Chapter(name, title, tuple(lessons.values()))


def _lesson(table: "_Table") -> Lesson:
    table.check()
    questions = []
    for question in table.tables("question", QUESTION):
        question.check()
        questions.append(Question(question.text("ask"), question.text("answer")))
    predictions = table.tables("predict", PREDICT)
    if len(predictions) > 1:
        raise predictions[1].wrong("predict", _("a lesson may have only one [[lesson.predict]]"))
    return Lesson(
        table.text("id"),
        table.text("statement"),
        table.command("shows"),
        table.command("compare_with"),
        table.text("about"),
        table.text("look"),
        tuple(questions),
        _prediction(predictions[0], table.text("id")) if predictions else None,
    )


def _prediction(table: "_Table", lesson: str) -> Prediction:
    """What to ask before the step that decides, in a lesson of that id."""
    table.check()
    before = table.text("before")
    if not may_be_asked_before(before):
        words = _("before must be the kind of an operation, such as lock_acquired or file_written, not {kind}")
        raise table.wrong("before", words.format(kind=before))
    answers = table.texts("answers", FEWEST_ANSWERS, MOST_ANSWERS)
    right = table.number("answer", len(answers)) if "answer" in table.fields else None
    figure = table.text("figure")
    if (right is None) == (not figure):
        raise table.wrong("answer", _("either answer or figure must say which answer is right"), "answer = 2")
    expected = table.number("expected", len(answers)) if "expected" in table.fields else None
    if expected is not None and right is not None:
        raise table.wrong("expected", _("expected is for a prediction with a figure, not with an answer"))
    time = table.number("time") if "time" in table.fields else 1
    stop = Stop(before, table.text("by") or "*", table.text("of"), time)
    return Prediction(lesson, stop, table.text("ask"), answers, right, figure, expected)


class _Table(NamedTuple):
    """A table of the file: the chapter itself, a lesson of it, or a question or prediction of a lesson."""

    path: Path
    name: str
    kind: Mapping[str, str]
    """The fields that it may have, with examples: CHAPTER, LESSON, QUESTION or PREDICT."""
    fields: Mapping[str, Any]
    lines: list[str]
    """Its lines in the file."""
    first: int
    """The number of the first of these lines."""

    def check(self) -> None:
        """Raise `NoChapter` if the table has a field that it should not have, or lacks one that it should."""
        for field in self.fields:
            if field not in self.kind:
                words = _("there is no field {field} here, only {fields}")
                raise self.wrong(field, words.format(field=field, fields=", ".join(self.kind)))
        for field, example in self.kind.items():
            if example and field not in OPTIONAL and field not in self.fields:
                raise self.wrong(field, _("{field} is missing").format(field=field), self.example(field))

    def text(self, field: str) -> str:
        """The text of a field in one line, or ""."""
        value = self.fields.get(field, "")
        if not isinstance(value, str) or (field in self.fields and not value.strip()):
            raise self.wrong(field, _("{field} must be a text").format(field=field), self.example(field))
        return _in_one_line(value)

    def texts(self, field: str, fewest: int, most: int) -> tuple[str, ...]:
        """The texts of a field that is a list of them."""
        values = self.fields.get(field)
        if not isinstance(values, list) or not all(isinstance(each, str) and each.strip() for each in values):
            values = []
        texts = tuple(map(_in_one_line, values))
        if not fewest <= len(texts) <= most or len({*texts}) < len(texts):
            words = _("{field} must be a list of {fewest} to {most} different texts")
            example = f'{field} = ["0", "2"]'
            raise self.wrong(field, words.format(field=field, fewest=fewest, most=most), example)
        return texts

    def number(self, field: str, most: int | None = None) -> int:
        """The number of a field, from 1 on."""
        value = self.fields[field]
        if type(value) is not int or value < 1 or (most is not None and value > most):
            words = _("{field} must be a number from 1 to {most}") if most else _("{field} must be a number, 1 or more")
            raise self.wrong(field, words.format(field=field, most=most), f"{field} = 1")
        return value

    def command(self, field: str) -> str:
        """The command line of a field, without `procsim`."""
        line = self.text(field)
        try:
            words = shlex.split(line)
        except ValueError:
            words = []
        if line and words[:2] != ["procsim", self.name]:
            raise self.wrong(field, _("{field} must run this scenario").format(field=field), self.example(field))
        return line.partition(" ")[2].strip()

    def tables(self, field: str, kind: Mapping[str, str]) -> "list[_Table]":
        """The tables that such a field holds; `kind`: see above."""
        inner = self.fields.get(field, [])
        if not isinstance(inner, list) or not all(isinstance(each, dict) for each in inner):
            heading = "lesson" if field == "lesson" else f"lesson.{field}"
            words = _("each {field} begins with a line [[{heading}]]")
            raise self.wrong(field, words.format(field=field, heading=heading))
        # Where each begins, so that what is wrong with it is said with its line: the parser does not tell.
        heads = [at for at, line in enumerate(self.lines) if re.match(rf"\s*\[\[[\w. ]*\b{field}\s*\]\]", line)]
        if len(heads) != len(inner):  # written without headings: lesson = [{…}]
            heads = [0] * len(inner)
        ends = [*heads[1:], len(self.lines)]
        return [
            _Table(self.path, self.name, kind, _renamed(each), self.lines[at:end], self.first + at)
            for each, at, end in zip(inner, heads, ends, strict=False)
        ]

    def example(self, field: str) -> str:
        """How a text is written in that field."""
        return f'{field} = "{_(self.kind[field]).format(name=self.name)}"'

    def wrong(self, field: str, what: str, example: str = "") -> NoChapter:
        """What is wrong with a field, at which line, and what to write there."""
        names = "|".join(map(re.escape, (field, *(old for old, new in RENAMED.items() if new == field))))
        at = next((at for at, line in enumerate(self.lines) if re.match(rf"\s*\W*({names})\W*[=\]]", line)), 0)
        words = _("{path}, line {line}: {what}; write: {example}") if example else _("{path}, line {line}: {what}")
        return NoChapter(words.format(path=self.path, line=self.first + at, what=what, example=example))


def _in_one_line(text: str) -> str:
    """A line break becomes a space; between two Chinese characters it becomes nothing."""
    return " ".join(_BREAK_IN_CHINESE.sub("", text).split())


def _renamed(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {RENAMED.get(field, field): value for field, value in fields.items()}
