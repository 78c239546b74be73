"""The brief view: what is wrong, when it is found, and one line at the end.

It formats nothing else, and so costs nothing while nothing is wrong; rich is imported when there is something to draw.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TextIO

from procsim.findings import Finding
from procsim.findings.base import TIME_LIMIT, from_fields
from procsim.harmless import harmless
from procsim.language import N_, _
from procsim.state.run_state import RunState
from procsim.views import Showing
from procsim.views.base import Verdict, View
from procsim.views.text.beside import Beside
from procsim.views.text.words import (
    by_procsim,
    counted,
    detached_words,
    events_words,
    exit_words,
    forgotten_words,
    processes_words,
    untraced_words,
)
from procsim.views.wishes import Movement
from procsim.wire.events import Event

if TYPE_CHECKING:
    from rich.console import Console


class BriefView(View):
    """Writes what is wrong."""

    def __init__(self, stream: TextIO, showing: Showing) -> None:
        self._stream = stream
        self._showing = showing
        self._beside = Beside(stream, program_writes=showing.watching)
        self._shows_printed = not showing.watching and not showing.recorded
        """Whether this view writes what the program prints; if not, the program does, or it is a recording."""
        self._asks = showing.asks
        """Whether a line is still to be written that says how to end a program that hangs."""
        self._with_ids = showing.watching
        """Whether the ids of findings are shown, by which the program's author can accept them."""
        self._new: list[Finding] = []
        self._shown: list[Finding] = []
        self._console: Console | None = None
        self._row_is_begun = False
        """Whether this view has written what the program printed, and the end of that line is still to come."""

    def event(self, event: Event, run: RunState) -> None:
        if event.kind == "finding" and not event.fields.get("accepted"):
            self._new.append(from_fields(event.fields))
        elif event.kind == "printed" and self._shows_printed:
            text = "\n".join(map(harmless, str(event.fields["text"]).split("\n")))
            self._row_is_begun = not text.endswith("\n")
            with self._beside.writing():
                self._stream.write(text)

    def tick(self, run: RunState, movement: Movement | None) -> None:
        if self._new:
            found, self._new = self._new, []
            self._shown += found
            with self._beside.writing():
                self._write_findings(found)
                if self._asks and run.hangs():
                    self._asks = False
                    self._stream.write(f"  {_('Ctrl-C ends it')}\n")
                self._stream.flush()
        elif self._shows_printed:
            with self._beside.writing():
                self._stream.flush()

    def finish(self, run: RunState, verdict: Verdict) -> None:
        rest = replace(verdict, findings=[finding for finding in verdict.findings if finding not in self._shown])
        with self._beside.writing():
            if self._showing.summary:
                from procsim.views.text.summary import print_lanes

                print_lanes(self._console_for_text(), run)
            if rest.claims or rest.findings or rest.revealed:
                from procsim.views.text.summary import ascii_only, print_rows, verdict_rows

                console = self._console_for_text()
                print_rows(console, verdict_rows(rest, ascii_only(console), with_ids=self._with_ids))
            beside = (*detached_words(run), *untraced_words(run), *forgotten_words(run))
            for line in (*beside, last_line(run, verdict)):
                self._begin_row()
                self._stream.write(line + "\n")
            self._stream.flush()

    def _write_findings(self, found: Sequence[Finding]) -> None:
        from procsim.views.text.summary import ascii_only, finding_rows, print_rows

        console = self._console_for_text()
        for finding in found:
            print_rows(console, finding_rows(finding, ascii_only(console), with_id=self._with_ids))

    def _console_for_text(self) -> "Console":
        """A console, at the start of a row."""
        if self._console is None:
            from procsim.views.console import console

            self._console = console(self._stream)
        self._begin_row()
        return self._console

    def _begin_row(self) -> None:
        self._stream.write("\n" if self._row_is_begun else self._beside.row_of_our_own())
        self._row_is_begun = False


def last_line(run: RunState, verdict: Verdict) -> str:
    """What the run has come to: "4 processes, 610 events, nothing wrong, 2.7 s"; how it ended, if not with 0."""
    faults = [finding for finding in verdict.findings if finding.is_fault]
    certain = sum(finding.certain for finding in faults)
    parts: list[str] = []
    if certain:
        parts.append(counted(certain, N_("1 thing wrong"), N_("{count} things wrong")))
    if len(faults) > certain:
        parts.append(counted(len(faults) - certain, N_("1 thing probably wrong"), N_("{count} things probably wrong")))
    if verdict.accepted:
        parts.append(_("{count} accepted").format(count=len(verdict.accepted)))
    early = {finding.id for finding in verdict.findings if not finding.is_fault}
    code = run.processes[run.main].exit_code if run.main in run.processes else None
    if by_procsim(run, run.main, run.processes[run.main].ended if code else None):
        parts.append(_("procsim ended it"))
    elif code and not early:
        parts.append(_("ended with exit code {exit_code}").format(exit_code=code) if code > 0 else exit_words(code))
    if early:
        parts.append(_("ended at the time limit") if TIME_LIMIT in early else _("ended early"))
    elif not faults:
        parts.append(_("nothing else wrong") if verdict.accepted or code else _("nothing wrong"))
    return _("{processes}, {events}, {wrong}, {seconds} s").format(
        processes=processes_words(run.process_count),
        events=events_words(run.events),
        wrong=_(", ").join(parts),
        seconds=f"{run.t / 1e9:.1f}",
    )
