"""A thread waits, and goes on: what all operations have in common."""

from collections.abc import Mapping

from procsim.state.changes.change import Change
from procsim.state.operations import OPERATIONS, WAITS
from procsim.state.processes import Wait
from procsim.state.run_state import RunState
from procsim.wire.events import KINDS, Event


def wait_began(run: RunState, event: Event) -> None:
    """The thread waits from now on."""
    process, get = run.processes[event.pid], event.fields.get
    timeout = get("timeout", get("seconds"))
    process.waits[event.thread] = Wait(
        event.kind,
        event.pid,
        event.process,
        event.t,
        event.at,
        event.object,
        event.thread,
        get("child"),
        str(get("child_name", "")),
        call=f"{get('type')}.{get('method')}" if get("method") else "",
        timeout=timeout if timeout is None or isinstance(timeout, int | float) else 0.0,  # no number: its call raises
        native_id=get("native_id") or 0,
        interruptible=bool(get("interruptible")),
        job=get("job"),
    )
    process.keep_status(event.t, run.processes)


def wait_ended(run: RunState, event: Event) -> Wait | None:
    """The thread goes on; its wait, if it was in one."""
    process = run.processes[event.pid]
    wait = process.waits.pop(event.thread, None)
    if wait is not None:
        keep_wait(run, wait, event.t)
        process.keep_status(event.t, run.processes)
    return wait


def keep_wait(run: RunState, wait: Wait, until: int) -> None:
    """It ended at `until` ns."""
    wait.until = until
    run.waits.append(wait)


def refused(run: RunState, event: Event) -> None:
    """The thread has given up, with or without waiting before."""
    wait_ended(run, event)
    run.refused.append(event)


CHANGES: Mapping[str, Change] = {
    **{kind: wait_began for kind in WAITS if kind in KINDS},  # the others begin with `process_stuck`
    **{each.done.kind: wait_ended for each in OPERATIONS if each.done is not None and each.waiting is not None},
    **{each.refused.kind: refused for each in OPERATIONS if each.refused is not None},
}
"""Of all operations; in the files of the objects stands what else they change."""
