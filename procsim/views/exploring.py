"""What is known so far, while a program is explored and the answer is to be text or JSON.

Exploration ──► Progress ──► a few lines at the end of the terminal, which go when it is over
"""

import time
from collections.abc import Callable, Iterator, Mapping

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from procsim.explore.outcomes import Exploration, Kind
from procsim.language import _
from procsim.output import writing
from procsim.views.base import clean
from procsim.views.explored import share_words
from procsim.views.explored_headline import headline_of, pace_words
from procsim.views.text.order_words import faults_words
from procsim.views.text.prose import hanging
from procsim.views.text.summary import ascii_only
from procsim.views.text.words import STYLES

REDRAWN_SECONDS = 0.1

KINDS_SHOWN = 6


class Progress:
    """Draws it on a terminal; elsewhere it draws nothing. To be entered; the live view has the same methods."""

    def __init__(self, console: Console, title: str, now: Callable[[], float] = time.monotonic) -> None:
        """`now`: the time in seconds."""
        self._console, self._title, self._now = console, title, now
        self._found = Exploration()
        self._drawn_at = float("-inf")
        self._live = Live(console=console, auto_refresh=False, transient=True, redirect_stdout=False)

    def __enter__(self) -> "Progress":
        if self._console.is_terminal:
            with writing():
                self._live.start()
        return self

    def __exit__(self, *_error: object) -> None:
        if self._console.is_terminal:
            with writing():
                self._live.stop()

    def know(self, found: Exploration) -> None:
        """This is what is known from now on; it is filled in while it goes on."""
        self._found = found

    def look(self) -> bool:
        """Draw what is known, if it was not drawn just before. Returns whether people want it to end: by no key."""
        if not self._console.is_terminal or self._now() < self._drawn_at + REDRAWN_SECONDS:
            return False
        self._drawn_at = self._now()
        width = self._console.width
        lines = [
            line
            for head, text in progress_lines(self._title, self._found, ascii_only(self._console))
            for line in hanging(head, text, width)[:1]
        ]
        with writing():
            self._live.update(Group(*lines), refresh=True)
        return False

    def stand(self, found: Exploration, again: Mapping[Kind, str], ended: Callable[[], bool]) -> None:
        """It is over: the answer follows at once."""


def progress_lines(title: str, exploration: Exploration, plain_marks: bool) -> Iterator[tuple[Text, Text]]:
    """What stands at the beginning of each line, and the line."""
    bad, good = ("!", "[ok]") if plain_marks else ("▲", "✔")
    yield Text(), Text(clean(title), "strong")
    yield Text(), Text(headline_of(exploration, over=False).sentence)
    yield Text(), Text(_(", ").join(pace_words(exploration)))
    for outcome in exploration.wrong[:KINDS_SHOWN]:
        words = _("{share}: {fault}").format(share=share_words(outcome, exploration), fault=faults_words(outcome)[0])
        yield Text(f"{bad} ", STYLES["bad"]), Text(words)
    if exploration.right is not None:
        words = _("{share}: nothing was wrong").format(share=share_words(exploration.right, exploration))
        yield Text(f"{good} ", STYLES["good"]), Text(words)
