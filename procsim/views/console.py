"""The console through which all views and pages are drawn.

Text cannot command the terminal, whoever wrote it; and a style is what the palette says that it means.
"""

import os
from collections.abc import Iterable
from typing import IO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.default_styles import DEFAULT_STYLES
from rich.segment import Segment
from rich.style import Style
from rich.theme import Theme

from procsim.harmless import harmless
from procsim.views.text.palette import styles

SHOW_256_COLOURS = ("xterm", "screen", "tmux")
"""Values of TERM that promise 16 colours, while the terminals behind them (in a container, for one) show 256."""


class HarmlessConsole(Console):
    """A console whose text is `harmless`."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The segments of what is drawn. Control segments come from rich and us, never from text."""
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable():
                yield segment
            else:
                text = "\n".join(map(harmless, segment.text.split("\n")))
                yield Segment(text, segment.style)


def console(stream: IO[str] | None = None) -> Console:
    """A console for that stream (standard output by default). Rich's markup, emoji and highlighting are off."""
    terminal = Console(file=stream)  # asked what it can show: a theme that is pushed later is that of one thread alone
    depth = terminal.color_system
    if depth == "standard" and os.environ.get("TERM") in SHOW_256_COLOURS:
        depth = "256"
    return HarmlessConsole(
        file=stream,
        color_system=depth,  # type: ignore[arg-type] # a str
        theme=_theme(depth in ("256", "truecolor") and not terminal.no_color),
        highlight=False,
        markup=False,
        emoji=False,
    )


def _theme(colours: bool) -> Theme:
    """The meanings, and the styles of rich's Markdown without their colours: a page of the guide has no states."""
    weights = {
        name: style.without_color + Style(dim=False)
        for name, style in DEFAULT_STYLES.items()
        if name.startswith("markdown.")
    }
    return Theme({**weights, **styles(colours)})
