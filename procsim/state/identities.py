"""Which process and which object an event is about. `procsim.wire.identities` has the rules.

    PID and name of an event ──► process_of ──► Process
    object of an event ──► lock_of, queue_of, signal_of, pool_of, cells_of ──► Lock, Queue …

Each makes a new one where the run has none yet.
"""

from typing import Any

from procsim.state.bounds import FILES_KEPT, ITEMS_KEPT, USERS_KEPT, share
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
    signal.last = event.t
    return signal


def pool_of(run: RunState, event: Event) -> Pool:
    """The pool that the event is about."""
    identity = event.object or 0
    pool = run.pools.get(identity)
    if pool is None:
        name, kind = _name_of_new(run, event, run.pools)
        size = _count(event.fields.get("workers"))
        pool = run.pools[identity] = Pool(identity, name, kind, event.at, size, made_by=event.pid)
    pool.last = event.t
    return pool


def cells_of(run: RunState, identity: int) -> Cells:
    """The cells of a file. Of too many files one is forgotten that lost no update."""
    cells = run.cells.get(identity)
    if cells is None:
        cells = run.cells[identity] = Cells(share(USERS_KEPT, len(run.cells) + 1), identity=identity)
        if len(run.cells) > FILES_KEPT:
            del run.cells[next((key for key, kept in run.cells.items() if not kept.lost), identity)]
    return cells


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
