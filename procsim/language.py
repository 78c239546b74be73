"""The language of what people read: English in the code, other languages from the catalogues in `locale/`.

A message is translated where it is shown, never earlier: events, state and recordings know no language.
"""

import gettext
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

LANGUAGES = {"en": "en", "zh": "zh_CN", "zh_CN": "zh_CN"}
"""The values of `--lang`, and the catalogue of each."""

_LOCALES = Path(__file__).parent / "locale"
_catalogue: gettext.NullTranslations = gettext.NullTranslations()
_names: re.Pattern[str] | None = None
_chosen: str | None = None


def choose(language: str | None, variables: Mapping[str, str] = os.environ, scenario: bool = False) -> str:
    """Speak this language from now on; None: the one chosen before, or that of the environment. Returns its name.

    For a scenario, `localized_names` also translates the names of its people and dishes.
    """
    global _catalogue, _names, _chosen
    _chosen = chosen = language or _chosen or of_environment(variables)
    _catalogue = gettext.translation("procsim", _LOCALES, [LANGUAGES[chosen]], fallback=True)
    words = "|".join(rf"{name}(?=\d)" if name.endswith("-") else rf"{name}\b" for name in NAMES)
    _names = re.compile(rf"\b(?:{words})") if scenario and chosen != "en" else None
    return chosen


def catalogue_name() -> str:
    """The name of the chosen language's catalogue, such as zh_CN; en before any was chosen."""
    return LANGUAGES[_chosen or "en"]


def localized_names(text: str) -> str:
    """The text with the names of a scenario's people and dishes in the chosen language.

    They are names in the program, too, and so they are translated only where they are shown.
    """
    return _names.sub(lambda found: _(found.group()), text) if _names else text


def of_environment(variables: Mapping[str, str]) -> str:
    """The language that LANGUAGE, LC_ALL, LC_MESSAGES and LANG ask for, in this order (gettext's)."""
    asked = next((variables[name] for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG") if variables.get(name)), "")
    return "zh" if asked.lower().startswith("zh") else "en"


def N_(text: str) -> str:  # noqa: N802 - gettext's name for it
    """The text itself, marked for the catalogues; `_` translates it where it is shown."""
    return text


def _(text: str) -> str:
    """The text in the chosen language."""
    return _catalogue.gettext(text) if text else ""


def listed(words: Iterable[object]) -> str:
    """The words with commas between them, as the chosen language writes them."""
    return _(", ").join(map(str, words))


NAMES = (
    N_("guard"),
    N_("sender"),
    N_("receiver"),
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
    N_("bowl"),
    N_("spoon"),
    N_("masala"),
    N_("dough stick"),
    N_("steamed bun"),
    N_("soup-"),
)
"""The names of people and dishes in the scenarios; those that end in a hyphen are followed by a number."""
