"""The summary under a run: what it has shown, with its figures, and what went wrong."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from procsim.findings import Finding
from procsim.language import N_, _, listed
from procsim.state.run_state import RunState
from procsim.views.base import Verdict, clean, seconds
from procsim.views.text.gauges import gauges_line
from procsim.views.text.lanes import draw_whole_run, rows_wanted
from procsim.views.text.predictions import revealed_rows
from procsim.views.text.prose import Prose
from procsim.views.text.stacks import stack_rows
from procsim.views.text.times import times_lines
from procsim.views.text.words import (
    STYLES,
    detached_words,
    events_words,
    forgotten_words,
    localized,
    processes_words,
    waiting_words,
)

LANES_ROWS = 14
LANES_WIDEST = 120
WIDTH_ELSEWHERE = 78
"""The lanes in a summary: at most so many rows; at most so many cells on a terminal, and so many elsewhere."""

STANDING_ROWS = 8
"""At most so many processes that wait are listed under a finding."""


def ascii_only(console: Console) -> bool:
    """Whether the terminal cannot show more than ASCII."""
    return not console.encoding.lower().startswith("utf")


def print_summary(console: Console, run: RunState, verdict: Verdict) -> None:
    """Print what a run has come to: sentences are wrapped on a terminal, and have one line each elsewhere."""
    head = _("{scenario}: {processes}, {events} in {time}").format(
        scenario=clean(verdict.scenario),
        processes=processes_words(run.process_count),
        events=events_words(run.events),
        time=seconds(run.t),
    )
    console.print(Text(head, style="strong"), soft_wrap=True)
    print_lanes(console, run)
    for words in (*detached_words(run), *forgotten_words(run)):
        console.print(Prose(words), soft_wrap=not console.is_terminal)
    print_verdict(console, verdict)


def print_lanes(console: Console, run: RunState) -> None:
    """Print the figures of the scenario, what each process did over time, and where the time went."""
    plain_marks = ascii_only(console)
    if run.gauges:
        console.print(gauges_line(run, plain_marks), soft_wrap=True)
    width = min(console.width, LANES_WIDEST) if console.is_terminal else WIDTH_ELSEWHERE
    for line in draw_whole_run(run, width, min(rows_wanted(run), LANES_ROWS), plain_marks):
        console.print(line, soft_wrap=True)
    for words in times_lines(run):
        console.print(Prose(words), soft_wrap=not console.is_terminal)


def print_verdict(console: Console, verdict: Verdict) -> None:
    """Print its claims and findings."""
    print_rows(console, verdict_rows(verdict, ascii_only(console)))


def print_rows(console: Console, rows: Iterable[tuple[Text, Text]]) -> None:
    """Print sentences behind their marks."""
    for mark, text in rows:
        row = Table.grid(padding=(0, 1))
        row.add_column()
        row.add_column(overflow="fold")  # nothing may be cut off
        row.add_row(mark, text)
        console.print(row if console.is_terminal else Text.assemble(mark, " ", text), soft_wrap=not console.is_terminal)


def verdict_rows(verdict: Verdict, plain_marks: bool, with_ids: bool = False) -> Iterator[tuple[Text, Text]]:
    """A mark and a sentence for each claim, for what people were asked, predicted and saw, for each finding with its
    cure, and for each process that waited. `with_ids`: see `finding_rows`.
    """
    yes, no = ("[ok]", "[NO]") if plain_marks else ("✔", "✘")
    for claim in verdict.claims:
        text = localized(claim.text, claim.figures)
        if not claim.holds:
            text = _("this run did not show it: {text}").format(text=text)
        yield Text.assemble((yes if claim.holds else no, STYLES["good"]), " ", (clean(claim.id), "strong")), Prose(text)
    if verdict.revealed is not None:
        for sign, words, colour in revealed_rows(verdict.revealed):
            yield Text(sign), Prose(words, STYLES.get(colour, ""))
    for finding in verdict.findings:
        yield from finding_rows(finding, plain_marks, with_ids)


def finding_rows(finding: Finding, plain_marks: bool, with_id: bool = False) -> Iterator[tuple[Text, Text]]:
    """A mark and a sentence for a finding, its cure, each process that waited, and where threads stood.

    `with_id`: its id stands behind the sentence, for a program's author who accepts it.
    """
    sentence = Prose(localized(finding.text, finding.figures))
    if with_id:
        sentence.append(f" [{clean(finding.id)}]", STYLES["faint"])
    yield Text(mark_of(finding, plain_marks), STYLES["bad"]), sentence
    if finding.cure:
        yield Text(" "), Prose(localized(finding.cure, finding.figures), STYLES["cure"])
    rows = list(_standing(finding.figures.get("standing", ())))
    for row, _count in rows[:STANDING_ROWS]:
        yield Text(" "), Text(row, STYLES["waiting"])
    if len(rows) > STANDING_ROWS:
        more = sum(count for _row, count in rows[STANDING_ROWS:])
        yield Text(" "), Text(_("… and {count} more").format(count=more), STYLES["waiting"])
    for text in stack_rows(finding.figures):
        yield Text(" "), text


def mark_of(finding: Finding, plain_marks: bool) -> str:
    """The sign before a finding: whether it is certain."""
    certain, probable = ("!", "?") if plain_marks else ("▲", "△")
    return certain if finding.certain else probable


def _standing(waits: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, int]]:
    """A row for each wait, and how many processes it is about: those that wait for the same at one line share it."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for wait in waits:
        groups.setdefault((_wait_words(wait), wait["at"] or ""), []).append(wait)
    for (words, at), group in groups.items():
        figures, row = {**group[0], "words": words}, N_("{process}⟨ (PID {pid})⟩: {words}")
        if len(group) > 1:
            figures["same_processes"], row = [wait["process"] for wait in group], N_("{process}, each: {words}")
        yield clean(f"{localized(row, figures)}  {at}").rstrip(), len(group)


def _wait_words(wait: Mapping[str, Any]) -> str:
    words = waiting_words(wait["kind"], wait["object"], wait["object"])
    if wait["holder"]:
        words = _("{words}, held by {holders}").format(words=words, holders=listed(wait["holder"]))
    if not wait["stuck"]:
        words = _("{words} (and may still go on)").format(words=words)
    return words
