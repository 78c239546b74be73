"""Code as people read it: highlighted by weight alone, since colour means state (`palette.py`)."""

from pygments.token import Comment, Keyword, String  # type: ignore[import-untyped,unused-ignore]
from rich.style import Style
from rich.syntax import ANSISyntaxTheme, Syntax
from rich.text import Text

CODE = ANSISyntaxTheme(
    {
        Keyword: Style(bold=True),
        Comment: Style(italic=True),
        String.Doc: Style(italic=True),
    }
)
"""Which tokens stand out, and which recede."""


def highlighted(code: str, language: str) -> Text:
    """The code of that language, one of pygments' names, as text that ends without a line break."""
    text = Syntax(code, language, theme=CODE, background_color="default").highlight(code)
    text.rstrip()
    return text
