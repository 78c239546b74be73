"""What is known so far, while a program is explored: executions, how fast, what is open, which kinds of outcome.

Exploration ──► Progress ──► a few lines at the end of the terminal, which go when it is over
"""

from collections.abc import Callable, Iterator

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from procsim.explore.outcomes import Exploration
from procsim.language import N_, _
from procsim.output import writing
from procsim.views.base import clean
from procsim.views.explored import executions_words, share_words
from procsim.views.text.order_words import faults_words
from procsim.views.text.prose import hanging
from procsim.views.text.summary import ascii_only
from procsim.views.text.words import STYLES, counted

REDRAWN_SECONDS = 0.1

KINDS_SHOWN = 6


class Progress:
    """Draws it on a terminal; elsewhere it draws nothing. To be entered, and called after each execution."""

    def __init__(self, console: Console, title: str, now: Callable[[], float]) -> None:
        """`now`: the time in seconds."""
        self._console, self._title, self._now = console, title, now
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

    def __call__(self, exploration: Exploration) -> None:
        """Draw what is known, if it was not drawn just before."""
        if not self._console.is_terminal or self._now() < self._drawn_at + REDRAWN_SECONDS:
            return
        self._drawn_at = self._now()
        width = self._console.width
        lines = [
            line
            for head, text in progress_lines(self._title, exploration, ascii_only(self._console))
            for line in hanging(head, text, width)[:1]
        ]
        with writing():
            self._live.update(Group(*lines), refresh=True)


def progress_lines(title: str, exploration: Exploration, plain_marks: bool) -> Iterator[tuple[Text, Text]]:
    """What stands at the beginning of each line, and the line."""
    bad, good = ("!", "[ok]") if plain_marks else ("▲", "✔")
    yield Text(), Text(clean(title), "strong")
    rate = exploration.executions / exploration.seconds if exploration.seconds else 0.0
    words = _("{executions}, {rate} a second; {doing}").format(
        executions=executions_words(exploration.executions), rate=f"{rate:.0f}", doing=doing_words(exploration)
    )
    yield Text(), Text(words)
    for outcome in exploration.wrong[:KINDS_SHOWN]:
        words = _("{share}: {fault}").format(share=share_words(outcome, exploration), fault=faults_words(outcome)[0])
        yield Text(f"{bad} ", STYLES["bad"]), Text(words)
    if exploration.right is not None:
        words = _("{share}: nothing was wrong").format(share=share_words(exploration.right, exploration))
        yield Text(f"{good} ", STYLES["good"]), Text(words)


def doing_words(exploration: Exploration) -> str:
    """What goes on now."""
    if exploration.explaining:
        return _("looking for the simplest ways, and for what decides")
    if exploration.sampled:
        return _("trying orders at random")
    return counted(exploration.open, N_("1 branch is open"), N_("{count} branches are open"))
