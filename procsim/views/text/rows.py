"""Rows that fit: a text cut to one row, and a name cut before its number."""

from rich.cells import cell_len, set_cell_size
from rich.text import Text


def cut_name(name: str, cells: int) -> str:
    """A name, cut so that the number at its end stays, which tells it from others: "ForkPoolW…-1"."""
    if cell_len(name) <= cells:
        return name
    number = name[len(name.rstrip("0123456789").removesuffix("-")) :][-5:]
    return f"{set_cell_size(name, cells - len(number) - 1)}…{number}"


def fitted(text: Text, width: int) -> Text:
    """The same text, cut to one row of so many cells."""
    text.no_wrap = True
    text.truncate(width, overflow="ellipsis")
    return text
