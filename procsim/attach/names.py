"""What the program calls its objects: the variables that lead to them.

    variables of modules, frames and arguments ──► their values, and what these contain ──► objects with a name

It looks into lists, tuples, dicts, sets and instances of the program's own classes; what is in a container has the name
of that. The shortest way counts: then the name is most likely the one that people know.
"""

from collections import deque
from collections.abc import Iterable, Iterator

from procsim.attach.classes import Classes
from procsim.attach.objects import Objects

DEEPEST = 5
OBJECTS_LIMIT = 30_000
WAITING_LIMIT = 100_000
"""Of objects that are still to be looked into: a table of a thousand rows has a million cells."""
UNNAMED_LIMIT = 10_000
"""More of them, which variables without a name lead to."""
ITEMS_LIMIT = 1_000
"""Of one container."""

_PLAIN = frozenset({"int", "str", "float", "bytes", "bool", "NoneType", "type", "module", "function", "code"})
"""What contains nothing that is looked for."""


def named_objects(
    objects: Objects, classes: Classes, variables: Iterable[tuple[str, int]]
) -> Iterator[tuple[int, str]]:
    """The objects of multiprocessing's that these variables lead to, each with its name.

    Variables without a name come last: what they lead to has a name mostly, a longer way off.
    """
    rows, seen = [*variables], set[int]()
    yield from _led_to(objects, classes, (row for row in rows if row[0]), seen, OBJECTS_LIMIT)
    yield from _led_to(objects, classes, (row for row in rows if not row[0]), seen, len(seen) + UNNAMED_LIMIT)


def _led_to(
    objects: Objects, classes: Classes, variables: Iterable[tuple[str, int]], seen: set[int], limit: int
) -> Iterator[tuple[int, str]]:
    """Those that are not among `seen`, until so many have been seen; they are then."""
    waiting = deque((name, address, 0) for name, address in variables)
    while waiting and len(seen) < limit:
        name, address, depth = waiting.popleft()
        if not address or address in seen:
            continue
        seen.add(address)
        if classes.role(address):
            yield address, name
            continue
        if depth < DEEPEST and len(waiting) < WAITING_LIMIT:
            waiting.extend((inner or name, value, depth + 1) for inner, value in _contents(objects, address))


def _contents(objects: Objects, address: int) -> Iterator[tuple[str, int]]:
    """What an object contains: with a name where it is an attribute."""
    kind = objects.type_name(address)
    if not kind or kind in _PLAIN:
        return
    if kind in ("list", "tuple"):
        if objects.length(address) <= ITEMS_LIMIT:
            yield from (("", item) for item in objects.items(address))
    elif kind == "dict":
        if objects.length(address) <= ITEMS_LIMIT:
            yield from (("", value) for _, value in objects.pairs(address))
    elif kind == "set":
        yield from (("", member) for member in objects.members(address)[:ITEMS_LIMIT])
    elif kind == "method":
        yield "", objects.bound_to(address)[1]
    else:
        yield from objects.attributes(address).items()
