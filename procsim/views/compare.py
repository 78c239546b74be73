"""Several runs of one scenario side by side: the ways in which it was run, each with what it has come to.

A column for each way where there is room for it, else a block of rows; the same picture grows while they run, one after
the other, and stands above the verdict at the end.
"""

from collections.abc import Iterator, Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from procsim.language import _
from procsim.output import writing
from procsim.state.run_state import RunState
from procsim.state.timeline import Axis, axis_begin, end_of_growing_axis
from procsim.views import Again
from procsim.views.base import Column, Verdict, clean, seconds
from procsim.views.live.clock import Clock
from procsim.views.live.screen import ScreenRequest
from procsim.views.live.view import LiveView
from procsim.views.text.gauges import gauges_line
from procsim.views.text.lanes import draw_lanes, lane_cells, rows_wanted
from procsim.views.text.plain import PlainView
from procsim.views.text.prose import Prose, wrapped
from procsim.views.text.rows import fitted
from procsim.views.text.summary import LANES_ROWS, ascii_only, print_summary, print_verdict, verdict_rows
from procsim.views.text.words import STYLES, counted_states, events_words, holdings, processes_words

NARROWEST_COLUMN = 37
"""Cells that a column needs; where there are fewer for each, the ways stand one below the other."""

GAP = 3
"""Cells between two columns."""

STATE_ROWS = 6
"""Rows for what the processes of one way are doing."""


def picture(
    columns: Sequence[Column], width: int, height: int | None = None, t: int = 0, plain_marks: bool = False
) -> RenderableType:
    """All the ways, in at most `height` rows if it is given. `t`: how far the one that runs now is, in ns."""
    cells = (width - GAP * (len(columns) - 1)) // len(columns)
    if cells >= NARROWEST_COLUMN:
        longest = max((_time(each, t) - axis_begin(each.run) for each in columns if each.begun), default=1)
        length = end_of_growing_axis(longest) if height is not None else longest  # all axes have the same length
        rows = [_fitting(_rows(column, cells, height, t, length, plain_marks), height, cells) for column in columns]
        table = Table.grid(padding=(0, GAP, 0, 0))
        for _column in columns:
            table.add_column(width=cells, no_wrap=True, overflow="ellipsis")
        table.add_row(*(Text("\n").join(row) for row in rows))
        return table
    share = None if height is None else height // len(columns)
    return Group(
        *(row for each in columns for row in _fitting(list(_block(each, width, t, plain_marks)), share, width))
    )


def _fitting(rows: list[Text], height: int | None, width: int) -> list[Text]:
    """As many of the rows as there is room for."""
    rows = [fitted(row, width) for row in rows]
    if height is None or len(rows) <= height:
        return rows
    return [*rows[: height - 1], Text("…", "faint")]


def _rows(column: Column, width: int, height: int | None, t: int, length: int, plain_marks: bool) -> list[Text]:
    """One way as a column: its name, its figures, what its processes do, its lanes; at its end, its verdict."""
    run = column.run
    if not column.begun:
        return [_head(column, plain_marks), Text(_("not begun yet"), "faint")]
    above = [_head(column, plain_marks), _facts(column, t)]
    above += [gauges_line(run, plain_marks)] if run.gauges else []
    above += _states(run) if column.verdict is None else []
    below = list(_verdict(column, width, plain_marks))
    room = LANES_ROWS if height is None else min(LANES_ROWS, height - len(above) - len(below))
    axis = Axis(lane_cells(width), axis_begin(run), axis_begin(run) + length, axis_begin(run))
    lanes = draw_lanes(run, axis, width, min(rows_wanted(run), room), _time(column, t), plain_marks)
    return above + lanes + below


def _time(column: Column, t: int) -> int:
    """How far its run is, in ns."""
    return column.run.t if column.verdict else max(t, column.run.t)


def _block(column: Column, width: int, t: int, plain_marks: bool) -> Iterator[Text]:
    """One way as a block of rows, for narrow screens: the same without lanes, and several facts in a row."""
    head = _head(column, plain_marks).append("   ")
    if not column.begun:
        yield head.append(_("not begun yet"), "faint")
        return
    yield head.append_text(_facts(column, t))
    if column.run.gauges:
        yield gauges_line(column.run, plain_marks)
    if column.verdict is None:
        yield Text("   ").join(_states(column.run))
    yield from _verdict(column, width, plain_marks)


def _head(column: Column, plain_marks: bool) -> Text:
    runs = column.begun and column.verdict is None
    mark = (">" if plain_marks else "▸") if runs else " "
    return Text.assemble((mark, "strong"), " ", (clean(_(column.name)), "strong" if column.begun else "faint"))


def _facts(column: Column, t: int) -> Text:
    run = column.run
    facts = _(", ").join((processes_words(run.process_count), events_words(run.events)))
    return Text.assemble((seconds(_time(column, t)), "strong"), "   ", (facts, "faint"))


def _states(run: RunState) -> Iterator[Text]:
    """How many processes do what; the most common first."""
    for words, style in counted_states(run, run.processes.values(), holdings(run))[:STATE_ROWS]:
        yield Text(words, style)


def _verdict(column: Column, width: int, plain_marks: bool) -> Iterator[Text]:
    if column.verdict is None:
        return
    for mark, text in verdict_rows(column.verdict, plain_marks):
        yield from wrapped(Prose.assemble(mark, " ", text), width)


class ComparedLive(LiveView):
    """Draws all ways on the whole terminal, with the keys of the live view."""

    def begin(self, column: Column) -> None:
        self._clock = Clock()

    def end(self, column: Column) -> None:
        self._draw(column.run)

    def _picture(self, run: RunState, request: ScreenRequest) -> RenderableType:
        width, height = request.size
        keys = request.keys.line(width, request.plain_marks)
        title = fitted(Text(clean(request.title), "strong"), width)
        if request.help:
            return Group(title, Text(), *request.keys.page(width, height - 4), Text(), keys)
        message = [fitted(Text(request.message, STYLES["waiting"]), width)] if request.message else []
        rest = picture(self._showing.columns, width, max(1, height - 4 - len(message)), request.t, request.plain_marks)
        return Group(title, Text(), rest, Text(), *message, keys)

    def finish(self, run: RunState, verdict: Verdict) -> None:
        if self.again is not Again.NO:
            return
        with writing():
            plain_marks = ascii_only(self._console)
            self._console.print(picture(self._showing.columns, self._console.width, plain_marks=plain_marks))
            self._console.print()
            print_verdict(self._console, verdict)


class ComparedPlain(PlainView):
    """Writes what the processes of each way say, one way after the other; then a table of all, and the verdict."""

    def __init__(self, console: Console, columns: Sequence[Column]) -> None:
        super().__init__(console, story_alone=True)
        self._columns = columns

    def begin(self, column: Column) -> None:
        number = self._columns.index(column) + 1
        heading = _("{number} of {ways}: {name}").format(number=number, ways=len(self._columns), name=_(column.name))
        with writing():
            self._console.print(Text(clean(heading), "strong"), soft_wrap=True)

    def end(self, column: Column) -> None:
        if column.verdict is not None:
            with writing():
                print_summary(self._console, column.run, column.verdict)
                self._console.print()

    def finish(self, run: RunState, verdict: Verdict) -> None:
        table = Table.grid(padding=(0, 3, 0, 0))
        table.add_column()
        for _cells in range(3):
            table.add_column(justify="right")
        table.add_row(*(Text(word, "faint") for word in (_("way"), _("time"), _("processes"), _("events"))))
        for column in self._columns:
            seen = column.run
            figures = (seconds(seen.t), str(seen.process_count), str(seen.events)) if column.begun else ()
            table.add_row(Text(clean(_(column.name))), *map(Text, figures))
        with writing():
            self._console.print(table)
            print_verdict(self._console, verdict)
            self._console.file.flush()
