"""Rows that fit: a text cut to one row, and the grid of a table."""

from rich.table import Table
from rich.text import Text


def grid(width: int) -> Table:
    """An empty table; its gaps are narrow if it has less than 100 cells."""
    return Table.grid(padding=(0, 1 if width < 100 else 2), expand=True)


def fitted(text: Text, width: int) -> Text:
    """The same text, cut to one row of so many cells."""
    text.no_wrap = True
    text.truncate(width, overflow="ellipsis")
    return text
