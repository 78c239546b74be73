"""What an event holds of the program's values: short forms of them, and none of the program's types.

A value's own methods (`__repr__`, `__str__`) are the program's code, and not ours to call.
"""

import marshal
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

from procsim.wire.interned import MARSHAL_FORMAT
from procsim.wire.pipe import HEADER, ITEM_LIMIT, raised_elsewhere

NAME_LIMIT = 80
"""Characters of a name (of a process, a thread, an object, a file) that an event holds."""

VALUE_LIMIT = 60
"""Characters of a value (an item of a queue, what was read from a file) that an event holds."""

TEXT_LIMIT = ITEM_LIMIT // 2
"""Bytes of a long text that one event holds, so that it fits with the names beside it."""

_INT_LIMIT = 1 << 63
"""An int below it, and not below its negative, is kept."""

_DEPTH_LIMIT = 4
"""Collections within collections that are kept of what is too long."""

_ITEMS_LIMIT = 8
"""Items of one collection that are kept of what is too long."""


def value_of(value: Any) -> Any:
    """A short form of a value of the program's, for an event.

    Numbers and text stay (text is cut), small collections of them become their `repr`. Of anything else only the type
    is given: "<Task>".
    """
    kind = type(value)
    if value is None or kind is bool or kind is float:
        return value
    if kind is int:
        return _short_int(value)
    if kind is str:
        return value if len(value) <= VALUE_LIMIT else value[: VALUE_LIMIT - 1] + "…"
    if kind is bytes or kind is bytearray:
        return repr(bytes(value[:16])) if len(value) <= 16 else f"<{kind.__name__} of {len(value)}>"
    # Looked at before any item is shortened: a list may contain itself.
    if (kind is tuple or kind is list) and len(value) <= 8 and all(_is_short(type(item)) for item in value):
        inner = [value_of(item) for item in value]
        return str(tuple(inner) if kind is tuple else inner)[:VALUE_LIMIT]
    return f"<{type_name(kind)}>"


def entry_of(value: Any) -> Any:
    """A short form of what a manager has, by which one version of it can be told from the next where that is possible:
    small dicts become their `repr`, too, and of other collections it is said how many items they have.
    """
    kind = type(value)
    if kind is dict and len(value) <= 8 and all(_is_short(type(each)) for item in value.items() for each in item):
        text = str({value_of(key): value_of(inner) for key, inner in value.items()})
        if len(text) <= VALUE_LIMIT:
            return text
    short = value_of(value)
    sized = kind in _COLLECTIONS and short == f"<{type_name(kind)}>"
    return f"<{type_name(kind)} of {len(value)}>" if sized else short


_COLLECTIONS = (list, tuple, dict, set, frozenset)


def _is_short(kind: type) -> bool:
    return kind is int or kind is str or kind is float or kind is bool or kind is type(None)


def _short_int(value: int) -> int | str:
    return value if -_INT_LIMIT <= value < _INT_LIMIT else f"<int of {value.bit_length()} bits>"


def plain(value: Any, depth: int = _DEPTH_LIMIT) -> Any:
    """The value without types of the program's: none of its code is called for that, not even its `__class__`."""
    kind = type(value)
    if issubclass(kind, str):
        return str.__str__(value)
    if kind is not bool and issubclass(kind, int):
        return int.__int__(value)
    if kind is dict and depth:
        return {_plain_key(key): plain(inner, depth - 1) for key, inner in value.items()}
    return value if value is None or kind is bool or kind is float or kind is bytes else f"<{type_name(kind)}>"


# A metaclass of the program's may have its own, and its own `==`: so types are compared by `is`.
type_name = type.__dict__["__name__"].__get__
_qualified_name = type.__dict__["__qualname__"].__get__


def own(thing: Any, name: str) -> Any:
    """An attribute that an object itself has, and not its class; None: it has none of that name.

    `getattr` would call `__getattr__` of a class of the program's where it has none.
    """
    try:
        return object.__getattribute__(thing, "__dict__").get(name)
    except AttributeError:  # it has `__slots__`
        return None


def function_name(function: Any) -> str:
    """The name of a function; of any other object that can be called, that of its type."""
    function = plain_function(function)
    if type(function) in (FunctionType, BuiltinFunctionType):
        return str(function.__qualname__)[:NAME_LIMIT]
    is_class = issubclass(type(function), type)
    return str(_qualified_name(function if is_class else type(function)))[:NAME_LIMIT]


def plain_function(function: Any) -> Any:
    """The function inside partials and methods."""
    while type(function) in (partial, MethodType):
        function = function.func if type(function) is partial else function.__func__
    return function


def fitting(item: tuple[Any, ...]) -> bytes:
    """An event, marshalled so that it fits into one record. Its last element, its fields, is cut first.

    `item`: see `procsim.wire.events.from_wire`.
    """
    try:
        data = marshal.dumps(item, MARSHAL_FORMAT)
    except ValueError as error:
        if raised_elsewhere(error):
            raise
        # Something is of a type derived from str or int: a process's name, a queue's size.
        item = tuple(plain(value) for value in item)
        data = marshal.dumps(item, MARSHAL_FORMAT)
    if len(data) <= ITEM_LIMIT - HEADER.size:
        return data
    *head, fields = item
    for limit in (VALUE_LIMIT, 8):
        kept = {name[:NAME_LIMIT]: _cut(value, limit) for name, value in list(fields.items())[:_ITEMS_LIMIT]}
        head = [value[: limit * 2] if isinstance(value, str) else value for value in head]
        data = marshal.dumps((*head, kept), MARSHAL_FORMAT)
        if len(data) <= ITEM_LIMIT - HEADER.size:
            return data
    return marshal.dumps((*head, {}), MARSHAL_FORMAT)


def _plain_key(key: Any) -> str:
    return str.__str__(key) if issubclass(type(key), str) else f"<{type_name(type(key))}>"


def _cut(value: Any, limit: int, depth: int = _DEPTH_LIMIT) -> Any:
    kind = type(value)
    if kind in (str, bytes):
        return value[:limit]
    if kind is dict and depth:
        some = list(value.items())[:_ITEMS_LIMIT]
        return {_plain_key(key)[:limit]: _cut(inner, limit, depth - 1) for key, inner in some}
    if kind in (tuple, list) and depth:
        return [_cut(inner, limit, depth - 1) for inner in value[:_ITEMS_LIMIT]]
    if kind is int:
        return _short_int(value)
    return value if value is None or kind in (bool, float) else f"<{kind.__name__}>"
