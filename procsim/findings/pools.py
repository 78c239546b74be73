"""What went wrong in a pool of processes."""

import signal
from collections.abc import Iterator

from procsim.findings.base import Finding, Outcome, signal_name, standing
from procsim.state.processes import Process, Task, Wait
from procsim.state.run_state import RunState


def worker_died(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """A worker of a Pool ended in the middle of a task: the Pool starts another one, and the result never comes.

    A ProcessPoolExecutor tells the program by itself, with BrokenProcessPool.
    """
    told = {event.fields["figures"].get("worker_pid") for event in run.found}
    for process, task in _lost(run):
        if process.pid not in outcome.ended and process.pid not in told:
            yield _finding(run, process, task, _waits(run, task))


def lost_results(run: RunState, stuck: list[Wait]) -> Iterator[Finding]:
    """The same, where it makes the program hang."""
    for process, task in _lost(run):
        # Who ended later was ended because of the hang.
        waits = [wait for wait in _waits(run, task) if wait in stuck and (process.ended or 0) <= (wait.stuck or 0)]
        if waits:
            yield _finding(run, process, task, waits)


def is_idle_worker(run: RunState, wait: Wait) -> bool:
    """Whether it only waits for a task: then it is not the cause of anything."""
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
    """Who waits, or waited when it was ended, for the result of a task."""
    waits = (wait for process in run.processes.values() for wait in process.waits.values())
    return [wait for wait in waits if wait.object == task.pool and wait.job in (None, task.job)]


def _finding(run: RunState, process: Process, task: Task, waits: list[Wait]) -> Finding:
    pool, code = run.pools[task.pool], process.exit_code or 0
    figures = {
        "process": process.name,
        "pid": process.pid,
        "worker_pid": process.pid,
        "exit_code": code,
        "object": pool.name,
        "made": pool.at,
        "function": task.function,
        "standing": [standing(run, wait) for wait in waits],
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
