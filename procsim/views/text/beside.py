"""Writes lines to a stream to which the program that is watched may write, too."""

import contextlib
import os
from collections.abc import Iterator
from typing import IO

from procsim.output import CannotWrite, forget_output, writing


class Beside:
    """A stream that procsim may share with the program."""

    def __init__(self, stream: IO[str], program_writes: bool) -> None:
        self._stream = stream
        self._program_writes = program_writes
        """Whether the program writes to it by itself."""

    def row_of_our_own(self) -> str:
        """What to write first, so that our lines begin at the start of a row: the program may have left one unfinished.

        As many blanks as a row has, then a carriage return. From the middle of a row the blanks lead into the next row.
        From its start they lead to its end, where a terminal stays until one more character comes. Either way the
        carriage return leads to the start of an empty row. zsh does so before its prompt (its option PROMPT_SP).
        """
        if not self._program_writes or not self._stream.isatty() or os.environ.get("TERM") in ("dumb", "unknown"):
            return ""
        with contextlib.suppress(OSError, ValueError):
            return " " * os.get_terminal_size(self._stream.fileno()).columns + "\r"
        return ""

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Write inside. What cannot be written is left out if the program writes by itself: it goes on."""
        try:
            with writing():
                yield
        except CannotWrite:
            if not self._program_writes:
                raise
            forget_output(self._stream)
