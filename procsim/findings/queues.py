"""Why threads wait at a queue for ever: no process is left that puts, takes or reports, or a message was cut off."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from procsim.findings.base import WRITER, Finding, signal_name
from procsim.findings.causes import Cause, CauseOfWait, Figures, ended_first, figures_of, first_for_each
from procsim.state.objects import Queue
from procsim.state.processes import Process, Wait
from procsim.state.run_state import RunState

# Messages that were cut off ----------------------------------------------------------------------------------


def torn_messages(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """Queues whose writer was killed in the middle of a message."""
    for wait in first_for_each(stuck):
        if wait.object in run.queues and _is_torn(run, wait):
            writer = _killed_writer(run, wait)
            if writer is not None:
                yield TornMessage(wait, writer)


def _is_torn(run: RunState, wait: Wait) -> bool:
    """Whether it waits in the middle of a message, or for the right to write, which a dead process took with it."""
    if wait.kind == "queue_get_waiting":
        return wait.in_message
    return wait.kind == "queue_flush_waiting" and _killed_writer(run, wait) is not None


def _killed_writer(run: RunState, wait: Wait) -> Process | None:
    """A process that has put items into the queue, and was killed before the wait was found to be stuck."""
    writers = [run.processes[pid] for pid in run.queues[wait.object or 0].put if pid in run.processes]
    return next((writer for writer in reversed(writers) if ended_first(writer, wait) and _was_killed(writer)), None)


def _was_killed(process: Process) -> bool:
    """Whether it was ended by a signal, or by `os._exit` in the middle of its work."""
    code = process.exit_code
    return code is not None and (code < 0 or (code > 0 and process.returned is None))


@dataclass(frozen=True)
class TornMessage(CauseOfWait):
    """A thread waits for the rest of a message, or to write after it."""

    writer: Process

    def finding(self, run: RunState) -> Finding:
        code = self.writer.exit_code or 0
        return Finding(
            "message_torn",
            "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩, whose writer {writer} was ended by {signal} in "
            "the middle of a message: the rest never comes, and nobody can write any more",
            figures_of(run, self.wait)
            | {
                "writer": self.writer.name,
                WRITER: self.writer.pid,
                "signal": signal_name(-code) if code < 0 else "os._exit",
            },
            "do not kill a process that may be writing to a queue: tell it to end, and join it",
        )


# Empty and full queues ---------------------------------------------------------------------------------------


def empty_queues(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """`get` with no process left that could put."""
    for wait in first_for_each(stuck, "queue_get_waiting"):
        if not wait.in_message:
            yield EmptyQueue(wait)


class EmptyQueue(CauseOfWait):
    """A thread waits for an item."""

    def finding(self, run: RunState) -> Finding:
        return Finding(
            "get_nobody_puts",
            "{process} waits⟨ at {at}⟩ for an item of {object}⟨ (made at {made})⟩, and nobody is left who could put "
            "one",
            figures_of(run, self.wait) | _counts(run.queues.get(self.wait.object or 0)),
            "have the producer put a last item that says so (None, say), one for each consumer; or make the consumers "
            "daemons",
        )


def full_queues(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """`put` on a full queue with no process left that could take."""
    for wait in first_for_each(stuck, "queue_put_waiting"):
        yield FullQueue(wait, run.queues.get(wait.object or 0))


@dataclass(frozen=True)
class FullQueue(CauseOfWait):
    """A thread waits for room: in the queue, or in the pipe of a queue that has no limit."""

    queue: Queue | None

    def finding(self, run: RunState) -> Finding:
        figures = figures_of(run, self.wait) | _counts(self.queue)
        if self.queue is None or not self.queue.maxsize:
            return Finding(
                "put_nobody_gets",
                "{process} waits⟨ at {at}⟩ to put an item into {object}⟨ (made at {made})⟩: its pipe is full, and "
                "nobody is left who could take one",
                figures,
                "go on taking items until the last producer has ended",
                sentence="put_nobody_gets.pipe",
            )
        return Finding(
            "put_nobody_gets",
            "{process} waits⟨ at {at}⟩ for room in {object}⟨ (made at {made})⟩, which holds {maxsize}, and nobody is "
            "left who could take an item",
            figures | {"maxsize": self.queue.maxsize},
            "go on taking items until the last producer has ended",
        )


def _counts(queue: Queue | None) -> Figures:
    return {"puts": queue.puts, "gots": queue.gots} if queue else {}


# Tasks that are not reported done ----------------------------------------------------------------------------


def unfinished_tasks(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """`JoinableQueue.join` with tasks that were never reported done."""
    for wait in first_for_each(stuck, "queue_join_waiting"):
        queue = run.queues.get(wait.object or 0)
        if queue is not None:
            yield UnfinishedTasks(wait, queue)


@dataclass(frozen=True)
class UnfinishedTasks(CauseOfWait):
    """A thread waits until all tasks of a queue are reported done."""

    queue: Queue

    def finding(self, run: RunState) -> Finding:
        queue = self.queue
        debts = {pid: taken - queue.done[pid] for pid, taken in queue.got.items() if taken > queue.done[pid]}
        figures = figures_of(run, self.wait) | {
            "puts": queue.puts,
            "gots": queue.gots,
            "done": queue.done.total(),
            "count": queue.unfinished,
            "takers": [f"{run.process_name(pid)} ({debt})" for pid, debt in debts.items()],
            "took_at": next((run.processes[pid].at for pid in debts if pid in run.processes), None),
        }
        if not debts:
            return Finding(
                "tasks_not_done",
                "{process} waits⟨ at {at}⟩ until all tasks of {object}⟨ (made at {made})⟩ are done; {count} of {puts} "
                "were never taken, and nobody is left who could take them",
                figures,
                "start consumers that take every item and call {object}.task_done() after each",
                sentence="tasks_not_done.not_taken",
            )
        return Finding(
            "tasks_not_done",
            "{process} waits⟨ at {at}⟩ until all tasks of {object}⟨ (made at {made})⟩ are done; {count} of {puts} were "
            "never reported done; who took more than it reported: {takers}",
            figures,
            "call {object}.task_done() after each get(), in a `finally` if handling an item may fail",
        )


# Items that are not taken ------------------------------------------------------------------------------------


def unread_queues(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """Processes that cannot end because no process takes what they have put: joined too early, perhaps."""
    joins = {wait.child: wait for wait in stuck if wait.kind == "process_join_waiting"}
    for wait in (wait for wait in stuck if wait.kind == "queue_flush_waiting" and not _is_torn(run, wait)):
        join = joins.get(wait.pid)
        yield UnreadQueue(wait) if join is None else JoinBeforeGet(join, wait)


class UnreadQueue(CauseOfWait):
    """A process waits at its end until what it has put is taken."""

    def finding(self, run: RunState) -> Finding:
        return Finding(
            "flush_nobody_gets",
            "{process} cannot end before what it has put into {object}⟨ (made at {made})⟩ is taken, and nobody is "
            "left who could take it",
            figures_of(run, self.wait),
            "take all items before the process ends, or call {object}.cancel_join_thread() if they may be lost",
        )


@dataclass(frozen=True)
class JoinBeforeGet(CauseOfWait):
    """A process waits for the end of another one, which waits until what it has put is taken."""

    flush: Wait
    """The other one's wait."""

    always_wrong: ClassVar[bool] = True

    def finding(self, run: RunState) -> Finding:
        queue = figures_of(run, self.flush)
        return Finding(
            "join_before_get",
            "{process} waits⟨ at {at}⟩ for {child} to end, and {child} cannot end before what it has put into {object}"
            "⟨ (made at {made})⟩ is taken",
            figures_of(run, self.wait)
            | {name: queue[name] for name in ("object", "type", "made")}
            | {"child": self.flush.process, "child_pid": self.flush.pid},
            "take the items first, then join: {object}.get() before {child}.join()",
        )
