"""Markdown whose sentences are wrapped as `Prose` is.

Rich takes a Chinese sentence for one long word, and cuts off each word that does not fit into the cell of a table.
"""

from typing import ClassVar

from rich import markdown
from rich.console import JustifyMethod

from procsim.views.text.prose import Prose


class _Paragraph(markdown.Paragraph):
    def on_enter(self, context: markdown.MarkdownContext) -> None:
        super().on_enter(context)
        self.text = Prose(justify="left")


class _Cell(markdown.TableDataElement):
    def __init__(self, justify: JustifyMethod) -> None:
        super().__init__(justify)
        self.content = Prose(justify=justify, overflow="fold")


class Markdown(markdown.Markdown):
    """A page in Markdown, to be printed."""

    elements: ClassVar[dict[str, type[markdown.MarkdownElement]]] = {
        **markdown.Markdown.elements,
        "paragraph_open": _Paragraph,
        "td_open": _Cell,
    }
