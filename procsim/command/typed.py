"""Has typer read the command line, and runs the command that it asks for.

sys.argv ──► app.py, commands.py ──► an exit code
                    └─ a complaint of typer's ──► `WrongUse`
"""

import os
from pathlib import Path

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
        code: int = command.main(prog_name="procsim", standalone_mode=False) or 0
    except typer.Abort:
        return ExitCode.INTERRUPTED
    except TyperUsageError as error:
        line = complaint(error.format_message().rstrip(".。"))
        if error.ctx is not None:
            line = _("{complaint}. See: {command} --help").format(complaint=line, command=error.ctx.command_path)
        raise WrongUse(line) from error
    return code
