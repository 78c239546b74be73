"""The values of variables, as short texts: of text and numbers what they are, of all else the type and the size.

They may be secret, so they are read only where people have asked for them.
"""

import struct
from collections.abc import Mapping

from procsim.attach.objects import Objects

VALUES_LIMIT = 30
"""At most so many variables of a call."""

CHARACTERS = 60
"""Of a value that are kept."""

_FLOAT_VALUE = 16
_SIZED = ("list", "tuple", "bytes")


def values_of(objects: Objects, variables: Mapping[str, int]) -> tuple[tuple[str, str], ...]:
    """The names of variables and their values; `variables`: their addresses. Those that cannot be read are left out."""
    named = [(name, address) for name, address in variables.items() if not name.startswith("__")]
    shown = [(name, value_of(objects, address)) for name, address in named[:VALUES_LIMIT]]
    return tuple((name, value) for name, value in shown if value)


def value_of(objects: Objects, address: int) -> str:
    """One value; empty where it cannot be read."""
    if objects.is_none(address):
        return "None"
    kind = objects.type_name(address)
    number = objects.integer(address)
    if number is not None:
        return str(bool(number)) if kind == "bool" else str(number)
    text = objects.text(address)
    if text is not None:
        return _cut(repr(text))
    if kind == "float":
        data = objects.memory.read(address + _FLOAT_VALUE, 8)
        return repr(struct.unpack("d", data)[0]) if data else ""
    if kind in _SIZED:
        return f"<{kind} of {objects.length(address)}>"
    return _cut(f"<{kind}>") if kind else ""


def _cut(text: str) -> str:
    return text if len(text) <= CHARACTERS else text[: CHARACTERS - 1] + "…"
