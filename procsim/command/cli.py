"""The command line: runs the `procsim` command, and ends it with its exit code, whatever has happened.

sys.argv ──► commands.py ──► an exit code
                    └─ an exception ──► one line on standard error, and an exit code
"""

import os
import sys
from itertools import pairwise, takewhile
from pathlib import Path

import typer

from procsim import language
from procsim.command import commands
from procsim.command.typer_words import TyperUsageError, complaint, localized
from procsim.errors import ProcsimError, fault_of
from procsim.exit_code import ExitCode
from procsim.language import _
from procsim.lessons import catalog
from procsim.output import CannotWrite, complain, forget_output, make_streams_safe, writing
from procsim.views import BORROWED


def run() -> int:
    """Run the `procsim` command with the arguments of this process. Returns its exit code."""
    make_streams_safe()
    if BORROWED in os.environ:
        from procsim.views.live.terminal import terminal

        terminal.borrow()
    language.choose(_language_asked(sys.argv[1:]))
    try:
        with writing():
            command = localized(typer.main.get_command(commands.app))
            folders = os.environ.get("PROCSIM_LESSONS", "").split(os.pathsep)
            catalog.look_in((Path(folder) for folder in folders if folder), command.commands)
            code = command.main(prog_name="procsim", standalone_mode=False) or 0
            sys.stdout.flush()
    except typer.Abort:
        return ExitCode.INTERRUPTED
    except Exception as error:
        code, line = _explained(error)
        if line:
            complain(line)
        if isinstance(error, CannotWrite):
            forget_output(sys.stdout)
    if code == ExitCode.READER_GONE:
        forget_output(sys.stdout)
    return code


def _explained(error: Exception) -> tuple[int, str]:
    """The exit code, and the line that says what has gone wrong; empty: there is nothing to say."""
    if isinstance(error, ProcsimError):
        return error.exit_code, str(error)
    if isinstance(error, TyperUsageError):
        line = complaint(error.format_message().rstrip(".。"))
        if error.ctx is not None:
            line = _("{complaint}. See: {command} --help").format(complaint=line, command=error.ctx.command_path)
        return ExitCode.WRONG_USE, line
    words = _("procsim itself has failed; please report this fault: {fault}")
    return ExitCode.WRONG_USE, words.format(fault=fault_of(error))


def _language_asked(words: list[str]) -> str | None:
    """The language after --lang, which is needed before the command line is parsed: for help and complaints.

    The program that `watch` starts may have such an option itself; there, --lang is read with the other options.
    """
    words = [*takewhile(lambda word: word != "watch", words), ""]
    for word, following in pairwise(words):
        value = following if word == "--lang" else word.removeprefix("--lang=")
        if word.startswith("--lang") and value in language.LANGUAGES:
            return value
    return None
