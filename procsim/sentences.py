"""Templates with places for figures, which are filled in as data.

A place is `{name}`, or `{name:.2f}` with a format of at most `[.digits][fgdsx%]`. Nothing else of Python's format
strings has a meaning: a template may come from the recording of a stranger, where `{a.__class__}` would read our
objects, and `{a:>1999999999}` fill the memory.
"""

import re
from collections.abc import Mapping
from typing import Any

_PLACE = re.compile(r"\{\{|\}\}|\{(\w+)(?::([^{}]*))?\}")
_FORMAT = re.compile(r"(\.\d{1,2})?[fgdsx%]?")

FIGURE_LIMIT = 4_000
SENTENCE_LIMIT = 20_000
"""At most so many characters of a figure, and of a whole sentence, are shown."""


def places(text: str) -> set[str]:
    """The names of the figures that the template has a place for."""
    return {found[1] for found in _PLACE.finditer(text) if found[1]}


def filled(text: str, figures: Mapping[str, Any]) -> str:
    """The template with its figures filled in. A place without a figure is left as it is, and so is all else."""
    pieces: list[str] = []
    end = length = 0
    for found in _PLACE.finditer(text):
        piece = text[end : found.start()] + _figure(found, figures)
        end, length = found.end(), length + len(piece)
        pieces.append(piece)
        if length > SENTENCE_LIMIT:
            break
    return _cut("".join([*pieces, text[end : end + SENTENCE_LIMIT + 1]]), SENTENCE_LIMIT)


def _figure(place: re.Match[str], figures: Mapping[str, Any]) -> str:
    whole, (name, form) = place.group(), place.groups()
    if name is None:
        return whole[0]
    if name not in figures:
        return whole
    value = figures[name]
    if form and _FORMAT.fullmatch(form):
        try:
            return _cut(format(value, form), FIGURE_LIMIT)
        except (ValueError, TypeError, OverflowError):
            pass  # the figure is no number
    return _cut(str(value), FIGURE_LIMIT)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def sentence(text: str, fields: Mapping[str, Any]) -> str:
    """The template with its figures filled in; figures without a place follow as `name=value`."""
    has = places(text)
    rest = [f"{name}={_cut(str(value), FIGURE_LIMIT)}" for name, value in fields.items() if name not in has]
    return _cut("  ".join([filled(text, fields), *rest]), SENTENCE_LIMIT)


def verbatim(text: str) -> str:
    """The template without places that becomes this text."""
    return text.replace("{", "{{").replace("}", "}}")
