"""What a look at a running program shows beside a wait that nobody can end, and that may be why nobody does.

    RunState.queues, .pools as they were seen ──► clauses ──► {because}

Where events are known, they tell more, and these clauses are left out.
"""

from collections.abc import Iterator

from procsim.findings.base import Finding, as_clause
from procsim.findings.causes import Figures
from procsim.findings.deaths import CLAUSES
from procsim.state.processes import Wait
from procsim.state.run_state import RunState


def because_of_look(run: RunState, wait: Wait) -> Figures:
    """The figure {because}: None where nothing of the kind was seen."""
    clauses = [*_left_over(run, wait), *_failed(run)]
    return {"because": [as_clause(clause) for clause in clauses[:CLAUSES]] or None}


def _left_over(run: RunState, wait: Wait) -> Iterator[Finding]:
    """Items of other queues at which nobody waits: those who were to take them do something else, or have ended."""
    awaited = {its.object for process in run.processes.values() for its in process.waits.values()} | {wait.object}
    for queue in run.queues.values():
        if queue.seen is not None and queue.seen.inside and queue.identity not in awaited:
            yield LEFT_OVER._replace(figures={"queue": queue.name, "count": queue.seen.inside})


LEFT_OVER = Finding("ended.left_over", "{count} items of {queue} were put and not taken")


def _failed(run: RunState) -> Iterator[Finding]:
    """Tasks that have raised, as far as workers still have the exception. Whether somebody has asked, nobody knows."""
    for pool in run.pools.values():
        for error in sorted(set(pool.seen.failed)) if pool.seen is not None else ():
            yield FAILED._replace(figures={"pool": pool.name, "error": error})


FAILED = Finding("ended.task_failed", "a task of {pool} raised {error}")
