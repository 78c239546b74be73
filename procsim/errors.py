"""Errors that are expected: each ends the `procsim` command with one line on standard error and an exit code.

    raise NoTrace("x.jsonl: is cut off …") ──► command/cli.py ──► "procsim: x.jsonl: is cut off …", exit code 2

Every room has subclasses of its own. An exception of any other class is a fault of procsim itself.
"""

from pathlib import Path

from procsim.exit_code import ExitCode


class ProcsimError(Exception):
    """What people can mend: a wrong option, a file that cannot be read. The text says in one line what is wrong."""

    exit_code = ExitCode.WRONG_USE
    """What the command ends with."""


class WrongUse(ProcsimError):
    """The command line asks for something that cannot be done."""


def fault_of(error: BaseException) -> str:
    """A fault of procsim itself in one line: the exception, and the file and line of our code that raised it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace is not None else "?"
    return ": ".join(filter(None, (type(error).__name__, str(error)))) + f" ({place})"
