"""What a RunState forgets when it has more processes, objects or names than `bounds.py` allows.

It forgets processes that have ended: first those with exit code 0, and of these the oldest. And it forgets objects that
no process waits for and no living process holds, the longest unused first. What forgotten processes did stays in the
totals.
"""

from collections.abc import Callable, Iterable, Sized
from itertools import islice
from typing import Any

from procsim.state.bounds import NAMES_KEPT, OBJECTS_KEPT, PROCESSES_KEPT
from procsim.state.processes import Process, place_of
from procsim.state.run_state import RunState

STEPS = 10
"""A bound is divided into so many parts, and a whole part is forgotten at once: not one thing at each event."""

NOBODY = 0
"""The PID under which the totals keep what forgotten processes did."""


def forget_processes(run: RunState) -> None:
    """Forget some processes that have ended, if there are too many."""
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
        for key, waited in run.processes.pop(pid).waited.items():
            total = place_of(run.forgotten_waited, key)
            total.ns += waited.ns
            total.times += waited.times
            total.processes += 1
        run.started.pop(pid, None)
    run.forgotten_processes += len(pids)
    for counter in (
        *(lock.acquired for lock in run.locks.values()),
        *(counter for queue in run.queues.values() for counter in (queue.put, queue.got, queue.done)),
    ):
        for pid in pids & counter.keys():
            counter[NOBODY] += counter.pop(pid)
    for queue in run.queues.values():
        for pid in pids & queue.looks.keys():
            del queue.looks[pid]
    for cells in run.cells.values():
        for pid in pids & cells.uses.keys():
            del cells.uses[pid]
    for pool in run.pools.values():
        pool.workers -= pids
    for signal in run.signals.values():
        signal.seen_by -= pids


def forget_objects(run: RunState, kept: dict[int, Any]) -> None:
    """Forget some unused objects of one kind (`run.locks`, say), if there are too many; and names."""
    surplus = _surplus(kept, OBJECTS_KEPT)
    if surplus:
        waited_for = {wait.object for process in run.processes.values() for wait in process.waits.values()}
        idle = [identity for identity in kept if identity not in waited_for and not _is_held(run, identity)]
        # What a process that has ended still holds is forgotten last: another process may yet wait for it.
        idle.sort(key=lambda identity: (bool(_holders(run, identity)), kept[identity].last))
        before = len(kept)
        _forget_first(kept, idle, surplus)
        run.forgotten_objects += before - len(kept)
    kinds = (run.locks, run.queues, run.signals, run.pools, run.cells)
    _forget_names(run.names, lambda identity: any(identity in kind for kind in kinds))
    _forget_names(run.used_names, lambda name: False)


def _surplus(kept: Sized, most: int) -> int:
    """How many to forget; 0 unless another STEPS-th part of the bound is full.

    Perhaps none can be forgotten, and then this is not to be tried at each event.
    """
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
    """Whether a living process holds it."""
    holders = (run.processes.get(pid) for pid in _holders(run, identity))
    return any(holder is not None and holder.alive for holder in holders)
