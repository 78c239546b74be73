"""The objects on the screen, drawn as what they are: a queue as its places with their items, a lock with its holder.

RunState ──► the objects that somebody uses ──► a line for each; locks that are alike share one
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import islice

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from procsim.language import N_, _, listed
from procsim.state.accesses import place_words
from procsim.state.cells import Cells
from procsim.state.objects import Lock, Pool, Queue, Signal
from procsim.state.run_state import RunState
from procsim.views.base import clean
from procsim.views.live.process_rows import row_name
from procsim.views.text.knowledge import shown
from procsim.views.text.rows import fitted
from procsim.views.text.words import STYLES, counted

Thing = Lock | Queue | Signal | Pool | Cells
"""What has a row."""

ITEM_CELLS = 6
"""Of an item in a queue; what is longer is cut."""

GAP = "  "


def things(run: RunState) -> list[Thing]:
    """The objects that are shown, those first that a class looks at: pipes once something went through them, files and
    values that several processes use, the locks inside values where the program itself acquires them.
    """
    inside = {cells.lock for cells in run.cells.values()}
    locks = [lock for lock in run.locks.values() if lock.identity not in inside or lock.acquired]
    signals = [signal for signal in run.signals.values() if signal.type != "Pipe" or signal.sent or signal.received]
    return [*run.queues.values(), *shared_cells(run), *locks, *run.pools.values(), *signals]


def shared_cells(run: RunState) -> list[Cells]:
    """The files and values that several processes use."""
    return [cells for cells in run.cells.values() if len(cells.uses) > 1 and cells.last is not None]


def thing_count(run: RunState) -> int:
    """How many lines all objects take."""
    return len(_alike(things(run)))


def thing_lines(run: RunState, rows: int, width: int, plain: bool, every: Sequence[Thing] | None = None) -> list[Text]:
    """A line for each object, at most so many; those left out, the ones for which fewest wait, are counted in one.

    `every`: the objects that are shown; None: all `things`.
    """
    if rows <= 0:
        return []
    waiting: dict[int, list[str]] = defaultdict(list)
    for wait in run.now_waiting():
        if wait.object is not None:
            waiting[wait.object].append(wait.process)
    groups = _alike(things(run) if every is None else every)
    left_out = 0
    if len(groups) > rows:
        groups.sort(key=lambda group: -sum(len(waiting[thing.identity]) + _is_hurt(thing) for thing in group))
        shown = max(min(1, rows), rows - 1)
        left_out = sum(map(len, groups[shown:]))
        groups = groups[:shown]
    name_cells = max((cell_len(_name(group)) for group in groups), default=0)
    lines = []
    for group in groups:
        name = Text(_name(group), "strong")
        name.truncate(min(name_cells, width // 3), overflow="ellipsis", pad=True)
        who = waiting[group[0].identity] if len(group) == 1 else []
        lines.append(fitted(Text.assemble(name, GAP, _drawn(run, group, who, plain, width)), width))
    if left_out:
        more = Text(_("… and {count} more").format(count=left_out), STYLES["faint"])
        lines = (
            [*lines, more] if len(lines) < rows else [*lines[:-1], fitted(Text.assemble(lines[-1], GAP, more), width)]
        )
    return lines[: max(0, rows)]


def _alike(every: Sequence[Thing]) -> list[list[Thing]]:
    """Locks made at one line by several processes are one group: each process has made one of its own."""
    groups: dict[object, list[Thing]] = defaultdict(list)
    for thing in every:
        key = (thing.type, thing.at) if isinstance(thing, Lock) and thing.at is not None else thing.identity
        groups[key].append(thing)
    grouped: list[list[Thing]] = []
    for group in groups.values():
        makers = {thing.made_by for thing in group if isinstance(thing, Lock)}
        grouped += [group] if len(makers) == len(group) else [[thing] for thing in group]
    return grouped


def _is_hurt(thing: Thing) -> bool:
    """Whether it is a file or a value of which an update was lost."""
    return isinstance(thing, Cells) and thing.lost > 0


def _name(group: Sequence[Thing]) -> str:
    return row_name([clean(thing.name) for thing in group], 20)


def _drawn(run: RunState, group: Sequence[Thing], who: Sequence[str], plain: bool, width: int) -> Text:
    if len(group) > 1:
        words = _("{count} different locks, one for each process: nobody is kept out")
        return Text(words.format(count=len(group)), STYLES["bad"])
    thing = group[0]
    if isinstance(thing, Cells):
        return _contents(thing)
    if isinstance(thing, Queue):
        return places(run, thing, plain, width * 2 // 3)
    text = _now(run, thing, bool(who))
    if who:
        waits = _("waiting, {count}: {who}").format(count=len(who), who=listed(who))
        text.append(GAP if text else "").append(clean(waits), STYLES["waiting"])
    return text


def _now(run: RunState, thing: Thing, is_awaited: bool) -> Text:
    if isinstance(thing, Lock):
        if thing.holder_is_gone:
            return Text(_("held by a process that has ended"), STYLES["bad"])
        if not thing.holders:
            return Text("" if is_awaited else _("free"), STYLES["faint"])
        words = _("held by {process}").format(process=listed(run.process_name(pid) for pid in thing.holders))
        dead = all(_had_ended(run, pid) for pid in thing.holders)
        if dead:
            return Text(clean(_("{words}, which has ended").format(words=words)), STYLES["bad"])
        return Text(clean(words), STYLES["held"])
    if isinstance(thing, Pool):
        workers = counted(len(run.workers_of(thing)), N_("1 worker"), N_("{count} workers"))
        if thing.seen is not None:
            tasks = counted(thing.seen.open, N_("1 task is open"), N_("{count} tasks are open"))
            return Text(_("{workers}, {tasks}").format(workers=workers, tasks=tasks) if thing.seen.open else workers)
        tasks = counted(thing.submitted, N_("1 task"), N_("{count} tasks"))
        return Text(_("{workers}, {done} of {tasks} done").format(workers=workers, done=thing.done, tasks=tasks))
    assert isinstance(thing, Signal)
    if thing.type == "Event":
        return Text(_("set") if thing.is_set else _("not set"))
    if thing.type == "Barrier":
        if thing.passed and not thing.arrived:
            return Text(_("opened, {passed} have passed").format(passed=thing.passed))
        return Text(_("{arrived} of {parties} are there").format(arrived=thing.arrived, parties=thing.parties))
    if not thing.sent and not thing.received:  # nobody has counted what was sent before the program was looked at
        return Text()
    return Text(_("{sent} sent, {received} received").format(sent=thing.sent, received=thing.received))


def _had_ended(run: RunState, pid: int) -> bool:
    """Whether a process had ended before procsim ended the program, if it did because it hung."""
    process = run.processes.get(pid)
    return process is not None and process.ended is not None and (run.hung is None or process.ended <= run.hung)


def _contents(cells: Cells) -> Text:
    """What was written to it last, and how many updates were lost."""
    assert cells.last is not None
    place, value = place_words(cells.last.event), shown(cells.last.event) or ""
    text = Text(clean(f"{place} = {value}" if place and value else value), "strong")
    if cells.lost:
        words = counted(cells.lost, N_("1 write went over an unseen one"), N_("{count} writes went over an unseen one"))
        text.append(GAP if text else "").append(words, STYLES["bad"])
    return text


def places(run: RunState, queue: Queue, plain: bool, width: int) -> Text:
    """A queue as its places: on the left the oldest item, which is taken next. In lanes time runs to the right, too."""
    take, put = ("<-", "<-") if plain else ("◂", "◂")
    if queue.seen is not None and not queue.seen.counted:
        return Text(_("how many items are in it is not known"), STYLES["faint"])
    oldest = max(0, len(queue.items_put) - queue.depth)
    most = max(2, (width - 24) // 4)  # there may be 100,000 items in it
    items = [_item(item) for item in islice(queue.items_put, oldest, oldest + min(most, queue.depth))]
    size = queue.maxsize if 0 < queue.maxsize <= 12 else 0
    cells = max([2, *map(cell_len, items)])
    full = bool(queue.maxsize) and queue.depth >= queue.maxsize
    room = max(2, (width - 24) // (cells + 2))
    visible, text = items[:room], Text.assemble((_("take"), STYLES["faint"]), f" {take} ")
    for item in visible:
        text.append(f"[{item}{' ' * (cells - cell_len(item))}]", "badge" if full else "strong")
    text.append("[" + " " * cells + "]", STYLES["faint"]) if not queue.depth and not size else None
    for _place in range(min(size, room) - len(visible)):
        text.append("[" + " " * cells + "]", STYLES["faint"])
    if queue.depth > len(visible):
        text.append("…")
    text.append(f" {put} ").append(_("put"), STYLES["faint"]).append(GAP)
    if full:
        text.append(_(" FULL: {depth} of {size} ").format(depth=queue.depth, size=queue.maxsize), STYLES["full"])
    elif queue.maxsize:
        text.append(_("{depth} of {size}").format(depth=queue.depth, size=queue.maxsize))
    else:
        text.append(_("{depth} in it").format(depth=queue.depth))
    if queue.type == "JoinableQueue" and queue.seen is not None:
        text.append(GAP).append(_("{count} not reported done").format(count=queue.unfinished))
    elif queue.type == "JoinableQueue":
        words = _("{taken} taken, {done} reported done").format(taken=queue.gots, done=queue.done.total())
        alarm = not queue.done and queue.gots > 1 and run.is_joined(queue)
        text.append(GAP).append(words, STYLES["bad"] if alarm else "")
    return text


def _item(item: object) -> str:
    text = clean(str(item)).strip()
    return text if cell_len(text) <= ITEM_CELLS else set_cell_size(text, ITEM_CELLS - 1).rstrip() + "…"
