"""Recordings: written, read again, and refused with a clear word where they are none."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procsim.json_line import line_of
from procsim.recording.recorder import CannotRecord, Header, Recorder
from procsim.recording.trace import NoTrace, Trace
from procsim.sentences import sentence
from procsim.wire.events import KINDS, SCHEMA_VERSION, Event, Named, from_json, from_wire, to_json
from tests.events import Story

values = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text()
events = st.builds(
    Event,
    kind=st.sampled_from(sorted(set(KINDS) - {"verdict"})),
    t=st.integers(0, 2**62),
    pid=st.integers(0, 2**22),
    process=st.text(),
    thread=st.text(min_size=1),
    object=st.none() | st.integers(1, 2**63),
    at=st.none() | st.text(min_size=1),
    fields=st.dictionaries(st.sampled_from(["value", "text", "child", "took"]), values),
)


@given(events)
def test_an_event_survives_the_way_to_disk_and_back(event: Event) -> None:
    assert from_json(json.loads(line_of(to_json(event, {})))) == event


@given(events)
def test_an_event_survives_the_wire(event: Event) -> None:
    import marshal

    assert from_wire(marshal.loads(marshal.dumps((event.t, event.kind, *event[2:7], dict(event.fields)))), 0) == event


def test_an_object_has_its_name_on_disk() -> None:
    event = Event("lock_acquired", 1, 2, "p", "MainThread", 255)
    assert to_json(event, {255: Named("mutex", "Lock")})["object"] == {"id": "ff", "name": "mutex", "type": "Lock"}


VERDICT: dict[str, Any] = {"kind": "verdict", "scenario": "x", "claims": [], "findings": [], "accepted": []}


def record(path: Path, verdict: bool = True) -> list[Event]:
    story = Story().began(1).lock(9).tell(1, "lock_acquired", 9, "x.py:2", entered=False)
    with Recorder(path, Header("x", {"users": 3})) as recorder:
        for event in story.events:
            recorder.event(event, {})
        if verdict:
            recorder.verdict(VERDICT)
    return story.events


def test_a_recording_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    written = record(path)
    trace = Trace(path)
    assert [event for batch in trace for event in batch] == written
    assert (trace.header.scenario, trace.header.options) == ("x", {"users": 3})
    assert trace.verdict == {"claims": [], "findings": [], "accepted": []}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "is no recording"),
        (b"hello\n", "is no recording"),
        (b"[1]\n", "is no recording"),
        (b'{"a": 1}\n', "is no recording"),
        (b"\xff\xfe\x00", "is no recording"),
        (b"[" * 100_000, "is no recording"),
        (json.dumps({"schema": SCHEMA_VERSION + 1, "procsim": "99.0"}).encode(), "newer than this"),
    ],
)
def test_what_is_no_trace(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "trace.jsonl"
    path.write_bytes(content)
    with pytest.raises(NoTrace, match=complaint):
        Trace(path)


def test_a_trace_that_is_cut_off_is_shown_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    written = record(path, verdict=False)
    shown: list[Event] = []
    with pytest.raises(NoTrace, match="cut off"):
        for batch in Trace(path):
            shown.extend(batch)
    assert shown == written


@pytest.mark.parametrize("damage", ["not json\n", '{"kind": 5}\n', '{"kind": "x"}\n', "null\n", '{"kind":"verdict"}\n'])
def test_a_damaged_line_is_named(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "trace.jsonl"
    record(path, verdict=False)
    with path.open("a") as file:
        file.write(damage)
    shown: list[Event] = []
    with pytest.raises(NoTrace, match="line 5"):
        for batch in Trace(path):
            shown.extend(batch)
    assert len(shown) == 3


def test_what_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(CannotRecord, match="cannot be written"):
        Recorder(tmp_path / "no" / "trace", Header("x"))


@pytest.mark.parametrize(
    ("text", "fields", "words"),
    [
        ("bought", {}, "bought"),
        ("bought", {"left": 2}, "bought  left=2"),
        ("{left} left", {"left": 2}, "2 left"),
        ("a {brace", {"x": 1}, "a {brace  x=1"),
        ("{} {0} {x.y}", {}, "{} {0} {x.y}"),
        ("{missing}", {}, "{missing}"),
    ],
)
def test_a_sentence_with_its_fields(text: str, fields: dict[str, Any], words: str) -> None:
    assert sentence(text, fields) == words
