"""The vocabulary: every kind of event, its fields, and its two forms, on the wire and as JSON.

An event is a fact in the past tense: who (process, thread), when, what kind, on which object, at which
line. It holds no words and no colours for a screen; those belong to the views.

On the wire an event is a `marshal`led tuple, made by `procsim.tracer.emit` and read by `from_wire`; on disk
and in `--view json` it is one JSON object a line, made by `to_json` and read by `from_json`. The tracer
imports this module inside the traced program, so it needs the standard library alone.
"""

from collections.abc import Mapping
from math import isfinite
from typing import Any, NamedTuple

from procsim.wire.identities import MAIN_THREAD, as_text, from_text

SCHEMA_VERSION = 1
"""Raised by one whenever a reader of the old lines would misread the new ones."""

WAITING = ("timeout", "native_id", "interruptible")
"""What every wait tells: after how many seconds it gives up (None: never), the system's number of the thread, and
whether the program has a handler of its own for Ctrl-C."""

KINDS: dict[str, tuple[str, ...]] = {
    # Processes. `child` is a PID, `child_name` the name of that process.
    "process_created": ("child_name", "daemon"),
    "process_started": ("child", "child_name", "daemon", "method"),
    "process_began": ("parent", "daemon"),
    "process_returned": (),  # its own code is done; its exit handlers run now
    "process_ended": ("exit_code",),  # said of the process that ended, by whoever noticed; None: not known
    "process_join_waiting": ("child", "child_name", *WAITING),
    "process_joined": ("child", "child_name", "exit_code"),
    "process_terminated": ("child", "child_name"),
    "process_killed": ("child", "child_name"),
    "process_without_target": ("child_name", "made"),  # started, with nothing to run; `made`: where
    "process_untraced": ("reason",),  # said of a Python process: the option that keeps the tracer out, or "environment"
    "process_detached": (),  # said by procsim of what goes on after main, in a session of its own: it was left alone
    "process_exit_code_seen": ("child", "child_name", "exit_code"),  # the program looked at one that is not 0
    # Lock, RLock, Semaphore, BoundedSemaphore, and the locks of a Condition, a Value or an Array.
    "lock_created": ("name", "type", "value"),
    "lock_waiting": WAITING,
    "lock_acquired": ("entered",),  # by `with`, so that this thread will also release it
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
    # takes at once, and calls `function` for one or more items. `tasks` is None where nobody can tell beforehand.
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
    # `object` is the file itself, however it is called; None where it is no regular file. `offset` is in bytes.
    "file_opened": ("path", "mode"),
    "file_read": ("path", "value", "size", "offset"),
    "file_written": ("path", "value", "size", "offset"),
    "file_closed": ("path",),
    "sleep_began": ("seconds",),
    "sleep_ended": (),
    # The closed gate. `operation` is the kind of the event that will tell of what comes next; `ready` whether it could
    # be done at once, None: it always can; `subject` what it is about, where that is no object; `native_id` the
    # system's number of the thread. Said again where `ready` has changed. It is left where a signal handler raises.
    "gate_reached": ("operation", "ready", "subject", "native_id"),
    "gate_passed": ("operation",),
    "gate_left": (),
    # What the program tells. `scenario_began`: its `start` was called.
    "scenario_began": (),
    "printed": ("text", "stream"),
    "said": ("text", "fields"),
    "noted": ("name", "value"),
    # An exception ended the process, or one thread of it. `during`: what was being done ("sending", "receiving",
    # "starting", "task_done", "not_started", "importing"; None: something else); `subject`: the name of the process or
    # module that it is about; `made`: where that process was made.
    "raised": ("type", "text", "during", "subject", "made"),
    "thread_raised": ("type", "text", "during", "subject", "made"),
    # Said by procsim itself.
    # This thread will never go on. `wait`: the kind of its wait; `open_in`: who has the other end of its pipe.
    "process_stuck": ("wait", "open_in", "in_message"),
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
    """The process that did it; 0 where nobody can tell."""
    process: str
    thread: str
    object: int | None = None
    """The identity of the lock, queue … it happened to; its name stands in the `…_created` event."""
    at: str | None = None
    """The place in the code, such as "tickets.py:41"."""
    fields: Mapping[str, Any] = {}


class Named(NamedTuple):
    """How people call an object: the variable it was first assigned to, and its type."""

    name: str
    type: str


NUMBER_LIMIT = 1 << 63
"""An int below it, and not below its negative, is said as it is."""

DEPTH_LIMIT = 16
ITEMS_LIMIT = 10_000
"""Collections within collections, and items of one, that are said."""

_AS_THEY_ARE = frozenset({str, bool, type(None)})


def sayable(value: Any, depth: int = DEPTH_LIMIT) -> Any:
    """The value as JSON can say it; where JSON has nothing for it, its type: "<complex>", "<set>", "<nan>".

    A program may give any value to what we watch (a timeout of `...`), and `marshal` carries most of them.
    """
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int.__int__(value) if -NUMBER_LIMIT <= value < NUMBER_LIMIT else f"<int of {value.bit_length()} bits>"
    if isinstance(value, float):
        return float.__float__(value) if isfinite(value) else f"<{float.__repr__(value)}>"
    if depth and isinstance(value, dict):
        some = list(value.items())[:ITEMS_LIMIT]
        return {str(sayable(name, 0)): sayable(inner, depth - 1) for name, inner in some}
    if depth and isinstance(value, list | tuple):
        said = [sayable(inner, depth - 1) for inner in value[:ITEMS_LIMIT]]
        return [*said, "…"] if len(value) > ITEMS_LIMIT else said
    return f"<{kind.__name__}>"


def from_wire(values: tuple[Any, ...], start: int) -> Event:
    """The event that a traced process put, with its time (monotonic ns) counted from `start`.

    Its fields are `sayable`, so that neither state nor views nor recordings meet anything else.
    """
    t, kind, pid, process, thread, identity, at, fields = values
    for value in fields.values() if fields else ():
        if type(value) not in _AS_THEY_ARE and not (type(value) is int and -NUMBER_LIMIT <= value < NUMBER_LIMIT):
            fields = sayable(fields)
            break
    # In half the time of `Event(...)`.
    return Event._make((kind, t - start, pid, process, thread, identity, at, fields or {}))


def to_json(event: Event, names: Mapping[int, Named]) -> dict[str, Any]:
    """The event as one JSON object; `names` tells what each object is called."""
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

    Raises `KeyError`, `TypeError` or `ValueError` where the line is not one that `to_json` could have written.
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
