"""What stands on the terminal while procsim itself is still being imported, which takes seconds on a busy machine.

    the command line ──► announcement ──► one line, and keys that are not echoed, until the first picture is drawn

Only where a picture is sure to come. Little is imported here: the program is to start as early as without it.
"""

import os
import sys
from itertools import pairwise
from pathlib import Path

from procsim.harmless import harmless
from procsim.language import _

_TERMINAL = "procsim.views.live.terminal"


def announce(words: list[str]) -> None:
    """Take the terminal for a picture that is about to come, and say so. `words`: the arguments of the command."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM", "dumb") == "dumb":
        return
    line = announcement(words)
    if line:
        from procsim.views.live.terminal import terminal

        terminal.announce(harmless(line))


def end_announcement() -> None:
    """No picture comes: something else is about to be printed."""
    if _TERMINAL in sys.modules:
        sys.modules[_TERMINAL].terminal.end_announcement()


def announcement(words: list[str]) -> str:
    """The line for these arguments; empty: it is not sure that they lead to a picture."""
    if words[:1] == ["watch"]:
        program = plain_program(words[1:])
        return _("procsim starts {name} …").format(name=Path(program[0][0]).name) if program else ""
    if words[:1] == ["attach"] and "--view=live" in (*words, *map("=".join, pairwise(words))):
        meant = [word for word in words[1:] if word != "live" and not word.startswith("-")]
        return _("procsim looks at {name} …").format(name=meant[0]) if meant else ""
    return ""


def plain_program(words: list[str]) -> tuple[list[str], bool] | None:
    """The program in `[-m] [--] PROGRAM [ARGS]...`, and whether it is a module; None: there is something else."""
    module = words[:1] == ["-m"]
    command = words[module:]
    if command[:1] == ["--"]:
        command = command[1:]
    elif command and command[0].startswith("-"):
        return None
    return (command, module) if command else None
