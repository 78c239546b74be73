"""The values of a program in JSON's types alone, so that neither state nor views nor recordings meet any others."""

from math import isfinite
from typing import Any

NUMBER_LIMIT = 1 << 63
"""Integers from -NUMBER_LIMIT to NUMBER_LIMIT - 1 stay integers in JSON."""

DEPTH_LIMIT = 16
ITEMS_LIMIT = 10_000
"""How deep collections may be nested, and how many items of each are kept."""

_AS_THEY_ARE = frozenset({str, bool, type(None)})


def json_value(value: Any, depth: int = DEPTH_LIMIT) -> Any:
    """The value, if JSON has a form for it; else its type: "<complex>", "<set>", "<nan>".

    A program may pass any value to a call that we trace (a timeout of `...`), and `marshal` carries most of them.
    """
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__int__(value) if -NUMBER_LIMIT <= value < NUMBER_LIMIT else f"<int of {value.bit_length()} bits>"
    if isinstance(value, float):
        return float.__float__(value) if isfinite(value) else f"<{float.__repr__(value)}>"
    if depth and isinstance(value, dict):
        some = list(value.items())[:ITEMS_LIMIT]
        return {str(json_value(name, 0)): json_value(inner, depth - 1) for name, inner in some}
    if depth and isinstance(value, list | tuple):
        kept = [json_value(inner, depth - 1) for inner in value[:ITEMS_LIMIT]]
        return [*kept, "…"] if len(value) > ITEMS_LIMIT else kept
    return f"<{kind.__name__}>"


def json_fields(fields: Any) -> Any:
    """The fields of an event with JSON's types alone. Anything but a dict stays as it is: no event has such fields."""
    if type(fields) is dict:
        for value in fields.values():
            if type(value) not in _AS_THEY_ARE and not (type(value) is int and -NUMBER_LIMIT <= value < NUMBER_LIMIT):
                if type(value) is dict and _is_plain(value):
                    continue
                return json_value(fields)
    return fields


def _is_plain(fields: dict[Any, Any]) -> bool:
    """Whether a dict inside of the fields, such as those of a narration, has JSON's most common types alone."""
    if len(fields) > ITEMS_LIMIT:
        return False
    for name, value in fields.items():
        if type(name) is not str:
            return False
        if type(value) not in _AS_THEY_ARE and not (type(value) is int and -NUMBER_LIMIT <= value < NUMBER_LIMIT):
            return False
    return True
