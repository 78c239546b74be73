"""How the tracer gets into a process, whichever way it is started.

    a new interpreter   PYTHONPATH begins with the folder `hook`: its sitecustomize.py installs the tracer
    fork                the tracer is there already; after the fork it asks who it is now
    spawn, forkserver   new interpreters too; where the environment was cleared, a stowaway in the data that
                        multiprocessing hands to the child installs it, before the program is imported

What the tracer needs to know stands in the run's folder, which PROCSIM_RUN names: the EventQueue `events` and the
`settings`, a marshalled dict.
"""

import marshal
import os
import sys
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, NamedTuple

from procsim.tracer.patching import replace
from procsim.wire.pipe import EventQueue

RUN_VARIABLE = "PROCSIM_RUN"
HOOK_FOLDER = f"{os.path.dirname(os.path.abspath(__file__))}/hook"
_PACKAGE_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(HOOK_FOLDER)))


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


def role(settings: Settings) -> str:
    """What this interpreter is for.

    "main": the main process of the run; "tracker", "forkserver", "child": started by multiprocessing; "program": a
    Python program that the program has started.
    """
    command = " ".join(sys.orig_argv[1:])
    if "multiprocessing.resource_tracker" in command:
        return "tracker"
    if "multiprocessing.forkserver" in command:
        return "forkserver"
    if "--multiprocessing-fork" in command:
        return "child"
    return "main" if os.getppid() == settings.procsim else "program"


def program_name() -> str:
    """How a Python program is called that the program has started: "worker.py", "python -m worker", "python -c"."""
    letters, count = _options(sys.orig_argv[1:])
    program = sys.orig_argv[count] if count < len(sys.orig_argv) else ""
    if letters.endswith("c"):
        return "python -c"
    return f"python -m {program}" if letters.endswith("m") else os.path.basename(program) or "python"


def kept_out(command: Sequence[str], variables: Mapping[Any, Any]) -> str:
    """Why the tracer cannot get into a process that is started so: "-I", "-E", "-S" or "environment".

    Empty where it can, or where this is no Python interpreter.
    """
    if not command or not os.path.basename(command[0]).startswith("python"):
        return ""
    letters, _ = _options(command[1:])
    for letter in letters:
        if letter in "IES":
            return f"-{letter}"
    values = {os.fsdecode(name): os.fsdecode(value) for name, value in variables.items()}
    found = RUN_VARIABLE in values and HOOK_FOLDER in values.get("PYTHONPATH", "").split(os.pathsep)
    return "" if found else "environment"


def command_name(command: Sequence[str]) -> str:
    """The command of a Python interpreter as people call it: "python -I worker.py"."""
    _, count = _options(command[1:])
    return " ".join(os.path.basename(word) for word in command[: 1 + count])


def _options(words: Sequence[str]) -> tuple[str, int]:
    """The options that are the interpreter's own: their letters, and how many words there are up to the program's name.

    With -c, whose program has no name, up to that.
    """
    letters, count = "", 0
    while count < len(words) and words[count].startswith("-") and words[count] not in ("-", "--"):
        word = words[count]
        count += 1
        for position, letter in enumerate(word[1:] if word[1] != "-" else "", start=2):
            letters += letter
            if letter in "cm":
                return letters, count + (letter == "m" and position == len(word))
            if letter in "WX":  # the rest of the word is its argument, or the next word
                count += position == len(word)
                break
    return letters, count + 1


class Stowaway:
    """Unpickled in a spawned child before anything of the program is, it installs the tracer there."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Any, ...]:
        # Plain source for a plain `exec`: the child may be unable to import procsim by itself.
        source = (
            "import os\n"
            f"os.environ.setdefault({RUN_VARIABLE!r}, {self.folder!r})\n"
            f"with open({HOOK_FOLDER + '/enter.py'!r}, encoding='utf-8') as file:\n"
            "    enter = {'__name__': 'procsim.tracer.hook.enter'}\n"
            "    exec(compile(file.read(), '<procsim.tracer.hook.enter, like importlib._bootstrap>', 'exec'), enter)\n"
            f"enter['enter']({_PACKAGE_ROOT!r})\n"
        )
        return exec, (source,)


def stow_away(folder: str) -> Any:
    """The patch of multiprocessing.spawn that puts a stowaway into what a child is given."""

    def patch_spawn(module: ModuleType) -> None:
        prepare = module.get_preparation_data

        def get_preparation_data(name: str) -> dict[str, Any]:
            data: dict[str, Any] = prepare(name)
            data["procsim"] = Stowaway(folder)
            return data

        replace(module, "get_preparation_data", get_preparation_data)

    return patch_spawn


def choose_start_method(method: str) -> Any:
    """The patch of multiprocessing.context that changes the default, and leaves the program free to choose."""

    def patch_context(module: ModuleType) -> None:
        replace(module._default_context, "_default_context", module._concrete_contexts[method])

    return patch_context


def seed_random(seed: int, process: str) -> None:
    """Give this process its own sequence of random numbers, the same in every run with this seed."""
    import random

    random.seed(f"{seed}/{process}")
