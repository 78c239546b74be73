"""Keys that are waited for, where nothing else goes on: in the menu, and when a lesson is over."""

import os
import select
import signal
import sys
import termios
from collections.abc import Callable, Collection, Iterator

from prompt_toolkit.input import Input, create_input
from prompt_toolkit.keys import Keys
from rich.text import Text

from procsim.language import _
from procsim.views import Again
from procsim.views.base import writing
from procsim.views.console import console

LOOK_SECONDS = 0.1
"""Between two looks at what else there is to do meanwhile."""

LEAVE = ("q", "Q", Keys.ControlC, Keys.ControlD, Keys.ControlBackslash)


def presses(keyboard: Input, meanwhile: Callable[[], None] = lambda: None) -> Iterator[str]:
    """The keys as they are pressed, until the terminal is gone. It must be in raw mode."""
    while not keyboard.closed:
        ready, _writers, _errors = select.select([keyboard.fileno()], [], [], LOOK_SECONDS)
        # A lone Escape may be the beginning of an arrow key: it is flushed when nothing has followed.
        pressed = keyboard.read_keys() if ready else keyboard.flush_keys()
        yield from (press.key for press in pressed)
        meanwhile()


def press_one(keyboard: Input, among: Collection[str] | None = None) -> str | None:
    """The next key, if wanted the next of some; None: the terminal is gone."""
    wanted = among and {*among, Keys.ControlZ}
    while True:
        with keyboard.raw_mode():
            pressed = next((key for key in presses(keyboard) if wanted is None or key in wanted), None)
        if pressed != Keys.ControlZ:
            return pressed
        suspend()


def suspend() -> None:
    """What Ctrl-Z does where the terminal is not in raw mode: stand still until the shell lets us go on."""
    os.kill(0, signal.SIGTSTP)


def leave_by_signals() -> None:
    """From now on SIGINT and SIGTERM raise `SystemExit`, and so the terminal is restored on the way out."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _frame: sys.exit(128 + number))


def ask_again(other_way: str) -> Again:
    """When a lesson is over: whether people want it again, or the other way, which changes that."""
    leave_by_signals()
    termios.tcflush(sys.stdin, termios.TCIFLUSH)  # a key that was pressed before is no answer: a last step, say
    asking = console()
    words = [_("r again"), *([_("t {way}").format(way=other_way)] if other_way else []), _("q done")]
    with writing():
        asking.print(Text("   ".join(words), "dim"), end="", soft_wrap=True)
    keyboard = create_input(sys.stdin)
    try:
        # Not any other key, since people may still be stepping.
        done = {*LEAVE, Keys.Enter, Keys.ControlJ, Keys.Escape}
        pressed = press_one(keyboard, {"r", "t", *done} if other_way else {"r", *done})
    finally:
        keyboard.close()
        with writing():
            asking.print()
    if pressed == "t":
        return Again.OTHER_WAY
    return Again.SAME if pressed == "r" else Again.NO
