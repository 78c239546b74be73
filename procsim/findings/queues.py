"""Why people wait at a queue for ever: nobody is left who puts, takes or reports, or a message was cut off."""

from collections.abc import Iterator

from procsim.findings.base import Finding, signal_name
from procsim.findings.waits import Figures, ended_first, figures_of, first_for_each
from procsim.state.processes import Process, Wait
from procsim.state.run_state import RunState


def torn_messages(run: RunState, stuck: list[Wait]) -> Iterator[Finding]:
    """A queue whose writer was killed in the middle of a message."""
    for wait in first_for_each(stuck):
        queue = run.queues.get(wait.object or 0)
        if queue is None or not _is_torn(run, wait):
            continue
        writer = _killed_writer(run, wait)
        if writer is None:
            continue
        figures = figures_of(run, wait) | {
            "writer": writer.name,
            "writer_pid": writer.pid,
            "signal": signal_name(-(writer.exit_code or 0)) if (writer.exit_code or 0) < 0 else "os._exit",
        }
        yield Finding(
            "message_torn",
            "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩, whose writer {writer} was ended by {signal} in "
            "the middle of a message: the rest never comes, and nobody can write any more",
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
    return next((writer for writer in reversed(writers) if ended_first(writer, wait) and _was_killed(writer)), None)


def _was_killed(process: Process) -> bool:
    """Whether it was ended by a signal, or by `os._exit` in the middle of its work."""
    code = process.exit_code
    return code is not None and (code < 0 or (code > 0 and process.returned is None))


def empty_queues(run: RunState, stuck: list[Wait]) -> Iterator[Finding]:
    """`get` with nobody left who could put."""
    for wait in first_for_each(stuck, "queue_get_waiting"):
        if wait.in_message:
            continue
        yield Finding(
            "get_nobody_puts",
            "{process} waits⟨ at {at}⟩ for an item of {object}⟨ (made at {made})⟩, and nobody is left who could put "
            "one",
            figures_of(run, wait) | _taken(run, wait),
            "have the producer put a last item that says so (None, say), one for each consumer; or make the consumers "
            "daemons",
        )


def full_queues(run: RunState, stuck: list[Wait]) -> Iterator[Finding]:
    """`put` on a full queue with nobody left who could take."""
    for wait in first_for_each(stuck, "queue_put_waiting"):
        queue = run.queues.get(wait.object or 0)
        figures = figures_of(run, wait) | _taken(run, wait)
        if queue is None or not queue.maxsize:
            yield Finding(
                "put_nobody_gets",
                "{process} waits⟨ at {at}⟩ to put an item into {object}⟨ (made at {made})⟩: its pipe is full, and "
                "nobody is left who could take one",
                figures,
                "go on taking items until the last producer has ended",
                sentence="put_nobody_gets.pipe",
            )
            continue
        yield Finding(
            "put_nobody_gets",
            "{process} waits⟨ at {at}⟩ for room in {object}⟨ (made at {made})⟩, which holds {maxsize}, and nobody is "
            "left who could take an item",
            figures | {"maxsize": queue.maxsize},
            "go on taking items until the last producer has ended",
        )


def _taken(run: RunState, wait: Wait) -> Figures:
    queue = run.queues.get(wait.object or 0)
    return {"puts": queue.puts, "gots": queue.gots} if queue else {}


def unfinished_tasks(run: RunState, stuck: list[Wait]) -> Iterator[Finding]:
    """`JoinableQueue.join` with tasks that were never reported done."""
    for wait in first_for_each(stuck, "queue_join_waiting"):
        queue = run.queues.get(wait.object or 0)
        if queue is None:
            continue
        debts = {pid: taken - queue.done[pid] for pid, taken in queue.got.items() if taken > queue.done[pid]}
        figures = figures_of(run, wait) | {
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
                "{process} waits⟨ at {at}⟩ until all tasks of {object}⟨ (made at {made})⟩ are done; {count} of {puts} "
                "were never taken, and nobody is left who could take them",
                figures,
                "start consumers that take every item and call {object}.task_done() after each",
                sentence="tasks_not_done.not_taken",
            )
            continue
        yield Finding(
            "tasks_not_done",
            "{process} waits⟨ at {at}⟩ until all tasks of {object}⟨ (made at {made})⟩ are done; {count} of {puts} were "
            "never reported done; who took more than it reported: {takers}",
            figures,
            "call {object}.task_done() after each get(), in a `finally` if handling an item may fail",
        )


def _first_taker_at(run: RunState, debts: dict[int, int]) -> str | None:
    return next((run.processes[pid].at for pid in debts if pid in run.processes), None)


def unread_queues(run: RunState, stuck: list[Wait]) -> Iterator[Finding]:
    """A process that cannot end because nobody takes what it has put: joined before the items were taken, perhaps."""
    joins = {wait.child: wait for wait in stuck if wait.kind == "process_join_waiting"}
    for wait in (wait for wait in stuck if wait.kind == "queue_flush_waiting" and not _is_torn(run, wait)):
        join = joins.get(wait.pid)
        queue = figures_of(run, wait)
        if join is None:
            yield Finding(
                "flush_nobody_gets",
                "{process} cannot end before what it has put into {object}⟨ (made at {made})⟩ is taken, and nobody is "
                "left who could take it",
                queue,
                "take all items before the process ends, or call {object}.cancel_join_thread() if they may be lost",
            )
            continue
        figures = figures_of(run, join) | {"object": queue["object"], "type": queue["type"], "made": queue["made"]}
        yield Finding(
            "join_before_get",
            "{process} waits⟨ at {at}⟩ for {child} to end, and {child} cannot end before what it has put into {object}"
            "⟨ (made at {made})⟩ is taken",
            figures | {"child": wait.process, "child_pid": wait.pid},
            "take the items first, then join: {object}.get() before {child}.join()",
        )
