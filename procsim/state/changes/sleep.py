"""Threads sleep. A sleep depends on no other process, so it is not among the waits that have ended."""

from collections.abc import Mapping

from procsim.state.changes.change import Change
from procsim.state.changes.waits import keep_wait
from procsim.state.run_state import RunState
from procsim.wire.events import Event


def _ended(run: RunState, event: Event) -> None:
    process = run.processes[event.pid]
    process.heard = event.t
    if process.polls:
        for thread, poll in process.polls.items():
            if thread == event.thread:
                poll.slept = event.t
            else:
                poll.beside = True
    wait = process.waits.pop(event.thread, None)
    if wait is not None:
        keep_wait(run, process, wait, event.t)
    process.keep_status(event.t, run.processes)


CHANGES: Mapping[str, Change] = {"sleep_ended": _ended}
