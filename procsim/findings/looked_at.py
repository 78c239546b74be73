"""What threads look at again and again, and sleep in between, though nobody is left who could change it.

Such a loop waits, as a call with a time limit does: `while done.value < 5: time.sleep(1)`. That is never certain, since
the thread itself may do something else; so these causes become findings only as probable ones (`probable.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from procsim.findings.base import Finding
from procsim.findings.causes import Cause, NobodyIsLeft, figures_of, first_for_each
from procsim.findings.deaths import because, dead
from procsim.findings.queue_users import PUT, TOOK, dead_users, how_they_ended
from procsim.state.objects import Queue
from procsim.state.processes import Wait
from procsim.state.run_state import RunState

VALUE, NOT_EMPTY, COUNTED, PATH = "value_read", "queue_asked", "queue_counted", "path_awaited"
"""The kinds of such waits."""


def unchanged_values(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """A Value, an Array, or what a manager has."""
    yield from (UnchangedValue(wait, dead(run, wait)) for wait in first_for_each(stuck, VALUE))


class UnchangedValue(NobodyIsLeft):
    """A thread reads a value until it changes."""

    def finding(self, run: RunState) -> Finding:
        return Finding(
            "value_nobody_changes",
            "{process} reads {object}⟨ (made at {made})⟩ again and again⟨ at {at}⟩, and nobody is left who could "
            "change it⟨: {because}⟩",
            figures_of(run, self.wait) | because(run, self.dead),
            "write to {object} in any case, also where the work fails; and look in that loop whether those still live "
            "that write to it",
        )


def missing_files(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """A file that others were to make."""
    yield from (MissingFile(wait, dead(run, wait)) for wait in first_for_each(stuck, PATH))


class MissingFile(NobodyIsLeft):
    """A thread looks whether a file is there until it is."""

    def finding(self, run: RunState) -> Finding:
        return Finding(
            "file_nobody_makes",
            "{process} looks again and again⟨ at {at}⟩ whether {object} is there, and nobody is left in this program "
            "who could make it⟨: {because}⟩",
            figures_of(run, self.wait) | because(run, self.dead),
            "look in that loop whether those still live that are to make {object}: is_alive(), or exitcode; and give "
            "it a time limit",
        )


def waits_for_more(queue: Queue, wait: Wait) -> bool:
    """Whether who counts the items of a queue waits until others have put more: nobody else has taken one."""
    return wait.kind == COUNTED and bool({*queue.put} - {wait.pid}) and {*queue.got} <= {wait.pid}


def queues_not_emptied(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """A queue that others were to empty, or to put more into."""
    for wait in (*first_for_each(stuck, NOT_EMPTY), *first_for_each(stuck, COUNTED)):
        queue = run.queues.get(wait.object or 0)
        if queue is not None and waits_for_more(queue, wait):
            yield QueueNotFilled(wait, dead_users(run, wait, queue.put, queue.got), queue)
        elif queue is not None and queue.inside > 0:
            yield QueueNotEmptied(wait, dead_users(run, wait, queue.got, queue.put), queue)


@dataclass(frozen=True)
class QueueNotEmptied(NobodyIsLeft):
    """A thread looks whether a queue is empty until it is."""

    queue: Queue

    def finding(self, run: RunState) -> Finding:
        queue = self.queue
        figures = figures_of(run, self.wait) | {"inside": queue.inside}
        figures |= how_they_ended(run, self.wait, self.dead, TOOK, queue.got, queue.put)
        return Finding(
            "queue_nobody_empties",
            "{process} looks again and again⟨ at {at}⟩ whether {object}⟨ (made at {made})⟩ is empty: {inside} still in "
            "it, and nobody is left who could take one⟨: {because}⟩",
            figures,
            "catch what handling an item may raise inside the loop, so that the process goes on taking items; and look "
            "in this loop whether those still live that take them",
        )


@dataclass(frozen=True)
class QueueNotFilled(NobodyIsLeft):
    """A thread counts the items of a queue until there are enough."""

    queue: Queue

    def finding(self, run: RunState) -> Finding:
        queue = self.queue
        figures = figures_of(run, self.wait) | {"inside": queue.inside}
        figures |= how_they_ended(run, self.wait, self.dead, PUT, queue.put, queue.got)
        return Finding(
            "queue_nobody_fills",
            "{process} looks again and again⟨ at {at}⟩ how many items are in {object}⟨ (made at {made})⟩: {inside} are "
            "in it, and nobody is left who could put one⟨: {because}⟩",
            figures,
            "take the items by {object}.get() as they come, and have each process put one in any case: where the work "
            "fails, one that says so",
        )
