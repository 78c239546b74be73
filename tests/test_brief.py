"""The brief view: what is wrong, when it is found, and one line at the end."""

import io
from typing import Any

import pytest

from procsim import Claim, language
from procsim.findings.base import Finding, as_fields
from procsim.state.apply import apply
from procsim.state.run_state import RunState
from procsim.views import VIEWS, Showing
from procsim.views.base import Verdict
from procsim.views.text.brief import BriefView
from procsim.wire.events import Event
from tests.events import Story

LOST = Finding(
    "lost_update", "updates of {file} lost: {count}", {"file": "f", "count": 1}, "hold one lock", "lost_update"
)
PROBABLY = Finding("probably_hangs", "probably a hang, for {seconds:.0f} s", {"seconds": 4})
EARLY = Finding("interrupted", "it was ended early", {"standing": []})
LATE = Finding("time_limit", "it had not ended after {seconds:g} s, and was ended", {"seconds": 2, "standing": []})


class Watched:
    """A run that the brief view shows, and what it has written so far."""

    def __init__(self, **showing: Any) -> None:
        self._stream = io.StringIO()
        self.run = RunState()
        self.view = BriefView(self._stream, Showing("procsim watch x.py", **{"watching": True, **showing}))

    def after(self, events: list[Event]) -> str:
        """What it has written after these events."""
        for event in events:
            apply(self.run, event)
            self.view.event(event, self.run)
        self.view.tick(self.run, None)
        return self._stream.getvalue()

    def finished(
        self, *found: Finding, accepted: tuple[Finding, ...] = (), claims: tuple[Claim, ...] = ()
    ) -> list[str]:
        """The lines that it has written at the end."""
        self.view.finish(self.run, Verdict("x", [*claims], [*found], [*accepted]))
        return self._stream.getvalue().splitlines()


def busy() -> Story:
    story = Story().began(1, 2).lock(7)
    for _number in range(100):
        story.tell(2, "lock_waiting", 7).tell(2, "lock_acquired", 7).tell(2, "lock_released", 7)
    return story


def test_of_a_run_where_nothing_is_wrong_it_writes_one_line() -> None:
    watched = Watched()
    assert watched.after(busy().events) == ""
    assert watched.finished() == ["2 processes, 303 events, nothing wrong, 0.3 s"]


def test_what_is_wrong_is_written_when_it_is_found_and_once() -> None:
    watched = Watched()
    shown = watched.after(busy().tell(1, "finding", **as_fields(LOST)).events)
    assert shown == "▲ updates of f lost: 1 [lost_update]\n  hold one lock\n"
    assert watched.finished(LOST, PROBABLY)[2:] == [
        "△ probably a hang, for 4 s [probably_hangs]",
        "2 processes, 304 events, 1 thing wrong, 1 thing probably wrong, 0.3 s",
    ]


def test_what_is_accepted_is_counted_and_not_shown() -> None:
    watched = Watched()
    assert watched.after(Story().began(1).tell(1, "finding", **as_fields(LOST), accepted=True).events) == ""
    assert watched.finished(accepted=(LOST,)) == ["1 process, 2 events, 1 accepted, nothing else wrong, 0.0 s"]


@pytest.mark.parametrize(("found", "words"), [(EARLY, "ended early"), (LATE, "ended at the time limit")])
def test_a_run_that_was_ended_early_has_no_fault_for_that(found: Finding, words: str) -> None:
    watched = Watched()
    watched.after(Story().began(1).events)
    assert watched.finished(found)[-1] == f"1 process, 1 event, {words}, 0.0 s"
    assert watched.finished(found, LOST)[-1] == f"1 process, 1 event, 1 thing wrong, {words}, 0.0 s"


def test_what_procsim_could_not_see_is_said() -> None:
    watched = Watched()
    story = Story().began(1)
    for pid in (5, 6, 7):
        story.tell(pid, "process_untraced", reason="-I" if pid != 6 else "environment")
    watched.after(story.tell(5, "process_detached").events)
    first, *others = watched.finished()
    assert first.startswith("p5 (PID 5) goes on, in a session of its own")
    assert others[:2] == [
        "PID 5 is not traced: it was started with -I … and 1 more",
        "PID 6 is not traced: it was started with another environment",
    ]


def test_the_lanes_are_drawn_where_they_are_wanted() -> None:
    watched = Watched(summary=True)
    watched.after(busy().events)
    assert [line for line in watched.finished() if "holds a lock" in line]


def test_of_a_lesson_it_writes_what_the_program_prints_and_the_claims() -> None:
    watched = Watched(watching=False)
    story = Story().began(1).tell(1, "printed", text="one\ntw\x1b[2Ko", stream="stdout")
    assert watched.after(story.events) == "one\ntwo"
    assert watched.finished(claims=(Claim("M1", True, "it is so"),))[2:] == [
        "✔ M1 it is so",
        "1 process, 2 events, nothing wrong, 0.0 s",
    ]


def test_of_a_recording_it_writes_what_was_wrong() -> None:
    watched = Watched(watching=False, recorded=True)
    assert watched.after(Story().began(1).tell(1, "printed", text="one\n", stream="stdout").events) == ""
    assert watched.finished(LOST)[0] == "▲ updates of f lost: 1"


def test_people_learn_how_to_end_what_hangs() -> None:
    watched = Watched(asks=True)
    story = Story().began(1).lock(7).tell(1, "lock_waiting", 7)
    story.tell(1, "process_stuck", 7, wait="lock_waiting", open_in=[], in_message=False, how="futex")
    assert watched.after(story.tell(1, "finding", **as_fields(LOST)).events).endswith("\n  Ctrl-C ends it\n")


def test_it_is_chinese_where_the_language_is() -> None:
    language.choose("zh")
    watched = Watched()
    watched.after(busy().events)
    assert watched.finished() == ["2 个进程，303 个事件，没有问题，0.3 秒"]  # noqa: RUF001 - Chinese punctuation


def test_it_is_one_of_the_views() -> None:
    assert isinstance(VIEWS["brief"](Showing("x", watching=True)), BriefView)


@pytest.mark.parametrize(
    ("code", "line"),
    [
        (0, "2 processes, 4 events, nothing wrong, 0.0 s"),
        (None, "2 processes, 4 events, nothing wrong, 0.0 s"),
        (1, "2 processes, 4 events, ended with exit code 1, nothing else wrong, 0.0 s"),
        (-9, "2 processes, 4 events, ended by SIGKILL, nothing else wrong, 0.0 s"),
    ],
)
def test_the_last_line_says_how_the_program_ended_where_that_is_no_success(code: int | None, line: str) -> None:
    watched = Watched()
    story = Story().began(1, 2).tell(2, "process_ended", exit_code=7).tell(1, "process_ended", exit_code=code)
    watched.after(story.events)
    assert watched.finished() == [line]


def test_where_something_is_wrong_the_exit_code_stands_beside_it() -> None:
    watched = Watched()
    watched.after(Story().began(1).tell(1, "process_ended", exit_code=3).events)
    assert watched.finished(LOST)[-1] == "1 process, 2 events, 1 thing wrong, ended with exit code 3, 0.0 s"
