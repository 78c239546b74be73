"""What went wrong in a pool of processes."""

import signal
from collections.abc import Iterator
from dataclasses import dataclass

from procsim.findings.base import WORKER, Finding, Outcome, named_as, signal_name, standing
from procsim.findings.causes import Cause
from procsim.state.processes import Process, Task, Wait
from procsim.state.run_state import RunState


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
        waits = [wait for wait in _waits(run, task) if wait in stuck and (process.ended or 0) <= (wait.stuck or 0)]
        if waits:
            yield LostResult(process, task, waits)


def is_idle_worker(run: RunState, wait: Wait) -> bool:
    """Whether a worker only waits for a task: then its wait is no cause of anything."""
    process = run.processes[wait.pid]
    return process.pool is not None and process.task is None


def _lost(run: RunState) -> Iterator[tuple[Process, Task]]:
    """The workers that ended with a task, without the program having ended them, and that task."""
    for process in run.processes.values():
        task, code = process.task, process.exit_code
        pool = run.pools.get(task.pool) if task else None
        sent_by_program = process.terminated_by or (process.daemon and code == -signal.SIGTERM)
        if task is not None and pool is not None and pool.type == "Pool" and code is not None and not sent_by_program:
            yield process, task


def _waits(run: RunState, task: Task) -> list[Wait]:
    """The waits for the result of a task, also those of processes that were ended in them."""
    waits = (wait for process in run.processes.values() for wait in process.waits.values())
    return [wait for wait in waits if wait.object == task.pool and wait.job in (None, task.job)]


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
        figures = {
            "process": worker.name,
            "pid": worker.pid,
            WORKER: worker.pid,
            "exit_code": code,
            "object": pool.name,
            "made": pool.at,
            "function": self.task.function,
            "standing": [standing(run, wait) for wait in self.waits],
        }
        if code < 0:
            return Finding(
                "pool_worker_died",
                "{signal} ended {process}⟨ (PID {pid})⟩ in the middle of {function}: {object}⟨ (made at {made})⟩ "
                "has put another in its place, and the result never comes",
                figures | {"signal": signal_name(-code)},
                "use concurrent.futures.ProcessPoolExecutor, which raises BrokenProcessPool, or get(timeout=…)",
                sentence="pool_worker_died.signal",
            )
        return Finding(
            "pool_worker_died",
            "{process}⟨ (PID {pid})⟩ ended with exit code {exit_code} in the middle of {function}: "
            "{object}⟨ (made at {made})⟩ has put another in its place, and the result never comes",
            figures,
            "use concurrent.futures.ProcessPoolExecutor, which raises BrokenProcessPool, or get(timeout=…)",
        )
