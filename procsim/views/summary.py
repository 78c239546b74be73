"""The summary under a run: what it has shown, with its figures, and what went wrong."""

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from procsim.language import _
from procsim.state import RunState
from procsim.views.base import Verdict, clean, seconds
from procsim.views.jsonl import sentence_of
from procsim.views.screen import gauges_line
from procsim.views.words import STYLES, WAIT_WORDS


def ascii_only(console: Console) -> bool:
    """Whether the terminal cannot show more than ASCII."""
    return not console.encoding.lower().startswith("utf")


def summary(run: RunState, verdict: Verdict, plain_marks: bool) -> RenderableType:
    """The last word on a run."""
    head = _("{scenario}: {processes} processes, {events} events in {time}").format(
        scenario=clean(verdict.scenario), processes=len(run.processes), events=run.events, time=seconds(run.t)
    )
    parts: list[RenderableType] = [Text(head, style="bold")]
    if run.gauges:
        parts.append(gauges_line(run, plain_marks))
    rows = Table.grid(padding=(0, 1))
    rows.add_column(no_wrap=True)
    rows.add_column(no_wrap=True)
    rows.add_column(overflow="fold")
    yes, no = ("[ok]", "[NO]") if plain_marks else ("✔", "✘")
    for claim in verdict.claims:
        style = STYLES["good" if claim.holds else "bad"]
        text = clean(sentence_of(_(claim.text), claim.figures))
        if not claim.holds:
            text = _("this run did not show it: {text}").format(text=text)
        rows.add_row(Text(yes if claim.holds else no, style), Text(clean(claim.id), "bold"), Text(text))
    for finding in verdict.findings:
        mark = "!" if plain_marks else "▲"
        rows.add_row(Text(mark, STYLES["bad"]), Text(), Text(clean(sentence_of(_(finding.text), finding.figures))))
        for standing in finding.figures.get("standing", ()):
            rows.add_row(Text(), Text(), Text(_standing(standing), STYLES["waiting"]))
    if rows.row_count:
        parts.append(rows)
    return Group(*parts)


def _standing(wait: dict[str, str]) -> str:
    words = _(WAIT_WORDS.get(wait["kind"], "")).format(object=wait["object"], child=wait["object"])
    return clean(f"{wait['process']} (PID {wait['pid']}): {words}  {wait['at'] or ''}").rstrip()
