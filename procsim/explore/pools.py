"""The pools of one execution: which tasks wait, which results have come, and what it touches to take one. Pure.

    pool_submitted ──► tasks ──► pool_task_began (a worker) ──► pool_task_ended ──► results ──► pool_result_got

The helper threads of a pool carry tasks and results from one pipe to the other, and never pass the gate: what they do
follows from these steps. A worker that finds the pool closed, and all results there, takes the notice that it may end.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from procsim.explore.names import Names
from procsim.explore.schedule import ARRIVE, GET, LOOK, PASS, PUT, WRITE, Operation, Touch

ORDERED, UNORDERED = "ordered", "unordered"
"""How the results of a job are taken, where they are taken one by one."""


@dataclass
class _Job:
    tasks: int = 0
    how: str = ""
    calls_back: bool = False
    come: set[int] = field(default_factory=set)


@dataclass
class _Pool:
    waiting: int = 0
    """Tasks that no worker has taken."""
    running: int = 0
    """Tasks whose results have not come, those that wait, too."""
    is_closed: bool = False
    is_terminated: bool = False
    jobs: dict[int, _Job] = field(default_factory=dict)

    @property
    def is_done(self) -> bool:
        return self.is_closed and not self.running


class Pools:
    """What is known of them, by their names."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._pools: dict[str, _Pool] = {}
        self._needed: dict[str, tuple[_Pool, int | None, int | None]] = {}
        """Of each object that is waited for: the pool, the job (None: all of it), and which result (None: all)."""

    def learn(self, name: str) -> None:
        """The program has made this one."""
        pool = self._pools[name] = _Pool()
        self._needed[f"results of {name}"] = pool, None, None

    def touches(self, call: Any) -> Iterator[Touch]:
        """What a `Call` about a pool touches."""
        name = self._names.of(call.identity)
        pool, kind = self._pools.setdefault(name, _Pool()), call.kind
        if kind == "pool_submitted":
            yield Touch(f"tasks of {name}", PUT)
        elif kind == "pool_closed":
            yield Touch(f"tasks of {name}", PUT)
            yield Touch(f"results of {name}", ARRIVE)
        elif kind == "pool_terminated":
            yield Touch(f"tasks of {name}", WRITE)
            yield Touch(f"results of {name}", WRITE)
        elif kind == "pool_joined":
            yield Touch(f"results of {name}", PASS)
        elif kind == "pool_task_began":
            yield Touch(f"tasks of {name}", GET)
        elif kind == "pool_task_ended":
            number, index, succeeded = call.more
            job = pool.jobs.get(number, _Job())
            mode = ARRIVE if succeeded and job.how != UNORDERED else "come in order"
            yield Touch(f"results of {name}", ARRIVE)
            yield Touch(self._job(name, number), mode)
            if job.how == ORDERED:
                yield Touch(self._job(name, number, index), ARRIVE)
            if job.calls_back:
                yield Touch(f"callbacks of {name}", WRITE)
        else:  # to get a result, or to ask whether it is there
            number, index = call.more
            how = pool.jobs.get(number, _Job()).how
            yield Touch(self._job(name, number, index if how == ORDERED else None, index), PASS)

    def _job(self, pool: str, number: int, index: int | None = None, least: int | None = None) -> str:
        """The name of a job, or of one of its results; `least`: of so many of them, and one more."""
        name = f"job {number} of {pool}" if index is None else f"job {number} of {pool} [{index}]"
        self._needed[name] = self._pools[pool], number, index if index is not None else least
        return name

    def seen(self, operation: Operation) -> Operation:
        """What a worker touches that takes a task: another thing where it finds that there will be none."""
        name = operation.object
        pool = self._pools.get(name)
        if operation.kind != "pool_task_began" or pool is None or pool.waiting:
            return operation
        rest = [touch for touch in operation.touches if touch.mode != GET]
        return operation._replace(touches=(Touch(f"tasks of {name}", LOOK), Touch(f"results of {name}", PASS), *rest))

    def kinds_of(self, name: str) -> tuple[str, ...]:
        """The modes that may block, of an object."""
        if name in self._needed:
            return (PASS,)
        return (GET, LOOK) if self._of_tasks(name) is not None else ()

    def _of_tasks(self, name: str) -> _Pool | None:
        return self._pools.get(name[9:]) if name.startswith("tasks of ") else None

    def blocks(self, touch: Touch) -> bool | None:
        """Whether it would have to wait now; None: it is about no pool."""
        name, mode = touch
        tasks = self._of_tasks(name)
        if tasks is not None and mode in (GET, LOOK):
            return tasks.is_terminated or not (tasks.waiting or tasks.is_done)
        if name not in self._needed or mode != PASS:
            return None if tasks is None and name not in self._needed else False
        pool, number, index = self._needed[name]
        if number is None:
            return not (pool.is_done or pool.is_terminated)
        job = pool.jobs.get(number)
        if job is None or index is None:
            return job is not None and len(job.come) < job.tasks
        return index not in job.come if job.how == ORDERED else len(job.come) <= index

    def take(self, call: Any) -> None:
        """This is done now."""
        pool = self._pools.setdefault(self._names.of(call.identity), _Pool())
        if call.kind == "pool_submitted":
            number, tasks, how, calls_back = call.more
            pool.jobs[number] = _Job(tasks, how, calls_back)
            pool.waiting += tasks
            pool.running += tasks
        elif call.kind == "pool_task_began":
            pool.waiting = max(0, pool.waiting - 1)
        elif call.kind == "pool_task_ended":
            number, index, _succeeded = call.more
            pool.running -= 1
            pool.jobs.setdefault(number, _Job()).come.add(index)
        elif call.kind == "pool_closed":
            pool.is_closed = True
        elif call.kind == "pool_terminated":
            pool.is_terminated = True
