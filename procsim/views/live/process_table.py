"""The table of processes on the screen: what each is doing, where in the code, and what it said last."""

from collections.abc import Mapping

from rich.cells import cell_len, set_cell_size
from rich.console import Group, RenderableType
from rich.text import Text

from procsim.language import _, listed
from procsim.state.processes import Process
from procsim.state.run_state import RunState
from procsim.views.base import clean
from procsim.views.text.rows import fitted, grid
from procsim.views.text.words import counted_states, holdings, narration, state_words
from procsim.views.wishes import Movement

DAEMON = " (d)"


def process_table(
    run: RunState, rows: int, width: int, movement: Movement | None = None, plain_marks: bool = False
) -> tuple[RenderableType, list[int]]:
    """The table, in at most so many rows, and the PIDs in it from top to bottom; those left out are counted.

    In a run that moves by steps, each row has a number, and signs mark the process that is next and the chosen one.
    """
    held = holdings(run)
    shown = list(run.processes.values())
    left_out: list[Process] = []
    if len(shown) > rows - 1:
        # First main and those that hold a lock, last those that have ended.
        shown.sort(key=lambda process: (process.pid != run.main, not process.alive, process.pid not in held))
        shown, left_out = shown[: rows - 2], shown[rows - 2 :]
    table = grid(width)
    name_cells, place_cells = (17, 14) if width < 100 else (20, 24)
    marks = _marks(movement, plain_marks)
    if marks:
        table.add_column(no_wrap=True, width=2)
    table.add_column(no_wrap=True, max_width=name_cells, overflow="ellipsis")
    table.add_column(no_wrap=True, justify="right")
    table.add_column(no_wrap=True, ratio=3, overflow="ellipsis")
    table.add_column(no_wrap=True, max_width=place_cells, overflow="ellipsis")
    table.add_column(no_wrap=True, ratio=2, overflow="ellipsis")
    header = [_("process"), "PID", _("state"), _("where"), _("last said")]
    table.add_row(*(Text(word, "faint") for word in ([""] if marks else []) + header))
    for row, process in enumerate(shown):
        words, style = state_words(run, process, held)
        cells = name_cells - len(DAEMON) * process.daemon
        style_of_name = "" if process.alive else "faint"
        name = Text(_name(clean(process.name), cells), style_of_name, no_wrap=True)
        if process.daemon:
            name.append(DAEMON, "faint")
        said = narration(process.said) if process.said else ""
        table.add_row(
            *([_mark(marks, row, process)] if marks else []),
            name,
            Text(str(process.pid), "faint"),
            Text(words, style),
            Text(_place(clean(process.at or ""), place_cells), "faint"),
            Text(said, "" if process.alive else "faint"),
        )
    pids = [process.pid for process in shown]
    if not left_out:
        return table, pids
    states = listed(words for words, _style in counted_states(run, left_out, held)[:4])
    more = _("… and {count} more: {states}").format(count=len(left_out), states=states)
    return Group(table, fitted(Text(more, "faint"), width)), pids


def _marks(movement: Movement | None, plain_marks: bool) -> dict[int, str]:
    """The signs by PID: of the process that moves next, and of the chosen one; empty unless the run moves by steps."""
    if movement is None or not movement.held:
        return {}
    marks = {0: ""} if movement.next is None else {movement.next: ">" if plain_marks else "▸"}
    if movement.chosen is not None:
        marks.setdefault(movement.chosen, "-")
    return marks


def _mark(marks: Mapping[int, str], row: int, process: Process) -> Text:
    digit = str(row + 1) if row < 9 else " "
    return Text.assemble((digit, "faint"), (marks.get(process.pid, " "), "chosen" if marks.get(process.pid) else ""))


def _name(name: str, cells: int) -> str:
    """The name of a process, cut so that the number stays that tells it from others: "ForkPoolWor…-1"."""
    number = name[len(name.rstrip("0123456789").removesuffix("-")) :][-5:]
    return name if cell_len(name) <= cells else f"{set_cell_size(name, cells - len(number) - 1)}…{number}"


def _place(at: str, cells: int) -> str:
    """A place in the code, cut so that its line number stays."""
    file, _colon, line = at.rpartition(":")
    return at if cell_len(at) <= cells else f"{set_cell_size(file, cells - len(line) - 2)}…:{line}"
