"""`apply` changes what is known of a run by one event: by a function for each kind, which stand in `changes/`.

    Event ──► apply ──► CHANGES[kind] ──► RunState

It is pure: the same events always make the same state, so a live run and its replay look the same.
"""

from collections.abc import Iterable, Mapping

from procsim.state.changes import (
    conditions,
    files,
    findings,
    gate,
    locks,
    managers,
    output,
    pipes,
    pools,
    predictions,
    processes,
    queues,
    sleep,
    uncaught,
    waits,
)
from procsim.state.changes.change import Change
from procsim.state.identities import process_of
from procsim.state.operations import MOMENTS
from procsim.state.run_state import RunState
from procsim.wire.events import Event

NOT_ITS_OWN = ("finding", "verdict", "process_ended", "prediction_asked", "prediction_made")
"""Events that a process does not emit itself: they do not show that it is there."""

TOLD = frozenset(kind for kind, moment in MOMENTS.items() if moment.words and moment.narrated) | {
    *("process_ended", "process_untraced", "said", "printed", "raised", "thread_raised"),
}
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
    **output.CHANGES,
    **uncaught.CHANGES,
    **findings.CHANGES,
    **predictions.CHANGES,
}


def state_of(events: Iterable[Event]) -> RunState:
    """What is known of a run after these events."""
    run = RunState()
    for event in events:
        apply(run, event)
    return run


def apply(run: RunState, event: Event) -> None:
    """Change what is known of a run by one event."""
    kind, t, pid, name, _, _, at, _ = event
    run.counts[kind] += 1
    if t > run.t:
        run.t = t
    process = run.processes.get(pid)
    if process is None and pid and kind not in NOT_ITS_OWN:
        process = process_of(run, pid, name)
    if process is not None:
        process.last = t
        if at:
            process.at = at
    change = CHANGES.get(kind)
    if change is not None:
        change(run, event)
    if kind in TOLD and (kind != "process_ended" or run.hung is None):  # of a hang, procsim ends the processes
        run.happened.append(event)
