"""What is emitted of the threads that are stuck: a `process_stuck` event for each.

    RunState, Snapshot, the threads ──► stuck_events ──► events

Pure. A thread that has emitted no wait has one by its system call.
"""

from procsim.diagnosis.blocked_threads import Blocked
from procsim.diagnosis.snapshot import Snapshot, Thread
from procsim.diagnosis.standstill import other_end, waits_by_thread
from procsim.findings.forks import is_lock_from_fork
from procsim.state.processes import Wait
from procsim.state.run_state import RunState
from procsim.wire.events import Event
from procsim.wire.identities import pipe_end

WRONG_WHILE_MAIN_GOES_ON = ("lock_waiting", "process_join_waiting", "queue_flush_waiting")
"""Waits that are wrong whatever main does. A process that waits for something else may be a worker that main ends."""


def stuck_events(state: RunState, snapshot: Snapshot, found: set[Thread], t: int) -> list[Event]:
    """The `process_stuck` events of these threads, at `t` ns: all, or while main goes on those that are wrong even so.

    None for a thread of which that was emitted before, or for which the state has no wait to show.
    """
    waits = waits_by_thread(state)
    told = [_stuck_event(state, snapshot, thread, waits, t) for thread in sorted(found)]
    events = [event for event in told if event is not None]
    if Thread(state.main, state.main) in found:
        return events
    return [event for event in events if _is_wrong_in_any_case(state, event)]


def _is_wrong_in_any_case(state: RunState, event: Event) -> bool:
    """Whether a `process_stuck` is about a wait that is wrong even if main goes on."""
    wait, alone = event.fields["wait"], event.fields["alone"]
    return wait in WRONG_WHILE_MAIN_GOES_ON or is_lock_from_fork(state, event.pid, wait, alone)


def _stuck_event(
    state: RunState, snapshot: Snapshot, thread: Thread, waits: dict[Thread, Wait], t: int
) -> Event | None:
    process = state.processes.get(thread.pid)
    blocked = snapshot.processes[thread.pid].threads[thread.number]
    if process is None or blocked is None:
        return None
    wait = waits.get(thread) or _wait_of_main_thread(state, snapshot, thread)
    if wait is None or wait.stuck is not None:
        return None
    fields = {
        "wait": wait.kind,
        "open_in": _open_in(state, snapshot, blocked),
        # A message begins with its length: 4 bytes, and 8 more if it is long (Connection._recv_bytes).
        "in_message": blocked.how == "read" and blocked.size not in (4, 8),
        "how": blocked.how,
        "alone": _is_alone(snapshot, thread),
        "beside": _beside(snapshot, thread, waits),
    }
    return Event("process_stuck", t, thread.pid, process.name, wait.thread, wait.object, wait.at, fields)


def _wait_of_main_thread(state: RunState, snapshot: Snapshot, thread: Thread) -> Wait | None:
    """The wait of a process's main thread that has emitted none, by its system call.

    None where another thread of it is stuck already: most likely the main thread waits for that one.
    """
    process = state.processes[thread.pid]
    if thread.number != thread.pid or any(known.stuck for known in process.waits.values()):
        return None
    blocked = snapshot.processes[thread.pid].threads[thread.number]
    if blocked is None:
        return None
    kind, identity = _from_call(state, blocked)
    at_a_lock = blocked.how == "inner" and _is_alone(snapshot, thread)
    if process.pool is not None and process.task is None and not at_a_lock:
        kind, identity = "system_task_waiting", process.pool
    return Wait(kind, thread.pid, process.name, process.last, process.at, identity)


def _is_alone(snapshot: Snapshot, thread: Thread) -> bool:
    """Whether its process has no other thread."""
    return len(snapshot.processes[thread.pid].threads) == 1


def _beside(snapshot: Snapshot, thread: Thread, waits: dict[Thread, Wait]) -> list[str]:
    """What the other threads of its process are blocked in that have emitted no wait, such as those of a Pool."""
    threads = snapshot.processes[thread.pid].threads.items()
    others = ((Thread(thread.pid, number), each) for number, each in threads if number != thread.number)
    return sorted({each.how for other, each in others if each is not None and other not in waits})


def _from_call(state: RunState, blocked: Blocked) -> tuple[str, int | None]:
    """The kind of a wait that was not emitted, and the object that it is for."""
    if blocked.how == "events":
        return "system_poll_waiting", None
    if blocked.how not in ("read", "write"):
        return f"system_{blocked.how}_waiting", None
    (end,) = blocked.ends  # a read or a write has one
    identity = pipe_end(end.inode, readable=end.socket or not end.writing)
    if identity in state.signals:
        return ("pipe_receive_waiting" if blocked.how == "read" else "pipe_send_waiting"), identity
    for queue in state.queues.values():
        if queue.pipe == end.inode:
            return ("queue_get_waiting" if blocked.how == "read" else "queue_put_waiting"), queue.identity
    if end.socket:
        return ("system_receive_waiting" if blocked.how == "read" else "system_send_waiting"), None
    return f"system_{blocked.how}_waiting", None


def _open_in(state: RunState, snapshot: Snapshot, blocked: Blocked) -> list[int]:
    """The PIDs of the processes that have the other end of the pipe open."""
    others = {other_end(state, end, snapshot.peers) for end in blocked.ends}
    return sorted(pid for pid, process in snapshot.processes.items() if not others.isdisjoint(process.ends))
