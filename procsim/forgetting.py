"""What a RunState forgets, so that procsim's memory stays bounded however long a run may be.

Forgotten are processes that have ended, those that ended well first, and objects for which nobody waits and that nobody
holds; in both cases the oldest. What they did stays in the totals.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from procsim.state import RunState

PROCESSES_KEPT = 2_000
OBJECTS_KEPT = 2_000
"""Locks, queues, pools, and signals, so many of each."""

NAMES_KEPT = 20_000

SHARE_FORGOTTEN = 10
"""One in so many is forgotten at once, so that it does not happen at each event."""

NOBODY = 0
"""Under this PID stands what forgotten processes did."""


def forget_processes(run: RunState) -> None:
    """Forget some that have ended, if there are too many."""
    if len(run.processes) <= PROCESSES_KEPT:
        return
    needed = {run.main, *(event.pid for event in run.raised)}
    needed.update(pid for lock in run.locks.values() for pid in lock.holders)
    ended = [process for process in run.processes.values() if not process.alive and process.pid not in needed]
    ended = [process for process in ended if all(wait.stuck is None for wait in process.waits.values())]
    ended.sort(key=lambda process: bool(process.exit_code))  # a stable sort: within each kind the oldest first
    forgotten = [process.pid for process in ended[: len(run.processes) // SHARE_FORGOTTEN]]
    for pid in forgotten:
        del run.processes[pid]
        run.started.pop(pid, None)
    run.forgotten_processes += len(forgotten)
    for counter in (
        *(lock.acquired for lock in run.locks.values()),
        *(counter for queue in run.queues.values() for counter in (queue.put, queue.got, queue.done)),
    ):
        for pid in forgotten:
            if pid in counter:
                counter[NOBODY] += counter.pop(pid)
    for file in run.files.values():
        for pid in forgotten:
            file.uses.pop(pid, None)
    for pool in run.pools.values():
        pool.workers.difference_update(forgotten)


def forget_objects(run: RunState) -> None:
    """Forget some that nobody uses now, if there are too many of a kind."""
    kinds: list[dict[int, Any]] = [run.locks, run.queues, run.signals, run.pools]
    if any(len(kept) > OBJECTS_KEPT for kept in kinds):
        waited_for = {wait.object for process in run.processes.values() for wait in process.waits.values()}
        for kept in kinds:
            idle = [identity for identity in kept if identity not in waited_for and not _is_held(run, identity)]
            _forget_first(kept, idle, OBJECTS_KEPT)
    _forget_first(run.names, run.names, NAMES_KEPT)


def _forget_first(kept: dict[int, Any], idle: Iterable[int], limit: int) -> None:
    if len(kept) > limit:
        for identity in list(islice(idle, limit // SHARE_FORGOTTEN)):
            del kept[identity]


def _is_held(run: RunState, identity: int) -> bool:
    return identity in run.locks and bool(run.locks[identity].holders)
