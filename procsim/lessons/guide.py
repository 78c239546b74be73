"""The guide: pages in Markdown. The README links to them, and `procsim guide` shows them in the terminal.

The English pages stand in the folder itself, those in another language in a folder with the name of its catalogue.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from rich.console import RenderableType
from rich.text import Text

from procsim.language import catalogue_name
from procsim.views.text.highlight import CODE
from procsim.views.text.markdown import Markdown

FOLDER = Path(__file__).parents[1] / "guide"

TOPICS = ("lessons", "steps", "hangs", "attach", "watch", "explore", "scenario", "options", "support")
"""The names of the pages, in the order of the guide."""


def topic_of(word: str) -> str:
    """The page that is meant: the beginning of one name alone is enough. Empty: there is none."""
    found = [word] if word in TOPICS else [topic for topic in TOPICS if word and topic.startswith(word)]
    return found[0] if len(found) == 1 else ""


def title(topic: str) -> str:
    """The first line of a page."""
    return _text(topic).partition("\n")[0].removeprefix("# ")


def page(topic: str) -> RenderableType:
    """A page: rendered on a terminal, elsewhere as it stands in its file."""
    return _rendered(_text(topic).rstrip("\n"))


def rows_with(topic: str, words: Sequence[str]) -> RenderableType | None:
    """Of the tables of a page, the rows that have all of these words, each table under its heading; None: no row has.

    Capital letters do not matter.
    """
    wanted = [word.casefold() for word in words]
    return _rendered("\n\n".join(found)) if (found := list(_tables_with(_text(topic), wanted))) else None


def _tables_with(text: str, words: Sequence[str]) -> Iterator[str]:
    heading = ""
    for block in text.split("\n\n"):
        lines = block.strip().split("\n")
        heading = lines[0] if re.match("#+ ", lines[0]) else heading
        rows = [line for line in lines[2:] if all(word in line.casefold() for word in words)]
        if lines[0].startswith("| ") and rows:
            yield "\n".join([heading, "", *lines[:2], *rows])


def _rendered(text: str) -> RenderableType:
    return Markdown(text, code_theme=cast("str", CODE)) if sys.stdout.isatty() else Text(text)


def _text(topic: str) -> str:
    """The page in the chosen language; in English where it has none in that."""
    translated = FOLDER / catalogue_name() / f"{topic}.md"
    return (translated if translated.exists() else FOLDER / f"{topic}.md").read_text(encoding="utf-8")
