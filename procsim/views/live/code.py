"""The code of a program on the screen: the lines at which processes stand, those around them, and who stands there.

source ──► highlighted lines ──┐
RunState: who is at which line ┴──► excerpt: which lines ──► pane
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from rich.cells import cell_len
from rich.text import Text

from procsim.harmless import harmless
from procsim.language import listed
from procsim.state.run_state import RunState
from procsim.views.base import clean
from procsim.views.live.process_rows import row_name
from procsim.views.text.highlight import highlighted
from procsim.views.text.rows import fitted

TAB_CELLS = 4

FOCUS_WEIGHT = 2
"""So many times as many lines are shown around the focus as around another place."""


class Source:
    """A file of the program, highlighted once."""

    def __init__(self, path: Path) -> None:
        """Raises `OSError` where it cannot be read."""
        self.name = path.name
        code = path.read_text(encoding="utf-8", errors="replace")
        # Before it is highlighted, since the spans of colours count characters.
        code = "\n".join(harmless(line.expandtabs(TAB_CELLS)) for line in code.split("\n"))
        text = highlighted(code, "python")
        self.lines = [Text(line.plain, no_wrap=True, spans=line.spans) for line in text.split("\n", allow_blank=True)]


def pane(
    source: Source, run: RunState, whose: int | None, rows: int, width: int, last: Sequence[int], plain: bool
) -> tuple[list[Text], Sequence[int]]:
    """The code in at most so many rows, and the numbers of the lines that are shown.

    These are those of the `last` picture again while all processes stand in them. The focus is the line of the process
    with the PID `whose`; if that is not in this file, the line of the process whose event came last.
    """
    there = at_lines(source.name, run, len(source.lines))
    latest = {max(run.processes[pid].last for pid in pids): line for line, pids in there.items()}
    focus = next((line for line, pids in there.items() if whose in pids), latest[max(latest)] if latest else None)
    numbers = last
    if not there.keys() <= {*last} or not last or _rows_taken(last) > rows:
        numbers = excerpt(there, focus, len(source.lines), rows)
    digits, shown, before = len(str(len(source.lines))), list[Text](), None
    for number in numbers:
        if before is not None and number > before + 1:
            shown.append(Text(" " * digits + (" ..." if plain else " ⋯"), "faint"))
        shown.append(_line(source, run, number, there.get(number, []), number == focus, digits, width))
        before = number
    return shown, numbers


def at_lines(name: str, run: RunState, lines: int) -> Mapping[int, list[int]]:
    """The PIDs of the living processes at each line of the file of that name, which has so many lines."""
    there: dict[int, list[int]] = {}
    for process in run.processes.values():
        file, _, line = (process.at or "").rpartition(":")
        if process.alive and file == name and line.isdecimal() and 1 <= int(line) <= lines:
            there.setdefault(int(line), []).append(process.pid)
    return there


def excerpt(places: Collection[int], focus: int | None, lines: int, rows: int) -> list[int]:
    """Which of the lines of a file are shown: the focus, the places, and what is nearest to them.

    A gap between them takes a row, too.
    """

    def distance(number: int) -> float:
        return min((abs(number - place) / (FOCUS_WEIGHT if place == focus else 1) for place in places), default=number)

    near = {number for place in places or [1] for number in range(max(1, place - rows), min(place + rows, lines) + 1)}
    chosen: list[int] = []
    for number in sorted(near, key=lambda number: (number != focus, distance(number), number)):
        more = sorted([*chosen, number])
        if _rows_taken(more) > rows:
            break
        chosen = more
    # A gap of one line takes no more room than the line.
    return sorted({*chosen, *(number + 1 for number in chosen if number + 2 in chosen)})


def _rows_taken(numbers: Sequence[int]) -> int:
    gaps = sum(number > before + 1 for before, number in pairwise(numbers))
    return len(numbers) + gaps


def _line(source: Source, run: RunState, number: int, pids: list[int], focus: bool, digits: int, width: int) -> Text:
    line = Text.assemble((f"{number:>{digits}} ", "strong" if pids else "faint"), source.lines[number - 1])
    line.no_wrap = True
    if focus:
        line.stylize("strong")
    if not pids:
        return fitted(line, width)
    names = [clean(run.process_name(pid)) for pid in pids]
    most = width * 2 // 3 - 2
    all_of_them = listed(names)
    who = Text(f" {all_of_them if cell_len(all_of_them) <= most else row_name(names, most)} ", "badge")
    line.truncate(width - who.cell_len - 1, overflow="ellipsis")
    return Text.assemble(line, " ", who)
