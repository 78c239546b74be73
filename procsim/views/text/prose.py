"""Sentences that are wrapped where their language breaks lines.

Rich breaks at spaces only. Chinese has none, so lines would end too early, and words of Latin letters be cut in two.
"""

import re
from collections.abc import Iterator
from typing import Any

from rich.cells import cell_len
from rich.console import Console
from rich.containers import Lines
from rich.text import Text

_OPENING, _CLOSING = "（《“", "，。；：、！？）》”…"  # noqa: RUF001 - Chinese punctuation is meant
_WIDE = r"\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff01-\uff60"
_NAME = rf"[{_WIDE}]{{1,3}}(?:\d+|-[{_WIDE}]{{1,2}})"
_PIECE = re.compile(rf"[{_OPENING}]*(?:{_NAME}|[^\s{_OPENING}{_CLOSING}{_WIDE}]+|\S)[{_CLOSING}]*\s*|\s+")
"""What is not broken: a word, a Chinese character or the name of a process (用户7, 消费者-小明), with the punctuation
around it and the spaces after it.
"""


class Prose(Text):
    """Text that may also be broken next to a Chinese character."""

    def wrap(self, console: Console, width: int, **options: Any) -> Lines:
        """Its lines, of at most so many cells each."""
        if options.get("no_wrap") or cell_len(self.plain) == len(self.plain):
            return super().wrap(console, width, **options)
        lines = self.divide(list(_breaks(self.plain, width)))
        return Text("\n").join(lines).wrap(console, width, **options)


def _breaks(text: str, width: int) -> Iterator[int]:
    column = 0
    for piece in _PIECE.finditer(text):
        if column and column + cell_len(piece.group().rstrip()) > width:
            yield piece.start()
            column = 0
        column += cell_len(piece.group())


def wrapped(text: Text, width: int) -> list[Text]:
    """The lines of a text, of at most so many cells each."""
    return [*text.wrap(Console(width=width), width)]


def hanging(head: Text, text: Text, width: int) -> list[Text]:
    """The lines of a text that begins behind a head; the following lines begin below its first."""
    first, *more = wrapped(text, max(10, width - head.cell_len)) or [Text()]
    return [Text.assemble(head, first), *(Text.assemble(" " * head.cell_len, line) for line in more)]
