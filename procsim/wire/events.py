"""The vocabulary: every kind of event, its fields, and its two forms, on the wire and as JSON.

An event is a fact in the past tense: who (process, thread), when, what kind, on which object, at which
line. It holds no words and no colours for a screen; those belong to the views.

On the wire an event is a `marshal`led tuple, made by `procsim.tracer.emit` and read by `from_wire`; on disk
and in `--view json` it is one JSON object a line, made by `to_json` and read by `from_json`.

An operation that may wait has up to three kinds: that it waits, that it was done, and that it was not.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from procsim.wire.identities import MAIN_THREAD, as_text, from_text

SCHEMA_VERSION = 1
"""Raised by one whenever a reader of the old lines would misread the new ones."""

WAITING = ("timeout", "native_id", "interruptible")
"""The fields of every wait: after how many seconds it gives up (None: never), the system's number of the thread, and
whether the program has a handler of its own for Ctrl-C."""

KINDS: dict[str, tuple[str, ...]] = {
    # Processes. `child` is a PID, `child_name` the name of that process.
    "process_created": ("child_name", "daemon"),
    "process_started": ("child", "child_name", "daemon", "method"),
    "process_began": ("parent", "daemon"),
    "process_returned": (),  # its own code is done; its exit handlers run now
    # Emitted by the parent or by procsim, whichever notices; `pid` is that of the process that ended. None: not known.
    "process_ended": ("exit_code",),
    "process_join_waiting": ("child", "child_name", *WAITING),
    "process_joined": ("child", "child_name", "exit_code"),
    "process_terminated": ("child", "child_name"),
    "process_killed": ("child", "child_name"),
    "process_without_target": ("child_name", "made"),  # started, with nothing to run; `made`: where
    "process_untraced": ("reason",),  # of a Python process: the option that keeps the tracer out, or "environment"
    "process_detached": (),  # by procsim: it goes on after main, in a session of its own, and was left alone
    "process_exit_code_seen": ("child", "child_name", "exit_code"),  # the program looked at one that is not 0
    # Lock, RLock, Semaphore, BoundedSemaphore, and the locks of a Condition, a Value or an Array.
    "lock_created": ("name", "type", "value"),
    "lock_waiting": WAITING,
    # `entered`: by `with`, so this thread will release it. One acquired by a call may be released by another process.
    "lock_acquired": ("entered",),
    "lock_refused": ("took",),
    "lock_released": (),
    # Queue, JoinableQueue, SimpleQueue. `value` is a short form of the item; maxsize 0: without a limit; `pipe` is the
    # inode of the pipe inside.
    "queue_created": ("name", "type", "maxsize", "pipe"),
    "queue_put_waiting": ("value", *WAITING),
    "queue_put": ("value",),
    "queue_full": ("took",),
    "queue_get_waiting": WAITING,
    "queue_got": ("value",),
    "queue_empty": ("took",),
    "queue_task_done": (),
    "queue_task_done_refused": (),  # one too many
    "queue_join_waiting": WAITING,
    "queue_joined": (),
    "queue_flush_waiting": WAITING,
    "queue_flushed": (),
    "condition_waiting": WAITING,
    "condition_awoke": ("notified",),
    "condition_notified": ("count",),  # None: all
    "event_created": ("name", "type"),
    "event_set": (),
    "event_cleared": (),
    "event_waiting": WAITING,
    "event_awaited": ("is_set",),
    "barrier_created": ("name", "type", "parties"),
    "barrier_waiting": WAITING,
    "barrier_passed": ("position",),
    "barrier_broken": (),
    # One end of a pipe is one object.
    "pipe_created": ("name", "type", "other"),
    "pipe_sent": ("value",),
    "pipe_receive_waiting": WAITING,
    "pipe_received": ("value",),
    "pipe_ended": (),
    "manager_began": ("public",),  # this process is a manager's server; public: also for clients from elsewhere
    "manager_called": ("type", "method", *WAITING),
    "manager_answered": ("type", "method", "took"),
    # Pool and ProcessPoolExecutor. A call that submits work makes a `job` of one or more tasks; a task is what a worker
    # takes at once, and calls `function` for one or more items. `tasks` is None if their number is not known
    # beforehand.
    "pool_created": ("name", "type", "workers"),
    "pool_worker_began": (),
    "pool_submitted": ("job", "function", "tasks"),
    "pool_task_began": ("job", "task", "items", "function"),
    "pool_task_ended": ("job", "task", "items", "function"),  # its result, or its exception, is sent now
    "pool_result_waiting": ("job", *WAITING),  # job None: several
    "pool_result_got": ("job",),  # after a wait: it is there, or an iteration has come to its end
    "pool_result_missed": ("job", "took"),
    "pool_join_waiting": WAITING,
    "pool_joined": (),
    # A signal handler of the program has raised in a wait for this object that cannot be said to be refused.
    "wait_left": (),
    # `object` is the file itself, under whatever path; None if it is no regular file. `offset` is in bytes.
    "file_opened": ("path", "mode"),
    "file_read": ("path", "value", "size", "offset"),
    "file_written": ("path", "value", "size", "offset"),
    "file_closed": ("path",),
    "sleep_began": ("seconds",),
    "sleep_ended": (),
    # The closed gate. `operation` is the kind of the event that comes next; `ready` whether it could be done at once,
    # None: it always can; `subject` what it is about, if that is no object; `native_id` the system's number of the
    # thread. `gate_reached` comes again when `ready` has changed; `gate_left` when a signal handler has raised there.
    "gate_reached": ("operation", "ready", "subject", "native_id"),
    "gate_passed": ("operation",),
    "gate_left": (),
    # By the program itself. `scenario_began`: its `start` was called; `said`, `noted`: `procsim.say`, `procsim.note`.
    "scenario_began": (),
    "printed": ("text", "stream"),
    "said": ("text", "fields"),
    "noted": ("name", "value"),
    # An exception ended the process, or one thread of it. `during`: what was being done ("sending", "receiving",
    # "starting", "task_done", "not_started", "importing"; None: something else); `subject`: the name of the process or
    # module that it is about; `made`: where that process was made.
    "raised": ("type", "text", "during", "subject", "made"),
    "thread_raised": ("type", "text", "during", "subject", "made"),
    # By procsim itself.
    # This thread will never go on. `wait`: the kind of its wait; `open_in`: who has the other end of its pipe.
    "process_stuck": ("wait", "open_in", "in_message"),
    # People were asked what will come, before the step of this thread at the gate; `lesson`: the id of the lesson.
    "prediction_asked": ("lesson", "ask", "answers"),
    "prediction_made": ("answer",),  # its number, from 1 on; 0: the run went on without one
    "finding": ("id", "sentence", "text", "template", "figures", "cure", "cure_sentence", "cure_template"),
    "verdict": ("scenario", "claims", "findings"),
}
"""Every kind of event and the names of its own fields. `took` is in ns."""

_COMMON = ("t", "pid", "process", "thread", "kind", "object", "at")


class Event(NamedTuple):
    """One fact about one moment of a run."""

    kind: str
    t: int
    """ns since the run started (on the wire: of the system's monotonic clock)."""
    pid: int
    """The process that did it; 0 if that is not known."""
    process: str
    thread: str
    object: int | None = None
    """The identity of the lock, queue … it happened to; its name stands in the `…_created` event."""
    at: str | None = None
    """The place in the code, such as "tickets.py:41"."""
    fields: Mapping[str, Any] = {}


class Named(NamedTuple):
    """The name of an object for people: the variable it was first assigned to, and its type."""

    name: str
    type: str


def from_wire(values: tuple[Any, ...], start: int) -> Event:
    """The event that a traced process has emitted, as a tuple of eight. Its time is counted from `start` (both in ns of
    the system's monotonic clock). Its fields are those that `json_item` has left.
    """
    t, kind, pid, process, thread, identity, at, fields = values
    # In half the time of `Event(...)`.
    return Event._make((kind, t - start, pid, process, thread, identity, at, fields or {}))


def to_json(event: Event, names: Mapping[int, Named]) -> dict[str, Any]:
    """The event as one JSON object; `names` has the name of each object."""
    line: dict[str, Any] = {"t": event.t, "pid": event.pid, "process": event.process}
    if event.thread != MAIN_THREAD:
        line["thread"] = event.thread
    line["kind"] = event.kind
    if event.object is not None:
        named = names.get(event.object)
        line["object"] = {"id": as_text(event.object)}
        if named:
            line["object"] |= {"name": named.name, "type": named.type}
    if event.at:
        line["at"] = event.at
    line.update(event.fields)
    return line


def from_json(line: Mapping[str, Any]) -> Event:
    """The event that `to_json` wrote.

    Raises `KeyError`, `TypeError` or `ValueError` if `to_json` could not have written the line.
    """
    identity = line.get("object")
    event = Event(
        kind=line["kind"],
        t=line["t"],
        pid=line["pid"],
        process=line["process"],
        thread=line.get("thread", MAIN_THREAD),
        object=from_text(identity["id"]) if identity else None,
        at=line.get("at"),
        fields={name: value for name, value in line.items() if name not in _COMMON},
    )
    if not (isinstance(event.kind, str) and isinstance(event.t, int) and isinstance(event.pid, int)):
        raise TypeError("not an event")
    return event
