"""Keys choose which moment of a run is shown, from lists of events."""

from collections.abc import Callable
from typing import Any

import pytest
from prompt_toolkit.keys import Keys as Pressed

from procsim import language
from procsim.control.steps import steps_of
from procsim.state.apply import apply, state_of
from procsim.state.run_state import RunState
from procsim.views.live.keys import Keys
from procsim.views.live.moments import Answer, Moments
from procsim.views.live.playing import Playing
from procsim.views.wishes import Movement, Pause
from tests.events import MS, Story

LOCK, FILE = 9, 5
HELD, FREE = Movement(closed=True, held=True), Movement()


@pytest.fixture(autouse=True)
def english() -> None:
    language.choose("en")


class Shown:
    """A run whose moments are shown."""

    def __init__(
        self, story: Story, movement: Movement | None = HELD, clock: Callable[[], float] = lambda: 0.0
    ) -> None:
        self.events = story.events
        self.moments = Moments(recorded=movement is None, clock=clock)
        self.movement = movement
        self.run = RunState()
        self.moments.moves(movement)
        for event in story.events:
            apply(self.run, event)
            self.moments.keep(event, self.run)
        self.moments.moves(movement)

    def press(self, *keys: str) -> Answer | None:
        """The answer to the last of them."""
        answer = None
        for key in keys:
            answer = self.moments.obey(key, self.run, self.movement)
        return answer

    def bar(self) -> str:
        row = self.moments.bar(self.moments.shown(self.run), self.run, 80)
        return "" if row is None else row.plain.strip()

    def events_shown(self) -> int:
        return self.moments.shown(self.run).events


def uses_of_a_file() -> Story:
    """Three processes read one file; then one of them waits for a lock."""
    story = Story().began(1, 2, 3).lock(LOCK)  # 4 events
    for pid in (1, 2, 3):
        story.tell(pid, "file_read", FILE, "x.py:3", path="/tmp/stock.txt", value="3", size=1, offset=0)
    return story.tell(1, "lock_waiting", LOCK, "x.py:4", timeout=None, native_id=1, interruptible=False)


def three_steps() -> Story:
    """Two processes stand at the gate; three times one of them acquires or releases a lock."""
    story = Story()
    at_gate: dict[str, Any] = {"ready": None, "subject": None, "native_id": 1}
    for pid in (1, 2):
        story.began(pid).tell(pid, "gate_reached", LOCK, None, "MainThread", operation="lock_acquired", **at_gate)
    story.lock(LOCK)
    for pid, done, following in ((1, "acquired", "released"), (1, "released", "acquired"), (2, "acquired", "released")):
        story.tell(pid, "gate_passed", LOCK, operation=f"lock_{done}")
        story.tell(pid, f"lock_{done}", LOCK, entered=True)
        story.tell(pid, "gate_reached", LOCK, None, "MainThread", operation=f"lock_{following}", **at_gate)
    return story


def test_now_is_the_run_itself() -> None:
    shown = Shown(uses_of_a_file())
    assert shown.moments.shown(shown.run) is shown.run
    assert shown.bar() == ""
    assert shown.press(Pressed.Right) is None, "a step, as ever"


def test_back_and_forward_go_from_one_event_that_is_shown_to_the_next() -> None:
    shown = Shown(uses_of_a_file())
    shown.press(Pressed.Left)
    assert shown.events_shown() == 7
    assert shown.bar().startswith("PAST: 7 of 8 events, 7.0 ms   End: back to now")
    assert shown.moments.shown(shown.run) == state_of(shown.events[:7])
    shown.press(Pressed.Left, Pressed.Left)
    assert shown.events_shown() == 5
    shown.press(Pressed.Right)
    assert shown.events_shown() == 6
    shown.press(Pressed.Right, Pressed.Right)
    assert not shown.moments.is_past
    shown.press(Pressed.Home, Pressed.Left)
    assert shown.events_shown() == 1
    shown.press(Pressed.End)
    assert shown.moments.shown(shown.run) is shown.run


def test_back_goes_from_step_to_step_where_the_run_does() -> None:
    shown = Shown(three_steps())
    shown.press(Pressed.Left)
    assert shown.bar().startswith("PAST: step 2 of 3")
    shown.press(Pressed.Left)
    assert shown.bar().startswith("PAST: step 1 of 3")
    movement = shown.moments.movement(HELD, shown.moments.shown(shown.run))
    assert movement is not None and movement.steps == 1
    shown.press(Pressed.Home)
    assert shown.bar().startswith("PAST: step 0 of 3")
    shown.press("o", "x")
    assert shown.bar().startswith("PAST: step 1 of 3"), "with the whole step in which it happened"
    shown.press("x", "X")
    assert shown.bar().startswith("PAST: step 1 of 3")


def test_a_run_that_moves_is_paused_first() -> None:
    shown = Shown(uses_of_a_file(), FREE)
    answer = shown.press(Pressed.Left)
    assert answer is not None and answer.wishes == [Pause()]
    answer = shown.press(Pressed.Left)
    assert answer is not None and not answer.wishes
    assert shown.press(" ") is None, "the view lets it go on"
    assert not shown.moments.is_past


def test_the_next_use_of_what_is_looked_for() -> None:
    shown = Shown(uses_of_a_file())
    shown.press(Pressed.Home)
    assert "x next: stock.txt" in shown.bar()
    shown.press("x", "x")
    assert shown.events_shown() == 6
    shown.press("X")
    assert shown.events_shown() == 5
    answer = shown.press("X")
    assert answer is not None and answer.message == "nothing before this: stock.txt"
    answer = shown.press("o")
    assert answer is not None and answer.message.endswith("a wait")
    shown.press("x")
    assert not shown.moments.is_past, "the last event is the wait"


def test_back_for_real_begins_with_the_steps_up_to_here() -> None:
    shown = Shown(three_steps())
    shown.press(Pressed.Left)
    answer = shown.press("n")
    assert answer is not None and answer.back is None and "choose a process" in answer.message
    shown.moments.chosen = 3
    answer = shown.press("n")
    assert answer is not None and answer.back is None and "not there at this moment" in answer.message
    shown.moments.chosen = 2
    answer = shown.press("n")
    assert answer is not None and answer.back is not None
    assert answer.back.chosen == ("p2", 0)
    assert [(step.process, step.operation) for step in steps_of(answer.back.events)] == [
        ("p1", "lock_acquired"),
        ("p1", "lock_released"),
    ]


@pytest.mark.parametrize("story", [uses_of_a_file(), three_steps()], ids=["no-steps", "free-from-the-start"])
def test_what_was_not_reached_by_steps_cannot_be_taken_back(story: Story) -> None:
    shown = Shown(story, FREE)
    shown.press(Pressed.Left)
    shown.moments.chosen = 2
    answer = shown.press("n")
    assert answer is not None and answer.back is None and "not reached by steps alone" in answer.message


def test_a_recording_is_played_as_it_was_and_as_fast_as_it_was_read() -> None:
    now = 100.0
    shown = Shown(uses_of_a_file(), None, clock=lambda: now)
    assert shown.events_shown() == 0
    now += 0.0035
    assert shown.events_shown() == 3
    shown.press("+")
    assert shown.bar().startswith("REPLAY at 1.5 times its pace: 3 of 8 events")
    shown.press(" ")
    now += 1
    assert shown.bar().startswith("REPLAY, paused: 3 of 8 events")
    shown.press(" ")
    shown.events_shown()
    shown.moments.read = 0.4
    now += 60
    assert shown.events_shown() == 8
    assert shown.moments.plays and "40 % read" in shown.bar(), "there is more"
    story = Story()
    story._t = 8 * MS
    for event in story.tell(2, "said", text="more", fields={}).events:
        apply(shown.run, event)
        shown.moments.keep(event, shown.run)
    shown.moments.read = 1.0
    shown.events_shown()
    now += 0.001
    assert shown.events_shown() == 9
    assert shown.bar().startswith("THE END: 9 of 9 events")
    assert shown.moments.is_over and not shown.moments.plays
    shown.press(Pressed.Left)
    assert shown.events_shown() == 8


def test_a_key_for_the_pace_may_be_held_down_for_long() -> None:
    playing = Playing(clock=lambda: 0.0)
    for _ in range(5_000):
        playing.change_pace(faster=True)
    assert playing.due(5) == 5
    for _ in range(5_000):
        playing.change_pace(faster=False)
    playing.change_pace(faster=True)
    assert playing.speed > 0


def keys_of(shown: Shown) -> str:
    """The keys that the last row offers at the moment that is shown."""
    moments = shown.moments
    moves = moments.can_move(moments.shown(shown.run))
    return Keys(past=moments.is_past, goes_back=moments.goes_back, moves=moves).line(120, False).plain


@pytest.mark.parametrize(
    ("story", "movement"), [(three_steps(), HELD), (three_steps(), FREE), (uses_of_a_file(), FREE)]
)
@pytest.mark.parametrize("chosen", [None, 2, 99])
def test_the_key_n_is_offered_in_the_past_exactly_where_it_is_obeyed(
    story: Story, movement: Movement, chosen: int | None
) -> None:
    shown = Shown(story, movement)
    shown.press(Pressed.Left)
    shown.moments.chosen = chosen
    offered = keys_of(shown)
    answer = shown.press("n")
    assert answer is not None
    assert ("n go on from here" in offered) is (answer.back is not None)
    assert ("choose" in offered) is (answer.back is not None or "begin the run with --step" not in answer.message)


def test_the_page_of_keys_names_no_choice_in_a_past_from_which_the_run_cannot_go_on() -> None:
    named = [row.plain.split()[0] for row in Keys(past=True).page(80, 30)]
    assert "n" not in named and "n" in [row.plain.split()[0] for row in Keys(past=True, goes_back=True).page(80, 30)]
