"""Why a pool has stopped: its workers never begin, none is left, or none can get at the tasks any more.

What its threads have to do with it: `pool_threads`. Of which tasks the results never come: `pool_tasks`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from procsim.findings.base import ENDED, WORKER, Finding, Outcome, as_clause, error_words, signal_name
from procsim.findings.causes import Cause, CauseOfWait, Figures, ended_first, figures_of, first_for_each
from procsim.findings.deaths import clause_of
from procsim.state.objects import Pool, PoolLook
from procsim.state.processes import Process, Wait
from procsim.state.run_state import RunState
from procsim.wire.events import Event

# Workers that never begin ------------------------------------------------------------------------------------

LONG_ENOUGH_NS = 1_000_000_000
"""So long workers must have failed before that is said while the program still runs."""


def never_ready(run: RunState, outcome: Outcome | None = None) -> Iterator[Finding]:
    """Each worker that a Pool has started ended in its initializer: the Pool starts others, for ever.

    A ProcessPoolExecutor raises BrokenProcessPool then. `outcome`: None while the program still runs.
    """
    known = {finding.fields["figures"]["made"] for finding in run.findings("pool_initializer_raises")}
    for pool in run.pools.values():
        if pool.at not in known and fails_to_begin(pool, ended=outcome is not None):
            figures = {
                "process": run.process_name(pool.made_by),
                "pid": pool.made_by,
                "object": pool.name,
                "made": pool.at,
                "count": pool.uninitialized_count,
            }
            yield _never_ready(run, pool, figures)


def _never_ready(run: RunState, pool: Pool, figures: Figures) -> Finding:
    last = pool.uninitialized[-1]
    if last.kind == "raised":
        fields = last.fields
        return Finding(
            "pool_initializer_raises",
            "{object}⟨ (made at {made})⟩ starts workers for ever: all {count} so far ended in the initializer, "
            "{initializer}⟨, at {at}⟩, by {error}",
            figures | {"initializer": fields["subject"], "at": last.at, "error": error_words(fields)},
            "call {initializer} in main first, where its exception ends the program; or use "
            "concurrent.futures.ProcessPoolExecutor, which raises BrokenProcessPool",
        )
    worker = run.processes.get(last.pid)  # None: it is forgotten
    began = worker.initializing if worker else None
    figures = figures | {
        "initializer": began.fields["function"] if began else None,
        "at": began and began.at,
        "how": as_clause(clause_of(worker)) if worker else None,
        ENDED: [pid for pid in pool.workers if pid in run.processes and run.processes[pid].initializing is not None],
    }
    return Finding(
        "pool_initializer_raises",
        "{object}⟨ (made at {made})⟩ starts workers for ever: all {count} so far ended in the initializer"
        "⟨, {initializer}⟩⟨ (at {at})⟩⟨; the last one: {how}⟩",
        figures,
        "use concurrent.futures.ProcessPoolExecutor, which raises BrokenProcessPool; where SIGKILL ends workers, "
        "memory may have run out: start fewer",
        sentence="pool_initializer_raises.killed",
    )


def fails_to_begin(pool: Pool, ended: bool = True) -> bool:
    """Whether all workers of a pool ended in its initializer; before the run has ended, for some time, too."""
    if pool.type != "Pool" or pool.taken or pool.uninitialized_count < 2:
        return False
    lasted = pool.uninitialized[-1].t - pool.uninitialized[0].t
    return ended or (pool.uninitialized_count > 2 * pool.size and lasted >= LONG_ENOUGH_NS)


# No worker that could go on ----------------------------------------------------------------------------------


def no_worker(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """Tasks wait, and no worker is left that could take them, or none can get at them any more."""
    dead = {event.object for event in run.raised_in_threads}  # then it is a thread's fault
    for wait in first_for_each([wait for wait in stuck if wait.kind in FOR_POOL and wait.object not in dead]):
        pool = run.pools.get(wait.object or 0)
        if pool is None:
            continue
        if pool.terminated is not None and wait.kind == "pool_result_waiting":
            yield PoolTerminated(wait, pool, pool.terminated)
            continue
        sending = _terminated_while_sending(run, pool, wait)
        if sending is not None:
            yield TerminatedWhileSending(wait, pool, sending)
            continue
        if pool.seen is not None:
            ending = [run.processes[each.pid] for each in stuck if each.kind == "queue_flush_waiting"]
            yield from _by_look(run, wait, pool, pool.seen, any(each.parent == pool.made_by for each in ending))
            continue
        workers = [run.processes[pid] for pid in pool.workers if pid in run.processes]
        until = pool.terminated.t if pool.terminated is not None else run.t
        of_itself = (each for each in workers if ended_first(each, wait) and (each.ended or 0) <= until)
        ended = sorted(of_itself, key=lambda each: each.ended or 0)
        killed = [worker for worker in ended if (worker.exit_code or 0) < 0 and worker.task is None]
        idle = not any(worker in ended or worker.task or worker.initializing for worker in workers)
        if wait.importing and wait.pid == pool.made_by and idle and pool.taken < pool.submitted:
            yield ImportLock(wait, pool)
        elif ended and len(ended) == len(workers) and pool.terminated is None:
            yield NoWorker(pool, ended[-1])
        elif killed and pool.type == "Pool":
            busy = [worker for worker in run.workers_of(pool) if worker.task is not None]
            if all(_waits_to_answer(worker) for worker in busy):
                was_sending = bool(busy) or pool.taken >= pool.submitted
                yield KilledIdle(pool, killed[-1], was_sending and not _none_can_take(run, pool))


def _terminated_while_sending(run: RunState, pool: Pool, wait: Wait) -> Process | None:
    """The worker that was sending a result when terminate() ended it: of those without a task the last that answered.

    None: nothing shows that one was, as would a thread of the Pool, or main, at a lock or in the middle of a message.
    """
    since = pool.terminated.t if pool.terminated is not None else None
    if since is None or not {"shared", "read"} & {wait.how, *wait.beside}:
        return None
    workers = (run.processes[pid] for pid in pool.workers if pid in run.processes)
    ended = (each for each in workers if each.terminated_by and each.task is None and (each.ended or 0) >= since)
    return max(ended, key=lambda each: each.answered or 0, default=None)


def _none_can_take(run: RunState, pool: Pool) -> bool:
    """Whether its workers wait for the lock by which they read tasks, and none of them has it."""
    idle = (worker for worker in run.workers_of(pool) if worker.task is None)
    blocked = {wait.how for worker in idle for wait in worker.waits.values() if wait.stuck is not None}
    return "shared" in blocked and "read" not in blocked


def _waits_to_answer(worker: Process) -> bool:
    """Whether it waits for the lock by which the workers send results: one that it has not emitted itself."""
    return any(wait.kind == "system_shared_waiting" and wait.stuck is not None for wait in worker.waits.values())


def _by_look(run: RunState, wait: Wait, pool: Pool, seen: PoolLook, ending: bool) -> Iterator[Cause]:
    """Why tasks of a pool are not done, where its events are not known.

    `ending`: whether a process that may be a worker cannot end, since what it has put into a queue is not taken.
    """
    workers = [worker for worker in run.workers_of(pool) if worker.ended is None]
    if wait.pid in pool.used_in:
        return
    if wait.importing and wait.pid == pool.made_by and workers and not any(worker.task for worker in workers):
        yield ImportLock(wait, pool)
    elif seen.reader_is_gone or seen.writer_is_gone:
        yield SeenCause(wait, WORKER_GONE_READING if seen.reader_is_gone else WORKER_GONE_SENDING, seen.open)
    elif not workers:
        if not ending:
            yield SeenCause(wait, NO_WORKER_LEFT, seen.open)
    elif (
        seen.worker_is_gone
        and pool.type == "Pool"
        and pool.max_tasks is None
        and not any(worker.task for worker in workers)
    ):
        yield SeenCause(wait, WORKER_GONE, seen.open)


@dataclass(frozen=True)
class SeenCause(CauseOfWait):
    """A thread waits for a pool; why its tasks are not done was seen, and not when that came about."""

    template: Finding
    """Without its figures."""
    open: int

    def finding(self, run: RunState) -> Finding:
        return self.template._replace(figures=figures_of(run, self.wait) | {"open": self.open})


NO_WORKER_LEFT = Finding(
    "pool_no_worker",
    "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩, which has no worker left, and has started no other; "
    "{open} tasks wait",
    {},
    "make a new one for the tasks that are left; and do without max_tasks_per_child",
    sentence="pool_no_worker.seen",
)
WORKER_GONE_READING = Finding(
    "pool_worker_killed",
    "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩, and a worker of it has ended with the lock by which "
    "the workers read tasks: none can take one any more; {open} tasks wait",
    {},
    "let the pool end its workers, by close() or terminate(); a signal may end one that holds this lock",
    sentence="pool_worker_killed.seen",
)
WORKER_GONE_SENDING = Finding(
    "pool_worker_killed",
    "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩, and a worker of it has ended while it sent a result: "
    "no result comes any more",
    {},
    "let the pool end its workers, by close() or terminate(); a signal may end one in the middle of a result",
    sentence="pool_worker_killed.seen_sending",
)
WORKER_GONE = Finding(
    "pool_worker_died",
    "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩; its workers are idle, and yet results are "
    "missing ({open}): most likely a worker ended in the middle of a task, and the pool has started another one for it",
    {},
    "use concurrent.futures.ProcessPoolExecutor, which raises BrokenProcessPool, or get(timeout=…)",
    sentence="pool_worker_died.seen",
)

FOR_POOL = ("pool_result_waiting", "pool_join_waiting")


@dataclass(frozen=True)
class PoolTerminated(CauseOfWait):
    """A thread waits for a result of a pool that the program has terminated."""

    pool: Pool
    by: Event

    def finding(self, run: RunState) -> Finding:
        pool = self.pool
        return Finding(
            "pool_terminated",
            "{process} waits⟨ at {at}⟩ for a result of {object}⟨ (made at {made})⟩, which {by} terminated⟨ at "
            "{ended_at}⟩ while {open} of its {submitted} tasks were not done: their results never come",
            figures_of(run, self.wait)
            | {
                "by": self.by.process,
                "ended_at": self.by.at,
                "open": pool.submitted - pool.done,
                "submitted": pool.submitted,
            },
            "get the results before: inside the `with` block, whose end terminates {object}, or after close() and "
            "join(), which let the tasks be done",
        )


@dataclass(frozen=True)
class TerminatedWhileSending(CauseOfWait):
    """terminate() of a Pool has ended a worker that was sending a result, and waits for ever itself."""

    pool: Pool
    worker: Process

    always_wrong: ClassVar[bool] = True

    def finding(self, run: RunState) -> Finding:
        return Finding(
            "pool_worker_killed",
            "{process} waits⟨ at {at}⟩ in terminate() of {object}⟨ (made at {made})⟩, which ended {worker}⟨ (PID "
            "{worker_pid})⟩ in the middle of a result: it held the lock by which results are sent, and nobody will "
            "ever release it",
            figures_of(run, self.wait) | {"worker": self.worker.name, WORKER: self.worker.pid},
            "use {object}.close() and {object}.join(), which let each task be done; or have all results before "
            "terminate(), which also the end of a `with` block calls",
            sentence="pool_worker_killed.terminated",
        )


@dataclass(frozen=True)
class ImportLock(CauseOfWait):
    """A thread waits for a result while it imports a module, whose function the pool has to pickle."""

    pool: Pool

    def finding(self, run: RunState) -> Finding:
        return Finding(
            "pool_in_import",
            "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩ while it imports {module}: a thread "
            "of {object} needs {module} to send the tasks, and waits until it is imported; a deadlock",
            figures_of(run, self.wait) | {"module": self.wait.importing},
            "use {object} in a function that is called when {module} has been imported, not while that happens",
        )


@dataclass(frozen=True)
class NoWorker(Cause):
    """The last worker of a pool has ended, and tasks wait."""

    pool: Pool
    worker: Process

    @property
    def pid(self) -> int:
        return self.worker.pid

    def finding(self, run: RunState) -> Finding:
        figures = _of_worker(self.pool, self.worker) | {"max_tasks": self.pool.max_tasks}
        if self.pool.max_tasks is None:
            return Finding(
                "pool_no_worker",
                "{object}⟨ (made at {made})⟩ has no worker left: the last one, {process}, has ended, and no other was "
                "started; {open} of {submitted} tasks wait",
                figures,
                "make a new one for the tasks that are left",
            )
        return Finding(
            "pool_no_worker",
            "{object}⟨ (made at {made})⟩ has no worker left: the last one, {process}, ended after max_tasks_per_child="
            "{max_tasks}, and Python started no other; {open} of {submitted} tasks wait",
            figures,
            "do without max_tasks_per_child, use multiprocessing.Pool with maxtasksperchild, or a Python in which this "
            "fault of its own is mended: gh-115634",
            sentence="pool_no_worker.max_tasks",
        )


@dataclass(frozen=True)
class KilledIdle(Cause):
    """A signal ended a worker of a Pool that held the lock by which they read tasks, or that by which they answer."""

    pool: Pool
    worker: Process
    was_sending: bool
    """Whether it had the lock by which they answer, or was in the middle of an answer."""

    @property
    def pid(self) -> int:
        return self.worker.pid

    def finding(self, run: RunState) -> Finding:
        figures = _of_worker(self.pool, self.worker)
        figures |= {"signal": signal_name(-(self.worker.exit_code or 0)), "by": self.worker.terminated_by or None}
        if not self.was_sending:
            return Finding(
                "pool_worker_killed",
                "{signal}⟨ from {by}⟩ ended {process}⟨ (PID {pid})⟩, a worker of {object}⟨ (made at {made})⟩, while it "
                "waited for a task: it held the lock by which the workers read tasks, and none can take one any more"
                "⟨; {open} of {submitted} tasks wait⟩",
                figures | {"open": figures["open"] or None},
                "let the pool end its workers, by close() or terminate(); a signal may end one that holds this lock",
            )
        return Finding(
            "pool_worker_killed",
            "{signal}⟨ from {by}⟩ ended {process}⟨ (PID {pid})⟩, a worker of {object}⟨ (made at {made})⟩, while it "
            "sent a result: no result comes any more",
            figures,
            "let the pool end its workers, by close() or terminate(); a signal may end one in the middle of a result",
            sentence="pool_worker_killed.sending",
        )


def _of_worker(pool: Pool, worker: Process) -> Figures:
    return {
        "process": worker.name,
        "pid": worker.pid,
        WORKER: worker.pid,
        "object": pool.name,
        "made": pool.at,
        "open": pool.submitted - pool.done,
        "submitted": pool.submitted,
    }
