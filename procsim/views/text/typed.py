"""An answer that people type into a terminal, as a line, while lines of a run are written there."""

import contextlib
import os
import select
import termios
from typing import TextIO

from procsim.language import _

LINE_BYTES = 4096
"""A terminal hands over a line of at most so many bytes at once."""


def prompt(count: int) -> str:
    """What stands where the answer is typed."""
    return _("Your prediction, 1 to {count}, and Enter: ").format(count=count)


class TypedAnswers:
    """Reads lines from a terminal, and never waits for one: meanwhile a run is followed."""

    def __init__(self, stream: TextIO) -> None:
        """`stream`: standard input, which is a terminal."""
        self._descriptor = stream.fileno()

    def forget(self) -> None:
        """Forget what was typed before there was a question."""
        with contextlib.suppress(OSError, termios.error):
            termios.tcflush(self._descriptor, termios.TCIFLUSH)

    def read(self, count: int) -> int | None:
        """The number of the answer that was typed, one of `count`; None: nothing was typed yet; -1: something else.

        0: there will be no answer (Ctrl-D, or the terminal is gone).
        """
        try:
            if not select.select([self._descriptor], [], [], 0)[0]:
                return None
            line = os.read(self._descriptor, LINE_BYTES)
        except OSError:
            return 0
        if not line:
            return 0
        typed = line.strip().decode(errors="replace")
        return int(typed) if typed in map(str, range(1, count + 1)) else -1
