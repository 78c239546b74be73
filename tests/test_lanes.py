"""What stood in time: from events to spans, from spans to lanes, from lanes to lines of text."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from procsim import language
from procsim.state.apply import state_of
from procsim.state.bounds import SPANS_AT_LEAST, SPANS_KEPT, SPANS_OF_ONE
from procsim.state.history import History, Status
from procsim.state.run_state import RunState
from procsim.state.timeline import SECOND, Axis, Timeline, end_of_growing_axis, time_label, timeline_of
from procsim.views.base import Verdict
from procsim.views.text.lanes import APPEARANCES, axis_line, draw_whole_run, rows_wanted
from procsim.views.text.plain import PlainView
from tests.events import MS, Story
from tests.test_pictures import read, wrote

LOCK, QUEUE = 9, 7
RUNNING, STANDING, ASLEEP, WAITING, INSIDE = (
    Status.RUNNING,
    Status.STANDING,
    Status.ASLEEP,
    Status.WAITING,
    Status.INSIDE,
)


@pytest.fixture(autouse=True)
def english() -> None:
    language.choose("en")


# From events to spans ----------------------------------------------------------------------------------------


def spans(story: Story, pid: int = 2) -> list[tuple[Status, object]]:
    """What a process did, one after the other."""
    return [(status, what) for _, status, what in state_of(story.events).processes[pid].history.spans()]


def test_who_waits_for_a_lock_is_then_inside_until_it_is_released() -> None:
    story = Story().began(1).lock(LOCK).began(2).tell(2, "lock_waiting", LOCK).tell(2, "lock_acquired", LOCK)
    assert spans(story.tell(2, "lock_released", LOCK)) == [
        (RUNNING, None),
        (WAITING, LOCK),
        (INSIDE, LOCK),
        (RUNNING, None),
    ]


def test_who_sleeps_with_a_lock_in_hand_is_inside() -> None:
    story = Story().began(1, 2).tell(2, "sleep_began", seconds=1).tell(2, "sleep_ended").lock(LOCK)
    story.tell(2, "lock_acquired", LOCK).tell(2, "sleep_began", seconds=1).tell(2, "sleep_ended")
    assert [status for status, _ in spans(story)] == [RUNNING, ASLEEP, RUNNING, INSIDE]


def test_who_waits_with_a_lock_in_hand_waits() -> None:
    story = Story().began(1, 2).lock(LOCK).tell(2, "lock_acquired", LOCK).tell(2, "lock_waiting", 10)
    assert spans(story)[1:] == [(INSIDE, LOCK), (WAITING, 10)]


def test_who_waits_on_a_condition_is_inside_again_when_it_awakes() -> None:
    story = Story().began(1, 2).lock(LOCK, type="Condition").tell(2, "lock_acquired", LOCK)
    story.tell(2, "condition_waiting", LOCK).tell(2, "condition_awoke", LOCK, notified=True)
    assert [status for status, _ in spans(story)] == [RUNNING, INSIDE, WAITING, INSIDE]


def test_a_lock_that_is_handed_on_is_a_signal_and_no_critical_section() -> None:
    story = Story().began(1, 2).lock(LOCK).tell(2, "lock_acquired", LOCK).tell(1, "lock_released", LOCK)
    assert spans(story.tell(2, "lock_acquired", LOCK)) == [(RUNNING, None), (INSIDE, LOCK), (RUNNING, None)]


def test_who_stands_at_the_gate_waits_where_it_could_not_move() -> None:
    story = Story().began(1, 2)
    for ready in (True, False):
        story.tell(2, "gate_reached", LOCK, operation="lock_acquired", ready=ready, subject=None, native_id=1)
    story.tell(2, "gate_passed", LOCK, operation="lock_acquired")
    assert spans(story)[1:] == [(STANDING, None), (WAITING, LOCK), (RUNNING, None)]


def test_another_thread_that_waits_leaves_the_main_thread_running() -> None:
    story = Story().began(1, 2)
    story.tell(2, "queue_get_waiting", QUEUE)
    story.events[-1] = story.events[-1]._replace(thread="Thread-1")
    assert spans(story) == [(RUNNING, None)]


def test_a_parent_waits_for_a_child_by_its_name() -> None:
    story = Story().began(1, 2).tell(1, "process_join_waiting", child=2, child_name="p2", timeout=None)
    assert spans(story, 1)[-1] == (WAITING, "p2")


def test_what_happens_within_a_grain_is_its_most_telling_status() -> None:
    history = History()
    for t, status in ((0, RUNNING), (MS, WAITING), (MS + 10, INSIDE), (MS + 20, RUNNING), (5 * MS, ASLEEP)):
        history.add(t, status, None, 1)
    found = [status for _, status, _ in history.spans()]
    assert found == [RUNNING, INSIDE, RUNNING, ASLEEP]


@given(
    st.lists(st.tuples(st.integers(1, 10**9), st.sampled_from([RUNNING, ASLEEP, WAITING, INSIDE])), max_size=900),
    st.integers(1, 5_000),
)
def test_however_much_a_process_does_its_history_has_a_bound(changes: list[tuple[int, Status]], processes: int) -> None:
    history, t = History(), 0
    for step, status in changes:
        t += step
        history.add(t, status, None, processes)
    kept = history.spans()
    most = max(SPANS_AT_LEAST, min(SPANS_OF_ONE, SPANS_KEPT // processes))
    assert len(kept) <= most + 4
    assert [span[0] for span in kept] == sorted(span[0] for span in kept)
    assert not changes or kept[-1][1] >= changes[-1][1], "the last status, or a more telling one of the same grain"


# From spans to lanes -----------------------------------------------------------------------------------------


def handed_on() -> RunState:
    """2 holds the lock, and then 3, who waited for it; 2 ends. A millisecond each."""
    story = Story().began(1, 2, 3).lock(LOCK).tell(2, "lock_acquired", LOCK).tell(3, "lock_waiting", LOCK)
    story.tell(2, "lock_released", LOCK).tell(3, "lock_acquired", LOCK).tell(2, "process_ended", exit_code=0)
    return state_of(story.tell(3, "lock_released", LOCK).events)


def glyphs(shown: Timeline, pid: int) -> str:
    lane = next(lane for lane in shown.lanes if lane.process.pid == pid)
    return "".join(APPEARANCES[status].plain for status in lane.cells)


def test_lanes_of_a_lock_that_is_handed_from_one_to_the_next() -> None:
    shown = timeline_of(handed_on(), Axis(12, 0, 12 * MS), 5, 12 * MS)
    assert glyphs(shown, 1) == " -----------"
    assert glyphs(shown, 2) == "  ---##--|  "
    assert glyphs(shown, 3) == "   ---::##--"
    assert shown.axis.labels() == ("0 ms", "6 ms", "12 ms")


def test_a_short_stay_inside_has_a_cell_of_its_own() -> None:
    story = Story().began(1, 2).lock(LOCK).tell(2, "lock_acquired", LOCK).tell(2, "lock_released", LOCK)
    run = state_of(story.events)
    assert glyphs(timeline_of(run, Axis(10, 0, 1000 * MS), 5, 1000 * MS), 2).count("#") == 1


def test_nothing_is_drawn_of_a_time_that_has_not_come() -> None:
    run = handed_on()
    shown = timeline_of(run, Axis(20, 0, 20 * MS), 5, 10 * MS)
    for lane in shown.lanes:
        assert set(lane.cells[10:]) == {Status.ABSENT}


def test_how_a_process_ended() -> None:
    story = Story().began(1, 2, 3, 4).tell(2, "process_ended", exit_code=0).tell(3, "process_ended", exit_code=-9)
    story.tell(4, "process_returned").tell(4, "process_ended", exit_code=0)
    story.began(5).tell(5, "process_ended", exit_code=-15)
    shown = timeline_of(state_of(story.events), Axis(20, 0, 20 * MS), 5, 20 * MS)
    assert glyphs(shown, 2) == "  ---|" + " " * 14
    assert glyphs(shown, 3) == "   ---X" + " " * 13
    assert glyphs(shown, 4) == "    ---|" + " " * 12, "when its own code was done"
    assert glyphs(shown, 5) == " " * 9 + "-|" + " " * 9, "by SIGTERM, which ends daemons: that is no failure"
    assert glyphs(shown, 1) == " " + "-" * 19, "it is still there"


def test_what_people_are_asked_about_is_not_given_away_by_the_lanes() -> None:
    story = Story().began(1, 2, 3).lock(LOCK)
    for pid, operation in ((2, "lock_acquired"), (3, "queue_got")):
        story.tell(pid, "gate_reached", LOCK, "x.py:5", operation=operation, ready=False, subject=None, native_id=pid)
    story.tell(2, "prediction_asked", LOCK, "x.py:5", lesson="M6", ask="?", answers=["0", "2"])
    shown = timeline_of(state_of(story.events), Axis(20, 0, 20 * MS), 5, 20 * MS)
    assert glyphs(shown, 2).endswith(",,")
    assert glyphs(shown, 3).endswith("::")


def test_who_ends_last_has_an_end_too_and_who_waited_for_ever_waits_to_the_end() -> None:
    story = Story().began(1, 2, 3).tell(2, "lock_waiting", LOCK)
    story.tell(2, "process_stuck", LOCK, wait="lock_waiting", open_in=(), in_message=False)
    story.tell(2, "process_ended", exit_code=None).tell(3, "process_ended", exit_code=None)
    run = state_of(story.events)
    shown = timeline_of(run, Axis(10, 0, run.t), 5, run.t)
    assert glyphs(shown, 2).endswith("!!"), "it was procsim that has ended it"
    assert glyphs(shown, 3)[-2:] == "-|"
    story.began(4).lock(LOCK).tell(4, "lock_acquired", LOCK).tell(4, "process_ended", exit_code=None)
    run = state_of(story.events)
    assert glyphs(timeline_of(run, Axis(10, 0, run.t), 5, run.t), 4)[-1] == "#", (
        "a lock held for a moment is shown in any case"
    )


@pytest.mark.parametrize(
    ("width", "legend"),
    [
        (80, "- runs   : waits   # holds a lock   | ended"),
        (40, ": waits   # holds a lock   | ended"),
        (36, ": waits   # holds a lock   | ended"),
    ],
)
def test_the_legend_leaves_out_what_is_plain_first(width: int, legend: str) -> None:
    story = Story().began(1, 2).lock(LOCK).tell(2, "lock_acquired", LOCK).began(3).tell(3, "lock_waiting", LOCK)
    run = state_of(story.tell(2, "lock_released", LOCK).tell(2, "process_ended", exit_code=0).events)
    (line,) = {draw_whole_run(run, width, 10, True)[-1].plain}
    assert line == legend


@pytest.mark.parametrize("plain", [True, False])
def test_a_write_over_an_unseen_one_has_a_sign_of_its_own_in_the_lane_and_in_the_legend(plain: bool) -> None:
    story = read(read(Story().began(1, 2, 3), 2, "3"), 3, "3")
    story = wrote(wrote(story, 2, "2"), 3, "2")
    lines = [line.plain for line in draw_whole_run(state_of(story.events), 100, 10, plain)]
    (second, third) = (next(line for line in lines if line.startswith(name)) for name in ("p2", "p3"))
    assert "w2" in second and "w2!" not in second
    assert "w2!" in third
    assert "w2 wrote   w2! wrote over what it had not seen" in lines[-1]


@pytest.mark.parametrize(
    ("values", "legend"),
    [((0, 1, 3), "3▸ put   ▸3 took"), ((None, None), "▮ put   ▯ took"), ((7, "long" * 9), "7▸ ▮ put   ▸7 ▯ took")],
)
def test_the_legend_explains_each_form_in_which_items_stand_in_the_lanes(
    values: tuple[object, ...], legend: str
) -> None:
    story = Story().began(1, 2).queue(QUEUE)
    for value in values:
        story.tell(1, "queue_put", QUEUE, value=value).passes(9).tell(2, "queue_got", QUEUE, value=value).passes(9)
    assert legend in draw_whole_run(state_of(story.events), 100, 10, False)[-1].plain


def test_a_wait_without_end_is_one_from_its_beginning() -> None:
    story = Story().began(1, 2).tell(2, "lock_waiting", LOCK).tell(1, "noted", name="x", value=1)
    story.tell(2, "process_stuck", LOCK, wait="lock_waiting", open_in=(), in_message=False)
    assert glyphs(timeline_of(state_of(story.events), Axis(10, 0, 10 * MS), 5, 10 * MS), 2) == "  -!!!!!!!"


def test_what_it_waits_for_is_named() -> None:
    story = Story().began(1, 2).lock(LOCK).tell(2, "lock_waiting", LOCK).tell(2, "lock_acquired", LOCK)
    story.tell(1, "process_join_waiting", child=2, child_name="p2", timeout=None)
    main, other = timeline_of(state_of(story.events), Axis(10, 0, 10 * MS), 5, 10 * MS).lanes
    assert [(wait.first, wait.cells, wait.what) for wait in main.stretches] == [(6, 4, "p2")]
    assert [
        (wait.first, wait.cells, wait.what)
        for wait in other.stretches
        if wait.what and other.cells[wait.first] is Status.WAITING
    ] == [(4, 1, "mutex")]


def test_the_depth_of_a_queue_is_the_most_in_each_cell() -> None:
    story = Story().began(1).queue(QUEUE)
    story.tell(1, "queue_put", QUEUE, value=1).tell(1, "queue_put", QUEUE, value=2)
    for _ in range(2):
        story.tell(1, "queue_got", QUEUE, value=1)
    run = state_of(story.events)
    (fine,) = timeline_of(run, Axis(10, 0, 10 * MS), 5, 8 * MS).depths
    assert fine.cells == [None, None, None, 1, 2, 1, 0, 0, None, None]
    (coarse,) = timeline_of(run, Axis(2, 0, 10 * MS), 5, 10 * MS).depths
    assert coarse.cells == [2, 1]


def test_rows_that_do_not_fit_are_counted_and_the_telling_ones_kept() -> None:
    story = Story().began(*range(1, 101)).lock(LOCK).tell(77, "lock_acquired", LOCK)
    story.tell(88, "process_ended", exit_code=1)
    story.queue(QUEUE).tell(1, "queue_put", QUEUE, value=1)
    shown = timeline_of(state_of(story.events), Axis(20, 0, 200 * MS), 6, 200 * MS)
    assert [lane.process.pid for lane in shown.lanes] == [1, 2, 3, 77, 88]
    assert len(shown.depths) == 1
    assert shown.left_out == 95


@given(st.integers(0, 10**14))
def test_an_axis_that_grows_leaves_little_of_it_empty(t: int) -> None:
    assert t <= end_of_growing_axis(t) <= max(SECOND, t * 3 // 2 + SECOND // 10**6)


@pytest.mark.parametrize("cells", range(12, 60))
def test_the_times_on_the_axis_have_spaces_between_them(cells: int) -> None:
    for end in (3, 60, 1_000):
        axis = Axis(cells, 2, end, steps=range(end))
        start, middle, last = axis.labels()
        words = axis_line(axis).plain.split()
        assert words in (["step", start, middle, last], ["step", start, last])


@pytest.mark.parametrize(
    ("ns", "end", "words"),
    [
        (0, 3 * SECOND, "0 s"),
        (1.25 * SECOND, 2.5 * SECOND, "1.25 s"),
        (30 * SECOND, 60 * SECOND, "30 s"),
        (400 * MS, 800 * MS, "0.4 s"),
        (4 * MS, 8 * MS, "4 ms"),
        (5_000, 9_000, "5 µs"),
    ],
)
def test_times_on_the_axis(ns: float, end: float, words: str) -> None:
    assert time_label(ns, end) == words


# From lanes to text ------------------------------------------------------------------------------------------


def named(name: str) -> RunState:
    """A run in which p2 is called so, waits, is inside, and ends; and a queue fills."""
    story = Story().began(1, 2).lock(LOCK).queue(QUEUE, name).tell(1, "queue_put", QUEUE, value=1)
    story.tell(2, "lock_waiting", LOCK)
    for _ in range(20):
        story.tell(1, "noted", name="x", value=1)
    story.tell(2, "lock_acquired", LOCK).tell(1, "queue_put", QUEUE, value=2).tell(2, "lock_released", LOCK)
    story.tell(2, "process_ended", exit_code=0).tell(1, "noted", name="x", value=2)
    return state_of([event._replace(process=name) if event.pid == 2 else event for event in story.events])


def texts(lines: list[Text]) -> list[str]:
    return [line.plain for line in lines]


@pytest.mark.parametrize(
    "name", ["p2", "ForkPoolWorker-12", "制作人小康和他的朋友们", "制作人-小康", "e\u0301\x1b[31m" * 9]
)
@pytest.mark.parametrize("plain_marks", [False, True])
@pytest.mark.parametrize("width", [60, 78, 120])
def test_every_line_has_the_same_width(name: str, plain_marks: bool, width: int) -> None:
    lines = texts(draw_whole_run(named(name), width, 12, plain_marks))
    assert {cell_len(line) for line in lines[:-1]} == {width}
    assert cell_len(lines[-1]) <= width
    if plain_marks and name.isascii():
        assert all(line.isascii() for line in lines)


def test_a_long_name_keeps_its_number() -> None:
    lines = texts(draw_whole_run(named("ForkPoolWorker-12"), 78, 12, False))
    assert any(line.startswith("ForkPoolWo…-12 ") for line in lines)


def test_a_lane_reads_without_colour() -> None:
    axis, _main, lane, depth, legend = texts(draw_whole_run(named("p2"), 78, 12, False))
    assert axis.split() == ["0", "ms", "15.5", "ms", "31", "ms"]
    assert "░mutex░" in lane
    assert "█" in lane
    assert lane.rstrip().endswith("┤")
    assert depth.startswith("p2 0-2 ")
    assert legend == "2▸ put   ─ runs   ░ waits   █ holds a lock   ┤ ended   ▁▄█ items queued"


def test_a_lane_in_ascii() -> None:
    _axis, _main, lane, depth, legend = texts(draw_whole_run(named("p2"), 78, 12, True))
    assert ":mutex:" in lane
    assert "#" in lane
    assert set(depth.removeprefix("p2 0-2").strip()) == {"1", "2"}
    assert legend.startswith("2> put   - runs   : waits   # holds a lock")


def test_where_there_is_no_room_there_are_no_lanes() -> None:
    run = named("p2")
    assert draw_whole_run(run, 30, 12, False) == []
    assert draw_whole_run(run, 80, 2, False) == []
    assert rows_wanted(state_of(Story().began(1).events)) == 0, "nothing happens side by side"


def test_the_plain_view_shows_the_lanes_between_the_head_of_the_summary_and_the_claims() -> None:
    stream = io.StringIO()
    PlainView(Console(file=stream, width=100)).finish(named("p2"), Verdict("tickets"))
    _blank, head, _gauges, axis, *lanes = stream.getvalue().splitlines()
    assert head.startswith("tickets: 2 processes")
    assert axis.strip().startswith("0 ")
    assert [line.split()[0] for line in lanes[:4]] == ["p1", "p2", "p2", "2▸"]
    assert all(cell_len(line) <= 78 for line in lanes)
