"""Shows a recording again: its events into a state and the view, then the verdict that was recorded."""

from collections.abc import Iterable

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
from procsim.wire.events import Event


def show_trace(trace: Trace, batches: Iterable[list[Event]], view: View) -> int:
    """Replay a recording; `batches` are its events, when they are to be shown. Returns the exit code of the command.

    Raises `NoTrace` if it is damaged, once all that is there was shown; `CannotWrite` if the view
    cannot write, or has no reader.
    """
    state = RunState()
    damaged: NoTrace | None = None
    with Signals() as signals:
        try:
            with view:
                try:
                    _play(batches, state, view, signals)
                except NoTrace as error:
                    damaged = error
            if not signals.received:
                view.finish(state, _verdict(trace))
        except ProcsimError:
            raise
        except Exception as error:
            damaged = trace.unfit(error)
        if damaged is not None:
            raise damaged
    return 128 + signals.received if signals.received else ExitCode.SHOWN


def _play(batches: Iterable[list[Event]], state: RunState, view: View, signals: Signals) -> None:
    """Show the events until there are no more, or people end it."""
    monotonic = Monotonic()
    for batch in batches:
        for event in monotonic.times(batch):
            apply(state, event)
            view.event(event, state)
        grant(view.wishes(state), view, signals.end)
        view.tick(state, None)
        if signals.received:
            return


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
        Revealed(**prediction) if prediction is not None else None,
    )
