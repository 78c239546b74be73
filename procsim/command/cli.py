"""The command line: runs the `procsim` command, and ends it with its exit code, whatever has happened.

sys.argv ──► watching.py, or typed.py and commands.py ──► an exit code
                    └─ an exception ──► one line on standard error, and an exit code
"""

import os
import sys
from itertools import pairwise, takewhile

from procsim import language
from procsim.command.announced import announce, end_announcement
from procsim.errors import ProcsimError, fault_of
from procsim.exit_code import ExitCode
from procsim.language import _
from procsim.output import CannotWrite, complain, forget_output, make_streams_safe, writing
from procsim.views import BORROWED


def run() -> int:
    """Run the `procsim` command with the arguments of this process. Returns its exit code."""
    make_streams_safe()
    if BORROWED in os.environ:
        from procsim.views.live.terminal import terminal

        terminal.borrow()
    language.choose(_language_asked(sys.argv[1:]))
    announce(sys.argv[1:])
    try:
        with writing():
            code = _run(sys.argv[1:])
            sys.stdout.flush()
    except Exception as error:
        code, line = _explained(error)
        end_announcement()
        if line:
            complain(line)
        if isinstance(error, CannotWrite):
            forget_output(sys.stdout)
    if code == ExitCode.READER_GONE:
        forget_output(sys.stdout)
    return code


def _run(words: list[str]) -> int:
    if words[:1] == ["watch"]:
        from procsim.command.watching import watch_plainly

        code = watch_plainly(words[1:])
        if code is not None:
            return code
    from procsim.command.typed import run_typed

    return run_typed()


def _explained(error: Exception) -> tuple[int, str]:
    """The exit code, and the line that says what has gone wrong; empty: there is nothing to say."""
    if isinstance(error, ProcsimError):
        return error.exit_code, str(error)
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
