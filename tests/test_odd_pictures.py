"""Pictures of odd runs: names without a width of their own, long questions, low windows, a headline that fails."""

import io
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console, ConsoleDimensions

from procsim import Claim, Headline, language
from procsim.legible import LEGIBLE
from procsim.state.apply import state_of
from procsim.state.history import Status
from procsim.state.processes import Process
from procsim.state.run_state import RunState
from procsim.state.timeline import axis_of, lane_of
from procsim.views.base import Verdict
from procsim.views.live.keys import Keys
from procsim.views.live.screen import ScreenRequest, screen
from tests.events import Story

SIZES = [(20, 5), (44, 13), (60, 20), (80, 24)]

ACCENTS, FAMILY = "e\u0301" * 9, "\U0001f469\u200d\U0001f469\u200d\U0001f467" * 3


@pytest.fixture(autouse=True)
def english() -> None:
    language.choose("en")


def rows_of(run: RunState, width: int = 80, height: int = 24, **request: Any) -> list[str]:
    stream = io.StringIO()
    asked = ScreenRequest("procsim x", ConsoleDimensions(width, height), 2_000_000_000, **request)
    Console(file=stream, width=width, height=height).print(screen(run, asked)[0])
    return stream.getvalue().splitlines()


@pytest.mark.parametrize("name", [ACCENTS, FAMILY, "锁" * 6, "กำ" * 5])
def test_a_name_with_accents_or_of_emoji_stands_in_its_lane(name: str) -> None:
    story = Story().began(1, 2, 3).lock(9, name).tell(2, "lock_acquired", 9)
    story.tell(3, "lock_waiting", 9).tell(3, "file_written", 5, path="/x", value=name[:3], size=1, offset=0)
    run = state_of(story.tell(3, "file_read", 5, path="/x", value=name[:3], size=1, offset=0).events)
    for width in range(44, 100):
        rows = rows_of(run, width, 16)
        assert all(cell_len(line) <= width for line in rows)
    (row,) = [row for row in rows_of(run, 200) if row.startswith("p2 ")]
    assert row.count(name) == 2, "in its lane, and where it says what p2 does"


def asked(answers: int, words: int) -> RunState:
    story = Story().began(*range(1, 12)).lock(9)
    story.tell(2, "gate_reached", 9, operation="lock_acquired", ready=True, subject=None, native_id=1)
    text = "long words " * words
    answer = [f"{text}{number}" for number in range(1, answers + 1)]
    return state_of(story.tell(2, "prediction_asked", lesson="M1", ask=text, answers=answer).events)


@pytest.mark.parametrize("words", [1, 6, 12])
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_long_question_leaves_room_for_the_keys(width: int, height: int, words: int) -> None:
    keys = Keys(answers=4)
    rows = rows_of(asked(4, words), width, height, keys=keys)
    assert len(rows) <= height
    if width > 20:
        assert rows[-1].rstrip() == keys.line(width, False).plain


@pytest.mark.parametrize(("width", "height"), SIZES[1:])
def test_the_page_of_keys_says_in_any_window_how_to_leave_it(width: int, height: int) -> None:
    rows = rows_of(asked(2, 1), width, height, help=True, keys=Keys(other_way="--lock"))
    assert len(rows) <= height
    assert "? keys" in rows[-1]


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_with_a_verdict_and_a_message_a_low_window_still_fits(width: int, height: int) -> None:
    story = Story().began(*range(1, 12))
    for number in range(9, 15):
        story.lock(number, f"lock-{number}").queue(number + 10, f"queue-{number}").tell(1, "queue_put", 19, value=1)
    long = Headline("long words " * 30)
    verdict = Verdict("x", [Claim("M1", True, "long words " * 20, {})] * 3)
    run = state_of(story.events)
    rows = rows_of(run, width, height, headline=lambda run: long, over=True, verdict=verdict, message="a message")
    assert len(rows) <= height
    assert "q" in rows[-1]


def test_where_there_is_no_room_for_the_circle_a_sentence_says_why_it_hangs() -> None:
    figures = {"process": "p2", "other": "p3", "object": "spoon", "other_object": "bowl", "at": None, "other_at": None}
    story = Story().began(1, 2, 3).lock(8, "bowl").lock(9, "spoon").tell(2, "lock_acquired", 8)
    story.tell(3, "lock_acquired", 9).tell(2, "lock_waiting", 9).tell(3, "lock_waiting", 8)
    words: dict[str, Any] = {"sentence": "", "cure": "take them in one order", "cure_sentence": "", "cure_template": ""}
    template = "{process} waits for {object}, and {other} for {other_object}"
    story.tell(1, "finding", id="lock_cycle", text="", template=template, figures=figures, **words)
    run = state_of(story.events)
    assert not any("p2 waits for spoon, and" in row for row in rows_of(run, 80, 24))
    assert any("p2 waits for spoon, and" in row for row in rows_of(run, 80, 14))


ANYTHING: Any = None


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise ValueError


def raises(run: RunState) -> Headline | None:
    raise Unspeakable


@pytest.mark.parametrize(
    ("headline", "words"),
    [
        (raises, "headline() raised Unspeakable"),
        (lambda run: "SOLD", "headline() must return a procsim.Headline or None, not str"),
        (lambda run: Headline("SOLD", ANYTHING), "headline() raised AttributeError"),
        (lambda run: Headline(ANYTHING), "None"),
        (lambda run: Headline("{n}", {"n": Unspeakable()}), "headline() raised ValueError"),
        (lambda run: Headline("SOLD {count}"), "SOLD {count}"),
    ],
)
def test_a_headline_that_fails_says_so_in_its_place(headline: Any, words: str) -> None:
    assert words in rows_of(state_of(Story().began(1, 2).events), headline=headline)[1]


def test_of_a_deep_queue_the_oldest_items_are_shown() -> None:
    story = Story().began(1).queue(9, maxsize=0)
    for number in range(40):
        story.tell(1, "queue_put", 9, value=number if number < 20 else "中文很长的一项")
    run = state_of(story.events)
    (row,) = [row for row in rows_of(run, 200) if row.startswith("q ")]
    assert "[0 " in row and "… ◂ put" in row
    run.queues[9].depth = 60  # some were put before anybody watched
    (row,) = [row for row in rows_of(run, 80) if row.startswith("q ")]
    assert "[0 " in row


def test_signs_that_an_encoding_lacks_have_others_in_their_place() -> None:
    assert "2 → 1 · 用…".encode("ascii", errors=LEGIBLE) == b"2 > 1 - ??~", "as many cells as before"
    assert ACCENTS.encode("ascii", errors=LEGIBLE) == b"e" * 9
    for encoding in ("ascii", "gbk", "latin-1"):
        assert len(FAMILY.encode(encoding, errors=LEGIBLE)) == cell_len(FAMILY)
    assert "2 → 1 · 用…".encode("gbk", errors=LEGIBLE).decode("gbk") == "2 → 1 · 用…"


def test_a_picture_of_many_processes_compares_no_two_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    run = state_of(Story().began(*range(1, 400)).events)
    monkeypatch.setattr(Process, "__eq__", None)  # it compares all fields: that takes longer than the rest
    assert any("p2…" in row for row in rows_of(run))


def test_what_waits_for_ever_ends_in_that_also_where_it_came_by_a_lock_a_moment_before() -> None:
    story = Story().began(1, 2, 3).lock(8, "bowl").lock(9, "spoon")
    for number in range(200):
        story.tell(1, "noted", name="number", value=number)
    story.tell(2, "lock_acquired", 8).tell(2, "lock_waiting", 9)
    story.tell(2, "process_stuck", 9, wait="lock_waiting", open_in=[], in_message=False)
    run = state_of(story.events)
    axis = axis_of(run, 30, run.t, growing=False)
    cells = lane_of(run, run.processes[2], axis, run.t).cells
    assert cells[-1] is Status.STUCK
