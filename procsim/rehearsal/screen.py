"""What a lesson needs of the terminal: room, colours, Chinese characters two cells wide, and keys.

The functions that judge are pure; `checks` hands them what it has measured.
"""

import contextlib
import os
import select
import sys
import time
from collections.abc import Iterator

from prompt_toolkit.input import Input
from prompt_toolkit.key_binding import KeyPress
from prompt_toolkit.keys import Keys

from procsim.exit_code import ExitCode
from procsim.language import _
from procsim.output import writing
from procsim.rehearsal.check import Check, Result
from procsim.views.console import console
from procsim.views.live.keyboard import open_keyboard
from procsim.views.live.terminal import terminal

LEAST_COLUMNS, LEAST_ROWS = 60, 20
BEST_COLUMNS, BEST_ROWS = 80, 24

ANSWER_SECONDS = 2.0
"""How long a terminal may take to say where its cursor is."""

KEY_SECONDS = 10.0
"""How long people have to press a key."""

CHINESE = "中文"
WHERE_IS_THE_CURSOR = "\x1b[6n"
"""DSR of ECMA-48. The answer, `ESC [ row ; column R`, comes as if it were a key."""

ERASE_LINE = "\r\x1b[K"


def checks() -> Iterator[Check]:
    """All of them; without a terminal, what was left out. Raises `SystemExit` for Ctrl-C."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM") == "dumb":
        for name in (_("terminal size"), _("colours"), _("Chinese"), _("keys")):
            yield Check(name, Result.LEFT_OUT, _("left out: this is no terminal with keys"))
        return
    shown = console()
    yield size(shown.width, shown.height)
    yield colours(shown.color_system, shown.no_color)
    keyboard = open_keyboard()
    try:
        yield chinese(shown.encoding, _measured_cells(keyboard))
        yield keys(_key_pressed(keyboard))
    finally:
        keyboard.close()


def size(columns: int, rows: int) -> Check:
    """Whether the live view has room."""
    name, words = _("terminal size"), _("{columns} columns, {rows} rows").format(columns=columns, rows=rows)
    if columns >= BEST_COLUMNS and rows >= BEST_ROWS:
        return Check(name, Result.GOOD, words)
    remedy = _("make the window larger, or its characters smaller; {columns} columns and {rows} rows are best")
    fits = columns >= LEAST_COLUMNS and rows >= LEAST_ROWS
    remedy = remedy.format(columns=BEST_COLUMNS, rows=BEST_ROWS)
    return Check(name, Result.POOR if fits else Result.FAILED, words, remedy)


def colours(system: str | None, refused: bool) -> Check:
    """Whether there are colours. `system`: rich's name for how many; `refused`: whether NO_COLOR is set."""
    name = _("colours")
    if refused:
        return Check(name, Result.POOR, _("none"), _("NO_COLOR is set; unset it to have some"))
    if system in (None, "standard"):  # see views/text/palette.py
        words = _("none") if system is None else _("16 of them, which are too few: none is used")
        return Check(name, Result.POOR, words, _("export TERM=xterm-256color, if your terminal can show them"))
    number = _("16 million") if system == "truecolor" else system
    return Check(name, Result.GOOD, _("{number} of them").format(number=number))


def chinese(encoding: str, cells: int | None) -> Check:
    """Whether Chinese characters are shown, and drawn two cells wide.

    `cells`: how wide the two of CHINESE were drawn; None: the terminal did not say.
    """
    name = _("Chinese")
    try:
        CHINESE.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        words = _("cannot be shown in {encoding}").format(encoding=encoding)
        return Check(name, Result.POOR, words, _("export LC_ALL=C.UTF-8, or teach with --lang en"))
    if cells is None:
        return Check(name, Result.LEFT_OUT, _("left out: the terminal does not say where its cursor is"))
    if cells == 2 * len(CHINESE):
        return Check(name, Result.GOOD, _("each character is two cells wide"))
    words = _("{count} characters are {cells} cells wide, not {right}")
    words = words.format(count=len(CHINESE), cells=cells, right=2 * len(CHINESE))
    return Check(name, Result.POOR, words, _("set the terminal to UTF-8, or teach with --lang en"))


def keys(key: str | None) -> Check:
    """Whether keys arrive. `key`: the one that was pressed; None: none came."""
    if key is not None:
        return Check(_("keys"), Result.GOOD, _("arrive"))
    words = _("none came within {seconds} s").format(seconds=f"{KEY_SECONDS:g}")
    remedy = _("click into the window and rehearse again; without keys, lessons run with --view plain")
    return Check(_("keys"), Result.FAILED, words, remedy)


def _measured_cells(keyboard: Input) -> int | None:
    """Write two Chinese characters at the left edge, and ask where the cursor is then. None: no answer."""
    terminal.take()  # keys are not echoed from here on; it is given back when procsim ends
    terminal.forget_keys()
    with keyboard.raw_mode(), _erased_afterwards(f"\r{CHINESE}{WHERE_IS_THE_CURSOR}"):
        answer = next((press for press in _presses(keyboard, ANSWER_SECONDS) if press.key == Keys.CPRResponse), None)
    return None if answer is None else int(answer.data.rstrip("R").partition(";")[2]) - 1


def _key_pressed(keyboard: Input) -> str | None:
    """Ask people to press a key. None: none came."""
    terminal.forget_keys()
    with keyboard.raw_mode(), _erased_afterwards(_("Press a key, such as an arrow …")):
        keys = (press.key for press in _presses(keyboard, KEY_SECONDS) if press.key != Keys.CPRResponse)
        return next(keys, None)


def _presses(keyboard: Input, seconds: float) -> Iterator[KeyPress]:
    """What comes from the terminal for so long. Raises `SystemExit` for Ctrl-C, which is a key in raw mode."""
    ends = time.monotonic() + seconds
    while not keyboard.closed and (left := ends - time.monotonic()) > 0:
        if select.select([keyboard.fileno()], [], [], left)[0]:
            for press in keyboard.read_keys():
                if press.key == Keys.ControlC:
                    sys.exit(ExitCode.INTERRUPTED)
                yield press
    yield from keyboard.flush_keys()  # Escape alone may have been the beginning of an arrow key


@contextlib.contextmanager
def _erased_afterwards(text: str) -> Iterator[None]:
    """A line that stands on the terminal only meanwhile."""
    _write(text)
    try:
        yield
    finally:
        _write(ERASE_LINE)


def _write(text: str) -> None:
    with writing():
        sys.stdout.write(text)
        sys.stdout.flush()
