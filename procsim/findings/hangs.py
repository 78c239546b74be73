"""Why a program stands still: from the waits of which it is certain that nobody is left to end them.

Each finding is about the wait that all the others come from; who else waits stands in its `standing`.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from procsim.findings.base import Finding, Outcome, from_fields, signal_name, standing
from procsim.findings.pools import is_idle_worker, lost_results
from procsim.state import Lock, Process, RunState, Wait

Figures = dict[str, Any]

Waiter = tuple[int, str]
"""The PID and the name of a thread."""


def told(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """What was found while it stood there."""
    yield from (from_fields(event.fields) for event in run.found)


def hangs(run: RunState) -> Iterator[Finding]:
    """One finding for each cause, as things are now."""
    stuck = run.stuck_waits()
    if not stuck:
        return
    busy = [wait for wait in stuck if not is_idle_worker(run, wait)]
    causes = _without_daemons(run, _without_effects([finding for find in CAUSES for finding in find(run, busy)]))
    if not run.hangs():
        causes = [cause for cause in causes if cause.id in ALWAYS_WRONG]
    others = {wait.pid: wait for wait in stuck}
    for finding in causes:
        rows = [standing(run, wait) for pid, wait in others.items() if pid != finding.figures["pid"]]
        yield finding._replace(figures={**finding.figures, "standing": rows})
    if not causes and run.hangs():
        yield _unexplained(run, stuck)


ALWAYS_WRONG = ("lock_cycle", "lock_twice", "holder_dead", "holder_waits", "join_before_get")
"""Causes that are told also while main goes on."""


def _without_effects(causes: list[Finding]) -> list[Finding]:
    """What a holder waits for, and for whom else a queue is not read, comes of what is told before it."""
    held = {(cause.figures["holder_pid"], cause.figures["holder_at"]) for cause in causes if cause.id == "holder_waits"}
    unread = {cause.figures["made"] for cause in causes if cause.id == "join_before_get"}
    return [
        cause
        for cause in causes
        if (cause.figures["pid"], cause.figures.get("at")) not in held
        and not (cause.id == "flush_nobody_gets" and cause.figures["made"] in unread)
    ]


def _without_daemons(run: RunState, causes: list[Finding]) -> list[Finding]:
    """A daemon that waits for more work keeps nobody: it is a cause only where there is no other."""
    others = [
        cause for cause in causes if not run.processes[cause.figures["pid"]].daemon or cause.id != "get_nobody_puts"
    ]
    return others or causes


def _unexplained(run: RunState, stuck: list[Wait]) -> Finding:
    wait = stuck[0]
    return Finding(
        "standstill",
        "{process} waits at {at}, and nobody is left who could let it go on",
        {**_figures(run, wait), "standing": [standing(run, other) for other in stuck]},
    )


def _figures(run: RunState, wait: Wait) -> Figures:
    """Who waits, for what, where, since when."""
    named = run.names.get(wait.object or 0)
    return {
        "process": wait.process,
        "pid": wait.pid,
        "object": named.name if named else "",
        "type": named.type if named else "",
        "made": _made(run, wait.object),
        "at": wait.at or run.processes[wait.pid].at or "?",
        "since": round(wait.since / 1e9, 3),
    }


def _made(run: RunState, identity: int | None) -> str:
    """Where the object was made."""
    number = identity or 0
    thing = run.locks.get(number) or run.queues.get(number) or run.signals.get(number) or run.pools.get(number)
    return (thing.at if thing else None) or "?"


# Locks -------------------------------------------------------------------------------------------------------


def _lock_waits(run: RunState, stuck: Iterable[Wait]) -> Iterator[tuple[Wait, Lock]]:
    for wait in stuck:
        lock = run.locks.get(wait.object or 0)
        if wait.kind == "lock_waiting" and lock is not None:
            yield wait, lock


def lock_cycles(run: RunState, stuck: list[Wait]) -> Iterator[Finding]:
    """Threads that wait for each other's locks, in a circle; or one that waits for its own."""
    next_of = {(wait.pid, wait.thread): (wait, lock) for wait, lock in _lock_waits(run, stuck)}
    told: set[Waiter] = set()
    for waiter in next_of:
        circle = _circle(next_of, waiter)
        if circle and not told & circle.keys():
            told |= circle.keys()
            yield _cycle(run, list(circle.values()))


def _holders(lock: Lock) -> list[Waiter]:
    return [(pid, hold.thread) for pid, hold in lock.holds.items()]


def _circle(next_of: dict[Waiter, tuple[Wait, Lock]], start: Waiter) -> dict[Waiter, tuple[Wait, Lock]]:
    """The waits from `start` along the holders back to `start`; empty where they lead elsewhere."""
    path: dict[Waiter, tuple[Wait, Lock]] = {}
    waiter: Waiter | None = start
    while waiter in next_of and waiter not in path:
        path[waiter] = next_of[waiter]
        holders = _holders(path[waiter][1])
        waiter = start if start in holders else next(iter(holders), None)
    return path if waiter == start else {}


def _cycle(run: RunState, circle: list[tuple[Wait, Lock]]) -> Finding:
    # The first is the one who waited first: it is its order that the other does not keep.
    first = min(range(len(circle)), key=lambda place: circle[place][0].since)
    circle = circle[first:] + circle[:first]
    wait, lock = circle[0]
    figures = _figures(run, wait)
    names = [each.process for each, _ in circle]
    if len({each.pid for each, _ in circle}) < len(circle):
        names = [f"{each.process} ({each.thread})" for each, _ in circle]
    if len(circle) == 1:
        hold = lock.holds[wait.pid]
        figures |= {"held_at": hold.at or "?", "held_since": round(hold.since / 1e9, 3)}
        return Finding(
            "lock_twice",
            "{process} waits at {at} for {object} (made at {made}), which it acquired itself at {held_at}",
            figures,
            "do not acquire {object} again where it is held already, or make it an RLock, which its holder may acquire "
            "again",
        )
    other, its = circle[1]
    order = sorted((lock, its), key=lambda each: (each.at or "", each.name))
    figures |= {
        "process": names[0],
        "held_at": _held_at(circle[-1][1], wait.pid),
        "other": names[1],
        "other_object": its.name,
        "other_made": _made(run, its.identity),
        "other_at": other.at or "?",
        "other_held_at": _held_at(lock, other.pid),
        "first": order[0].name,
        "second": order[1].name,
    }
    if len(circle) == 2:
        return Finding(
            "lock_cycle",
            "{process} holds {other_object} (made at {other_made}, acquired at {held_at}) and waits at {at} for "
            "{object}; {other} holds {object} (made at {made}, acquired at {other_held_at}) and waits at {other_at} "
            "for {other_object}: a deadlock",
            figures,
            "acquire the two in the same order everywhere: always {first} before {second}",
        )
    figures |= {"count": len(circle), "processes": names}
    figures["locks"] = [each.name for _, each in circle]
    return Finding(
        "lock_cycle",
        "{count} processes wait in a circle, each for a lock that the next one holds: {processes}; {process} waits at "
        "{at} for {object} (made at {made}), which {other} acquired at {other_held_at}: a deadlock",
        figures,
        "acquire the locks in the same order everywhere: {locks}",
    )


def _held_at(lock: Lock, pid: int) -> str:
    hold = lock.holds.get(pid)
    return (hold.at if hold else None) or "?"


def dead_holders(run: RunState, stuck: list[Wait]) -> Iterator[Finding]:
    """A lock or semaphore whose holders have all ended without releasing it."""
    told: set[int] = set()
    for wait, lock in _lock_waits(run, stuck):
        holders = [run.processes[pid] for pid in lock.holders if pid in run.processes]
        if lock.identity in told or not holders or not all(_ended_first(holder, wait) for holder in holders):
            continue
        told.add(lock.identity)
        holder = holders[-1]
        figures = _figures(run, wait) | {
            "holder": holder.name,
            "holder_pid": holder.pid,
            "held_at": _held_at(lock, holder.pid),
            "exit_code": holder.exit_code,
        }
        yield _dead_holder(figures, holder)


def _ended_first(holder: Process, wait: Wait) -> bool:
    """Whether it had ended when the wait was found to be for ever."""
    return holder.ended is not None and wait.stuck is not None and holder.ended <= wait.stuck


def _dead_holder(figures: Figures, holder: Process) -> Finding:
    code = holder.exit_code
    if holder.terminated_by:
        return Finding(
            "holder_dead",
            "{process} waits at {at} for {object} (made at {made}), which {holder} held (acquired at {held_at}) when "
            "{killer} ended it: nobody will ever release it",
            figures | {"killer": holder.terminated_by},
            "never end a process by force that may hold a lock: tell it to end, and join it",
        )
    if code is not None and code < 0:
        return Finding(
            "holder_dead",
            "{process} waits at {at} for {object} (made at {made}), which {holder} held (acquired at {held_at}) when "
            "it was ended by {signal}: nobody will ever release it",
            figures | {"signal": signal_name(-code)},
            "never end a process by force that may hold a lock: tell it to end, and join it",
        )
    return Finding(
        "holder_dead",
        "{process} waits at {at} for {object} (made at {made}), which {holder} held (acquired at {held_at}) when it "
        "ended: nobody will ever release it",
        figures,
        "hold it by `with {object}:`, which releases it however the block is left",
    )


def waiting_holders(run: RunState, stuck: list[Wait]) -> Iterator[Finding]:
    """A lock whose holder waits for what cannot come, because somebody who waits for that lock would bring it."""
    waits = {(wait.pid, wait.thread): wait for wait in stuck if wait.kind != "lock_waiting"}
    for wait, lock in _lock_waits(run, _first_for_each(stuck)):
        its = next((waits[holder] for holder in _holders(lock) if holder in waits), None)
        if its is None or not _would_bring(run, wait, lock, its):
            continue
        awaited = its.child_name or _figures(run, its)["object"]
        if not awaited:
            continue
        figures = _figures(run, wait) | {
            "holder": its.process,
            "holder_pid": its.pid,
            "held_at": _held_at(lock, its.pid),
            "holder_at": its.at or run.processes[its.pid].at or "?",
            "child" if its.child_name else "awaited": awaited,
        }
        if its.child_name:
            yield Finding(
                "holder_waits",
                "{process} waits at {at} for {object} (made at {made}), which {holder} acquired at {held_at} and still "
                "holds while it waits at {holder_at} for {child} to end: a deadlock",
                figures,
                "release {object} before waiting for a process that needs it",
            )
        else:
            yield Finding(
                "holder_waits",
                "{process} waits at {at} for {object} (made at {made}), which {holder} acquired at {held_at} and still "
                "holds while it waits at {holder_at} for {awaited}: a deadlock",
                figures,
                "release {object} before waiting for a process that needs it",
            )


def _would_bring(run: RunState, wait: Wait, lock: Lock, awaited: Wait) -> bool:
    """Whether who waits for a lock may be the one that its holder waits for.

    Not where it does the same as the holder (workers that take from a queue one at a time), nor where others were the
    ones that used the other side of the queue, or work for the pool.
    """
    if awaited.kind == "process_join_waiting":
        return True
    if lock.handed_on or wait.at == _held_at(lock, awaited.pid):
        return False
    if awaited.kind == "pool_result_waiting":
        return run.processes[wait.pid].pool == awaited.object
    queue = run.queues.get(awaited.object or 0)
    if queue is None:
        return True
    users = queue.put if awaited.kind == "queue_get_waiting" else queue.got
    return not users or wait.pid in users


def semaphores(run: RunState, stuck: list[Wait]) -> Iterator[Finding]:
    """A semaphore that nobody holds, and that nobody is left to release."""
    for wait, lock in _lock_waits(run, _first_for_each(stuck)):
        if not lock.holders:
            yield Finding(
                "lock_nobody_releases",
                "{process} waits at {at} for {object} (made at {made}), and nobody is left who could release it",
                _figures(run, wait),
                "see to it that whoever is to release {object} does so before it ends, whatever happens",
            )


# Queues ------------------------------------------------------------------------------------------------------


def torn_messages(run: RunState, stuck: list[Wait]) -> Iterator[Finding]:
    """A queue whose writer was killed in the middle of a message."""
    for wait in _first_for_each(stuck):
        queue = run.queues.get(wait.object or 0)
        if queue is None or not _is_torn(run, wait):
            continue
        writer = _killed_writer(run, wait)
        if writer is None:
            continue
        figures = _figures(run, wait) | {
            "writer": writer.name,
            "writer_pid": writer.pid,
            "signal": signal_name(-(writer.exit_code or 0)) if (writer.exit_code or 0) < 0 else "os._exit",
        }
        yield Finding(
            "message_torn",
            "{process} waits at {at} for {object} (made at {made}), whose writer {writer} was ended by {signal} in the "
            "middle of a message: the rest never comes, and nobody can write any more",
            figures,
            "do not kill a process that may be writing to a queue: tell it to end, and join it",
        )


def _is_torn(run: RunState, wait: Wait) -> bool:
    """Whether it waits in the middle of a message, or for the right to write, which a dead process took with it."""
    if wait.kind == "queue_get_waiting":
        return wait.in_message
    return wait.kind == "queue_flush_waiting" and _killed_writer(run, wait) is not None


def _killed_writer(run: RunState, wait: Wait) -> Process | None:
    """One that has put items into the queue, and had not ended in its own time when the wait was found."""
    writers = [run.processes[pid] for pid in run.queues[wait.object or 0].put if pid in run.processes]
    return next((writer for writer in reversed(writers) if _ended_first(writer, wait) and _was_killed(writer)), None)


def _was_killed(process: Process) -> bool:
    """Whether it was ended by a signal, or by `os._exit` in the middle of its work."""
    code = process.exit_code
    return code is not None and (code < 0 or (code > 0 and process.returned is None))


def empty_queues(run: RunState, stuck: list[Wait]) -> Iterator[Finding]:
    """`get` with nobody left who could put."""
    for wait in _first_for_each(stuck, "queue_get_waiting"):
        if wait.in_message:
            continue
        yield Finding(
            "get_nobody_puts",
            "{process} waits at {at} for an item of {object} (made at {made}), and nobody is left who could put one",
            _figures(run, wait) | _taken(run, wait),
            "have the producer put a last item that says so (None, say), one for each consumer; or make the consumers "
            "daemons",
        )


def full_queues(run: RunState, stuck: list[Wait]) -> Iterator[Finding]:
    """`put` on a full queue with nobody left who could take."""
    for wait in _first_for_each(stuck, "queue_put_waiting"):
        queue = run.queues.get(wait.object or 0)
        figures = _figures(run, wait) | _taken(run, wait)
        if queue is None or not queue.maxsize:
            yield Finding(
                "put_nobody_gets",
                "{process} waits at {at} to put an item into {object} (made at {made}): its pipe is full, and nobody "
                "is left who could take one",
                figures,
                "go on taking items until the last producer has ended",
            )
            continue
        yield Finding(
            "put_nobody_gets",
            "{process} waits at {at} for room in {object} (made at {made}), which holds {maxsize}, and nobody is left "
            "who could take an item",
            figures | {"maxsize": queue.maxsize},
            "go on taking items until the last producer has ended",
        )


def _taken(run: RunState, wait: Wait) -> Figures:
    queue = run.queues.get(wait.object or 0)
    return {"puts": queue.puts, "gots": queue.gots} if queue else {}


def unfinished_tasks(run: RunState, stuck: list[Wait]) -> Iterator[Finding]:
    """`JoinableQueue.join` with tasks that were never reported done."""
    for wait in _first_for_each(stuck, "queue_join_waiting"):
        queue = run.queues.get(wait.object or 0)
        if queue is None:
            continue
        debts = {pid: taken - queue.done[pid] for pid, taken in queue.got.items() if taken > queue.done[pid]}
        figures = _figures(run, wait) | {
            "puts": queue.puts,
            "gots": queue.gots,
            "done": queue.done.total(),
            "count": queue.unfinished,
            "takers": [f"{run.process_name(pid)} ({debt})" for pid, debt in debts.items()],
            "took_at": _first_taker_at(run, debts),
        }
        if not debts:
            yield Finding(
                "tasks_not_done",
                "{process} waits at {at} until all tasks of {object} (made at {made}) are done; {count} of {puts} were "
                "never taken, and nobody is left who could take them",
                figures,
                "start consumers that take every item and call {object}.task_done() after each",
            )
            continue
        yield Finding(
            "tasks_not_done",
            "{process} waits at {at} until all tasks of {object} (made at {made}) are done; {count} of {puts} were "
            "never reported done; who took more than it reported: {takers}",
            figures,
            "call {object}.task_done() after each get(), in a `finally` if handling an item may fail",
        )


def _first_taker_at(run: RunState, debts: dict[int, int]) -> str:
    return next((run.processes[pid].at or "?" for pid in debts if pid in run.processes), "?")


def unread_queues(run: RunState, stuck: list[Wait]) -> Iterator[Finding]:
    """A process that cannot end because nobody takes what it has put: joined before the items were taken, perhaps."""
    joins = {wait.child: wait for wait in stuck if wait.kind == "process_join_waiting"}
    for wait in (wait for wait in stuck if wait.kind == "queue_flush_waiting" and not _is_torn(run, wait)):
        join = joins.get(wait.pid)
        queue = _figures(run, wait)
        if join is None:
            yield Finding(
                "flush_nobody_gets",
                "{process} cannot end before what it has put into {object} (made at {made}) is taken, and nobody is "
                "left who could take it",
                queue,
                "take all items before the process ends, or call {object}.cancel_join_thread() if they may be lost",
            )
            continue
        figures = _figures(run, join) | {"object": queue["object"], "type": queue["type"], "made": queue["made"]}
        yield Finding(
            "join_before_get",
            "{process} waits at {at} for {child} to end, and {child} cannot end before what it has put into {object} "
            "(made at {made}) is taken",
            figures | {"child": wait.process, "child_pid": wait.pid},
            "take the items first, then join: {object}.get() before {child}.join()",
        )


# Pipes, events, conditions, barriers -------------------------------------------------------------------------


def _about(kind: str, identity: str, text: str, cure: str) -> Callable[[RunState, list[Wait]], Iterator[Finding]]:
    """A cause that is told by the kind of the wait alone."""

    def find(run: RunState, stuck: list[Wait]) -> Iterator[Finding]:
        for wait in _first_for_each(stuck, kind):
            signal = run.signals.get(wait.object or 0)
            figures = _figures(run, wait) | {"open_in": [run.process_name(pid) for pid in wait.open_in]}
            if signal is not None and signal.parties:
                figures |= {"arrived": signal.arrived, "parties": signal.parties}
            yield Finding(identity, text, figures, cure)

    return find


def _first_for_each(stuck: list[Wait], kind: str | None = None) -> Iterator[Wait]:
    """Of the waits for one object the first: the others have the same cause."""
    seen: set[tuple[str, int | None]] = set()
    for wait in sorted(stuck, key=lambda wait: wait.since):
        place = (wait.kind, wait.object if wait.object is not None else -wait.pid)
        if kind in (None, wait.kind) and place not in seen:
            seen.add(place)
            yield wait


def receives(run: RunState, stuck: list[Wait]) -> Iterator[Finding]:
    """`recv` with nobody left to send: each of two waits for the other, or all who could send are gone."""
    waits = {wait.object or 0: wait for wait in _first_for_each(stuck, "pipe_receive_waiting")}
    for identity, wait in waits.copy().items():
        signal = run.signals.get(identity)
        other = waits.get(signal.other) if signal is not None else None
        if other is not None and identity in waits:
            del waits[identity], waits[other.object or 0]
            its = _figures(run, other)
            yield Finding(
                "receive_nobody_sends",
                "{process} waits at {at} for a message on {object} (made at {made}), and {other} waits at {other_at} "
                "for one on {other_object}, the other end of it: neither sends one",
                _figures(run, wait) | {"other": its["process"], "other_at": its["at"], "other_object": its["object"]},
                "have one of the two send first",
            )
    yield from _receives_alone(run, list(waits.values()))


_receives_alone = _about(
    "pipe_receive_waiting",
    "receive_nobody_sends",
    "{process} waits at {at} for a message on {object} (made at {made}), and nobody is left who could send one; "
    "the sending end is still open in: {open_in}",
    "in each process close the end that it does not use: recv() then raises EOFError when the sender has ended",
)

CAUSES: tuple[Callable[[RunState, list[Wait]], Iterator[Finding]], ...] = (
    lost_results,
    lock_cycles,
    dead_holders,
    waiting_holders,
    semaphores,
    torn_messages,
    unfinished_tasks,
    unread_queues,
    full_queues,
    empty_queues,
    receives,
    _about(
        "pipe_send_waiting",
        "send_nobody_receives",
        "{process} waits since {at} to send through {object} (made at {made}): the pipe is full, and nobody is left "
        "who could receive from it",
        "receive on the other side while sending, not after it; or send less at once",
    ),
    _about(
        "event_waiting",
        "event_nobody_sets",
        "{process} waits at {at} for {object} (made at {made}) to be set, and nobody is left who could set it",
        "set {object} before waiting for those who wait for it, and also where something fails",
    ),
    _about(
        "condition_waiting",
        "condition_nobody_notifies",
        "{process} waits at {at} for a notice on {object} (made at {made}), and nobody is left who could notify it",
        "a notice that comes before the wait is lost: wait in a loop for what it tells of, `{object}.wait_for(...)`",
    ),
    _about(
        "barrier_waiting",
        "barrier_nobody_comes",
        "{process} waits at {at} at {object} (made at {made}): {arrived} of {parties} are there, and nobody is left "
        "who could come",
        "make the barrier for as many as really come, or call {object}.abort() when one cannot",
    ),
    _about(
        "manager_called",
        "manager_never_answers",
        "{process} waits at {at} for an answer of the manager, and nobody is left who could bring it about",
        "",
    ),
    _about(
        "system_read_waiting",
        "read_nobody_writes",
        "{process} waits to read from a pipe (last seen at {at}), and nobody is left who could write to it; its other "
        "end is still open in: {open_in}",
        "in each process close the end of the pipe that it does not use",
    ),
    _about(
        "system_write_waiting",
        "write_nobody_reads",
        "{process} waits to write to a pipe (last seen at {at}), and nobody is left who could read from it; its other "
        "end is still open in: {open_in}",
        "read what a process writes while it runs, not after waiting for its end: communicate() of a Popen does both",
    ),
)
