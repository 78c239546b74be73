"""The language of what people read: English in the code, others from the catalogues in `locale/`."""

import gettext
import os
from collections.abc import Mapping
from pathlib import Path

LANGUAGES = {"en": "en", "zh": "zh_CN"}
"""What `--lang` takes, and the catalogue it chooses."""

_LOCALES = Path(__file__).parent / "locale"
_catalogue: gettext.NullTranslations = gettext.NullTranslations()


def choose(language: str | None, variables: Mapping[str, str] = os.environ) -> str:
    """Speak this language from now on; None: the one of the environment. Returns what was chosen."""
    global _catalogue
    chosen = language or of_environment(variables)
    _catalogue = gettext.translation("procsim", _LOCALES, [LANGUAGES[chosen]], fallback=True)
    return chosen


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
