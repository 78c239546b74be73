"""What memory shows of those processes of a run that the tracer could not get into, such as of `python -I work.py`.

    their PIDs ──► two looks ──► story: what both agree on ──► without what the tracer emits ──► events of the run

So what such a process holds and waits for stands in the state like all else, for one fixpoint and one set of findings.
The ends of pipes are the same ones in both. Locks are not: multiprocessing shares them with its own children alone, and
into those of a traced process the tracer gets, whatever their environment is.
"""

import contextlib
import time
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

import psutil

from procsim.attach.errors import CannotAttach
from procsim.attach.look import Look, SeenProcess
from procsim.attach.reader import take_look
from procsim.attach.story import facts_of
from procsim.running import processes
from procsim.state.run_state import RunState
from procsim.wire.events import Event
from procsim.wire.interpreter import is_interpreter, kept_out

PAUSE_SECONDS = 0.1
"""Between two looks. Who moves is not in the same wait in both."""

OLD = "old"
"""The reason where a Python is too old for the tracer, which is in no older one than `TRACED_FROM`."""

EMBEDDED = "embedded"
"""The reason where a program that is no interpreter has a Python inside, which asks no variable of the environment."""

TRACED_FROM = (3, 11)

_OF_OBJECTS = (
    "lock_created",
    "queue_created",
    "queue_seen",
    "event_created",
    "barrier_created",
    "barrier_seen",
    "lock_holder_gone",
)
"""Events that are not about the process that they name, which is the main one of its program."""


class Untraced(NamedTuple):
    """A process that the tracer could not get into."""

    pid: int
    reason: str
    """See `process_untraced` in `wire/events.py`."""
    name: str = ""
    """What it runs; empty: it has a name of its own."""


def read_untraced(run: RunState, pids: Collection[int], t: int) -> list[Event]:
    """Events, at `t` ns of the run: what processes that are not traced hold and wait for.

    `pids`: such processes, or any of the run's that have emitted nothing. Of those that cannot be looked at, and of
    those that run no Python, there are no events.
    """
    found: list[Event] = []
    seen: set[int] = set()
    for pid in sorted(pids):
        if pid not in seen:
            with contextlib.suppress(CannotAttach):
                first = take_look(pid)
                time.sleep(PAUSE_SECONDS)
                second = take_look(pid)
                seen |= second.processes.keys()
                untraced = [process for each in pids if (process := _untraced(second, each)) is not None]
                found += events_for_run(run, facts_of(first, second), untraced, t)
    return found


def events_for_run(run: RunState, facts: Iterable[Event], untraced: Iterable[Untraced], t: int) -> Iterator[Event]:
    """The events of a run, at `t` ns, from those of a story. Pure.

    `untraced`: the processes that events are wanted of.
    """
    traced = {process.pid for process in run.processes.values() if process.began is not None and not process.untraced}
    wanted = {each.pid: each for each in untraced if each.pid not in traced}
    told = list(facts) if wanted else []
    ended = {event.pid for event in told if event.kind == "process_ended"}
    for event in told:
        if event.kind in _OF_OBJECTS and event.pid not in traced | wanted.keys():
            event = event._replace(pid=min(wanted))
        if event.pid not in wanted:
            continue
        if event.kind == "process_started" and event.fields["child"] in ended:
            wanted[event.fields["child"]] = Untraced(event.fields["child"], wanted[event.pid].reason)
        process, own = run.processes.get(event.pid), wanted.get(event.pid)
        name = process.name if process is not None else (own is not None and own.name) or event.process
        event = event._replace(t=t, process=name)
        if event.kind != "process_began" or process is None:
            yield event
        if event.kind == "process_began" and own is not None and (process is None or not process.untraced):
            yield event._replace(kind="process_untraced", fields={"reason": own.reason})


def _untraced(look: Look, pid: int) -> Untraced | None:
    """What is known of this process; None: it has ended, runs no Python, or the tracer is in it, as far as is known."""
    process = look.processes.get(pid)
    reason = _reason(process) if process is not None else ""
    if process is None or not reason:
        return None
    is_named = process.is_own_name or pid != look.main
    return Untraced(pid, reason, "" if is_named else process.command)


def _reason(process: SeenProcess) -> str:
    """Why the tracer is not in a process."""
    if not process.python:
        return ""
    try:
        command = processes.command(psutil.Process(process.pid))
        variables = dict(each.split(b"=", 1) for each in processes.variables(process.pid) if b"=" in each)
    except (OSError, psutil.Error):  # it has just ended
        return ""
    reason = kept_out(command, variables)
    is_old = tuple(int(word) for word in process.python.split(".")[:2]) < TRACED_FROM
    is_embedded = bool(command) and not is_interpreter(command[0])
    return reason or (OLD if is_old else EMBEDDED if is_embedded else "")
