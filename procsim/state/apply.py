"""`apply` changes what is known of a run by one event: by a function for each kind, which stand in `changes/`.

    Event ──► apply ──► CHANGES[kind] ──► RunState

It is pure: the same events always make the same state, so a live run and its replay look the same.
"""

from collections import deque
from collections.abc import Callable, Iterable, Mapping

from procsim.state import happens_before
from procsim.state.changes import (
    conditions,
    files,
    findings,
    gate,
    locks,
    managers,
    memory,
    output,
    outside,
    pipes,
    pools,
    predictions,
    processes,
    queues,
    sleep,
    uncaught,
    values,
    waits,
)
from procsim.state.changes.change import Change
from procsim.state.happens_before import Order
from procsim.state.history import History, Span
from procsim.state.identities import process_of
from procsim.state.operations import NARRATED
from procsim.state.races import ACCESSES, Races
from procsim.state.run_state import RunState
from procsim.wire.events import KINDS, Event, event_in, first_at
from procsim.wire.interned import REPEATED

NOT_ITS_OWN = ("finding", "verdict", "process_ended", "prediction_asked", "prediction_made")
"""Events that a process does not emit itself: they do not show that it is there."""

UNKNOWN = "?"
"""Stands for all other kinds than KINDS: a recording of a newer procsim has some, and one of a stranger any number."""

TOLD = frozenset([*NARRATED, "process_ended", "process_untraced", "said", "printed", "raised", "thread_raised"])
"""The events that people read as sentences."""

CHANGES: Mapping[str, Change] = {
    **waits.CHANGES,  # those of all operations that only wait and go on
    **processes.CHANGES,
    **gate.CHANGES,
    **sleep.CHANGES,
    **locks.CHANGES,
    **conditions.CHANGES,
    **queues.CHANGES,
    **pipes.CHANGES,
    **pools.CHANGES,
    **managers.CHANGES,
    **files.CHANGES,
    **values.CHANGES,
    **memory.CHANGES,
    **output.CHANGES,
    **outside.CHANGES,
    **uncaught.CHANGES,
    **findings.CHANGES,
    **predictions.CHANGES,
}


_Effects = tuple[str, Change | None, bool, Callable[[Order, Event], None] | None, Callable[[Races, Event], None] | None]

_EFFECTS: dict[str, _Effects] = {
    kind: (kind, CHANGES.get(kind), kind in TOLD, happens_before.CHANGES.get(kind), ACCESSES.get(kind))
    for kind in (*KINDS, UNKNOWN)
}
"""As what a kind is counted, what it changes, whether it is told, what it says of the order of processes, and what was
read or written: one look instead of five for each event."""


def state_of(events: Iterable[Event]) -> RunState:
    """What is known of a run after these events."""
    run = RunState()
    for event in events:
        apply(run, event)
    return run


def apply(run: RunState, event: Event) -> None:
    """Change what is known of a run by one event."""
    kind, t, pid, name, _, _, at, _ = event
    try:  # which costs nothing, where `get` would cost a call for each event
        counted, change, told, ordered, access = _EFFECTS[kind]
    except KeyError:
        if kind == REPEATED:
            _apply_repeated(run, event)
            return
        counted, change, told, ordered, access = _EFFECTS[UNKNOWN]
    run.counts[counted] += 1
    if t > run.t:
        run.t = t
    process = run.processes.get(pid)
    if process is None and pid and kind not in NOT_ITS_OWN:
        process = process_of(run, pid, name)
    if process is not None:
        process.last = t
        if at:
            process.at = at
    if change is not None:
        change(run, event)
    if run.races is not None:
        if ordered is not None:
            ordered(run.races.order, event)
        elif access is not None and event.object is not None:
            access(run.races, event)
    if told and (kind != "process_ended" or run.hung is None):  # of a hang, procsim ends the processes
        run.happened.append(event)


def _apply_repeated(run: RunState, event: Event) -> None:
    """Apply all events that a REPEATED one stands for: the state is the same as if each was applied."""
    happened, run.happened = run.happened, deque(maxlen=0)
    if "step" in event.fields:
        _apply_to_value(run, event)
    else:
        _apply_to_lock(run, event)
    run.happened = happened
    if any(kind in TOLD for kind, *_ in event.fields["events"]):
        happened.append(event)


def _apply_to_lock(run: RunState, event: Event) -> None:
    """Apply the first two of them, and the last one or two. Every other pair leaves all as it was, but for the numbers,
    and for the history of the process, where a new grain begins with it.
    """
    count = event.fields["count"]
    last = (count - 1) & ~1
    apply(run, event_in(event, 0))
    history = run.processes[event.pid].history
    inside = history.now
    apply(run, event_in(event, 1))
    if last > 2:
        for kind, *_ in event.fields["events"]:
            run.counts[kind] += last // 2 - 1
        run.locks[event.object or 0].acquired[event.pid] += last // 2 - 1
        if history.now is not inside:
            _go_through(history, event, inside, len(run.processes))
    for number in range(max(2, last), count):
        apply(run, event_in(event, number))


def _apply_to_value(run: RunState, event: Event) -> None:
    """Apply the first two of them, and what the others change, since nobody else has used the value meanwhile."""
    count = event.fields["count"]
    apply(run, event_in(event, 0))
    apply(run, event_in(event, 1))
    for (kind, *_), times in zip(event.fields["events"], ((count - 1) // 2, count // 2 - 1), strict=True):
        run.counts[kind] += times
    values.go_on(run, event)
    if run.races is not None:  # where the last pair says as much as all of them; a read may wait for its write
        for number in range(max(2, (count - 1) & ~1), count):
            each = event_in(event, number)
            ACCESSES[each.kind](run.races, each)


def _go_through(history: History, event: Event, inside: Span, processes: int) -> None:
    """Add to the history of a process what changes it of all pairs but the first one and the last one.

    The process is `inside` after the first event of each pair, and after the second one as it is now.
    """
    outside, number, last = history.now, 2, (event.fields["count"] - 1) & ~1
    while number < last:
        before = history.until, history.peak
        history.add(event_in(event, number).t, *inside[1:], processes)
        history.add(event_in(event, number + 1).t, *outside[1:], processes)
        number += 2
        if before == (history.until, history.peak):
            number = max(number, first_at(event, history.until))
