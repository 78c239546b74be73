"""What people look for in the past of a run: the next read, write or other use of one object, or the next wait.

RunState ──► choices: identities, WAITS_SOUGHT among them ──► sought, name_of ──► moments.py
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


def choices(run: RunState) -> Sequence[int]:
    """What can be looked for: files that were read or written, waits, locks, queues, signals."""
    files = [identity for identity, file in run.files.items() if file.accesses]
    return [*files, WAITS_SOUGHT, *run.locks, *run.queues, *run.signals]


def sought(identity: int) -> Sought:
    """The events that are looked for."""
    return _WAITING if identity == WAITS_SOUGHT else Sought(_USES, identity)


def name_of(identity: int, run: RunState) -> str:
    """What is looked for, as people read it; a file without its folders."""
    return _("a wait") if identity == WAITS_SOUGHT else clean(_path_of(run, identity) or run.name(identity))


def _path_of(run: RunState, identity: int) -> str:
    """Empty: it is no file."""
    file = run.files.get(identity)
    if file is None:
        return ""
    accesses = [*file.writes, *(use.read for use in file.uses.values() if use.read is not None)]
    return accesses[-1].path.rpartition("/")[2] if accesses else ""
