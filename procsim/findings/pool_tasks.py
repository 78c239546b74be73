"""What went wrong with the tasks of a pool: the results of some never come."""

from collections.abc import Iterator
from dataclasses import dataclass

from procsim.findings.base import ENDED, WORKER, Finding, Outcome, error_words, named_as, signal_name, standing
from procsim.findings.causes import Cause, CauseOfWait, KnownReason, figures_of, first_for_each
from procsim.findings.deaths import held_by, item_in_hand
from procsim.findings.pools import FOR_POOL
from procsim.state.objects import Pool
from procsim.state.processes import Process, Task, Wait
from procsim.state.run_state import RunState

# A worker has ended with one ---------------------------------------------------------------------------------


def worker_died(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """A worker of a Pool ended in the middle of a task: the Pool starts another one, and the result never comes.

    A ProcessPoolExecutor raises BrokenProcessPool then, so the program sees it by itself.
    """
    known = named_as(run, WORKER)
    for process, task in _lost(run):
        if process.pid not in outcome.ended and process.pid not in known:
            yield LostResult(process, task, _waits(run, task)).finding(run)


def lost_results(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """The same, where it makes the program hang."""
    for process, task in _lost(run):
        # A worker that ended later was ended because of the hang.
        waits = [wait for wait in stuck if _is_for(wait, task) and (process.ended or 0) <= (wait.stuck or 0)]
        if waits:
            yield LostResult(process, task, waits)


def is_idle_worker(run: RunState, wait: Wait) -> bool:
    """Whether a worker only waits for a task: then its wait is no cause of anything.

    It emits nothing of that wait. What else it waits for, its initializer or an exit handler of it does.
    """
    process = run.processes[wait.pid]
    return process.pool is not None and process.task is None and wait.kind.startswith("system_")


def _lost(run: RunState) -> Iterator[tuple[Process, Task]]:
    """The workers that ended with a task, without the program having ended them, and that task."""
    for process in run.processes.values():
        task, code = process.task, process.exit_code
        pool = run.pools.get(task.pool) if task else None
        killed = code is not None and not process.ended_on_request
        if task is not None and pool is not None and pool.type == "Pool" and killed:
            yield process, task


def _waits(run: RunState, task: Task) -> list[Wait]:
    """The waits for the result of a task, also those of processes that were ended in them."""
    waits = (wait for process in run.processes.values() for wait in process.waits.values())
    return [wait for wait in waits if _is_for(wait, task)]


def _is_for(wait: Wait, task: Task) -> bool:
    return wait.object == task.pool and wait.job in (None, task.job)


@dataclass(frozen=True)
class LostResult(Cause):
    """A worker ended in the middle of a task."""

    worker: Process
    task: Task
    waits: list[Wait]
    """For the result."""

    @property
    def pid(self) -> int:
        return self.worker.pid

    def finding(self, run: RunState) -> Finding:
        worker, pool, code = self.worker, run.pools[self.task.pool], self.worker.exit_code or 0
        raised = pool.raised.get(self.task.job) or worker.raised
        figures = {
            "process": worker.name,
            "pid": worker.pid,
            WORKER: worker.pid,
            ENDED: [worker.pid],
            "exit_code": code,
            "object": pool.name,
            "made": pool.at,
            "function": self.task.function,
            "left_at": worker.left and worker.left.at,
            "held": held_by(run, worker) or None,
            "item": item_in_hand(worker),
            "error": error_words(raised.fields) if raised else None,
            "raised_at": raised and raised.at,
            "standing": [standing(run, wait) for wait in self.waits],
        }
        if code < 0:
            return Finding(
                "pool_worker_died",
                "{signal} ended {process}⟨ (PID {pid})⟩ in the middle of {function}⟨, after it had taken {item} from a "
                "queue⟩⟨, while it held {held}⟩: {object}⟨ (made at {made})⟩ has put another in its place, and the "
                "result never comes",
                figures | {"signal": signal_name(-code)},
                "use concurrent.futures.ProcessPoolExecutor, which raises BrokenProcessPool, or get(timeout=…)",
                sentence="pool_worker_died.signal",
            )
        return Finding(
            "pool_worker_died",
            "{process}⟨ (PID {pid})⟩ ended with exit code {exit_code} in the middle of {function}⟨, by os._exit at "
            "{left_at}⟩⟨, by {error} at {raised_at}⟩⟨, after it had taken {item} from a queue⟩⟨, while it held {held}⟩"
            ": {object}⟨ (made at {made})⟩ has put another in its place, and the result never comes",
            figures,
            "do not end the process of a task by sys.exit() or os._exit(): raise an exception in it, which get() "
            "raises, too; or take a concurrent.futures.ProcessPoolExecutor, which raises BrokenProcessPool then",
        )


# No worker could unpickle it ---------------------------------------------------------------------------------


def unread_tasks(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """A worker of a Pool ended, since it could not unpickle a task: the Pool starts another one, the task is lost.

    A ProcessPoolExecutor raises BrokenProcessPool then.
    """
    for wait in first_for_each([wait for wait in stuck if wait.kind in FOR_POOL]):
        pool = run.pools.get(wait.object or 0)
        if pool is not None and pool.type == "Pool" and pool.unread and pool.terminated is None:
            yield UnreadTask(wait, pool)


@dataclass(frozen=True)
class UnreadTask(CauseOfWait):
    """A thread waits for a pool whose workers could not unpickle a task."""

    pool: Pool

    def finding(self, run: RunState) -> Finding:
        first = next(iter(self.pool.unread.values()))
        return Finding(
            "pool_task_lost",
            "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩, and its {worker} ended, since it could not "
            "unpickle a task: {error}⟨, raised at {raised_at}⟩; that task is lost, and its result never comes",
            figures_of(run, self.wait)
            | {
                "worker": first.process,
                "error": error_words(first.fields),
                "raised_at": first.at,
                ENDED: [*self.pool.unread],
            },
            "pass what can be unpickled in a worker: pickle.loads(pickle.dumps(…)) tries it; a manager whose objects "
            "are passed must stay until {object} is done; ProcessPoolExecutor raises BrokenProcessPool then",
        )


# They need each other ----------------------------------------------------------------------------------------


def starved(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """All workers of a pool wait in a task, and tasks of another function have not begun, since no worker is free."""
    waits = {wait.pid: wait for wait in stuck if wait.kind in ENDED_BY_TASKS}
    for pool in run.pools.values():
        workers = run.workers_of(pool)
        waiting = [waits[worker.pid] for worker in workers if worker.task is not None and worker.pid in waits]
        calls = [(function, at) for function, at in pool.calls if function and function not in pool.begun]
        full = 0 < len(workers) == len(waiting) and len(workers) >= pool.size
        if full and calls and pool.taken < pool.submitted and pool.terminated is None:
            yield Starved(waiting[0], pool, *calls[0])


ENDED_BY_TASKS = (
    "queue_get_waiting",
    "queue_join_waiting",
    "pipe_receive_waiting",
    "event_waiting",
    "condition_waiting",
    "barrier_waiting",
    "manager_called",
)
"""Waits that another task may be there to end."""


@dataclass(frozen=True)
class Starved(KnownReason):
    """A worker waits in a task, as do all others of its pool; tasks of another function have not begun."""

    pool: Pool
    function: str
    submitted: str | None

    def finding(self, run: RunState) -> Finding:
        task = run.processes[self.wait.pid].task
        return Finding(
            "pool_starved",
            "every worker of {pool}⟨ (made at {pool_made})⟩ waits in a task, {process} at {at} in {task}: none is free "
            "for {function}⟨, submitted at {submitted}⟩, which has not begun",
            figures_of(run, self.wait)
            | {
                "task": task.function if task else None,
                "pool": self.pool.name,
                "pool_made": self.pool.at,
                "function": self.function,
                "submitted": self.submitted,
            },
            "have no task wait for another one of the same pool: give {pool} more workers than tasks that wait, or "
            "submit what they wait for elsewhere",
        )
