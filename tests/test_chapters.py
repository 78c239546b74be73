"""The files of chapters: what a teacher writes there, and what a file says in which something is wrong."""

import re
from pathlib import Path

import pytest

from procsim.control.prediction import Prediction, Stop
from procsim.lessons import catalog, guide
from procsim.lessons.chapter import Chapter, NoChapter, read
from procsim.lessons.speakers_notes import speakers_notes

TILL = """\
[[lesson]]
id = "T1"
statement = "One at a time"
shows = "procsim till --lock"
compare_with = "procsim till --no-lock"
about = '''
Two cashiers,
one till.
'''
look = "who waits"

[[lesson.question]]
ask = "Why?"
answer = "Because."

[[lesson]]
id = "T2"
statement = "Faster without"
shows = "procsim till --no-lock"
about = "Nobody waits."
look = "the time"
"""


def chapter(text: str, folder: Path) -> Chapter:
    path = folder / "till.toml"
    path.write_text(text, encoding="utf-8", newline="")
    return read(path, "till", "Two cashiers")


def test_a_chapter_is_read_as_it_is_written(tmp_path: Path) -> None:
    name, title, (first, second) = chapter(TILL, tmp_path)
    assert (name, title) == ("till", "Two cashiers")
    assert first.ways == ("till --lock", "till --no-lock")
    assert first.about == "Two cashiers, one till."
    assert first.questions == (("Why?", "Because."),)
    assert (second.compare_with, second.questions) == ("", ())


def test_a_chapter_with_the_fields_of_procsim_0_2_is_read_as_well(tmp_path: Path) -> None:
    old = TILL.replace("shows =", "right =").replace("compare_with =", "wrong =")
    assert chapter(old, tmp_path) == chapter(TILL, tmp_path)
    with pytest.raises(NoChapter, match="line 4: shows must run this scenario"):
        chapter(old.replace('"procsim till --lock"', '"tickets"'), tmp_path)


PREDICT = """
[[lesson.predict]]
before = "lock_acquired"
by = "cashier-*"
of = "till"
time = 2
ask = "What happens?"
answers = ["It waits", "Both sell"]
answer = 2
"""
ASKING = TILL.replace('[[lesson]]\nid = "T2', PREDICT + '\n[[lesson]]\nid = "T2')


def test_what_to_predict_is_part_of_a_lesson(tmp_path: Path) -> None:
    first, second = chapter(ASKING, tmp_path).lessons
    stop = Stop("lock_acquired", "cashier-*", "till", 2)
    assert first.prediction == Prediction("T1", stop, "What happens?", ("It waits", "Both sell"), 2)
    assert second.prediction is None
    least = ASKING.replace('by = "cashier-*"\nof = "till"\ntime = 2\n', "").replace("answer = 2", 'figure = "sold"')
    asked = chapter(least, tmp_path).lessons[0].prediction
    assert asked == Prediction("T1", Stop("lock_acquired"), "What happens?", ("It waits", "Both sell"), None, "sold")


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        (
            '"lock_acquired"',
            '"lock_taken"',
            "line 18: before must be the kind of an operation, such as",
        ),
        ('"lock_acquired"', '"lock_waiting"', "not lock_waiting"),
        ('ask = "What happens?"\n', "", "line 17: ask is missing; write: ask = "),
        (
            '["It waits", "Both sell"]',
            '"It waits"',
            "line 23: answers must be a list of 2 to 4 different texts; ",
        ),
        ('["It waits", "Both sell"]', '["a"]', "answers must be a list"),
        ('["It waits", "Both sell"]', '["a", "a"]', "answers must be a list"),
        ('["It waits", "Both sell"]', '["a", 2]', "answers must be a list"),
        ("answer = 2", "answer = 3", "answer must be a number from 1 to 2"),
        ("answer = 2", "answer = true", "answer must be a number from 1 to 2"),
        ("answer = 2", "", "either answer or figure must say which answer is right; write: answer = 2"),
        ("answer = 2", 'answer = 2\nfigure = "left"', "either answer or figure"),
        ("time = 2", "time = 0", "line 21: time must be a number, 1 or more; write: time = 1"),
        ("time = 2", "times = 2", "line 21: there is no field times here, only before, by, of, time, ask"),
        ("[[lesson.predict]]", "[lesson.predict]", "each predict begins with a line [[lesson.predict]]"),
        ("answer = 2", f"answer = 2\n{PREDICT}", "line 26: a lesson may have only one [[lesson.predict]]"),
        ('by = "cashier-*"', "by = 7", 'line 19: by must be a text; write: by = "user-*"'),
        ('of = "till"', 'of = ""', 'line 20: of must be a text; write: of = "mutex"'),
        ("answer = 2", "answer = 2\nexpected = 2", "expected is for a prediction with a figure"),
        ("answer = 2", "figure = 3", 'line 24: figure must be a text; write: figure = "sold"'),
    ],
)
def test_what_is_wrong_with_a_prediction_is_said_in_one_line(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    assert right in ASKING
    with pytest.raises(NoChapter) as raised:
        chapter(ASKING.replace(right, wrong), tmp_path)
    assert told in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_editor_of_another_system_changes_nothing(tmp_path: Path) -> None:
    assert chapter("\ufeff" + TILL.replace("\n", "\r\n"), tmp_path) == chapter(TILL, tmp_path)


def test_between_chinese_characters_a_line_break_is_nothing(tmp_path: Path) -> None:
    text = TILL.replace("Two cashiers,\none till.", "两个收银员，\n共用 Python\n的收银机。")  # noqa: RUF001
    assert chapter(text, tmp_path).lessons[0].about == "两个收银员，共用 Python 的收银机。"  # noqa: RUF001
    asked = chapter(ASKING.replace('"It waits"', "'''\n两个\n都在\nwait\n'''"), tmp_path).lessons[0].prediction
    assert asked is not None and asked.answers == ("两个都在 wait", "Both sell")


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ('look = "the time"', 'loook = "the time"', "line 21: there is no field loook here, only id, statement, shows"),
        ('look = "the time"', "", 'line 16: look is missing; write: look = "what to look for on the screen"'),
        ('about = "Nobody waits."', "about = 7", 'line 20: about must be a text; write: about = "what happens, and'),
        ('about = "Nobody waits."', 'about = " "', "line 20: about must be a text"),
        ('about = "Nobody waits."', "about = nobody", "does not parse: Invalid value (at line 20, column 9); a field"),
        ('answer = "Because."', "", 'line 12: answer is missing; write: answer = "what they should find out"'),
        ('id = "T2"', 'id = "T1"', "line 17: there is a lesson T1 already"),
        ('"procsim till --lock"', '"procsim"', 'line 4: shows must run this scenario; write: shows = "procsim till'),
        ('"procsim till --lock"', '"tickets"', "line 4: shows must run this scenario"),
        ('"procsim till --lock"', "'procsim till \"'", "line 4: shows must run this scenario"),
        ("[[lesson.question]]", "[[question]]", "line 12: there is no field question here, only lesson"),
        (TILL, "", "has no lesson; each begins with a line [[lesson]]"),
        (TILL, "[lesson]\n", "line 1: each lesson begins with a line [[lesson]]"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    assert right in TILL
    with pytest.raises(NoChapter) as raised:
        chapter(TILL.replace(right, wrong), tmp_path)
    text = str(raised.value)
    assert told in text
    assert text.startswith(str(tmp_path / "till.toml"))
    assert "\n" not in text


def test_the_speakers_notes_of_a_chapter(tmp_path: Path) -> None:
    notes = speakers_notes([chapter(TILL.replace("who waits", r"\u001b[2Jwho waits"), tmp_path)])
    assert notes.startswith("# Two cashiers\n\n## T1  One at a time\n\n### What to say\n\nTwo cashiers, one till.\n")
    assert "- shows it: `procsim till --lock`\n- compare with: `procsim till --no-lock`\n" in notes
    assert "### What to look for\n\nwho waits\n\n### What to ask the class\n\n**Why?**\n\nBecause.\n" in notes
    assert notes.endswith("### What to look for\n\nthe time\n"), "no heading stands above nothing"


def test_the_speakers_notes_have_what_to_let_the_class_predict(tmp_path: Path) -> None:
    asked = (
        "### What to let them predict\n\n`procsim till --lock --ask`\n\n**What happens?**\n\n1. It waits\n2. Both sell"
    )
    assert f"{asked}\n\nAnswer 2 is right.\n" in speakers_notes([chapter(ASKING, tmp_path)])
    by_figure = ASKING.replace("answer = 2", 'figure = "sold"')
    assert f"{asked}\n\nThe figures of the run decide" in speakers_notes([chapter(by_figure, tmp_path)])
    expecting = by_figure.replace('figure = "sold"', 'figure = "sold"\nexpected = 2')
    assert f"{asked}\n\nExpect answer 2, Both sell." in speakers_notes([chapter(expecting, tmp_path)])


def test_each_question_of_the_chapters_that_come_with_procsim_has_an_answer_for_the_teacher() -> None:
    asked = [lesson.prediction for chapter in catalog.chapters() for lesson in chapter.lessons if lesson.prediction]
    assert len(asked) > 5
    assert all(each.right is not None or each.expected is not None for each in asked)


def test_another_encoding_and_no_file(tmp_path: Path) -> None:
    path = tmp_path / "till.toml"
    with pytest.raises(NoChapter, match="No such file"):
        read(path, "till", "")
    path.write_text(TILL, encoding="utf-16")
    with pytest.raises(NoChapter, match="is not UTF-8; save it as UTF-8"):
        read(path, "till", "")


@pytest.mark.parametrize("path", ["scenario.md", "zh_CN/scenario.md"])
def test_the_chapter_that_the_guide_shows_is_one(tmp_path: Path, path: str) -> None:
    page = (guide.FOLDER / path).read_text(encoding="utf-8")
    shown = "".join(part.partition("```")[0] for part in page.split("```toml\n")[1:])
    (lesson,) = chapter(shown, tmp_path).lessons
    assert lesson.prediction is not None and lesson.prediction.right == 1
    assert (lesson.id, lesson.ways, len(lesson.questions)) == ("T1", ("till --cashiers 2", "till --cashiers 1"), 1)


@pytest.mark.parametrize("path", ["lessons.md", "zh_CN/lessons.md"])
def test_the_guide_names_the_lessons_that_have_a_question(path: str) -> None:
    page = (guide.FOLDER / path).read_text(encoding="utf-8")
    named = re.findall(r"[A-Z]\d", max(re.findall(r"(?:[A-Z]\d(?:, |、)?)+", page), key=len))
    asked = [lesson.id for each in catalog.chapters() for lesson in each.lessons if lesson.prediction]
    assert sorted(named) == sorted(asked)
