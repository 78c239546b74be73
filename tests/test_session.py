"""A run is played: the times of its events, and the order in which things happen to a batch of them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from procsim.control.plan import Plan
from procsim.control.prediction import Prediction, Stop
from procsim.findings.base import Finding, as_fields
from procsim.recording.recorder import Header, Recorder
from procsim.recording.trace import NoTrace, Trace
from procsim.running.order import Order
from procsim.session.faults import Faults, Sheltered
from procsim.session.monotonic import Monotonic
from procsim.session.player import Player
from procsim.session.replay import show_trace
from procsim.state.apply import state_of
from procsim.state.run_state import RunState
from procsim.views.base import View
from procsim.views.wishes import Ask, Movement, Pause, Predict, Suspend, Wish
from procsim.wire.events import Event
from tests.events import MS, Story
from tests.test_conductor import LOCK, Gate, at_the_gate


def test_an_event_that_comes_late_is_taken_for_as_late_as_the_one_before_it() -> None:
    story = Story().began(1, 2).lock(9).tell(1, "lock_waiting", 9, "x.py:3").tell(1, "lock_acquired", 9, "x.py:3")
    *events, waiting, acquired = story.events
    batches = [events, [acquired._replace(t=90 * MS), waiting._replace(pid=2, process="p2", t=70 * MS)], []]
    monotonic = Monotonic()
    told = [event for batch in batches for event in monotonic.times(batch)]
    assert [event.t for event in told] == [*(event.t for event in events), 90 * MS, 90 * MS]
    assert [event.kind for event in told] == [*(event.kind for event in events), "lock_acquired", "lock_waiting"]
    state = state_of(told)
    assert state.processes[2].waits["MainThread"].since == 90 * MS
    assert state.t == 90 * MS


class Played:
    """A run of batches that are given, which hangs in the last one; it is a view of itself, too."""

    def __init__(self, batches: list[list[Event]]) -> None:
        self.order, self.gate, self.members = Order([]), Gate(), None
        self.happened: list[str] = []
        self.cut_short = False
        self._batches = batches

    def __iter__(self) -> Iterator[list[Event]]:
        for batch in self._batches:
            self.happened.append("batch")
            yield batch

    def now(self) -> int:
        return 0

    def stop(self) -> None:
        self.happened.append("stop")

    def event(self, event: Event, run: RunState) -> None:
        self.happened.append(event.kind)

    def wishes(self, run: RunState) -> list[Wish]:
        self.happened.append("wishes")
        return [Pause()]

    def tick(self, run: RunState, movement: Movement) -> None:
        self.happened.append("held" if movement.held else "drawn")


def test_a_batch_is_applied_diagnosed_conducted_and_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story().began(1).lock(9).tell(1, "lock_waiting", 9, "x.py:3", native_id=1, timeout=None)
    played: Any = Played([story.events[:1], story.events[1:]])
    stuck = Story().tell(1, "process_stuck", 9, "x.py:3", wait="lock_waiting", open_in=[], in_message=False)
    player = Player(played, RunState(), played, Faults(), played.stop)
    found = iter([[], stuck.events])
    monkeypatch.setattr(player._watchman, "diagnose", lambda: next(found))
    monkeypatch.setattr(
        player._watchman, "explain", lambda: Story().tell(1, "finding", **as_fields(Finding("lock", ""))).events
    )
    player.play()
    assert played.happened == [
        *("batch", "process_began", "wishes", "held"),
        *("batch", "lock_created", "lock_waiting", "process_stuck", "finding", "stop", "wishes", "drawn"),
    ]


PREDICTION = Prediction("M4", Stop("lock_acquired", "p*", "mutex", 1), "What happens?", ("It waits", "It goes on"))


class Asked(Played):
    """A run that stops at a question, to which people give the second answer."""

    def __init__(self) -> None:
        story = Story().began(1).lock(LOCK)
        super().__init__([story.tell(1, "gate_reached", LOCK, "x.py:5", **at_the_gate(1)).events, [], []])
        self.order = Order([], plan=Plan(asks=True))

    def wishes(self, run: RunState) -> list[Wish]:
        return [Predict(2)] if run.question is not None else []

    def tick(self, run: RunState, movement: Movement) -> None:
        self.happened.append("held" if movement.held else "closed" if movement.closed else "open")

    def event(self, event: Event, run: RunState) -> None:
        if event.kind.startswith("prediction"):
            self.happened.append(event.kind)


def asked(played: Any, faults: Faults) -> tuple[Player, RunState]:
    state = RunState()
    return Player(played, state, played, faults, played.stop, prediction=PREDICTION), state


def test_people_are_asked_before_the_step_that_decides_and_their_answer_lets_the_run_go_on() -> None:
    played = Asked()
    player, state = asked(played, Faults())
    player.play()
    assert state.predicted == 2
    assert played.happened == [
        *("batch", "prediction_asked", "held"),
        *("batch", "prediction_made", "open"),
        *("batch", "open"),
    ]


@pytest.mark.parametrize("broken", ["follow", "tick", "predict", "ask"])
def test_where_the_question_fails_the_run_goes_on_without_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], broken: str
) -> None:
    played, faults = Asked(), Faults()
    player, state = asked(played, faults)
    if broken == "ask":
        monkeypatch.setattr(played, "wishes", lambda run: [Ask()])

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(player._quiz, broken, fail)
    player.play()
    assert not played.gate.closed
    assert played.happened[-1] == "open"
    assert state.question is None
    faults.complain()
    assert "ZeroDivisionError" in capsys.readouterr().err


class NeverBack(View):
    """A view to which the shell gives no terminal back."""

    prints_at_the_end = True

    def wishes(self, run: RunState) -> list[Wish]:
        return [Suspend()]

    def suspend(self) -> None:
        raise ZeroDivisionError


def test_a_view_that_fails_when_it_comes_back_is_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    played: Any = Played([Story().began(1).tell(1, "printed", text="one\n", stream="stdout").events, []])
    faults = Faults()
    with Sheltered(NeverBack, faults) as view:
        Player(played, RunState(), view, faults, played.stop).play()
    faults.complain()
    out, err = capsys.readouterr()
    assert out == "one\n"
    assert err.count("ZeroDivisionError") == 1 and "the view has failed" in err


def test_the_events_of_a_batch_stay_those_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = Story().began(1).events
    played: Any = Played([batch])
    player = Player(played, RunState(), played, Faults(), played.stop)
    found = Story().tell(1, "finding", **as_fields(Finding("lock", ""))).events
    monkeypatch.setattr(player._watchman, "diagnose", lambda: found)
    player.play()
    assert len(batch) == 1


class Watching(View):
    """Looks on at a recording for a while after it was read."""

    def __init__(self) -> None:
        self.shares: list[float] = []
        self.drawn: list[int] = []
        self._left = 3

    def was_read(self, share: float) -> None:
        self.shares.append(share)

    def tick(self, run: RunState, movement: Movement | None) -> None:
        self.drawn.append(run.events)
        self._left -= run.events == 2_500

    @property
    def stays(self) -> bool:
        return self._left > 0


@pytest.mark.parametrize("whole", [True, False])
def test_a_recording_is_drawn_while_it_is_read_and_then_as_long_as_people_look(tmp_path: Path, whole: bool) -> None:
    path = tmp_path / "long.jsonl"
    with Recorder(path, Header("x")) as recorder:
        for number in range(2_500):
            recorder.event(Event("said", number, 1, "p1", "MainThread", None, None, {"text": "x", "fields": {}}), {})
        if whole:
            recorder.verdict({"kind": "verdict", "scenario": "x", "claims": [], "findings": []})
    view = Watching()
    if whole:
        assert show_trace(Trace(path), view) == 0
    else:
        with pytest.raises(NoTrace, match="cut off"):
            show_trace(Trace(path), view)
    assert view.drawn == [1_000, 2_000, 2_500, 2_500, 2_500]
    assert view.shares == sorted(view.shares) and 0.3 < view.shares[0] < 0.5 and view.shares[-1] == 1
