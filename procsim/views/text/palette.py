"""What colours mean, and which they are: one for each state, in a theme for a dark ground, a light one, or any.

--theme, PROCSIM_THEME, COLORFGBG ──► choose ──► styles ──► `views/console.py`, which knows each meaning as a style

A view names a meaning, `Text("mutex", "holding")`, and never a colour. A process has no colour of its own.

Each colour is one of the fixed 240 of a terminal that has 256, so that it is the same everywhere. It has a contrast of
at least 4.5 : 1 (WCAG 2) with its own ground, or with that of the theme. The first 16 colours are whatever a user has
chosen: of the palettes of four terminals, there is no red and no yellow that can be read in all. So a terminal that has
no more gets the theme mono. Nothing is faint by SGR 2, the contrast of which nobody knows.

On a ground that is not known, no coloured letters can be read for certain: what is at 4.5 : 1 on black and on white is
at 3.6 on the dark grey of many. There, the states that matter most have a ground of their own, and the rest none.
"""

import os
from collections.abc import Mapping

from procsim.errors import WrongUse
from procsim.language import _, listed

_WORDS = {"strong": "bold", "badge": "reverse"}
_EVERYWHERE = {
    **_WORDS,
    "alarm": "bold color(231) on color(160)",
    "alarm.block": "color(196)",
    "chosen": "bold color(232) on color(183)",
}

THEMES: Mapping[str, Mapping[str, str]] = {
    "dark": {
        **_EVERYWHERE,
        "holding": "bold color(117)",
        "alarm.text": "bold color(210)",
        "holding.block": "color(67)",
        "holding.label": "bold color(232) on color(67)",
        "waiting": "color(221)",
        "faint": "color(248)",
    },
    "light": {
        **_EVERYWHERE,
        "holding": "bold color(25)",
        "alarm.text": "bold color(160)",
        "holding.block": "color(25)",
        "holding.label": "bold color(231) on color(25)",
        "waiting": "color(94)",
        "faint": "color(240)",
    },
    "any": {
        **_EVERYWHERE,
        "holding": "bold",
        "alarm.text": "bold",
        "holding.block": "color(33)",
        "holding.label": "bold color(232) on color(33)",
        "waiting": "",
        "faint": "",
    },
    "mono": {
        **_WORDS,
        "alarm": "bold reverse",
        "chosen": "bold underline",
        "holding": "bold",
        "alarm.text": "bold",
        "holding.block": "bold",
        "holding.label": "bold reverse",
        "alarm.block": "bold",
        "waiting": "",
        "faint": "",
    },
}
"""The styles of rich by theme and by meaning:

alarm: what goes wrong, `alarm.text` a sentence about it; holding: who holds what; waiting: what waits; chosen: what is
chosen, or moves next; faint: what matters less, such as heads and keys, but can be read; strong: names and titles;
badge: a word that stands out and is no state. Letters have a ground of their own in some; `holding.block` and
`alarm.block` are for solid cells (█), which have none, and need 3 : 1 alone; `holding.label` is for letters among them.
"""

ASKED = ("dark", "light", "mono")
"""The themes that people may ask for; "any" is for a ground that is not known."""

_LIGHT_GROUNDS = ("7", "15")
_chosen: str | None = None


def choose(theme: str | None, variables: Mapping[str, str] = os.environ) -> str:
    """Show the colours of this theme from now on; None: the one chosen before, or that of the environment.

    Returns its name. Raises `WrongUse` where PROCSIM_THEME names no theme.
    """
    global _chosen
    _chosen = theme or _chosen or of_environment(variables)
    return _chosen


def of_environment(variables: Mapping[str, str]) -> str:
    """The theme that PROCSIM_THEME asks for, or that the terminal tells of by COLORFGBG ("15;0"); else "any".

    Raises `WrongUse` where PROCSIM_THEME names no theme.
    """
    asked = variables.get("PROCSIM_THEME")
    if asked and asked not in ASKED:
        words = _("PROCSIM_THEME must be one of {themes}, not {value}")
        raise WrongUse(words.format(themes=listed(ASKED), value=asked))
    if asked:
        return asked
    ground = variables.get("COLORFGBG", "").rpartition(";")[2]
    if not ground.isdecimal():
        return "any"
    return "light" if ground in _LIGHT_GROUNDS else "dark"


def styles(colours: bool) -> Mapping[str, str]:
    """The styles by meaning, for a terminal that shows 256 colours or more, or for one that does not."""
    return THEMES[choose(None) if colours else "mono"]
