"""The colours: each can be read on the grounds of common terminals, and none is needed to tell the states apart."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.color import Color, ColorSystem
from rich.errors import StyleSyntaxError
from rich.style import Style

from procsim.errors import WrongUse
from procsim.views.text import palette
from procsim.views.text.palette import THEMES, of_environment

READABLE, VISIBLE = 4.5, 3.0
"""The contrasts that WCAG 2 asks for: of text (1.4.3), and of shapes (1.4.11)."""

STATES = ("alarm", "holding", "waiting", "chosen")

GROUNDS = {
    "dark": {
        "xterm": "000000",
        "VS Code Dark+": "1e1e1e",
        "GNOME Terminal": "171421",
        "GNOME Terminal, Tango": "2e3436",
        "Solarized dark": "002b36",
    },
    "light": {
        "xterm": "ffffff",
        "VS Code Light+": "ffffff",
        "GNOME Terminal": "ffffff",
        "GNOME Terminal, Tango": "eeeeec",
        "Solarized light": "fdf6e3",
    },
}
GROUNDS["any"] = {f"{name}, {kind}": ground for kind, grounds in GROUNDS.items() for name, ground in grounds.items()}

_SOLARIZED = (
    "073642 dc322f 859900 b58900 268bd2 d33682 2aa198 eee8d5 002b36 cb4b16 586e75 657b83 839496 6c71c4 93a1a1 fdf6e3"
)
_XTERM = (
    "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff"
)
_GNOME = (
    "171421 c01c28 26a269 a2734c 12488b a347ba 2aa1b3 d0cfcc 5e5c64 f66151 33d17a e9ad0c 2a7bde c061cb 33c7de ffffff"
)
_VSCODE = {
    "dark": "000000 cd3131 0dbc79 e5e510 2472c8 bc3fbc 11a8cd e5e5e5"
    " 666666 f14c4c 23d18b f5f543 3b8eea d670d6 29b8db e5e5e5",
    "light": "000000 cd3131 00bc00 949800 0451a5 bc05bc 0598bc 555555"
    " 666666 cd3131 14ce14 b5ba00 0451a5 bc05bc 0598bc a5a5a5",
}
SIXTEEN = {
    kind: {
        "xterm": _XTERM,
        f"VS Code {kind.title()}+": colours,
        "GNOME Terminal": _GNOME,
        f"Solarized {kind}": _SOLARIZED,
    }
    for kind, colours in _VSCODE.items()
}
"""The 16 colours, and above the grounds, as they are published.

xterm: XTerm-col.ad, and its defaults with and without -rv. VS Code: terminalColorRegistry.ts, and editor.background of
its default themes. GNOME Terminal: the palette and the schemes "GNOME" of its preferences (profile-preferences).
Solarized: https://ethanschoonover.com/solarized
"""


def rgb(colour: str) -> tuple[int, int, int]:
    return Color.parse("#" + colour).get_truecolor()


def luminance(colour: tuple[int, int, int]) -> float:
    """Relative luminance: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (each / 255 for each in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: tuple[int, int, int], other: tuple[int, int, int]) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio"""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", GROUNDS)
@pytest.mark.parametrize("depth", [ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT])
def test_each_meaning_can_be_read_on_the_grounds_of_its_theme(theme: str, depth: ColorSystem) -> None:
    for meaning, words in THEMES[theme].items():
        style = Style.parse(words)
        for terminal, ground in GROUNDS[theme].items():
            on = style.bgcolor.downgrade(depth).get_truecolor() if style.bgcolor else rgb(ground)
            if style.color:  # elsewhere it is the terminal's own, or that of a plate would be
                reached = contrast(style.color.downgrade(depth).get_truecolor(), on)
                assert reached >= (VISIBLE if meaning.endswith(".block") else READABLE), (meaning, terminal, reached)
        assert (style.bgcolor is None) or style.color is not None, "a plate needs letters of its own"


@pytest.mark.parametrize("theme", THEMES)
def test_no_theme_uses_the_16_colours_of_the_terminal_or_faint_text(theme: str) -> None:
    for words in THEMES[theme].values():
        style = Style.parse(words)
        colours = [colour for colour in (style.color, style.bgcolor) if colour]
        assert all((colour.number or 0) >= 16 for colour in colours)
        assert not style.dim
        assert theme != "mono" or not colours


@pytest.mark.parametrize("kind", SIXTEEN)
def test_of_16_colours_no_red_and_no_yellow_can_be_read_in_all_palettes(kind: str) -> None:
    """So a terminal that has no more is shown none."""
    palettes = {name: [rgb(colour) for colour in colours.split()] for name, colours in SIXTEEN[kind].items()}

    def readable_everywhere(letters: int, ground: int | None) -> bool:
        return all(
            contrast(colours[letters], rgb(GROUNDS[kind][name]) if ground is None else colours[ground]) >= READABLE
            for name, colours in palettes.items()
        )

    red, yellow, bright = 1, 3, 8
    for colour in (red, yellow, red + bright, yellow + bright):
        assert not readable_everywhere(colour, None)
    for letters in range(16):
        assert not readable_everywhere(letters, red)
        assert not readable_everywhere(letters, red + bright)


@pytest.mark.parametrize("theme", THEMES)
def test_states_differ_by_more_than_their_hue(theme: str) -> None:
    def shape(words: str) -> tuple[object, ...]:
        style = Style.parse(words)
        dark_plate = style.bgcolor and luminance(style.bgcolor.get_truecolor()) < 0.18
        return bool(style.bold), bool(style.underline), bool(style.reverse), dark_plate

    assert len({shape(THEMES[theme][state]) for state in STATES}) == len(STATES)


def test_all_themes_know_the_same_meanings() -> None:
    assert len({frozenset(styles) for styles in THEMES.values()}) == 1


@pytest.mark.parametrize(
    ("variables", "theme"),
    [
        ({}, "any"),
        ({"COLORFGBG": "15;0"}, "dark"),
        ({"COLORFGBG": "0;15"}, "light"),
        ({"COLORFGBG": "0;default;7"}, "light"),
        ({"COLORFGBG": "7;8"}, "dark"),
        ({"COLORFGBG": "15;default"}, "any"),
        ({"COLORFGBG": "0;15", "PROCSIM_THEME": "dark"}, "dark"),
        ({"PROCSIM_THEME": ""}, "any"),
    ],
)
def test_the_environment_chooses_the_theme(variables: dict[str, str], theme: str) -> None:
    assert of_environment(variables) == theme


def test_a_theme_that_does_not_exist_is_refused() -> None:
    with pytest.raises(WrongUse, match="dark, light, mono, not any"):
        of_environment({"PROCSIM_THEME": "any"})


def _coloured(path: Path) -> Iterator[str]:
    """The strings in a module that rich would take for a colour, or for faint text."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                style = Style.parse(node.value)
            except StyleSyntaxError:
                continue
            if style.dim or any(colour and not colour.is_default for colour in (style.color, style.bgcolor)):
                yield node.value


def test_colours_have_names_in_the_palette_alone() -> None:
    package = Path(palette.__file__).parents[2]
    modules = [path for room in ("views", "lessons", "command") for path in (package / room).rglob("*.py")]
    assert {path: found for path in modules if path.name != "palette.py" and (found := list(_coloured(path)))} == {}
