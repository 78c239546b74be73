"""What went wrong with the threads by which a pool works: one has ended, or they are in another process.

A Pool has three: one sends the tasks, one hands out the results, one starts workers in the place of those that ended. A
ProcessPoolExecutor has one for all of it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from procsim.findings.base import Finding, Outcome, error_words
from procsim.findings.causes import Cause, CauseOfWait, Figures, KnownReason, figures_of, first_for_each
from procsim.findings.deaths import broke_executor
from procsim.findings.forks import AT_A_LOCK, FOR_A_THREAD
from procsim.findings.pools import FOR_POOL
from procsim.state.objects import Pool, PoolLook
from procsim.state.processes import Wait
from procsim.state.run_state import RunState
from procsim.wire.events import Event

# One has ended -----------------------------------------------------------------------------------------------


def thread_died(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """An exception ended a thread by which a pool works: results do not come, tasks do not go."""
    known = {finding.fields["figures"]["made"] for finding in run.findings("pool_thread_died")}
    for event, pool in _dead_threads(run):
        # Where a worker has ended, that is what has ended the thread of an executor, too.
        if pool.at not in known and not (pool.type != "Pool" and broke_executor(run, pool.made_by, pool.identity)):
            yield DeadThread(event, pool).finding(run)


def dead_threads(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """The same, where it makes the program hang."""
    awaited = {wait.object for wait in stuck if wait.kind in FOR_POOL}
    yield from (DeadThread(event, pool) for event, pool in _dead_threads(run) if pool.identity in awaited)
    for wait in first_for_each([wait for wait in stuck if wait.kind in FOR_POOL]):
        pool = run.pools.get(wait.object or 0)
        if pool is not None and pool.seen is not None and pool.terminated is None:
            yield from (GoneThread(wait, pool, helper) for helper in _gone_before_the_others(pool.seen))


def _gone_before_the_others(seen: PoolLook) -> list[str]:
    """The thread of a pool that has ended while one was there that ends before it: not since the pool was closed.

    After close() the thread that starts workers ends first, then that which sends tasks, then the last one.
    """
    if "all" in seen.gone:
        return ["all"] if seen.open else []
    order = ("workers", "tasks", "results")
    out_of_turn = [
        helper for place, helper in enumerate(order) if helper in seen.gone and {*order[:place]} - {*seen.gone}
    ]
    return out_of_turn[:1]


def _dead_threads(run: RunState) -> Iterator[tuple[Event, Pool]]:
    """The exception that ended the first thread of a pool, and the pool."""
    first: dict[int | None, Event] = {}
    for event in run.raised_in_threads:
        if event.fields.get("helper") is not None:
            first.setdefault(event.object, event)
    for identity, event in first.items():
        if identity in run.pools:
            yield event, run.pools[identity]


def pools_without_results(run: RunState) -> set[int]:
    """The pools that will hand out no result any more, since the thread that does so has ended, or waits for one.

    Not where it was the program that has ended the pool, and so that thread.
    """
    dead = {pool.identity for event, pool in _dead_threads(run) if event.fields["helper"] in _HANDS_OUT}
    seen = {
        pool.identity
        for pool in run.pools.values()
        if pool.seen is not None and pool.terminated is None and "results" in _gone_before_the_others(pool.seen)
    }
    return dead | seen | {wait.object or 0 for wait in run.now_waiting() if _waits_for_itself(wait)}


_HANDS_OUT = ("results", "all")
"""What the thread is there for that hands out results."""


def _waits_for_itself(wait: Wait) -> bool:
    return wait.kind == "pool_result_waiting" and wait.timeout is None and wait.helper in _HANDS_OUT


def waits_for_itself(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """A callback, which is called by the thread that hands out results, waits for a result of the same pool."""
    yield from (WaitsForItself(wait) for wait in first_for_each([wait for wait in stuck if _waits_for_itself(wait)]))


class WaitsForItself(KnownReason):
    """The thread that hands out the results of a pool waits for one of them."""

    always_wrong: ClassVar[bool] = True

    def finding(self, run: RunState) -> Finding:
        return Finding(
            "pool_waits_for_itself",
            "{process} waits⟨ at {at}⟩ for a result of {object}⟨ (made at {made})⟩ in a callback, so in the thread of "
            "{object} that hands out results: no result comes any more",
            figures_of(run, self.wait),
            "do not wait in a callback for the same pool: submit there by apply_async(…, callback=…) or "
            "add_done_callback(…), or go on with the result where it is asked for, after get() or result()",
        )


@dataclass(frozen=True)
class DeadThread(Cause):
    """An exception ended a thread of a pool."""

    event: Event
    pool: Pool

    @property
    def pid(self) -> int:
        return 0  # each process that waits for the pool is one of the others

    def finding(self, run: RunState) -> Finding:
        event, pool = self.event, self.pool
        before = [raised for raised in pool.raised.values() if raised.t <= event.t]
        received = before[-1] if before and event.fields["during"] == "receiving" else None
        figures = {
            "process": event.process,
            "pid": event.pid,
            "thread": event.thread,
            "helper": event.fields["helper"],
            "object": pool.name,
            "made": pool.at,
            "at": event.at,
            "error": error_words(event.fields),
            "function": received.fields["function"] if received else None,
            "raised": received.fields["type"] if received else None,
            "raised_at": received.at if received else None,
        }
        if received is not None:
            return EXCEPTION_NOT_UNPICKLED._replace(figures=figures)
        if event.fields["during"] == "receiving":
            return RESULT_NOT_UNPICKLED._replace(figures=figures)
        return ENDED.get(event.fields["helper"], ENDED["all"])._replace(figures=figures)


@dataclass(frozen=True)
class GoneThread(CauseOfWait):
    """A thread of a pool is not there any more: what has ended it is not known."""

    pool: Pool
    helper: str

    def finding(self, run: RunState) -> Finding:
        finding = GONE.get(self.helper, GONE["all"])
        return finding._replace(figures=figures_of(run, self.wait) | {"helper": self.helper})


GONE = {
    "results": Finding(
        "pool_thread_died",
        "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩, and the thread of {object} that hands out results "
        "has ended, most likely by an exception; no result comes any more",
        {},
        "look at what the program has printed to standard error: an exception of a callback, or one in unpickling a "
        "result, ends this thread",
        sentence="pool_thread_died.results_gone",
    ),
    "tasks": Finding(
        "pool_thread_died",
        "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩, and the thread of {object} that sends tasks has "
        "ended, most likely by an exception; no task is sent any more",
        {},
        "look at what the program has printed to standard error: an exception of error_callback= ends this thread",
        sentence="pool_thread_died.tasks_gone",
    ),
    "all": Finding(
        "pool_thread_died",
        "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩, and a thread by which {object} works has ended, "
        "most likely by an exception",
        {},
        "look at what the program has printed to standard error; and use result(timeout=…) or get(timeout=…)",
        sentence="pool_thread_died.gone",
    ),
}
"""The finding without its figures, by what the thread was there for."""


EXCEPTION_NOT_UNPICKLED = Finding(
    "pool_thread_died",
    "the thread of {object}⟨ (made at {made})⟩ that hands out results was ended by {error}: it could not unpickle the "
    "{raised} that {function} had raised⟨ at {raised_at}⟩; no result comes any more",
    {},
    "an exception is unpickled by a call of its class with its args: have {raised} hand all arguments of its __init__ "
    "on, by super().__init__(…)",
    sentence="pool_thread_died.exception",
)
RESULT_NOT_UNPICKLED = Finding(
    "pool_thread_died",
    "the thread of {object}⟨ (made at {made})⟩ that hands out results was ended⟨ at {at}⟩ by {error}: it could not "
    "unpickle what a task had returned; no result comes any more",
    {},
    "return what can be unpickled: pickle.loads(pickle.dumps(…)) tries it in one process",
    sentence="pool_thread_died.result",
)
ENDED = {
    "results": Finding(
        "pool_thread_died",
        "the thread of {object}⟨ (made at {made})⟩ that hands out results was ended⟨ at {at}⟩ by {error}; no result "
        "comes any more",
        {},
        "catch that exception where it is raised: callback= and error_callback= are called in this thread",
        sentence="pool_thread_died.results",
    ),
    "tasks": Finding(
        "pool_thread_died",
        "the thread of {object}⟨ (made at {made})⟩ that sends tasks was ended⟨ at {at}⟩ by {error}; no task is sent "
        "any more",
        {},
        "catch that exception where it is raised: error_callback= is called in this thread for a task that cannot be "
        "sent",
        sentence="pool_thread_died.tasks",
    ),
    "workers": Finding(
        "pool_thread_died",
        "the thread of {object}⟨ (made at {made})⟩ that starts workers was ended⟨ at {at}⟩ by {error}; no worker comes "
        "in the place of one that has ended",
        {},
        "start fewer processes at once, or use get(timeout=…)",
        sentence="pool_thread_died.workers",
    ),
    "all": Finding(
        "pool_thread_died",
        "the thread of {object}⟨ (made at {made})⟩ that sends tasks and hands out results was ended⟨ at {at}⟩ by "
        "{error}; no result comes any more",
        {},
        "use result(timeout=…), and make a new executor then",
        sentence="pool_thread_died.all",
    ),
}
"""The finding without its figures, by what the thread was there for."""


def dropped_errors(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """A callback raised a KeyError, which the thread of the Pool drops: the result never comes, the Pool never ends."""
    for wait in first_for_each(stuck):
        pool = run.pools.get(wait.object or 0)
        if pool is None or wait.kind not in FOR_POOL:
            continue
        by_job = pool.callbacks_raised
        first = next(iter(by_job.values()), None) if pool.terminated is None else None  # terminate() asks for none
        raised = first if wait.kind == "pool_join_waiting" else by_job.get(-1 if wait.job is None else wait.job)
        if raised is not None:
            yield CallbackRaised(wait, pool, raised)


@dataclass(frozen=True)
class CallbackRaised(CauseOfWait):
    """A callback of a result raised a KeyError."""

    pool: Pool
    raised: Event

    def finding(self, run: RunState) -> Finding:
        return Finding(
            "pool_callback_raised",
            "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩: {callback}, called with a result of it, raised "
            "{error}⟨ at {raised_at}⟩, and a Pool drops a KeyError there without a word; that result never comes, and "
            "join() of {object} never ends",
            figures_of(run, self.wait)
            | {
                "callback": self.raised.fields["function"],
                "error": error_words(self.raised.fields),
                "raised_at": self.raised.at,
            },
            "catch in {callback} what it raises, or call it in {process} with what get() returns",
        )


# They are not there ------------------------------------------------------------------------------------------


def in_forked_child(run: RunState, stuck: list[Wait]) -> Iterator[Cause]:
    """A pool is used in a process that was forked after it was made: the threads of its maker are not there."""
    for wait in first_for_each(stuck):
        pool = run.pools.get(wait.object or 0)
        if (
            pool is not None
            and wait.kind in FOR_POOL
            and wait.pid in pool.used_in
            and not _has_own(run, pool, wait.pid)
        ):
            yield UsedInChild(wait, pool)
    # It may not come as far as a wait for a result: `submit` takes a lock, which the forking thread holds at the fork.
    locked = {wait.pid: wait for wait in stuck if wait.kind in (AT_A_LOCK, FOR_A_THREAD) and wait.alone}
    for pool in run.pools.values():
        for pid, event in pool.used_in.items():
            if pid in locked and not _has_own(run, pool, pid):
                yield UsedInChild(replace(locked[pid], object=pool.identity, at=event.at), pool)
                break


def never_begun(run: RunState, outcome: Outcome) -> Iterator[Finding]:
    """The same, where the process did not wait for the result."""
    known = {finding.fields["figures"]["made"] for finding in run.findings("pool_in_child")}
    for pool in run.pools.values():
        for pid, event in pool.used_in.items():
            if pool.at not in known and not _has_own(run, pool, pid):
                yield Finding(
                    "pool_in_child",
                    "what {process} submitted⟨ at {at}⟩ to {object}⟨ (made at {made})⟩ was never begun: the threads by "
                    "which {object} works are in {maker} alone, which had made it before the fork",
                    _of_child(run, pool) | {"process": event.process, "pid": pid, "at": event.at},
                    "use {object} in {maker} alone, or make a pool in the process that needs it",
                    sentence="pool_in_child.never_begun",
                )


def _has_own(run: RunState, pool: Pool, pid: int) -> bool:
    """Whether workers of the pool were started by this process: an executor begins to work when it is first used."""
    return any(run.processes[worker].parent == pid for worker in pool.workers if worker in run.processes)


def _of_child(run: RunState, pool: Pool) -> Figures:
    return {"object": pool.name, "made": pool.at, "maker": run.process_name(pool.made_by)}


@dataclass(frozen=True)
class UsedInChild(CauseOfWait):
    """A forked process waits for a result of a pool that its parent had made."""

    pool: Pool

    def finding(self, run: RunState) -> Finding:
        return Finding(
            "pool_in_child",
            "{process} waits⟨ at {at}⟩ for {object}⟨ (made at {made})⟩: the threads by which {object} works are in "
            "{maker} alone, which had made it before the fork",
            figures_of(run, self.wait) | _of_child(run, self.pool),
            "use {object} in {maker} alone, or make a pool in the process that needs it",
        )
