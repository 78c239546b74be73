"""Damages a recording: its bytes, its lines, the values in them, and its sentences. The same seed does the same."""

import contextlib
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from procsim.recording.recorded import TYPES
from procsim.wire.events import KINDS

RECORDINGS = sorted((Path(__file__).parents[1] / "recordings").glob("*.jsonl"))

Line = dict[str, Any]

LONG = 100_000
"""Bytes of a line that is damaged no more: that must not take the memory which its replay may not."""


def nested(depth: int, inner: Any = 1) -> Any:
    """Lists and dicts, one in the other."""
    for number in range(depth):
        inner = [inner] if number % 2 else {"deeper": inner}
    return inner


ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 1, 1.5, -0.0, "", "x", [], {}, [[]], {"": 0}, "\udcff", 1 << 63, 1 << 64, -(1 << 63), 10**18),
    *(
        10**400,
        float("nan"),
        float("inf"),
        "\x1b]52;c;eA==\x07",
        "\u202e\u200b",
        "x" * 100_000,
        "{" * 1_000,
        "%s{}" * 99,
    ),
    *(nested(800), nested(40), nested(10), [0] * 100_000, {str(number): number for number in range(10_000)}),
)
"""Values that no field of that kind has."""

_ODD_JSON = tuple(map(json.dumps, ODD))

TEMPLATES = (
    *(
        "{a:>1999999999}",
        "{process:.99999999f}",
        "{a.__class__}",
        "{a[0]}",
        "{0}",
        "{}",
        "{a!r:>{b}}",
        "{{}}",
        "{a" * 999,
    ),
    *("{process}" * 100_000, "{t:.99f}", "{pid:x}", "{process:s}", "{pid:%}", "{pid:d}{pid:g}{pid:.3f}"),
)


def damaged(seed: int) -> bytes:
    """A recording, damaged in one to four ways."""
    chance = random.Random(seed)
    data = chance.choice(RECORDINGS).read_bytes()
    for _ in range(chance.choice((1, 1, 2, 4))):
        data = chance.choice(WAYS)(data, chance)
    return data


def _lines(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True)


def _bytes_changed(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data or b"x")
    for _ in range(chance.randint(1, 20)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _cut_off(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _piece_taken_out(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data) + 1)
    return data[:start] + data[start + chance.randint(1, 300) :]


def _lines_mixed(data: bytes, chance: random.Random) -> bytes:
    first, *lines = _lines(data) or [b""]
    for _ in range(chance.randint(1, 5)):
        if lines:
            line = lines.pop(chance.randrange(len(lines)))
            often = chance.choice((0, 1, 1, 1, 2, 50))
            for _ in range(often if len(line) < LONG else 1):
                lines.insert(chance.randrange(len(lines) + 1), line)
    if chance.random() < 0.2:
        chance.shuffle(lines)
    return first + b"".join(lines)


def _changed(data: bytes, chance: random.Random, change: Callable[[Line, random.Random], None], times: int) -> bytes:
    """The recording with some of its lines changed."""
    lines = _lines(data)
    for _ in range(times):
        if not lines:
            break
        number = chance.randrange(len(lines))
        if len(lines[number]) > LONG:
            continue
        try:
            value = json.loads(lines[number])
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            change(value, chance)
            with contextlib.suppress(RecursionError):  # it is nested as deeply as can be already
                lines[number] = json.dumps(value).encode() + b"\n"
    return b"".join(lines)


def _containers(value: Any) -> list[Any]:
    found = [value]
    for each in found:
        inner = each.values() if isinstance(each, dict) else each
        found.extend(deeper for deeper in inner if isinstance(deeper, dict | list) and len(found) < 1_000)
    return found


def _values_replaced(data: bytes, chance: random.Random) -> bytes:
    def change(value: Line, chance: random.Random) -> None:
        for _ in range(chance.randint(1, 3)):
            inner = chance.choice(_containers(value))
            if inner:
                key = chance.choice(list(inner)) if isinstance(inner, dict) else chance.randrange(len(inner))
                inner[key] = json.loads(chance.choice(_ODD_JSON))

    return _changed(data, chance, change, chance.choice((1, 1, 3, 30)))


def _keys_removed(data: bytes, chance: random.Random) -> bytes:
    def change(value: Line, chance: random.Random) -> None:
        inner = chance.choice(_containers(value))
        if inner:
            inner.pop(chance.choice(list(inner)) if isinstance(inner, dict) else -1)

    return _changed(data, chance, change, chance.choice((1, 3)))


SOME: dict[type, tuple[Any, ...]] = {
    str: ("", "x", "lock_waiting", "queue_get_waiting", "process_join_waiting", "stdout", "{x}", "w", "JoinableQueue"),
    int: (0, 1, 2, 3, 1 << 40),
    float: (0.0, 1.5),
    bool: (True, False),
    dict: ({}, {"x": 1}, {"pid": 1, "standing": []}),
    list: ([], [1, 2]),
    type(None): (None,),
    object: (None, 0, 1, 2, -5, True, "x", 1.5, [], {}),
}
"""Values of each type; of `object`, for the fields that hold whatever a program has chosen."""


def _kinds_exchanged(data: bytes, chance: random.Random) -> bytes:
    """Events of other kinds, of other processes, threads and objects, each by itself as it may be."""

    def change(value: Line, chance: random.Random) -> None:
        if "t" not in value:  # the header, or the verdict
            return
        kind = chance.choice(sorted(set(KINDS) - {"verdict"}))
        for name in KINDS[kind]:
            kinds = TYPES.get(name, (object,))
            value.setdefault(name, json.loads(json.dumps(chance.choice(SOME[chance.choice(kinds)]))))
        pids = [value.get("pid", 1), 1, 2, chance.randrange(1, 1 << 22)]
        things = [None, {"id": f"{chance.randrange(9):x}"}, value.get("object")]
        value |= {"kind": kind, "pid": chance.choice(pids), "object": chance.choice(things)}
        value["thread"] = chance.choice(("MainThread", "Thread-1", value.get("thread", "MainThread")))
        value["t"] = chance.choice((value.get("t", 0), value.get("t", 0), 0, chance.randrange(1 << 62)))

    return _changed(data, chance, change, chance.choice((1, 5, 40)))


def _sentences_exchanged(data: bytes, chance: random.Random) -> bytes:
    def change(value: Line, chance: random.Random) -> None:
        for inner in _containers(value):
            for name in ("text", "template", "cure_template", "sentence", "id", "at", "process"):
                if isinstance(inner, dict) and name in inner and chance.random() < 0.5:
                    inner[name] = chance.choice(TEMPLATES)

    return _changed(data, chance, change, chance.choice((1, 3, 30)))


def _something_put_in(data: bytes, chance: random.Random) -> bytes:
    """What is no event, or an event that is much too large, somewhere between the lines."""
    first, *lines = _lines(data) or [b""]
    head = b'{"t":1,"pid":1,"process":"p","kind":"noted","name":"x","value":'
    many = chance.choice((10, 100_000, 2_000_000))
    thing = chance.choice(
        (
            b"\n\n",
            b"\x00" * many,
            b"[" * many,
            b"[]," * many,
            head + b"[" * 900 + b"]" * 900 + b"}",
            head + b"[" + b"[]," * many + b"1]}",
            head + b'"' + b"x" * many + b'"}',
            head + b"9" * many + b"}",
            head + b"1e999}",
            head + b"NaN}",
            head + b'"\\ud800"}',
            b"\xef\xbb\xbf" + head + b"1}",
            head.replace(b'"t":1', b'"t":' + b"1" + b"0" * 400) + b"1}",
            head.replace(b'"t":1', b'"t":-1') + b"1}",
            head.replace(b'"t":1', b'"t":1.5') + b"1}",
        )
    )
    lines.insert(chance.randrange(len(lines) + 1), thing + b"\n")
    return first + b"".join(lines)


WAYS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _bytes_changed,
    _cut_off,
    _piece_taken_out,
    _lines_mixed,
    _values_replaced,
    _values_replaced,
    _keys_removed,
    _kinds_exchanged,
    _kinds_exchanged,
    _kinds_exchanged,
    _kinds_exchanged,
    _sentences_exchanged,
    _something_put_in,
)
