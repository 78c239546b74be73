"""What the causes of a hang have in common: who waits, for what, where."""

from collections.abc import Iterator
from typing import Any

from procsim.state.processes import Process, Wait
from procsim.state.run_state import RunState

Figures = dict[str, Any]


def figures_of(run: RunState, wait: Wait) -> Figures:
    """Who waits, for what, where, since when."""
    named = run.names.get(wait.object or 0)
    return {
        "process": wait.process,
        "pid": wait.pid,
        "object": named.name if named else "",
        "type": named.type if named else "",
        "made": made_at(run, wait.object),
        "at": wait.at or run.processes[wait.pid].at,
        "since": round(wait.since / 1e9, 3),
    }


def made_at(run: RunState, identity: int | None) -> str | None:
    """Where the object was made; None where that is not known."""
    number = identity or 0
    thing = run.locks.get(number) or run.queues.get(number) or run.signals.get(number) or run.pools.get(number)
    return thing.at if thing else None


def first_for_each(stuck: list[Wait], kind: str | None = None) -> Iterator[Wait]:
    """Of the waits for one object the first: the others have the same cause."""
    seen: set[tuple[str, int | None]] = set()
    for wait in sorted(stuck, key=lambda wait: wait.since):
        place = (wait.kind, wait.object if wait.object is not None else -wait.pid)
        if kind in (None, wait.kind) and place not in seen:
            seen.add(place)
            yield wait


def ended_first(holder: Process, wait: Wait) -> bool:
    """Whether it had ended when the wait was found to be for ever."""
    return holder.ended is not None and wait.stuck is not None and holder.ended <= wait.stuck
