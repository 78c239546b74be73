"""What each process did over time, in cells of equal length, and how full each queue was.

    RunState, a number of cells and rows, a time ──► timeline_of ──► Timeline: lanes, depths, the axis ──► views

A span takes the cells from the one in which it begins to the one before that in which it ends, and at least one. Where
several spans claim a cell, it shows the most telling status (the order of `Status`). So a lock that is handed on is
never in two lanes at once, unless a process held it for less than a cell.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from procsim.state.history import Series, Span, Status
from procsim.state.objects import Queue
from procsim.state.processes import Process
from procsim.state.run_state import RunState
from procsim.wire.identities import MAIN_THREAD

SECOND = 1_000_000_000

UNITS = ((SECOND, "s"), (1_000_000, "ms"), (1_000, "µs"))

NICE = (1, 1.5, 2, 3, 4, 6, 8)
"""An axis that grows ends at one of these, times a power of ten."""

QUEUES_SHARE = 3
"""Where there are too few rows, queues take one in so many of them, but one at least."""


class Stretch(NamedTuple):
    """Cells in which a process waits for one thing."""

    first: int
    cells: int
    what: str
    """The name of what it waits for; empty: it has none."""


@dataclass(frozen=True, slots=True)
class Lane:
    """What one process did."""

    process: Process
    cells: list[Status]
    waits: list[Stretch]


@dataclass(frozen=True, slots=True)
class Depth:
    """How full a queue was."""

    queue: Queue
    cells: list[int | None]
    """The most items in it during each cell; None: the queue did not exist yet, or the time has not come."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The rows over one axis of time."""

    lanes: list[Lane]
    depths: list[Depth]
    left_out: int
    """Processes and queues for which there were too few rows."""
    axis: tuple[str, str, str]
    """The time at its start, middle and end."""


def timeline_of(run: RunState, cells: int, rows: int, t: int, end: int | None = None) -> Timeline:
    """What happened up to `t` ns, in at most `rows` rows of `cells` cells; the axis ends at `end` ns, or at `t`."""
    end = max(1, t if end is None else end)
    queues = [queue for queue in run.queues.values() if queue.puts]
    processes = _chosen(run, rows - min(len(queues), max(1, rows // QUEUES_SHARE)))
    shown = queues[: max(0, rows - len(processes))]
    return Timeline(
        [_lane(run, process, cells, t, end) for process in processes],
        [Depth(queue, _depths(queue.depths, cells, t, end)) for queue in shown],
        run.process_count - len(processes) + len(queues) - len(shown),
        (time_label(0, end), time_label(end / 2, end), time_label(end, end)),
    )


def end_of_growing_axis(t: int) -> int:
    """ns: the end of an axis that grows with a run, by leaps: in between, the cells that were drawn do not move."""
    scale = SECOND
    while scale * 10 <= t:
        scale *= 10
    return next((int(scale * nice) for nice in NICE if t <= scale * nice), scale * 10)


def time_label(ns: float, end: float) -> str:
    """The words for a time on an axis that ends at `end` ns."""
    size, unit = next(((size, unit) for size, unit in UNITS if end >= size / 10), UNITS[-1])
    return f"{round(ns / size, 2 if end < 10 * size else 1):g} {unit}"


def _chosen(run: RunState, rows: int) -> list[Process]:
    """Main and the processes with the most telling histories, in the order in which they began."""
    processes = list(run.processes.values())
    if len(processes) <= rows:
        return processes
    ranked = sorted(processes, key=lambda it: (it.pid != run.main, not it.exit_code, -it.history.most_telling))
    chosen = {process.pid for process in ranked[: max(0, rows)]}
    return [process for process in processes if process.pid in chosen]


def _lane(run: RunState, process: Process, cells: int, t: int, end: int) -> Lane:
    spans = process.history.spans()
    over = _over(process, spans[-1])
    gone = t if over is None else min(t, over)
    wait = process.waits.get(MAIN_THREAD)
    stuck = wait.since if wait is not None and wait.stuck is not None else None
    lane = [Status.ABSENT] * cells
    about: list[int | str | None] = [None] * cells
    for (since, status, what), until in zip(spans, _ends(spans, gone), strict=True):
        if status is Status.WAITING and stuck is not None and until > stuck:
            status = Status.STUCK
        if since >= gone:
            continue
        for cell in _cells(since, until, cells, end):
            if status > lane[cell]:
                lane[cell], about[cell] = status, what
    if over is not None and over <= t:
        cell = _cell(over, cells, end)
        cell = min(cells - 1, cell + (lane[cell] is not Status.ABSENT))
        if lane[cell] is not Status.INSIDE:  # a lock held for a moment is shown in any case
            lane[cell] = Status.FAILED if process.exit_code or stuck is not None else Status.ENDED
    return Lane(process, lane, list(_stretches(run, lane, about)))


def _over(process: Process, last: Span) -> int | None:
    """ns: when its own code was done; where it waited after that, when it ended."""
    if process.returned is not None and last[1] is Status.RUNNING:
        return max(process.returned, last[0])
    return process.ended


def _ends(spans: list[Span], gone: int) -> Iterable[int]:
    return [*(min(gone, span[0]) for span in spans[1:]), gone]


def _cell(t: int, cells: int, end: int) -> int:
    return min(cells - 1, t * cells // end)


def _cells(since: int, until: int, cells: int, end: int) -> range:
    """The cells from `since` to `until` ns, without the one in which `until` lies unless the axis ends there."""
    first = _cell(since, cells, end)
    return range(first, max(first + 1, cells if until >= end else _cell(until, cells, end)))


def _stretches(run: RunState, lane: list[Status], about: list[int | str | None]) -> Iterable[Stretch]:
    first = 0
    for cell in range(1, len(lane) + 1):
        if cell == len(lane) or lane[cell] != lane[first] or about[cell] != about[first]:
            if lane[first] in (Status.WAITING, Status.STUCK):
                what = about[first]
                name = what if isinstance(what, str) else run.name(what) if what is not None else ""
                yield Stretch(first, cell - first, name)
            first = cell


def _depths(series: Series, cells: int, t: int, end: int) -> list[int | None]:
    depths: list[int | None] = [None] * cells
    points = series.points
    if not points:
        return depths
    for (since, depth), (until, _) in zip(points, [*points[1:], (t, 0)], strict=True):
        for cell in _cells(since, min(until, t), cells, end):
            depths[cell] = max(depths[cell] or 0, int(depth))
    return depths
