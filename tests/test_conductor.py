"""Who moves, decided from lists of events; what is said at the gate is written down."""

from typing import Any

import pytest

from procsim.control.choosers import (
    PATIENCE_SECONDS,
    Misfit,
    change_pace,
    go_on,
    is_held,
    next_of,
    pace_of,
    pause,
    step,
)
from procsim.control.conductor import SETTLED_SECONDS, STUCK_SECONDS, Conductor
from procsim.control.gatekeeper import GIVE_UP, GO, STAND, TRY
from procsim.control.plan import Plan
from procsim.control.steps import Step, steps_of
from procsim.state.apply import apply
from procsim.state.run_state import RunState
from tests.events import Story

LOCK = 9


class Gate:
    """A gate without anybody behind it."""

    def __init__(self) -> None:
        self.closed = False
        self.said: list[tuple[bytes, int]] = []

    def signal(self, word: bytes, pid: int, native_id: int) -> bool:
        assert native_id == pid + 1000
        self.said.append((word, pid))
        return True

    def heard(self) -> list[tuple[bytes, int]]:
        """What was said since this was last asked."""
        said, self.said = self.said, []
        return said


class Stage:
    """A run that is conducted, and the events of which are told one after the other."""

    def __init__(self, plan: Plan) -> None:
        self.run, self.gate = RunState(), Gate()
        self.story = Story()
        self.seconds = 0.0
        self.conductor = Conductor(self.gate, self.run, plan.chooser(), clock=lambda: self.seconds)

    def tell(self, story: Story) -> None:
        """These events have happened, in 10 ms."""
        self.seconds += 0.01
        for event in story.events:
            apply(self.run, event)
        self.conductor.tick(story.events)

    def reach(self, *pids: int, ready: bool | None = None, operation: str = "lock_acquired") -> None:
        """These processes stand at the gate."""
        for pid in pids:
            self.story._t += 1_000_000
            story = Story()
            story._t = self.story._t
            self.tell(story.tell(pid, "gate_reached", LOCK, "x.py:5", **at_the_gate(pid, ready, operation)))

    def pass_gate(self, pid: int, operation: str = "lock_acquired") -> None:
        """It was let through."""
        self.tell(Story().tell(pid, "gate_passed", LOCK, "x.py:5", operation=operation))


def at_the_gate(pid: int, ready: bool | None = None, operation: str = "lock_acquired") -> dict[str, Any]:
    """What is told of who comes there."""
    return {"operation": operation, "ready": ready, "subject": None, "native_id": pid + 1000}


def held() -> Stage:
    stage = Stage(Plan(held=True))
    stage.tell(Story().began(1, 2, 3).lock(LOCK))
    return stage


def test_without_a_plan_the_gate_is_open_from_the_start() -> None:
    assert Plan().chooser() is None
    assert Plan(False, None, []).chooser() is None


def test_an_open_gate_lets_everybody_go_who_came_to_it() -> None:
    stage = Stage(Plan())
    stage.reach(2)
    assert not stage.gate.closed
    assert stage.gate.heard() == [(GO, 2)]


def test_a_step_is_for_whoever_has_stood_there_for_longest() -> None:
    stage = held()
    assert stage.gate.closed
    stage.reach(3, 2)
    assert step(stage.conductor)
    assert stage.gate.heard() == [(TRY, 3)]
    assert step(stage.conductor)
    assert stage.gate.heard() == [], "the first step is not done yet"
    stage.pass_gate(3)
    stage.reach(3)
    assert (TRY, 2) in stage.gate.heard()
    assert stage.conductor.steps == 1, "the second is not done yet"
    stage.pass_gate(2)
    stage.reach(2)
    assert stage.conductor.steps == 2


@pytest.mark.parametrize(("operation", "steps"), [("value_read", 0), ("manager_answered", 1)])
def test_what_a_manager_answers_at_once_is_waited_for(operation: str, steps: int) -> None:
    stage = held()
    stage.reach(2, operation=operation)
    step(stage.conductor)
    stage.pass_gate(2, operation)
    stage.tell(Story().tell(2, "manager_called", timeout=None, native_id=2, type="dict", method="__getitem__"))
    assert stage.conductor.steps == steps
    stage.tell(Story().tell(2, "manager_answered", type="dict", method="__getitem__"))
    stage.reach(2)
    assert stage.conductor.steps == 1


def test_to_start_a_process_is_done_when_that_stands_at_the_gate() -> None:
    stage = held()
    stage.reach(1, operation="process_started")
    step(stage.conductor)
    stage.pass_gate(1, "process_started")
    stage.tell(Story().tell(1, "process_started", child=4, child_name="p4", daemon=False, method="fork"))
    stage.reach(1)
    assert stage.conductor.steps == 0
    stage.reach(4)
    assert stage.conductor.steps == 1


def test_who_found_at_the_gate_that_it_cannot_move_has_taken_no_step() -> None:
    stage = held()
    stage.reach(2, ready=True)
    assert step(stage.conductor)
    stage.reach(2, ready=False)
    assert stage.conductor.steps == 0
    stage.gate.heard()
    assert not step(stage.conductor)


def test_a_step_is_for_whom_people_have_chosen() -> None:
    stage = held()
    stage.reach(2, 3)
    stage.conductor.selected = 3
    assert step(stage.conductor)
    assert stage.gate.heard() == [(TRY, 3)]


def test_who_cannot_move_takes_no_step() -> None:
    stage = held()
    stage.reach(2, ready=False)
    stage.reach(3)
    assert next_of(stage.conductor) == 3
    stage.conductor.selected = 2
    assert next_of(stage.conductor) is None
    assert not step(stage.conductor)
    assert stage.gate.heard() == []


def test_who_could_not_move_is_asked_again_after_each_step() -> None:
    stage = held()
    stage.reach(2, ready=False)
    stage.reach(3)
    step(stage.conductor)
    stage.gate.heard()
    stage.pass_gate(3)
    assert stage.gate.heard() == [(STAND, 2)]


def test_nobody_can_move() -> None:
    stage = held()
    stage.reach(1, 2, ready=False)
    assert not stage.conductor.nobody_can_move(), "3 still runs"
    stage.reach(3, ready=False)
    assert stage.conductor.nobody_can_move()
    stage.gate.heard()
    stage.conductor.let_wait()
    assert stage.gate.heard() == [(GO, 1), (GO, 2), (GO, 3)]


def test_nobody_can_move_where_the_others_do_not_come_to_the_gate() -> None:
    stage = held()
    stage.reach(1, 2, ready=False)
    stage.seconds += STUCK_SECONDS * 1.1
    assert stage.conductor.nobody_can_move(), "3 is a manager, an idle worker of a pool, or waits unseen"
    stage.reach(2, ready=True)
    assert not stage.conductor.nobody_can_move()


def test_who_does_not_answer_does_not_keep_the_others_from_moving() -> None:
    stage = held()
    stage.reach(2, 3)
    assert step(stage.conductor)
    stage.seconds += SETTLED_SECONDS * 1.1
    assert step(stage.conductor), "2 is stopped"
    assert stage.gate.heard() == [(TRY, 2), (TRY, 3)]
    stage.pass_gate(2)
    stage.reach(2)
    stage.gate.heard()
    stage.seconds += SETTLED_SECONDS * 1.1
    assert step(stage.conductor)
    assert stage.gate.heard() == [(TRY, 2)]


def test_to_go_on_is_to_open_the_gate() -> None:
    stage = held()
    stage.reach(2, 3)
    go_on(stage.conductor)
    assert not stage.gate.closed
    assert stage.gate.heard() == [(GO, 2), (GO, 3)]
    pause(stage.conductor)
    assert stage.gate.closed
    assert is_held(stage.conductor)


def test_a_pace_takes_steps_by_itself() -> None:
    stage = Stage(Plan(pace=1000.0))
    stage.tell(Story().began(1, 2, 3))
    stage.reach(2)
    assert stage.gate.heard() == [(TRY, 2)]
    assert not is_held(stage.conductor)


def test_a_pace_is_kept_by_the_clock() -> None:
    stage = Stage(Plan(pace=2.0))
    stage.tell(Story().began(1, 2, 3))
    stage.seconds += 10
    stage.reach(2)
    assert stage.gate.heard() == [(TRY, 2)], "the first step is taken at once"
    stage.pass_gate(2)
    stage.reach(2)
    assert TRY not in dict(stage.gate.heard())
    stage.seconds += 0.45
    stage.tell(Story())
    assert (TRY, 2) in stage.gate.heard(), "it may be 0.1 s behind, and catches up"


def test_a_pace_changes_in_steps_and_beyond_the_fastest_all_move_freely() -> None:
    stage = held()
    change_pace(stage.conductor, 2)
    assert pace_of(stage.conductor) == 2
    change_pace(stage.conductor, 1 / 1000)
    assert pace_of(stage.conductor) == 0.1
    pause(stage.conductor)
    assert pace_of(stage.conductor) is None
    go_on(stage.conductor)
    assert pace_of(stage.conductor) == 0.1
    change_pace(stage.conductor, float("inf"))
    assert not stage.gate.closed


def test_at_a_pace_nobody_who_cannot_move_is_waited_for() -> None:
    stage = Stage(Plan(pace=1000.0))
    stage.tell(Story().began(1, 2))
    stage.reach(1, 2, ready=False)
    assert GO not in dict(stage.gate.heard())
    stage.seconds += STUCK_SECONDS * 1.1
    stage.tell(Story())
    assert {(GO, 1), (GO, 2)} <= set(stage.gate.heard())


def test_in_slow_motion_a_chosen_process_goes_first_and_keeps_nobody_from_moving() -> None:
    stage = Stage(Plan(pace=1000.0))
    stage.tell(Story().began(1, 2, 3, 4))
    stage.conductor.selected = 3
    stage.reach(2)
    assert stage.gate.heard() == [(TRY, 2)], "3 is elsewhere"
    stage.pass_gate(2)
    stage.tell(Story().tell(4, "gate_reached", LOCK, "x.py:5", **at_the_gate(4)))
    stage.reach(3)
    stage.reach(2)
    assert stage.gate.heard() == [(TRY, 3)], "4 has stood there for longer"
    stage.reach(3, ready=False)
    assert (TRY, 4) in stage.gate.heard(), "3 was told to try, and could not"
    assert stage.conductor.selected == 3


def test_who_has_ended_is_chosen_no_more() -> None:
    stage = held()
    stage.conductor.selected = 3
    stage.reach(2, 3)
    stage.tell(Story().tell(3, "process_ended", exit_code=0))
    assert stage.conductor.selected is None
    assert step(stage.conductor)
    assert stage.gate.heard() == [(TRY, 2)]
    stage.conductor.selected = 3
    assert stage.conductor.selected is None, "nor is it chosen afterwards"


SCHEDULE = (
    Step("p3", "MainThread", "lock_acquired", "x.py:5"),
    Step("p2", "MainThread", "lock_acquired", "x.py:5"),
)


def test_a_schedule_waits_for_whose_turn_it_is() -> None:
    stage = Stage(Plan(schedule=SCHEDULE))
    stage.tell(Story().began(1, 2, 3))
    stage.reach(2)
    assert stage.gate.heard() == []
    stage.reach(3)
    assert (TRY, 3) in stage.gate.heard()
    stage.pass_gate(3)
    assert stage.gate.closed, "p3 has not come to its next step yet"
    stage.reach(3)
    assert (TRY, 2) in stage.gate.heard()
    stage.pass_gate(2)
    stage.tell(Story().tell(2, "process_returned"))
    stage.tell(Story())
    assert not stage.gate.closed, "it is at its end"


def test_whose_turn_it_is_but_cannot_move_is_asked_until_it_can() -> None:
    stage = Stage(Plan(schedule=SCHEDULE))
    stage.tell(Story().began(1, 2, 3))
    stage.reach(3, ready=True)
    stage.gate.heard()
    stage.reach(3, ready=False)
    assert stage.gate.heard() == [(STAND, 3)], "it was told to try, and could not"
    stage.reach(3, ready=True)
    assert (TRY, 3) in stage.gate.heard()
    assert stage.gate.closed


def test_whose_turn_it_is_waits_as_it_did_before() -> None:
    stage = Stage(Plan(schedule=SCHEDULE))
    stage.tell(Story().began(1, 2, 3))
    stage.reach(3, ready=False)
    stage.seconds += STUCK_SECONDS * 1.1
    stage.tell(Story())
    assert (GO, 3) in stage.gate.heard()
    stage.pass_gate(3)
    stage.tell(Story().tell(3, "lock_waiting", LOCK, timeout=None, native_id=1003))
    stage.reach(2)
    assert (TRY, 2) in stage.gate.heard()


def test_a_schedule_that_is_paused_in_a_step_goes_on_with_the_next_one() -> None:
    stage = Stage(Plan(schedule=SCHEDULE))
    stage.tell(Story().began(1, 2, 3))
    stage.reach(3)
    pause(stage.conductor)
    stage.pass_gate(3)
    stage.reach(2)
    stage.reach(3)
    assert stage.conductor.steps == 1
    assert (TRY, 2) not in stage.gate.heard()
    go_on(stage.conductor)
    stage.tell(Story())
    assert (TRY, 2) in stage.gate.heard()


def test_a_step_by_hand_pauses_a_schedule_and_then_ends_it() -> None:
    stage = Stage(Plan(schedule=SCHEDULE))
    stage.tell(Story().began(1, 2, 3))
    stage.reach(2)
    assert step(stage.conductor)
    assert stage.gate.heard() == []
    assert is_held(stage.conductor)
    assert step(stage.conductor)
    assert stage.gate.heard() == [(TRY, 2)]
    go_on(stage.conductor)
    assert not stage.gate.closed, "the rest of the schedule does not follow from that step"


def test_a_program_that_does_something_else_does_not_fit() -> None:
    stage = Stage(Plan(schedule=SCHEDULE))
    stage.tell(Story().began(1, 2, 3))
    with pytest.raises(Misfit, match=r"step 1: p3 was to do lock_acquired at x.py:5, and would do queue_put"):
        stage.reach(3, operation="queue_put")


def passed(story: Story, pid: int) -> Story:
    return story.tell(pid, "gate_passed", LOCK, "x.py:5", operation="lock_acquired")


def test_the_steps_of_a_recording() -> None:
    story = passed(Story().began(2, 3), 3).tell(3, "process_returned")
    story = passed(story.tell(2, "lock_acquired", LOCK), 2)
    assert tuple(steps_of(story.events)) == SCHEDULE


def test_a_step_beside_which_others_were_taken_is_not_waited_for_in_vain() -> None:
    steps = steps_of(passed(passed(Story().began(1, 2, 3), 3), 2).events)
    assert [step.done for step in steps] == [False, True]
    stage = Stage(Plan(schedule=steps))
    stage.tell(Story().began(1, 2, 3))
    stage.reach(3)
    stage.pass_gate(3)
    stage.seconds += SETTLED_SECONDS * 1.1
    stage.reach(2)
    assert stage.gate.heard() == [(TRY, 3), (TRY, 2)]


def opened(story: Story, pid: int) -> Story:
    return story.tell(pid, "file_opened", 9, "x.py:3", path="/t", mode="r")


def test_what_was_no_step_when_it_was_recorded_is_one_when_it_is_taken_again() -> None:
    story = opened(passed(opened(Story().began(1, 2, 3), 1), 2), 3)
    story = opened(story.tell(2, "condition_awoke", LOCK, "x.py:4", notified=True), 3)
    story = opened(passed(story, 3), 2)
    assert [(step.process, step.operation) for step in steps_of(story.events)] == [
        ("p2", "lock_acquired"),
        ("p3", "lock_acquired"),
    ]
    assert [(step.process, step.operation, step.at, step.done) for step in steps_of(story.events, further=True)] == [
        ("p2", "lock_acquired", "x.py:5", True),
        ("p3", "file_opened", "x.py:3", True),
        ("p2", "condition_left", "x.py:4", True),
        ("p3", "file_opened", "x.py:3", True),
        ("p3", "lock_acquired", "x.py:5", True),
    ], "not the first one, before which nobody was seen to pass, nor the last one: the gate may have been open"


def test_an_opening_that_was_a_step_already_is_one_only_once() -> None:
    story = Story().began(1).tell(1, "gate_passed", None, "x.py:3", operation="file_opened")
    steps = steps_of(passed(opened(story, 1), 1).events, further=True)
    assert [step.operation for step in steps] == ["file_opened", "lock_acquired"]


@pytest.mark.parametrize(
    ("operation", "kind", "fields", "in_vain"),
    [
        ("lock_acquired", "lock_refused", {"took": 1}, True),
        ("queue_got", "queue_empty", {"took": 1}, True),
        ("queue_got", "lock_refused", {"took": 1}, False),
        ("event_awaited", "event_awaited", {"is_set": False}, True),
        ("event_awaited", "event_awaited", {"is_set": True}, False),
        ("condition_awoke", "condition_awoke", {"notified": False}, True),
        ("process_joined", "process_joined", {"child": 2, "child_name": "p2", "exit_code": None}, True),
        ("process_joined", "process_joined", {"child": 2, "child_name": "p2", "exit_code": 0}, False),
    ],
)
def test_what_was_in_vain_is_given_up_again(operation: str, kind: str, fields: dict[str, Any], in_vain: bool) -> None:
    story = Story().began(1, 2).tell(1, "gate_passed", LOCK, "x.py:5", operation=operation)
    steps = steps_of(story.tell(1, kind, LOCK, "x.py:5", **fields).events)
    assert [step.gave_up for step in steps] == [in_vain]
    stage = Stage(Plan(schedule=steps))
    stage.tell(Story().began(1, 2))
    stage.reach(1, operation=operation)
    assert stage.gate.heard() == [(GIVE_UP if in_vain else TRY, 1)]


def test_what_a_schedule_does_not_know_of_is_passed_before_its_step() -> None:
    stage = Stage(Plan(schedule=[Step("p1", "MainThread", "lock_acquired", "x.py:5")]))
    stage.tell(Story().began(1))
    stage.reach(1, operation="file_opened")
    stage.pass_gate(1, "file_opened")
    stage.reach(1)
    assert stage.gate.heard() == [(TRY, 1), (TRY, 1)]


def test_processes_of_one_name_are_told_apart() -> None:
    def twins(story: Story) -> Story:
        story.events = [event._replace(process="twin") if event.pid != 1 else event for event in story.events]
        return story

    steps = steps_of(twins(passed(passed(Story().began(1, 3, 2), 2).tell(2, "process_returned"), 3)).events)
    stage = Stage(Plan(schedule=steps))
    stage.tell(twins(Story().began(1, 3, 2)))
    stage.tell(twins(Story().tell(3, "gate_reached", LOCK, "x.py:5", **at_the_gate(3))))
    assert stage.gate.heard() == []
    stage.tell(twins(Story().tell(2, "gate_reached", LOCK, "x.py:5", **at_the_gate(2))))
    assert stage.gate.heard() == [(TRY, 2)]


def test_what_happened_before_a_step_is_not_taken_for_its_end() -> None:
    stage = held()
    stage.reach(3)
    story = Story().tell(2, "gate_reached", LOCK, "x.py:5", **at_the_gate(2))
    for event in story.events:
        apply(stage.run, event)
    stage.conductor.selected = 2
    assert step(stage.conductor), "as a key does it, when these events are drawn and nobody was told of them"
    stage.conductor.tick(story.events)
    stage.pass_gate(2)
    stage.reach(2)
    assert stage.conductor.steps == 1


def test_who_passes_a_barrier_with_others_moves_with_them() -> None:
    stage = held()
    stage.tell(Story().tell(2, "barrier_waiting", 7, timeout=None, native_id=1002))
    stage.reach(3, operation="barrier_passed")
    step(stage.conductor)
    stage.pass_gate(3, "barrier_passed")
    stage.tell(Story().tell(3, "barrier_passed", 7, position=1))
    stage.reach(3)
    assert stage.conductor.steps == 0, "2 is on its way"
    stage.tell(Story().tell(2, "barrier_passed", 7, position=0))
    stage.reach(2)
    assert stage.conductor.steps == 1


def test_who_has_returned_still_ends_its_daemons() -> None:
    stage = held()
    stage.tell(Story().tell(2, "process_started", child=4, child_name="p4", daemon=True, method="fork"))
    stage.reach(2)
    step(stage.conductor)
    stage.pass_gate(2)
    stage.tell(Story().tell(2, "process_returned"))
    assert stage.conductor.steps == 0
    stage.tell(Story().tell(2, "process_join_waiting", child=4, child_name="p4", timeout=None, native_id=1002))
    assert stage.conductor.steps == 1


def test_after_its_steps_a_schedule_stands_with_the_chosen_one() -> None:
    stage = Stage(Plan(held=True, schedule=[Step("p1", "MainThread", "lock_acquired", "x.py:5")], chosen=("p2", 0)))
    stage.tell(Story().began(1, 3).lock(LOCK))
    stage.reach(1, 3)
    assert stage.gate.heard() == [(TRY, 1)]
    stage.pass_gate(1)
    stage.reach(1, operation="lock_released")
    assert not is_held(stage.conductor), "whom people have chosen has not begun"
    stage.tell(Story().began(2))
    stage.reach(2)
    assert is_held(stage.conductor)
    assert stage.conductor.selected == 2
    assert step(stage.conductor)
    assert stage.gate.heard() == [(TRY, 2)]


def test_the_chosen_one_is_the_process_at_its_place_among_those_of_its_name() -> None:
    stage = Stage(Plan(held=True, chosen=("p2", 1)))
    stage.tell(Story().began(1, 2))
    assert not is_held(stage.conductor), "the second p2 has not begun"
    again = Story().began(4)
    again.events = [event._replace(process="p2") for event in again.events]
    stage.tell(again)
    assert is_held(stage.conductor)
    assert stage.conductor.selected == 4


def test_a_chosen_one_that_never_begins_is_not_waited_for_for_ever() -> None:
    stage = Stage(Plan(held=True, chosen=("p2", 0)))
    stage.tell(Story().began(1))
    stage.reach(1)
    assert not is_held(stage.conductor)
    stage.seconds += PATIENCE_SECONDS * 1.1
    stage.tell(Story())
    assert is_held(stage.conductor)
    assert stage.conductor.selected is None
    assert step(stage.conductor)
    assert stage.gate.heard() == [(TRY, 1)]
