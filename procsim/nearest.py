"""Did you mean …: the known word that is nearest to one that is not known."""

from collections.abc import Iterable
from difflib import SequenceMatcher

from procsim.language import _

NEAR = 0.5
"""How much of two words must be alike, as `difflib` measures it: M8 is near M7."""


def did_you_mean(complaint: str, word: str, known: Iterable[str]) -> str:
    """The complaint about a word, with the known one that is nearest to it, if one is near."""

    def likeness(other: str) -> tuple[float, bool]:
        other = other.casefold()
        return SequenceMatcher(None, word.casefold(), other).ratio(), other[:1] == word[:1].casefold()

    nearest = max(known, key=likeness, default="")
    if likeness(nearest)[0] < NEAR:
        return complaint
    return _("{complaint} (did you mean {word}?)").format(complaint=complaint, word=nearest)
