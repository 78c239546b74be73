"""Whatever a program gives to what we watch can be said in JSON, and breaks no picture."""

import io
import json
import marshal
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console, ConsoleDimensions

from procsim.json_line import line_of
from procsim.recording.recorder import Header, Recorder
from procsim.recording.trace import Trace
from procsim.state.run_state import RunState
from procsim.state.timeline import axis_of, timeline_of
from procsim.views.base import Verdict
from procsim.views.live.screen import ScreenRequest, screen
from procsim.views.text.plain import PlainView
from procsim.wire.events import KINDS, Event, from_wire, to_json
from tests.events import Story

DEEP: Any = 1
for _number in range(900):
    DEEP = [DEEP]
    if _number % 2:
        DEEP = {"deeper": DEEP}

ODD: list[Any] = [
    *(1j, ..., StopIteration, "1", b"\xff", (1, 2), [3], {4}, frozenset({5}), {1: 2, (3,): 4, None: 5}, DEEP),
    *(10**400, -(10**400), 1 << 63, -(1 << 63), float("nan"), float("inf"), float("-inf"), 1.5, True, None),
    *("half \udcff", "\ud83d", "\x00\x1b[2J\x7f\x9b31m\u2028\u202e\U000e0041\r\n\x85", compile("1", "x", "eval")),
]

CHOSEN = {
    *("value", "timeout", "seconds", "daemon", "maxsize", "parties", "workers", "count", "subject", "path", "method"),
    *("child_name", "installed", "interruptible", "entered", "is_set", "position", "notified", "public"),
}
"""The fields that hold what the program has chosen."""


def told(kind: str, fields: dict[str, Any]) -> Event:
    """The event as it comes over the wire."""
    wire = (5_000_000, kind, 1, "p1", "MainThread", 9, "x.py:3", fields)
    return from_wire(marshal.loads(marshal.dumps(wire, 2)), 0)


def refuse(name: str) -> None:
    raise AssertionError(f"{name} is no JSON")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_any_value_in_any_field_is_said_in_strict_json(kind: str) -> None:
    for odd in ODD:
        line = line_of(to_json(told(kind, dict.fromkeys(KINDS[kind], odd)), {}))
        assert json.loads(line, parse_constant=refuse)["kind"] == kind
        assert line.isprintable() and line.encode()
        assert "\\ud83d" not in line.replace("\\\\ud83d", ""), "half a pair is no JSON that all readers take"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (1j, "<complex>"),
        (..., "<ellipsis>"),
        ({1}, "<set>"),
        (b"x", "<bytes>"),
        (float("nan"), "<nan>"),
        (float("-inf"), "<-inf>"),
        (10**30, "<int of 100 bits>"),
        ((1, [2j]), [1, ["<complex>"]]),
        ({1: 2}, {"1": 2}),
        (list(range(20_000)), [*range(10_000), "…"]),
    ],
)
def test_what_is_no_json_is_said_by_its_type(value: Any, said: Any) -> None:
    assert told("noted", {"name": "x", "value": value}).fields["value"] == said


SAMPLE: dict[str, Any] = {
    "child": 2,
    "child_name": "p2",
    "daemon": False,
    "handles_sigterm": False,
    "number": 1,
    "target": "work",
    "key": "left",
    "threads": [["chatter", "x.py:5"], ["feeder", None]],
    "library_threads": 0,
    "inside": [12],
    "counted": True,
    "alone": True,
    "method": "fork",
    "parent": 0,
    "exit_code": 0,
    "reason": "-I",
    "name": "x",
    "type": "Lock",
    "value": 1,
    "maxsize": 3,
    "pipe": 7,
    "parties": 2,
    "other": 11,
    "workers": 2,
    "timeout": None,
    "native_id": 1,
    "interruptible": False,
    "took": 5,
    "job": 1,
    "task": 1,
    "tasks": 2,
    "items": 1,
    "function": "f",
    "path": "/x",
    "mode": "w",
    "size": 3,
    "offset": 0,
    "seconds": 1.5,
    "operation": "lock_acquired",
    "ready": False,
    "subject": "x",
    "text": "hello",
    "stream": "stdout",
    "fields": {},
    "wait": "lock_waiting",
    "open_in": [],
    "in_message": False,
    "id": "x",
    "template": "x",
    "figures": {},
    "cure": "",
    "cure_template": "",
}


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"verdict"}))
def test_what_a_program_has_chosen_breaks_no_picture_and_is_replayed(kind: str, tmp_path: Path) -> None:
    from procsim.state.apply import apply

    fields = {name: SAMPLE.get(name) for name in KINDS[kind]}
    stream = io.StringIO()
    view, run = PlainView(Console(file=stream, width=100)), RunState()
    begun = Story().began(1, 2).lock(9).events
    odd = [told(kind, fields | {name: value}) for name in fields if name in CHOSEN for value in ODD]
    with Recorder(tmp_path / "odd.jsonl", Header("x")) as recorder:
        for event in [*begun, *odd]:
            apply(run, event)
            recorder.event(event, run.names)
            view.event(event, run)
            view.tick(run, None)
            Console(file=stream, width=100).print(
                screen(run, ScreenRequest(size=ConsoleDimensions(100, 40), t=run.t))[0]
            )
            timeline_of(run, axis_of(run, 40, run.t, growing=False), 10, run.t)
        recorder.verdict({"kind": "verdict", "scenario": "x", "claims": [], "findings": []})
    view.finish(run, Verdict("x"))
    assert recorder.failure is None
    replayed = [event for batch in Trace(tmp_path / "odd.jsonl") for event in batch]
    assert len(replayed) == len(begun) + len(odd)
