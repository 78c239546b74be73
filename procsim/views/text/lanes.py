"""The lanes of a run as lines of text: a glyph for each cell, so that they can be read without colour, and in ASCII.

RunState ──► procsim.state.timeline ──► the time axis, a lane for each process, a row of bars for each queue, the legend
"""

import re
from collections.abc import Mapping
from itertools import groupby
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from procsim.language import N_, _
from procsim.state.history import Status
from procsim.state.run_state import RunState
from procsim.state.timeline import Depth, Lane, Stretch, Timeline, end_of_growing_axis, timeline_of
from procsim.views.base import clean
from procsim.views.text.words import STYLES

NAME_CELLS = 14
GAP = " "
NUMBER = re.compile(r"-\d{1,6}$")
"""The number at the end of a name, which distinguishes the workers of a pool."""

BARS, DIGITS = "▁▂▃▄▅▆▇█", "0123456789"
FRAME_ROWS = 2
"""The axis and the legend."""

FEWEST_CELLS = 20


class Appearance(NamedTuple):
    """How a status is drawn, in Unicode and in ASCII, and what it is called."""

    glyph: str
    plain: str
    style: str
    words: str


APPEARANCES: Mapping[Status, Appearance] = {
    Status.ABSENT: Appearance(" ", " ", "", ""),
    Status.RUNNING: Appearance("─", "-", "", N_("runs")),
    Status.STANDING: Appearance("┄", ",", STYLES["next"], N_("at the gate")),
    Status.ASLEEP: Appearance("·", ".", STYLES["asleep"], N_("sleeps")),
    Status.WAITING: Appearance("░", ":", STYLES["waiting"], N_("waits")),
    Status.STUCK: Appearance("▒", "!", STYLES["bad"], N_("waits for ever")),
    Status.INSIDE: Appearance("█", "#", "holding.block", N_("holds a lock")),
    Status.ENDED: Appearance("┤", "|", STYLES["ended"], N_("ended")),
    Status.FAILED: Appearance("✘", "X", STYLES["bad"], N_("killed or failed")),
}


def draw_live_lanes(run: RunState, width: int, rows: int, t: int, plain_marks: bool) -> list[Text]:
    """What happened up to `t` ns, in at most so many rows, on an axis that grows by leaps."""
    return draw_lanes(run, width, rows, t, end_of_growing_axis(t), plain_marks)


def draw_whole_run(run: RunState, width: int, rows: int, plain_marks: bool) -> list[Text]:
    """The whole run, in at most so many rows."""
    return draw_lanes(run, width, rows, run.t, run.t, plain_marks)


def rows_wanted(run: RunState) -> int:
    """How many rows it takes to show all lanes; 0: there is a single process, and no need for lanes."""
    if len(run.processes) < 2:
        return 0
    return len(run.processes) + sum(1 for queue in run.queues.values() if queue.puts) + FRAME_ROWS


def draw_lanes(run: RunState, width: int, rows: int, t: int, end: int, plain_marks: bool) -> list[Text]:
    """What happened up to `t` ns, in at most so many rows, on an axis that ends at `end` ns; empty: too narrow."""
    cells = width - NAME_CELLS - len(GAP)
    if rows <= FRAME_ROWS or cells < FEWEST_CELLS or not rows_wanted(run):
        return []
    shown = timeline_of(run, cells, rows - FRAME_ROWS, t, end)
    lines = [
        _axis(shown, cells, plain_marks),
        *(_lane(lane, plain_marks) for lane in shown.lanes),
        *(_depth(depth, plain_marks) for depth in shown.depths),
        _legend(shown, width, plain_marks),
    ]
    for line in lines:
        line.no_wrap = True
    return lines


def _named(name: str, style: str, plain_marks: bool, figure: str = "") -> Text:
    """A name in the first column, cut to its cells; the number at its end and the figure after it are kept."""
    name = clean(name)
    if cell_len(name) > NAME_CELLS - cell_len(figure):
        number = NUMBER.search(name)
        figure = (number.group() if number else "") + figure
        name = set_cell_size(name, NAME_CELLS - 1 - cell_len(figure)) + ("~" if plain_marks else "…")
    return Text().append(set_cell_size(name + figure, NAME_CELLS) + GAP, style)


def _axis(shown: Timeline, cells: int, plain_marks: bool) -> Text:
    """The first line: how many rows were left out, and the times of the axis."""
    start, middle, end = shown.axis
    left = _("+{count} more").format(count=shown.left_out) if shown.left_out else ""
    half = cells // 2
    times = f"{start:<{half}}{middle}"
    return _named(left, "faint", plain_marks).append(f"{times}{end:>{cells - len(times)}}", "faint")


def _lane(lane: Lane, plain_marks: bool) -> Text:
    text = _named(lane.process.name, "", plain_marks)
    waits = {stretch.first: stretch for stretch in lane.waits}
    first = 0
    for status, same in groupby(lane.cells):
        cells = len(list(same))
        appearance = APPEARANCES[status]
        glyph = appearance.plain if plain_marks else appearance.glyph
        while cells:
            stretch = waits.get(first)
            taken = min(cells, stretch.cells) if stretch else cells
            text.append(_labelled(stretch, glyph) if stretch else glyph * taken, appearance.style)
            first, cells = first + taken, cells - taken
    return text


def _labelled(stretch: Stretch, glyph: str) -> str:
    """A stretch of waiting, with what it waits for written in it, if there is room."""
    what = clean(stretch.what)
    rest = stretch.cells - 1 - cell_len(what)
    return glyph + what + glyph * rest if what and rest > 0 else glyph * stretch.cells


def _depth(depth: Depth, plain_marks: bool) -> Text:
    queue = depth.queue
    most = max(1, queue.peak)
    levels = DIGITS if plain_marks else BARS
    scaled = most if plain_marks and most < len(levels) else len(levels) - 1
    alarm = "alarm" if plain_marks else "alarm.block"  # digits are to be read, bars to be seen
    text = _named(queue.name, "strong", plain_marks, f" 0-{queue.peak}")
    for cell in depth.cells:
        if cell is None:
            text.append(" ")
        else:
            level = -(-min(cell, most) * scaled // most)
            full = bool(queue.maxsize) and cell >= queue.maxsize
            text.append(levels[level], alarm if full else "strong" if cell else "faint")
    return text


def _legend(shown: Timeline, width: int, plain_marks: bool) -> Text:
    """What the glyphs in these lanes mean; if there is no room for all, the least telling ones are left out."""
    seen = {status for lane in shown.lanes for status in lane.cells}
    entries: dict[Status | None, Text] = {
        status: Text.assemble(
            (appearance.plain if plain_marks else appearance.glyph, appearance.style),
            (f" {_(appearance.words)}", "faint"),
        )
        for status, appearance in APPEARANCES.items()
        if status in seen and appearance.words
    }
    if shown.depths:
        bars = "059" if plain_marks else "▁▄█"
        entries[None] = Text.assemble((bars, "strong"), (" " + _("items queued"), "faint"))
    gap = Text("   ")
    for status in (None, Status.ENDED, *APPEARANCES):
        if gap.join(entries.values()).cell_len <= width:
            break
        entries.pop(status, None)
    return gap.join(entries.values())
