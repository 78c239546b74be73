"""Checks what stands in a recording: it may come from a stranger, and must not take all memory or break a view.

lines of bytes ──► values_of ──► values within bounds ──► event_of, verdict_of ──► Event, the verdict
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from types import NoneType
from typing import IO, Any

from procsim.language import _
from procsim.recording.todays_words import in_todays_words
from procsim.wire.events import KINDS, Event, from_json
from procsim.wire.json_values import DEPTH_LIMIT, NUMBER_LIMIT

LINE_LIMIT = 16 << 20
"""Bytes of a line. The verdict on 2,000 processes that all wait is shorter."""

EVENT_LIMIT = 1 << 16
LONG_LIMIT = 4 << 20
LONG = ("printed", "finding")
"""Bytes of the line of an event, and of an event of these kinds, which procsim puts together itself."""

VALUES_LIMIT = 500_000
"""Values in one line, all of which are in memory at once."""

DEEPEST = DEPTH_LIMIT + 8
"""How deep collections are nested: those of a figure, and those around it."""

FOUND_LIMIT = 16 << 20
"""Bytes of all findings of a recording together; they are kept in memory to its end."""

ALIVE_LIMIT = 50_000
"""Processes that have begun and not ended; the state forgets none of them."""

LARGEST = float(1 << 64)
"""procsim writes no larger number, and no NaN."""


class Damaged(Exception):
    """procsim does not write such a line. The text says what is wrong with it; empty: it is no event at all."""


# Lines -------------------------------------------------------------------------------------------------------


def values_of(file: IO[bytes], limit: int = LINE_LIMIT) -> Iterator[tuple[Any, int]]:
    """The value of each line, and the line's length in bytes. One line is in memory at a time. Raises `Damaged`."""
    while line := file.readline(limit + 1):
        if len(line) > limit:
            raise Damaged(_("it is longer than {limit} MB").format(limit=limit >> 20))
        yield value_of(line), len(line)


def value_of(line: bytes) -> Any:
    """The value that a line of JSON stands for. Raises `Damaged`."""
    if len(line) > EVENT_LIMIT and _values_in(line) > VALUES_LIMIT:
        raise Damaged(_("it holds more than {limit} values").format(limit=VALUES_LIMIT))
    try:
        value = _DECODER.decode(line.decode())
    except RecursionError as error:
        raise Damaged(_("it is nested more than {limit} deep").format(limit=DEEPEST)) from error
    except ValueError as error:
        raise Damaged from error
    _check_bounds(value)
    return value


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)
"""Made once: `json.loads` would make one for each line."""


def _values_in(line: bytes) -> int:
    """An upper bound of the values in a line: each follows a comma, a bracket or a brace outside of texts."""
    count = 0
    for number, piece in enumerate(line.replace(b"\\\\", b"").replace(b'\\"', b"").split(b'"')):
        if number % 2 == 0:
            count += piece.count(b",") + piece.count(b"[") + piece.count(b"{")
    return count


def _check_bounds(value: Any) -> None:
    """Raise `Damaged` where a number is too large, or collections are nested too deep."""
    level = [value]
    for _depth in range(DEEPEST):
        deeper: list[Any] = []
        for each in level:
            if isinstance(each, dict):
                deeper.extend(each.values())
            elif isinstance(each, list):
                deeper.extend(each)
            elif isinstance(each, int | float) and not -LARGEST <= each <= LARGEST:
                raise Damaged(_("it holds a number of more than 64 bits"))
        if not deeper:
            return
        level = deeper
    raise Damaged(_("it is nested more than {limit} deep").format(limit=DEEPEST))


# Events ------------------------------------------------------------------------------------------------------

_TEXT, _NUMBER, _MAYBE = (str,), (int,), (int, NoneType)

TYPES: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("reason", "name", "type", "function", "target", "mode", "stream", "text", "operation"), _TEXT),
    **dict.fromkeys(("lesson", "ask", "how", "key"), _TEXT),
    **dict.fromkeys(("wait", "id", "template", "cure", "cure_template", "sentence", "cure_sentence"), _TEXT),
    **dict.fromkeys(("child", "took", "size", "offset", "length", "answer", "number", "library_threads"), _NUMBER),
    **dict.fromkeys(("arrived", "open"), _NUMBER),
    **dict.fromkeys(
        ("parent", "exit_code", "pipe", "other", "native_id", "lock", "job", "task", "tasks", "items"), _MAYBE
    ),
    "unfinished": _MAYBE,
    **dict.fromkeys(("fields", "figures"), (dict,)),
    "ready": (bool, NoneType),
    **dict.fromkeys(("in_message", "handles_sigterm", "accepted", "alone", "probable", "counted"), (bool,)),
    **dict.fromkeys(("reader_is_gone", "writer_is_gone", "worker_is_gone"), (bool,)),
    **dict.fromkeys(("open_in", "answers", "threads", "inside", "beside", "gone", "failed"), (list,)),
}
"""The types of the fields that procsim sets; all others hold what the program has chosen."""

ADDED = (
    *("sentence", "cure_sentence", "how", "handles_sigterm", "number", "target", "accepted"),
    *("threads", "alone", "probable", "counted", "inside", "beside", "library_threads"),
)
"""Fields that older recordings do not have, or that an event has only at times."""

ACCESSES = ("value_read", "value_written", "value_set", "value_copy_changed")
PARTS = ("offset", "size", "key")
"""Events that may be about a part of their object, and the fields that they have in that case."""

WITHOUT_PROCESS = ("printed", "process_ended", "finding")
"""The kinds of events that may have no process (PID 0)."""


class Events:
    """Makes events of the values of one recording, and bounds what all of them need together."""

    def __init__(self) -> None:
        self._alive: set[int] = set()
        self._found = 0

    def event_of(self, value: Any, size: int) -> Event:
        """The event; `size` is that of its line in bytes. Raises `Damaged`."""
        try:
            event = from_json(value)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Damaged from error
        if size > (LONG_LIMIT if event.kind in LONG else EVENT_LIMIT):
            raise Damaged(_("it is too long for its kind"))
        _check_types(event)
        self._count(event, size)
        return event._replace(fields=in_todays_words(event.fields, "")) if event.kind == "finding" else event

    def _count(self, event: Event, size: int) -> None:
        if event.kind == "process_ended":
            self._alive.discard(event.pid)
        elif event.pid not in self._alive:
            self._alive.add(event.pid)
        if event.kind == "process_started":
            self._alive.add(event.fields["child"])
        self._found += size if event.kind == "finding" else 0
        if len(self._alive) > ALIVE_LIMIT or self._found > FOUND_LIMIT:
            raise Damaged(_("there are too many of its kind"))


def _check_types(event: Event) -> None:
    kind, t, pid, process, thread, identity, at, fields = event
    if not (
        0 <= t < NUMBER_LIMIT
        and 0 <= pid < NUMBER_LIMIT
        and (pid or kind in WITHOUT_PROCESS or kind not in KINDS)
        and isinstance(process, str)
        and isinstance(thread, str)
        and (at is None or isinstance(at, str))
        and (identity is None or 0 <= identity < 1 << 128)
    ):
        raise Damaged
    for name in KINDS.get(kind, ()):
        if name not in fields and name not in ADDED and not (name in PARTS and kind in ACCESSES):
            raise Damaged(_("it has no {field}").format(field=name))
    for name, value in fields.items():
        if name in TYPES and not isinstance(value, TYPES[name]):
            raise Damaged(_("{field} is not what it should be").format(field=name))
    for name in ("open_in", "inside"):
        if not all(isinstance(number, int) for number in fields.get(name, ())):
            raise Damaged(_("{field} is not what it should be").format(field=name))
    for name in ("answers", "beside"):
        if not _are_texts(fields.get(name, ())):
            raise Damaged(_("{field} is not what it should be").format(field=name))
    if kind == "finding":
        _check_figures(fields["figures"])


def _are_texts(values: Iterable[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


# The verdict ------------------------------------------------------------------------------------------------

_ROW: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("process", "kind", "object"), _TEXT),
    "pid": _NUMBER,
    "at": (str, NoneType),
    "holder": (list,),
    "stuck": (bool,),
}
"""One process that waits, as `procsim.findings.base.standing` writes it."""

_STACK: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("process", "thread", "state", "call", "target"), _TEXT),
    "pid": _NUMBER,
    "frames": (list,),
    "moved": (bool,),
}
_FRAME = dict.fromkeys(("function", "at", "whose"), _TEXT)
"""Where one thread stood, and one call of it, as `diagnosis/stacks.py` writes them."""

_PREDICTION: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("lesson", "ask", "instead"), _TEXT),
    **dict.fromkeys(("predicted", "came"), _NUMBER),
    "answers": (list,),
    "asked": (bool,),
}
"""What people were asked, what they predicted and what came, as `procsim.views.base.Revealed` has it."""


def verdict_of(value: Any, scenario: str) -> dict[str, Any]:
    """The claims and findings of a verdict, in the words of today where these are known, and what people predicted, if
    they were asked. Raises `Damaged`.
    """
    shapes: dict[str, Mapping[str, tuple[type, ...]]] = {
        "claims": {"id": _TEXT, "holds": (bool,), "text": _TEXT, "template": _TEXT, "figures": (dict,)},
        "findings": {"id": _TEXT, "text": _TEXT, "template": _TEXT, "figures": (dict,)},
    }
    shapes["accepted"] = shapes["findings"]
    verdict: dict[str, Any] = {}
    for key, shape in shapes.items():
        rows = value.get(key, [] if key == "accepted" else None)  # older recordings do not have it
        if not isinstance(rows, list):
            raise Damaged(_("{field} is not what it should be").format(field=key))
        for row in rows:
            _check_row(row, shape)
            _check_row({name: row[name] for name in row.keys() & TYPES.keys()}, TYPES, whole=False)
            _check_figures(row["figures"])
        verdict[key] = [in_todays_words(row, scenario if key == "claims" else "") for row in rows]
    prediction = value.get("prediction")
    if prediction is not None:
        _check_row(prediction, _PREDICTION)
        known = range(len(prediction["answers"]) + 1)
        if not (prediction["predicted"] in known and prediction["came"] in known and _are_texts(prediction["answers"])):
            raise Damaged(_("{field} is not what it should be").format(field="prediction"))
        verdict["prediction"] = {name: prediction[name] for name in _PREDICTION}
    return verdict


def _check_row(row: Any, shape: Mapping[str, tuple[type, ...]], whole: bool = True) -> None:
    """Raise `Damaged` where a field is not of its type, or, if the row is to be `whole`, is missing."""
    if not isinstance(row, dict):
        raise Damaged
    for name in shape if whole else row:
        if not isinstance(row.get(name), shape[name]):
            raise Damaged(_("{field} is not what it should be").format(field=name))


def _check_figures(figures: Mapping[str, Any]) -> None:
    for row in _rows_of(figures, "standing"):
        _check_row(row, _ROW)
    for row in _rows_of(figures, "stacks"):
        _check_row(row, _STACK)
        for frame in row["frames"]:
            _check_row(frame, _FRAME)


def _rows_of(figures: Mapping[str, Any], field: str) -> list[Any]:
    rows = figures.get(field, [])
    if not isinstance(rows, list):
        raise Damaged(_("{field} is not what it should be").format(field=field))
    return rows
