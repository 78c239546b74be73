"""Who stands still for ever: the waits that nobody is left to end.

    RunState (who holds which lock, who waits for what) ──┐
    Sight (what the system shows of each thread)  ────────┴──► who can still move ──► the others are stuck

It is a fixpoint. It begins with the threads that may go on by themselves (they compute, they sleep, they wait for
something with a time limit or for something unknown), and spreads to those whose wait one of these could end. What it
never reaches is stuck. A doubt is always in favour of going on.
"""

import signal
from collections.abc import Callable

from procsim.diagnosis.blocked_threads import Blocked, End, Seen, Sight, Thread
from procsim.state.objects import Lock
from procsim.state.processes import Wait
from procsim.state.run_state import RunState
from procsim.wire.identities import inode_of, pipe_end

_ALARMS = (signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF, signal.SIGIO)
"""Signals that come by themselves."""

_NEVER_SENT = (signal.SIGINT, signal.SIGSEGV, signal.SIGFPE, signal.SIGABRT, signal.SIGBUS, signal.SIGILL)
"""Signals that Python (or its faulthandler) handles in every process, and that no program waits for."""

_FROM_OUTSIDE = (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
"""Signals that people send to a program that waits for them."""


def other_end(run: RunState, end: End) -> End | None:
    """The other end of a pipe; of a socket only where the program made it with `Pipe()`."""
    if not end.socket:
        return End(end.inode, not end.writing)
    known = run.signals.get(pipe_end(end.inode, True))
    return End(inode_of(known.other), True, True) if known is not None and known.other else None


def _mask(numbers: tuple[signal.Signals, ...]) -> int:
    return sum(1 << (number - 1) for number in numbers)


def stuck(run: RunState, sight: Sight) -> set[Thread]:
    """The threads that will never go on."""
    if sight.blind:
        return set()
    return _Fixpoint(run, sight).stuck()


def waits_by_thread(run: RunState) -> dict[Thread, Wait]:
    """The waits that the processes have told of, by thread."""
    return {Thread(wait.pid, wait.native_id): wait for wait in run.now_waiting() if wait.native_id}


def _is_idle(blocked: Blocked | None, main: bool) -> bool:
    """Whether a thread of a server waits for clients.

    The main thread of a manager does so a second at a time, that of a forkserver for any of what it has registered.
    Who asks a socket for anything but the length of a message (4 bytes) does what a client has asked for.
    """
    if blocked is None:
        return False
    from_client = blocked.how == "read" and blocked.size == 4 and all(end.socket for end in blocked.ends)
    return from_client or blocked.how in ("accept", "inner", "shared") or (main and blocked.how in ("timed", "events"))


class _Fixpoint:
    def __init__(self, run: RunState, sight: Sight) -> None:
        self._run = run
        self._sight = sight
        self._waits = waits_by_thread(run)
        self._servers = {seen.pid for seen in sight.processes.values() if self._is_idle_server(seen)}
        self._moving: set[int] = set()
        """Processes with a thread that can move."""
        self._standing: dict[Thread, Blocked] = {}
        self._ends = set(sight.outside)
        """What the processes that can move have open."""

    def stuck(self) -> set[Thread]:
        for seen in self._sight.processes.values():
            if seen.pid in self._servers:
                continue
            alarmed = seen.pid if seen.caught & _mask(_ALARMS) else None  # its main thread, which runs the handlers
            for number, blocked in seen.threads.items():
                thread = Thread(seen.pid, number)
                if blocked is None or number == alarmed or blocked.how in _BY_ITSELF:
                    self._moves(seen.pid)
                else:
                    self._standing[thread] = blocked
        self._serve()
        while freed := [thread for thread, blocked in self._standing.items() if self._can_be_freed(thread, blocked)]:
            for thread in freed:
                del self._standing[thread]
                self._moves(thread.pid)
            self._serve()
        return set(self._standing)

    def _is_idle_server(self, seen: Seen) -> bool:
        """A forkserver or a manager that does nothing now."""
        known = self._run.processes.get(seen.pid)
        if not seen.is_forkserver and not (known is not None and known.is_manager):
            return False
        return all(_is_idle(blocked, number == seen.pid) for number, blocked in seen.threads.items())

    def _moves(self, pid: int) -> None:
        if pid not in self._servers and pid not in self._moving:
            self._moving.add(pid)
            self._ends |= self._sight.processes[pid].ends

    def _serve(self) -> None:
        """Servers do what the others ask them to, and nothing by themselves."""
        if self._moving:
            for pid in self._servers:
                self._ends |= self._sight.processes[pid].ends

    # Who could end a wait -----------------------------------------------------------------------------------

    def _can_be_freed(self, thread: Thread, blocked: Blocked) -> bool:
        seen = self._sight.processes[thread.pid]
        wait = self._waits.get(thread)
        if thread.number == thread.pid and self._can_be_signalled(seen, wait):
            return True
        rule = _BY_WAIT.get(wait.kind) if wait is not None and blocked.how != "inner" else None
        if wait is not None and rule is not None:
            return rule(self, wait)
        return _BY_CALL[blocked.how](self, seen, blocked)

    def _can_be_signalled(self, seen: Seen, wait: Wait | None) -> bool:
        """Whether a signal may end the wait of its main thread, in which Python runs the handlers."""
        if seen.caught & ~_mask(_NEVER_SENT) and self._moving - {seen.pid}:
            return True  # one of the others may send it
        if wait is not None and not self._may_be_meant_for_handlers(wait):
            return False
        # A service, perhaps, that waits to be told to end.
        return bool(seen.caught & _mask(_FROM_OUTSIDE)) or (wait is not None and wait.interruptible)

    def _may_be_meant_for_handlers(self, wait: Wait) -> bool:
        lock = self._run.locks.get(wait.object or 0)
        if wait.kind == "lock_waiting":
            return lock is None or _released_by_anybody(lock)
        return wait.kind in _FREED_BY_HANDLERS

    def _by_own_process(self, seen: Seen, blocked: Blocked) -> bool:
        return seen.pid in self._moving

    def _by_anybody(self, seen: Seen, blocked: Blocked) -> bool:
        return bool(self._moving)

    def _by_other_end(self, seen: Seen, blocked: Blocked) -> bool:
        return any(self._is_open(end) for end in blocked.ends)

    def _by_child(self, seen: Seen, blocked: Blocked) -> bool:
        if blocked.child:
            # A PID that we do not see may be a process that we may not look at.
            return blocked.child in self._moving or blocked.child not in self._sight.processes
        children = [other.pid for other in self._sight.processes.values() if other.parent == seen.pid]
        return not children or any(pid in self._moving for pid in children)

    def _is_open(self, end: End) -> bool:
        """Whether somebody who can move has the other end of this one."""
        other = other_end(self._run, end)
        if other is None:
            return True  # a socket of which we do not know where it leads
        # Where nobody at all has it, it is on its way from one process to another: else the end would have come.
        return other in self._ends or not any(other in seen.ends for seen in self._sight.processes.values())

    def _by_holder(self, wait: Wait) -> bool:
        lock = self._run.locks.get(wait.object or 0)
        if lock is None or sum(lock.holders.values()) < lock.value:  # held by one who has not told so
            return bool(self._moving)
        if _released_by_anybody(lock):
            return bool(self._moving)
        return any(self._holder_moves(lock, pid) for pid in lock.holders)

    def _holder_moves(self, lock: Lock, pid: int) -> bool:
        if pid not in self._moving:
            return False
        held = self._waits_named(pid, lock.holds[pid].thread)
        return held is None or held not in self._standing

    def _waits_named(self, pid: int, thread: str) -> Thread | None:
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
        return wait.child in self._moving or wait.child not in self._sight.processes

    def _by_a_client(self, wait: Wait) -> bool:
        return bool(self._moving)


_BY_ITSELF = ("timed", "accept", "events")
"""What ends by itself, or from outside."""

_FREED_BY_HANDLERS = (
    "event_waiting",
    "condition_waiting",
    "queue_get_waiting",
    "queue_join_waiting",
    "pipe_receive_waiting",
    "process_join_waiting",
)
"""What a signal handler may be meant to end, by setting the event, putting the item or telling the child to end."""

_BY_WAIT: dict[str, Callable[[_Fixpoint, Wait], bool]] = {
    "lock_waiting": _Fixpoint._by_holder,
    "queue_get_waiting": _Fixpoint._by_putter,
    "queue_put_waiting": _Fixpoint._by_taker,
    "queue_join_waiting": _Fixpoint._by_taker,
    "process_join_waiting": _Fixpoint._by_the_joined,
    "manager_called": _Fixpoint._by_a_client,
}
"""Who could end what a process has told of; else the system call tells."""

_BY_CALL: dict[str, Callable[[_Fixpoint, Seen, Blocked], bool]] = {
    "inner": _Fixpoint._by_own_process,
    "shared": _Fixpoint._by_anybody,
    "read": _Fixpoint._by_other_end,
    "write": _Fixpoint._by_other_end,
    "poll": _Fixpoint._by_other_end,
    "child": _Fixpoint._by_child,
}


def _released_by_anybody(lock: Lock) -> bool:
    """Whether another than who acquired it may be meant to release it: a lock handed on, a semaphore as a signal.

    Not where it was acquired by `with`, or where it is a lock that its owner alone can release.
    """
    if lock.type == "RLock":
        return False
    return lock.handed_on or not all(hold.entered for hold in lock.holds.values())
