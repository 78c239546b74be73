"""Work is submitted to pools, and their workers do it."""

from collections.abc import Mapping

from procsim.state.changes.change import Change
from procsim.state.identities import pool_of
from procsim.state.processes import Task
from procsim.state.run_state import RunState
from procsim.wire.events import Event


def _worker_began(run: RunState, event: Event) -> None:
    pool = pool_of(run, event)
    pool.workers.add(event.pid)
    run.processes[event.pid].pool = pool.identity


def _submitted(run: RunState, event: Event) -> None:
    pool = pool_of(run, event)
    tasks = event.fields["tasks"]
    if tasks is None:
        pool.uncounted.add(event.fields["job"])
    else:
        pool.submitted += tasks


def _task_began(run: RunState, event: Event) -> None:
    pool, fields = pool_of(run, event), event.fields
    pool.taken += 1
    pool.submitted += fields["job"] in pool.uncounted
    run.processes[event.pid].task = Task(
        pool.identity, pool.taken, fields["job"], fields["function"], fields["items"], event.t
    )


def _task_ended(run: RunState, event: Event) -> None:
    pool_of(run, event).done += 1
    run.processes[event.pid].task = None


CHANGES: Mapping[str, Change] = {
    "pool_created": pool_of,
    "pool_worker_began": _worker_began,
    "pool_submitted": _submitted,
    "pool_task_began": _task_began,
    "pool_task_ended": _task_ended,
}
