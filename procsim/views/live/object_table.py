"""The table of objects on the screen: pools, locks, queues, pipes, events …, what state each is in and who waits."""

from rich.console import Group, RenderableType
from rich.text import Text

from procsim.language import N_, _, listed
from procsim.state.objects import Lock, Pool, Queue, Signal
from procsim.state.run_state import RunState
from procsim.views.base import clean
from procsim.views.text.rows import grid
from procsim.views.text.words import STYLES, counted

Thing = Lock | Queue | Signal | Pool
"""What has a row in the table."""

BAR_CELLS = 10
"""Of the bar that shows how full a queue is."""

NOW_CELLS = 30
"""The narrowest column for the state of an object: a bar and its figures."""


def things(run: RunState) -> list[Thing]:
    """The objects that are shown, in the order of the table; pipes only once something went through them."""
    signals = [signal for signal in run.signals.values() if signal.type != "Pipe" or signal.sent or signal.received]
    return [*run.pools.values(), *run.locks.values(), *run.queues.values(), *signals]


def object_table(run: RunState, objects: list[Thing], rows: int, width: int, plain_marks: bool) -> RenderableType:
    """The table, in at most so many rows; those left out, the ones for which fewest wait, are counted."""
    waiting: dict[int, list[str]] = {}
    for wait in run.now_waiting():
        if wait.object is not None:
            waiting.setdefault(wait.object, []).append(wait.process)
    left_out = 0
    if len(objects) > rows - 1:
        objects = sorted(objects, key=lambda thing: -len(waiting.get(thing.identity, ())))
        left_out = len(objects) - (rows - 2)
        objects = objects[: rows - 2]
    table = grid(width)
    table.add_column(no_wrap=True, max_width=14, overflow="ellipsis")
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, width=min(max(NOW_CELLS, width * 2 // 5), width // 2), overflow="ellipsis")
    table.add_column(no_wrap=True, ratio=1, overflow="ellipsis")
    table.add_row(*(Text(word, "faint") for word in (_("object"), _("type"), _("now"), _("who waits"))))
    for thing in objects:
        who = waiting.get(thing.identity, [])
        queue = f"{len(who)}: {listed(who)}" if who else ""
        table.add_row(
            Text(clean(thing.name), "strong"),
            Text(clean(thing.type), "faint"),
            _now(run, thing, plain_marks),
            Text(clean(queue), STYLES["waiting"]),
        )
    if not left_out:
        return table
    return Group(table, Text(_("… and {count} more").format(count=left_out), "faint"))


def _now(run: RunState, thing: Thing, plain_marks: bool) -> Text:
    if isinstance(thing, Lock):
        if thing.holders:
            holders = listed(run.process_name(pid) for pid in thing.holders)
            return Text(clean(_("held by {process}").format(process=holders)), STYLES["held"])
        return Text(_("free"), "faint")
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
    style = "alarm.block" if queue.maxsize and queue.depth >= queue.maxsize else "strong"
    text = Text.assemble((full * cells, style), (empty * (BAR_CELLS - cells), "faint"), f" {queue.depth}")
    if queue.maxsize:
        text.append(f"/{queue.maxsize}")
    if queue.type == "JoinableQueue":
        text.append(_("  {count} unfinished").format(count=queue.unfinished), "faint")
    return text
