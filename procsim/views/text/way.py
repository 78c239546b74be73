"""A way that an execution took, for a screen: its steps one below the other, a column for each thread where these fit.

Execution ──► Way: the steps that are shown, and which of them decide ──► Drawing ──► lines

         user-1                                user-2
      1  reads stock.txt: 1  tickets.py:49     │
    ► 2  │                                     reads stock.txt: 1  tickets.py:49
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from rich.cells import cell_len
from rich.text import Text

from procsim.explore.deciding import Pair
from procsim.explore.outcomes import Outcome
from procsim.explore.schedule import WHOLE, Execution, Operation, Step
from procsim.language import _
from procsim.views.base import clean
from procsim.views.text.order_words import blocked_words, told, waits_words
from procsim.views.text.rows import cut_name, fitted
from procsim.views.text.words import STYLES

GAP, GAP_OF_TWO = 2, 1
"""Cells between two columns; where there are only two, a line of code mostly fits in, too."""

JOINS = ("process_joined", "thread_joined")
"""Who waits for the end of others has no part in what keeps these from it."""


@dataclass(frozen=True)
class Way:
    """What is shown of an execution."""

    steps: Sequence[Step]
    threads: Sequence[str]
    """Those that take these steps, or wait in the end, in the order in which they began."""
    blocked: Mapping[str, Operation] = field(default_factory=dict)
    """Who waits for ever, and for what."""
    pair: Pair | None = None
    """The pair that decides, if one does alone and its earlier step is among these."""
    earlier: int = 0
    later: int = 0
    """The numbers of its steps, from 1; 0: the later one is what somebody waits for in the end."""

    def decides(self, number: int) -> bool:
        """Whether a step decides, or what somebody waits for in the end (0)."""
        return self.pair is not None and number in (self.earlier, self.later)

    @property
    def beside(self) -> list[str]:
        """Who only waits for the end of others."""
        moved = {step.thread for step in self.steps}
        return [name for name, each in self.blocked.items() if each.kind in JOINS and name not in moved]


def way_of(execution: Execution, steps: Sequence[Step], outcome: Outcome | None = None) -> Way:
    """The way of an execution, of which these steps are shown. `outcome`: that of which it is the simplest."""
    born = [step.operation.object for step in execution.steps if step.operation.kind.endswith("_started")]
    rank = {name: place for place, name in enumerate(born, 1)}
    blocked = execution.blocked if execution.ended == WHOLE else {}  # else it was stopped, and could have gone on
    names = dict.fromkeys([*(step.thread for step in steps), *blocked])
    threads = sorted(names, key=lambda name: rank.get(name, 0))
    pair, earlier, later = _deciding(steps, outcome) if outcome is not None else (None, 0, 0)
    return Way(steps, threads, blocked, pair, earlier, later)


def _deciding(steps: Sequence[Step], outcome: Outcome) -> tuple[Pair | None, int, int]:
    """The pair that decides, and the numbers of its steps; None where it is not among these steps."""
    pairs = outcome.pairs[0] if outcome.pairs else ()
    if len(pairs) != 1:
        return None, 0, 0
    (pair,) = pairs
    numbered = list(enumerate(steps, 1))
    earlier = next((number for number, step in numbered if step is pair.earlier), 0)
    its = (number for number, step in numbered[earlier:] if (step.thread, step.operation) == (pair.thread, pair.later))
    later = next(its, 0)
    waits = outcome.simplest.blocked.get(pair.thread) == pair.later
    return (pair, earlier, later) if earlier and (later or waits) else (None, 0, 0)


class _Cell(NamedTuple):
    """What a thread does, or waits for in the end."""

    thread: str
    words: str
    at: str


class Drawing:
    """A way, as it is drawn in rows of so many cells."""

    def __init__(self, way: Way, width: int, plain: bool) -> None:
        """`plain`: the terminal has only ASCII."""
        self._way, self._width = way, width
        self._decides, self._line = (">", "|") if plain else ("►", "│")
        """The sign of a step that decides, and what stands in the column of a thread that does not move."""
        self._indent = " " * len(self._number(0))
        self._told = list(told(way.steps, way.decides))
        self._steps = [_Cell(each.step.thread, each.done, each.step.operation.at) for each in self._told]
        self._columns = [name for name in way.threads if name not in way.beside]
        blocked = [(name, way.blocked[name]) for name in self._columns if name in way.blocked]
        self._waits = [_Cell(name, waits_words(each), each.at) for name, each in blocked]
        self._gap = " " * (GAP_OF_TWO if len(self._columns) == 2 else GAP)
        gaps = len(self._gap) * (len(self._columns) - 1)
        self._cells = (width - len(self._indent) - gaps) // max(1, len(self._columns))
        cells = [*self._steps, *self._waits]
        fits = bool(self._columns) and all(cell_len(cell.words) <= self._cells for cell in cells)
        files = {cell.at.rpartition(":")[0] for cell in cells if cell.at}
        self._with_files = all(cell_len(cell.words + _place(cell.at, True)) <= self._cells for cell in cells)
        self._with_lines = self._with_files or (
            len(files) == 1 and all(cell_len(cell.words + _place(cell.at, False)) <= self._cells for cell in cells)
        )
        self.file = "".join(files) if fits and self._with_lines and not self._with_files else ""
        """The file of which only the lines are named; empty: there is none."""
        self._head, self._body, self._end = self._in_columns() if fits else self._as_list()
        self._end += [
            Text(self._indent + blocked_words(name, way.blocked[name]), STYLES["faint"]) for name in way.beside
        ]

    @property
    def rows(self) -> int:
        """How many rows it takes, if all of it is shown."""
        return len(self._head) + len(self._body) + len(self._end)

    def lines(self, rows: int) -> list[Text]:
        """At most so many rows: the names of the threads, the steps, the last ones if they are too many, who waits."""
        body, room = self._body, rows - len(self._head) - len(self._end)
        if len(body) > room:
            left_out = len(body) - max(0, room - 1)
            first = self._told[left_out].number if left_out < len(body) else len(self._way.steps) + 1
            words = _("… {count} steps before").format(count=first - 1)
            body = [Text(self._indent + words, STYLES["faint"]), *body[left_out:]]
        return [fitted(line, self._width) for line in (*self._head, *body, *self._end)][: max(0, rows)]

    def _in_columns(self) -> tuple[list[Text], list[Text], list[Text]]:
        names = {name: Text(cut_name(clean(name), self._cells), "strong") for name in self._columns}
        waits = {cell.thread: self._cell(cell, STYLES["bad"]) for cell in self._waits}
        sign = self._number(0)[:1] + self._indent[1:]
        steps = [
            self._row(self._number(each.number), {cell.thread: self._cell(cell, self._style(each.number))})
            for each, cell in zip(self._told, self._steps, strict=True)
        ]
        return [self._row(self._indent, names, "")], steps, [self._row(sign, waits)] if waits else []

    def _as_list(self) -> tuple[list[Text], list[Text], list[Text]]:
        steps = [
            Text.assemble(self._number(each.number), (each.words, self._style(each.number))) for each in self._told
        ]
        names = [cell.thread for cell in self._waits]
        waits = [blocked_words(name, self._way.blocked[name]) for name in names]
        return [], steps, [Text(self._indent + words, STYLES["bad"]) for words in waits]

    def _style(self, number: int) -> str:
        return STYLES["bad"] if self._way.decides(number) else ""

    def _number(self, number: int) -> str:
        """What stands before a step, with the sign of those that decide."""
        sign = self._decides if self._way.decides(number) else " "
        return f"{sign} {str(number).rjust(len(str(len(self._way.steps))))}  "

    def _row(self, before: str, words: Mapping[str, Text], line: str | None = None) -> Text:
        row = Text(before)
        for place, name in enumerate(self._columns):
            cell = words.get(name, Text(self._line if line is None else line, STYLES["faint"])).copy()
            cell.truncate(self._cells, overflow="ellipsis", pad=True)
            row.append_text(cell).append(self._gap if place + 1 < len(self._columns) else "")
        return row

    def _cell(self, cell: _Cell, style: str) -> Text:
        place = _place(cell.at, self._with_files) if self._with_lines else ""
        return Text.assemble((cell.words, style), (place, STYLES["faint"]))


def _place(at: str, with_file: bool) -> str:
    """The place in the code as it stands behind the words."""
    place = clean(at)
    return f"  {place if with_file else ':' + place.rpartition(':')[2]}" if place else ""
