"""The guide: pages in Markdown. The README links to them, and `procsim guide` shows them in the terminal."""

import sys
from pathlib import Path
from typing import cast

from rich.console import RenderableType
from rich.markdown import Markdown
from rich.text import Text

from procsim.views.text.highlight import CODE

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
    return (FOLDER / f"{topic}.md").read_text(encoding="utf-8")
