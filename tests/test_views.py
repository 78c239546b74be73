"""What people see, drawn from lists of events on screens of fixed size."""

import io
import re
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console, ConsoleDimensions
from rich.text import Text

from procsim import Claim, language
from procsim.findings import FINDINGS, Outcome, findings
from procsim.lessons.catalog import chapters
from procsim.state.apply import apply, state_of
from procsim.state.operations import OPERATIONS, WAITS
from procsim.state.run_state import RunState
from procsim.views.base import Column, Verdict, clean, seconds
from procsim.views.compare import picture
from procsim.views.live.clock import Clock
from procsim.views.live.keys import Keys
from procsim.views.live.screen import ScreenRequest, screen
from procsim.views.text.plain import PlainView
from procsim.views.text.prose import Prose
from procsim.views.text.summary import print_summary, verdict_rows
from procsim.views.text.words import EVENT_WORDS, event_words, localized, state_words
from procsim.wire.events import Event
from tests.events import MS, Story


@pytest.fixture(autouse=True)
def english() -> None:
    language.choose("en")


def text_of(run: RunState, width: int = 80, height: int = 24, plain: bool = False) -> list[str]:
    """The rows of the screen."""
    stream = io.StringIO()
    console = Console(file=stream, width=width, height=height)
    request = ScreenRequest("procsim tickets", ConsoleDimensions(width, height), 1500 * MS, plain)
    console.print(screen(run, request)[0], crop=True)
    return stream.getvalue().splitlines()


def rush(users: int) -> RunState:
    """One user holds the mutex, the others wait for it."""
    story = Story().began(1).lock(9)
    for pid in range(2, users + 2):
        story.began(pid).tell(pid, "said", text="looks: {left} left", fields={"left": 3})
    story.tell(2, "lock_acquired", 9, "tickets.py:50")
    for pid in range(3, users + 2):
        story.tell(pid, "lock_waiting", 9, "tickets.py:50")
    return state_of(story.tell(1, "noted", name="stock", value=3).tell(2, "noted", name="stock", value=-4).events)


def test_one_is_counted_as_one() -> None:
    story = Story().began(1)
    run = state_of(story.events)
    stream = io.StringIO()
    print_summary(Console(file=stream, width=100), run, Verdict("tickets"))
    assert "tickets: 1 process, 1 event in " in stream.getvalue()
    story.tell(1, "pool_created", 5, "x.py:1", name="squares", type="Pool", workers=1).began(2)
    story.tell(2, "pool_worker_began", 5).tell(1, "pool_submitted", 5, "x.py:2", job=0, function="square", tasks=1)
    run = state_of(story.events)
    assert "1 worker, 0 of 1 task done" in row(text_of(run), "squares ")


def test_a_clock_goes_on_where_nothing_happens_and_never_back() -> None:
    clock = Clock()
    assert clock.at(0, now=4000.0) == 0, "whatever the clock of the system says when a run begins"
    assert clock.at(0, now=4001.0) == 1000 * MS
    assert clock.at(900 * MS, now=4001.1) == 1000 * MS, "it has come a while after it happened"
    assert clock.at(900 * MS, now=4002.1) == 1900 * MS


def test_the_clock_of_a_replay_is_as_fast_as_the_replay() -> None:
    clock = Clock(speed=0.5)
    assert clock.at(0, now=4000.0) == 0
    assert clock.at(0, now=4001.0) == 500 * MS


def row(rows: list[str], word: str) -> str:
    return next(line for line in rows if word in line)


def test_a_row_tells_what_a_process_does_and_where() -> None:
    rows = text_of(rush(4))
    assert "holds mutex" in row(rows, "p2 ")
    assert "waits for mutex" in row(rows, "p3 ")
    assert "looks: 3 left" in row(rows, "p3 ")
    assert "tickets.py:50" in row(text_of(rush(4), 120, 40), "p3 ")


def test_who_sleeps_with_a_lock_in_hand_holds_it() -> None:
    story = Story().began(1).lock(9).began(2, 3, 4).tell(2, "lock_acquired", 9)
    for pid, seconds_asleep in ((2, 1), (3, 0.25), (4, 0.5)):
        story.tell(pid, "sleep_began", seconds=seconds_asleep)
    rows = text_of(state_of(story.events))
    assert "holds mutex, asleep" in row(rows, "p2 ")
    assert row(rows, "p3 ").endswith("asleep")


def test_those_who_do_not_fit_share_a_row_however_long_they_sleep() -> None:
    story = Story().began(1)
    for pid in range(2, 42):
        story.began(pid).tell(pid, "sleep_began", seconds=pid / 10)
    assert row(text_of(state_of(story.events)), "p2…41 (40)").endswith(" asleep")


def test_what_waits_for_ever_says_so_first_where_it_does_not_fit() -> None:
    story = Story().began(1).lock(9).began(2).tell(2, "lock_waiting", 9)
    story.tell(2, "process_stuck", 9, wait="lock_waiting", open_in=(), in_message=False)
    assert "STUCK: waits for mutex" in row(text_of(state_of(story.events)), "p2 ")


@pytest.mark.parametrize(("chosen", "shown"), [("en", "p2, p3: 2 s"), ("zh", "p2、p3: 2 s")])
def test_a_list_is_written_as_the_language_does_and_a_whole_number_as_one(chosen: str, shown: str) -> None:
    language.choose(chosen)
    assert localized("{who}: {time} s", {"who": ["p2", "p3"], "time": 2.0}) == shown


def test_workers_are_told_apart_where_their_names_do_not_fit() -> None:
    story = Story().began(1)
    for pid, name in ((2, "ForkPoolWorker-2"), (3, "ForkPoolWorker-3"), (4, "1" * 80)):
        story.tell(1, "process_started", child=pid, child_name=name, daemon=True)
    rows = text_of(state_of(story.events))
    assert [line.split()[0] for line in rows[4:7]] == ["ForkPoolWor…-2", "ForkPoolWor…-3", "11111111…11111"]


def test_a_lock_tells_who_holds_it_and_who_waits() -> None:
    line = row(text_of(rush(4)), "mutex  ")
    assert "held by p2" in line
    assert "waiting, 3: p3, p4, p5" in line


def test_a_gauge_tells_where_it_began() -> None:
    assert "stock 3 → -4" in row(text_of(rush(2)), "stock")


def test_a_queue_tells_its_depth_as_a_bar_and_its_unfinished_tasks() -> None:
    story = Story().began(1).queue(7, type="JoinableQueue", maxsize=4)
    story.tell(1, "queue_put", 7, value=1).tell(1, "queue_put", 7, value=2)
    expected = "take ◂ [1 ][2 ][  ][  ] ◂ put  2 of 4  0 taken, 0 reported done"
    assert expected in row(text_of(state_of(story.events)), "q  ")
    assert expected.replace("◂", "<-") in row(text_of(state_of(story.events), plain=True), "q  ")


def test_a_queue_that_is_full_says_so_and_a_long_item_is_cut() -> None:
    story = Story().began(1).queue(7, name="messages", maxsize=3)
    for item in ("a long message", 22, 33):
        story.tell(1, "queue_put", 7, value=item)
    story.tell(1, "queue_put_waiting", 7, value=44, timeout=None, native_id=1, interruptible=False)
    rows = text_of(state_of(story.events))
    assert "take ◂ [a lon…][22    ][33    ] ◂ put   FULL: 3 of 3" in row(rows, "messages  ")
    assert rows[1].strip() == "messages is FULL, 3 of 3: p1 waits for room"


def test_a_pool_tells_how_far_it_is_and_its_workers_what_they_do() -> None:
    story = Story().began(1, 2, 3).tell(1, "pool_created", 5, "x.py:1", name="squares", type="Pool", workers=2)
    for pid in (2, 3):
        story.tell(pid, "pool_worker_began", 5)
    story.tell(1, "pool_submitted", 5, "x.py:2", job=0, function="square", tasks=40)
    for kind in ("pool_task_began", "pool_task_ended", "pool_task_began"):
        story.tell(2, kind, 5, job=0, task=0, items=1, function="square")
    rows = text_of(state_of(story.tell(1, "pool_result_waiting", 5, job=0, timeout=None, native_id=1).events))
    assert "2 workers, 1 of 40 tasks done" in row(rows, "squares  ")
    assert "waiting, 1: p1" in row(rows, "squares  ")
    assert "waits for a result of squares" in row(rows, "p1 ")
    assert "works on square (task 2)" in row(rows, "p2 ")
    assert "idle" in row(rows, "p3 ")


@pytest.mark.parametrize("users", [1, 3, 10, 100, 1000])
@pytest.mark.parametrize(("width", "height"), [(20, 5), (40, 8), (44, 13), (60, 15), (80, 24), (120, 40), (200, 60)])
def test_every_screen_has_room(users: int, width: int, height: int) -> None:
    rows = text_of(rush(users), width, height)
    assert len(rows) <= height
    assert all(cell_len(line) <= width for line in rows)


def test_a_recording_offers_no_key_that_would_do_nothing() -> None:
    keys = Keys(steps=False)
    words = "space play   ← → back, forward   x next   + - pace   ? keys   q quit"
    assert keys.line(80, False).plain == words
    assert len(keys.page(200, 40)) == 8


def test_no_key_is_offered_for_code_that_is_not_there() -> None:
    assert "c code" in Keys().line(200, False).plain
    assert "c code" not in Keys(code=False).line(200, False).plain
    assert len(Keys(code=False).page(200, 40)) == len(Keys().page(200, 40)) - 1


def test_a_key_that_has_a_name_has_it_in_the_chosen_language() -> None:
    language.choose("zh")
    assert Keys().page(80, 20)[0].plain.startswith("空格")


@pytest.mark.parametrize("width", [12, 17, 20, 31, 37])
def test_the_name_of_a_process_is_not_cut(width: int) -> None:
    text = "10 个人读到同一个数 3：用户10、用户7、消费者-小明和用户8"  # noqa: RUF001
    lines = [str(line) for line in Prose(text).wrap(Console(width=width), width)]
    assert all(any(name in line for line in lines) for name in ("用户10", "用户7", "消费者-小明", "用户8")), lines


@pytest.mark.parametrize("width", [20, 37, 80])
def test_a_chinese_sentence_fills_its_lines_and_cuts_no_word(width: int) -> None:
    console = Console(width=width)
    for lesson in (lesson for chapter in chapters() for lesson in chapter.lessons):
        language.choose("zh")
        text = language._(lesson.look)
        lines = [str(line) for line in Prose(text).wrap(console, width)]
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert all(cell_len(line) <= width for line in lines)
        assert not any(line[0] in "，。；：、！？）”" for line in lines)  # noqa: RUF001
        words = {word for word in re.findall(r"[\w.()-]+", text, re.ASCII) if len(word) < width}
        assert all(any(word in line for line in lines) for word in words)
        spare = [width - cell_len(line) for line in lines[:-1]]
        assert all(room <= max(map(len, words), default=0) + 4 for room in spare)
        english = [str(line) for line in Text(lesson.look).wrap(console, width)]
        assert [str(line) for line in Prose(lesson.look).wrap(console, width)] == english


def ways(run: RunState, names: list[str]) -> list[Column]:
    """One that has ended, one that runs, the others not begun."""
    shown = Verdict("tickets", [Claim("M2", True, "{n} sold, " * 20, {"n": 3})])
    columns = [Column(name, run, begun=number < 2) for number, name in enumerate(names)]
    columns[0].verdict = shown
    return columns


@pytest.mark.parametrize("language_name", ["en", "zh"])
@pytest.mark.parametrize("names", [["with the lock", "without the lock"], ["by a queue", "by a pipe", "a", "b"]])
@pytest.mark.parametrize(("width", "height"), [(40, 8), (80, 20), (120, 36), (200, 60)])
def test_ways_that_are_compared_have_room(width: int, height: int, names: list[str], language_name: str) -> None:
    language.choose(language_name)
    stream = io.StringIO()
    Console(file=stream, width=width).print(picture(ways(rush(10), names), width, height))
    rows = stream.getvalue().splitlines()
    assert len(rows) <= height
    assert all(cell_len(line) <= width for line in rows)
    assert all(any(language._(name) in line for line in rows) for name in names)


def test_ways_stand_side_by_side_where_there_is_room() -> None:
    def shown(width: int) -> list[str]:
        stream = io.StringIO()
        columns = ways(rush(10), ["with the lock", "without the lock"])
        Console(file=stream, width=width).print(picture(columns, width, t=1500 * MS))
        return stream.getvalue().splitlines()

    first = shown(80)[0]
    assert first.index("with the lock") < first.index("▸ without the lock")
    assert "without" not in shown(60)[0]
    assert "1.50 s   11 processes" in row(shown(60), "1.50 s")
    assert "waits for mutex (9)" in row(shown(80), "waits")
    assert "✔ M2 3 sold" in row(shown(80), "M2")


def test_compared_runs_that_are_over_fill_their_axis() -> None:
    run = rush(2)
    run.t = 4310 * MS
    column = Column("with the lock", run, begun=True, verdict=Verdict("tickets"))
    for height, end in ((20, "6 s"), (None, "4.31 s")):
        stream = io.StringIO()
        Console(file=stream, width=80).print(picture([column, column], 80, height))
        assert row(stream.getvalue().splitlines(), "0 s").rstrip().endswith(end)


def test_rows_that_do_not_fit_are_counted() -> None:
    story = Story().began(1)
    for pid in range(2, 102):
        story.began(pid).tell(pid, "said", text="is {number}", fields={"number": pid})
    rows = text_of(state_of(story.events))
    names = [line for line in rows if re.match(r"p\d", line)]
    assert f"and {101 - len(names)} more: " in row(rows, "more")
    assert len(names) > 10


def test_those_who_do_and_know_the_same_share_a_row_where_there_are_too_few() -> None:
    rows = text_of(rush(100))
    assert "waits for mutex · looks: 3 left" in row(rows, "p3…101 (99)")
    assert "holds mutex" in row(rows, "p2 ")
    assert row(rows, "p1 ")


def test_who_holds_a_lock_is_shown_even_where_the_rows_do_not_fit() -> None:
    run = rush(100)
    run.locks[9].holders = {77: 1}
    run.processes[77].waits.clear()
    assert "holds mutex" in row(text_of(run), "p77 ")


def test_text_of_the_program_is_never_markup_and_never_obeyed() -> None:
    story = Story().began(1).tell(1, "printed", text="[red]\x1b[31mred\x1b[2J\x07 \x1b]0;x\x07\n", stream="stdout")
    rows = text_of(state_of(story.events))
    assert "[red]red" in row(rows, "[red]")
    assert not any("\x1b" in line for line in rows)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("中文", "中文"),
        ("a\tb", "a    b"),
        ("a\nb", "a b"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("bell\x07", "bell"),
        ("\x9b31mred", "31mred"),
        ("\u202eright to left", "right to left"),
        ("half \ud800", "half \ufffd"),
    ],
)
def test_clean(text: str, shown: str) -> None:
    assert clean(text) == shown


@pytest.mark.parametrize(("ns", "words"), [(1_500_000_000, "1.50 s"), (3_200_000, "3.2 ms"), (4_000, "4 µs")])
def test_seconds(ns: int, words: str) -> None:
    assert seconds(ns) == words


def plain_lines(events: list[Event], verdict: Verdict | None = None, **options: Any) -> list[str]:
    stream = io.StringIO()
    view = PlainView(Console(file=stream, width=100), **options)
    run = RunState()
    for event in events:
        apply(run, event)
        view.event(event, run)
    view.tick(run, None)
    if verdict:
        view.finish(run, verdict)
    return stream.getvalue().splitlines()


def test_the_plain_view_writes_a_line_an_event_that_matters() -> None:
    story = Story().began(1, 2).lock(9).tell(2, "lock_waiting", 9, "x.py:3").tell(2, "lock_acquired", 9, "x.py:3")
    lines = plain_lines(story.tell(2, "printed", text="a\nb\n", stream="stdout").events)
    assert [line.split()[1:] for line in lines] == [
        ["p2", "waits", "for", "mutex", "x.py:3"],
        ["p2", "acquired", "mutex", "x.py:3"],
        ["p2", "a"],
        ["p2", "b"],
    ]
    assert "\x1b" not in "".join(lines), "colour only on a terminal"


def test_values_that_are_no_text_have_no_quotes() -> None:
    shown = {
        "text": "'text'",
        "<Task>": "<Task>",
        "<bytes of 90>": "<bytes of 90>",
        "b'ab'": "b'ab'",
        "(1, 2)": "(1, 2)",
    }
    shown |= {"TZif2\0\0": "binary data", "< 3": "'< 3'", "": "''", "[1, 'a']": "[1, 'a']"}
    story = Story().queue(9, "q")
    for value in shown:
        story.tell(1, "queue_put", 9, value=value)
    lines = plain_lines(story.events)
    assert [line.split("p1", 1)[1].strip() for line in lines] == [f"put {words} into q" for words in shown.values()]


def test_a_connection_that_nobody_saw_made_is_called_a_pipe() -> None:
    (line,) = plain_lines(Story().tell(1, "pipe_receive_waiting", 8).events)
    assert line.endswith("waits for a message on pipe")


def test_a_start_is_told_in_the_perfect_since_the_child_may_have_done_something_before_it_returned() -> None:
    story = Story().began(1, 2).tell(2, "said", text="asks how many are left", fields={})
    story.tell(1, "process_started", child=2, child_name="p2", daemon=False)
    run, words = RunState(), []
    for event in story.events:
        apply(run, event)
        words.append(event_words(event, run))
    assert words[-1] == "has started p2 (PID 2)"


def test_a_barrier_is_called_one_whatever_its_name() -> None:
    story = Story().began(1, 2).tell(1, "barrier_created", 5, name="both", type="Barrier", parties=2)
    story.tell(2, "barrier_waiting", 5, timeout=None, native_id=1, interruptible=False)
    run = state_of(story.events)
    assert state_words(run, run.processes[2], {})[0] == "waits at the barrier both"


def test_the_columns_of_the_plain_view_are_aligned_with_wide_characters() -> None:
    def acquired(name: str) -> Event:
        return Event("lock_acquired", MS, 2, name, "MainThread", 9, "x.py:3", {})

    lines = plain_lines([acquired("用户一"), acquired("user-1")])
    assert len({cell_len(line[: line.index("x.py")]) for line in lines}) == 1


def test_the_summary_names_each_claim_and_each_finding() -> None:
    story = Story().began(1).tell(1, "raised", type="ValueError", text="no [bold]tickets", at="x.py:9")
    run = state_of(story.events)
    claims = [Claim("M1", True, "{n} sold", {"n": 10}), Claim("M2", False, "{n} left", {"n": 0})]
    verdict = Verdict("tickets", claims, findings(run, Outcome()))
    stream = io.StringIO()
    print_summary(Console(file=stream, width=100), run, verdict)
    text = stream.getvalue()
    assert "✔ M1 10 sold" in text
    assert "✘ M2 this run did not show it: 0 left" in text
    assert "p1 ended at x.py:9 by an exception: ValueError: no [bold]tickets" in text


def test_nothing_of_a_long_chinese_sentence_is_cut_off() -> None:
    stream = io.StringIO()
    text = "每秒传送的条数 queue 是 manager 的四倍" * 8
    console = Console(file=stream, width=40, force_terminal=True, color_system=None)
    print_summary(console, rush(1), Verdict("ipc", [Claim("I3", True, text)]))
    assert "…" not in stream.getvalue()


def test_every_sentence_has_words_for_what_it_needs() -> None:
    from procsim.wire.events import KINDS

    assert set(EVENT_WORDS) <= set(KINDS)
    for kind, text in EVENT_WORDS.items():
        text.format_map(dict.fromkeys((*KINDS[kind], "object", "pid", "error", "subject"), ""))
    for text in (*(wait.words for wait in WAITS.values()), *(operation.next for operation in OPERATIONS)):
        text.format(object="", subject="")


# Findings ----------------------------------------------------------------------------------------------------


def found(story: Story, outcome: Outcome | None = None) -> list[str]:
    return [finding.id for finding in findings(state_of(story.events), outcome or Outcome())]


def test_a_healthy_run_has_no_findings() -> None:
    assert FINDINGS
    assert found(Story().began(1, 2).tell(2, "process_ended", exit_code=0).tell(1, "process_ended", exit_code=0)) == []


def test_who_died_of_a_signal_that_nobody_in_the_program_sent() -> None:
    assert found(Story().began(1, 2).tell(2, "process_ended", exit_code=-9)) == ["died"]
    terminated = Story().began(1, 2).tell(1, "process_terminated", child=2, child_name="p2")
    assert found(terminated.tell(2, "process_ended", exit_code=-15)) == []
    daemon = Story().began(1).tell(2, "process_began", parent=1, daemon=True)
    assert found(daemon.tell(2, "process_ended", exit_code=-15)) == []


def test_who_was_left_behind_and_who_stood_still() -> None:
    story = Story().began(1, 2).lock(9).tell(2, "lock_waiting", 9, "x.py:4")
    assert found(story, Outcome(left_behind=(2,))) == ["left_behind"]
    (finding,) = findings(state_of(story.events), Outcome(timed_out=2.0))
    (row,) = finding.figures["standing"]
    assert (row["process"], row["kind"], row["object"], row["at"]) == ("p2", "lock_waiting", "mutex", "x.py:4")
    assert not row["stuck"]


def test_who_waits_for_the_same_at_the_same_place_shares_a_row() -> None:
    story = Story().began(*range(1, 8)).lock(9).tell(1, "lock_acquired", 9).lock(8, "other")
    for pid in range(2, 7):
        story.tell(pid, "lock_waiting", 9, "x.py:4")
    story.tell(7, "lock_waiting", 8, "x.py:4").tell(1, "process_started", child=99, child_name="PID 99", daemon=False)
    story.tell(99, "manager_called")
    story.events[-1] = story.events[-1]._replace(process="PID 99")
    run = state_of(story.events)
    rows = [text.plain for _, text in verdict_rows(Verdict("x", [], findings(run, Outcome(timed_out=2.0))), False)]
    assert rows == [
        "it had not ended after 2 s, and was ended",
        "5 processes (p2, p3, p4, … 2 more), each: waits for mutex, held by p1 (and may still go on)  x.py:4",
        "p7 (PID 7): waits for other (and may still go on)  x.py:4",
        "PID 99: waits for the manager (and may still go on)",
    ]
