"""The lanes of a run as lines of text: a glyph for each cell, so that they can be read without colour, and in ASCII.

RunState ──► procsim.state.timeline ──► the axis, a lane for each process, a row of bars for each queue, the legend

In a lane stands what its process waits for or holds, and what it has read (`r3`), written (`w2`), put (`11>`) and taken
(`>11`). A write by which an update was lost has a sign of its own (`w2!`), and the colour of alarm.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from procsim.language import N_, _
from procsim.state.history import Status
from procsim.state.processes import PUT, READ, TOOK, WROTE, Mark
from procsim.state.run_state import RunState
from procsim.state.timeline import Axis, Depth, Lane, Place, Stretch, Timeline, axis_of, timeline_of
from procsim.views.base import clean
from procsim.views.text.rows import cut_name
from procsim.views.text.words import STYLES

NAME_CELLS = 14
GAP = " "

BARS, DIGITS = "▁▂▃▄▅▆▇█", "0123456789"
FRAME_ROWS = 2
"""The axis and the legend."""

FEWEST_CELLS = 20

MARK_CELLS = 4
"""The longest value that is written in a mark."""

MARK_SHIFT = 3
"""Cells by which a mark may stand behind its moment, where others stand before it."""

SHORT_MARKS: Mapping[str, str] = {READ: "r", WROTE: "w", PUT: "▮", TOOK: "▯"}
PLAIN_SHORT_MARKS: Mapping[str, str] = {READ: "r", WROTE: "w", PUT: "p", TOOK: "t"}

DEED_WORDS: Mapping[str, str] = {READ: N_("read"), WROTE: N_("wrote"), PUT: N_("put"), TOOK: N_("took")}

LOST_SIGN = "!"
"""Behind a write by which an update was lost: so it can be told from others where there are no colours."""

LOST_WORDS = N_("wrote over what it had not seen")


class Appearance(NamedTuple):
    """How a status is drawn, in Unicode and in ASCII, and what it is called."""

    glyph: str
    plain: str
    style: str
    words: str


APPEARANCES: Mapping[Status, Appearance] = {
    Status.ABSENT: Appearance(" ", " ", "", ""),
    Status.RUNNING: Appearance("─", "-", "", N_("runs")),
    Status.STANDING: Appearance("┄", ",", STYLES["next"], N_("waits for a step")),
    Status.ASLEEP: Appearance("·", ".", STYLES["asleep"], N_("sleeps")),
    Status.WAITING: Appearance("░", ":", STYLES["waiting"], N_("waits")),
    Status.STUCK: Appearance("▒", "!", "alarm.block", N_("waits for ever")),
    Status.INSIDE: Appearance("█", "#", "holding.block", N_("holds a lock")),
    Status.ENDED: Appearance("┤", "|", STYLES["ended"], N_("ended")),
    Status.FAILED: Appearance("✘", "X", "alarm.block", N_("killed or failed")),
}


def draw_whole_run(run: RunState, width: int, rows: int, plain_marks: bool) -> list[Text]:
    """The whole run, in at most so many rows."""
    axis = axis_of(run, lane_cells(width), run.t, growing=False)
    return draw_lanes(run, axis, width, rows, run.t, plain_marks)


def lane_cells(width: int) -> int:
    """The cells of a lane beside a name, in a row of so many cells."""
    return width - NAME_CELLS - len(GAP)


def rows_wanted(run: RunState) -> int:
    """How many rows it takes to show all lanes; 0: there is a single process, and no need for lanes."""
    if len(run.processes) < 2:
        return 0
    return len(run.processes) + sum(1 for queue in run.queues.values() if queue.puts) + FRAME_ROWS


def draw_lanes(run: RunState, axis: Axis, width: int, rows: int, t: int, plain_marks: bool) -> list[Text]:
    """What happened up to `t` ns, in at most so many rows of so many cells; empty: there is too little
    room, or a single process."""
    if rows <= FRAME_ROWS or axis.cells < FEWEST_CELLS or not rows_wanted(run):
        return []
    shown = timeline_of(run, axis, rows - FRAME_ROWS, t)
    lines = [
        _axis(shown, plain_marks),
        *(_named_lane(lane, plain_marks) for lane in shown.lanes),
        *(_depth(depth, plain_marks) for depth in shown.depths),
        legend(shown.lanes, bool(shown.depths), width, plain_marks),
    ]
    for line in lines:
        line.no_wrap = True
    return lines


def _named(name: str, style: str, plain_marks: bool, figure: str = "") -> Text:
    """A name in the first column, cut to its cells; the number at its end and the figure after it are kept."""
    name = cut_name(clean(name), NAME_CELLS - cell_len(figure)).replace("…", "~" if plain_marks else "…")
    return Text().append(set_cell_size(name + figure, NAME_CELLS) + GAP, style)


def _axis(shown: Timeline, plain_marks: bool) -> Text:
    """The first line: how many rows were left out, and the times of the axis."""
    left = _("+{count} more").format(count=shown.left_out) if shown.left_out else ""
    return _named(left, "faint", plain_marks).append_text(axis_line(shown.axis))


def axis_line(axis: Axis) -> Text:
    """The times of the axis, over its cells."""
    start, middle, end = axis.labels()
    if axis.steps:
        start = _("step {number}").format(number=start)
    times = f"{start:<{axis.cells // 2}}{middle}"
    if cell_len(start) >= axis.cells // 2 or cell_len(times) + 1 + cell_len(end) > axis.cells:  # no room for the middle
        times = start
    return Text(f"{times}{end:>{max(0, axis.cells - len(times))}}", "faint")


def _named_lane(lane: Lane, plain_marks: bool) -> Text:
    return _named(lane.process.name, "", plain_marks).append_text(lane_line(lane, plain_marks))


def lane_line(lane: Lane, plain_marks: bool) -> Text:
    """The cells of one lane."""
    glyphs = [_glyph(status, plain_marks) for status in lane.cells]
    styles = [APPEARANCES[status].style for status in lane.cells]
    free = 0
    for place in lane.marks:
        free, _text = _write_mark(glyphs, styles, free, place, plain_marks)
    for stretch in lane.stretches:
        first = _room(glyphs, stretch, _glyph(lane.cells[stretch.first], plain_marks))
        if first is not None:
            _write(glyphs, styles, first, clean(stretch.what), None)
    line = Text()
    for glyph, style in zip(glyphs, styles, strict=True):
        line.append(glyph, style)
    return line


def _glyph(status: Status, plain_marks: bool) -> str:
    return APPEARANCES[status].plain if plain_marks else APPEARANCES[status].glyph


def _room(glyphs: Sequence[str], stretch: Stretch, glyph: str) -> int | None:
    """The cell in which the name of a stretch begins, so that a glyph of it stands on either side; None: no room."""
    cells = cell_len(clean(stretch.what))
    if not cells:
        return None
    for first in range(stretch.first + 1, stretch.first + stretch.cells - cells):
        if all(glyphs[cell] == glyph for cell in range(first - 1, first + cells + 1)):
            return first
    return None


def _write(glyphs: list[str], styles: list[str], first: int, text: str, style: str | None) -> None:
    """Write a text over the cells from `first` on, in this style; None: in that of the cells. Solid cells stay so."""
    cell = first
    for number, character in enumerate(text):
        after = first + cell_len(text[: number + 1])
        if after <= cell:  # an accent, or a part of an emoji: it has no cell of its own
            glyphs[max(first, cell - 1)] += character
            continue
        solid = styles[cell] == APPEARANCES[Status.INSIDE].style and glyphs[cell] in "█#"
        glyphs[cell] = character
        styles[cell] = "holding.label" if solid and style != "alarm" else style or styles[cell]
        for following in range(cell + 1, after):
            glyphs[following] = ""
        cell = after


def _write_mark(glyphs: list[str], styles: list[str], free: int, place: Place, plain_marks: bool) -> tuple[int, str]:
    """Write a mark at its place, or a little behind it, where another one stands there: shortened where there is no
    room. Returns the first cell that is free behind it, and what was written; "": it had no room.
    """
    alarm = place.mark[3]
    style = "alarm" if alarm else STYLES["mark"]
    whole = _mark_words(place.mark, plain_marks)
    for text in (whole, _short(place.mark, plain_marks)):
        first = max(free, min(place.cell, len(glyphs) - cell_len(text)))
        if first > place.cell and not alarm and "".join(glyphs[:free]).endswith(text):
            return free, text  # the same once more, at the same moment
        first = _beside_a_lock(glyphs, styles, free, first, cell_len(text))
        if first <= place.cell + MARK_SHIFT and first + cell_len(text) <= len(glyphs):
            _write(glyphs, styles, first, text, style)
            return first + cell_len(text), text
    return free, ""


def _beside_a_lock(glyphs: Sequence[str], styles: Sequence[str], free: int, first: int, cells: int) -> int:
    """The first cell for a mark: beside a lock that it would hide, since one held for a moment is to be seen, too."""

    def solid(cell: int) -> bool:
        return 0 <= cell < len(glyphs) and glyphs[cell] in "█#" and styles[cell] == APPEARANCES[Status.INSIDE].style

    covered = [cell for cell in range(first, first + cells) if solid(cell)]
    if not covered or solid(first - 1) or solid(first + cells):
        return first
    return covered[0] - cells if covered[0] - cells >= free else covered[-1] + 1


def _mark_words(mark: Mark, plain_marks: bool) -> str:
    """What a mark says: r3, w2, w2!, 11▸, ▸11; without the value, if that is long."""
    _t, deed, value, alarm = mark
    text = clean(str(value)).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    if not text or cell_len(text) > MARK_CELLS:
        return _short(mark, plain_marks)
    arrow = ">" if plain_marks else "▸"
    words = {READ: f"r{text}", WROTE: f"w{text}", PUT: f"{text}{arrow}", TOOK: f"{arrow}{text}"}[deed]
    return words + LOST_SIGN * alarm


def _short(mark: Mark, plain_marks: bool) -> str:
    """A mark without its value."""
    return (PLAIN_SHORT_MARKS if plain_marks else SHORT_MARKS)[mark[1]] + LOST_SIGN * mark[3]


def _depth(depth: Depth, plain_marks: bool) -> Text:
    queue = depth.queue
    most = max(1, queue.peak)
    levels = DIGITS if plain_marks else BARS
    scaled = most if plain_marks and most < len(levels) else len(levels) - 1
    text = _named(queue.name, "strong", plain_marks, f" 0-{queue.peak}")
    for cell in depth.cells:
        if cell is None:
            text.append(" ")
        else:
            level = -(-min(cell, most) * scaled // most)
            full = bool(queue.maxsize) and cell >= queue.maxsize
            text.append(levels[level], STYLES["bad"] if full else "strong" if cell else "faint")
    return text


def legend(lanes: Sequence[Lane], bars: bool, width: int, plain_marks: bool) -> Text:
    """What the glyphs and marks in these lanes mean; if there is no room for all, some are left out.

    `bars`: there are rows of bars for queues, too.
    """
    seen = {status for lane in lanes for status in lane.cells}
    marks = [mark for lane in lanes for mark in _drawn_marks(lane, plain_marks)]
    entries: dict[object, Text] = {}
    for deed, words in DEED_WORDS.items():
        example = _example([each for each in marks if each[0][1] == deed and not each[0][3]], plain_marks)
        if example:
            entries[deed] = _entry(example, STYLES["mark"], _(words))
    lost = _example([each for each in marks if each[0][3]], plain_marks)
    if lost:
        entries["lost"] = _entry(lost, "alarm", _(LOST_WORDS))
    for status, appearance in APPEARANCES.items():
        if status in seen and appearance.words:
            entries[status] = _entry(_glyph(status, plain_marks), appearance.style, _(appearance.words))
    if bars:
        entries["bars"] = _entry("059" if plain_marks else "▁▄█", "strong", _("items queued"))
    gap = Text("   ")
    # In this order they go: first what people guess without words. What was written over something unseen never goes.
    for key in (Status.RUNNING, Status.ENDED, Status.ASLEEP, READ, PUT, TOOK, "bars", *APPEARANCES, WROTE):
        if gap.join(entries.values()).cell_len <= width:
            break
        entries.pop(key, None)
    return gap.join(entries.values())


def _drawn_marks(lane: Lane, plain_marks: bool) -> list[tuple[Mark, str]]:
    """The marks that stand in a lane, each as it is written there."""
    glyphs = [_glyph(status, plain_marks) for status in lane.cells]
    styles = [APPEARANCES[status].style for status in lane.cells]
    free, drawn = 0, []
    for place in lane.marks:
        free, text = _write_mark(glyphs, styles, free, place, plain_marks)
        drawn.append((place.mark, text))
    return [(mark, text) for mark, text in drawn if text]


def _example(marks: Sequence[tuple[Mark, str]], plain_marks: bool) -> str:
    """How one deed is marked in these lanes: with a value, without one if there is none, or both, where the two do not
    look alike: `11▸ ▮`."""
    whole = next((text for mark, text in reversed(marks) if text != _short(mark, plain_marks)), "")
    short = next((text for mark, text in reversed(marks) if text == _short(mark, plain_marks)), "")
    alike = whole.startswith(short.removesuffix(LOST_SIGN))
    return whole if whole and alike else " ".join(filter(None, (whole, short)))


def _entry(example: str, style: str, words: str) -> Text:
    return Text.assemble((example, style), (f" {words}", "faint"))
