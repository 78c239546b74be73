"""What people look for in the past of a run: the next read, write or other use of one object, or the next wait.

Event after Event ──► Objects.keep ──┐
RunState: locks, queues, signals ────┴──► Objects.all: identities, WAITS_SOUGHT among them ──► moments.py
"""

from collections.abc import Sequence

from procsim.language import _
from procsim.state.operations import MOMENTS, WAITS
from procsim.state.past import Sought
from procsim.state.processes import SLEEP
from procsim.state.run_state import RunState
from procsim.views.base import clean
from procsim.wire.events import Event

WAITS_SOUGHT = 0
"""Stands for waits among the identities of objects."""

FILES_LISTED = 100
"""Of the files that were read or written, the first ones."""

_USES = frozenset(MOMENTS)
_USES_OF_FILES = ("file_read", "file_written")
_WAITING = Sought(frozenset([*WAITS, "gate_reached"]) - {SLEEP})


class Objects:
    """The objects of one run that can be looked for."""

    def __init__(self) -> None:
        self._files: dict[int, str] = {}
        """The names of files that were read or written, without their folders."""

    def keep(self, event: Event) -> None:
        """The event that comes next."""
        if event.kind in _USES_OF_FILES and event.object and len(self._files) < FILES_LISTED:
            self._files.setdefault(event.object, str(event.fields.get("path", "")).rpartition("/")[2])

    def all(self, run: RunState) -> Sequence[int]:
        """Their identities: files, waits, locks, queues, signals."""
        return [*self._files, WAITS_SOUGHT, *run.locks, *run.queues, *run.signals]

    def name(self, identity: int, run: RunState) -> str:
        """What is looked for, as people read it."""
        if identity == WAITS_SOUGHT:
            return _("a wait")
        return clean(self._files.get(identity) or run.name(identity))


def sought(identity: int) -> Sought:
    """The events that are looked for."""
    return _WAITING if identity == WAITS_SOUGHT else Sought(_USES, identity)
