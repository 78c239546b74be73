"""Watches a program, as the options ask.

the program's command line ──► Stage, Order ──► session ──► exit code; again?
"""

import os
import shutil
import sys
from pathlib import Path

from procsim.command.announced import plain_program
from procsim.command.run_options import RunOptions
from procsim.command.stage import Stage, command_typed, header_of, show
from procsim.errors import WrongUse
from procsim.language import _
from procsim.options import exclude_each_other
from procsim.session.report import Report
from procsim.views import Again, Back, Showing
from procsim.views.text import palette


def watch_plainly(words: list[str]) -> int | None:
    """Watch a program if nothing else is asked for. `words`: those after `watch`. Returns the exit code of the command;
    None: typer is to read them.

    So the program starts earlier by what typer takes to be imported: as long as all that is needed to start it.
    """
    plain = plain_program(words)
    if plain is None:
        return None
    palette.choose(None)
    return show_program(*plain, RunOptions(timeout=0), None, False, Report())


def command_line(command: list[str], module: bool) -> list[str]:
    """What starts a program to be watched: a script or module by this Python, an installed command by itself.

    Raises `WrongUse` where there is no such program.
    """
    name, *arguments = command
    if module:
        return [sys.executable, "-m", name, *arguments]
    if Path(name).is_file() and not (os.access(name, os.X_OK) and not name.endswith(".py")):
        return [sys.executable, name, *arguments]
    if Path(name).is_dir():
        words = _("{name}: is a folder; give a Python file in it, or -m MODULE")
        raise WrongUse(words.format(name=name))
    found = shutil.which(name)
    if found is None:
        words = _("{name}: no such script, and no such command; give a Python file, -m MODULE or a command")
        raise WrongUse(words.format(name=name))
    return [found, *arguments]


def show_program(
    command: list[str], module: bool, options: RunOptions, on_hang: str | None, summary: bool, report: Report
) -> int:
    """Watch a program, as often as people want to see it. `command`, `module`: see `command_line`.

    `on_hang`: "stop", "wait", or None: as the terminal has it. `summary`: whether the lanes are wanted in any case.
    `report`: what other programs learn of what is wrong; of several runs, of the last one. People may ask for the
    program again while it runs. At its end they are not asked: the command ends when the program does. Returns the exit
    code of the command.
    """
    line = command_line(command, module)
    stop = on_hang == "stop" or (on_hang is None and not sys.stderr.isatty())
    # As in `python script.py`; a later argument is what the program works on.
    script = next((Path(word) for word in line[1:2] if word.endswith(".py") and Path(word).is_file()), None)
    if summary and options.view == "json":
        raise WrongUse(exclude_each_other("--summary", "--view json"))
    report.check()
    showing = Showing(command_typed(), True, script, asks=not stop, big=options.big, summary=summary)
    code, wanted = 0, Again.SAME
    back: Back | None = None
    while wanted in (Again.SAME, Again.BACK):
        header = header_of(options, Path(command[0]).name, {}, script)
        stage = Stage.of(options, header, watching=True).begun_at(back)
        code, view = show(stage, stage.order(line, stop_on_hang=stop), header, showing, report=report)
        wanted, back = view.again, view.back
    return code
