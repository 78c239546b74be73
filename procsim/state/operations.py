"""The operations of a traced program: one row for each, with the events it begins and ends with, and their words.

    OPERATIONS ──► state: which events begin and end a wait (`changes/waits.py`)
               ──► views: what is written of an event, a wait, and a thread at the gate (`views/text/words.py`)

The words are messages, which views translate; `python -m tests.catalogue` finds them in these calls. They may have
places for the fields of the event, for {object}, the name of the object, and for {subject}: the name of a process that
is joined, or what a thread at the gate is about to write, read, call …
"""

from collections.abc import Mapping
from typing import NamedTuple

from procsim.state.processes import SLEEP
from procsim.wire.events import KINDS


class Moment(NamedTuple):
    """One event of an operation."""

    kind: str
    words: str = ""
    """Empty: nothing is written of it."""
    narrated: bool = True
    """Whether it is written when it happens. Else its words are only used while it lasts."""


class Operation(NamedTuple):
    """What a thread does to an object or a process."""

    next: str
    """What a thread at the gate is about to do; empty: it does not stop there, since this is no step (`control`)."""
    waiting: Moment | None = None
    """It cannot be done at once, and the thread waits."""
    done: Moment | None = None
    """None: the tracer does not see it; only the system shows that the thread waits."""
    refused: Moment | None = None
    """It ended without being done: its time was up, it was not to wait, or it can never be done any more."""


OPERATIONS = (
    # Processes
    Operation(
        "start {subject}",
        waiting=Moment("process_start_waiting", "waits for {subject} to read its arguments", narrated=False),
        done=Moment("process_started", "has started {child_name} (PID {child})"),
    ),
    Operation(
        "wait for {subject} to end",
        waiting=Moment("process_join_waiting", "waits for {subject} to end"),
        done=Moment("process_joined"),
    ),
    Operation("", done=Moment("process_terminated", "terminated {child_name}")),
    Operation("", done=Moment("process_killed", "killed {child_name}")),
    Operation(
        "sleep {subject} s",
        waiting=Moment(SLEEP, "asleep", narrated=False),
        done=Moment("sleep_ended"),
    ),
    # Locks and semaphores
    Operation(
        "acquire {object}",
        waiting=Moment("lock_waiting", "waits for {object}"),
        done=Moment("lock_acquired", "acquired {object}"),
        refused=Moment("lock_refused", "did not get {object}"),
    ),
    Operation("release {object}", done=Moment("lock_released", "released {object}")),
    # Conditions, events, barriers
    Operation(
        "wait for a notice on {object}",
        waiting=Moment("condition_waiting", "waits for a notice on {object}"),
        done=Moment("condition_awoke", "woke up on {object}"),
    ),
    Operation("notify {object}", done=Moment("condition_notified", "notified {object}")),
    Operation(
        "",
        waiting=Moment("condition_notify_waiting", "waits for those to wake up that wait for {object}", narrated=False),
        done=Moment("condition_notify_done"),
    ),
    Operation("set the event {object}", done=Moment("event_set", "set {object}")),
    Operation("clear {object}", done=Moment("event_cleared", "cleared {object}")),
    Operation(
        "wait for {object} to be set",
        waiting=Moment("event_waiting", "waits for {object} to be set"),
        done=Moment("event_awaited", "{object} is set: {is_set}"),  # also when its time was up, and it is not set
    ),
    Operation(
        "wait at the barrier {object}",
        waiting=Moment("barrier_waiting", "waits at the barrier {object}"),
        done=Moment("barrier_passed", "passed the barrier {object}"),
        refused=Moment("barrier_broken", "the barrier {object} is broken"),
    ),
    # Queues
    Operation(
        "put {subject} into {object}",
        waiting=Moment("queue_put_waiting", "waits: {object} is full"),
        done=Moment("queue_put", "put {value} into {object}"),
        refused=Moment("queue_full", "{object} was full, after {took}"),
    ),
    Operation(
        "take from {object}",
        waiting=Moment("queue_get_waiting", "waits: {object} is empty"),
        done=Moment("queue_got", "took {value} from {object}"),
        refused=Moment("queue_empty", "{object} was empty, after {took}"),
    ),
    Operation(
        "report a task of {object} done",
        done=Moment("queue_task_done", "reported a task of {object} done"),
        refused=Moment("queue_task_done_refused"),
    ),
    Operation(
        "wait for the tasks of {object}",
        waiting=Moment("queue_join_waiting", "waits for the tasks of {object}"),
        done=Moment("queue_joined", "all tasks of {object} are done"),
    ),
    Operation(
        "",
        waiting=Moment("queue_flush_waiting", "waits until {object} is read", narrated=False),
        done=Moment("queue_flushed"),
    ),
    # Pipes
    Operation(
        "send through {object}",
        waiting=Moment("pipe_send_waiting", "waits: the pipe of {object} is full"),
        done=Moment("pipe_sent", "sent {value} through {object}"),
    ),
    Operation(
        "receive from {object}",
        waiting=Moment("pipe_receive_waiting", "waits for a message on {object}"),
        done=Moment("pipe_received", "received {value} from {object}"),
        refused=Moment("pipe_ended", "nobody is left to send to {object}"),
    ),
    Operation(
        "",
        waiting=Moment("pipe_poll_waiting", "waits for a message on {object}", narrated=False),
        done=Moment("pipe_polled"),  # also when its time was up
    ),
    # Pools
    Operation("", done=Moment("pool_submitted", "submitted {function} to {object}")),
    Operation("", done=Moment("pool_task_began", "took a task of {object}: {function}")),
    Operation("", done=Moment("pool_task_raised", "raised {error} in a task of {object}: {function}")),
    Operation("", done=Moment("pool_task_ended", "answered a task of {object}: {function}")),
    Operation(
        "",
        waiting=Moment("pool_result_waiting", "waits for a result of {object}"),
        done=Moment("pool_result_got", "got a result of {object}"),
        refused=Moment("pool_result_missed", "got no result of {object}, after {took}"),
    ),
    Operation(
        "",
        waiting=Moment("pool_join_waiting", "waits for the workers of {object} to end"),
        done=Moment("pool_joined"),
    ),
    # Managers
    Operation(
        "call {subject}",
        waiting=Moment("manager_called", "waits for the manager", narrated=False),
        done=Moment("manager_answered", "the manager answered {type}.{method} after {took}"),
    ),
    # Files
    Operation("read {subject}", done=Moment("file_read", "read {value} from {path}")),
    Operation("write to {subject}", done=Moment("file_written", "wrote {value} to {path}")),
    # Values, arrays, entries in managers
    Operation("read {object}{subject}", done=Moment("value_read", "read {value} from {object}")),
    Operation("write to {object}{subject}", done=Moment("value_written", "wrote {value} to {object}")),
    Operation("write to {object}{subject}", done=Moment("value_set", "wrote {value} to {object}")),
    # Threads
    Operation(
        "",
        waiting=Moment("own_thread_waiting", "waits for a thread of its own", narrated=False),
        done=Moment("own_thread_awoke"),
    ),
    # What only the system shows
    Operation("", waiting=Moment("system_read_waiting", "waits to read from a pipe")),
    Operation("", waiting=Moment("system_write_waiting", "waits to write to a pipe")),
    Operation("", waiting=Moment("system_receive_waiting", "waits to receive from a socket")),
    Operation("", waiting=Moment("system_send_waiting", "waits to send through a socket")),
    Operation("", waiting=Moment("system_poll_waiting", "waits for one of several pipes")),
    Operation("", waiting=Moment("system_child_waiting", "waits for a child process to end")),
    Operation("", waiting=Moment("system_inner_waiting", "waits for a thread of its own")),
    Operation("", waiting=Moment("system_shared_waiting", "waits for a semaphore")),
    Operation("", waiting=Moment("system_task_waiting", "waits for a task of {object}")),
)

BY_DONE: Mapping[str, Operation] = {each.done.kind: each for each in OPERATIONS if each.done is not None}
"""The operations by the kind of the event that says that they were done."""

WAITS: Mapping[str, Moment] = {each.waiting.kind: each.waiting for each in OPERATIONS if each.waiting is not None}
"""The waits by the kind of the event they begin with."""

MOMENTS: Mapping[str, Moment] = {
    moment.kind: moment for each in OPERATIONS for moment in (each.waiting, each.done, each.refused) if moment
}
"""All events of operations by their kinds."""

NARRATED: Mapping[str, str] = {
    kind: moment.words for kind, moment in MOMENTS.items() if kind in KINDS and moment.words and moment.narrated
}
"""The words of those that are written when they happen."""
