"""What procsim found while the program still ran: threads that will never go on, and why."""

from collections.abc import Mapping

from procsim.state.changes.change import Change
from procsim.state.changes.waits import wait_began
from procsim.state.run_state import RunState
from procsim.wire.events import Event
from procsim.wire.identities import MAIN_THREAD


def _stuck(run: RunState, event: Event) -> None:
    """A wait can no longer end: one that the process emitted, or one that only the system shows."""
    process, fields = run.processes[event.pid], event.fields
    wait = process.waits.get(event.thread)
    if wait is None or wait.kind != fields["wait"]:
        wait_began(run, event._replace(kind=fields["wait"]))
        wait = process.waits[event.thread]
    wait.stuck = event.t
    if (event.pid, event.thread) == (run.main, MAIN_THREAD):
        run.hung = event.t
    wait.open_in = tuple(fields["open_in"])
    wait.in_message = fields["in_message"]
    wait.how = fields.get("how", "")
    wait.alone = bool(fields.get("alone"))
    wait.beside = tuple(fields.get("beside", ()))


def _found(run: RunState, event: Event) -> None:
    fields = event.fields
    found = run.accepted if fields.get("accepted") else run.suspected if fields.get("probable") else run.found
    found.append(event)


CHANGES: Mapping[str, Change] = {"process_stuck": _stuck, "finding": _found}
