"""The values of a program in JSON's types alone, so that neither state nor views nor recordings meet any others."""

from math import isfinite
from typing import Any

NUMBER_LIMIT = 1 << 63
"""An int below it, and not below its negative, stays an int in JSON."""

DEPTH_LIMIT = 16
ITEMS_LIMIT = 10_000
"""Collections within collections, and items of one, that are kept."""

_AS_THEY_ARE = frozenset({str, bool, type(None)})


def json_value(value: Any, depth: int = DEPTH_LIMIT) -> Any:
    """The value, if JSON has a form for it; else its type: "<complex>", "<set>", "<nan>".

    A program may pass any value to what we watch (a timeout of `...`), and `marshal` carries most of them.
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
    """The fields of an event with JSON's types alone. What is no dict is no fields, and stays as it is."""
    if type(fields) is dict:
        for value in fields.values():
            if type(value) not in _AS_THEY_ARE and not (type(value) is int and -NUMBER_LIMIT <= value < NUMBER_LIMIT):
                return json_value(fields)
    return fields


def json_item(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """An event on the wire, a tuple whose last item are its fields, with JSON's types alone in these."""
    return *values[:-1], json_fields(values[-1])
