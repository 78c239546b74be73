"""The picture for the back row of a class: large letters, and of all that could be shown what stands out."""

import io
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console, ConsoleDimensions

from procsim import Claim, Headline, language
from procsim.findings.base import from_fields
from procsim.state.apply import state_of
from procsim.state.run_state import RunState
from procsim.views.base import Verdict
from procsim.views.live.big import big_headline, big_rows
from procsim.views.live.code import Source
from procsim.views.live.keys import Keys
from procsim.views.live.screen import ScreenLayout, ScreenRequest, screen
from procsim.views.text.letters import HEIGHT, SHAPES, half_blocks, large
from procsim.views.wishes import Movement
from tests.events import Story
from tests.test_pictures import circle, found, read, stuck, wrote

VERDICT = Verdict("x", [Claim("M1", True, "words " * 60, {})])
SIZES = [(44, 13), (60, 20), (80, 24), (200, 50)]
BLOCKS = "▀▄█"
MUTEX = 7


@pytest.fixture(autouse=True)
def english() -> None:
    language.choose("en")


def drawn(run: RunState, width: int = 80, height: int = 24, **asked: Any) -> tuple[list[str], ScreenLayout]:
    """The rows of the screen, and what stands where."""
    request = ScreenRequest("procsim x", ConsoleDimensions(width, height), run.t, big=True, **asked)
    stream = io.StringIO()
    picture, layout = screen(run, request)
    Console(file=stream, width=width, height=height).print(picture)
    return [row.rstrip() for row in stream.getvalue().splitlines()], layout


def race(users: int) -> RunState:
    """All have read 3; two have written, the second of them over the first, and the others have not yet."""
    story = Story().began(1)
    for pid in range(2, users + 2):
        read(story.began(pid), pid, "3")
    run = state_of(wrote(wrote(story, 2, "2"), 3, "2").events)
    assert run.processes[3].marks[-1][3], "a write over an unseen one"
    return run


def says(text: str, alarm: bool = False, **figures: Any) -> Any:
    """A scenario's headline."""
    return lambda run: Headline(text, figures, alarm=alarm)


# Letters -------------------------------------------------------------------------------------------------------


def test_every_letter_has_five_rows_of_the_same_length() -> None:
    for letter, rows in SHAPES.items():
        assert len(rows) == HEIGHT and len({*map(len, rows)}) == 1, letter
        assert {*"".join(rows)} <= {"#", "."} and "#" in "".join(rows)
    assert {*"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"} <= SHAPES.keys()
    assert len({tuple(rows) for rows in SHAPES.values()}) == len(SHAPES), "no two look the same"


def test_a_text_becomes_one_line_or_two_of_the_same_length_that_end_behind_punctuation() -> None:
    assert large("i 1", 20) == [["#....#", "#...##", "#....#", "#....#", "#....#"]]
    first, second = large("SOLD 10 TICKETS, ONLY 3 EXISTED", 78)
    assert [len(first[0]), len(second[0])] == [
        len(large(text, 78)[0][0]) for text in ("SOLD 10 TICKETS,", "ONLY 3 EXISTED")
    ]
    assert large("ONE TWO THREE FOUR", 40)[0] == large("ONE TWO", 40)[0], "else in the middle"
    assert large("no room for so many words", 30) == []
    assert large("no shape: ü", 80) == []


def test_the_same_letters_may_be_larger() -> None:
    (small,), (twice,) = large("OK", 40), large("OK", 40, 2)
    assert twice[::2] == twice[1::2] == ["".join(square * 2 for square in row) for row in small]
    assert large("OK", len(small[0]), 2) == []


def test_squares_are_halves_of_cells() -> None:
    assert [*half_blocks(["#.#.", "##.."])] == ["█▄▀ "]


# The headline --------------------------------------------------------------------------------------------------


def headline(sentence: str, width: int = 80, rows: int = 9, plain: bool = False) -> list[str]:
    lines = big_headline(sentence, True, width, rows, plain)
    assert len(lines) <= rows and all(line.cell_len == width for line in lines), "a band"
    return [line.plain.strip() for line in lines]


def test_what_has_no_room_in_large_letters_stands_below_them() -> None:
    lines = headline("DEADLOCK: each waits for a lock that the next one holds", rows=5)
    assert lines[-1] == "each waits for a lock that the next one holds"
    assert all({*line} <= {*BLOCKS, " "} for line in lines[:-1]) and lines[:-1] == headline("DEADLOCK", rows=4)


def test_a_short_one_is_larger_where_there_is_room() -> None:
    small, larger, largest = headline("DEADLOCK", 80, 5), headline("DEADLOCK", 80, 9), headline("DEADLOCK", 200, 20)
    assert len(small) < len(larger) < len(largest)


def test_a_sentence_without_large_letters_is_a_band() -> None:
    assert headline("Überraschung") == ["", "Überraschung", ""]
    assert headline("DEADLOCK", plain=True) == ["", "DEADLOCK", ""]
    assert headline("x" * 300)[1].endswith("x")


def test_chinese_is_spaced_and_its_figures_are_large() -> None:
    lines = headline("只有 3 张票，却卖出了 10 张")  # noqa: RUF001 - Chinese punctuation is meant
    assert len(lines) == 3
    assert "张 票" in lines[1] and "3" not in lines[1] and BLOCKS[2] in lines[1]
    first, second = headline("用户1 持锁时死亡：再也没有人能买票，9 个在等", 60, 8)[1::3]  # noqa: RUF001
    assert first.endswith("：") and second.startswith("再 也"), "broken behind the colon"  # noqa: RUF001


# The processes -------------------------------------------------------------------------------------------------


def rows_of(run: RunState, rows: int, **asked: Any) -> list[str]:
    big = big_rows(run, rows, 80, run.t, False, asked.get("movement"), True)
    assert len(big.lines) <= rows
    assert len(big.pids) == len(big.lanes)
    return [line.plain.rstrip() for line in big.lines]


def test_who_does_wrong_is_shown_first_and_the_rest_is_counted() -> None:
    rows = rows_of(race(10), 5)
    assert rows[0] == "p3  wrote 2 over p2's 2 · running"
    assert rows[1].endswith("w2") or "w2" in rows[1]
    assert rows[2] == "" and rows[3].startswith("… and 10 more: ")


def test_who_has_died_comes_before_those_who_wait_for_its_lock_for_ever_and_those_before_main() -> None:
    story = Story().began(1, 2, 3, 4).lock(MUTEX).tell(2, "lock_acquired", MUTEX)
    story.tell(2, "process_ended", exit_code=-9)
    for pid in (3, 4):
        stuck(story, pid, "lock_waiting", MUTEX)
    run = found(stuck(story, 1, "lock_waiting", MUTEX))
    names = [row.split("  ")[0] for row in rows_of(run, 30) if "waits" in row or "SIGKILL" in row]
    assert names == ["p2", "p3…4 (2)", "p1"], "in the order of their births, main last"
    assert rows_of(run, 4)[0].startswith("p2  ")


def test_who_was_ended_by_sigterm_on_purpose_is_no_alarm_unless_it_holds_a_lock() -> None:
    story = Story().began(1, 2, 3).lock(MUTEX)
    story.tell(1, "process_terminated", child=2, child_name="p2").tell(2, "process_ended", exit_code=-15)
    run = state_of(story.tell(3, "lock_acquired", MUTEX).events)
    assert rows_of(run, 4)[0] == "p3  holds mutex"
    story.tell(3, "process_ended", exit_code=-15).began(4).tell(4, "lock_waiting", MUTEX, timeout=None, native_id=1)
    assert rows_of(state_of(story.events), 4)[0] == "p3  ended by SIGTERM, holding mutex"


def test_lanes_are_two_rows_high_where_there_is_room() -> None:
    story = Story().began(1, 2).lock(MUTEX).tell(2, "lock_acquired", MUTEX)
    run = state_of(read(story, 1, "3").tell(1, "noted", name="x", value=1).events)
    low, high = rows_of(run, 5), rows_of(run, 20)
    assert low[0].startswith("p2  holds mutex") and low[2].strip() == "" and "##" in low[1]
    assert "##" in high[1] and "##" in high[2] and high[3] == ""


def test_in_a_run_that_moves_by_steps_rows_have_numbers_and_the_next_one_a_sign() -> None:
    movement = Movement(closed=True, held=True, next=2)
    assert rows_of(race(3), 20, movement=movement)[0].startswith("1> p2  ")
    _rows, layout = drawn(race(3), movement=movement)
    assert layout.rows[0] == 2, "the digit 1 chooses it"


# The screen ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("lang", ["en", "zh_CN"])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_it_fits_and_the_keys_stand_in_the_last_row(width: int, height: int, lang: str, plain: bool) -> None:
    language.choose(lang, scenario=True)
    talker = state_of(Story().began(1, 2).tell(2, "said", text="很长 and long " * 20, fields={}).events)
    for run in (race(10), circle(), talker, state_of(Story().began(1).events)):
        for request in ({}, {"over": True, "verdict": VERDICT}, {"message": "a message"}):
            keys = Keys(alarm=bool(run.found))
            rows, _layout = drawn(run, width, height, keys=keys, plain_marks=plain, **request)
            assert len(rows) == height
            assert all(cell_len(row) <= width for row in rows)
            assert rows[-1] == keys.line(44, plain).plain or height == 13
            if plain:
                assert not {*BLOCKS} & {*"".join(rows)}


def test_there_is_less_on_it_no_pid_no_place_in_the_code_one_sentence() -> None:
    run = race(10)
    rows, _layout = drawn(run, headline=says("SOLD {sold}", alarm=True, sold=2))
    assert sum(not {*row} - {*BLOCKS, " "} and bool(row) for row in rows) >= 3, "large letters"
    assert not any("x.py" in row or "PID" in row for row in rows)
    assert sum("wrote" in row and "stock.txt" in row for row in rows) == 1, "the last thing that happened"
    assert rows[-1] == Keys().line(44, False).plain


def test_a_circle_of_waits_is_drawn_and_its_cure_is_the_sentence() -> None:
    rows, _layout = drawn(circle())
    assert any("holds" in row and "wants" in row for row in rows)
    assert any(row.startswith("▲ cure: ") for row in rows)
    assert not any("x.py" in row for row in rows)


def test_the_last_picture_has_the_cure_and_all_who_are_in_the_circle() -> None:
    run, claim = circle(), Claim("M6", True, "each waits for the other " * 4, {})
    finding = from_fields(next(run.findings("lock_cycle")).fields)
    rows, layout = drawn(run, 60, 20, over=True, verdict=Verdict("x", [claim], [finding]))
    assert any(row.startswith("▲ cure: ") for row in rows)
    assert {"p2  STUCK", "p3  STUCK"} <= {row.partition(":")[0] for row in rows}
    assert layout.cut, "the claim is on the page of the key v"


def test_a_question_is_shown_with_all_its_answers() -> None:
    story = Story().began(*range(1, 12)).lock(MUTEX)
    answers = [f"answer {number}" for number in range(1, 5)]
    run = state_of(story.tell(2, "prediction_asked", lesson="M1", ask="What comes?", answers=answers).events)
    for width, height in SIZES:
        rows, _layout = drawn(run, width, height, keys=Keys(answers=4))
        assert [answer for answer in answers if any(answer in row for row in rows)] == answers


def test_the_code_and_the_keys_have_the_usual_picture(tmp_path: Any) -> None:
    path = tmp_path / "x.py"
    path.write_text("one()\ntwo()\nthree()\n")
    rows, _layout = drawn(race(3), 100, source=Source(path))
    assert any("│" in row and "two()" in row for row in rows)
    rows, _layout = drawn(race(3), help=True)
    assert any("pause the run" in row for row in rows)
