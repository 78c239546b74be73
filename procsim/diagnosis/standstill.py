"""A standstill: the threads that are stuck, because no thread that can still move could end their waits.

    RunState (who holds which lock, who waits for what) ──┐
    Snapshot (what each thread is blocked in) ────────────┴──► which threads can still move ──► the others are stuck

It is a fixpoint. It begins with the threads that may go on by themselves (they compute, they sleep, they wait for
something with a time limit or for something unknown), and spreads to those whose wait one of these could end. A thread
that it never reaches is stuck. Where something is not known, a thread counts as one that can move.

The system call that each thread is blocked in decides, not the waits that the processes have emitted: those only narrow
down who could end it. So threads, pools' handlers, feeders and programs that are no Python need no rules of their own.
Whoever may be moved from outside counts as one that can move, too: a main thread that handles a signal which people
send, a stopped process, a manager at an address that clients elsewhere may know.
"""

import signal
from collections.abc import Callable, Mapping

from procsim.diagnosis.blocked_threads import Blocked, End
from procsim.diagnosis.snapshot import ProcessSnapshot, Snapshot, Thread
from procsim.findings.forks import FOR_A_THREAD
from procsim.findings.pool_threads import pools_without_results
from procsim.findings.pools import FOR_POOL
from procsim.state.objects import Lock
from procsim.state.processes import Wait
from procsim.state.run_state import RunState
from procsim.wire.identities import inode_of, pipe_end

_ALARMS = (signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF, signal.SIGIO)
"""Signals that come without a sender."""

_OF_LIBC = (32, 33)
"""Signals that glibc handles where there are threads; those of programs begin at SIGRTMIN, 34."""

_NEVER_SENT = (signal.SIGINT, signal.SIGSEGV, signal.SIGFPE, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, *_OF_LIBC)
"""Signals that Python (or its faulthandler) handles in every process; no program waits for them."""

_FROM_OUTSIDE = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
"""Signals that people send to a program that waits for them."""


def other_end(run: RunState, end: End, peers: Mapping[int, int]) -> End | None:
    """The other end of a pipe; of a socket only where the program made it with `Pipe()`, or where `peers` has it."""
    if not end.socket:
        return End(end.inode, not end.writing)
    if end.inode in peers:
        return End(peers[end.inode], True, True)
    known = run.signals.get(pipe_end(end.inode, True))
    return End(inode_of(known.other), True, True) if known is not None and known.other else None


def _mask(numbers: tuple[int, ...]) -> int:
    return sum(1 << (number - 1) for number in numbers)


def handles_signals(process: ProcessSnapshot) -> bool:
    """Whether the program has a handler in this process for a signal that somebody may send."""
    return bool(process.caught & ~_mask(_NEVER_SENT))


def stuck(run: RunState, snapshot: Snapshot) -> set[Thread]:
    """The threads that will never go on; none where some processes could not be looked at."""
    if snapshot.incomplete:
        return set()
    return _Fixpoint(run, snapshot).stuck()


def waits_by_thread(run: RunState) -> dict[Thread, Wait]:
    """The waits that the processes have emitted, by thread."""
    return {Thread(wait.pid, wait.native_id): wait for wait in run.now_waiting() if wait.native_id}


def _is_idle(blocked: Blocked | None, main: bool) -> bool:
    """Whether a thread of a server waits for clients.

    The main thread of a manager waits a second at a time, that of a forkserver for any of what it has registered. A
    thread that reads anything but the length of a message (4 bytes) from a socket serves a client.
    """
    if blocked is None:
        return False
    from_client = blocked.how == "read" and blocked.size == 4 and all(end.socket for end in blocked.ends)
    return from_client or blocked.how in ("accept", "inner", "shared") or (main and blocked.how in ("timed", "events"))


class _Fixpoint:
    """Finds the threads that can still move. Names: a *process* here is a `ProcessSnapshot`."""

    def __init__(self, run: RunState, snapshot: Snapshot) -> None:
        self._run = run
        self._processes = snapshot.processes
        self._peers = snapshot.peers
        self._waits = waits_by_thread(run)
        self._servers = {process.pid for process in snapshot.processes.values() if self._is_idle_server(process)}
        self._without_results = pools_without_results(run)
        """Pools that will hand out no result any more. Their process moves, even so: one of their threads spins."""
        self._moving: set[int] = set()
        """The PIDs of processes with a thread that can move."""
        self._standing: dict[Thread, Blocked] = {}
        """The threads that were not found to move so far."""
        self._ends = set(snapshot.outside)
        """What the processes that can move have open."""

    def stuck(self) -> set[Thread]:
        for process in self._processes.values():
            if process.pid in self._servers:
                continue
            alarmed = process.pid if process.caught & _mask(_ALARMS) else None  # the main thread runs the handlers
            for number, blocked in process.threads.items():
                thread = Thread(process.pid, number)
                if blocked is None or number == alarmed or goes_on(blocked):
                    self._moves(process.pid)
                else:
                    self._standing[thread] = blocked
        self._serve()
        while freed := [thread for thread, blocked in self._standing.items() if self._can_be_freed(thread, blocked)]:
            for thread in freed:
                del self._standing[thread]
                self._moves(thread.pid)
            self._serve()
        return set(self._standing)

    def _is_idle_server(self, process: ProcessSnapshot) -> bool:
        """Whether it is a forkserver or a manager that serves nobody now."""
        known = self._run.processes.get(process.pid)
        if not process.is_forkserver and not (known is not None and known.is_manager):
            return False
        return all(_is_idle(blocked, number == process.pid) for number, blocked in process.threads.items())

    def _moves(self, pid: int) -> None:
        if pid not in self._servers and pid not in self._moving:
            self._moving.add(pid)
            self._ends |= self._processes[pid].ends

    def _serve(self) -> None:
        """Idle servers can move if anybody can who may ask them to."""
        if self._moving:
            for pid in self._servers:
                self._ends |= self._processes[pid].ends

    # Who could end a wait -----------------------------------------------------------------------------------

    def _can_be_freed(self, thread: Thread, blocked: Blocked) -> bool:
        process = self._processes[thread.pid]
        wait = self._waits.get(thread)
        if thread.number == thread.pid and self._can_be_signalled(process, wait):
            return True
        if wait is not None and wait.object in self._without_results and wait.kind in FOR_POOL:
            return False
        if self._may_keep_the_program_alive(thread, blocked, wait):
            return True
        # "inner": it stands at a lock of its own process, and so not in the wait that it has emitted.
        rule = _BY_WAIT.get(wait.kind) if wait is not None and blocked.how != "inner" else None
        if wait is not None and rule is not None:
            return rule(self, wait)
        return _BY_CALL[blocked.how](self, process, blocked)

    def _can_be_signalled(self, process: ProcessSnapshot, wait: Wait | None) -> bool:
        """Whether a signal may end the wait of its main thread, in which Python runs the handlers."""
        if handles_signals(process) and self._moving - {process.pid}:
            return True  # one of the others may send it
        if not self._may_be_meant_for_handlers(process.pid, wait):
            return False
        # It may be a service, which waits for a signal to end.
        known = self._run.processes.get(process.pid)
        sent = _mask((signal.SIGTERM,)) if known is not None and known.terminated_by else 0  # it came, and did not help
        interruptible = process.handles_interrupts or (wait is not None and wait.interruptible)
        return interruptible or bool(process.caught & _mask(_FROM_OUTSIDE) & ~sent)

    def _may_be_meant_for_handlers(self, pid: int, wait: Wait | None) -> bool:
        """Whether a signal handler may be there to end the wait of the main thread of this process."""
        if wait is None:  # no handler makes room in a pipe that this process writes to
            process = self._processes.get(pid)
            blocked = process.threads.get(pid) if process is not None else None
            return blocked is None or blocked.how != "write"
        lock = self._run.locks.get(wait.object or 0)
        if wait.kind == "lock_waiting":
            return lock is None or _released_by_anybody(lock)
        if wait.kind == "process_join_waiting":  # the handler would have to end the wait that the child is in
            child, pid = self._run.processes.get(wait.child or 0), wait.child or 0
            was_told = child is not None and child.terminated_by
            return not was_told and self._may_be_meant_for_handlers(pid, self._waits.get(Thread(pid, pid)))
        return wait.kind in FREED_BY_HANDLERS

    def _may_keep_the_program_alive(self, thread: Thread, blocked: Blocked, wait: Wait | None) -> bool:
        """Whether main may wait on purpose for what never comes, until Ctrl-C ends it, while other processes work."""
        if thread.pid != thread.number or thread.pid != self._run.main:
            return False
        for_ever = blocked.how == "events" or (blocked.how == "inner" and (wait is None or wait.kind == FOR_A_THREAD))
        return for_ever and bool(self._moving)

    def _by_own_process(self, process: ProcessSnapshot, blocked: Blocked) -> bool:
        return process.pid in self._moving

    def _by_anybody(self, process: ProcessSnapshot, blocked: Blocked) -> bool:
        return bool(self._moving)

    def _by_other_end(self, process: ProcessSnapshot, blocked: Blocked) -> bool:
        return any(self._is_open(end) for end in blocked.ends)

    def _by_child(self, process: ProcessSnapshot, blocked: Blocked) -> bool:
        if blocked.child:
            # A PID that is not in the snapshot may be a process that we may not look at.
            return blocked.child in self._moving or blocked.child not in self._processes
        children = [other.pid for other in self._processes.values() if other.parent == process.pid]
        return not children or any(pid in self._moving for pid in children)

    def _by_what_is_registered(self, process: ProcessSnapshot, blocked: Blocked) -> bool:
        ended = any(pid in self._moving or pid not in self._processes for pid in blocked.children)
        return ended or self._by_other_end(process, blocked)

    def _is_open(self, end: End) -> bool:
        """Whether somebody who can move has the other end of this one."""
        other = other_end(self._run, end, self._peers)
        if other is None:
            return True  # a socket of which we do not know where it leads
        # If no process has it, it is on its way from one process to another: else this end would be at end of file.
        return other in self._ends or not any(other in process.ends for process in self._processes.values())

    def _by_holder(self, wait: Wait) -> bool:
        lock = self._run.locks.get(wait.object or 0)
        if lock is not None and lock.holder_is_gone and lock.type in ("Lock", "RLock"):
            return False
        if lock is None or sum(lock.holders.values()) < lock.value:  # whoever holds it has not emitted that
            return bool(self._moving)
        if _released_by_anybody(lock):
            return bool(self._moving)
        return any(self._holder_moves(lock, pid) for pid in lock.holders)

    def _holder_moves(self, lock: Lock, pid: int) -> bool:
        if pid not in self._moving:
            return False
        held = self._waiting_thread(pid, lock.holds[pid].thread)
        return held is None or held not in self._standing

    def _waiting_thread(self, pid: int, thread: str) -> Thread | None:
        """The thread of that name, if it waits."""
        process = self._run.processes.get(pid)
        wait = process.waits.get(thread) if process else None
        return Thread(pid, wait.native_id) if wait and wait.native_id else None

    def _by_putter(self, wait: Wait) -> bool:
        return self._has_open(wait, writing=True)

    def _by_taker(self, wait: Wait) -> bool:
        return self._has_open(wait, writing=False)

    def _has_open(self, wait: Wait, writing: bool) -> bool:
        """Whether somebody who can move has that end of a queue's pipe."""
        queue = self._run.queues.get(wait.object or 0)
        return bool(self._moving) if queue is None or not queue.pipe else End(queue.pipe, writing) in self._ends

    def _by_the_joined(self, wait: Wait) -> bool:
        return wait.child in self._moving or wait.child not in self._processes

    def _by_a_client(self, wait: Wait) -> bool:
        return bool(self._moving)


BY_ITSELF = ("timed", "accept", "events")
"""Waits that end by themselves, or from outside."""


def goes_on(blocked: Blocked) -> bool:
    """Whether its wait ends by itself, or from outside: not where it is known all that it has registered."""
    return blocked.how in BY_ITSELF and not (blocked.how == "events" and blocked.ends)


FREED_BY_HANDLERS = (
    "event_waiting",
    "condition_waiting",
    "queue_get_waiting",
    "queue_join_waiting",
    "pipe_receive_waiting",
    "process_join_waiting",
)
"""Waits that a signal handler may be meant to end: it sets the event, puts the item or has the child end."""

_BY_WAIT: dict[str, Callable[[_Fixpoint, Wait], bool]] = {
    "lock_waiting": _Fixpoint._by_holder,
    "queue_get_waiting": _Fixpoint._by_putter,
    "queue_put_waiting": _Fixpoint._by_taker,
    "queue_join_waiting": _Fixpoint._by_taker,
    "process_join_waiting": _Fixpoint._by_the_joined,
    "manager_called": _Fixpoint._by_a_client,
}
"""Who could end a wait that a process has emitted; for others the system call decides."""

_BY_CALL: dict[str, Callable[[_Fixpoint, ProcessSnapshot, Blocked], bool]] = {
    "inner": _Fixpoint._by_own_process,
    "shared": _Fixpoint._by_anybody,
    "read": _Fixpoint._by_other_end,
    "write": _Fixpoint._by_other_end,
    "poll": _Fixpoint._by_other_end,
    "child": _Fixpoint._by_child,
    "events": _Fixpoint._by_what_is_registered,
}


def _released_by_anybody(lock: Lock) -> bool:
    """Whether another process than the one that acquired it may release it: a lock handed on, a semaphore as a signal.

    Not where it was acquired by `with`: then the same thread is sure to release it. Nor an RLock, which its owner alone
    can release.
    """
    if lock.type == "RLock":
        return False
    return lock.handed_on or not all(hold.entered for hold in lock.holds.values())
