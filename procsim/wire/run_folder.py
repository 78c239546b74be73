"""The run's folder, which the variable PROCSIM_RUN names: the EventQueue `events` and the `settings`, marshalled.

procsim makes it and leaves the settings there; every process of the run finds it by its environment.
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
    """What the traced processes are told."""

    start_method: str | None = None
    """The start method to use where the program does not choose one; None: Python's own default."""
    seed: int | None = None
    """Seeds `random` in every process, in each another sequence."""
    take_output: bool = True
    """Whether procsim shows what the program prints, in the place of its standard output."""
    procsim: int = 0
    """The PID of procsim, whose child is the main process of the run."""
    taken: tuple[tuple[int, int], ...] = ()
    """The pipes that procsim then reads, which the main process has as its standard output and error: device, inode."""


def write_settings(folder: str, settings: Settings) -> None:
    """Leave the settings in the run's folder."""
    with open(f"{folder}/settings", "wb") as file:
        os.chmod(file.fileno(), 0o600)  # whatever the umask leaves of it
        marshal.dump(tuple(settings), file)


def environment(folder: str, base: dict[str, str]) -> dict[str, str]:
    """The environment that carries the tracer into the processes of this run."""
    path = base.get("PYTHONPATH")
    return base | {RUN_VARIABLE: folder, "PYTHONPATH": f"{HOOK_FOLDER}{os.pathsep}{path}" if path else HOOK_FOLDER}


def read_run() -> tuple[EventQueue, Settings] | None:
    """The run that this process belongs to; None where there is none, or no longer."""
    folder = os.environ.get(RUN_VARIABLE)
    if not folder:
        return None
    try:
        with open(f"{folder}/settings", "rb") as file:
            return EventQueue(f"{folder}/events"), Settings(*marshal.load(file))
    except (OSError, ValueError, TypeError, EOFError):
        return None
