"""Why a thread waits for an item that was put and never sent: its sender has ended, or it could not be pickled.

`put` hands an item to a thread of the queue, which pickles and sends it; it drops what cannot be pickled. At its end a
process waits for that thread; not where it leaves by `os._exit`, where a signal ends it, or after
`cancel_join_thread()`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from procsim.findings.base import Finding, error_words
from procsim.findings.causes import Cause, Figures, KnownReason, ended_first, figures_of, first_for_each
from procsim.findings.deaths import because, dead, was_cut_short
from procsim.findings.queue_users import counts
from procsim.state.objects import Queue
from procsim.state.processes import Process, Wait
from procsim.state.run_state import RunState
from procsim.wire.events import Event

# Items whose sender has ended --------------------------------------------------------------------------------


def unsent_items(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """Waits at a queue whose pipe is empty, or ends in the middle of a message, while fewer items were taken than put.

    Not where one that took from it ended badly: it may have had them.
    """
    for wait in first_for_each(stuck, "queue_get_waiting"):
        queue = run.queues.get(wait.object or 0)
        if queue is None or not queue.inside or queue.dropped or wait.how == "shared":
            continue
        senders = [process for process in _cut_short(run, wait, queue) if queue.put[process.pid]]
        if wait.in_message:  # one that was killed in the middle of a message has a finding of its own
            senders = [sender for sender in senders if not was_cut_short(sender)]
        takers = dead(run, wait, lambda process, queue=queue: bool(queue.got[process.pid]))  # type: ignore[misc]
        if senders and not takers and queue.type != "SimpleQueue":
            yield Unsent(wait, queue, senders)
        elif left_unsent(wait, queue) and any(ended_first(each, wait) for each in run.processes.values()):
            yield LeftUnsent(wait, queue)


def left_unsent(wait: Wait, queue: Queue) -> bool:
    """Whether what was seen shows that items were put that never come, though no signal has ended a process."""
    return wait.kind == "queue_get_waiting" and queue.seen is not None and queue.seen.none_killed and queue.inside > 0


def _cut_short(run: RunState, wait: Wait, queue: Queue) -> list[Process]:
    """The processes that ended before that, and did not wait for the thread that sends."""
    by_force = dead(run, wait, was_cut_short)
    cancelled = [process for pid in queue.cancelled if (process := run.processes.get(pid)) is not None]
    return by_force + [process for process in cancelled if ended_first(process, wait) and process not in by_force]


@dataclass(frozen=True)
class LeftUnsent(KnownReason):
    """A thread waits for items that were put and not sent: which process had put them is not known."""

    queue: Queue

    def finding(self, run: RunState) -> Finding:
        return Finding(
            "items_not_sent",
            "{process} waits⟨ at {at}⟩ for an item of {object}⟨ (made at {made})⟩, and {inside} that were put never "
            "got there: a process ended before it had sent them, by os._exit(), after cancel_join_thread(), or since "
            "they could not be pickled",
            figures_of(run, self.wait) | {"inside": self.queue.inside},
            "have processes end by returning from their function, do without cancel_join_thread(), and put what can be "
            "pickled: then all is sent first",
            sentence="items_not_sent.unknown",
        )


@dataclass(frozen=True)
class Unsent(KnownReason):
    """A thread waits for items that were put by processes that ended before these were sent."""

    queue: Queue
    senders: list[Process]

    def finding(self, run: RunState) -> Finding:
        queue, sender = self.queue, self.senders[0]
        figures = figures_of(run, self.wait) | {
            "sender": sender.name,
            "count": queue.put[sender.pid],
            "inside": queue.inside,
            "puts": queue.puts,
        }
        cancelled = queue.cancelled.get(sender.pid)
        if cancelled is not None:
            return Finding(
                "items_not_sent",
                "{process} waits⟨ at {at}⟩ for an item of {object}⟨ (made at {made})⟩, and {inside} of {puts} never "
                "got there: {sender} put {count}, called cancel_join_thread()⟨ at {cancelled_at}⟩, and ended before "
                "they were sent",
                figures | {"cancelled_at": cancelled.at},
                "do without cancel_join_thread(): then {sender} ends when all is sent; where it does not end, take the "
                "items before it is joined",
                sentence="items_not_sent.cancelled",
            )
        return Finding(
            "items_not_sent",
            "{process} waits⟨ at {at}⟩ for an item of {object}⟨ (made at {made})⟩, and {inside} of {puts} never got "
            "there: {sender} put {count}, and ended before they were sent: {because}",
            figures | because(run, self.senders),
            "have {sender} end by returning from its function: then it sends first what it has put, which os._exit() "
            "and signals prevent",
        )


# Items that were dropped -------------------------------------------------------------------------------------


def dropped_items(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """Waits for an item that was put and could not be sent: the first for its report as done, or else for itself."""
    explained: set[int | None] = set()
    for kind in ("queue_join_waiting", "queue_get_waiting"):
        for wait in first_for_each(stuck, kind):
            queue = run.queues.get(wait.object or 0)
            if queue is not None and queue.dropped and wait.object not in explained:
                explained.add(wait.object)
                yield DroppedItem(wait, queue)


@dataclass(frozen=True)
class DroppedItem(KnownReason):
    """A thread waits at a queue of which an item was dropped."""

    queue: Queue

    def finding(self, run: RunState) -> Finding:
        event = self.queue.last_dropped
        assert event is not None
        return Finding(
            "item_dropped",
            "{process} waits⟨ at {at}⟩ for what {putter} put⟨ at {put_at}⟩ into {object}⟨ (made at {made})⟩: {value} "
            "could not be sent, and was dropped⟨: {error}⟩",
            figures_of(run, self.wait) | dropped_figures(run, event) | counts(self.queue),
            "put what can be pickled: data, and functions by their names; put() does not raise, since a thread of "
            "{object} pickles later",
            sentence="item_dropped.waits",
        )


def dropped_figures(run: RunState, event: Event) -> Figures:
    """Which item was dropped, who had put it where, and why it could not be sent."""
    fields = event.fields
    return {
        "value": fields["value"],
        "putter": run.process_name(event.pid),
        "putter_pid": event.pid,  # not WRITER: it says nothing of how that one ended
        "put_at": event.at,
        "count": fields["items"],
        "error": error_words(fields) or None,
    }
