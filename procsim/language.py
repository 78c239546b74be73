"""The language of what people read: English in the code, others from the catalogues in `locale/`."""

import gettext
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

LANGUAGES = {"en": "en", "zh": "zh_CN", "zh_CN": "zh_CN"}
"""What `--lang` takes, and the catalogue it chooses."""

_LOCALES = Path(__file__).parent / "locale"
_catalogue: gettext.NullTranslations = gettext.NullTranslations()
_names: re.Pattern[str] | None = None


def choose(language: str | None, variables: Mapping[str, str] = os.environ, scenario: bool = False) -> str:
    """Speak this language from now on; None: the one of the environment. Returns what was chosen.

    For a scenario, `called` also gives its people and dishes the names that they have in this language.
    """
    global _catalogue, _names
    chosen = language or of_environment(variables)
    _catalogue = gettext.translation("procsim", _LOCALES, [LANGUAGES[chosen]], fallback=True)
    words = "|".join(rf"{name}(?=\d)" if name.endswith("-") else rf"{name}\b" for name in NAMES)
    _names = re.compile(rf"\b(?:{words})") if scenario and chosen != "en" else None
    return chosen


def called(text: str) -> str:
    """The text with the names of a scenario's people and dishes as they are in the chosen language.

    They are translated where they are shown, and nowhere before: the program and its recording know no language.
    """
    return _names.sub(lambda found: _(found.group()), text) if _names else text


def of_environment(variables: Mapping[str, str]) -> str:
    """The language that LANGUAGE, LC_ALL, LC_MESSAGES and LANG ask for, in this order (gettext's)."""
    asked = next((variables[name] for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG") if variables.get(name)), "")
    return "zh" if asked.lower().startswith("zh") else "en"


def N_(text: str) -> str:  # noqa: N802 - gettext's name for it
    """The text itself, marked to be in the catalogues; `_` translates it where it is shown."""
    return text


def _(text: str) -> str:
    """The text in the chosen language."""
    return _catalogue.gettext(text) if text else ""


def listed(words: Iterable[object]) -> str:
    """The words as a list, with what stands between its items in the chosen language."""
    return _(", ").join(map(str, words))


NAMES = (
    N_("guard"),
    N_("user-"),
    N_("taker-"),
    N_("eater-Ming"),
    N_("eater-Lan"),
    N_("producer-Kang"),
    N_("producer-Hong"),
    N_("producer-Xi"),
    N_("producer-"),
    N_("consumer-Ming"),
    N_("consumer-Lan"),
    N_("consumer-Jun"),
    N_("consumer-"),
    N_("masala"),
    N_("dough stick"),
    N_("steamed bun"),
    N_("soup-"),
)
"""What the scenarios call their people and dishes; a number follows what ends in a hyphen."""
