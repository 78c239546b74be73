"""The keys of the terminal: read one by one while a run is shown, and waited for in the menu and after a scenario."""

import select
import sys
from collections.abc import Callable, Collection, Iterator

from prompt_toolkit.input import Input
from prompt_toolkit.input.posix_utils import PosixStdinReader
from prompt_toolkit.input.vt100 import Vt100Input
from prompt_toolkit.keys import Keys
from rich.console import Console
from rich.text import Text

from procsim.language import _
from procsim.output import writing
from procsim.views import Again
from procsim.views.console import console
from procsim.views.live.terminal import terminal

LOOK_SECONDS = 0.1
"""Between two calls of what there is to do while waiting for a key."""

LEAVE = ("q", "Q", Keys.ControlC, Keys.ControlD, Keys.ControlBackslash)


class _ByteByByte(PosixStdinReader):
    """Reads one byte at a time: keys that nobody has asked for yet stay in the terminal, for the next screen."""

    def read(self, count: int = 1) -> str:
        return super().read(1)


def open_keyboard() -> Input:
    """Open standard input, which must be a terminal, to read keys."""
    keyboard = Vt100Input(sys.stdin)
    keyboard.stdin_reader = _ByteByByte(keyboard.fileno(), encoding=sys.stdin.encoding)
    return keyboard


def pressed(keyboard: Input, timeout: float = 0) -> Iterator[str]:
    """The keys that were pressed; waits up to `timeout` seconds for the first. Keys that are not taken stay unread."""
    while not keyboard.closed and select.select([keyboard.fileno()], [], [], timeout)[0]:
        timeout = 0
        yield from (press.key for press in keyboard.read_keys())
    # Escape alone may be the beginning of an arrow key; it counts as Escape when nothing has followed.
    yield from (press.key for press in keyboard.flush_keys())


def presses(keyboard: Input, meanwhile: Callable[[], None] = lambda: None) -> Iterator[str]:
    """The keys as they are pressed, until the terminal is gone; calls `meanwhile` in between. Needs raw mode."""
    while not keyboard.closed:
        yield from pressed(keyboard, LOOK_SECONDS)
        meanwhile()


def answer(keyboard: Input, question: Text, console: Console, among: Collection[str] | None = None) -> str | None:
    """Print a question and wait for one key, or for one `among` these; None: the terminal is gone.

    Keys that were pressed before the question was visible (a last step, say) are dropped.
    """
    terminal.take()
    terminal.forget_keys()
    with writing():
        console.print(question, end="", soft_wrap=True)
    wanted = among and {*among, Keys.ControlZ}
    while True:
        with keyboard.raw_mode():
            key = next((key for key in presses(keyboard) if wanted is None or key in wanted), None)
        if key != Keys.ControlZ:
            break
        terminal.suspend()
    with writing():
        console.print()
    return key


def ask_again(other_way: str) -> Again:
    """Ask after a scenario whether people want it again, or the other way, the options of which are given; "": none."""
    asking = console()
    words = [_("r again"), *([_("t {way}").format(way=other_way)] if other_way else []), _("q done")]
    # No other key counts, since people may still be pressing the key for a step.
    done = {*LEAVE, Keys.Enter, Keys.ControlJ, Keys.Escape}
    keyboard = open_keyboard()
    try:
        wanted = {"r", "t", *done} if other_way else {"r", *done}
        key = answer(keyboard, Text("   ".join(words), "faint"), asking, wanted)
    finally:
        keyboard.close()
    if key == "t":
        return Again.OTHER_WAY
    if key == "r":
        return Again.SAME
    if key is not None:
        terminal.have_looked()
    return Again.NO
