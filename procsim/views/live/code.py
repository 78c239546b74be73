"""The code of a scenario on the screen: the lines around one process, and which processes are at each.

source ──► highlighted lines ──┐
RunState: who is at which line ┴──► pane
"""

from collections.abc import Mapping
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from procsim.harmless import harmless
from procsim.state.run_state import RunState
from procsim.views.base import clean
from procsim.views.text.highlight import highlighted

TAB_CELLS = 4


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
    source: Source, run: RunState, whose: int | None, rows: int, width: int, first: int
) -> tuple[RenderableType, int]:
    """`rows` lines of the source, and the number of the first one, which is `first` again while the focus is in view.

    The focus is the line of the process with the PID `whose`; if that is not in this file, the line of the process
    whose event came last.
    """
    there = at_lines(source.name, run)
    latest = {max(run.processes[pid].last for pid in pids): line for line, pids in there.items()}
    focus = next((line for line, pids in there.items() if whose in pids), latest[max(latest)] if latest else None)
    if focus is not None and not first + 1 <= focus < first + rows - 1:
        first = focus - rows // 2
    first = max(1, min(first, len(source.lines) - rows + 1))
    digits = len(str(len(source.lines)))
    shown: list[RenderableType] = []
    for number in range(first, min(first + rows, len(source.lines) + 1)):
        shown.append(_line(source, run, number, there.get(number, []), number == focus, digits, width))
    return Group(*shown), first


def at_lines(name: str, run: RunState) -> Mapping[int, list[int]]:
    """The PIDs of the living processes at each line of the file of that name."""
    there: dict[int, list[int]] = {}
    for process in run.processes.values():
        file, _, line = (process.at or "").rpartition(":")
        if process.alive and file == name and line.isdigit():
            there.setdefault(int(line), []).append(process.pid)
    return there


def _line(source: Source, run: RunState, number: int, pids: list[int], focus: bool, digits: int, width: int) -> Text:
    who = Text()
    for pid in pids:
        who.append(" ")
        who.append(clean(run.process_name(pid)), "badge")
    who.truncate(width // 2, overflow="ellipsis")
    line = Text.assemble((f"{number:>{digits}} ", "strong" if pids else "faint"), source.lines[number - 1])
    line.no_wrap = True
    line.truncate(width - who.cell_len, overflow="ellipsis", pad=bool(pids))
    if focus:
        line.stylize("strong")
    return line + who
