"""What the tables of this folder hold."""

from collections.abc import Callable
from typing import Any

from procsim.state.run_state import RunState
from procsim.wire.events import Event

Change = Callable[[RunState, Event], Any]
"""Changes what is known of a run by an event of one kind."""
