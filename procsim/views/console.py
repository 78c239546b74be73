"""The console through which all views and pages are drawn: text cannot command the terminal, whoever wrote it."""

from collections.abc import Iterable
from typing import IO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from procsim.harmless import harmless


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
    return HarmlessConsole(file=stream, highlight=False, markup=False, emoji=False)
