"""What the menu draws, and what the lessons have to say."""

import io
import re

import pytest
from prompt_toolkit.keys import Keys
from rich.cells import cell_len
from rich.console import Console, ConsoleDimensions

from procsim import language
from procsim.lessons import catalog
from procsim.lessons.chapter import Lesson
from procsim.lessons.menu import Choice, picture
from procsim.lessons.scenario import _import
from procsim.options import parse
from procsim.views.base import clean

CHAPTERS = catalog.chapters()
LESSONS = [lesson for chapter in CHAPTERS for lesson in chapter.lessons]

IDS = {
    *(f"{letter}{n}" for letter, count in zip("DMQJIP", (5, 8, 8, 3, 3, 5), strict=True) for n in range(1, count + 1))
}


@pytest.fixture(autouse=True)
def english_afterwards() -> None:
    language.choose("en")


def rows_of(choice: Choice, width: int, height: int, plain: bool = False) -> list[str]:
    stream = io.StringIO()
    console = Console(file=stream, width=width, height=height)
    console.print(picture(choice, ConsoleDimensions(width, height), plain), crop=True)
    return stream.getvalue().splitlines()


def test_every_statement_has_its_lesson_and_those_of_a_chapter_stand_together() -> None:
    assert {lesson.id for lesson in LESSONS} == IDS
    assert len(LESSONS) == len(IDS)
    assert [chapter.name for chapter in CHAPTERS] == [*catalog.BUILT_IN]
    assert all(2 <= len(lesson.questions) <= 4 for lesson in LESSONS)


@pytest.mark.parametrize("chosen", ["en", "zh"])
def test_the_title_of_a_chapter_has_room_in_the_menu_and_in_the_list(chosen: str) -> None:
    language.choose(chosen)
    for number, (name, title) in enumerate(catalog.titles().items(), 1):
        assert cell_len(f"{number} {name}  {language._(title)}") <= 80
        assert cell_len(f"{name:10} {language._(title)}") <= 80


COMPARED = [each for each in LESSONS if each.compare_with and each.id != "P2"]
"""P2 differs by a number, which is no way of its own."""


@pytest.mark.parametrize("lesson", COMPARED, ids=lambda it: it.id)
def test_one_of_the_ways_of_a_lesson_is_the_other_way_of_the_other(lesson: Lesson) -> None:
    scenario = catalog.scenario(lesson.shows.split()[0])
    main = _import(scenario.path).main
    shows, compared = (parse(main, way.split()[1:]) for way in lesson.ways)
    assert any(one | scenario.other_way(one) == other for one, other in ((shows, compared), (compared, shows)))


def test_a_lesson_is_found_by_its_id_or_its_chapter() -> None:
    ((one,), (chapter,)) = (catalog.about(word) for word in ("m1", "ipc"))
    assert (one.name, [lesson.id for lesson in one.lessons]) == ("tickets", ["M1"])
    assert [lesson.id for lesson in chapter.lessons] == ["I1", "I2", "I3"]
    assert catalog.about("nothing") == []


def test_keys_choose_a_lesson_and_its_way() -> None:
    choice = Choice(CHAPTERS)
    for key in (Keys.Down, Keys.Right):
        choice.press(key)
    assert choice.line == "daemon"
    choice.press("2")
    assert choice.lesson.id == "M1"
    assert choice.line.endswith("--no-lock")
    choice.press(Keys.Right)
    assert choice.line.endswith("--lock")
    for _ in range(1000):
        choice.press(Keys.Down)
    assert choice.row == len(LESSONS) - 1
    for press in ("x", "9", "0", "²", Keys.Escape, Keys.Home, Keys.Up):
        choice.press(press)
    assert choice == Choice(CHAPTERS)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize(("width", "height"), [(20, 5), (44, 13), (80, 24), (120, 40), (200, 60)])
def test_every_menu_has_room(width: int, height: int, plain: bool, lang: str) -> None:
    language.choose(lang)
    for row in range(len(LESSONS)):
        rows = rows_of(Choice(CHAPTERS, row), width, height, plain)
        assert len(rows) <= height
        assert all(cell_len(line) <= width for line in rows)
        if height >= 13:
            assert any(LESSONS[row].id in line for line in rows)


def test_a_terminal_of_ascii_gets_ascii() -> None:
    assert all(line.replace("…", "").isascii() for line in rows_of(Choice(CHAPTERS), 120, 40, plain=True))


def test_the_people_of_a_lesson_have_their_names_in_each_language_and_nobody_else() -> None:
    language.choose("zh", scenario=True)
    assert clean("consumer-Ming: 4, user-10, on_guard, guard") == "消费者-小明: 4, 用户10, on_guard, 守护者"
    assert clean("steamed bun 3") == "包子 3"
    assert clean("my_user-name user-friendly") == "my_user-name user-friendly"
    language.choose("zh")
    assert clean("user-10") == "user-10"
    language.choose("en", scenario=True)
    assert clean("user-10") == "user-10"
    assert not any(re.search(r"[^\x00-\x7f]", name) for name in language.NAMES)
