"""Messages are sent and received through the ends of pipes."""

from collections.abc import Mapping

from procsim.state.changes.change import Change
from procsim.state.changes.locks import answered
from procsim.state.changes.waits import wait_began, wait_ended
from procsim.state.identities import signal_of
from procsim.state.run_state import RunState
from procsim.wire.events import Event


def _sent(run: RunState, event: Event) -> None:
    signal_of(run, event).sent += 1
    run.processes[event.pid].has_sent = True
    answered(run, event)


def _receive_waiting(run: RunState, event: Event) -> None:
    signal_of(run, event)
    wait_began(run, event)


def _received(run: RunState, event: Event) -> None:
    signal_of(run, event).received += 1
    run.processes[event.pid].heard = event.t
    wait_ended(run, event)


def _polled(run: RunState, event: Event) -> None:
    if event.fields["ready"]:
        run.processes[event.pid].heard = event.t
    wait_ended(run, event)


def _ended(run: RunState, event: Event) -> None:
    signal_of(run, event)
    wait_ended(run, event)


CHANGES: Mapping[str, Change] = {
    "pipe_created": signal_of,
    "pipe_sent": _sent,
    "pipe_receive_waiting": _receive_waiting,
    "pipe_received": _received,
    "pipe_poll_waiting": _receive_waiting,
    "pipe_polled": _polled,
    "pipe_ended": _ended,
}
