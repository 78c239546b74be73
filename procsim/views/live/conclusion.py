"""What a run has come to, or why it hangs, in the few rows above the keys.

    Verdict ──► parts: the prediction, the claims, the findings with their cures ──► as many lines as there is room for

Where not all has room, the cure of the first finding comes before the claims: what is wrong stands in the headline and
in the picture, and the claims say it once more. The last line then names the key that shows all of it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from rich.text import Text

from procsim.findings.base import Finding
from procsim.language import _
from procsim.views.base import Verdict
from procsim.views.text.predictions import revealed_rows
from procsim.views.text.prose import Prose, hanging, wrapped
from procsim.views.text.summary import finding_rows, mark_of, verdict_rows
from procsim.views.text.words import STYLES, localized


class Conclusion(NamedTuple):
    """The lines that are shown, and whether there are more."""

    lines: list[Text]
    cut: bool


def conclusion(verdict: Verdict, rows: int, width: int, plain: bool, drawn: bool) -> Conclusion:
    """What a run has come to, in at most so many rows. `drawn`: the circle of waits stands in the picture."""
    whole = whole_conclusion(verdict, width, plain)
    if len(whole) <= rows:
        return Conclusion(whole, False)
    lines = [line for part in _short_parts(verdict, width, plain, drawn) for line in part]
    rest = Text(_("… v shows all of it"), STYLES["faint"])
    return Conclusion([*lines[: rows - 1], rest], True)


def main_point(verdict: Verdict, width: int, plain: bool) -> Conclusion:
    """The same for the back row: what came of the prediction, and the cure; where there are none, what comes first."""
    prediction = _prediction(verdict, width)
    parts = [part for part in (prediction, _first_cure(verdict, width, plain)) if part]
    parts = parts or [*_short_parts(verdict, width, plain, drawn=False)][:1]
    lines = [line for part in parts for line in part]
    return Conclusion(lines, len(whole_conclusion(verdict, width, plain)) > len(lines))


def whole_conclusion(verdict: Verdict, width: int, plain: bool) -> list[Text]:
    """All of it, in as many lines as it takes."""
    return _prediction(verdict, width) + _lines(verdict_rows(replace(verdict, revealed=None), plain), width)


def alarm(found: Sequence[Finding], rows: int, width: int, plain: bool, told: bool) -> list[Text]:
    """Why it hangs, or probably does, and what would cure it. `told`: the picture tells the first part."""
    finding = found[0]
    text, mark = localized(finding.text, finding.figures), mark_of(finding, plain)
    sentence = [] if told else wrapped(Prose(f"{mark} {text}", STYLES["bad"]), width)
    cure = wrapped(Prose(_cure_words(finding), STYLES["cure"]), width) if finding.cure else []
    more = [Text("  " + _("… and {count} more").format(count=len(found) - 1), STYLES["bad"])] if len(found) > 1 else []
    lines = [*sentence, *cure, *more] if sentence else [*_cure(finding, width, plain), *more]
    if len(lines) <= rows:
        return lines
    return [*([*_cure(finding, width, plain), *sentence] if cure else lines)[: rows - 1], Text("…", STYLES["faint"])]


def _short_parts(verdict: Verdict, width: int, plain: bool, drawn: bool) -> Iterator[list[Text]]:
    """The parts in the order in which they are shown where there is little room."""
    yield _prediction(verdict, width)
    yield _first_cure(verdict, width, plain)
    yield _lines(verdict_rows(Verdict(verdict.scenario, verdict.claims), plain), width)
    for number, finding in enumerate(verdict.findings):
        rows = [*finding_rows(finding, plain)]
        if number == 0 and finding.cure:
            rows = [] if drawn and finding.id == "lock_cycle" else rows[:1]
        yield _lines(rows, width)


def _prediction(verdict: Verdict, width: int) -> list[Text]:
    """What came of what people predicted: that is what they want to see first."""
    if verdict.revealed is None:
        return []
    *_question, (_sign, words, style) = revealed_rows(verdict.revealed)
    return _lines([(Text("?"), Prose(words, STYLES.get(style, "")))], width)


def _first_cure(verdict: Verdict, width: int, plain: bool) -> list[Text]:
    return _cure(verdict.findings[0], width, plain) if verdict.findings else []


def _cure(finding: Finding, width: int, plain: bool) -> list[Text]:
    """The cure of a finding whose sentence does not stand before it."""
    if not finding.cure:
        return []
    return _lines([(Text(mark_of(finding, plain), STYLES["bad"]), Prose(_cure_words(finding), STYLES["cure"]))], width)


def _cure_words(finding: Finding) -> str:
    return _("cure: {words}").format(words=localized(finding.cure, finding.figures))


def _lines(rows: Iterable[tuple[Text, Text]], width: int) -> list[Text]:
    return [line for mark, text in rows for line in hanging(mark.copy().append(" "), text, width)]
