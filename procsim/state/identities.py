"""Which process and which object an event is about. `procsim.wire.identities` has the rules.

    PID and name of an event ──► process_of ──► Process
    object of an event ──► lock_of, queue_of, signal_of, pool_of, cells_of ──► Lock, Queue …

Each makes a new one where the run has none yet.
"""

from typing import Any

from procsim.state.bounds import CELLS_KEPT, ITEMS_KEPT, RANGES_KEPT, USERS_KEPT, share
from procsim.state.cells import Cells
from procsim.state.forgetting import forget, forget_objects, forget_processes
from procsim.state.objects import Lock, Pool, Queue, Signal
from procsim.state.processes import Process
from procsim.state.run_state import RunState
from procsim.wire.events import Event, Named


def process_of(run: RunState, pid: int, name: str) -> Process:
    """The process with this PID. A PID that comes again under another name was used again by the system."""
    process = run.processes.get(pid)
    if process is not None and not process.alive and process.name != name:
        forget(run, {pid})
        process = None
    if process is None:
        process = run.processes[pid] = Process(pid, name)
        run.main = run.main or pid
        forget_processes(run)
        process.keep_status(run.t, run.processes)
    return process


def lock_of(run: RunState, event: Event) -> Lock:
    """The lock that the event is about."""
    identity = event.object or 0
    lock = run.locks.get(identity)
    if lock is None:
        name, kind = _name_of_new(run, event, run.locks)
        value = _count(event.fields.get("value"), otherwise=1)
        lock = run.locks[identity] = Lock(identity, name, kind, event.at, value, handed_on=not value)
        lock.made_by = event.pid
    lock.last = event.t
    return lock


def queue_of(run: RunState, event: Event) -> Queue:
    """The queue that the event is about."""
    identity = event.object or 0
    queue = run.queues.get(identity)
    if queue is None:
        name, kind = _name_of_new(run, event, run.queues)
        most = share(ITEMS_KEPT, len(run.queues) + 1)
        queue = Queue(identity, name, kind, event.at, _count(event.fields.get("maxsize")), most=most)
        queue.pipe = event.fields.get("pipe") or 0
        run.queues[identity] = queue
    queue.last = event.t
    return queue


def signal_of(run: RunState, event: Event) -> Signal:
    """The Event, Barrier or end of a pipe that the event is about."""
    identity = event.object or 0
    signal = run.signals.get(identity)
    if signal is None:
        name, kind = _name_of_new(run, event, run.signals)
        signal = run.signals[identity] = Signal(identity, name, kind, event.at)
        signal.parties, signal.other = _count(event.fields.get("parties")), event.fields.get("other", 0)
        signal.inside = tuple(event.fields.get("inside", ()))
    signal.last = event.t
    return signal


def pool_of(run: RunState, event: Event) -> Pool:
    """The pool that the event is about."""
    identity = event.object or 0
    pool = run.pools.get(identity)
    if pool is None:
        if event.kind == "pool_created":  # a package's own queue has made that lock; now it is known as the pool's
            run.names.pop(identity, None)
        name, kind = _name_of_new(run, event, run.pools)
        size = _count(event.fields.get("workers"))
        max_tasks = event.fields.get("max_tasks")
        pool = run.pools[identity] = Pool(identity, name, kind, event.at, size, max_tasks, event.pid)
    pool.last = event.t
    return pool


def cells_of(run: RunState, event: Event) -> Cells:
    """The cells of the file or the object that the event is about. Of too many, one is forgotten that lost nothing."""
    identity = event.object or 0
    cells = run.cells.get(identity)
    if cells is None:
        number = len(run.cells) + 1
        cells = run.cells[identity] = Cells(share(USERS_KEPT, number), share(RANGES_KEPT, number), identity=identity)
        if "path" not in event.fields:
            cells.label, cells.type = _name_of_new(run, event, {})
            cells.length = _count(event.fields.get("length"), otherwise=1)
            cells.lock = event.fields.get("lock")
            cells.at = event.at if event.kind == "value_created" else None
        if len(run.cells) > CELLS_KEPT:
            _forget_cells(run, identity)
    if "path" in event.fields:
        cells.path = str(event.fields["path"])
    return cells


def _forget_cells(run: RunState, newest: int) -> None:
    """Forget some cells: those that nobody has written, that one process alone uses, or else the oldest that lost
    nothing. Of these it is counted, since more might have been lost."""
    others = [(key, kept) for key, kept in run.cells.items() if key != newest and not kept.lost and not kept.copies]
    alone = next((key for key, kept in others if kept.last is None or len(kept.uses) < 2), None)
    if alone is None:
        run.forgotten_cells += 1
    del run.cells[next((key for key, _ in others), newest) if alone is None else alone]


def new_cells(run: RunState, event: Event) -> Cells:
    """The cells of an object that was just made: perhaps in memory where there was another object before."""
    identity = event.object or 0
    before, named = run.cells.pop(identity, None), run.names.pop(identity, None)
    if before is not None and before.lost:
        run.cells[~identity] = before  # under a number that no object has
        run.names[~identity] = named or Named(before.label, before.type)
    lock = run.locks.get(event.fields.get("lock") or 0)
    name = str(event.fields["name"])
    if lock is not None and (lock.at, lock.made_by) == (event.at, event.pid) and _is_named(lock.name, name):
        # It was made with its lock, which has the name already.
        run.names[identity] = Named(lock.name, str(event.fields["type"]))
    return cells_of(run, event)


def _is_named(name: str, given: str) -> bool:
    """Whether an object that was given this name has that one: perhaps with a number."""
    return name.rpartition("-")[0] == given or name == given


def _name_of_new(run: RunState, event: Event, kept: dict[int, Any]) -> Named:
    """The name of an object that is not among `kept`; a second object of the same name gets a number.

    An object that was forgotten meanwhile keeps its name.
    """
    forget_objects(run, kept)
    known = run.names.get(event.object or 0)
    if known is not None:
        return known
    name = str(event.fields.get("name", event.kind.split("_")[0]))
    run.used_names[name] += 1
    if run.used_names[name] > 1:
        name = f"{name}-{run.used_names[name]}"
    named = Named(name, str(event.fields.get("type", "?")))
    if event.object is not None:
        run.names[event.object] = named
    return named


def _count(number: Any, otherwise: int = 0) -> Any:
    """A number that the program gave; `otherwise` if it gave something else, which its own call refuses."""
    return number if isinstance(number, int | float) else otherwise
