"""Why an execution hangs, by the same findings as in any run.

Running, RunState ──► a wait of each thread that cannot move, and that it is stuck ──► `findings.hangs` ──► findings

The threads stand at the gate, before what they would have to wait for: so no wait was emitted for most of them.
"""

from collections.abc import Iterator
from typing import Any

from procsim.explore.execution import Running
from procsim.explore.touching import Call
from procsim.findings.base import Finding
from procsim.findings.hangs import hangs
from procsim.state.apply import apply
from procsim.state.operations import BY_DONE
from procsim.state.run_state import RunState
from procsim.wire.events import Event
from procsim.wire.identities import MAIN_THREAD

JOINED = "process_joined"


def hang_findings(running: Running, state: RunState) -> list[Finding]:
    """Why nobody can move any more in an execution that has ended so, and come to this state, which learns that."""
    for event in list(_stuck_events(running, state)):
        apply(state, event)
    return list(hangs(state))


def _stuck_events(running: Running, state: RunState) -> Iterator[Event]:
    """A `process_stuck` of each thread of which it is known what it waits for."""
    for name, (pid, call) in running.stuck.items():
        process = state.processes.get(pid)
        if process is None:
            continue
        thread = name.partition(": ")[2] or MAIN_THREAD
        fields = {"open_in": (), "in_message": False}
        wait = process.waits.get(thread)
        if wait is not None:
            yield Event(
                "process_stuck", state.t, pid, process.name, thread, wait.object, wait.at, {**fields, "wait": wait.kind}
            )
        elif call is not None and call.kind in BY_DONE and (waiting := BY_DONE[call.kind].waiting) is not None:
            more = {**fields, **_joined(running, state, call), "wait": waiting.kind}
            yield Event("process_stuck", state.t, pid, process.name, thread, call.identity, call.at, more)


def _joined(running: Running, state: RunState, call: Call) -> dict[str, Any]:
    """Whose end a thread waits for."""
    child = next((pid for pid in state.processes if running.process_name(pid) == call.words), None)
    return {"child": child, "child_name": state.process_name(child)} if call.kind == JOINED and child else {}
