"""Who can still receive from a pipe, or send into it: what closing an end of it means to who uses the other one. Pure.

An end is closed when no process has it any more. Those that close it without being the last make no difference to who
sends, receives or asks meanwhile; the last one does, and so each of them matters to who comes after that:

    in a state in which …     closing it touches           sending through it, asking it touches
    somebody still has it     the group                    its last one
    nobody has it any more    the group, its last one      the group

The group are all who have the end. Before a step is taken it is not known which it will be, and it may touch both.
"""

from collections.abc import Collection, Iterable, Iterator

from procsim.explore.names import Names
from procsim.explore.schedule import ARRIVE, LAST, PUT, READ, WRITE, Operation, Touch


class Ends:
    """The ends of the pipes of one execution."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._of_group: dict[str, int] = {}
        """Of each group that was touched: the identity of the end that they have."""

    def readers(self, identity: int) -> Iterator[Touch]:
        """What who sends through this end touches: all who could receive that."""
        other = self._names.other_ends.get(identity)
        if other is not None:
            yield from self._asks(readers_of(self._names.receiving_end(other, False)), other)

    def writers(self, identity: int) -> Iterator[Touch]:
        """What who waits or asks for a message at this end touches: all who could send one."""
        other = self._names.other_ends.get(identity)
        if other is not None:
            yield from self._asks(writers_of(self._names.receiving_end(identity, False)), other)

    def _asks(self, group: str, identity: int) -> Iterator[Touch]:
        self._of_group[group] = identity
        yield Touch(group, READ)
        yield Touch(LAST + group, READ)

    def closed(self, identities: Iterable[int]) -> Iterator[Touch]:
        """What closing these touches."""
        for identity in identities:
            if identity in self._names.other_ends:
                end = self._names.receiving_end(identity, False)
                for group in (writers_of(self._names.receiving_end(identity, True)), readers_of(end)):
                    self._of_group[group] = identity
                    yield Touch(group, ARRIVE)
                    yield Touch(LAST + group, WRITE)

    def concern(self, operation: Operation) -> bool:
        """Whether it makes a difference to this operation who has an end."""
        return any(touch.object in self._of_group for touch in operation.touches)

    def seen(self, operation: Operation, held: Collection[int]) -> Operation:
        """What the operation touches where all these ends are open, if it closes some, after that."""
        touches = []
        for touch in operation.touches:
            name, mode = touch
            identity = self._of_group.get(name.removeprefix(LAST))
            if identity is None:
                touches.append(touch)
                continue
            is_open, is_last = identity in held, name.startswith(LAST)
            if mode == ARRIVE or is_open == (is_last and mode == READ):
                touches.append(touch)
        if operation.kind == "pipe_sent" and not any(touch.object.startswith(LAST) for touch in touches):
            touches = [touch for touch in touches if touch.mode != PUT]  # nobody is left to receive it: it raises
        return operation._replace(touches=tuple(touches))


def writers_of(end: str) -> str:
    """All who can send to this end of a pipe, as one object: it is closed until none of them is left."""
    return f"writers of {end}"


def readers_of(end: str) -> str:
    """All who can receive at this end of a pipe, as one object."""
    return f"readers of {end}"
