"""Python programs that this process starts with `subprocess`, and that the tracer cannot get into: they are named."""

import os
from types import ModuleType
from typing import Any

from procsim.tracer.emit import emit_of
from procsim.tracer.inject import command_name, kept_out
from procsim.tracer.patching import replace
from procsim.tracer.sites import program_site


def patch_subprocess(module: ModuleType) -> None:
    """subprocess: every function of it makes a Popen."""
    popen = module.Popen
    init = popen.__init__

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        init(self, *args, **kwargs)
        words = _words(self.args, kwargs.get("executable"))
        variables = kwargs.get("env")
        reason = kept_out(words, os.environ if variables is None else variables)
        if reason:
            emit_of(self.pid, command_name(words), "process_untraced", at=program_site(), reason=reason)

    replace(popen, "__init__", __init__)


def _words(command: Any, executable: Any) -> list[str]:
    """The command as words: what is run comes first, whatever it is told to be called."""
    if isinstance(command, str | bytes):
        words = os.fsdecode(command).split()
    else:
        words = [os.fsdecode(word) for word in ([command] if isinstance(command, os.PathLike) else command)]
    return words if executable is None else [os.fsdecode(executable), *words[1:]]
