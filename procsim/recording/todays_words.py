"""The sentences of a recording, in the words of today.

A recording holds each sentence of a finding, a claim or a cure as it was shown, and the id of its template.
sentences.json has the templates of today by their ids. So an old recording can be shown in today's words, and in the
chosen language; where the id is not known, or the figures do not fit, it is shown in the words that were recorded.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from procsim.findings.base import OPTIONAL, sentence_of
from procsim.sentences import places, verbatim

KNOWN = Path(__file__).with_name("sentences.json")


def in_todays_words(fields: Mapping[str, Any], scenario: str) -> dict[str, Any]:
    """The fields of a recorded claim or finding, with the templates that are to be shown for it.

    `scenario`: the one whose claim it is; empty for a finding.
    """
    figures, identity = fields["figures"], fields.get("sentence") or _alone(fields["id"])
    prefix = f"{scenario}/" if scenario else ""
    words = {"template": _words(prefix + identity, fields["template"], fields["text"], figures)}
    if fields.get("cure_template"):
        cure = fields.get("cure_sentence") or f"{identity}.cure"
        words["cure_template"] = _words(cure, fields["cure_template"], fields.get("cure", ""), figures)
    return {**fields, **words}


def _alone(identity: str) -> str:
    """The id of the sentence of a finding, where an old recording has only the finding's; empty: it has several."""
    others = (known.removesuffix(".cure") for known in known_sentences())
    return "" if any(other.startswith(f"{identity}.") for other in others) else identity


def _words(identity: str, template: str, text: str, figures: Mapping[str, Any]) -> str:
    """The template of today; where it is not known, or needs other figures, the text as it was recorded."""
    known = known_sentences()
    if template.translate(_BRACKETS) in _without_brackets():
        return _without_brackets()[template.translate(_BRACKETS)]
    today = known.get(identity) or _with_the_same_figures(identity, template)
    if today is not None and places(OPTIONAL.sub("", today)) <= figures.keys():
        return today
    return template if sentence_of(template, figures) == text else verbatim(text)


def _with_the_same_figures(identity: str, template: str) -> str | None:
    """Of the several sentences of a claim, the one that has places for the same figures; None: not just one has.

    In old recordings a claim has its own id alone.
    """
    figures = places(template)
    several = (each for known, each in known_sentences().items() if identity and known.startswith(f"{identity}."))
    same = [each for each in several if figures and places(each) == figures]
    return same[0] if len(same) == 1 else None


_BRACKETS = str.maketrans("", "", "⟨⟩")
"""They enclose what is left out where a figure is not known. Older versions of procsim did not write them."""


@cache
def _without_brackets() -> dict[str, str]:
    """The templates of today, by their text without these brackets."""
    return {sentence.translate(_BRACKETS): sentence for sentence in known_sentences().values()}


@cache
def known_sentences() -> dict[str, str]:
    """The templates of today by id: of findings (`ID`), of their cures (`ID.cure`), of claims (`SCENARIO/ID`)."""
    sentences: dict[str, str] = json.loads(KNOWN.read_text(encoding="utf-8"))
    return sentences
