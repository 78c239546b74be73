"""People are asked to predict what will come, and answer."""

from collections.abc import Mapping

from procsim.state.changes.change import Change
from procsim.state.run_state import RunState
from procsim.wire.events import Event


def _asked(run: RunState, event: Event) -> None:
    run.asked, run.predicted = event, None


def _made(run: RunState, event: Event) -> None:
    run.predicted = event.fields["answer"]


CHANGES: Mapping[str, Change] = {"prediction_asked": _asked, "prediction_made": _made}
