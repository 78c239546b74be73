"""The picture of a run on a screen of a given size: processes, locks and queues, gauges, the last lines said.

A pure function of the state. Rows that do not fit are counted, never silently dropped.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleDimensions, Group, RenderableType
from rich.table import Table
from rich.text import Text

from procsim.findings.base import from_fields
from procsim.language import N_, _, listed
from procsim.state.objects import Lock, Pool, Queue, Signal
from procsim.state.processes import Process
from procsim.state.run_state import RunState
from procsim.views.base import clean, seconds
from procsim.views.code import Source, pane
from procsim.views.colours import colour_of
from procsim.views.keys import Keys
from procsim.views.lanes import draw_live_lanes, rows_wanted
from procsim.views.prose import Prose
from procsim.views.wishes import Movement
from procsim.views.words import (
    STYLES,
    counted,
    counted_states,
    events_words,
    holdings,
    localized,
    narration,
    processes_words,
    state_words,
)

Thing = Lock | Queue | Signal | Pool
"""What has a row in the table of objects."""

BAR_CELLS = 10
NOW_CELLS = 30
"""For the bar of a queue with its figures."""
DAEMON = " (d)"
LINE_CHARACTERS = 2_000
"""Of a printed line, which may be as long as the program likes, and is cut to the width of the screen."""

LANES_FROM = 16
"""Where fewer rows are free, there are no lanes."""

SMALLEST = ConsoleDimensions(44, 13)
"""Below this there is no room for a table."""


@dataclass
class Drawn:
    """What of a run is drawn, and how; and what has come of it."""

    title: str = ""
    size: ConsoleDimensions = SMALLEST
    t: int = 0
    """ns since the start."""
    plain_marks: bool = False
    asking: bool = True
    """Whether people are to be asked what to do with a program that hangs."""
    movement: Movement | None = None
    """Who decides who moves; None: it is a recording."""
    keys: Keys = field(default_factory=Keys)
    help: bool = False
    """Whether all keys are explained."""
    message: str = ""
    """Said to people above the keys."""
    source: Source | None = None
    """The code that is shown with it."""
    rows: list[int] = field(default_factory=list)
    """The PIDs in the rows of the table of processes, as they were drawn last."""
    first_line: int = 1
    """Of the code."""


def screen(run: RunState, drawn: Drawn) -> RenderableType:
    """The picture of the run; where it hangs, with the reason."""
    size, plain_marks = drawn.size, drawn.plain_marks
    head = _headline(run, drawn)
    if size.width < SMALLEST.width or size.height < SMALLEST.height:
        return Group(head, *_short(run, size))
    gauges = gauges_line(run, plain_marks)
    # The headline, the gauges, a rule and the keys always stand; processes, objects, lanes and lines share the rest.
    alarm = _alarm(run, size, plain_marks) if drawn.asking else []
    free = size.height - 3 - bool(gauges) - len(alarm) - bool(drawn.message)
    if drawn.help:
        rule = Text(("-" if plain_marks else "─") * size.width, style="dim")
        return Group(head, rule, drawn.keys.page(), rule, drawn.keys.line(size.width, plain_marks))
    code_rows = free // 2 if drawn.source is not None else 0
    free -= code_rows
    objects = _objects(run)
    object_rows = min(len(objects) + 1, max(3, free // 4)) if objects else 0
    lanes = _lanes(run, drawn, free, object_rows)
    line_rows = min(len(run.lines), max(2, (free - object_rows - len(lanes)) // 5))
    process_rows = min(len(run.processes) + 1, max(3, free - object_rows - line_rows - len(lanes)))
    line_rows = max(0, free - object_rows - process_rows - len(lanes))
    parts: list[RenderableType] = [head, _process_table(run, process_rows, size.width, drawn)]
    if objects:
        parts.append(_object_table(run, objects, object_rows, size.width, plain_marks))
    parts.extend(lanes)
    if gauges:
        parts.append(_fitted(gauges, size.width))
    parts.append(Text(("-" if plain_marks else "─") * size.width, style="dim"))
    if drawn.source is not None:
        moved = drawn.movement.moved if drawn.movement else None
        code, drawn.first_line = pane(drawn.source, run, moved, code_rows, size.width, drawn.first_line)
        parts.append(code)
    lines = _last_lines(run, line_rows, size.width)
    parts.extend(lines + [Text()] * (line_rows - len(lines)))
    parts.extend(alarm)
    if drawn.message:
        parts.append(_fitted(Text(drawn.message, STYLES["waiting"]), size.width))
    parts.append(drawn.keys.line(size.width, plain_marks))
    return Group(*parts)


def _lanes(run: RunState, drawn: Drawn, free: int, object_rows: int) -> list[Text]:
    """A third of the free rows, or what the processes leave; the table of processes has half of them first."""
    if free < LANES_FROM:
        return []
    table_rows = min(len(run.processes) + 1, free // 2)
    rows = min(rows_wanted(run), max(free // 3, free - object_rows - len(run.processes) - 1 - free // 5))
    return draw_live_lanes(
        run, drawn.size.width, min(rows, free - object_rows - table_rows), drawn.t, drawn.plain_marks
    )


def last_picture(run: RunState, size: ConsoleDimensions, plain_marks: bool = False) -> RenderableType:
    """What the processes and the objects had come to in the end, to stand above the summary; half a screen at most."""
    if size.width < SMALLEST.width or size.height < SMALLEST.height:
        return Group()
    rows, objects = size.height // 2, _objects(run)
    parts = [_process_table(run, min(len(run.processes) + 1, rows), size.width, Drawn())]
    if objects:
        parts.append(_object_table(run, objects, min(len(objects) + 1, max(3, rows // 2)), size.width, plain_marks))
    return Group(*parts)


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


def _objects(run: RunState) -> list[Thing]:
    signals = [signal for signal in run.signals.values() if signal.type != "Pipe" or signal.sent or signal.received]
    return [*run.pools.values(), *run.locks.values(), *run.queues.values(), *signals]


def _fitted(text: Text, width: int) -> Text:
    text.no_wrap = True
    text.truncate(width, overflow="ellipsis")
    return text


def _headline(run: RunState, drawn: Drawn) -> RenderableType:
    alive = sum(process.alive for process in run.processes.values())
    facts = _("{alive} of {processes}   {events}   {time}").format(
        time=f"{drawn.t / 1e9:.1f} s",
        alive=alive,
        processes=processes_words(run.process_count),
        events=events_words(run.events),
    )
    line = Table.grid(expand=True)
    line.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    line.add_column(no_wrap=True, justify="right")
    line.add_row(_mode(drawn).append(clean(drawn.title), "bold"), Text("  " + facts, "cyan"))
    return line


def _mode(drawn: Drawn) -> Text:
    """How the run moves, where it does not move by itself."""
    movement = drawn.movement
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
    return [_fitted(row, size.width) for row in rows[: max(0, size.height - 2)]]


# Processes ---------------------------------------------------------------------------------------------------


def _process_table(run: RunState, rows: int, width: int, drawn: Drawn) -> RenderableType:
    held = holdings(run)
    shown = list(run.processes.values())
    left_out: list[Process] = []
    if len(shown) > rows - 1:
        # Who holds a lock is shown first, who has ended last.
        shown.sort(key=lambda process: (process.pid != run.main, not process.alive, process.pid not in held))
        shown, left_out = shown[: rows - 2], shown[rows - 2 :]
    drawn.rows = [process.pid for process in shown]
    table = _grid(width)
    name_cells, place_cells = (17, 14) if width < 100 else (20, 24)
    marks = _marks(drawn)
    if marks:
        table.add_column(no_wrap=True, width=2)
    table.add_column(no_wrap=True, max_width=name_cells, overflow="ellipsis")
    table.add_column(no_wrap=True, justify="right")
    table.add_column(no_wrap=True, ratio=3, overflow="ellipsis")
    table.add_column(no_wrap=True, max_width=place_cells, overflow="ellipsis")
    table.add_column(no_wrap=True, ratio=2, overflow="ellipsis")
    header = [_("process"), "PID", _("state"), _("where"), _("last said")]
    table.add_row(*(Text(word, "dim") for word in ([""] if marks else []) + header))
    for row, process in enumerate(shown):
        words, style = state_words(run, process, held)
        cells = name_cells - len(DAEMON) * process.daemon
        style_of_name = colour_of(process.pid) if process.alive else "dim"
        name = Text(_name(clean(process.name), cells), style_of_name, no_wrap=True)
        if process.daemon:
            name.append(DAEMON, "dim")
        said = narration(process.said) if process.said else ""
        table.add_row(
            *([_mark(marks, row, process)] if marks else []),
            name,
            Text(str(process.pid), "dim"),
            Text(words, style),
            Text(_place(clean(process.at or ""), place_cells), "dim"),
            Text(said, "" if process.alive else "dim"),
        )
    if not left_out:
        return table
    states = listed(words for words, _style in counted_states(run, left_out, held)[:4])
    more = _("… and {count} more: {states}").format(count=len(left_out), states=states)
    return Group(table, _fitted(Text(more, "dim"), width))


def _marks(drawn: Drawn) -> dict[int, str]:
    """In a run that moves by steps: the sign at the process that moves next, and at the one that people have chosen."""
    movement = drawn.movement
    if movement is None or not movement.held:
        return {}
    marks = {0: ""} if movement.next is None else {movement.next: ">" if drawn.plain_marks else "▸"}
    if movement.chosen is not None:
        marks.setdefault(movement.chosen, "-")
    return marks


def _mark(marks: Mapping[int, str], row: int, process: Process) -> Text:
    digit = str(row + 1) if row < 9 else " "
    return Text.assemble((digit, "dim"), (marks.get(process.pid, " "), "bold"))


def _name(name: str, cells: int) -> str:
    """The name of a process, cut so that the number stays that tells it from others: "ForkPoolWor…-1"."""
    number = name[len(name.rstrip("0123456789").removesuffix("-")) :][-5:]
    return name if cell_len(name) <= cells else f"{set_cell_size(name, cells - len(number) - 1)}…{number}"


def _place(at: str, cells: int) -> str:
    """A place in the code, cut so that its line number stays."""
    file, _colon, line = at.rpartition(":")
    return at if cell_len(at) <= cells else f"{set_cell_size(file, cells - len(line) - 2)}…:{line}"


def _grid(width: int) -> Table:
    return Table.grid(padding=(0, 1), expand=True) if width < 100 else Table.grid(padding=(0, 2), expand=True)


# Pools, locks, queues and the rest ----------------------------------------------------------------------------------


def _object_table(run: RunState, objects: list[Thing], rows: int, width: int, plain_marks: bool) -> RenderableType:
    waiting: dict[int, list[str]] = {}
    for wait in run.now_waiting():
        if wait.object is not None:
            waiting.setdefault(wait.object, []).append(wait.process)
    left_out = 0
    if len(objects) > rows - 1:
        objects = sorted(objects, key=lambda thing: -len(waiting.get(thing.identity, ())))
        left_out = len(objects) - (rows - 2)
        objects = objects[: rows - 2]
    table = _grid(width)
    table.add_column(no_wrap=True, max_width=14, overflow="ellipsis")
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, width=min(max(NOW_CELLS, width * 2 // 5), width // 2), overflow="ellipsis")
    table.add_column(no_wrap=True, ratio=1, overflow="ellipsis")
    table.add_row(*(Text(word, "dim") for word in (_("object"), _("type"), _("now"), _("who waits"))))
    for thing in objects:
        who = waiting.get(thing.identity, [])
        queue = f"{len(who)}: {listed(who)}" if who else ""
        table.add_row(
            Text(clean(thing.name), "bold"),
            Text(clean(thing.type), "dim"),
            _now(run, thing, plain_marks),
            Text(clean(queue), STYLES["waiting"]),
        )
    if not left_out:
        return table
    return Group(table, Text(_("… and {count} more").format(count=left_out), "dim"))


def _now(run: RunState, thing: Thing, plain_marks: bool) -> Text:
    if isinstance(thing, Lock):
        if thing.holders:
            holders = listed(run.process_name(pid) for pid in thing.holders)
            return Text(clean(_("held by {process}").format(process=holders)), STYLES["held"])
        return Text(_("free"), "dim")
    if isinstance(thing, Queue):
        return _depth(thing, plain_marks)
    if isinstance(thing, Pool):
        workers = counted(len(run.workers_of(thing)), N_("1 worker"), N_("{count} workers"))
        tasks = counted(thing.submitted, N_("1 task"), N_("{count} tasks"))
        return Text(_("{workers}, {done} of {tasks} done").format(workers=workers, done=thing.done, tasks=tasks))
    if thing.type == "Event":
        return Text(_("set") if thing.is_set else _("not set"))
    if thing.type == "Barrier":
        if thing.passed and not thing.arrived:
            return Text(_("opened, {passed} have passed").format(passed=thing.passed))
        return Text(_("{arrived} of {parties} are there").format(arrived=thing.arrived, parties=thing.parties))
    return Text(_("{sent} sent, {received} received").format(sent=thing.sent, received=thing.received))


def _depth(queue: Queue, plain_marks: bool) -> Text:
    most = queue.maxsize or max(queue.peak, 1)
    full, empty = ("#", ".") if plain_marks else ("█", "░")
    cells = round(min(queue.depth, most) / most * BAR_CELLS)
    style = STYLES["bad"] if queue.maxsize and queue.depth >= queue.maxsize else "cyan"
    text = Text.assemble((full * cells, style), (empty * (BAR_CELLS - cells), "dim"), f" {queue.depth}")
    if queue.maxsize:
        text.append(f"/{queue.maxsize}")
    if queue.type == "JoinableQueue":
        text.append(_("  {count} unfinished").format(count=queue.unfinished), "dim")
    return text


# Gauges and lines --------------------------------------------------------------------------------------------


def gauges_line(run: RunState, plain_marks: bool) -> Text:
    arrow = "->" if plain_marks else "→"
    text = Text()
    for gauge in run.gauges.values():
        if text:
            text.append("   ")
        text.append(f"{clean(gauge.name)} ", STYLES["noted"])
        changed = gauge.first != gauge.value
        text.append(
            clean(f"{gauge.first} {arrow} {gauge.value}" if changed else gauge.value), "bold " + STYLES["noted"]
        )
    return text


def _last_lines(run: RunState, rows: int, width: int) -> list[Text]:
    shown = []
    for line in list(run.lines)[-rows:]:
        words = narration(line.said) if line.said else clean(line.text[:LINE_CHARACTERS])
        text = Text.assemble(
            (f"{seconds(line.t):>8} ", "dim"), (f"{clean(line.process)}: " if line.process else "", "dim"), words
        )
        shown.append(_fitted(text, width))
    return shown
