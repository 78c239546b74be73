"""The folder of a run and its settings, a file of marshalled values there.

Beside the settings stand the EventQueue, the link to the shared memory (`memory`) and the gate (`gate_words`). procsim
makes the folder, and removes it. Every process of the run finds it by the environment variable PROCSIM_RUN.
"""

import marshal
import os
from typing import NamedTuple

from procsim.wire.pipe import EventQueue

RUN_VARIABLE = "PROCSIM_RUN"

PACKAGE_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
"""The folder that procsim is installed in."""

HOOK_FOLDER = f"{PACKAGE_ROOT}/procsim/tracer/hook"
"""It comes first on PYTHONPATH: Python imports its sitecustomize.py at the start."""


class Settings(NamedTuple):
    """The settings of a run that its processes need."""

    start_method: str | None = None
    """The start method to use where the program does not choose one; None: Python's own default."""
    seed: int | None = None
    """Seeds `random` in every process, with another sequence in each; None: `random` is left alone."""
    take_output: bool = True
    """Whether procsim shows what the program prints, instead of the program itself."""
    procsim: int = 0
    """The PID of procsim. The main process of the run is its child."""
    repetitions: bool = False
    """Whether what one thread does again and again may come as one event, of the kind REPEATED
    (`procsim.wire.interned`): only where nobody wants to see each event, and the gate stays open."""
    taken: tuple[tuple[int, int], ...] = ()
    """(device, inode) of the pipes that are the main process's standard output and error, if procsim reads these."""
    races: bool = False
    """Whether each look at a path is emitted, by its name: see `tracer/watch/ordering.py`."""
    further_steps: tuple[str, ...] = ()
    """The operations that are steps in this run, too: see `gate_words.FURTHER`."""
    explored: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    """None: it is not explored. Else the gate asks the explorer, who listens in the run's folder; these are the
    folders that are the program's own, and what else it may use (`tracer/confines.py`)."""


def write_settings(folder: str, settings: Settings) -> None:
    """Write the settings into the run's folder."""
    with open(f"{folder}/settings", "wb") as file:
        os.chmod(file.fileno(), 0o600)  # whatever the umask leaves of it
        marshal.dump(tuple(settings), file)


def environment(folder: str, base: dict[str, str]) -> dict[str, str]:
    """`base`, with the variables that bring the tracer into the processes of this run."""
    path = base.get("PYTHONPATH")
    return base | {RUN_VARIABLE: folder, "PYTHONPATH": f"{HOOK_FOLDER}{os.pathsep}{path}" if path else HOOK_FOLDER}


def read_run() -> tuple[EventQueue, Settings] | None:
    """The run that this process belongs to; None if there is none, or if it is over."""
    folder = os.environ.get(RUN_VARIABLE)
    if not folder:
        return None
    try:
        with open(f"{folder}/settings", "rb") as file:
            return EventQueue(f"{folder}/events"), Settings(*marshal.load(file))
    except (OSError, ValueError, TypeError, EOFError):
        return None
