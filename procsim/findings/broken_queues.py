"""Why a queue is of no use any more: a process was ended in the middle of a message, or with the lock for reading."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from procsim.findings.base import WRITER, Finding, signal_name
from procsim.findings.causes import Cause, CauseOfWait, KnownReason, ended_first, figures_of, first_for_each
from procsim.findings.deaths import because, dead, died_in, left_by_exit
from procsim.findings.queue_users import counts
from procsim.findings.unsent import left_unsent
from procsim.state.objects import Queue
from procsim.state.processes import Process, Wait
from procsim.state.run_state import RunState

# Messages that were cut off ----------------------------------------------------------------------------------


def torn_messages(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """Queues whose writer was killed in the middle of a message."""
    for wait in first_for_each(stuck):
        if wait.object in run.queues and is_torn(run, wait):
            writer, queue = _killed_writer(run, wait), run.queues[wait.object or 0]
            if writer is not None:
                yield TornMessage(wait, writer)
            elif queue.seen is not None and not left_unsent(wait, queue):
                yield TornByUnknown(wait, dead(run, wait))


def is_torn(run: RunState, wait: Wait) -> bool:
    """Whether it waits in the middle of a message, or for the right to write, which a dead process took with it."""
    if wait.kind == "queue_get_waiting":
        return wait.in_message
    seen = run.queues[wait.object].seen if wait.object in run.queues else None
    gone = seen is not None and seen.writer_is_gone
    return wait.kind == "queue_flush_waiting" and (gone or _killed_writer(run, wait) is not None)


def _killed_writer(run: RunState, wait: Wait) -> Process | None:
    """A process that has put items into the queue, and was killed before the wait was found to be stuck."""
    writers = [run.processes[pid] for pid in run.queues[wait.object or 0].put if pid in run.processes]
    return next((writer for writer in reversed(writers) if ended_first(writer, wait) and _was_killed(writer)), None)


def _was_killed(process: Process) -> bool:
    """Whether it was ended by a signal, or by `os._exit` in the middle of its work."""
    code = process.exit_code
    return code is not None and (code < 0 or left_by_exit(process) or (code > 0 and process.returned is None))


@dataclass(frozen=True)
class TornMessage(KnownReason):
    """A thread waits for the rest of a message, or to write after it."""

    writer: Process

    def finding(self, run: RunState) -> Finding:
        code = self.writer.exit_code or 0
        return Finding(
            "message_torn",
            "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩, whose writer {writer} was ended by "
            "{signal}⟨, which {killer} sent⟩⟨ at {killed_at}⟩ in the middle of a message: the rest never comes, and "
            "nobody can write any more",
            figures_of(run, self.wait)
            | {
                "writer": self.writer.name,
                WRITER: self.writer.pid,
                "signal": signal_name(-code) if code < 0 else "os._exit",
                "killer": self.writer.terminated_by or None,
                "killed_at": self.writer.terminated_at,
            },
            "do not kill a process that may be writing to a queue: tell it to end, and join it",
        )


@dataclass(frozen=True)
class TornByUnknown(KnownReason):
    """The same, where it is not known who wrote the message."""

    dead: list[Process]

    def finding(self, run: RunState) -> Finding:
        return Finding(
            "message_torn",
            "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩, and a process has ended while it wrote a "
            "message to it: the rest never comes, and nobody can write any more⟨; {because}⟩",
            figures_of(run, self.wait) | because(run, self.dead),
            "do not kill a process that may be writing to a queue: tell it to end, and join it",
            sentence="message_torn.unknown",
        )


# The lock for reading ----------------------------------------------------------------------------------------


def dead_readers(run: RunState, stuck: list[Wait]) -> Iterator[CauseOfWait]:
    """`get` where the lock that the readers of a queue share went with a process that ended in `get`."""
    for wait in first_for_each(stuck, "queue_get_waiting"):
        if wait.how != "shared":  # a wait for an item, not for the lock
            continue
        died, queue = died_in(run, wait, ["queue_get_waiting"]), run.queues.get(wait.object or 0)
        if died is not None:
            yield DeadReader(wait, *died)
        elif queue is not None and queue.seen is not None and queue.seen.reader_is_gone:
            yield GoneReader(wait, dead(run, wait), queue)


@dataclass(frozen=True)
class DeadReader(KnownReason):
    """A thread waits for its turn to read from a queue, which a process had that has ended."""

    reader: Process
    its: Wait
    """The reader's wait, in which it ended."""

    always_wrong: ClassVar[bool] = True

    def finding(self, run: RunState) -> Finding:
        figures = figures_of(run, self.wait) | because(run, [self.reader])
        figures |= {"reader": self.reader.name, "reader_at": self.its.at}
        queue = run.queues.get(self.wait.object or 0)
        return Finding(
            "reader_dead",
            "{process} waits⟨ at {at}⟩ to take from {object}⟨ (made at {made})⟩, whose lock for reading {reader} held "
            "in get()⟨ at {reader_at}⟩ when it ended⟨ (items in it: {inside})⟩: {because}",
            figures | counts(queue) | {"inside": (queue.inside or None) if queue else None},
            "never end a process by force that may be in get(): put a last item for it that says so (None, say), and "
            "join it",
        )


@dataclass(frozen=True)
class GoneReader(KnownReason):
    """A thread waits for its turn to read from a queue, which a process had that is gone: which one is not known."""

    dead: list[Process]
    queue: Queue

    always_wrong: ClassVar[bool] = True

    def finding(self, run: RunState) -> Finding:
        return Finding(
            "reader_dead",
            "{process} waits⟨ at {at}⟩ to take from {object}⟨ (made at {made})⟩, whose lock for reading a process held "
            "in get() when it ended⟨ (items in it: {inside})⟩⟨: {because}⟩",
            figures_of(run, self.wait) | because(run, self.dead) | {"inside": self.queue.inside or None},
            "never end a process by force that may be in get(): put a last item for it that says so (None, say), and "
            "join it",
            sentence="reader_dead.unknown",
        )
