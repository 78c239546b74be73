"""Python interpreters: what one is for, what people call it, and whether the tracer can get into it."""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from procsim.wire.run_folder import HOOK_FOLDER, RUN_VARIABLE, Settings


def role(settings: Settings) -> str:
    """What this interpreter is for.

    "main": the main process of the run; "tracker", "forkserver", "child": started by multiprocessing; "program": a
    Python program that the program has started.
    """
    command = " ".join(sys.orig_argv[1:])
    if "multiprocessing.resource_tracker" in command:
        return "tracker"
    if "multiprocessing.forkserver" in command:
        return "forkserver"
    if "--multiprocessing-fork" in command:
        return "child"
    return "main" if os.getppid() == settings.procsim else "program"


def program_name() -> str:
    """The name of this Python program, which the program has started: "worker.py", "python -m worker", "python -c".

    Its command line may tell more: the name of the process (loky's `--process-name`), the helper whose `main` is called
    ("resource tracker"), or what a command is to do ("dask scheduler").
    """
    letters, count = _options(sys.orig_argv[1:])
    count += letters.endswith("c")  # of its code, which stands in the place of a name
    words: list[str] = [*sys.orig_argv[count:], "", ""]
    program, arguments = words[0], words[1:]
    named = arguments[arguments.index("--process-name") + 1] if "--process-name" in arguments else ""
    if named or letters.endswith("c"):
        return named or _helper(program) or "python -c"
    name = f"python -m {program}" if letters.endswith("m") else os.path.basename(program) or "python"
    return f"{name} {arguments[0]}" if arguments[0].isidentifier() and not name.endswith(".py") else name


def _helper(code: str) -> str:
    """What `from … import main; main(…)` starts: the last word of the module's name; empty: the code is another one."""
    statement, _, call = code.partition(";")
    words = statement.split()
    if len(words) != 4 or words[::2] != ["from", "import"] or not call.lstrip().startswith(f"{words[3]}("):
        return ""
    return words[1].rpartition(".")[2].replace("_", " ")


def kept_out(command: Sequence[str], variables: Mapping[Any, Any]) -> str:
    """Why the tracer cannot get into a process with this command and environment: "-I", "-E", "-S" or "environment".

    Empty if it can, or if the command is no Python interpreter.
    """
    if not command or not is_interpreter(command[0]):
        return ""
    letters, _ = _options(command[1:])
    for letter in letters:
        if letter in "IES":
            return f"-{letter}"
    values = {os.fsdecode(name): os.fsdecode(value) for name, value in variables.items()}
    found = RUN_VARIABLE in values and HOOK_FOLDER in values.get("PYTHONPATH", "").split(os.pathsep)
    return "" if found else "environment"


def command_name(command: Sequence[str]) -> str:
    """The command of a Python interpreter in short: "python -I worker.py"; of another program its name alone.

    What else stands in a command line may be secret.
    """
    _, count = _options(command[1:]) if is_interpreter(command[0]) else ("", 0)
    return " ".join(os.path.basename(word) for word in command[: 1 + count])


def is_interpreter(program: str) -> bool:
    """Whether it is a Python interpreter, by its name."""
    return os.path.basename(program).startswith(("python", "pypy"))


def _options(words: Sequence[str]) -> tuple[str, int]:
    """The interpreter's own options: their letters, and how many words there are up to and with the program's name.

    With -c, whose program has no name: up to that option.
    """
    letters, count = "", 0
    while count < len(words) and words[count].startswith("-") and words[count] not in ("-", "--"):
        word = words[count]
        count += 1
        for position, letter in enumerate(word[1:] if word[1] != "-" else "", start=2):
            letters += letter
            if letter in "cm":
                return letters, count + (letter == "m" and position == len(word))
            if letter in "WX":  # the rest of the word is its argument, or the next word
                count += position == len(word)
                break
    return letters, count + 1
