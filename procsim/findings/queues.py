"""Why threads wait at a queue for ever: no process is left that puts, takes or reports."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from procsim.findings.base import Finding
from procsim.findings.broken_queues import dead_readers, is_torn
from procsim.findings.by_look import because_of_look
from procsim.findings.causes import Cause, CauseOfWait, Figures, NobodyIsLeft, figures_of, first_for_each
from procsim.findings.deaths import because, with_deaths
from procsim.findings.queue_users import PUT, TOOK, counts, dead_users, how_they_ended, what_they_did
from procsim.findings.upstream import who_waits_too
from procsim.language import N_
from procsim.state.objects import Queue
from procsim.state.processes import Wait
from procsim.state.run_state import RunState

# Empty and full queues ---------------------------------------------------------------------------------------


def empty_queues(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """`get` with no process left that could put."""
    unreadable = [cause.wait for cause in dead_readers(run, stuck)]
    for wait in first_for_each(stuck, "queue_get_waiting"):
        queue = run.queues.get(wait.object or 0)
        if not wait.in_message and wait not in unreadable and not (queue is not None and queue.dropped):
            putters = dead_users(run, wait, queue.put, queue.got) if queue is not None else []
            yield EmptyQueue(wait, putters)


class EmptyQueue(NobodyIsLeft):
    """A thread waits for an item."""

    def finding(self, run: RunState) -> Finding:
        queue = run.queues.get(self.wait.object or 0)
        figures = figures_of(run, self.wait) | counts(queue)
        if self.dead:
            finding = Finding(
                "get_nobody_puts",
                "{process} waits⟨ at {at}⟩ for an item of {object}⟨ (made at {made})⟩, and nobody is left who could "
                "put one: {because}",
                figures,
                "put an item in any case: where the work fails, one that says so (catch what it may raise)",
                sentence="get_nobody_puts.died",
            )
            return with_deaths(run, finding, self.dead)
        if queue is not None and queue.seen is not None:
            figures |= because_of_look(run, self.wait)
        elif queue is not None:
            figures |= what_they_did(run, self.wait, PUT, queue.put, queue.got)
        if queue is not None and not figures.get("because"):
            figures |= who_waits_too(run, self.wait)
        finding = Finding(
            "get_nobody_puts",
            "{process} waits⟨ at {at}⟩ for an item of {object}⟨ (made at {made})⟩, and nobody is left who could put "
            "one⟨: {because}⟩",
            figures,
            "have the producer put a last item that says so (None, say), one for each consumer; or make the consumers "
            "daemons",
        )
        if figures.get("caught"):
            return finding._replace(cure=NOT_SWALLOWED, sentence="get_nobody_puts.caught")
        if figures.get("because") and queue is not None and queue.seen is None and not queue.puts:
            return finding._replace(cure=IN_ANY_CASE, sentence="get_nobody_puts.none")
        if figures.get("consumers"):
            return finding._replace(cure=ONE_FOR_EACH, sentence="get_nobody_puts.too_few")
        if figures.get("value") == PLAIN_OBJECT:
            return finding._replace(cure=NO_OBJECT, sentence="get_nobody_puts.object")
        if not _may_be_daemon(run, self.wait):
            return finding._replace(cure=LAST_ITEM, sentence="get_nobody_puts.awaited")
        return finding


def _may_be_daemon(run: RunState, wait: Wait) -> bool:
    """Whether its process could be ended with its parent: that has nothing more to do, and does not wait for it."""
    parent = run.processes.get(run.processes[wait.pid].parent or 0)
    joined = any(other.child == wait.pid and other.at is not None for other in run.stuck_waits())
    return parent is not None and parent.returned is not None and not joined


PLAIN_OBJECT = "<object>"
"""How the tracer shows an `object()`, which a program makes in order to compare it by `is`."""

LAST_ITEM = N_("have the producer put a last item that says so (None, say), one for each consumer")
ONE_FOR_EACH = N_("put None once for each consumer: {consumers} times")
NO_OBJECT = N_(
    "an object() that comes out of a queue is another one than was put, so that `is` never finds it: put None as the "
    "last item, one for each consumer"
)
NOT_SWALLOWED = N_(
    "cure what {caught}() raised; and where the program catches it, have it end the process, or put an item that says "
    "so"
)
IN_ANY_CASE = N_("put an item in any case before the process ends: where there is nothing to put, one that says so")
"""Cures where nobody is left to put an item."""


def full_queues(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """`put` on a full queue with no process left that could take."""
    joined = [cause.flush for cause in unread_queues(run, stuck) if isinstance(cause, JoinBeforeGet)]
    for wait in first_for_each([wait for wait in stuck if wait not in joined], "queue_put_waiting"):
        queue = run.queues.get(wait.object or 0)
        yield FullQueue(wait, dead_users(run, wait, queue.got, queue.put) if queue is not None else [], queue)


@dataclass(frozen=True)
class FullQueue(NobodyIsLeft):
    """A thread waits for room: in the queue, or in the pipe of a queue that has no limit."""

    queue: Queue | None

    def finding(self, run: RunState) -> Finding:
        figures = figures_of(run, self.wait) | counts(self.queue)
        if self.dead:
            finding = Finding(
                "put_nobody_gets",
                "{process} waits⟨ at {at}⟩ for room in {object}⟨ (made at {made})⟩, and nobody is left who could take "
                "an item: {because}",
                figures | {"maxsize": self.queue.maxsize if self.queue is not None else None},
                "catch what handling an item may raise inside the loop, so that the process goes on taking items",
                sentence="put_nobody_gets.died",
            )
            return with_deaths(run, finding, self.dead)
        if self.queue is not None:
            figures |= what_they_did(run, self.wait, TOOK, self.queue.got, self.queue.put)
        finding = self._alone(figures)
        if self.queue is not None and not self.queue.got and not figures.get("because"):
            return finding._replace(cure=TAKE_FIRST, sentence=f"{finding.sentence or finding.id}.first")
        return finding

    def _alone(self, figures: Figures) -> Finding:
        """The finding where none that took has ended badly."""
        if self.queue is None or not self.queue.maxsize:
            return Finding(
                "put_nobody_gets",
                "{process} waits⟨ at {at}⟩ to put an item into {object}⟨ (made at {made})⟩: its pipe is full, and "
                "nobody is left who could take one⟨: {because}⟩",
                figures,
                "go on taking items until the last producer has ended",
                sentence="put_nobody_gets.pipe",
            )
        return Finding(
            "put_nobody_gets",
            "{process} waits⟨ at {at}⟩ for room in {object}⟨ (made at {made})⟩, which holds {maxsize}, and nobody is "
            "left who could take an item⟨: {because}⟩",
            figures | {"maxsize": self.queue.maxsize},
            "go on taking items until the last producer has ended",
        )


TAKE_FIRST = N_(
    "start what takes from {object} before more is put than fits into it, and have it go on until the last producer "
    "has ended"
)
"""The cure where nobody has ever taken from the queue."""


# Tasks that are not reported done ----------------------------------------------------------------------------


def unfinished_tasks(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """`JoinableQueue.join` with tasks that were never reported done."""
    for wait in first_for_each(stuck, "queue_join_waiting"):
        queue = run.queues.get(wait.object or 0)
        if queue is not None and not queue.dropped:
            takers = dead_users(run, wait, queue.got, queue.put)
            owing = [taker for taker in takers if queue.inside or queue.got[taker.pid] > queue.done[taker.pid]]
            yield UnfinishedTasks(wait, owing, queue)


@dataclass(frozen=True)
class UnfinishedTasks(NobodyIsLeft):
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
        if queue.seen is not None:
            return Finding(
                "tasks_not_done",
                "{process} waits⟨ at {at}⟩ until all tasks of {object}⟨ (made at {made})⟩ are done; not "
                "reported done: {count}, of which still in it: {inside}; and nobody is left who could report "
                "them⟨: {because}⟩",
                figures | because(run, self.dead) | {"inside": queue.inside},
                "call {object}.task_done() after each get(), in a `finally` if handling an item may fail",
                sentence="tasks_not_done.seen",
            )
        if self.dead:
            finding = Finding(
                "tasks_not_done",
                "{process} waits⟨ at {at}⟩ until all tasks of {object}⟨ (made at {made})⟩ are done; of {puts}, "
                "{in_hand} taken and not reported done, {inside} still in it; and nobody is left who could take them: "
                "{because}",
                figures | {"in_hand": sum(debts.values()), "inside": queue.inside},
                "catch what handling an item may raise inside the loop, so that the next one is taken, and call "
                "{object}.task_done() in a `finally`",
                sentence="tasks_not_done.died",
            )
            return with_deaths(run, finding, self.dead)
        if not debts:
            return Finding(
                "tasks_not_done",
                "{process} waits⟨ at {at}⟩ until all tasks of {object}⟨ (made at {made})⟩ are done; {count} of {puts} "
                "were never taken, and nobody is left who could take them⟨: {because}⟩",
                figures | what_they_did(run, self.wait, TOOK, queue.got, queue.put),
                "start consumers that take every item and call {object}.task_done() after each",
                sentence="tasks_not_done.not_taken",
            )
        return Finding(
            "tasks_not_done",
            "{process} waits⟨ at {at}⟩ until all tasks of {object}⟨ (made at {made})⟩ are done; {puts} were put, "
            "and {done} reported done; taken and not reported: by {takers}",
            figures,
            "call {object}.task_done() after each get(), in a `finally` if handling an item may fail",
        )


# Items that are not taken ------------------------------------------------------------------------------------


def unread_queues(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """Processes that cannot end because no process takes what they have put: joined too early, perhaps.

    Of several that nobody joins, and that wait for the same queue, the first is named.
    """
    joins = {wait.child: wait for wait in stuck if wait.kind == "process_join_waiting"}
    named: set[int | None] = set()
    for wait in (wait for wait in stuck if wait.kind == "queue_flush_waiting" and not is_torn(run, wait)):
        join, queue = joins.get(wait.pid), run.queues.get(wait.object or 0)
        takers = {*queue.got} if queue is not None else set()
        if join is not None and (not takers or join.pid in takers):
            yield JoinBeforeGet(join, wait)
        elif wait.object not in named:
            named.add(wait.object)
            yield UnreadQueue(wait)
    for wait in (wait for wait in stuck if wait.kind in _FOR_ROOM):
        join = joins.get(wait.pid)
        if join is not None and _would_read(run, wait, join.pid):
            yield JoinBeforeGet(join, wait)


_FOR_ROOM = ("queue_put_waiting", "pipe_send_waiting")


def _would_read(run: RunState, wait: Wait, pid: int) -> bool:
    """Whether this process alone would make room for what a thread waits to put or to send."""
    queue = run.queues.get(wait.object or 0)
    if queue is None:
        return {*wait.open_in} - {wait.pid} == {pid}
    return {*queue.got} <= {pid} and not dead_users(run, wait, queue.got, queue.put)


class UnreadQueue(CauseOfWait):
    """A process waits at its end until what it has put is taken."""

    def finding(self, run: RunState) -> Finding:
        wait, queue, figures = self.wait, run.queues.get(self.wait.object or 0), figures_of(run, self.wait)
        if queue is not None:
            dead = dead_users(run, wait, queue.got, queue.put)
            figures |= how_they_ended(run, wait, dead, TOOK, queue.got, queue.put)
        finding = Finding(
            "flush_nobody_gets",
            "{process} cannot end before what it has put into {object}⟨ (made at {made})⟩ is taken, and nobody is "
            "left who could take it⟨: {because}⟩",
            figures,
            "take all items before the process ends, or call {object}.cancel_join_thread() if they may be lost",
        )
        if queue is not None and queue.got and figures.get("because"):
            return finding._replace(cure=GO_ON_TAKING, sentence="flush_nobody_gets.left")
        return finding


GO_ON_TAKING = N_(
    "have whoever takes from {object} go on, whatever happens, until the last producer has ended; or call "
    "{object}.cancel_join_thread() in the producer if items may be lost"
)
"""The cure where those that took have ended too early."""


@dataclass(frozen=True)
class JoinBeforeGet(CauseOfWait):
    """A process waits for the end of another one, which waits until what it has put is taken."""

    flush: Wait
    """The other one's wait."""

    always_wrong: ClassVar[bool] = True

    def finding(self, run: RunState) -> Finding:
        queue = figures_of(run, self.flush)
        figures = figures_of(run, self.wait) | {name: queue[name] for name in ("object", "type", "made")}
        figures |= {"child": self.flush.process, "child_pid": self.flush.pid, "child_at": queue["at"]}
        if self.flush.kind == "pipe_send_waiting":
            return Finding(
                "join_before_get",
                "{process} waits⟨ at {at}⟩ for {child} to end, and {child} waits⟨ since {child_at}⟩ to send through "
                "{object}⟨ (made at {made})⟩: the pipe is full, and {process} alone could receive from it",
                figures,
                "receive first, then join: recv() on the other end before {child}.join()",
                sentence="join_before_get.pipe",
            )
        if self.flush.kind == "queue_put_waiting":
            return Finding(
                "join_before_get",
                "{process} waits⟨ at {at}⟩ for {child} to end, and {child} waits⟨ at {child_at}⟩ for room in {object}"
                "⟨ (made at {made})⟩, from which nobody takes meanwhile",
                figures,
                "take the items first, then join: {object}.get() before {child}.join()",
                sentence="join_before_get.room",
            )
        return Finding(
            "join_before_get",
            "{process} waits⟨ at {at}⟩ for {child} to end, and {child} cannot end before what it has put into {object}"
            "⟨ (made at {made})⟩ is taken",
            figures,
            "take the items first, then join: {object}.get() before {child}.join()",
            sentence="join_before_get.flush",
        )
