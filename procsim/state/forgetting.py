"""What a RunState forgets, so that procsim's memory stays bounded however long a run may be.

Forgotten are processes that have ended, those that ended well first and of these the oldest; and objects for which
nobody waits and that nobody holds, those first that were not used for longest. What processes did stays in the totals.
"""

from collections.abc import Callable, Iterable, Sized
from itertools import islice
from typing import Any

from procsim.state.run_state import Process, RunState

PROCESSES_KEPT = 2_000
OBJECTS_KEPT = 2_000
"""Locks, queues, pools, and signals, so many of each."""

NAMES_KEPT = 20_000

STEPS = 10
"""So many parts of what is kept; one is forgotten at once, so that it does not happen at each event."""

NOBODY = 0
"""Under this PID stands what forgotten processes did."""


def forget_processes(run: RunState) -> None:
    """Forget some that have ended, if there are too many."""
    surplus = _surplus(run.processes, PROCESSES_KEPT)
    if surplus:
        needed = {run.main, *(event.pid for event in run.raised)}
        needed.update(pid for lock in run.locks.values() for pid in lock.holders)
        ended = [process for process in run.processes.values() if process.pid not in needed and _is_over(process)]
        ended.sort(key=lambda process: bool(process.exit_code))  # a stable sort: within each kind the oldest first
        forget(run, {process.pid for process in ended[:surplus]})


def forget(run: RunState, pids: set[int]) -> None:
    """Forget these processes, but for their part in the totals."""
    for pid in pids:
        del run.processes[pid]
        run.started.pop(pid, None)
    run.forgotten_processes += len(pids)
    for counter in (
        *(lock.acquired for lock in run.locks.values()),
        *(counter for queue in run.queues.values() for counter in (queue.put, queue.got, queue.done)),
    ):
        for pid in pids & counter.keys():
            counter[NOBODY] += counter.pop(pid)
    for file in run.files.values():
        for pid in pids & file.uses.keys():
            del file.uses[pid]
    for pool in run.pools.values():
        pool.workers -= pids


def forget_objects(run: RunState, kept: dict[int, Any]) -> None:
    """Forget some of this kind (`run.locks`, say) that nobody uses now, if there are too many; and names."""
    surplus = _surplus(kept, OBJECTS_KEPT)
    if surplus:
        waited_for = {wait.object for process in run.processes.values() for wait in process.waits.values()}
        idle = [identity for identity in kept if identity not in waited_for and not _is_held(run, identity)]
        # What a process that has ended still holds is forgotten last: somebody may yet wait for it.
        idle.sort(key=lambda identity: (bool(_holders(run, identity)), kept[identity].last))
        _forget_first(kept, idle, surplus)
    kinds = (run.locks, run.queues, run.signals, run.pools)
    _forget_names(run.names, lambda identity: any(identity in kind for kind in kinds))
    _forget_names(run.used_names, lambda name: False)


def _surplus(kept: Sized, most: int) -> int:
    """How many there are too many. Told now and then alone, since it may be that none of them can be forgotten."""
    step = most // STEPS
    return len(kept) - most + step if len(kept) >= most and len(kept) % step == 0 else 0


def _forget_names(names: dict[Any, Any], is_needed: Callable[[Any], bool]) -> None:
    surplus = _surplus(names, NAMES_KEPT)
    if surplus:
        _forget_first(names, (name for name in names if not is_needed(name)), surplus)


def _forget_first(kept: dict[Any, Any], idle: Iterable[Any], count: int) -> None:
    for key in list(islice(idle, count)):
        del kept[key]


def _is_over(process: Process) -> bool:
    return not process.alive and all(wait.stuck is None for wait in process.waits.values())


def _holders(run: RunState, identity: int) -> Iterable[int]:
    return run.locks[identity].holders if identity in run.locks else ()


def _is_held(run: RunState, identity: int) -> bool:
    """Whether somebody holds it who has not ended."""
    holders = (run.processes.get(pid) for pid in _holders(run, identity))
    return any(holder is not None and holder.alive for holder in holders)
