"""The vocabulary: every kind of event, its fields, and its two forms, on the wire and as JSON.

An event is a fact in the past tense: who (process, thread), when, what kind, on which object, at which
line. It holds no words and no colours for a screen; those belong to the views.

On the wire an event is a `marshal`led tuple, made by `procsim.tracer.emit` and read by `from_wire`; on disk
and in `--view json` it is one JSON object a line, made by `to_json` and read by `from_json`.

An operation that may wait has up to three kinds: that it waits, that it was done, and that it was not.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from procsim.wire.identities import MAIN_THREAD, as_text, from_text
from procsim.wire.interned import REPEATED
from procsim.wire.json_values import json_fields

SCHEMA_VERSION = 1
"""Raised by one whenever a reader of the old lines would misread the new ones."""

WAITING = ("timeout", "native_id", "interruptible")
"""The fields of every wait: after how many seconds it gives up (None: never), the system's number of the thread, and
whether the program has a handler of its own for Ctrl-C."""

KINDS: dict[str, tuple[str, ...]] = {
    # Processes. `child` is a PID, `child_name` the name of that process; `number`: which of its parent's it is.
    "process_created": ("child_name", "daemon", "number"),
    # `target`: the function that it runs, where its name is only a number such as Process-1; else ""; `threads`: under
    # fork, the other threads that its parent had just before, each as [name, line]: the child has none of them;
    # `library_threads`: how many more there were, which run no Python.
    "process_started": ("child", "child_name", "daemon", "method", "number", "target", "threads", "library_threads"),
    "process_start_called": ("child_name",),  # before the child is made, which may begin before its start
    # Under spawn: `start` hands its arguments to a new process, which has to read them.
    "process_start_waiting": ("child", "child_name", *WAITING),
    # `handles_sigterm`: it has inherited a handler of the program's for it.
    "process_began": ("parent", "daemon", "handles_sigterm", "threads"),  # `threads`: of a plain `os.fork`, as above
    "process_named": (),  # from now on it is called as its events say: it has learned its name
    "process_returned": (),  # its own code is done; its exit handlers run now. `at`: the line of its `sys.exit`
    "process_left": ("exit_code",),  # it ends now, with this exit code; `at`: the line that called `os._exit`
    # Emitted by the parent or by procsim, whichever notices; `pid` is that of the process that ended. None: not known.
    "process_ended": ("exit_code",),
    "process_join_waiting": ("child", "child_name", *WAITING),
    "process_joined": ("child", "child_name", "exit_code"),
    "process_terminated": ("child", "child_name"),
    "process_killed": ("child", "child_name"),
    # Started, with nothing to run; `made`: where; `subclass`: the name of its class, where that is the program's own.
    "process_without_target": ("child_name", "made", "subclass"),
    # Of a Python process: the option that keeps the tracer out, "environment", "old" for its Python, or "embedded".
    "process_untraced": ("reason",),
    "process_detached": (),  # by procsim: it goes on after main, in a session of its own, and was left alone
    # Asked whether it still lives, and it does; once a second at most. `sigchld`: what the one that asks does with that
    # signal: "ignored", "handled" by a function of the program's, or "".
    "process_polled": ("child", "child_name", "sigchld"),
    "process_exit_code_seen": ("child", "child_name", "exit_code"),  # the program looked at one that is not 0
    # The program has seen that it has ended. None: that all have ended that have.
    "process_end_seen": ("child", "child_name"),
    # A condition of threading, or what is built of one, such as its Event and queue.Queue: only the main thread of a
    # process that was forked while its parent had several threads.
    "own_thread_waiting": WAITING,
    "own_thread_awoke": (),
    # Lock, RLock, Semaphore, BoundedSemaphore, and the locks of a Condition, a Value or an Array.
    "lock_created": ("name", "type", "value"),
    "lock_waiting": WAITING,
    # `entered`: by `with`, so this thread will release it. One acquired by a call may be released by another process.
    "lock_acquired": ("entered",),
    "lock_refused": ("took",),
    "lock_released": (),
    # By `attach`: it is taken, and no process that is left holds it.
    "lock_holder_gone": (),
    # A Value or an Array (`lock`: the lock inside; `length`: its elements); a dict, list, Namespace, Value or Array of
    # a manager. An access to some elements has `offset` and `size`; one to an entry has `key`: what follows the name in
    # the program's code, such as "['sum']" or ".x". `value_set`: the program's code has the value as a constant.
    # `counted`: it is 1 as a sum or a difference; only the first events of a line have that. Where the lock inside was
    # waited for (`lock_waiting`), the access ends that wait.
    "value_created": ("name", "type", "length", "lock"),
    "value_read": ("value", "offset", "size", "key"),
    "value_written": ("value", "offset", "size", "key", "counted"),
    "value_set": ("value", "offset", "size", "key"),
    "value_changed": ("method",),  # of a manager's object, by a method that may change any entry of it
    # What was just read is a copy, which this line changes and lets go of. `value`: its type.
    "value_copy_changed": ("value", "key"),
    # Queue, JoinableQueue, SimpleQueue. `value` is a short form of the item; maxsize 0: without a limit; `pipe` is the
    # inode of the pipe inside.
    "queue_created": ("name", "type", "maxsize", "pipe"),
    "queue_put_waiting": ("value", *WAITING),
    "queue_put": ("value",),
    "queue_put_failed": (),  # the call raised: the last item that this process put into that SimpleQueue is not in it
    "queue_full": ("took",),
    "queue_get_waiting": WAITING,
    "queue_got": ("value",),
    "queue_get_called": (),  # for the first time by this process: it may make room in a queue that can be full
    "queue_empty": ("took",),
    # Asked by `empty()` or `qsize()` whether it is empty. Of equal answers one after the other only the first two.
    "queue_asked": ("empty", "counted"),  # by `empty()`, or by `qsize()`: then its items were counted
    # A thread of the queue's could not send an item that `put` had taken; `at`: the line of that `put`; `items`: how
    # many, with those after it, where that thread has ended. For the exception: see "raised".
    "queue_item_dropped": ("value", "items", "type", "text", "during", "subject", "made"),
    # By `attach`: what is in it, how many of its items are not reported done (None: it is no JoinableQueue), and
    # whether a process has ended with the lock of those that read from its pipe, or of those that write to it.
    # `none_killed`: no signal has ended any process that has ended. `put_by`: the PIDs that have put into it and are
    # still there.
    "queue_seen": ("items", "unfinished", "reader_is_gone", "writer_is_gone", "none_killed", "put_by"),
    "queue_task_done": (),
    "queue_task_done_refused": (),  # one too many
    "queue_join_waiting": WAITING,
    "queue_joined": (),
    "queue_join_cancelled": (),  # `cancel_join_thread`: at its end the process does not wait until all is sent
    "queue_flush_waiting": WAITING,
    "queue_flushed": (),
    "condition_waiting": WAITING,
    "condition_awoke": ("notified",),
    "condition_notified": ("count",),  # None: all
    # It waits until those are awake that it has notified: of a Condition, or of the one inside an Event, a Barrier or a
    # JoinableQueue. Only where that takes a while.
    "condition_notify_waiting": WAITING,
    "condition_notify_done": (),
    "event_created": ("name", "type", "inside"),  # `inside`: the identities of its other semaphores, which have names
    "event_set": (),
    "event_cleared": (),
    "event_waiting": WAITING,
    "event_awaited": ("is_set",),
    "event_asked": ("interruptible",),  # it was not set when the program asked
    "event_seen": (),  # it was set already when the program asked or waited
    "barrier_created": ("name", "type", "parties", "inside"),
    "barrier_waiting": WAITING,
    "barrier_passed": ("position",),
    "barrier_broken": (),
    "barrier_seen": ("arrived",),  # by `attach`
    # One end of a pipe is one object.
    "pipe_created": ("name", "type", "other"),
    "pipe_sent": ("value",),
    "pipe_receive_waiting": WAITING,
    "pipe_received": ("value",),
    "pipe_ended": (),
    # Asked with a time limit whether there is a message (`poll`); `ready`: whether there is one, or no process has the
    # other end any more.
    "pipe_poll_waiting": WAITING,
    "pipe_polled": ("ready",),
    "manager_began": ("public",),  # this process is a manager's server; public: also for clients from elsewhere
    # `object`: the lock or semaphore of the manager's that is asked for. Then this is a wait for it, which ends with
    # `lock_acquired` or `lock_refused`; all other calls end with `manager_answered`.
    "manager_called": ("type", "method", *WAITING),
    # `object`: the dict, list, Namespace, Value or Array of the manager's that the call has only looked at.
    "manager_answered": ("type", "method", "took"),
    # Pool and ProcessPoolExecutor. A call that submits work makes a `job` of one or more tasks; a task is what a worker
    # takes at once, and calls `function` for one or more items. `tasks` is None if their number is not known
    # beforehand. max_tasks: after how many of them a worker ends; None: never.
    "pool_created": ("name", "type", "workers", "max_tasks"),
    "pool_worker_began": (),
    # This thread is a package's own, and only looks again and again what others do: one by which a pool works, or one
    # that watches progress bars. `helper`: what it is there for, as in "thread_raised".
    "helper_began": ("helper", "native_id"),
    "pool_initializer_began": ("function",),  # in a worker, where the pool was given one
    "pool_initializer_ended": (),  # it has returned
    "pool_used": (),  # a process submits to an executor that was made before it was forked
    "pool_submitted": ("job", "function", "tasks"),
    "pool_task_began": ("job", "task", "items", "function"),
    "pool_task_unread": ("type", "text"),  # by a worker: it could not unpickle one, which is lost
    # By the worker; `at`: where in the program; `during`: "nesting", where it has tried to start a process itself.
    "pool_task_raised": ("job", "function", "type", "text", "during"),
    "pool_task_ended": ("job", "task", "items", "function"),  # its result, or its exception, is sent now
    # The result of a job is an error. `submitted`: the line that submitted it; `during`: "sending", where it never came
    # to a worker, since it could not be pickled; `inherited`: the type in it that only a new process can be given;
    # `heard`: an error_callback is called, or somebody takes the results one by one.
    "pool_job_failed": ("job", "function", "submitted", "type", "text", "during", "inherited", "heard"),
    # A callback of a result of a Pool raised a KeyError, which the Pool drops; `function`: the callback.
    "pool_callback_raised": ("job", "function", "type", "text"),
    "pool_error_seen": ("job", "function", "submitted"),  # somebody asks for that result
    # By `attach`: how many tasks are open, which of its threads have gone from its maker ("tasks" …), whether a worker
    # has ended with the lock of those that read tasks, or of those that send results, and whether a child of its maker
    # has ended; `not_sent`: a task could not be sent to a worker, most likely; `failed`: the types of exceptions that
    # tasks have raised.
    "pool_seen": ("open", "gone", "reader_is_gone", "writer_is_gone", "worker_is_gone", "not_sent", "failed"),
    # job None: several; importing: the module that this thread is just importing; None: it imports none. `helper`:
    # where the thread is one of that pool's own, what it is there for, as in "thread_raised"; else None.
    "pool_result_waiting": ("job", "importing", "helper", *WAITING),
    "pool_result_got": ("job",),  # after a wait: it is there, or an iteration has come to its end
    "pool_result_missed": ("job", "took"),
    "pool_result_asked": ("job",),  # whether it has come, and it has not; for each pool once a second at most
    "pool_join_waiting": ("importing", *WAITING),  # importing: as above
    "pool_joined": (),
    "pool_terminated": (),  # by `terminate`, which the end of a `with` block calls, too
    # It is ended by the end of its `with` block or of its process, and nobody waits for so many results.
    "pool_dropped": ("results",),
    # The thread waits no longer for this object: an exception has ended its wait, mostly one that a signal handler of
    # the program has raised. Waits that have an event of their own for that, such as `lock_refused`, end with that.
    "wait_left": (),
    # `object` is the file itself, under whatever path; None if it is no regular file. `offset` is in bytes.
    "file_opened": ("path", "mode"),
    "file_read": ("path", "value", "size", "offset"),
    "file_written": ("path", "value", "size", "offset"),
    "file_closed": ("path",),
    # A block of SharedMemory, of which the resource tracker knows. Unlinked, or the tracker is told to forget it.
    "memory_made": ("name",),
    "memory_unlinked": ("name",),
    # What keeps processes in order, too. `file_locked`: by flock or lockf; `surroundings_seen`: the program looked at
    # something of which no event tells: what is at a path, or whether a pipe has news; `unfollowed_used`: `what`
    # processes may tell each other something by, and no event says so ("socket", "signal" …; "library": one of C that
    # can do so; "file", which is `object`: it is written by a descriptor; "descriptor": files are read by one);
    # `other`: the PID of the process at its other end; 0: not known.
    "file_locked": (),
    "surroundings_seen": (),
    # The program has asked several times whether something is at a path, and nothing is; or now it is there.
    "path_missing": ("path", "interruptible"),
    "path_found": ("path",),
    "unfollowed_used": ("what", "other"),
    # With --races, paths by their names. `path_changed`: emitted before something is made, renamed or removed there;
    # `path_seen`: the program has looked what is there, `closely`: at its size or time, too; or it found what it was
    # to change as it wanted it.
    "path_changed": ("path",),
    "path_seen": ("path", "closely"),
    "sleep_began": ("seconds",),
    "sleep_ended": (),
    # The closed gate. `operation` is the kind of the event that comes next; `ready` whether it could be done at once,
    # None: it always can; `subject` what it is about, if that is no object; `native_id` the system's number of the
    # thread. `gate_reached` comes again when `ready` has changed; `gate_left` when a signal handler has raised there.
    "gate_reached": ("operation", "ready", "subject", "native_id"),
    # In a recording of `explore`, `gate_passed` has `in_vain`, whether the operation was given up at once; and `over`:
    # the step was over before the next one began.
    "gate_passed": ("operation",),
    "gate_left": (),
    # By the program itself. `scenario_began`: its `start` was called; `said`, `noted`: `procsim.say`, `procsim.note`.
    "scenario_began": (),
    "printed": ("text", "stream"),
    "said": ("text", "fields"),
    "noted": ("name", "value"),
    # An exception ended the process, or one thread of it. `during`: what was being done ("sending", "receiving",
    # "starting", "task_done", "not_started", "grouping", "importing", "initializing"; "attaching": to `object`, which
    # is gone; "asking": a manager that could not be reached; "broken": what an executor raises when one of its workers
    # has ended; None: something else); `subject`: the name of the process or module that it is about, of the
    # initializer of a pool, or of the function that was passed as a group; `made`: where that process was made.
    "raised": ("type", "text", "during", "subject", "made"),
    # `object`, `helper`: where it was a pool's own thread, that pool, and what the thread was there for: "tasks",
    # "results", "workers" or "all".
    "thread_raised": ("type", "text", "during", "subject", "made", "helper"),
    # `call`, a method of multiprocessing's own ("start" or "put"), raised, and did not do what it was called for. The
    # program may have caught that.
    "call_raised": ("call", "type", "text"),
    # By procsim itself.
    # This thread will never go on. `wait`: the kind of its wait; `open_in`: who has the other end of its pipe; `how`:
    # what the system shows it to be blocked in ("inner", "shared", "read", "write", "poll", "child"); `alone`: its
    # process has no other thread; `beside`: the same as `how`, of those other threads that have emitted no wait.
    "process_stuck": ("wait", "open_in", "in_message", "how", "alone", "beside"),
    # People were asked what will come, before the step of this thread at the gate; `lesson`: the id of the lesson.
    "prediction_asked": ("lesson", "ask", "answers"),
    "prediction_made": ("answer",),  # its number, from 1 on; 0: the run went on without one
    # `accepted`: true where the program's author accepts it; `probable`: true where it is not certain; else missing.
    "finding": (
        *("id", "sentence", "text", "template", "figures", "cure", "cure_sentence", "cure_template"),
        *("accepted", "probable"),
    ),
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


new_event = tuple.__new__
"""`new_event(Event, (kind, t, …))` makes an Event of its eight values in half the time of `Event(...)`."""


def from_wire(values: tuple[Any, ...], start: int) -> Event:
    """The event that a traced process has emitted, as a tuple of eight. Its time is counted from `start` (both in ns of
    the system's monotonic clock). Its fields have JSON's types alone.

    Raises `TypeError` or `ValueError` where it is no such tuple.
    """
    t, kind, pid, process, thread, identity, at, fields = values
    return new_event(Event, (kind, t - start, pid, process, thread, identity, at, json_fields(fields or {})))


def events_in(event: Event) -> Iterator[Event]:
    """The events that a REPEATED event stands for, which one thread has emitted one after the other; any other event
    itself. REPEATED ones come only where a run was ordered so (`Settings.repetitions`), and are in no recording.
    """
    if event.kind != REPEATED:
        yield event
        return
    for number in range(event.fields["count"]):
        yield event_in(event, number)


def event_in(event: Event, number: int) -> Event:
    """The event with this number (from 0 on) that a REPEATED event stands for.

    Its fields are `events`, the two that take turns, each as kind, line and fields; `count`, of both together, at least
    3; `began`: how long before its own time the first one was emitted; and `held`: how long after the first one the
    second one was, or 0 where that is not known (ns). The times of those after that, up to the last pair, are not
    known. They are shown evenly spread, both of a pair at the same time, so that nobody seems to have held the lock for
    a time that is not known.
    Of a Value: also `value`, that of the first one, and `step`, by which each write adds to it.
    """
    fields = event.fields
    kind, at, own = fields["events"][number & 1]
    if "step" in fields:
        own = {"value": fields["value"] + fields["step"] * (number + 1 >> 1)}
    t = event.t - fields["began"]
    if number:
        t += fields["held"]
    if number > 1:
        t += (event.t - t) * (number >> 1) // ((fields["count"] - 1) >> 1)
    return new_event(Event, (kind, t, event.pid, event.process, event.thread, event.object, at, own))


def first_at(event: Event, t: int) -> int:
    """Of the events that a REPEATED event stands for, the number of the one that begins the first pair at `t` ns or
    later, but for the first pair; where there is none, that of the last pair.
    """
    fields = event.fields
    pairs: int = (fields["count"] - 1) >> 1
    spread: int = fields["began"] - fields["held"]
    earlier = t - (event.t - spread)
    if earlier > spread:
        return 2 * pairs
    return 2 * max(1, -(-earlier * pairs // spread) if spread else 1)


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
