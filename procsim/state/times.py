"""Where the time of a run went: who waited how long for what, who held a lock longest, how busy workers were.

    RunState: what each process has waited for, held and worked on ──► times_of ──► Times ──► views, reports

The waits of all threads count for an object; for a process, those of its main thread. A wait, a hold or a task that is
not over counts up to the end of the run, or of its process.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from procsim.state.objects import Lock, Longest, Pool, Queue, Signal
from procsim.state.processes import Process, Waited, WaitedFor
from procsim.state.run_state import RunState
from procsim.wire.identities import MAIN_THREAD

MANAGERS = 0
"""Stands for the identity of a manager, which has none."""


@dataclass(slots=True)
class Waits:
    """The waits of one kind for one thing."""

    kind: str
    """The kind of the event that such a wait begins with, such as "lock_waiting"."""
    object: int | None
    """None: processes, or no object; or several things that are not kept apart."""
    ns: int = 0
    times: int = 0
    pids: set[int] = field(default_factory=set)
    """The processes that waited, without those that were forgotten."""
    forgotten: int = 0
    """How many processes were forgotten that waited, too; one counts twice if it waited both in its main thread and in
    others."""

    @property
    def processes(self) -> int:
        """How many processes waited."""
        return len(self.pids) + self.forgotten


@dataclass(frozen=True, slots=True)
class ThingTimes:
    """How long processes waited for a lock, queue, Event, Barrier, pipe or pool, or for managers."""

    identity: int
    """MANAGERS: managers."""
    kept: Lock | Queue | Signal | Pool | None
    """None: the object was forgotten, or it is about managers."""
    waits: list[Waits]
    """Those of each kind, the longest first."""
    longest: Longest | None = None
    """Of a lock: the longest time that a process held it. Of a pool: the longest task."""

    @property
    def ns(self) -> int:
        """How long they waited in all."""
        return sum(waits.ns for waits in self.waits)


@dataclass(frozen=True, slots=True)
class ProcessTimes:
    """What the time of one process was spent on."""

    process: Process
    ns: int
    """How long it ran."""
    busy: int
    """ns: of a pool's worker, those in which it had a task; else, those in which its main thread neither waited nor
    slept."""
    waits: list[Waits]
    """Those of its main thread, the longest first. A sleep counts as one."""

    @property
    def waited(self) -> int:
        """ns that it waited."""
        return sum(waits.ns for waits in self.waits)

    @property
    def share(self) -> float:
        """The share of its time in which it was busy, from 0 to 1."""
        return min(1.0, self.busy / self.ns) if self.ns else 0.0


@dataclass(frozen=True, slots=True)
class Times:
    """Where the time of a run went."""

    main: ProcessTimes | None
    """None: nothing is known of main."""
    things: list[ThingTimes]
    """The locks, queues and so on that processes waited for, the longest first."""
    pools: list[tuple[ThingTimes, list[ProcessTimes]]]
    """The pools that had tasks, and their workers."""
    others: list[ProcessTimes]
    """All other processes, but for managers, which only answer."""


def times_of(run: RunState) -> Times | None:
    """Where its time went, up to its last event; None: it moved by steps, and waited for people."""
    if run.counts["gate_passed"]:
        return None
    waits = _all_waits(run)
    processes = {
        process.pid: _process_times(run, process)
        for process in run.processes.values()
        if process.began is not None and not process.untraced
    }
    workers = {pid for pool in run.pools.values() for pid in pool.workers}
    return Times(
        processes.get(run.main),
        _things(run, waits),
        [
            (
                ThingTimes(pool.identity, pool, waits.get(pool.identity, []), _longest_task(run, pool)),
                [processes[pid] for pid in sorted(pool.workers) if pid in processes],
            )
            for pool in run.pools.values()
            if pool.taken
        ],
        [
            times
            for pid, times in processes.items()
            if pid != run.main and pid not in workers and not times.process.is_manager
        ],
    )


def _end(run: RunState, process: Process) -> int:
    return run.t if process.ended is None else process.ended


def _waits_of(run: RunState, process: Process) -> Iterator[tuple[WaitedFor, Waited]]:
    """All its waits: those that have ended, and those that it is in."""
    yield from process.waited.items()
    if process.ended is None:
        for thread, wait in process.waits.items():
            yield (wait.kind, wait.object, thread == MAIN_THREAD), Waited(run.t - wait.since, 1)


def _all_waits(run: RunState) -> dict[int, list[Waits]]:
    """The waits for each object, those of each kind together, the longest first; under MANAGERS, those for managers."""
    found: dict[tuple[str, int], Waits] = {}

    def add(key: WaitedFor, waited: Waited, pids: set[int]) -> None:
        kind, identity, _main = key
        if identity is not None or kind == "manager_called":
            waits = found.setdefault((kind, identity or MANAGERS), Waits(kind, identity))
            waits.ns += waited.ns
            waits.times += waited.times
            waits.pids |= pids
            waits.forgotten += waited.processes

    for process in run.processes.values():
        for key, waited in _waits_of(run, process):
            add(key, waited, {process.pid})
    for key, waited in run.forgotten_waited.items():
        add(key, waited, set())
    by_object: dict[int, list[Waits]] = {}
    for waits in _longest_first(found.values()):
        by_object.setdefault(waits.object or MANAGERS, []).append(waits)
    return by_object


def _longest_first(waits: Iterable[Waits]) -> list[Waits]:
    return sorted((each for each in waits if each.ns > 0), key=lambda each: -each.ns)


def _things(run: RunState, waits: dict[int, list[Waits]]) -> list[ThingTimes]:
    """What was waited for, without the pools that had tasks."""
    things = []
    for identity, of_it in waits.items():
        kept: Lock | Queue | Signal | Pool | None = run.locks.get(identity) or run.queues.get(identity)
        kept = kept or run.signals.get(identity) or run.pools.get(identity)
        if not (isinstance(kept, Pool) and kept.taken):
            longest = _longest_hold(run, kept) if isinstance(kept, Lock) else None
            things.append(ThingTimes(identity, kept, of_it, longest))
    return sorted(things, key=lambda thing: -thing.ns)


def _longest_hold(run: RunState, lock: Lock) -> Longest | None:
    """The longest time that a process held a lock; None where it is handed on: it is a signal, more than a lock."""
    if lock.handed_on:
        return None
    holds = [lock.longest] if lock.longest is not None else []
    for pid, last in lock.holds.items():
        hold = last.outer or last
        # A lock stays held when its holder has ended.
        holds.append(Longest(run.t - hold.since, run.process_name(pid), hold.at))
    return max(holds, default=None, key=lambda hold: hold.ns)


def _longest_task(run: RunState, pool: Pool) -> Longest | None:
    tasks = [pool.longest] if pool.longest is not None else []
    for process in (run.processes[pid] for pid in pool.workers if pid in run.processes):
        task = process.task
        if task is not None:
            tasks.append(Longest(_end(run, process) - task.since, process.name, task.at, task.function, task.items))
    return max(tasks, default=None, key=lambda task: task.ns)


def _process_times(run: RunState, process: Process) -> ProcessTimes:
    found: dict[tuple[str, int | None], Waits] = {}
    for (kind, identity, is_main), waited in _waits_of(run, process):
        if is_main:
            waits = found.setdefault((kind, identity), Waits(kind, identity))
            waits.ns += waited.ns
            waits.times += waited.times
            waits.pids.add(process.pid)
    ns = max(0, _end(run, process) - (process.began or 0))
    if process.pool is not None:
        busy = process.busy + (_end(run, process) - process.task.since if process.task is not None else 0)
    else:
        busy = max(0, ns - sum(waits.ns for waits in found.values()))
    return ProcessTimes(process, ns, busy, _longest_first(found.values()))
