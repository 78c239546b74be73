"""The guide: pages in Markdown. The README links to them, and `procsim guide` shows them in the terminal.

The English pages stand in the folder itself, those in another language in a folder with the name of its catalogue.
"""

import sys
from pathlib import Path
from typing import cast

from rich.console import RenderableType
from rich.text import Text

from procsim.language import catalogue_name
from procsim.views.text.highlight import CODE
from procsim.views.text.markdown import Markdown

FOLDER = Path(__file__).parents[1] / "guide"

TOPICS = ("lessons", "steps", "hangs", "watch", "scenario", "options", "support")
"""The names of the pages, in the order of the guide."""


def title(topic: str) -> str:
    """The first line of a page."""
    return _text(topic).partition("\n")[0].removeprefix("# ")


def page(topic: str) -> RenderableType:
    """A page: rendered on a terminal, elsewhere as it stands in its file."""
    return (
        Markdown(_text(topic), code_theme=cast("str", CODE)) if sys.stdout.isatty() else Text(_text(topic).rstrip("\n"))
    )


def _text(topic: str) -> str:
    """The page in the chosen language; in English where it has none in that."""
    translated = FOLDER / catalogue_name() / f"{topic}.md"
    return (translated if translated.exists() else FOLDER / f"{topic}.md").read_text(encoding="utf-8")
