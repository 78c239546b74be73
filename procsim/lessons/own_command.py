"""The command line of a lesson: as people type it, and as procsim starts itself with it."""

import shlex
import sys
from collections.abc import Iterable, Sequence


def typed_words(line: str, folders: Iterable[str]) -> list[str]:
    """The words that people type behind `procsim`. `line`: as a lesson has it; `folders`: what --lessons says."""
    return [*(word for folder in folders for word in ("--lessons", folder)), *shlex.split(line)]


def own_command(words: Sequence[str]) -> list[str]:
    """What starts procsim itself with these words: by this Python, with no module from the working directory."""
    return [sys.executable, "-P", "-m", "procsim", *words]
