"""What a run has come to, in the few rows above the keys: the cure first, and a key that shows the rest."""

import io
from typing import Any

import pytest
from rich.console import Console, ConsoleDimensions

from procsim import Claim, language
from procsim.findings.base import Finding, from_fields
from procsim.state.run_state import RunState
from procsim.views.base import Revealed, Verdict
from procsim.views.live.conclusion import alarm, conclusion, whole_conclusion
from procsim.views.live.keys import Keys
from procsim.views.live.screen import ScreenLayout, ScreenRequest, screen
from tests.test_pictures import circle

CLAIM = Claim("M6", True, "p2 holds bowl and waits for spoon, p3 holds spoon and waits for bowl. " * 2, {})
FINDING = Finding("lost_update", "the first wrote over what the second had written. " * 3, {}, "lock them both")
OTHER = Finding("never_taken", "nobody took it", {}, "take it")


@pytest.fixture(autouse=True)
def english() -> None:
    language.choose("en")


def lines(verdict: Verdict, rows: int = 6, width: int = 80, drawn: bool = False) -> tuple[list[str], bool]:
    shown, cut = conclusion(verdict, rows, width, False, drawn)
    assert len(shown) <= rows
    return [line.plain.rstrip() for line in shown], cut


def picture(run: RunState, height: int, verdict: Verdict, **asked: Any) -> tuple[list[str], ScreenLayout]:
    stream = io.StringIO()
    request = ScreenRequest("procsim x", ConsoleDimensions(80, height), run.t, over=True, verdict=verdict, **asked)
    drawn, layout = screen(run, request)
    Console(file=stream, width=80, height=height).print(drawn)
    return [row.rstrip() for row in stream.getvalue().splitlines()], layout


def test_where_all_has_room_it_stands_in_its_order() -> None:
    shown, cut = lines(Verdict("x", [CLAIM], [FINDING]), rows=9)
    assert not cut
    assert shown[0].startswith("✔ M6 p2 holds bowl")
    assert shown[-1] == "  lock them both"


@pytest.mark.parametrize("rows", [3, 4])
def test_else_the_cure_comes_first_and_the_last_line_names_the_key_for_the_rest(rows: int) -> None:
    shown, cut = lines(Verdict("x", [CLAIM], [FINDING]), rows)
    assert cut
    assert shown[0] == "▲ cure: lock them both"
    assert shown[1].startswith("✔ M6 ")
    assert shown[-1] == "… v shows all of it"


def test_what_came_of_the_prediction_is_before_that() -> None:
    revealed = Revealed("M1", "What comes?", ["this", "that"], 1, 2)
    shown, _cut = lines(Verdict("x", [CLAIM], [FINDING], revealed=revealed), 4)
    assert shown[:2] == ["? Predicted: this. What happened: that.", "▲ cure: lock them both"]


def test_only_the_first_cure_stands_without_its_sentence() -> None:
    shown, _cut = lines(Verdict("x", [], [FINDING, OTHER]), 6, width=50)
    assert shown[0] == "▲ cure: lock them both"
    assert shown[1].startswith("▲ the first wrote")
    assert "  take it" not in shown[: shown.index("▲ nobody took it")] if "▲ nobody took it" in shown else True


def test_a_sentence_that_the_circle_tells_is_left_out_there() -> None:
    run = circle()
    finding = from_fields(next(run.findings("lock_cycle")).fields)
    verdict = Verdict("x", [CLAIM], [finding])
    assert sum(line.startswith("▲") for line in lines(verdict, 5, 70, drawn=True)[0]) == 1
    assert len(lines(verdict, 5, 70, drawn=True)[0]) < len(whole_conclusion(verdict, 70, False)), "it is on the page"


@pytest.mark.parametrize(("rows", "first"), [(9, "▲ the first wrote"), (3, "▲ cure: lock them both")])
def test_while_it_hangs_a_long_reason_does_not_push_the_cure_away(rows: int, first: str) -> None:
    shown = [line.plain for line in alarm([FINDING, OTHER], rows, 60, False, told=False)]
    assert len(shown) <= rows
    assert shown[0].startswith(first)
    assert any("lock them both" in line for line in shown)


@pytest.mark.parametrize("height", [15, 24])
def test_the_pages_show_all_of_it(height: int) -> None:
    run, verdict = circle(), Verdict("x", [CLAIM] * 5, [FINDING, OTHER])
    rows, layout = picture(run, height, verdict)
    assert layout.cut
    assert any("v shows all of it" in row for row in rows)
    seen: list[str] = []
    page = 0
    while layout.cut:
        page += 1
        rows, layout = picture(run, height, verdict, page=page, keys=Keys(over=True))
        assert len(rows) == height
        assert rows[-1] == Keys(over=True).line(80, False).plain
        seen += rows[2:-2]
    assert [row for row in seen if row] == [line.plain.rstrip() for line in whole_conclusion(verdict, 80, False)]
    assert "lock them both" in "".join(seen)


def test_the_page_of_keys_names_the_key_where_there_is_more() -> None:
    assert [row.plain for row in Keys(over=True, cut=True).page(80, 30) if row.plain.startswith("v ")]
    assert not [row.plain for row in Keys(over=True).page(80, 30) if row.plain.startswith("v ")]
