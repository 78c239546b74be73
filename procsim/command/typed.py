"""Has typer read the command line, and runs the command that it asks for.

sys.argv ──► app.py, commands.py ──► an exit code
                    └─ a complaint of typer's ──► `WrongUse`
"""

import os
import sys
from pathlib import Path
from typing import Any

import typer

from procsim.command import commands
from procsim.command.typer_words import TyperUsageError, complaint, localized
from procsim.errors import WrongUse
from procsim.exit_code import ExitCode
from procsim.language import _
from procsim.lessons import catalog


def run_typed() -> int:
    """Run the command that the arguments of this process ask for. Returns its exit code. Raises `ProcsimError`."""
    command = localized(typer.main.get_command(commands.app))
    folders = os.environ.get("PROCSIM_LESSONS", "").split(os.pathsep)
    catalog.look_in((Path(folder) for folder in folders if folder), command.commands)
    try:
        code: int = command.main(_arguments(), prog_name="procsim", standalone_mode=False) or 0
    except typer.Abort:
        return ExitCode.INTERRUPTED
    except TyperUsageError as error:
        line = complaint(error.format_message().rstrip(".。"))
        if placed := _stands_before_its_command(error, command):
            words = _("{complaint} here; put it after the command: procsim {command} {option} …")
            raise WrongUse(words.format(complaint=line, **placed)) from error
        if error.ctx is not None:
            line = _("{complaint}. See: {command} --help").format(complaint=line, command=error.ctx.command_path)
        raise WrongUse(line) from error
    return code


def _arguments() -> list[str]:
    """Those of this process; `help` means the option, where no scenario is called so."""
    words = sys.argv[1:]
    return [*words[1:], "--help"] if words[:1] == ["help"] and "help" not in catalog.scenarios() else words


def _stands_before_its_command(error: Any, group: Any) -> dict[str, str] | None:
    """The option that typer does not know and the command behind it; None: something else is wrong."""
    option = getattr(error, "option_name", None)
    if option is None or error.ctx is None or error.ctx.parent is not None:
        return None
    words = _arguments()
    known = {*group.commands, *catalog.scenarios()}
    command = next((word for word in words if word in known), None)
    return {"option": option, "command": command} if command is not None else None
