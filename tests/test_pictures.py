"""What the picture shows of a run: its headline, what each process knows, marks in lanes, the circle, the objects."""

from collections.abc import Iterator
from typing import Any

import pytest
from rich.console import ConsoleDimensions
from rich.text import Text

from procsim import language
from procsim.findings.base import as_fields
from procsim.findings.hangs import hangs
from procsim.lessons import catalog
from procsim.lessons.scenario import load
from procsim.options import from_arguments
from procsim.state.apply import apply, state_of
from procsim.state.run_state import RunState
from procsim.state.timeline import Axis, axis_of, lane_of
from procsim.views.live.circle import circle_lines
from procsim.views.live.headline import headline_of
from procsim.views.live.screen import ScreenRequest
from procsim.views.live.things import thing_lines
from procsim.views.text.knowledge import Knowledge, knowledge_words
from procsim.views.text.lanes import lane_line
from procsim.wire.events import Event
from tests.events import MS, Story
from tests.test_views import row, text_of

FILE, BOWL, SPOON, MUTEX = 1 << 63 | 5, 9, 8, 7


@pytest.fixture(autouse=True)
def english() -> None:
    language.choose("en")


def wrote(story: Story, pid: int, value: str, path: str = "/tmp/stock.txt", file: int = FILE) -> Story:
    story.tell(pid, "file_opened", file, path=path, mode="r+")
    story.tell(pid, "file_written", file, "x.py:3", path=path, value=value, size=len(value), offset=0)
    return story.tell(pid, "file_closed", file, path=path)


def read(story: Story, pid: int, value: str, path: str = "/tmp/stock.txt", file: int = FILE) -> Story:
    return story.tell(pid, "file_read", file, "x.py:2", path=path, value=value, size=len(value), offset=0)


def race(value: str = "3", then: str = "2") -> RunState:
    """2 and 3 read, then both write."""
    story = Story().began(1, 2, 3)
    for pid in (2, 3):
        read(story, pid, value)
    return state_of(wrote(wrote(story, 2, then), 3, then).events)


def test_who_has_read_what_another_has_written_since_is_out_of_date() -> None:
    story = read(read(Story().began(1, 2, 3), 2, "3"), 3, "3")
    run = state_of(story.events)
    assert knowledge_words(run, run.processes[3]) == ("read 3", Knowledge.PLAIN)
    run = state_of(wrote(story, 2, "2").events)
    assert knowledge_words(run, run.processes[3]) == ("read 3 (it is 2 now)", Knowledge.OUT_OF_DATE)
    assert knowledge_words(run, run.processes[2]) == ("wrote 2", Knowledge.PLAIN)
    assert knowledge_words(run, run.processes[1]) == ("", Knowledge.PLAIN)
    run = state_of(read(story, 3, "2").events)
    assert knowledge_words(run, run.processes[3]) == ("read 2", Knowledge.PLAIN)


def test_what_is_appended_makes_nobody_out_of_date() -> None:
    story = read(Story().began(1, 2, 3), 2, "log")
    story.tell(3, "file_opened", FILE, path="/tmp/stock.txt", mode="a")
    story.tell(3, "file_written", FILE, path="/tmp/stock.txt", value="more", size=4, offset=0)
    run = state_of(story.events)
    assert knowledge_words(run, run.processes[2]) == ("read log", Knowledge.PLAIN)


def test_who_overwrites_what_it_has_not_seen_is_the_alarm() -> None:
    run = race()
    assert knowledge_words(run, run.processes[3]) == ("wrote 2 over p2's 2", Knowledge.ALARM)
    assert row(text_of(run), "p3 ").rstrip().endswith("wrote 2 over p2's 2 · running")
    assert headline_of(run, None) == ("LOST UPDATES: 1. A process wrote over what it had not seen", True)
    assert "1 write went over an unseen one" in row(text_of(run), "stock.txt  ")


@pytest.mark.parametrize("value", ["x" * 40, "两" * 7, "a\nb"])
def test_a_value_that_is_too_long_or_cannot_be_printed_is_left_out_of_a_whole_sentence(value: str) -> None:
    run = race(value, value + "!" * 20)
    assert knowledge_words(run, run.processes[3])[0] == "wrote over what p2 had written"
    story = wrote(read(read(Story().began(1, 2, 3), 2, value), 3, value), 2, value + "!" * 20)
    run = state_of(story.events)
    assert knowledge_words(run, run.processes[3])[0] == "read (it has changed since)"


def test_of_several_files_the_one_is_named() -> None:
    story = read(read(Story().began(1, 2), 2, "1", "/a/one", FILE), 2, "5", "/a/two", FILE + 1)
    run = state_of(story.events)
    assert knowledge_words(run, run.processes[2])[0] == "two: read 5"


@pytest.mark.parametrize("joined", [None, 5, 6])
def test_who_reports_nothing_is_a_cause_for_alarm_where_that_is_waited_for(joined: int | None) -> None:
    story = Story().began(1, 2).queue(5, "tasks", "JoinableQueue").queue(6, "others", "JoinableQueue")
    for value in (11, 12):
        story.tell(1, "queue_put", 5, value=value).tell(2, "queue_got", 5, value=value)
    if joined is not None:
        story.tell(1, "queue_join_waiting", joined, timeout=None, native_id=1, interruptible=False)
    run = state_of(story.events)
    (line,) = (line for line in thing_lines(run, 9, 100, False) if line.plain.startswith("tasks"))
    alarm = joined == 5
    assert ("alarm.text" in {span.style for span in line.spans}) is alarm
    assert knowledge_words(run, run.processes[2])[1] is (Knowledge.ALARM if alarm else Knowledge.PLAIN)


# Lanes -------------------------------------------------------------------------------------------------------


def lane(run: RunState, pid: int, cells: int = 20, plain: bool = True) -> Text:
    return lane_line(lane_of(run, run.processes[pid], Axis(cells, 0, run.t), run.t), plain)


def test_reads_and_writes_stand_in_the_lane_at_their_moment() -> None:
    run = race()
    second, third = (lane(run, pid, run.t // MS) for pid in (2, 3))
    assert (second.plain, third.plain) == ("  --r3-w2--", "   --r3-w2!")
    at = third.plain.index("w2")
    assert [span.style for span in third.spans if span.start <= at < span.end] == ["alarm"]
    assert "alarm" not in {span.style for span in second.spans}


def test_what_is_put_and_taken_stands_in_the_lane_and_a_long_value_is_a_sign() -> None:
    story = Story().began(1, 2).queue(5)
    story.tell(1, "queue_put", 5, value=11).tell(2, "queue_got", 5, value=11).tell(1, "queue_put", 5, value="masala 1")
    story.tell(2, "queue_got", 5, value="masala 1").tell(1, "process_returned")
    run = state_of(story.events)
    assert "11>" in lane(run, 1, 60).plain and "p" in lane(run, 1, 60).plain
    assert ">11" in lane(run, 2, 60).plain and "t" in lane(run, 2, 60).plain
    assert "11▸" in lane(run, 1, 60, plain=False).plain and "▮" in lane(run, 1, 60, plain=False).plain


def test_a_lock_held_for_a_moment_is_seen_beside_what_was_read_in_it() -> None:
    story = Story().began(1, 2).lock(MUTEX)
    for _ in range(60):
        story.tell(1, "noted", name="x", value=1)
    read(story, 2, "3").tell(2, "lock_acquired", MUTEX).tell(2, "lock_released", MUTEX)
    run = state_of(story.tell(1, "noted", name="x", value=1).events)
    assert "r3#" in lane(run, 2, 20).plain


def test_where_it_moves_by_steps_the_axis_counts_steps() -> None:
    story = Story().began(1, 2)
    for number in range(4):
        story.tell(2, "gate_reached", MUTEX, operation="lock_acquired", ready=True, subject=None, native_id=1)
        story.tell(2, "gate_passed", MUTEX, operation="lock_acquired")
        for _ in range(10 * number):  # the more time, the fewer steps
            story.tell(1, "noted", name="x", value=1)
    run = state_of(story.events)
    axis = axis_of(run, 40, run.t, growing=False, steps=True)
    steps = list(run.steps)
    assert (axis.begin, axis.end) == (0, 4)
    assert [axis.cell(t) for t in steps] == [10, 20, 30, 39]
    assert axis_of(run, 40, run.t, growing=False).labels() != axis.labels()


def test_a_row_says_whole_parts_only() -> None:
    story = Story().began(1, 2).lock(MUTEX).tell(2, "said", text="has one of the two of them", fields={})
    story.tell(2, "lock_waiting", MUTEX, timeout=None, native_id=1, interruptible=False)
    rows = text_of(state_of(story.events), 44, 20)
    assert row(rows, "p2 ").endswith("waits for mutex")


# Headlines ---------------------------------------------------------------------------------------------------


def stuck(story: Story, pid: int, kind: str, identity: int) -> Story:
    story.tell(pid, kind, identity, "x.py:5", timeout=None, native_id=pid, interruptible=False)
    return story.tell(pid, "process_stuck", identity, wait=kind, open_in=(), in_message=False)


def found(story: Story) -> RunState:
    """The run, and what is found in it while it hangs."""
    run = state_of(story.events)
    for finding in list(hangs(run)):
        apply(run, Event("finding", run.t, 0, "", "MainThread", fields=as_fields(finding)))
    return run


def circle() -> RunState:
    story = Story().began(1, 2, 3).lock(BOWL, "bowl").lock(SPOON, "spoon")
    story.tell(2, "lock_acquired", BOWL, "x.py:4").tell(3, "lock_acquired", SPOON, "x.py:4")
    return found(stuck(stuck(story, 2, "lock_waiting", SPOON), 3, "lock_waiting", BOWL))


def test_a_circle_is_drawn_as_one_and_said_once() -> None:
    run = circle()
    assert headline_of(run, None) == ("DEADLOCK: each waits for a lock that the next one holds", True)
    assert [line.plain for line in circle_lines(run, 80, True)] == [
        "  p2 - holds --> bowl  <-- wants - p3",
        "   | x.py:5                         | x.py:5",
        "   +-- wants --> spoon <-- holds ---+",
    ]
    top, _between, bottom = (line.plain for line in circle_lines(run, 80, False))
    assert top.index("bowl") == bottom.index("spoon")
    assert bottom.rstrip().endswith("┘")
    assert not [line for line in text_of(run) if "a deadlock" in line], "the circle says the same"
    assert sum("STUCK: holds bowl, waits for spoon" in line for line in text_of(run)) == 1


def test_three_in_a_circle_are_a_chain() -> None:
    story = Story().began(1, 2, 3, 4)
    for number in range(3):
        story.lock(10 + number, f"fork-{number}").tell(2 + number, "lock_acquired", 10 + number)
    for number in range(3):
        stuck(story, 2 + number, "lock_waiting", 10 + (number + 1) % 3)
    (line,) = (line.plain for line in circle_lines(found(story), 120, True))
    assert line.split() == (
        [
            "p2",
            "wants",
            "->",
            "fork-1",
            "held",
            "by",
            "->",
            "p3",
            "wants",
            "->",
            "fork-2",
            "held",
            "by",
            "->",
            "p4",
            "wants",
            "->",
            "fork-0",
            "held",
            "by",
            "->",
            "p2",
        ]
    )


def test_who_has_let_the_program_wait_says_what_happens_once() -> None:
    run = circle()
    rows = screen_of(run, asking=False)
    told = [line for line in rows if line.startswith("  0.0")]
    assert told and len(told) == len(set(told))


def screen_of(run: RunState, **request: Any) -> list[str]:
    import io

    from rich.console import Console

    from procsim.views.live.screen import screen

    stream = io.StringIO()
    Console(file=stream, width=80, height=24).print(
        screen(run, ScreenRequest("procsim x", ConsoleDimensions(80, 24), run.t, **request))[0], crop=True
    )
    return stream.getvalue().splitlines()


def test_where_nothing_else_is_known_it_names_who_waits_and_main_before_others() -> None:
    story = Story().began(1, 2)
    stuck(stuck(story, 2, "pipe_receive_waiting", 5), 1, "pipe_receive_waiting", 6)
    run = state_of(story.events)
    apply(run, Event("finding", run.t, 0, "", "MainThread", fields={"id": "unknown", "figures": {"process": "p7"}}))
    assert headline_of(run, None) == ("HANGS: p1 waits for ever", True)


def test_of_those_who_wait_it_names_the_one_that_the_finding_is_about() -> None:
    story = Story().began(1, 2)
    stuck(stuck(story, 1, "pipe_receive_waiting", 6), 2, "queue_get_waiting", 5)
    run = state_of(story.events)
    apply(run, Event("finding", run.t, 0, "", "MainThread", fields={"id": "unknown", "figures": {"process": "p2"}}))
    assert headline_of(run, None) == ("HANGS: p2 waits for ever", True)


def test_who_waits_at_a_queue_that_holds_an_item_is_not_said_to_find_it_empty() -> None:
    story = Story().began(1, 2).queue(5).tell(1, "queue_put", 5, value="hello")
    run = state_of(stuck(story, 2, "queue_get_waiting", 5).events)
    assert [row for row in screen_of(run) if "STUCK: waits for an item of q" in row]
    assert not [row for row in screen_of(run) if row.startswith("p2") and "is empty" in row]


def test_a_pool_whose_worker_has_ended_is_said_of_that_worker() -> None:
    run = state_of(Story().began(1).events)
    figures = {"process": "worker-2", "object": "squares"}
    apply(run, Event("finding", 1, 0, "", "MainThread", fields={"id": "pool_worker_died", "figures": figures}))
    assert headline_of(run, None)[0] == "worker-2 ended in the middle of a task of squares: the result never comes"


def test_the_busiest_lock_and_an_empty_queue_are_worth_a_headline() -> None:
    story = Story().began(1, 2, 3).lock(MUTEX).tell(2, "lock_acquired", MUTEX)
    story.tell(3, "lock_waiting", MUTEX, timeout=None, native_id=1, interruptible=False)
    assert headline_of(state_of(story.events), None) == ("p2 holds mutex; waiting for it: 1", False)
    story = Story().began(1, 2).queue(5).tell(1, "queue_put", 5, value=1).tell(2, "queue_got", 5, value=1)
    story.tell(2, "queue_get_waiting", 5, timeout=None, native_id=1, interruptible=False)
    assert headline_of(state_of(story.events), None) == ("q is EMPTY: p2 waits for an item", False)
    assert headline_of(state_of(Story().began(1).events), None) == ("1 process, running: 1", False)


def test_locks_that_each_process_makes_for_itself_are_one_object_and_keep_nobody_out() -> None:
    story = Story().began(1)
    for pid in (2, 3, 4):
        story.began(pid).tell(pid, "lock_created", 10 + pid, "x.py:9", name="lock", type="Lock", value=1)
    (line,) = (line.plain for line in thing_lines(state_of(story.events), 5, 80, True))
    assert line.startswith("lock") and line.endswith("3 different locks, one for each process: nobody is kept out")


# Of the lessons ----------------------------------------------------------------------------------------------


def of_lesson(line: str, events: list[Event]) -> str:
    name, *arguments = line.split()
    scenario = load(catalog.scenarios()[name], name)
    values = from_arguments(scenario.options, arguments)
    return headline_of(state_of(events), lambda run: scenario.headline(run, values))[0]


def renamed(story: Story, names: dict[int, str]) -> list[Event]:
    return [event._replace(process=names.get(event.pid, event.process)) for event in story.events]


def rush(sold: int) -> list[Event]:
    story = wrote(Story().began(1), 1, "3")
    for pid in range(2, 6):
        read(story.began(pid), pid, "3")
    for pid in range(2, 2 + sold):
        wrote(story, pid, "2")
    return story.events


def guard(daemon: bool, **ended: Any) -> Iterator[Event]:
    story = Story().began(1).tell(1, "process_started", child=2, child_name="guard", daemon=daemon, method="fork")
    story.tell(2, "process_began", parent=1, daemon=daemon)
    if ended.pop("returned", True):
        story.tell(1, "process_returned")
    if ended:
        story.tell(2, "process_ended", **ended)
    return iter(renamed(story, {1: "MainProcess", 2: "guard"}))


@pytest.mark.parametrize(
    ("line", "events", "headline"),
    [
        ("tickets --users 4 --no-lock", rush(2), "sold 2 of 3 tickets"),
        ("tickets --users 4 --no-lock", rush(4), "SOLD 4 TICKETS, ONLY 3 EXISTED"),
        ("tickets --users 4", rush(1), "sold 1 of 3 tickets, one buyer at a time"),
        (
            "tickets --users 4 --lock-made-in child",
            rush(4),
            "SOLD 4 TICKETS, ONLY 3 EXISTED: each user locks another lock",
        ),
        ("daemon", [*guard(True, returned=False)], "main and its child, the guard, both work"),
        (
            "daemon",
            [*guard(True, exit_code=-15)],
            "main has no more to do, so its daemon is ended too, in the middle of its work",
        ),
        ("daemon", [*guard(True)], "2 processes, running: 2"),
        ("daemon", [*guard(True, exit_code=0)], "2 processes, running: 1"),
        ("daemon --no-daemon", [*guard(False)],
         "main has no more to do, but waits: the guard is no daemon, and works on"),
        ("daemon --no-daemon", [*guard(False, exit_code=0)],
         "main waited until the guard was done: the guard is no daemon"),
        ("ipc --messages 5", Story().began(1).events, "1 process, running: 1"),
        ("ipc", Story().began(1).events, "sender sends 42 to receiver by queue"),
        ("ipc --via memory", Story().began(1).events, "number is 1 in MainProcess; a child will change it"),
        ("deadlock", Story().began(1).tell(1, "said", text="everybody has eaten", fields={}).events,
         "everybody has eaten"),
    ],
)  # fmt: skip
def test_the_headline_of_a_lesson(line: str, events: list[Event], headline: str) -> None:
    assert of_lesson(line, events) == headline


def test_nobody_has_died_holding_a_lock_that_nobody_waits_for() -> None:
    story = Story().began(1, 2, 3).lock(MUTEX).tell(2, "lock_acquired", MUTEX)
    story.tell(2, "process_ended", exit_code=-15)
    assert "DIED" not in of_lesson("tickets", story.events)
    story.tell(3, "lock_waiting", MUTEX, timeout=None, native_id=1, interruptible=False)
    assert of_lesson("tickets", story.events) == "p2 DIED HOLDING THE LOCK: nobody can ever buy, 1 wait"


def test_all_processes_have_a_row_before_a_second_object_has_one() -> None:
    story = Story().began(1).lock(MUTEX)
    for identity in range(100, 105):
        story.tell(1, "event_created", identity, name=f"event-{identity}", type="Event")
    for pid in range(2, 15):
        story.began(pid).tell(pid, "said", text="is {number}", fields={"number": pid})
    rows = text_of(state_of(story.events))
    assert all(row(rows, f"p{pid} ") for pid in range(1, 15))
    assert row(rows, "… and ")


def test_where_there_is_room_for_one_object_it_is_the_one_that_matters() -> None:
    story = Story().began(1, 2, 3).tell(1, "event_created", 100, name="doors", type="Event")
    for pid in (2, 3):
        read(story, pid, "3")
    run = state_of(wrote(wrote(story, 2, "2"), 3, "2").events)
    (line,) = (line.plain for line in thing_lines(run, 1, 80, True))
    assert line == "stock.txt  2  1 write went over an unseen one  … and 1 more"
    assert thing_lines(run, 0, 80, True) == []


def test_what_an_object_is_now_stands_behind_its_name() -> None:
    def words(story: Story) -> str:
        (line,) = (line.plain for line in thing_lines(state_of(story.events), 3, 100, True))
        return line.strip()

    story = Story().began(1, 2).tell(1, "event_created", 100, name="ready", type="Event")
    assert words(story) == "ready  not set"
    assert words(story.tell(2, "event_set", 100)) == "ready  set"
    assert words(story.tell(2, "event_cleared", 100)) == "ready  not set"
    story = Story().began(1, 2).tell(1, "barrier_created", 100, name="doors", type="Barrier", parties=3)
    wait: dict[str, Any] = {"timeout": None, "native_id": 1, "interruptible": False}
    assert words(story.tell(1, "barrier_waiting", 100, **wait)).startswith("doors  1 of 3 are there")
    assert words(story.tell(1, "barrier_passed", 100, position=0)) == "doors  opened, 1 have passed"
    assert words(story.tell(2, "barrier_waiting", 100, **wait)).startswith("doors  1 of 3 are there")
    story = Story().began(1, 2).tell(1, "pipe_created", 100, name="ours", type="Connection")
    for value in (1, 2):
        story.tell(1, "pipe_sent", 100, value=value)
    assert words(story.tell(1, "pipe_received", 100, value=3)) == "ours  2 sent, 1 received"
