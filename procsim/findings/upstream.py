"""Of several waits for items that nobody will put: which one is the cause, and which only its effect.

    stuck waits ──► who waits for whom ──► without the waits for somebody who waits for ever himself

A consumer that waits for tasks puts no results, so who waits for its results waits only for that reason. Where two wait
for each other, the flow of items tells: where some were taken it has come to an end, and where none was ever put it
had not begun.
"""

from collections.abc import Sequence

from procsim.findings.base import Finding, as_clause
from procsim.findings.causes import Cause, Figures, NobodyIsLeft, wait_at
from procsim.state.objects import Queue
from procsim.state.processes import Wait
from procsim.state.run_state import RunState

_FOR_ITEM = "queue_get_waiting"


def without_downstream(run: RunState, stuck: Sequence[Wait], causes: list[Cause]) -> list[Cause]:
    """Leave out the waits for an item of those that wait for ever themselves, for another of these causes."""
    waits = [cause for cause in causes if isinstance(cause, NobodyIsLeft) and not cause.dead]
    every = [{wait.pid: _reached(run, stuck, wait.pid, joins) for wait in stuck} for joins in (False, True)]

    def is_effect(cause: Cause) -> bool:
        if not isinstance(cause, NobodyIsLeft) or cause not in waits or cause.wait.kind != _FOR_ITEM:
            return False
        return any(is_upstream(other.wait, cause.wait) for other in waits if other.pid != cause.pid)

    def is_upstream(other: Wait, wait: Wait) -> bool:
        if any(other.pid in reached[wait.pid] and wait.pid not in reached[other.pid] for reached in every):
            return True
        return other.pid in every[True][wait.pid] and _flowed(run, other) and not _flowed(run, wait)

    return [cause for cause in causes if not is_effect(cause)] or causes


def _reached(run: RunState, stuck: Sequence[Wait], pid: int, joins: bool) -> set[int]:
    """The processes for which this one waits, with those for which they wait in turn. `joins`: also until they end."""
    found: set[int] = set()
    todo = [pid]
    while todo:
        now = todo.pop()
        waits = [wait for wait in stuck if wait.pid == now and (joins or not wait.child)]
        news = {its for wait in waits for its in _awaited(run, stuck, wait)} - found
        found |= news
        todo += news
    return found


def _awaited(run: RunState, stuck: Sequence[Wait], wait: Wait) -> set[int]:
    """The stuck processes that would have to end this wait; of a queue that nobody has put into, each of the others
    that does not take from it."""
    if wait.child:
        return {wait.child}
    queue = run.queues.get(wait.object or 0)
    if wait.kind != _FOR_ITEM or queue is None:
        return set()
    stands = {other.pid for other in stuck}
    putters = _putters(queue)
    if putters:
        return (putters & stands) - {wait.pid}
    takers = {*queue.got} | {other.pid for other in stuck if other.object == wait.object}
    return stands - takers - {wait.pid}


def _putters(queue: Queue) -> set[int]:
    """The processes that have put an item into it, as far as that is known."""
    return {*queue.put} if queue.seen is None else {*queue.seen.put_by}


def _flowed(run: RunState, wait: Wait) -> bool:
    """Whether this wait is for one more item of a queue, from which some were taken."""
    queue = run.queues.get(wait.object or 0)
    return wait.kind == _FOR_ITEM and queue is not None and bool(_putters(queue)) and not queue.inside


# What the sentence says of it --------------------------------------------------------------------------------


def who_waits_too(run: RunState, wait: Wait) -> Figures:
    """Those that have put into the queue and wait for ever themselves, and what was taken: as the figure {because}.

    {consumers}: for how many a last item (None) would have to be put, and {value}: the last one that the process took;
    None where that is not known.
    """
    queue = run.queues[wait.object or 0]
    waits: dict[int, Wait] = {}
    for other in run.stuck_waits():
        waits.setdefault(other.pid, other)
    clauses = []
    for pid in sorted(_putters(queue) & waits.keys() - {wait.pid}):
        figures = {"process": waits[pid].process, "pid": pid, "at": wait_at(run, waits[pid])}
        clause = PUTTER_WAITS if queue.seen is None else PUTTER_STANDS
        clauses.append(clause._replace(figures=figures | {"count": queue.put[pid]}))
    last = _too_few_last_items(run, queue)
    taken = _taken(wait, queue) if last is None else []
    return {
        "because": [as_clause(clause) for clause in (*clauses, *([last] if last is not None else taken))] or None,
        "consumers": last.figures["consumers"] if last is not None else None,
        "value": taken[0].figures["value"] if taken else None,
    }


PUTTER_WAITS = Finding("ended.putter_waits", "{process} put {count} and waits itself⟨ at {at}⟩")
PUTTER_STANDS = Finding("ended.putter_stands", "{process} has put some and waits itself⟨ at {at}⟩")


def _taken(wait: Wait, queue: Queue) -> list[Finding]:
    """What the waiting process has taken itself, where it has taken all of it."""
    if queue.seen is not None or not queue.gots or queue.got[wait.pid] != queue.puts:
        return []
    figures = {"process": wait.process, "pid": wait.pid, "count": queue.gots, "value": queue.items_got[-1]}
    return [(TOOK_ONE if queue.gots == 1 else TOOK_ALL)._replace(figures=figures)]


TOOK_ALL = Finding("ended.took_all", "{process} took all {count} (the last one: {value})")
TOOK_ONE = Finding("ended.took_the_one", "{process} took the one that was put ({value})")


def _too_few_last_items(run: RunState, queue: Queue) -> Finding | None:
    """That None was put for fewer than take from the queue, and those who took it have stopped taking."""
    if queue.seen is not None or queue.inside:
        return None
    waiting = [wait for wait in run.stuck_waits() if (wait.kind, wait.object) == (_FOR_ITEM, queue.identity)]
    last: dict[int, object] = {}
    for pid, item in zip(reversed(queue.last_gots), reversed(queue.items_got), strict=False):
        last.setdefault(pid, item)
    stopped = [pid for pid, item in last.items() if item is None and all(wait.pid != pid for wait in waiting)]
    if not stopped:
        return None
    consumers = len({*queue.got} | {wait.pid for wait in waiting})
    figures = {"count": len(stopped), "consumers": consumers, "takers": sorted(map(run.process_name, stopped))}
    return (ONE_FOR_MANY if len(stopped) == 1 else FEW_FOR_MANY)._replace(figures=figures)


ONE_FOR_MANY = Finding("ended.one_for_many", "None was put once for {consumers} consumers, and {takers} took it")
FEW_FOR_MANY = Finding("ended.few_for_many", "None was put {count} times for {consumers} consumers: {takers} took it")
