"""How the tracer gets into a process, however it is started.

a new interpreter   PYTHONPATH begins with the folder `hook`: its sitecustomize.py installs the tracer
fork                the tracer is there already; after the fork it asks who it is now
spawn, forkserver   new interpreters, too; if the environment was cleared, a stowaway in the data that
                    multiprocessing hands to the child installs it, before the program is imported
"""

from types import ModuleType
from typing import Any

from procsim.tracer.patching import replace
from procsim.wire.run_folder import HOOK_FOLDER, PACKAGE_ROOT, RUN_VARIABLE


class Stowaway:
    """Installs the tracer in a spawned child, where it is unpickled before anything of the program."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Any, ...]:
        # Plain source for a plain `exec`: the child may be unable to import procsim by itself.
        # Its Python may be an older one, by `set_executable`, as in sitecustomize.py.
        source = (
            "import os, sys\n"
            "if sys.version_info >= (3, 11):\n"
            f"    os.environ.setdefault({RUN_VARIABLE!r}, {self.folder!r})\n"
            f"    with open({HOOK_FOLDER + '/enter.py'!r}, encoding='utf-8') as file:\n"
            "        enter = {'__name__': 'procsim.tracer.hook.enter'}\n"
            "        name = '<procsim.tracer.hook.enter, like importlib._bootstrap>'\n"
            "        exec(compile(file.read(), name, 'exec'), enter)\n"
            f"    enter['enter']({PACKAGE_ROOT!r})\n"
        )
        return exec, (source,)


def stow_away(folder: str) -> Any:
    """The patch of multiprocessing.spawn that puts a stowaway into the data for each child."""

    def patch_spawn(module: ModuleType) -> None:
        prepare = module.get_preparation_data

        def get_preparation_data(name: str) -> dict[str, Any]:
            data: dict[str, Any] = prepare(name)
            data["procsim"] = Stowaway(folder)
            return data

        replace(module, "get_preparation_data", get_preparation_data)

    return patch_spawn


def choose_start_method(method: str) -> Any:
    """The patch of multiprocessing.context that changes the default; the program may still choose another method."""

    def patch_context(module: ModuleType) -> None:
        replace(module._default_context, "_default_context", module._concrete_contexts[method])

    return patch_context


def seed_random(seed: int, process: str) -> None:
    """Give this process its own sequence of random numbers, the same in every run with this seed."""
    import random

    random.seed(f"{seed}/{process}")
