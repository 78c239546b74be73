"""Any moment of a run can be had again, is found, and takes a bounded part of the memory."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procsim.state import past
from procsim.state.apply import apply, state_of
from procsim.state.operations import MOMENTS
from procsim.state.past import Past, Sought
from procsim.state.run_state import RunState
from procsim.wire.events import Event
from tests.events import MS, Story

LOCK, QUEUE, FILE = 9, 7, 5

THINGS: tuple[tuple[str, int | None, dict[str, Any]], ...] = (
    ("lock_waiting", LOCK, {"timeout": None, "native_id": 1, "interruptible": False}),
    ("lock_acquired", LOCK, {"entered": True}),
    ("lock_released", LOCK, {}),
    ("queue_put", QUEUE, {"value": "x"}),
    ("queue_get_waiting", QUEUE, {"timeout": None, "native_id": 1, "interruptible": False}),
    ("queue_got", QUEUE, {"value": "x"}),
    ("file_read", FILE, {"path": "/tmp/stock.txt", "value": "3", "size": 1, "offset": 0}),
    ("file_written", FILE, {"path": "/tmp/stock.txt", "value": "2", "size": 1, "offset": 0}),
    ("said", None, {"text": "reads {n}", "fields": {"n": 3}}),
    ("noted", None, {"name": "stock", "value": 3}),
    ("sleep_began", None, {"seconds": 0.1}),
    ("sleep_ended", None, {}),
    ("gate_reached", LOCK, {"operation": "lock_acquired", "ready": False, "subject": None, "native_id": 1}),
    ("gate_passed", LOCK, {"operation": "lock_acquired"}),
)


def kept(events: list[Event], **options: int) -> Past:
    """The past of a run of these events."""
    was, run = Past(**options), RunState()
    for event in events:
        apply(run, event)
        was.keep(event, run)
    return was


def story_of(happened: list[tuple[int, int]]) -> list[Event]:
    """Three processes: which one did which of the THINGS."""
    story = Story().began(1, 2, 3).lock(LOCK).queue(QUEUE)
    for pid, thing in happened:
        kind, identity, fields = THINGS[thing]
        story.tell(pid, kind, identity, "x.py:3", **fields)
    return story.events


stories = st.lists(st.tuples(st.integers(1, 3), st.integers(0, len(THINGS) - 1)), max_size=60).map(story_of)


@settings(max_examples=60, deadline=None)
@given(stories, st.integers(1, 9), st.integers(1, 5000), st.data())
def test_any_moment_is_as_it_was(events: list[Event], segment: int, apart: int, data: st.DataObject) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(past, "SEGMENT_EVENTS", segment)
        patch.setattr(past, "BYTES_AN_EVENT", apart)
        was = kept(events)
        for number in data.draw(st.lists(st.integers(0, len(events)), min_size=1, max_size=8)):
            assert was.at(number) == state_of(events[:number])
            start = data.draw(st.integers(0, number))
            assert list(was.events(start, number)) == events[start:number]


@settings(max_examples=60, deadline=None)
@given(stories, st.integers(1, 9), st.sampled_from([LOCK, FILE, None]), st.data())
def test_what_is_looked_for_is_found(
    events: list[Event], segment: int, identity: int | None, data: st.DataObject
) -> None:
    sought = Sought(frozenset(MOMENTS), identity)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(past, "SEGMENT_EVENTS", segment)
        was = kept(events)
        number = data.draw(st.integers(0, len(events)))
        places = [place for place, event in enumerate(events, 1) if sought.matches(event)]
        assert was.next(sought, number) == next((place for place in places if place > number), None)
        assert was.before(sought, number) == next((place for place in reversed(places) if place < number), None)
        assert was.number_at(number * MS) == sum(event.t <= number * MS for event in events)


def test_a_search_unpacks_no_events_that_it_passes_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "SEGMENT_EVENTS", 10)
    was = kept(story_of([(1, number % len(THINGS)) for number in range(500)]))
    unpacked: list[int] = []
    unpack = was._unpack

    def noted(segment: Any) -> list[Event]:
        unpacked.append(segment.first)
        return unpack(segment)

    monkeypatch.setattr(was, "_unpack", noted)
    sought = Sought(frozenset(["lock_acquired"]), LOCK)
    assert was.next(sought, 300) is not None
    assert was.before(sought, 300) is not None
    assert unpacked and all(270 <= first <= 330 for first in unpacked)


def test_at_a_closed_gate_a_wait_is_a_thread_that_cannot_pass() -> None:
    at_gate: dict[str, Any] = {"operation": "lock_acquired", "subject": None, "native_id": 1}
    story = Story().began(1).lock(LOCK).tell(1, "gate_reached", LOCK, ready=True, **at_gate)
    story.tell(1, "gate_reached", LOCK, ready=False, **at_gate)
    assert kept(story.events).next(Sought(frozenset(["gate_reached"])), 0) == 4


@pytest.mark.parametrize("value", ["x" * 40_000, ["x"] * 600, {"a": {"b": ["x" * 40_000]}}, [[]] * 600])
def test_large_values_are_packed_before_they_are_many_wherever_they_stand(value: Any) -> None:
    was, run = Past(), RunState()
    for event in Story().began(1).events:
        apply(run, event)
    said = Event("said", 5, 1, "p1", "MainThread", None, None, {"text": "{n}", "fields": {"n": value}})
    for _ in range(100):
        was.keep(said, run)
    assert len(was._open) < 50


def test_what_is_too_old_is_no_longer_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "SEGMENT_EVENTS", 10)
    monkeypatch.setattr(past, "FEWEST_STATES", 4)
    monkeypatch.setattr(past, "BYTES_AN_EVENT", 10_000)
    events = story_of([(number % 3 + 1, number % len(THINGS)) for number in range(2000)])
    was = kept(events, kept_bytes=20_000)
    assert 0 < was.first < was.last == len(events)
    assert was.at(0) == was.at(was.first) == state_of(events[: was.first])
    assert was.at(was.last) == state_of(events)
    assert was._size <= 20_000
