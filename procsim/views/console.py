"""The consoles through which all views, pages and panes are drawn: what is drawn commands nothing, whoever wrote it."""

from collections.abc import Iterable
from typing import IO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from procsim.harmless import harmless


class HarmlessConsole(Console):
    """A console whose text is `harmless`; colours, and the movements of the cursor, are rich's and ours."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """The segments of what is drawn; a control segment is never made from text."""
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable():
                yield segment
            else:
                text = "\n".join(map(harmless, segment.text.split("\n")))
                yield Segment(text, segment.style)


def console(stream: IO[str] | None = None) -> Console:
    """A console for that stream, or for standard output; text in it is text, and no markup."""
    return HarmlessConsole(file=stream, highlight=False, markup=False, emoji=False)
