"""What probably hangs: at the end of a run that was ended, and while it runs."""

import io
import os
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console, ConsoleDimensions

from procsim.diagnosis.blocked_threads import Blocked, End
from procsim.diagnosis.snapshot import ProcessSnapshot, Snapshot, Thread, wait_count
from procsim.diagnosis.suspicion import ROUNDS, Suspicion
from procsim.diagnosis.watchman import _may_be_ended_by_a_handler
from procsim.findings import Finding, Outcome, findings
from procsim.findings.base import as_fields, sentence_of
from procsim.findings.probable import ENDING_NS, OLD_NS, OLD_WHILE_IT_RUNS_NS, suspected, suspicions
from procsim.state.apply import state_of
from procsim.state.run_state import RunState
from procsim.views.live.headline import headline_of
from procsim.views.live.screen import ScreenRequest, screen
from tests.events import Story

LIMIT, CTRL_C = Outcome(timed_out=8.0), Outcome(interrupted=2)


def waits_for_a_dead_one(old: int) -> Story:
    """Main waits for an item, and p2, which alone could put one, has ended by an exception; `old`: for so many ns."""
    story = Story().began(1).queue(9)
    story.tell(1, "process_started", at="x.py:3", child=2, child_name="p2", daemon=False).began(2)
    story.tell(2, "raised", None, "x.py:5", type="KeyError", text="'b'", during=None, subject="", made=None)
    story.tell(2, "process_ended", exit_code=1).tell(1, "queue_get_waiting", 9, "x.py:4", timeout=None, native_id=1)
    return later(story, old)


def later(story: Story, ns: int) -> Story:
    story._t += ns
    return story.tell(1, "printed", thread="beats", text="beat\n", stream="stdout")


def told_meanwhile(story: Story) -> Story:
    """With what is found while it runs."""
    run = state_of(story.events)
    for finding in suspected(run, run.t, OLD_WHILE_IT_RUNS_NS):
        story.tell(1, "finding", **as_fields(finding), probable=True)
    return story


def ids(run: RunState, outcome: Outcome) -> list[str]:
    return [finding.id for finding in findings(run, outcome)]


@pytest.mark.parametrize(("outcome", "other"), [(LIMIT, "time_limit"), (CTRL_C, "interrupted")])
def test_where_the_run_is_ended(outcome: Outcome, other: str) -> None:
    assert ids(state_of(waits_for_a_dead_one(OLD_NS).events), outcome) == ["probably_hangs", other]
    assert "probably_hangs" not in ids(state_of(waits_for_a_dead_one(OLD_NS // 2).events), outcome)


def own_lock(entered: bool, old: int = OLD_NS, type: str = "Lock") -> Story:
    """Main waits for a lock that it holds itself, and has a handler for alarms, which may raise."""
    story = Story().began(1).lock(7, type=type).tell(1, "lock_acquired", 7, "x.py:5", entered=entered)
    return later(story.tell(1, "lock_waiting", 7, "x.py:8", timeout=None, native_id=1), old)


def test_a_wait_that_a_handler_begins_anew_within_itself_is_the_same_wait() -> None:
    story = own_lock(True, OLD_NS // 2).tell(1, "lock_waiting", 7, "x.py:2", timeout=None, native_id=1)
    (finding, _) = findings(state_of(later(story, OLD_NS // 2).events), LIMIT)
    assert (finding.id, finding.figures["at"]) == ("probably_hangs", "x.py:2")
    raised = own_lock(True, OLD_NS // 2).tell(1, "lock_refused", 7, took=1)
    raised.tell(1, "lock_waiting", 7, "x.py:2", timeout=None, native_id=1)
    assert "probably_hangs" not in ids(state_of(later(raised, OLD_NS // 2).events), LIMIT)


def test_who_waits_for_its_own_lock_probably_hangs_even_where_a_signal_may_come() -> None:
    (finding, _) = findings(state_of(own_lock(True).events), LIMIT)
    assert finding.id == "probably_hangs"
    assert finding.figures["cause"]["figures"]["held_at"] == "x.py:5"
    assert ids(state_of(own_lock(True, OLD_NS // 2).events), LIMIT) == ["time_limit"]


def told_to_end(inherited: bool, old: int = OLD_NS) -> Story:
    """Main has told p2 to end, and joins it; it goes on, and sleeps."""
    story = Story().began(1).tell(1, "process_started", at="x.py:3", child=2, child_name="p2", daemon=False)
    story.tell(2, "process_began", parent=1, daemon=False, handles_sigterm=inherited)
    story.tell(2, "sleep_began", at="x.py:6", seconds=60)
    story.tell(1, "process_terminated", at="x.py:4", child=2, child_name="p2")
    join: dict[str, Any] = {"child": 2, "child_name": "p2", "timeout": None, "native_id": 1}
    return later(story.tell(1, "process_join_waiting", None, "x.py:5", **join), old)


@pytest.mark.parametrize(
    ("inherited", "old", "said"),
    [(True, OLD_NS, True), (False, OLD_NS, False), (True, OLD_NS // 2, False)],
)
def test_who_goes_on_after_it_was_told_to_end(inherited: bool, old: int, said: bool) -> None:
    found = findings(state_of(told_to_end(inherited, old).events), LIMIT)
    assert [finding.id for finding in found] == ["probably_hangs", "time_limit"][not said :]
    if said:
        words = sentence_of(found[0].text, found[0].figures)
        assert "p1 waits at x.py:5 for p2 to end, which p1 told to end at x.py:4" in words
        assert words.endswith("(by a handler inherited from p1) or ignores it, and goes on at x.py:6")
        assert sentence_of(found[0].cure, found[0].figures).startswith("have p2 call signal.signal(")


def test_what_was_told_to_end_only_now_may_still_end() -> None:
    story = told_to_end(True, 0)
    story.events = [event for event in story.events if event.kind != "process_terminated"]
    later(story, OLD_NS).tell(1, "process_terminated", at="x.py:4", child=2, child_name="p2")
    assert ids(state_of(story.events), LIMIT) == ["time_limit"]


def test_where_it_ends_by_itself() -> None:
    assert ids(state_of(told_meanwhile(waits_for_a_dead_one(OLD_WHILE_IT_RUNS_NS)).events), Outcome()) == ["raised"]


def test_what_was_said_while_it_ran_is_not_said_anew() -> None:
    story = told_meanwhile(waits_for_a_dead_one(OLD_WHILE_IT_RUNS_NS))
    run = state_of(later(story, OLD_NS).events)
    assert (len(run.found), len(run.suspected)) == (0, 1), "what is probable is not why it hangs"
    first, *others = findings(run, LIMIT)
    assert (first.id, first.figures["seconds"]) == ("probably_hangs", pytest.approx(10, abs=0.1))
    assert [finding.id for finding in others] == ["time_limit"]


@pytest.mark.parametrize(("since", "said"), [(ENDING_NS // 2, True), (ENDING_NS * 2, False)])
def test_a_wait_that_ended_after_all_was_none(since: int, said: bool) -> None:
    story = told_meanwhile(waits_for_a_dead_one(OLD_WHILE_IT_RUNS_NS))
    run = state_of(later(story.tell(1, "queue_got", 9, "x.py:4", value=1), since).events)
    assert bool([*suspicions(run)]) is said, "what Ctrl-C has ended, ended just before the run"
    assert ("probably_hangs" in ids(run, CTRL_C)) is said


def acquires_twice(at: str) -> Story:
    """A worker has acquired a lock at x.py:5, and waits for it there, or at another line, while main polls."""
    story = Story().began(1, 2).lock(9).tell(2, "lock_acquired", 9, "x.py:5", entered=False)
    return later(story.tell(2, "lock_waiting", 9, at, timeout=None, native_id=2), OLD_WHILE_IT_RUNS_NS)


def test_who_acquires_a_lock_again_at_the_same_line_waits_for_itself_whatever_others_do() -> None:
    run = state_of(told_meanwhile(acquires_twice("x.py:5")).events)
    (event,) = run.suspected
    assert event.fields["sentence"].startswith("probably_hangs.lock_twice")
    assert ids(run, LIMIT) == ["probably_hangs", "time_limit"]


def test_a_lock_may_be_a_signal_that_another_process_gives() -> None:
    assert not state_of(told_meanwhile(acquires_twice("x.py:6")).events).suspected
    handed_on = acquires_twice("x.py:5").tell(1, "lock_released", 9, "x.py:7")
    handed_on.tell(2, "lock_acquired", 9, "x.py:5", entered=False)
    handed_on.tell(2, "lock_waiting", 9, "x.py:5", timeout=None, native_id=2)
    assert not state_of(told_meanwhile(later(handed_on, OLD_WHILE_IT_RUNS_NS)).events).suspected


def test_on_the_screen_it_has_its_own_sign_and_no_alarm() -> None:
    run = state_of(told_meanwhile(waits_for_a_dead_one(OLD_WHILE_IT_RUNS_NS)).events)
    assert headline_of(run, None) == ("probably hangs: p1 waits: q is empty", False)
    request = ScreenRequest(size=ConsoleDimensions(100, 30), t=run.t, asking=False)
    stream = io.StringIO()
    Console(file=stream, width=100).print(screen(run, request)[0])
    picture = stream.getvalue()
    assert "△ probably a hang (10 s so far): p1 waits at x.py:4" in picture
    assert "▲" not in picture and "HANGS" not in picture


# While it runs ------------------------------------------------------------------------------------------------


@pytest.fixture
def beating() -> Iterator[int]:
    """The number of a thread of this process that goes to wait again and again."""
    numbers: list[int] = []
    begun, ends = threading.Event(), threading.Event()

    def beat() -> None:
        numbers.append(threading.get_native_id())
        begun.set()
        while not ends.wait(0.001):
            pass

    thread = threading.Thread(target=beat)
    thread.start()
    begun.wait()
    yield numbers[0]
    ends.set()
    thread.join()


def seen(**threads: Any) -> Snapshot:
    """This process, with these threads of it."""
    process = ProcessSnapshot(os.getpid(), 1, {int(name[1:]): blocked for name, blocked in threads.items()})
    return Snapshot({process.pid: process})


def suspicion_of(mark: int, has_passed: Callable[[int], bool]) -> Suspicion:
    """Of a run of which it is known whether the events before a mark have come."""
    run: Any = SimpleNamespace(mark=lambda: mark, has_passed=has_passed)
    return Suspicion(run, RunState())


def beats(number: int) -> None:
    """Wait until the thread has gone to wait a few times more."""
    thread = Thread(os.getpid(), number)
    before = wait_count(thread)
    while wait_count(thread) < before + ROUNDS:
        pass


@pytest.mark.parametrize("blocked", [None, Blocked("timed")])
def test_it_is_said_where_each_thread_that_moves_comes_again(beating: int, blocked: Blocked | None) -> None:
    suspicion = suspicion_of(1, lambda mark: mark == 1)
    snapshot = seen(**{f"t{beating}": blocked, f"t{os.getpid()}": Blocked("read")})
    assert not suspicion.holds(True, snapshot)
    beats(beating)
    assert suspicion.holds(True, snapshot)
    assert not suspicion.holds(False, snapshot)
    beats(beating)
    assert not suspicion.holds(True, snapshot), "it begins anew"


def test_it_is_not_said_where_one_does_not(beating: int) -> None:
    suspicion = suspicion_of(1, lambda mark: True)
    stands = threading.Event()
    with_it: list[int] = []

    def stand() -> None:
        with_it.append(threading.get_native_id())
        stands.wait()

    thread = threading.Thread(target=stand)
    thread.start()
    while not with_it:
        beats(beating)
    try:
        while (count := wait_count(Thread(os.getpid(), with_it[0]))) < 1 or not beats_alone(beating, with_it[0], count):
            pass
        for blocked in (None, Blocked("timed")):
            snapshot = seen(**{f"t{beating}": None, f"t{with_it[0]}": blocked})
            assert not suspicion.holds(True, snapshot)
            beats(beating)
            assert not suspicion.holds(True, snapshot)
    finally:
        stands.set()
        thread.join()


def beats_alone(beating: int, other: int, count: int) -> bool:
    """Whether the other thread stands still while this one beats."""
    beats(beating)
    return wait_count(Thread(os.getpid(), other)) == count


FROM_OUTSIDE = [
    Blocked("accept"),
    Blocked("events"),
    Blocked("read", (End(7, writing=False),)),  # from a pipe that no process of the run can write to
    Blocked("poll", (End(8, writing=False), End(7, writing=False))),
    Blocked("read", (End(8, writing=True, socket=True),)),
]


@pytest.mark.parametrize("blocked", FROM_OUTSIDE)
def test_it_is_not_said_where_something_may_come_from_outside(beating: int, blocked: Blocked) -> None:
    suspicion = suspicion_of(1, lambda mark: True)
    snapshot = seen(**{f"t{beating}": None, f"t{os.getpid()}": blocked})
    snapshot.processes[os.getpid()].ends = frozenset({End(8, writing=True)})
    assert not suspicion.holds(True, snapshot)
    beats(beating)
    assert not suspicion.holds(True, snapshot)


def test_what_comes_from_within_does_not_come_from_outside(beating: int) -> None:
    suspicion = suspicion_of(1, lambda mark: True)
    snapshot = seen(**{f"t{beating}": None, f"t{os.getpid()}": Blocked("read", (End(8, writing=False),))})
    snapshot.processes[os.getpid()].ends = frozenset({End(8, writing=True)})
    assert not suspicion.holds(True, snapshot)
    beats(beating)
    assert suspicion.holds(True, snapshot)


def test_it_is_not_said_of_processes_that_have_all_just_ended() -> None:
    suspicion = suspicion_of(1, lambda mark: True)
    assert not suspicion.holds(True, Snapshot({}))
    assert not suspicion.holds(True, Snapshot({}))


@pytest.mark.parametrize(("signals", "said"), [((2, 14), True), ((2, 10), True), ((2,), False)])
def test_an_event_may_be_there_for_a_signal_handler(signals: tuple[int, ...], said: bool) -> None:
    process = ProcessSnapshot(1, 0, caught=sum(1 << (number - 1) for number in signals))
    finding = Finding("probably_hangs", "", {"pid": 1, "kind": "event_waiting"})
    assert _may_be_ended_by_a_handler(finding, Snapshot({1: process})) is said
    other = finding._replace(figures={"pid": 1, "kind": "queue_get_waiting"})
    assert not _may_be_ended_by_a_handler(other, Snapshot({1: process}))


def test_it_is_not_said_before_all_events_have_come(beating: int) -> None:
    passed: list[int] = []
    suspicion = suspicion_of(7, lambda mark: mark in passed)
    snapshot = seen(**{f"t{beating}": None})
    assert not suspicion.holds(True, snapshot)
    beats(beating)
    assert not suspicion.holds(True, snapshot)
    passed.append(7)
    assert suspicion.holds(True, snapshot)
