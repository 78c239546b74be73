"""The frames of the live view as a terminal receives them: of each, only the lines that differ from the last one.

the lines of a frame, with their colours ──► Frames ──► what is written to the terminal
"""

from collections.abc import Sequence

BEGIN_FRAME = "\x1b[?2026h\x1b[?7l"
"""Show what follows at once, if the terminal knows how (mode 2026; others ignore it), and do not wrap lines: where the
terminal gives a character more cells than rich, it would spoil the next line, which may not be written again.

https://gist.github.com/christianparpart/d8a62cc1ab659194337d73e399004036
"""

END_FRAME = "\x1b[?7h\x1b[?2026l"


class Frames:
    """What stands on the screen, as far as it was written through here."""

    def __init__(self) -> None:
        self._lines: Sequence[str] = ()
        self._width = 0

    def changes(self, lines: Sequence[str], width: int) -> str:
        """What makes the screen show these lines; empty: it shows them already.

        Each line takes `width` cells, with colours that end in it. A screen of another size is written whole. Between
        two frames the cursor stands in the last row.
        """
        same = len(lines) == len(self._lines) and width == self._width
        before: Sequence[str | None] = self._lines if same else [None] * len(lines)
        self._lines, self._width = lines, width
        changed = [
            _to_row(number) + _shortened(line)
            for number, (line, last) in enumerate(zip(lines, before, strict=True), 1)
            if line != last
        ]
        return BEGIN_FRAME + "".join(changed) + _to_row(len(lines)) + END_FRAME if changed else ""


def _to_row(number: int) -> str:
    return f"\x1b[{number};1H"


def _shortened(line: str) -> str:
    """The line with the spaces at its end as one command, which erases the rest of the row."""
    text = line.rstrip(" ")
    return line if text == line else f"{text}\x1b[K"
