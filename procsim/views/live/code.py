"""The code of a scenario on the screen: the lines round the process that moved last, and who stands at each.

source ──► highlighted lines ──┐
RunState: who is at which line ┴──► pane
"""

from collections.abc import Mapping
from pathlib import Path

from rich.console import Group, RenderableType
from rich.syntax import Syntax
from rich.text import Text

from procsim.harmless import harmless
from procsim.state.run_state import RunState
from procsim.views.base import clean
from procsim.views.text.colours import colour_of

THEME = "ansi_dark"
"""The terminal's own colours, so that it reads on a light ground too."""


TAB = 4
"""Cells."""


class Source:
    """A file of the program, highlighted once."""

    def __init__(self, path: Path) -> None:
        """Raises `OSError` where it cannot be read."""
        self.name = path.name
        code = path.read_text(encoding="utf-8", errors="replace")
        code = "\n".join(harmless(line.expandtabs(TAB)) for line in code.split("\n"))  # before: spans keep their places
        text = Syntax(code, "python", theme=THEME, background_color="default", tab_size=TAB).highlight(code)
        self.lines = [Text(line.plain, no_wrap=True, spans=line.spans) for line in text.split("\n", allow_blank=True)]


def pane(
    source: Source, run: RunState, moved: int | None, rows: int, width: int, first: int
) -> tuple[RenderableType, int]:
    """`rows` lines of the source, and the number of the first: it stays where it was while who moved is in sight.

    `moved` is the PID that people let move last; where that is nobody here, whoever was heard of last is meant.
    """
    there = at_lines(source.name, run)
    latest = {max(run.processes[pid].last for pid in pids): line for line, pids in there.items()}
    focus = next((line for line, pids in there.items() if moved in pids), latest[max(latest)] if latest else None)
    if focus is not None and not first + 1 <= focus < first + rows - 1:
        first = focus - rows // 2
    first = max(1, min(first, len(source.lines) - rows + 1))
    digits = len(str(len(source.lines)))
    shown: list[RenderableType] = []
    for number in range(first, min(first + rows, len(source.lines) + 1)):
        shown.append(_line(source, run, number, there.get(number, []), number == focus, digits, width))
    return Group(*shown), first


def at_lines(name: str, run: RunState) -> Mapping[int, list[int]]:
    """The PIDs of the processes at each line of a file that is called so."""
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
        who.append(clean(run.process_name(pid)), f"reverse {colour_of(pid)}")
    who.truncate(width // 2, overflow="ellipsis")
    line = Text.assemble((f"{number:>{digits}} ", "bold" if pids else "dim"), source.lines[number - 1])
    line.no_wrap = True
    line.truncate(width - who.cell_len, overflow="ellipsis", pad=bool(pids))
    if focus:
        line.stylize("bold")
    return line + who
