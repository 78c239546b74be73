"""Predict, then reveal: where a run stops, what people are asked and answer, and what came. From lists of events."""

import io
from typing import Any

import pytest
from rich.console import Console, ConsoleDimensions

from procsim import Claim, language
from procsim.control.choosers import ASKING_PACE, AtPace, is_held, pace_of, pause, step
from procsim.control.gatekeeper import GO, TRY
from procsim.control.plan import Plan
from procsim.control.prediction import DecidingStep, Prediction, Stop
from procsim.recording.recorded import Damaged, verdict_of
from procsim.session.grants import grant
from procsim.session.outcome import revealed
from procsim.session.quiz import Quiz
from procsim.state.apply import apply, state_of
from procsim.state.processes import Standing
from procsim.state.run_state import RunState
from procsim.views.base import Revealed, Verdict, View
from procsim.views.jsonl import verdict_line
from procsim.views.live.keys import Keys
from procsim.views.live.question import question_lines
from procsim.views.live.screen import ScreenRequest, screen
from procsim.views.text.plain import PlainView
from procsim.views.text.summary import verdict_rows
from procsim.views.text.words import state_words
from procsim.views.wishes import Ask, ChangePace, Pause, Predict, Refusal
from tests.events import Story
from tests.test_conductor import LOCK, Stage, at_the_gate

SECOND_LOCK = Stop("lock_acquired", "p*", "mutex", 2)
PREDICTION = Prediction("M4", SECOND_LOCK, "What happens?", ("It waits", "It goes on"), right=2)


@pytest.fixture(autouse=True)
def english() -> None:
    language.choose("en")


# The step that decides ---------------------------------------------------------------------------------------


def deciding(story: Story, stop: Stop) -> DecidingStep:
    """The step that decides, after these events."""
    deciding = DecidingStep(state_of(story.events), stop)
    deciding.follow(story.events)
    return deciding


def before(operation: str, identity: int, subject: str | None = None) -> Standing:
    """A thread at the gate."""
    return Standing(operation, identity, "x.py:5", None, subject, 1, 0)


def test_the_operations_before_it_are_counted_by_whom_and_of_what() -> None:
    story = Story().began(1, 2, 3).lock(LOCK).lock(8, "other")
    story.tell(2, "lock_acquired", 8).tell(1, "lock_acquired", LOCK)
    assert not deciding(story, SECOND_LOCK).is_next("p3", before("lock_acquired", 8))
    assert deciding(story, SECOND_LOCK).is_next("p3", before("lock_acquired", LOCK))
    assert not deciding(story, SECOND_LOCK).is_next("p3", before("lock_released", LOCK))
    assert not deciding(story, SECOND_LOCK).is_next("q3", before("lock_acquired", LOCK))
    assert not deciding(story, SECOND_LOCK).has_come
    assert deciding(story.tell(3, "lock_acquired", LOCK), SECOND_LOCK).has_come


def test_a_file_is_known_by_its_name() -> None:
    first = Stop("file_written", "p[2-9]", "stock.txt")
    story = Story().began(1, 2).tell(1, "file_written", 5, path="/tmp/x/stock.txt", value="3", size=1, offset=0)
    assert deciding(story, first).is_next("p2", before("file_written", 5, "stock.txt"))
    assert not deciding(story, first).is_next("p2", before("file_written", 6, "log.txt"))
    story.tell(2, "file_written", 5, path="/tmp/x/stock.txt", value="2", size=1, offset=0)
    assert deciding(story, first).has_come


def test_an_operation_that_waits_has_begun() -> None:
    story = Story().began(1, 2, 3).lock(LOCK).tell(2, "lock_acquired", LOCK)
    story.tell(3, "lock_waiting", LOCK, timeout=None, native_id=3)
    assert deciding(story, SECOND_LOCK).has_come
    sleep = Stop("sleep_ended", "p2")
    assert deciding(Story().began(1, 2).tell(2, "sleep_began", seconds=1), sleep).has_come
    slept = Story().began(1, 2).tell(2, "gate_passed", operation="sleep_ended")
    slept.tell(2, "sleep_began", seconds=1).tell(2, "sleep_ended")  # the gate was opened before it
    assert not deciding(slept, sleep._replace(time=2)).has_come


# How a run comes to it ---------------------------------------------------------------------------------------


class Asking(Stage):
    """A run that is conducted, with a question; `wish` grants what people wish."""

    def __init__(self, plan: Plan, prediction: Prediction | None = PREDICTION) -> None:
        super().__init__(plan)
        self.quiz = Quiz(self.conductor, prediction, lambda: self.run.t) if prediction is not None else None
        if self.quiz is not None and plan.asks:
            self.quiz.approach(None if plan.pace is None else AtPace(plan.pace))

    def tell(self, story: Story) -> None:
        """These events have happened, in a second: it is time for a step."""
        self.seconds += 1
        for event in story.events:
            apply(self.run, event)
        if self.quiz is not None:
            self.quiz.follow(story.events)
        self.conductor.tick(story.events)
        self._tick()

    def wish(self, *wishes: Any) -> Refusal | None:
        refused = grant(wishes, View(), lambda: None, self.conductor, self.quiz)
        self._tick()
        return refused

    def _tick(self) -> None:
        for event in self.quiz.tick() if self.quiz is not None else []:
            apply(self.run, event)


ASKS = Plan(asks=True)


def asking(plan: Plan = ASKS, prediction: Prediction | None = PREDICTION) -> Asking:
    stage = Asking(plan, prediction)
    stage.tell(Story().began(1, 2, 3).lock(LOCK))
    return stage


def at_the_question(plan: Plan = ASKS) -> Asking:
    """p2 has the lock, and p3 is about to want it."""
    stage = asking(plan)
    come_to_the_question(stage)
    return stage


def come_to_the_question(stage: Asking) -> None:
    stage.reach(2)
    stage.pass_gate(2)
    stage.tell(Story().tell(2, "lock_acquired", LOCK, entered=True))
    stage.gate.heard()
    stage.reach(3)


def test_it_goes_at_a_pace_and_stops_before_the_step_that_decides() -> None:
    stage = asking()
    assert pace_of(stage.conductor) == ASKING_PACE
    stage.reach(2)
    assert (TRY, 2) in stage.gate.heard()
    stage = at_the_question()
    assert TRY not in dict(stage.gate.heard())
    assert is_held(stage.conductor)
    question = stage.run.question
    assert question is not None
    assert (question.pid, question.at, question.fields["lesson"]) == (3, "x.py:5", "M4")


def test_an_answer_lets_the_run_go_on() -> None:
    stage = at_the_question()
    assert stage.wish(Predict(3)) is None
    assert stage.run.predicted is None, "there is no third answer"
    stage.gate.heard()
    stage.wish(Predict(2))
    assert stage.run.predicted == 2
    assert not stage.gate.closed
    assert (GO, 3) in stage.gate.heard()


def test_at_the_pace_that_was_asked_for_it_goes_on_so() -> None:
    stage = at_the_question(Plan(pace=5.0, asks=True))
    stage.wish(Predict(1))
    assert pace_of(stage.conductor) == 5.0


def test_a_run_that_was_paused_before_people_wished_to_be_asked_goes_on_at_its_pace() -> None:
    stage = asking(Plan(pace=5.0))
    stage.wish(Pause())
    stage.wish(Ask())
    come_to_the_question(stage)
    stage.wish(Predict(1))
    assert pace_of(stage.conductor) == 5.0


def test_a_step_that_would_have_to_wait_is_stopped_at_as_soon_as_it_stands_there() -> None:
    stage = asking()
    stage.reach(1)
    stage.reach(2)
    stage.pass_gate(2)
    stage.tell(Story().tell(2, "lock_acquired", LOCK, entered=True))
    assert stage.run.question is None
    stage.tell(Story().tell(3, "gate_reached", LOCK, "x.py:5", **at_the_gate(3, False)))
    assert stage.run.question is not None


def test_let_go_on_by_another_key_nothing_was_predicted() -> None:
    stage = at_the_question()
    stage.wish(Pause())
    assert stage.run.predicted == 0
    assert not stage.gate.closed
    stage = at_the_question()
    stage.wish(ChangePace(float("inf")))
    assert stage.run.predicted == 0


def test_a_run_that_was_paused_on_its_way_to_the_question_still_comes_to_it_at_another_pace() -> None:
    stage = asking(Plan())
    stage.wish(Ask())
    stage.wish(Pause())
    assert is_held(stage.conductor)
    stage.wish(ChangePace(1.5))
    assert pace_of(stage.conductor) == ASKING_PACE * 1.5
    stage.wish(ChangePace(float("inf")))
    assert stage.gate.closed, "all cannot move freely before the question is asked"
    come_to_the_question(stage)
    assert stage.run.question is not None


def test_a_step_that_was_taken_by_hand_is_not_asked_about() -> None:
    stage = asking()
    pause(stage.conductor)
    stage.reach(2, 3)
    step(stage.conductor)
    stage.tell(Story().tell(2, "lock_acquired", LOCK, entered=True).tell(3, "lock_acquired", LOCK, entered=True))
    assert stage.wish(Ask()) is Refusal.TOO_LATE
    stage.wish(Pause())
    assert stage.run.asked is None
    assert not stage.gate.closed
    assert stage.wish(Ask()) is Refusal.TOO_LATE


def test_people_may_wish_to_be_asked_while_the_step_is_still_to_come() -> None:
    stage = asking(Plan())
    assert not stage.gate.closed
    assert stage.wish(Ask()) is None
    assert stage.gate.closed
    assert stage.wish(Ask()) is Refusal.IS_ASKED
    come_to_the_question(stage)
    assert stage.run.question is not None
    assert stage.wish(Ask()) is Refusal.IS_ASKED


def test_afterwards_it_is_too_late_and_elsewhere_there_is_nothing_to_ask() -> None:
    stage = asking(Plan())
    stage.tell(Story().tell(2, "lock_acquired", LOCK, entered=True).tell(3, "lock_acquired", LOCK, entered=True))
    assert stage.wish(Ask()) is Refusal.TOO_LATE
    assert not stage.gate.closed
    assert asking(Plan(), None).wish(Ask()) is Refusal.NOTHING_TO_ASK
    assert grant([Ask()], View(), lambda: None) is Refusal.NOTHING_TO_ASK


# What came ---------------------------------------------------------------------------------------------------

BY_FIGURE = Prediction("M1", Stop("file_written"), "How many are left?", ("0", "2", "-7"), figure="left")


def after(prediction: Prediction, predicted: int | None, *claims: Claim) -> list[str]:
    """What stands under the verdict."""
    story = Story().began(1).tell(1, "prediction_asked", lesson="M1", ask="?", answers=list(prediction.answers))
    if predicted is not None:
        story.tell(1, "prediction_made", answer=predicted)
    shown = revealed(prediction, state_of(story.events), claims)
    return [text.plain for _mark, text in verdict_rows(Verdict("x", revealed=shown), False)]


@pytest.mark.parametrize(
    ("prediction", "predicted", "claim", "words"),
    [
        (BY_FIGURE, 2, Claim("M1", True, "", {"left": 2}), "Predicted: 2. That is what happened."),
        (BY_FIGURE, 3, Claim("M1", True, "", {"left": 2}), "Predicted: -7. What happened: 2."),
        (BY_FIGURE, 3, Claim("M1", False, "", {"left": 1}), "Predicted: -7. What happened: 1."),
        (BY_FIGURE, 0, Claim("M1", True, "", {"left": 2}), "Nothing was predicted. What happened: 2."),
        (BY_FIGURE, 1, Claim("M2", True, "", {"left": 2}), "Predicted: 0. This run does not show which answer is"),
        (BY_FIGURE, None, Claim("M2", True, ""), "Nothing was predicted."),
        (PREDICTION, 2, Claim("M4", True, ""), "Predicted: It goes on. That is what happened."),
        (PREDICTION, 1, Claim("M4", True, ""), "Predicted: It waits. What happened: It goes on."),
        (PREDICTION, 2, Claim("M4", False, ""), "Predicted: It goes on. This run does not show which"),
    ],
)
def test_what_came_is_what_the_claims_of_this_run_say(
    prediction: Prediction, predicted: int | None, claim: Claim, words: str
) -> None:
    question, came = after(prediction, predicted, claim)
    assert question == prediction.ask
    assert came.startswith(words)


def test_where_nothing_was_asked_nothing_is_revealed() -> None:
    assert revealed(PREDICTION, RunState(), [Claim("M4", True, "")]) is None
    assert revealed(None, RunState(), []) is None
    not_asked = revealed(PREDICTION, RunState(), [Claim("M4", True, "")], was_to_ask=True)
    rows = [text.plain for _mark, text in verdict_rows(Verdict("x", revealed=not_asked), False)]
    assert rows == [
        "What happens?",
        "This was not asked: the run did not come to the step before which it is asked.",
    ]


# How it is drawn, and recorded -------------------------------------------------------------------------------


def asked(ask: str = "How many are left?") -> Story:
    return Story().began(1).tell(1, "prediction_asked", None, "x.py:9", lesson="M1", ask=ask, answers=["0", "2"])


def test_the_question_stands_above_the_keys_until_it_is_answered() -> None:
    console = Console(width=60, height=20, file=io.StringIO(), record=True)
    console.print(screen(state_of(asked().events), ScreenRequest(size=ConsoleDimensions(60, 20)))[0])
    rows = console.export_text().splitlines()
    assert [row.rstrip() for row in rows[-4:-1]] == ["? How many are left?", " 1  0", " 2  2"]
    assert question_lines(state_of(asked().tell(1, "prediction_made", answer=1).events), 60) == []


def test_what_is_asked_is_not_given_away_by_the_rows() -> None:
    story = Story().began(1, 2, 3).lock(LOCK).lock(8, "other").tell(1, "lock_acquired", LOCK)
    for pid, kind in ((2, "lock_acquired"), (3, "queue_got")):
        story.tell(pid, "gate_reached", LOCK, "x.py:5", **at_the_gate(pid, False, kind))
    story.tell(2, "prediction_asked", LOCK, "x.py:5", lesson="M6", ask="?", answers=["0", "2"])

    def words(pid: int) -> str:
        run = state_of(story.events)
        return state_words(run, run.processes[pid], {})[0]

    assert words(2) == "next: acquire mutex"
    assert words(3) == "waits: mutex is empty, held by p1"
    story.tell(1, "prediction_made", answer=1)
    assert words(2) == "waits for mutex, held by p1"


def test_a_strangers_question_is_harmless_and_has_a_bound() -> None:
    story = Story().tell(7, "prediction_asked", lesson="", ask="\x1b[2J" + "x" * 60_000, answers=["y"] * 9_000)
    lines = question_lines(state_of(story.events), 60)
    assert len(lines) < 40
    assert "\x1b" not in lines[0].plain


def test_the_keys_are_those_of_the_answers() -> None:
    assert Keys(answers=3).line(80, False).plain.startswith("1-3 predict")
    assert "a predict" in Keys(ask=True).line(120, False).plain
    assert "predict" not in Keys().line(120, False).plain


def test_the_plain_view_writes_question_and_answer() -> None:
    stream = io.StringIO()
    view, run = PlainView(Console(file=stream, width=100)), RunState()
    for event in asked().tell(1, "prediction_made", answer=2).events:
        apply(run, event)
        view.event(event, run)
    view.tick(run, None)
    assert [line.split("  ")[-1].strip() for line in stream.getvalue().splitlines()[-4:]] == [
        "How many are left?",
        "0",
        "2",
        "predicted: 2",
    ]


REVEALED = Revealed("M1", "How many?", ("0", "2"), predicted=1, came=2)


def test_a_verdict_with_a_prediction_is_read_as_it_was_written() -> None:
    line = verdict_line(Verdict("x", revealed=REVEALED))
    line["prediction"]["answers"] = list(line["prediction"]["answers"])  # as JSON has it
    assert verdict_of(line, "x")["prediction"] == line["prediction"]
    assert "prediction" not in verdict_line(Verdict("x"))


@pytest.mark.parametrize(
    "wrong", [{"came": 3}, {"predicted": -1}, {"answers": [1]}, {"answers": "02"}, {"ask": None}, {"came": "2"}]
)
def test_a_damaged_prediction_is_said_to_be_so(wrong: dict[str, Any]) -> None:
    line = verdict_line(Verdict("x", revealed=REVEALED))
    line["prediction"] |= {"answers": ["0", "2"]} | wrong
    with pytest.raises(Damaged):
        verdict_of(line, "x")
