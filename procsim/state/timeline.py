"""What each process did over time, in cells of equal length, and how full each queue was.

    RunState, an axis, a number of rows ──► timeline_of ──► Timeline: lanes with their marks, depths ──► views

A span takes the cells from the one in which it begins to the one before that in which it ends, and at least one. Where
several spans claim a cell, it shows the most telling status (the order of `Status`). So a lock that is handed on is
never in two lanes at once, unless a process held it for less than a cell.

The axis begins with the first child, since before it nothing happens that a lane could show. It counts seconds, or, in
a run that moves by steps, steps.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from procsim.state.history import Series, Span, Status
from procsim.state.objects import Queue
from procsim.state.processes import Mark, Process, failed
from procsim.state.run_state import RunState
from procsim.wire.identities import MAIN_THREAD

SECOND = 1_000_000_000

UNITS = ((SECOND, "s"), (1_000_000, "ms"), (1_000, "µs"))

NICE = (1, 1.5, 2, 3, 4, 6, 8)
"""An axis that grows ends at one of these, times a power of ten."""

FEWEST_STEPS = 20
"""On an axis that counts steps, while it grows."""

QUEUES_SHARE = 3
"""Where there are too few rows, queues take one in so many of them, but one at least."""


@dataclass(frozen=True, slots=True)
class Axis:
    """Where in a row of cells a moment of the run has its place."""

    cells: int
    begin: int
    end: int
    """ns; or, where it counts steps, steps: the first of the axis, and the one at its end."""
    since: int = 0
    """ns: what was before has no place on it."""
    steps: Sequence[int] = ()
    """ns of the steps from `begin` on; empty: the axis counts seconds."""

    def place(self, t: int) -> float:
        """The place of the moment `t` (ns): 0 at the beginning of the axis, 1 at its end."""
        at = bisect_right(self.steps, t) if self.steps else t - self.begin
        return max(0.0, at / max(1, self.end - self.begin))

    def cell(self, t: int) -> int:
        """The cell of the moment `t` (ns); the last one if it is behind the end."""
        return min(self.cells - 1, int(self.place(t) * self.cells))

    def labels(self) -> tuple[str, str, str]:
        """What stands at its beginning, its middle and its end."""
        middle = (self.begin + self.end) // 2
        if self.steps:
            return str(self.begin), str(middle), str(self.end)
        return time_label(self.begin, self.end), time_label(middle, self.end), time_label(self.end, self.end)


class Stretch(NamedTuple):
    """Cells in which a process waits for one thing, or holds one lock."""

    first: int
    cells: int
    what: str
    """The name of that thing or lock; empty: it has none."""


class Place(NamedTuple):
    """A mark in a lane."""

    cell: int
    mark: Mark


@dataclass(frozen=True, slots=True)
class Lane:
    """What one process did."""

    process: Process
    cells: list[Status]
    stretches: list[Stretch]
    marks: list[Place]


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
    axis: Axis


def timeline_of(run: RunState, axis: Axis, rows: int, t: int) -> Timeline:
    """What happened up to `t` ns, in at most `rows` rows."""
    queues = [queue for queue in run.queues.values() if queue.puts]
    processes = _chosen(run, rows - min(len(queues), max(1, rows // QUEUES_SHARE)))
    shown = queues[: max(0, rows - len(processes))]
    return Timeline(
        [lane_of(run, process, axis, t) for process in processes],
        [Depth(queue, _depths(queue.depths, axis, t)) for queue in shown],
        run.process_count - len(processes) + len(queues) - len(shown),
        axis,
    )


def axis_of(run: RunState, cells: int, t: int, growing: bool, steps: bool = False) -> Axis:
    """The axis of a run up to `t` ns. `growing`: it goes on beyond `t`, and grows by leaps: in between, the cells that
    were drawn do not move. `steps`: it counts steps.
    """
    begin = min(axis_begin(run), t)
    if steps and run.steps:
        taken = run.counts["gate_passed"]
        kept = [at for at in run.steps if at >= begin] or [run.steps[-1]]
        first = taken - len(kept)
        since = kept[0] if taken > len(run.steps) else begin  # earlier steps are forgotten
        return Axis(cells, first, first + max(len(kept), FEWEST_STEPS if growing else 1), since, kept)
    end = begin + end_of_growing_axis(t - begin) if growing else max(t, begin + 1)
    return Axis(cells, begin, end, begin)


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
    ranked = sorted(processes, key=lambda it: (it.pid != run.main, not failed(it.exit_code), -it.history.most_telling))
    chosen = {process.pid for process in ranked[: max(0, rows)]}
    return [process for process in processes if process.pid in chosen]


def lane_of(run: RunState, process: Process, axis: Axis, t: int) -> Lane:
    """The lane of one process, up to `t` ns."""
    spans = process.history.spans()
    wait = process.waits.get(MAIN_THREAD)
    stuck = wait.since if wait is not None and wait.stuck is not None else None
    over = _over(process, spans[-1]) if stuck is None else None  # it waits to the end: what has ended it is procsim
    gone = t if over is None else min(t, over)
    standing = process.standing.get(MAIN_THREAD)
    is_asked_about = standing is not None and run.is_asked_about(standing)
    lane = [Status.ABSENT] * axis.cells
    about: list[int | str | None] = [None] * axis.cells
    for (since, status, what), until in zip(spans, _ends(spans, gone), strict=True):
        if status is Status.WAITING and stuck is not None and until > stuck:
            status = Status.STUCK
        if is_asked_about and since == spans[-1][0]:
            status = Status.STANDING
        if since >= gone or until < axis.since:
            continue
        cells = _cells(since, until, axis)
        for cell in cells:
            if status > lane[cell] or (status is Status.STUCK and cell == cells[-1]):  # which is how it ends
                lane[cell], about[cell] = status, what
    if over is not None and over <= t:
        cell = axis.cell(over)
        cell = min(axis.cells - 1, cell + (lane[cell] is not Status.ABSENT))
        if lane[cell] is not Status.INSIDE:  # a lock held for a moment is shown in any case
            lane[cell] = Status.FAILED if failed(process.exit_code) else Status.ENDED
    marks = [Place(axis.cell(mark[0]), mark) for mark in process.marks if axis.since <= mark[0] <= t]
    return Lane(process, lane, list(_stretches(run, lane, about)), marks)


def axis_begin(run: RunState) -> int:
    """ns: where the axis of a run begins: with its first child."""
    return run.first_child or 0


def _over(process: Process, last: Span) -> int | None:
    """ns: when its own code was done; where it waited after that, when it ended."""
    if process.returned is not None and last[1] is Status.RUNNING:
        return max(process.returned, last[0])
    return process.ended


def _ends(spans: list[Span], gone: int) -> Iterable[int]:
    return [*(min(gone, span[0]) for span in spans[1:]), gone]


def _cells(since: int, until: int, axis: Axis) -> range:
    """The cells from `since` to `until` ns, without the one in which `until` lies unless the axis ends there."""
    first = axis.cell(since)
    return range(first, max(first + 1, axis.cells if axis.place(until) >= 1 else axis.cell(until)))


def _stretches(run: RunState, lane: list[Status], about: list[int | str | None]) -> Iterable[Stretch]:
    first = 0
    for cell in range(1, len(lane) + 1):
        if cell == len(lane) or lane[cell] != lane[first] or about[cell] != about[first]:
            if lane[first] in (Status.WAITING, Status.STUCK, Status.INSIDE):
                what = about[first]
                name = what if isinstance(what, str) else run.name(what) if what is not None else ""
                yield Stretch(first, cell - first, name)
            first = cell


def _depths(series: Series, axis: Axis, t: int) -> list[int | None]:
    depths: list[int | None] = [None] * axis.cells
    points = series.points
    if not points:
        return depths
    for (since, depth), (until, _) in zip(points, [*points[1:], (t, 0)], strict=True):
        if until >= axis.since:
            for cell in _cells(since, min(until, t), axis):
                depths[cell] = max(depths[cell] or 0, int(depth))
    return depths
