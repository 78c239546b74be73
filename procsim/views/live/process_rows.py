"""The rows of processes on the screen: the name, the lane, what the process does now and what it knows.

    RunState ──► what each does and knows ──► rows; those that are alike are one ──► a line of text for each

Where there are too few rows, processes that do the same share one. Never folded away are main, those that hold a lock
(so all in a circle of waits), that have failed or overwrote an update, the one that moved last, and those that are
chosen or next.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from procsim.language import _
from procsim.state.processes import SLEEP, Process, failed
from procsim.state.run_state import RunState
from procsim.state.timeline import Lane, axis_of, lane_of
from procsim.views.base import clean
from procsim.views.text.knowledge import Knowledge, knowledge_words
from procsim.views.text.lanes import axis_line, lane_line
from procsim.views.text.rows import cut_name, fitted
from procsim.views.text.words import STYLES, counted_states, holdings, narration, state_words
from procsim.views.wishes import Movement

NAME_CELLS = 14
WIDE_NAME_CELLS = 20

WIDE = 100
"""From so many cells on, a row has longer names, and the place in the code."""

PLACE_CELLS = 20

FEWEST_LANE_CELLS = 12

FEWEST_WORDS_CELLS = 31
"""Of what a process does, unless its lane would be too short: "waits for mutex, held by user-2"."""

SEPARATOR = " · "

TELLING_CELLS = 8
"""What has fewer cells left of it says nothing any more."""

ORDINARY_LOOKED_AT = 300
"""Of the processes that do not stand out, where not all have a row: what one does and knows takes 20 µs to find."""

Held = dict[int, list[str]]
"""The names of the locks that each process holds, by PID."""


class Columns(NamedTuple):
    """How many cells the parts of a row have."""

    mark: int
    name: int
    lane: int
    words: int
    place: int

    @classmethod
    def of(cls, width: int, marked: bool, longest: int) -> "Columns":
        """For rows of so many cells. `marked`: the run moves by steps; `longest`: the cells of the longest name."""
        wide = width >= WIDE
        mark, place = 3 * marked, (PLACE_CELLS if wide else 0)
        name = min(WIDE_NAME_CELLS if wide else NAME_CELLS, max(6, longest))
        rest = width - mark - name - 1 - 1 - (place + 1 if place else 0)
        lane = max(FEWEST_LANE_CELLS, min(rest * 43 // 100, rest - FEWEST_WORDS_CELLS))
        return cls(mark, name, lane, max(0, rest - lane), place)


class Drawn(NamedTuple):
    """The rows, and what they show."""

    lines: list[Text]
    """The axis first."""
    pids: list[int]
    """By row, from top to bottom; of several processes that share one, the first."""
    lanes: list[Lane]


def process_rows(
    run: RunState, rows: int, width: int, t: int, growing: bool, movement: Movement | None, plain: bool
) -> Drawn:
    """At most so many rows, with the axis above them; processes that were left out are counted.

    In a run that moves by steps, each row has a number, and signs mark the process that is next and the chosen one.
    `t`: ns, now; `growing`: the axis goes on beyond it; `plain`: the terminal has only ASCII.
    """
    held = holdings(run)
    processes = in_order(run)
    if len(processes) <= rows - 1:
        shown = [[process] for process in processes]
    else:
        shown = folded(run, processes, rows - 2, held, movement)
    drawn = {process.pid for group in shown for process in group}
    left_out = [process for process in processes if process.pid not in drawn]
    marked = movement is not None and movement.held
    marks = signs(movement, plain)
    longest = max((cell_len(row_name(names_of(group), WIDE_NAME_CELLS)) for group in shown), default=0)
    columns = Columns.of(width, marked, longest)
    axis = axis_of(run, columns.lane, t, growing, steps=movement is not None and movement.closed)
    lanes = [lane_of(run, group[0], axis, t) for group in shown]
    above = Text(" " * (columns.mark + columns.name + 1)).append_text(axis_line(axis))
    lines = [fitted(above, width)]
    for number, (group, lane) in enumerate(zip(shown, lanes, strict=True)):
        words = row_words(run, group[0], held)
        lines.append(_line(group, words, lane, columns, sign(marks, number, group) if marked else None, plain))
    if left_out:
        lines.append(fitted(counted_rest(run, left_out, held), width))
    return Drawn(lines, [group[0].pid for group in shown], lanes)


def counted_rest(run: RunState, left_out: Sequence[Process], held: Held) -> Text:
    """How many processes have no row, and what they do."""
    states = SEPARATOR.join(words for words, _style in counted_states(run, left_out, held)[:4])
    more = _("… and {count} more: {states}").format(count=len(left_out), states=states)
    return Text(more, STYLES["faint"])


def in_order(run: RunState) -> list[Process]:
    """The processes as they began, main last: it mostly waits for the others."""
    return sorted(run.processes.values(), key=lambda process: process.pid == run.main)


def folded(
    run: RunState,
    processes: list[Process],
    rows: int,
    held: Held,
    movement: Movement | None,
    rank: Callable[[Sequence[Process]], Any] | None = None,
) -> list[list[Process]]:
    """The processes in at most so many groups: alone those that stand out, together those that do and know the same.

    `rank`: the key by which groups are kept, the least first; None: first those that stand out, then the largest.
    """
    alone = {process.pid for process in processes if _stands_out(run, process, held, movement)}
    ordinary = {*[process.pid for process in processes if process.pid not in alone][:ORDINARY_LOOKED_AT]}
    groups: dict[object, list[Process]] = {}
    for process in processes:
        if process.pid in alone:
            groups[process.pid] = [process]
        elif process.pid in ordinary:
            groups.setdefault(row_words(run, process, held).plain, []).append(process)
    ranked = sorted(groups.values(), key=rank or (lambda group: (group[0].pid not in alone, -len(group))))
    kept = {group[0].pid for group in ranked[: max(1, rows)]}
    return [group for group in groups.values() if group[0].pid in kept]


def _stands_out(run: RunState, process: Process, held: Held, movement: Movement | None) -> bool:
    lost = any(mark[3] for mark in process.marks)
    moved = movement is not None and process.pid in (movement.moved, movement.chosen, movement.next)
    return process.pid in held or process.pid == run.main or failed(process.exit_code) or lost or moved


def row_words(run: RunState, process: Process, held: Held, otherwise: str = "") -> Text:
    """What it does now and what it knows; first what is a cause for alarm, or what tells most. `otherwise`: see
    `state_words`.
    """
    doing, style = state_words(run, process, held, otherwise)
    knows, kind = knowledge_words(run, process)
    if process.daemon:
        doing = _("daemon, {doing}").format(doing=doing)
    if not knows and process.said is not None:
        knows = narration(process.said)
    parts = [Text(doing, style)]
    if knows:
        parts.append(Text(knows, STYLES["bad"] if kind is Knowledge.ALARM else ""))
    waits = process.waiting is not None and process.waiting.kind != SLEEP
    if kind is Knowledge.ALARM or (kind is Knowledge.OUT_OF_DATE and not waits):
        parts.reverse()
    return Text(SEPARATOR, STYLES["faint"]).join(parts)


def _line(group: Sequence[Process], words: Text, lane: Lane, columns: Columns, mark: Text | None, plain: bool) -> Text:
    line = Text(no_wrap=True)
    if mark is not None:
        mark.truncate(columns.mark, pad=True)
        line.append_text(mark)
    name = Text(row_name(names_of(group), columns.name), "strong")
    name.truncate(columns.name, pad=True)
    line.append_text(name).append(" ").append_text(lane_line(lane, plain)).append(" ")
    line.append_text(_cut(words, columns.words, pad=bool(columns.place)))
    if columns.place:
        at = _place(clean(group[0].at or ""), columns.place) if group[0].alive else ""
        line.append(" ").append(at, STYLES["faint"])
    return line


def _cut(words: Text, cells: int, pad: bool) -> Text:
    """The words, cut to so many cells; of a last part that would say nothing any more, nothing is left."""
    last = words.plain.rfind(SEPARATOR)
    left = cells - cell_len(words.plain[: last + len(SEPARATOR)])
    if words.cell_len > cells and last > 0 and left < TELLING_CELLS:
        words = words[:last]
    words.truncate(cells, overflow="ellipsis", pad=pad)
    return words


def names_of(group: Sequence[Process]) -> list[str]:
    """The names of these processes, as they are shown."""
    return [clean(each.name) for each in group]


def row_name(names: Sequence[str], cells: int) -> str:
    """The name of a row: of one process, or "user-5…9 (5)"."""
    if len(names) == 1:
        return cut_name(names[0], cells)
    stem = names[0].rstrip("0123456789")
    numbers = [name[len(stem) :] for name in names]
    same = all(name.startswith(stem) and name[len(stem) :].isdigit() for name in names)
    text = f"{stem}{numbers[0]}…{numbers[-1]}" if same else f"{names[0]} …"
    count = f" ({len(names)})"
    return cut_name(text, cells - len(count)) + count


def _place(at: str, cells: int) -> str:
    """A place in the code, cut so that its line number stays."""
    file, _colon, line = at.rpartition(":")
    return at if cell_len(at) <= cells else f"{set_cell_size(file, cells - len(line) - 2)}…:{line}"


def signs(movement: Movement | None, plain: bool) -> dict[int, str]:
    """The signs by PID: of the process that moves next, and of the chosen one; empty unless the run moves by steps."""
    if movement is None or not movement.held:
        return {}
    marks = {} if movement.next is None else {movement.next: ">" if plain else "▸"}
    if movement.chosen is not None:
        marks.setdefault(movement.chosen, "-")
    return marks


def sign(marks: dict[int, str], number: int, group: Sequence[Process]) -> Text:
    """What stands before a row: its number, which is the key that chooses it, and the sign of one of its processes."""
    digit = str(number + 1) if number < 9 else " "
    mark = next((marks[each.pid] for each in group if each.pid in marks), " ")
    return Text.assemble((digit, STYLES["faint"]), (mark, "chosen" if mark.strip() else ""))
