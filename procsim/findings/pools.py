"""What went wrong in a pool of processes."""

import signal
from collections.abc import Iterator

from procsim.findings.base import Finding, Outcome, signal_name, standing
from procsim.state import Process, RunState, Task, Wait


def worker_died(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """A worker of a Pool ended in the middle of a task: the Pool starts another one, and the result never comes.

    A ProcessPoolExecutor tells the program by itself, with BrokenProcessPool.
    """
    for process in run.processes.values():
        task = process.task
        pool = run.pools.get(task.pool) if task else None
        if task is None or pool is None or pool.type != "Pool" or not _died(process, outcome):
            continue
        code = process.exit_code or 0
        figures = {
            "process": process.name,
            "pid": process.pid,
            "exit_code": code,
            "pool": pool.name,
            "made_at": pool.at or "?",
            "function": task.function,
            "standing": [standing(run, wait) for wait in _waits(run, task)],
        }
        if code < 0:
            figures["signal"] = signal_name(-code)
            yield Finding(
                "pool_worker_died",
                "{process} (PID {pid}) was ended by {signal} in the middle of {function}: "
                "{pool}, made at {made_at}, has put another in its place, and the result never comes",
                figures,
                "use concurrent.futures.ProcessPoolExecutor, which raises BrokenProcessPool, or get(timeout=…)",
            )
        else:
            yield Finding(
                "pool_worker_died",
                "{process} (PID {pid}) ended with exit code {exit_code} in the middle of {function}: "
                "{pool}, made at {made_at}, has put another in its place, and the result never comes",
                figures,
                "use concurrent.futures.ProcessPoolExecutor, which raises BrokenProcessPool, or get(timeout=…)",
            )


def _died(process: Process, outcome: Outcome) -> bool:
    """Whether it ended without the program, or procsim, having ended it."""
    code = process.exit_code
    ended_by_program = process.terminated_by or (process.daemon and code == -signal.SIGTERM)
    return code is not None and not ended_by_program and process.pid not in outcome.ended


def _waits(run: RunState, task: Task) -> list[Wait]:
    """Who waits, or waited when it was ended, for the result of a task."""
    waits = (wait for process in run.processes.values() for wait in process.waits.values())
    return [wait for wait in waits if wait.object == task.pool and wait.job in (None, task.job)]
