"""Python programs that this process starts with `subprocess` and that the tracer cannot get into: each is named."""

import os
from types import ModuleType
from typing import Any

from procsim.tracer.emit import emit_of
from procsim.tracer.patching import replace
from procsim.tracer.sites import program_site
from procsim.tracer.watch import unfollowed
from procsim.wire.interpreter import command_name, kept_out


def patch_subprocess(module: ModuleType) -> None:
    """subprocess: every function of it makes a Popen, which starts its program by `_execute_child`.

    `__init__` is not replaced: its warnings are shown at the line that called it, which would be ours.
    """
    popen = module.Popen
    execute_child = popen._execute_child

    def _execute_child(self: Any, args: Any, executable: Any, *rest: Any) -> None:
        execute_child(self, args, executable, *rest)
        words = _words(self.args, executable)
        variables = rest[4]  # after preexec_fn, close_fds, pass_fds and cwd: env
        if rest[9] != -1:  # p2cwrite: it has a pipe to write to that program
            unfollowed.emit_used("pipe")
        reason = kept_out(words, os.environ if variables is None else variables)
        if reason:
            emit_of(self.pid, command_name(words), "process_untraced", at=program_site(), reason=reason)

    replace(popen, "_execute_child", _execute_child)


def _words(command: Any, executable: Any) -> list[str]:
    """The command as words: the program comes first, under its real name."""
    if isinstance(command, str | bytes):
        words = os.fsdecode(command).split()
    else:
        words = [os.fsdecode(word) for word in ([command] if isinstance(command, os.PathLike) else command)]
    return words if executable is None else [os.fsdecode(executable), *words[1:]]
