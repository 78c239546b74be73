"""A running program that was looked at, in lines: why it hangs, what each process does and each object holds.

Look ──► story ──► RunState, Verdict, Beside ──► attached_lines ──► text, or a screen
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from procsim.findings.base import UNEXPLAINED
from procsim.language import N_, _
from procsim.output import writing
from procsim.state.processes import Process
from procsim.state.run_state import RunState
from procsim.views.base import Verdict, View, clean
from procsim.views.live.process_rows import Held, counted_rest, folded, in_order, names_of, row_name, row_words
from procsim.views.live.things import Thing, thing_lines, things
from procsim.views.text.prose import Prose
from procsim.views.text.rows import fitted
from procsim.views.text.summary import ascii_only, print_rows, verdict_rows
from procsim.views.text.words import STYLES, counted, holdings, processes_words

PROCESS_ROWS, THING_ROWS = 40, 30
"""At most so many rows where they are printed."""

NAME_CELLS, WORDS_CELLS = 20, 46
"""Cells that the columns have at most; what is longer pushes the rest of its line aside."""

FUNCTION_CELLS = 20
"""Cells of the column of functions."""

WIDTH_ELSEWHERE = 100
"""Cells of a line that draws an object, where there is no terminal."""


class Call(NamedTuple):
    """A call of a thread that has not returned."""

    function: str
    at: str
    """Such as "work.py:12"."""
    values: Sequence[tuple[str, str]] = ()
    """Its variables and their values, where these were asked for."""
    whose: str = "program"
    """Whose code it is: see `procsim.diagnosis.stacks.Frame`."""


class ThreadStack(NamedTuple):
    """Where a thread stands."""

    name: str
    calls: Sequence[Call]
    """Innermost first; empty where it runs no Python, or that could not be read."""
    shown: Sequence[Call]
    """Those of them that people need to see."""


@dataclass(frozen=True)
class Attached:
    """What is shown of a program beside its state."""

    title: str
    """The command that its main process runs."""
    notes: Sequence[str] = ()
    """A sentence for each reason why something could not be looked at."""
    unknown: str = ""
    """Why it is not known whether it hangs; empty: that was looked at."""
    states: Mapping[int, str] = field(default_factory=dict)
    """What those processes do of which it is not known what they wait for, by PID."""
    calls: Mapping[int, str] = field(default_factory=dict)
    """Of those that do not run just now, what the main thread does, by PID: mostly its system call."""
    places: Mapping[int, str] = field(default_factory=dict)
    """The line of the program at which the main thread of each process stands, by PID."""
    held_elsewhere: Collection[int] = ()
    """The identities of locks that are held by a process that was not read."""
    stacks: Mapping[int, Sequence[ThreadStack]] = field(default_factory=dict)
    """Where the threads of each process stand, by PID."""


class AttachedView(View):
    """Prints what was seen."""

    def __init__(self, console: Console, attached: Attached, with_stacks: bool = False) -> None:
        self._console = console
        self._attached = attached
        self._with_stacks = with_stacks

    def finish(self, run: RunState, verdict: Verdict) -> None:
        console, wide = self._console, self._console.is_terminal
        with writing():
            console.print(Text(title_words(run, self._attached), "strong"), soft_wrap=not wide)
            print_rows(console, verdict_rows(without_standing(verdict), ascii_only(console), with_ids=True))
            width = console.width if wide else WIDTH_ELSEWHERE
            for _pid, line in process_lines(run, self._attached, PROCESS_ROWS):
                console.print(Text.assemble("  ", line), soft_wrap=not wide)
            for line in thing_lines_of(run, self._attached, THING_ROWS, width, console):
                console.print(line, soft_wrap=True)
            # Where it is not known what it waits for, the calls are all that can be shown.
            with_stacks = self._with_stacks or any(finding.id == UNEXPLAINED for finding in verdict.findings)
            if with_stacks:
                console.print(Text(_("where each thread stands, the innermost call last:"), STYLES["faint"]))
            for process in in_order(run) if with_stacks else ():
                for line in stack_lines(process, self._attached):
                    console.print(line, soft_wrap=True)
            for words in self._attached.notes:
                console.print(Prose(words), soft_wrap=not wide)
            console.print(outcome_line(run, verdict, self._attached), soft_wrap=not wide)
            console.file.flush()


def without_standing(verdict: Verdict) -> Verdict:
    """The verdict without the processes that wait beside: here, each process has a row anyway."""
    found = [each._replace(figures={**each.figures, "standing": []}) for each in verdict.findings]
    return replace(verdict, findings=found)


def title_words(run: RunState, attached: Attached) -> str:
    """Such as "work.py (PID 4711): 3 processes"."""
    words = _("{program} (PID {pid}): {processes}")
    return clean(words.format(program=attached.title, pid=run.main, processes=processes_words(run.process_count)))


def outcome_words(run: RunState, verdict: Verdict, attached: Attached) -> str:
    """The last line: whether it hangs."""
    certain = sum(finding.certain for finding in verdict.findings)
    if run.hung is not None:
        return _("it hangs: {process} will never go on").format(process=clean(run.process_name(run.main)))
    if certain:
        return counted(certain, N_("1 thing wrong; main may go on"), N_("{count} things wrong; main may go on"))
    if verdict.findings:
        return _("it probably hangs")
    if attached.unknown:
        return attached.unknown
    if attached.notes:
        return _("nothing wrong, as far as could be seen: no wait was found that can never end")
    return _("nothing wrong: no wait was found that can never end")


def outcome_line(run: RunState, verdict: Verdict, attached: Attached) -> Prose:
    """The same, as it is drawn: it stands out most where it hangs."""
    return Prose(outcome_words(run, verdict, attached), STYLES["alarm"] if run.hung is not None else "strong")


def process_lines(run: RunState, attached: Attached, rows: int) -> Iterator[tuple[int, Text]]:
    """A row for each process: its name, its PID, what it does and where; those that are too many are counted.

    Each with the PID of the process, or of the first of several that share it; 0: it counts the others.
    """
    held, processes = holdings(run), in_order(run)
    groups = [[process] for process in processes]
    if len(groups) > rows:
        groups = folded(run, processes, rows - 1, held, None)
    names = [row_name(names_of(group), NAME_CELLS) for group in groups]
    widest = max(map(cell_len, names), default=0)
    pids = max((len(str(group[0].pid)) for group in groups), default=0)
    said = [_words_of(run, group[0], attached, held) for group in groups]
    words_cells = max((words.cell_len for words in said if words.cell_len <= WORDS_CELLS), default=0)
    for name, group, words in zip(names, groups, said, strict=True):
        at = group[0].at or attached.places.get(group[0].pid) if group[0].alive else None
        words.append(" " * (words_cells - words.cell_len if at else 0))
        yield group[0].pid, _process_line(group[0].pid, _padded(name, widest), pids, words, at or "")
    drawn = {process.pid for group in groups for process in group}
    left_out = [process for process in processes if process.pid not in drawn]
    if left_out:
        yield 0, counted_rest(run, left_out, held)


def _words_of(run: RunState, process: Process, attached: Attached, held: Held) -> Text:
    """What a process does now."""
    known = attached.states.get(process.pid)
    if known is not None:
        return Text(known, STYLES["faint"])
    return row_words(run, process, held, attached.calls.get(process.pid, ""))


def _process_line(pid: int, name: str, pid_cells: int, words: Text, at: str) -> Text:
    number = _("PID {pid}").format(pid=pid) + " " * (pid_cells - len(str(pid)))
    line = Text.assemble((name, "strong"), "  ", (number, STYLES["faint"]), "  ", words)
    if at:
        line.append("  ").append(clean(at), STYLES["faint"])
    return line


def thing_lines_of(run: RunState, attached: Attached, rows: int, width: int, console: Console) -> Iterator[Text]:
    """A row for each object; of those that the program has given no name that is known, for those that are used."""
    used = {wait.object for wait in run.now_waiting()}
    named = [thing for thing in things(run) if thing.identity in used or not _is_nameless(thing)]
    shown = [thing for thing in named if thing.identity not in attached.held_elsewhere]
    for thing in named:
        if thing.identity in attached.held_elsewhere:
            words = _("held by a process that was not read")
            yield fitted(Text.assemble("  ", (clean(thing.name), "strong"), "  ", words), width)
    for line in thing_lines(run, rows, width - 2, ascii_only(console), shown):
        yield fitted(Text.assemble("  ", line), width)


def _is_nameless(thing: Thing) -> bool:
    """Whether it is called after its type alone, and no process holds it."""
    return thing.name.startswith("a ") and not getattr(thing, "holders", ())


def stack_lines(process: Process, attached: Attached, rows: int | None = None) -> Iterator[Text]:
    """Where each thread of a process stands: a row for each call that people need to see, the innermost last.

    Those of the program itself stand out. Where there is no room for so many rows, outer calls are left out.
    """
    threads = attached.stacks.get(process.pid, ())
    shown = [[*thread.shown] for thread in threads]
    while rows is not None and sum(map(_rows_of, shown)) > rows and any(len(calls) > 1 for calls in shown):
        max(shown, key=len).pop()
    for thread, calls in zip(threads, shown, strict=True):
        words = _("{process} (PID {pid}), {thread}:") if thread.name else _("{process} (PID {pid}):")
        head = words.format(process=process.name, pid=process.pid, thread=thread.name)
        left_out = " …" if len(calls) < len(thread.shown) else ""
        yield Text.assemble("  ", (clean(head) + left_out, "strong"))
        for call in reversed(calls):
            style = "strong" if call.whose == "program" else STYLES["faint"]
            yield Text.assemble("    ", (f"{clean(call.function):<{FUNCTION_CELLS}}  {clean(call.at)}", style))
            for name, value in call.values:
                yield Text(f"      {clean(name)} = {clean(value)}")
        if not calls:
            yield Text(f"    {_('runs no Python now, or that could not be read')}", STYLES["faint"])


def _rows_of(calls: Sequence[Call]) -> int:
    """How many rows the stack of a thread takes, with its head."""
    return 1 + max(1, sum(1 + len(call.values) for call in calls))


def _padded(text: str, cells: int) -> str:
    return text + " " * (cells - cell_len(text))
