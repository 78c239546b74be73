"""The command lines that the menu and `procsim explain` give for each lesson, run as they stand."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from procsim.lessons.catalog import chapters
from procsim.lessons.chapter import Lesson
from tests.integration.conftest import House

LESSONS = [lesson for chapter in chapters() for lesson in chapter.lessons]

AT_ONCE = 4
"""They mostly sleep."""

pytestmark = [
    pytest.mark.xdist_group("lesson lines"),  # several statements are shown by one run
    pytest.mark.thorough,  # `test_lessons.py` has shorter runs of the same lessons
]


@pytest.fixture(scope="module")
def shown() -> Iterator[dict[str, Future[tuple[int, set[str]]]]]:
    """By line: the exit code, and the statements that were shown to be so."""
    with House.opened() as house, ThreadPoolExecutor(AT_ONCE) as executor:

        def show(line: str) -> tuple[int, set[str]]:
            lines, done = house.events(*line.split())
            verdicts = [each for each in lines if each["kind"] == "verdict"]
            return done.returncode, {claim["id"] for each in verdicts for claim in each["claims"] if claim["holds"]}

        yield {line: executor.submit(show, line) for line in {way for lesson in LESSONS for way in lesson.ways}}


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.id)
def test_a_lesson_shows_what_it_states(shown: dict[str, Future[tuple[int, set[str]]]], lesson: Lesson) -> None:
    results = [shown[line].result() for line in lesson.ways]
    assert [code for code, _ in results] == [0] * len(results)
    assert lesson.id in results[0][1], "the first line shows it; the other is to be compared with it"
