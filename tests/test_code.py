"""The code on the screen: which of its lines are shown, who stands at them, and where it has its place."""

import io
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console, ConsoleDimensions

from procsim import language
from procsim.state.apply import state_of
from procsim.state.run_state import RunState
from procsim.views.live.code import Source, excerpt
from procsim.views.live.screen import BESIDE_FROM, ScreenLayout, ScreenRequest, screen
from procsim.views.wishes import Movement
from tests.events import Story

LINES = 60


@pytest.fixture(autouse=True)
def english() -> None:
    language.choose("en")


@pytest.fixture
def source(tmp_path: Path) -> Source:
    path = tmp_path / "x.py"
    path.write_text("\n".join(f"line_{number}()" for number in range(1, LINES + 1)))
    return Source(path)


def standing(*places: int) -> RunState:
    """A run of which p2, p3 … stand at these lines, and main at none."""
    story = Story().began(1).lock(9)
    for pid, line in enumerate(places, 2):
        story.began(pid).tell(pid, "lock_waiting", 9, f"x.py:{line}", timeout=None, native_id=1, interruptible=False)
    return state_of(story.events)


def drawn(
    run: RunState, source: Source, width: int = 100, height: int = 30, **asked: Any
) -> tuple[list[str], ScreenLayout]:
    """The rows of the screen, and what stands where."""
    request = ScreenRequest(
        "procsim x", ConsoleDimensions(width, height), run.t, source=source, **{"movement": Movement(moved=2)} | asked
    )
    stream = io.StringIO()
    picture, layout = screen(run, request)
    Console(file=stream, width=width, height=height).print(picture)
    return [row.rstrip() for row in stream.getvalue().splitlines()], layout


# Which lines ---------------------------------------------------------------------------------------------------


def test_around_one_place_there_are_as_many_lines_as_fit() -> None:
    assert excerpt([30], 30, LINES, 5) == [28, 29, 30, 31, 32]
    assert excerpt([1], 1, LINES, 5) == [1, 2, 3, 4, 5]
    assert excerpt([LINES], LINES, LINES, 5) == [56, 57, 58, 59, 60]
    assert excerpt([], None, LINES, 3) == [1, 2, 3]
    assert excerpt([2], 2, 3, 10) == [1, 2, 3]


def test_every_place_is_shown_and_the_focus_has_the_most_around_it() -> None:
    shown = excerpt([10, 30, 50], 30, LINES, 14)
    assert {10, 30, 50} <= {*shown}
    near = {place: [number for number in shown if abs(number - place) < 10] for place in (10, 30, 50)}
    assert len(near[30]) > len(near[10]) and len(near[30]) > len(near[50])


@pytest.mark.parametrize("rows", range(1, 20))
def test_lines_and_the_gaps_between_them_fit(rows: int) -> None:
    shown = excerpt([3, 9, 12, 40], 12, LINES, rows)
    gaps = sum(later > earlier + 1 for earlier, later in pairwise(shown))
    assert 12 in shown and len(shown) + gaps <= rows


# On the screen -------------------------------------------------------------------------------------------------


def test_in_a_wide_window_it_stands_beside_the_rows_and_says_who_is_where(source: Source) -> None:
    rows, _layout = drawn(standing(10, 40, 40), source)
    (row,) = [row for row in rows if row.startswith("p2 ")]
    assert row.index("│") == 61, "the rows have three fifths"
    beside = [row.rpartition("│")[2].split() for row in rows if "│" in row]
    assert ["10", "line_10()", "p2"] in beside and ["40", "line_40()", "p3,", "p4"] in beside
    assert ["⋯"] in beside
    assert len(beside) == 30 - 3, "from the headline to the keys"


def test_in_a_narrow_window_it_stands_under_the_rows(source: Source) -> None:
    rows, _layout = drawn(standing(10), source, BESIDE_FROM - 1)
    process, line = (next(n for n, row in enumerate(rows) if text in row) for text in ("waits for mutex", "line_10()"))
    assert process < line and "│" not in rows[process] and rows[line].endswith("p2")


def test_lines_stay_where_they_are_while_all_processes_stand_in_them(source: Source) -> None:
    _rows, before = drawn(standing(20, 40), source)
    for places in ((21, 40), (20, 41), (20,)):
        assert drawn(standing(*places), source, code_lines=before.code_lines)[1].code_lines == before.code_lines
    moved = drawn(standing(5, 40), source, code_lines=before.code_lines)[1].code_lines
    assert moved != before.code_lines and 5 in moved and 40 in moved
    fewer = drawn(standing(20, 40), source, height=16, code_lines=before.code_lines)[1].code_lines
    assert len(fewer) < len(before.code_lines), "a lower window has no room for them"


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("lang", ["en", "zh_CN"])
@pytest.mark.parametrize(("width", "height"), [(60, 20), (80, 24), (100, 13), (100, 30), (120, 40), (200, 50)])
def test_all_rows_fit_and_names_say_who_is_meant(
    tmp_path: Path, width: int, height: int, lang: str, plain: bool
) -> None:
    language.choose(lang, scenario=True)
    path = tmp_path / "x.py"
    path.write_text("\n".join(f"line_{number}()  # 很长 {'x' * 300}" for number in range(1, LINES + 1)))
    source = Source(path)
    run = standing(*range(5, 12), 59, 59)
    rows, _layout = drawn(run, source, width, height, plain_marks=plain)
    assert len(rows) == height
    assert all(cell_len(row) <= width for row in rows)
    if plain:
        assert "│" not in "".join(rows) and "⋯" not in "".join(rows)
    assert any("line_5()" in row and row.endswith("p2") for row in rows), "the one that moved last"


def test_a_place_behind_the_end_of_a_file_that_was_changed_is_left_out(source: Source) -> None:
    rows, _layout = drawn(standing(10, LINES + 1), source)
    assert any(row.endswith("p2") for row in rows) and not any(row.endswith("p3") for row in rows)
    assert not any(f"line_{LINES}()" in row for row in rows), "nor is its surrounding shown"


def test_who_has_ended_or_stands_in_another_file_stands_nowhere_in_it(source: Source) -> None:
    story = Story().began(1).lock(9)
    for pid, place in ((2, "x.py:10"), (3, "x.py:50"), (4, "y.py:58")):
        story.began(pid).tell(pid, "noted", at=place, name="x", value=1)
    rows, _layout = drawn(state_of(story.tell(3, "process_ended", exit_code=0).events), source)
    in_code = [row.rpartition("│")[2] for row in rows if "│" in row]
    assert [row.split()[-1] for row in in_code if "p" in row] == ["p1", "p2"], "p1 has made the lock in line 1"
    assert not any("line_50()" in row or "line_58()" in row for row in in_code)
