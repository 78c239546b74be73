"""The picture of a run on a screen of a given size.

    headline · processes · locks, queues … · lanes · gauges · code · last lines · why it hangs · message · keys

A pure function of the state. Rows that do not fit are counted; none is left out silently.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from rich.console import Console, ConsoleDimensions, Group, RenderableType
from rich.table import Table
from rich.text import Text

from procsim.findings.base import from_fields
from procsim.language import _
from procsim.state.run_state import RunState
from procsim.views.base import clean, seconds
from procsim.views.live.code import Source, pane
from procsim.views.live.keys import Keys
from procsim.views.live.object_table import object_table, things
from procsim.views.live.process_table import process_table
from procsim.views.live.question import question_lines
from procsim.views.text.gauges import gauges_line
from procsim.views.text.lanes import draw_live_lanes, rows_wanted
from procsim.views.text.prose import Prose
from procsim.views.text.rows import fitted
from procsim.views.text.words import (
    STYLES,
    counted_states,
    events_words,
    holdings,
    localized,
    narration,
    processes_words,
)
from procsim.views.wishes import Movement

LINE_CHARACTERS = 2_000
"""Of a printed line that are looked at; the line may be as long as the program likes, and is cut to the width."""

LANES_FROM = 16
"""Where fewer rows are free, there are no lanes."""

SMALLEST = ConsoleDimensions(44, 13)
"""Below this there is no room for a table."""


@dataclass(frozen=True)
class ScreenRequest:
    """What is to be drawn, beside the state of the run."""

    title: str = ""
    size: ConsoleDimensions = SMALLEST
    t: int = 0
    """ns since the start."""
    plain_marks: bool = False
    """Whether the terminal has only ASCII."""
    asking: bool = True
    """Whether people are asked what to do with a program that hangs."""
    movement: Movement | None = None
    """None: it is a recording."""
    keys: Keys = field(default_factory=Keys)
    help: bool = False
    """Whether all keys are explained instead."""
    message: str = ""
    """Shown above the keys."""
    source: Source | None = None
    """The code that is shown with it."""
    first_line: int = 1
    """The first line of the code on the last picture: it stays there while the process that moved last is in view."""


class ScreenLayout(NamedTuple):
    """What stands where on the picture."""

    rows: Sequence[int] = ()
    """The PIDs in the table of processes, from top to bottom."""
    first_line: int = 1
    """The first line of the code that is shown."""


def screen(run: RunState, request: ScreenRequest) -> tuple[RenderableType, ScreenLayout]:
    """The picture of the run; where it hangs, with the reason. And what stands where on it."""
    size, plain_marks = request.size, request.plain_marks
    layout = ScreenLayout(first_line=request.first_line)
    head = _headline(run, request)
    if size.width < SMALLEST.width or size.height < SMALLEST.height:
        return Group(head, *(question_lines(run, size.width) or _short(run, size))), layout
    gauges = gauges_line(run, plain_marks)
    # The headline, the gauges, a rule and the keys always stand; processes, objects, lanes and lines share the rest.
    alarm = question_lines(run, size.width) or (_alarm(run, size, plain_marks) if request.asking else [])
    free = size.height - 3 - bool(gauges) - len(alarm) - bool(request.message)
    rule = Text(("-" if plain_marks else "─") * size.width, style="dim")
    keys = request.keys.line(size.width, plain_marks)
    if request.help:
        return Group(head, rule, request.keys.page(), rule, keys), layout
    code_rows = free // 2 if request.source is not None else 0
    free -= code_rows
    objects = things(run)
    object_rows = min(len(objects) + 1, max(3, free // 4)) if objects else 0
    lanes = _lanes(run, request, free, object_rows)
    line_rows = min(len(run.lines), max(2, (free - object_rows - len(lanes)) // 5))
    process_rows = min(len(run.processes) + 1, max(3, free - object_rows - line_rows - len(lanes)))
    line_rows = max(0, free - object_rows - process_rows - len(lanes))
    processes, pids = process_table(run, process_rows, size.width, request.movement, plain_marks)
    parts: list[RenderableType] = [head, processes]
    if objects:
        parts.append(object_table(run, objects, object_rows, size.width, plain_marks))
    parts.extend(lanes)
    if gauges:
        parts.append(fitted(gauges, size.width))
    parts.append(rule)
    first_line = request.first_line
    if request.source is not None:
        moved = request.movement.moved if request.movement else None
        code, first_line = pane(request.source, run, moved, code_rows, size.width, first_line)
        parts.append(code)
    lines = _last_lines(run, line_rows, size.width)
    parts.extend(lines + [Text()] * (line_rows - len(lines)))
    parts.extend(alarm)
    if request.message:
        parts.append(fitted(Text(request.message, STYLES["waiting"]), size.width))
    return Group(*parts, keys), ScreenLayout(pids, first_line)


def last_picture(run: RunState, size: ConsoleDimensions, plain_marks: bool = False) -> RenderableType:
    """What the processes and the objects had come to in the end, to stand above the summary; half a screen at most."""
    if size.width < SMALLEST.width or size.height < SMALLEST.height:
        return Group()
    rows, objects = size.height // 2, things(run)
    parts = [process_table(run, min(len(run.processes) + 1, rows), size.width)[0]]
    if objects:
        parts.append(object_table(run, objects, min(len(objects) + 1, max(3, rows // 2)), size.width, plain_marks))
    return Group(*parts)


def _lanes(run: RunState, request: ScreenRequest, free: int, object_rows: int) -> list[Text]:
    """A third of the free rows, or what the processes leave; the table of processes has half of them first."""
    if free < LANES_FROM:
        return []
    table_rows = min(len(run.processes) + 1, free // 2)
    rows = min(rows_wanted(run), max(free // 3, free - object_rows - len(run.processes) - 1 - free // 5))
    return draw_live_lanes(
        run, request.size.width, min(rows, free - object_rows - table_rows), request.t, request.plain_marks
    )


def _alarm(run: RunState, size: ConsoleDimensions, plain_marks: bool) -> list[Text]:
    """Why it hangs, and what would cure it; a third of the screen at most."""
    if not run.found:
        return []
    mark = "! " if plain_marks else "▲ "
    finding = from_fields(run.found[0].fields)
    text, cure = localized(finding.text, finding.figures), localized(finding.cure, finding.figures)
    console = Console(width=size.width)
    lines = [*Prose(mark + text, STYLES["bad"]).wrap(console, size.width)]
    if cure:
        lines += Prose("  " + cure, STYLES["cure"]).wrap(console, size.width)
    if len(run.found) > 1:
        lines.append(Text("  " + _("… and {count} more").format(count=len(run.found) - 1), STYLES["bad"]))
    return lines[: size.height // 3]


def _headline(run: RunState, request: ScreenRequest) -> RenderableType:
    alive = sum(process.alive for process in run.processes.values())
    facts = _("{alive} of {processes}   {events}   {time}").format(
        time=f"{request.t / 1e9:.1f} s",
        alive=alive,
        processes=processes_words(run.process_count),
        events=events_words(run.events),
    )
    line = Table.grid(expand=True)
    line.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    line.add_column(no_wrap=True, justify="right")
    line.add_row(_mode(request).append(clean(request.title), "bold"), Text("  " + facts, "cyan"))
    return line


def _mode(request: ScreenRequest) -> Text:
    """How the run moves, where it does not move by itself."""
    movement = request.movement
    if movement is None or not movement.closed:
        return Text()
    if movement.pace is not None:
        pace = f"{movement.pace:.2g}"
        words = _("1 step a second") if pace == "1" else _("{pace} steps a second").format(pace=pace)
    else:
        words = _("step {number}").format(number=movement.steps) if movement.steps else _("it stands")
    return Text.assemble((f" {words} ", "reverse"), " ")


def _short(run: RunState, size: ConsoleDimensions) -> list[Text]:
    """For a window that holds no table: how many do what, and the last line."""
    rows = [Text(words) for words, _style in counted_states(run, run.processes.values(), holdings(run))]
    return [fitted(row, size.width) for row in rows[: max(0, size.height - 2)]]


def _last_lines(run: RunState, rows: int, width: int) -> list[Text]:
    shown = []
    for line in list(run.lines)[-rows:]:
        words = narration(line.said) if line.said else clean(line.text[:LINE_CHARACTERS])
        text = Text.assemble(
            (f"{seconds(line.t):>8} ", "dim"), (f"{clean(line.process)}: " if line.process else "", "dim"), words
        )
        shown.append(fitted(text, width))
    return shown
