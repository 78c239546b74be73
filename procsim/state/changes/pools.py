"""Work is submitted to pools, their workers do it, and its results are asked for or not.

A job is what one call of `map`, `imap`, `apply_async` or `submit` asks for, or one chunk of an executor's `map`. It
consists of tasks; each is taken by one worker, and has one or several items of what was given to `map`. A `Call` is
kept for each line that submits jobs of one function: its results, its errors, and whether anybody has seen one of these
errors.
"""

from collections.abc import Mapping

from procsim.state.bounds import CALLS_KEPT
from procsim.state.changes.change import Change
from procsim.state.changes.waits import keep_poll, no_poll
from procsim.state.identities import pool_of
from procsim.state.objects import Call, Longest, Pool, PoolLook
from procsim.state.processes import Task
from procsim.state.run_state import RunState
from procsim.wire.events import Event


def _worker_began(run: RunState, event: Event) -> None:
    pool = pool_of(run, event)
    pool.workers.add(event.pid)
    run.processes[event.pid].pool = pool.identity


def _helper_began(run: RunState, event: Event) -> None:
    run.processes[event.pid].helpers[event.fields["native_id"]] = event.thread


RESULT = "pool_result_waiting"
"""The kind of the polls of a result."""


def _initializer_began(run: RunState, event: Event) -> None:
    run.processes[event.pid].initializing = event


def _initializer_ended(run: RunState, event: Event) -> None:
    run.processes[event.pid].initializing = None


def ended_in_initializer(pool: Pool, event: Event) -> None:
    """A worker has ended in the initializer: `raised` or `process_ended`."""
    pool.uninitialized_count += 1
    pool.uninitialized = [*pool.uninitialized[:1], event]


def _terminated(run: RunState, event: Event) -> None:
    pool = pool_of(run, event)
    pool.terminated = pool.terminated or event


def _used(run: RunState, event: Event) -> None:
    _keep(pool_of(run, event).used_in, event.pid, event)


def _submitted(run: RunState, event: Event) -> None:
    pool = pool_of(run, event)
    no_poll(run.processes[event.pid], event.thread)
    if event.pid != pool.made_by:
        _keep(pool.used_in, event.pid, event)
    call = _call_of(pool, str(event.fields.get("function", "")), event.at)
    if call is not None:
        call.results += 1
    tasks = event.fields["tasks"]
    if tasks is None:  # `imap` of a generator: nobody knows how many, so they are counted as they begin
        pool.uncounted.add(event.fields["job"])
    else:
        pool.submitted += tasks


def _task_began(run: RunState, event: Event) -> None:
    _, t, pid, _, _, identity, at, fields = event
    pool, job = run.pools.get(identity or 0) or pool_of(run, event), fields["job"]
    pool.last = t
    pool.taken += 1
    if job in pool.uncounted:
        pool.submitted += 1
    run.processes[pid].task = Task(pool.identity, pool.taken, job, fields["function"], fields["items"], t, at)
    if len(pool.begun) < CALLS_KEPT:
        pool.begun.add(fields["function"])


def _task_ended(run: RunState, event: Event) -> None:
    _, t, pid, name, _, identity, _, _ = event
    pool, process = run.pools.get(identity or 0) or pool_of(run, event), run.processes[pid]
    pool.last = t
    pool.done += 1
    task = process.task
    if task is not None:
        process.task = None
        ns = t - task.since
        process.busy += ns
        process.answered = t
        if ns > pool.longest_ns:
            pool.longest_ns, pool.longest = ns, Longest(ns, name, task.at, task.function, task.items)


def _task_unread(run: RunState, event: Event) -> None:
    _keep(pool_of(run, event).unread, event.pid, event)


def _task_raised(run: RunState, event: Event) -> None:
    _keep(pool_of(run, event).raised, event.fields["job"], event)


def _result_failed(run: RunState, event: Event) -> None:
    pool, fields = pool_of(run, event), event.fields
    call = _call_of(pool, fields["function"], fields["submitted"])
    raised = pool.raised.pop(fields["job"], None)
    if call is not None:
        call.errors += 1
        call.first_error = call.first_error or event
        call.raised = call.raised or raised
        call.seen = call.seen or fields["heard"]  # by an error callback, or where `imap` gives results one by one


def _asked(run: RunState, event: Event) -> None:
    poll = run.processes[event.pid].polls.get(event.thread)
    if poll is not None and (poll.kind, poll.object) == (RESULT, event.object):
        poll.last = event.t  # it waits at another line
    else:
        keep_poll(run.processes[event.pid], event, RESULT)


def _error_seen(run: RunState, event: Event) -> None:
    call = _call_of(pool_of(run, event), event.fields["function"], event.fields["submitted"])
    if call is not None:
        call.seen = True


def _callback_raised(run: RunState, event: Event) -> None:
    _keep(pool_of(run, event).callbacks_raised, event.fields["job"], event)


def _dropped(run: RunState, event: Event) -> None:
    """The program has ended the pool while results were outstanding."""
    pool = pool_of(run, event)
    pool.dropped = pool.dropped or event


def _call_of(pool: Pool, function: str, at: str | None) -> Call | None:
    """What is known of the jobs that this line submits; None if it is one too many to be kept."""
    if len(pool.calls) < CALLS_KEPT:
        return pool.calls.setdefault((function, at), Call())
    return pool.calls.get((function, at))


def _seen(run: RunState, event: Event) -> None:
    pool, fields = pool_of(run, event), event.fields
    pool.seen = PoolLook(
        fields["open"],
        tuple(map(str, fields["gone"])),
        fields["reader_is_gone"],
        fields["writer_is_gone"],
        fields["worker_is_gone"],
        fields["not_sent"],
        tuple(map(str, fields["failed"])),
    )
    pool.submitted = fields["open"]


def _keep(events: dict[int, Event], key: int, event: Event) -> None:
    """Keep the first event of this key, unless as many as are kept are there already."""
    if len(events) < CALLS_KEPT:
        events.setdefault(key, event)


CHANGES: Mapping[str, Change] = {
    "pool_created": pool_of,
    "pool_worker_began": _worker_began,
    "helper_began": _helper_began,
    "pool_initializer_began": _initializer_began,
    "pool_initializer_ended": _initializer_ended,
    "pool_terminated": _terminated,
    "pool_used": _used,
    "pool_submitted": _submitted,
    "pool_task_began": _task_began,
    "pool_task_unread": _task_unread,
    "pool_task_raised": _task_raised,
    "pool_task_ended": _task_ended,
    "pool_job_failed": _result_failed,
    "pool_result_asked": _asked,
    "pool_error_seen": _error_seen,
    "pool_callback_raised": _callback_raised,
    "pool_dropped": _dropped,
    "pool_seen": _seen,
}
