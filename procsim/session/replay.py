"""Shows a recording again: its events into a state and the view, then the verdict that was recorded."""

import time

from procsim import Claim
from procsim.errors import ProcsimError
from procsim.exit_code import ExitCode
from procsim.findings.base import from_fields
from procsim.recording.trace import NoTrace, Trace
from procsim.session.grants import grant
from procsim.session.monotonic import Monotonic
from procsim.session.signals import Signals
from procsim.state.apply import apply
from procsim.state.run_state import RunState
from procsim.views.base import Revealed, Verdict, View

LOOK_SECONDS = 0.02
"""Between two looks for keys, once all was read."""


def show_trace(trace: Trace, view: View) -> int:
    """Replay a recording. Returns the exit code of the command.

    Raises `NoTrace` if it is damaged, once all that is there was shown; `CannotWrite` if the view
    cannot write, or has no reader.
    """
    state = RunState()
    damaged: NoTrace | None = None
    with Signals() as signals:
        try:
            with view:
                try:
                    _read(trace, state, view, signals)
                except NoTrace as error:
                    damaged = error
                view.was_read(1)
                _stay(state, view, signals)
            if not signals.received:
                view.finish(state, _verdict(trace))
        except ProcsimError:
            raise
        except Exception as error:
            damaged = trace.unfit(error)
        if damaged is not None:
            raise damaged
    return 128 + signals.received if signals.received else ExitCode.SHOWN


def _read(trace: Trace, state: RunState, view: View, signals: Signals) -> None:
    """Read the events into the state and the view until there are no more, or people end it."""
    monotonic = Monotonic()
    for batch in trace:
        for event in monotonic.times(batch):
            apply(state, event)
            view.event(event, state)
        view.was_read(trace.share)
        _draw(state, view, signals)
        if signals.received:
            return


def _stay(state: RunState, view: View, signals: Signals) -> None:
    """All was read: show it for as long as the view plays it on, and people look at it."""
    while view.stays and not signals.received:
        time.sleep(LOOK_SECONDS)
        _draw(state, view, signals)


def _draw(state: RunState, view: View, signals: Signals) -> None:
    grant(view.wishes(state), view, signals.end, None)
    view.tick(state, None)


def _verdict(trace: Trace) -> Verdict:
    recorded = trace.verdict or {"claims": [], "findings": []}
    claims = [
        Claim(row["id"], row["holds"], row["template"], row["figures"], row.get("sentence", ""))
        for row in recorded["claims"]
    ]
    prediction = recorded.get("prediction")
    return Verdict(
        trace.header.scenario,
        claims,
        [from_fields(finding) for finding in recorded["findings"]],
        [from_fields(finding) for finding in recorded.get("accepted", ())],
        Revealed(**prediction) if prediction is not None else None,
    )
