"""A thread waits, and goes on: what all operations have in common."""

from collections.abc import Mapping
from typing import Any

from procsim.state.changes.change import Change
from procsim.state.operations import OPERATIONS, WAITS
from procsim.state.processes import SLEEP, Poll, Process, Wait, place_of
from procsim.state.run_state import RunState
from procsim.wire.events import KINDS, WAITING, Event
from procsim.wire.identities import MAIN_THREAD

_WITH_MORE = {kind for kind in WAITS if set(KINDS.get(kind, ())) > set(WAITING)}
"""The waits of which an event says more than of all others."""


def wait_began(run: RunState, event: Event) -> None:
    """The thread waits from now on."""
    kind, t, pid, name, thread, identity, at, fields = event  # at once, in half the time of one after the other
    process, get = run.processes[pid], fields.get
    timeout = get("seconds") if kind == SLEEP else get("timeout")
    seconds = timeout if timeout is None or isinstance(timeout, int | float) else 0.0  # no number: its call raises
    native_id, interruptible = get("native_id") or 0, bool(get("interruptible"))
    since, around = t, process.waits.get(thread)
    if around is not None and _is_within(around, kind, identity) and timeout is None:
        since = around.since
    # By position: by name takes 0.13 µs more.
    wait = Wait(kind, pid, name, since, at, identity, thread, seconds, native_id, interruptible)
    process.waits[thread] = wait
    if kind in _WITH_MORE:
        _add_its_own(wait, fields)
    if timeout is not None:
        if kind != SLEEP:
            keep_poll(process, event, _POLLED_AS.get(kind, kind))
        elif process.polls or process.looked is not None:
            _pause(process, event)
    process.keep_status(t, run.processes)


def _is_within(around: Wait, kind: str, identity: int | None) -> bool:
    """Whether a signal handler has interrupted this wait for a lock, and waits for the same lock: it is the same wait,
    however often the signal comes."""
    return around.kind == kind == "lock_waiting" and around.object == identity and around.timeout is None


def _add_its_own(wait: Wait, fields: Mapping[str, Any]) -> None:
    """What only some kinds of waits have."""
    child_name, method = fields.get("child_name"), fields.get("method")
    wait.child, wait.child_name = fields.get("child"), str(child_name) if child_name else ""
    wait.call = f"{fields.get('type')}.{method}" if method else ""
    wait.job, wait.importing, wait.helper = fields.get("job"), fields.get("importing"), fields.get("helper")


def keep_poll(process: Process, event: Event, kind: str) -> None:
    """The thread has waited for this with a time limit, or has asked for it; `kind`: that of such a wait."""
    poll, job = process.polls.get(event.thread), event.fields.get("job")
    if poll is not None and (poll.kind, poll.object, poll.at) == (kind, event.object, event.at):
        poll.last = event.t
        poll.times += 1
        poll.interruptible = poll.interruptible or bool(event.fields.get("interruptible"))
        if poll.job != job:
            poll.job = None
    else:
        process.polls[event.thread] = Poll(kind, event.object, event.at, event.t, event.t, job=job)
        process.polls[event.thread].interruptible = bool(event.fields.get("interruptible"))


def no_poll(process: Process, thread: str) -> None:
    """The thread does something else than to ask in vain."""
    if process.polls:
        process.polls.pop(thread, None)


def _pause(process: Process, event: Event) -> None:
    """The thread sleeps between two questions. Of equal answers only the first two are events: the same sleep, again
    and again, shows that it goes on to ask.
    """
    poll, looked = process.polls.get(event.thread), process.looked
    process.looked = None
    if looked is not None and looked.thread == event.thread and (poll is None or poll.kind == LOOKED_AT):
        keep_poll(process, looked, LOOKED_AT)
        poll = process.polls[event.thread]
    if poll is None or poll.kind not in _ASKED:
        return
    if poll.pause not in (None, event.at):
        del process.polls[event.thread]
        return
    poll.pause, poll.last = event.at, event.t
    poll.times += 1


def wait_ended(run: RunState, event: Event) -> Wait | None:
    """The thread goes on; its wait, if it was in one."""
    kind, t, pid, _, thread, _, _, _ = event
    process = run.processes[pid]
    wait = process.waits.pop(thread, None)
    if process.polls and kind not in REFUSED and not _is_in_vain(event):
        process.polls.pop(thread, None)
    if wait is not None:
        keep_wait(run, process, wait, t)
        process.keep_status(t, run.processes)
    return wait


def _is_in_vain(event: Event) -> bool:
    """Whether a wait has ended because its time was up, and its event is not that of a refusal."""
    kind, fields = event.kind, event.fields
    if kind == "pipe_polled":
        return not fields.get("ready")
    if kind == "event_awaited":
        return not fields.get("is_set")
    if kind == "manager_answered":  # it has only looked
        return event.object is not None
    return kind == "process_joined" and fields.get("exit_code") is None


def _own_thread_waiting(run: RunState, event: Event) -> None:
    """The thread waits for another one of its process; where it does so in a wait that is known, that one counts."""
    if event.thread not in run.processes[event.pid].waits:
        wait_began(run, event)


def _own_thread_awoke(run: RunState, event: Event) -> None:
    wait = run.processes[event.pid].waits.get(event.thread)
    if wait is not None and wait.kind == "own_thread_waiting":
        wait_ended(run, event)


def keep_wait(run: RunState, process: Process, wait: Wait, until: int) -> None:
    """A wait of this process ended at `until` ns. A sleep depends on no other process: it counts, and is not kept."""
    kind = wait.kind
    wait.until = until
    if kind != SLEEP:
        run.waits.append(wait)
    key = (kind, wait.object, wait.thread == MAIN_THREAD)
    waited = process.waited.get(key)
    if waited is None:
        waited = place_of(process.waited, key)
    waited.ns += until - wait.since
    waited.times += 1


def refused(run: RunState, event: Event) -> None:
    """The thread has given up, with or without waiting before."""
    wait, process = wait_ended(run, event), run.processes[event.pid]
    kind = _AT_ONCE.get(event.kind)
    poll = process.polls.get(event.thread)
    if wait is None and kind is not None:
        keep_poll(process, event, kind)
    elif poll is not None:
        poll.last = event.t
    run.refused.append(event)


LOOKED_AT = "value_read"
"""The kind of the polls of what is in memory, or in a manager."""

_ASKED = (
    "process_polled",
    "queue_get_waiting",
    "queue_asked",
    "queue_counted",
    "pool_result_waiting",
    "path_awaited",
    "event_waiting",
    LOOKED_AT,
)
"""The polls in which a thread may only ask, and sleep between: by `is_alive()`, by `empty()`, by `counter.value`."""

_POLLED_AS = {"pipe_poll_waiting": "pipe_receive_waiting"}
"""Waits with a time limit that count as another kind of wait: `poll(1)` asks for what `recv()` takes."""

_AT_ONCE = {"lock_refused": "lock_waiting", "queue_empty": "queue_get_waiting", "queue_full": "queue_put_waiting"}
"""By the event that refuses a call which does not wait: the wait that such calls, again and again, stand for."""

REFUSED = frozenset(each.refused.kind for each in OPERATIONS if each.refused is not None)

CHANGES: Mapping[str, Change] = {
    **{kind: wait_began for kind in WAITS if kind in KINDS},  # the others begin with `process_stuck`
    **{each.done.kind: wait_ended for each in OPERATIONS if each.done is not None and each.waiting is not None},
    "own_thread_waiting": _own_thread_waiting,
    "own_thread_awoke": _own_thread_awoke,
    **{each.refused.kind: refused for each in OPERATIONS if each.refused is not None},
}
"""Of all operations; in the files of the objects stands what else they change."""
