"""The keeper: if procsim is killed while it has the terminal, the keeper gives it back.

Started by `views.terminal` as a script of its own, in a session of its own. Its standard input is a pipe: first comes
what the terminal was like before, then a byte whenever a screen is taken or left. The end of the pipe says that procsim
is gone. A procsim that gives the terminal back itself ends its keeper then.
"""

import marshal
import os
import sys
import termios
from typing import Any

SCREEN_TAKEN, SCREEN_LEFT = b"s", b"-"

LEAVE_FULL_SCREEN = b"\x1b[0m\x1b[?1049l\x1b[?25h"
"""To a terminal that is on the full screen: no colour, the screen as it was, and the cursor is seen."""

Kept = tuple[list[tuple[int, list[Any]]], int]
"""The settings (`termios.tcgetattr`) of each descriptor, and the descriptor that is drawn on."""


def main() -> None:
    """Wait for the end of standard input, then give the terminal back."""
    try:
        kept: Kept = marshal.load(sys.stdin.buffer)
    except EOFError:  # procsim has ended before it changed anything
        return
    last = sys.stdin.buffer.read()[-1:]
    settings, screen = kept
    for descriptor, before in settings:
        try:
            termios.tcsetattr(descriptor, termios.TCSANOW, before)
        except termios.error:  # this terminal is gone
            continue
    if last == SCREEN_TAKEN:
        try:
            os.write(screen, LEAVE_FULL_SCREEN)
        except OSError:
            return


if __name__ == "__main__":
    main()
