"""From which task of a pool an exception has come that ended the process which asked for its result.

Where that exception began, in which function and line of a worker, only the worker has seen.
"""

from procsim.findings.base import Finding, error_words, standing
from procsim.findings.causes import Figures
from procsim.state.objects import Call, Pool
from procsim.state.processes import SLEEP, Wait
from procsim.state.run_state import RunState
from procsim.wire.events import Event


def task_that_raised(run: RunState, event: Event) -> Figures:
    """The function and the line where the exception of this `raised` began, in a worker; none: it was in no task.

    `nested`: whether the task was to start a process, which a worker of a Pool must not.
    """
    for _, call in _asked_by(run, event.pid):
        first, raised = call.first_error, call.raised
        if first is None or raised is None or not call.seen or not _type(first) == _type(raised) == _type(event):
            continue
        if raised.fields["text"] in ("", event.fields["text"]):
            return {
                "function": raised.fields["function"],
                "raised_at": raised.at,
                "nested": raised.fields["during"] == "nesting",
            }
    return {}


def not_answered(run: RunState, event: Event, figures: Figures) -> Finding | None:
    """The exception of a task could not be sent back, or not be unpickled where it came."""
    for pool, call in _asked_by(run, event.pid):
        first, raised = call.first_error, call.raised
        if first is None or raised is None or first.fields["during"] != event.fields["during"]:
            continue
        figures = figures | {
            "object": pool.name,
            "made": pool.at,
            "function": raised.fields["function"],
            "raised": raised.fields["type"],
            "task_error": error_words(raised.fields),
            "raised_at": raised.at,
        }
        template = NOT_PICKLED if event.fields["during"] == "answering" else NOT_UNPICKLED
        return template._replace(figures=figures)
    return None


NOT_PICKLED = Finding(
    "raised",
    "{process} ended⟨ at {at}⟩ by {type}: what {function} raised⟨ at {raised_at}⟩ in a task of {object}⟨ (made at "
    "{made})⟩ cannot be pickled: {task_error}",
    {},
    "keep in an exception only what can be pickled, or raise another one in the task, with its text",
    sentence="raised.not_pickled",
)
NOT_UNPICKLED = Finding(
    "raised",
    "{process} ended⟨ at {at}⟩ by {type}: what {function} raised⟨ at {raised_at}⟩ in a task of {object}⟨ (made at "
    "{made})⟩ could not be unpickled: {task_error}",
    {},
    "an exception is unpickled by a call of its class with its args: have {raised} hand all arguments of its "
    "__init__ on, by super().__init__(…)",
    sentence="raised.not_unpickled",
)
"""The finding without its figures."""


def standing_in_tasks(run: RunState, pid: int, kind: str) -> Figures:
    """Where the workers of this process's pools stood in their tasks, if an error of this type is a time limit's."""
    if not kind.endswith("TimeoutError"):
        return {}
    waits = [wait for pool in run.pools.values() if pool.made_by == pid for wait in _in_tasks(run, pool)]
    return {"standing": [standing(run, wait) for wait in waits]} if waits else {}


def _in_tasks(run: RunState, pool: Pool) -> list[Wait]:
    workers = [run.processes[worker] for worker in pool.workers if worker in run.processes]
    return [
        wait
        for worker in workers
        if worker.task is not None
        for wait in worker.waits.values()
        if wait.timeout is None and wait.kind != SLEEP
    ]


def _asked_by(run: RunState, pid: int) -> list[tuple[Pool, Call]]:
    """The calls that this process has submitted to pools of its own, the last one first."""
    pools = [pool for pool in run.pools.values() if pool.made_by == pid]
    return [(pool, call) for pool in reversed(pools) for call in reversed(pool.calls.values())]


def _type(event: Event) -> str:
    return str(event.fields["type"])
