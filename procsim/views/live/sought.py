"""What people look for in the past of a run: the next read, write or other use of one object, or the next wait.

RunState ──► objects: the identities of what can be looked for, WAITS_SOUGHT among them ──► moments.py
"""

from collections.abc import Sequence

from procsim.language import _
from procsim.state.operations import MOMENTS, WAITS
from procsim.state.past import Sought
from procsim.state.processes import SLEEP
from procsim.state.run_state import RunState
from procsim.views.base import clean

WAITS_SOUGHT = 0
"""Stands for waits among the identities of objects."""

_USES = frozenset(MOMENTS)
_WAITING = Sought(frozenset([*WAITS, "gate_reached"]) - {SLEEP})


def objects(run: RunState) -> Sequence[int]:
    """What can be looked for: files, waits, locks, queues, signals."""
    return [*run.cells, WAITS_SOUGHT, *run.locks, *run.queues, *run.signals]


def name_of(identity: int, run: RunState) -> str:
    """What is looked for, as people read it."""
    if identity == WAITS_SOUGHT:
        return _("a wait")
    return clean(run.cells[identity].name if identity in run.cells else run.name(identity))


def sought(identity: int) -> Sought:
    """The events that are looked for."""
    return _WAITING if identity == WAITS_SOUGHT else Sought(_USES, identity)
