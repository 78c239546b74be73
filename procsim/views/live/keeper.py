"""The keeper: if procsim is killed while it has the terminal, the keeper gives it back.

terminal.py starts it as a script, in a session of its own. Its standard input is a pipe. Through it come the settings
of the terminal from before, then a byte each time a screen is taken or left; the end of the pipe means that procsim
has ended. A procsim that gives the terminal back itself kills its keeper.
"""

import marshal
import os
import sys
import termios
from typing import Any

SCREEN_TAKEN, SCREEN_LEFT = b"s", b"-"

LEAVE_FULL_SCREEN = b"\x1b[0m\x1b[?7h\x1b[?1049l\x1b[?25h"
"""What a terminal on the full screen obeys: no colour, wrap lines, back to the normal screen, and show the cursor."""

Kept = tuple[list[tuple[int, list[Any]]], int]
"""The settings (of `termios.tcgetattr`) of each descriptor, and the descriptor of the screen."""


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
