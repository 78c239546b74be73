"""Tells one look at a running program as events: its processes, objects, pools and locks, and who waits for what.

    Look ──► Teller ──► events

Pure. What two looks have in common, and who is stuck by both, `story` says.
"""

import signal
from collections.abc import Iterator, Mapping
from typing import Any

from procsim.attach.look import File, Look, Place, SeenObject, SeenPool, SeenProcess, SeenThread, SeenWait
from procsim.attach.shared import LOCKS, QUEUES
from procsim.wire.events import Event
from procsim.wire.places import short_path

_EACH_JOB = -1
"""The job of a wait for a result of which it is not known which one it is."""


class Teller:
    """Makes the events of one look."""

    def __init__(self, look: Look) -> None:
        self._look = look
        self._t = look.t
        self._processes = {
            pid: process
            for pid, process in sorted(look.processes.items(), key=lambda row: (row[1].birth, row[0]))
            if not process.is_tracker
        }
        self._names = self._process_names()
        self._children = {child.pid for process in self._processes.values() for child in process.children}
        self._objects = self._merged()
        self._gone = self._ended()

    def events(self) -> Iterator[Event]:
        main = self._processes.get(self._look.main)
        if main is not None:
            yield self._began(main)
        for process in self._processes.values():
            if process is not main and not process.is_forkserver:
                yield self._began(process)
        for process in self._processes.values():
            if not process.ended:
                yield from self._started(process)
                if process.is_manager:
                    yield self._event("manager_began", process.pid, public=process.is_public)
        for thing in self._objects.values():
            yield from self._created(thing)
        yield from self._pools()
        yield from self._holds()
        yield from self._drops()
        for pid, exit_code in self._gone.items():
            yield self._event("process_ended", pid, exit_code=exit_code)
        for process in self._processes.values():
            for thread in process.threads.values():
                yield from self._waits(process, thread)
        for thing in self._objects.values():  # also threads whose calls could not be read are there
            if thing.type == "Barrier":
                yield self._event("barrier_seen", self._look.main, object=thing.identity, arrived=thing.arrived)

    def _event(
        self, kind: str, pid: int, thread: str = "", object: int | None = None, at: str | None = None, **fields: object
    ) -> Event:
        return Event(kind, self._t, pid, self._names.get(pid, f"PID {pid}"), thread, object, at, fields)

    # Processes -----------------------------------------------------------------------------------------------

    def _process_names(self) -> dict[int, str]:
        """The names of the processes: those that they have themselves, or those that their parents know."""
        known = {child.pid: child.name for process in self._processes.values() for child in process.children}
        waits = [
            thread.wait for process in self._processes.values() for thread in process.threads.values() if thread.wait
        ]
        known |= {wait.child: wait.child_name for wait in waits if wait.child_name}
        for pid, process in self._processes.items():  # the older ones first
            if process.name and (process.is_own_name or pid == self._look.main):
                known[pid] = process.name
            elif process.was_forked and process.parent in known and pid not in known:
                known[pid] = f"{known[process.parent]}/fork"
            elif process.command and pid not in known:
                known[pid] = process.command
        return known

    def _began(self, process: SeenProcess) -> Event:
        """Its line is that where the main thread stands now, unless where it was forked matters, which is not known."""
        threads = [] if process.pid in self._children else self._threads_at_fork(process)
        main = process.threads.get(process.pid)
        return self._event(
            "process_began",
            process.pid,
            at=site(main.place) if main is not None and not threads else None,
            parent=process.parent,
            daemon=process.daemon,
            handles_sigterm=False,
            threads=threads,
        )

    def _ended(self) -> dict[int, int | None]:
        """The processes that have ended, as far as they are known, with their exit codes."""
        found = {process.pid: process.exit_code for process in self._processes.values() if process.ended}
        there = self._look.processes.keys() | {each.pid for each in self._look.unseen if each.reason != "ended"}
        for process in self._processes.values():
            for child in process.children:
                if child.pid not in there:
                    found[child.pid] = child.exit_code
        unknown = [pid for pid, code in found.items() if code is None]
        last = [process.last_exit_code for process in self._processes.values() if process.is_forkserver]
        if len(unknown) == len(last) == 1 and self._all_ended_are_known() and last[0] not in found.values():
            found[unknown[0]] = last[0]  # all others have ended with another one
        return found

    def _all_ended_are_known(self) -> bool:
        """Whether each process that one of the program's has ever made is known."""
        return all(len(process.children) == process.children_made for process in self._processes.values())

    def _none_was_killed(self) -> bool:
        """Whether it is known of each process that has ended that no signal has ended it."""
        codes = self._gone.values()
        return self._all_ended_are_known() and all(code is not None and code >= 0 for code in codes)

    def _started(self, process: SeenProcess) -> Iterator[Event]:
        for child in process.children:
            fields: dict[str, Any] = {"child": child.pid, "child_name": child.name, "daemon": child.daemon}
            yield self._event(
                "process_started",
                process.pid,
                **fields,
                method="",
                number=0,
                target="",
                threads=self._threads_at_fork(self._processes.get(child.pid)),
                library_threads=self._library_threads_at_fork(self._processes.get(child.pid)),
            )
        for number, name in enumerate(process.not_started, 1):
            yield self._event("process_created", process.pid, child_name=name, daemon=False, number=number)

    def _threads_at_fork(self, child: SeenProcess | None) -> list[list[str | None]]:
        """The threads of Python's that its parent had as it forked this process, each with its line. Those that have
        ended since have none, and are known as far as the forked one remembers them.
        """
        parent = self._processes.get(child.parent) if child is not None and child.was_forked else None
        if child is None or parent is None:
            return []
        there = _there_at_fork(parent, child)
        found = {thread.number: [thread.name, site(thread.place)] for thread in there if thread.runs_python}
        for thread in {*child.cut_off} - {*parent.cut_off}:
            found.setdefault(thread.number, [thread.name, None])
        return [row for _, row in sorted(found.items())]

    def _library_threads_at_fork(self, child: SeenProcess | None) -> int:
        """How many more there were, and still are, that run no Python; 0 where that is not known."""
        parent = self._processes.get(child.parent) if child is not None and child.was_forked else None
        if child is None or parent is None or not parent.python:
            return 0
        return sum(not thread.runs_python for thread in _there_at_fork(parent, child))

    # Objects -------------------------------------------------------------------------------------------------

    def _merged(self) -> dict[int, SeenObject]:
        """The objects of all processes, each with a name: the one that the oldest process which has one gives it."""
        found: dict[int, SeenObject] = {}
        for process in self._processes.values():
            for thing in process.objects:
                known = found.get(thing.identity)
                if known is None or (thing.name and not known.name):
                    found[thing.identity] = thing
        return found

    def _created(self, thing: SeenObject) -> Iterator[Event]:
        name = thing.name or f"a {thing.type}"
        maker, identity = self._look.main, thing.identity
        if thing.type in LOCKS or thing.type == "Condition":
            value = 1
            if thing.type == "Semaphore":
                value = self._initial(thing.semaphore)
            elif thing.type == "BoundedSemaphore" and thing.semaphore is not None:
                value = self._limit(thing.semaphore)
            yield self._event("lock_created", maker, object=identity, name=name, type=thing.type, value=value)
        elif thing.type in QUEUES:
            yield self._event(
                "queue_created",
                maker,
                object=identity,
                name=name,
                type=thing.type,
                maxsize=thing.maxsize,
                pipe=thing.pipe,
            )
            gone: dict[str, Any] = {
                f"{side}_is_gone": file is not None and self._is_orphaned(file)
                for side, file in (("reader", thing.reading), ("writer", thing.writing))
            }
            gone["none_killed"] = self._none_was_killed()
            gone["put_by"] = [
                process.pid
                for process in self._processes.values()
                if any(each.identity == thing.identity and each.was_put for each in process.objects)
            ]
            yield self._event(
                "queue_seen", maker, object=identity, items=thing.inside, unfinished=thing.unfinished, **gone
            )
        elif thing.type == "Event":
            yield self._event("event_created", maker, object=identity, name=name, type=thing.type)
        elif thing.type == "Barrier":
            yield self._event(
                "barrier_created", maker, object=identity, name=name, type=thing.type, parties=thing.parties
            )
        elif thing.type == "Connection":
            yield self._event("pipe_created", maker, object=identity, name=name, type=thing.type, other=thing.other)

    def _drops(self) -> Iterator[Event]:
        """The items that could not be sent. Why, nobody has kept."""
        unknown: dict[str, Any] = {"type": "", "text": "", "during": None, "subject": None, "made": None}
        for process in self._processes.values():
            for drop in process.dropped:
                thread = process.threads[drop.thread].name if drop.thread in process.threads else ""
                yield self._event(
                    "queue_item_dropped",
                    process.pid,
                    thread,
                    drop.queue,
                    value=drop.value,
                    items=1,
                    **unknown,
                )

    def _pools(self) -> Iterator[Event]:
        """The pools, each as its maker has it, and their workers."""
        makers: dict[int, tuple[SeenProcess, SeenPool]] = {}
        for process in self._processes.values():
            for pool in process.pools:
                if pool.identity not in makers or pool.made_by == process.pid:
                    makers[pool.identity] = process, pool
        for process, pool in makers.values():
            yield from self._pool(process, pool)
        for process in self._processes.values():
            if process.works_for in makers:
                yield self._event("pool_worker_began", process.pid, object=process.works_for)
                if process.task is not None:
                    function = process.task.function
                    fields: dict[str, Any] = {"job": 0, "task": 0, "items": 1, "function": function}
                    yield self._event("pool_task_began", process.pid, object=process.works_for, **fields)

    def _pool(self, process: SeenProcess, pool: SeenPool) -> Iterator[Event]:
        pid, name = pool.made_by or process.pid, pool.name or f"a {pool.type}"
        fields: dict[str, Any] = {"name": name, "type": pool.type, "workers": pool.size, "max_tasks": pool.max_tasks}
        yield self._event("pool_created", pid, object=pool.identity, **fields)
        workers = [each for each in self._processes.values() if each.works_for == pool.identity]
        fields = {
            "open": pool.open,
            "gone": [*pool.gone] if pid == process.pid else [],
            "reader_is_gone": pool.reading is not None and self._is_orphaned(pool.reading),
            "writer_is_gone": pool.writing is not None and self._is_orphaned(pool.writing),
            "worker_is_gone": process.children_made > len(process.children),
            "not_sent": pool.not_sent,
            "failed": [worker.failed for worker in workers if worker.failed],
        }
        yield self._event("pool_seen", pid, object=pool.identity, **fields)
        if pool.callback:
            fields = {"function": pool.callback, "type": "KeyError", "text": ""}
            for job in (0,) if pool.others_open else (0, _EACH_JOB):
                yield self._event("pool_callback_raised", pid, object=pool.identity, job=job, **fields)
        if pool.terminated:
            yield self._event("pool_terminated", pid, object=pool.identity)

    # Locks ---------------------------------------------------------------------------------------------------

    def _counts(self, file: File) -> list[int]:
        return [hold.count for process in self._processes.values() for hold in process.holds if hold.semaphore == file]

    def _value(self, file: File) -> int | None:
        values = (process.semaphores.get(file) for process in self._processes.values())
        return next((seen.value for seen in values if seen is not None), None)

    def _initial(self, file: File | None) -> int:
        """With how many a semaphore was made, as far as the processes that are left have acquired it."""
        return max(0, (self._value(file) or 0) + sum(self._counts(file))) if file is not None else 1

    def _is_known(self, file: File) -> bool:
        """Whether all processes that have this semaphore were read."""
        return not self._look.unseen and not any(file in process.unread for process in self._processes.values())

    def _holds(self) -> Iterator[Event]:
        locks = {
            thing.semaphore: thing
            for thing in self._objects.values()
            if thing.type in LOCKS or thing.type == "Condition"
        }
        for process in self._processes.values():  # first who has released what another one had acquired
            for hold in process.holds:
                if hold.semaphore in locks and hold.count < 0:
                    yield self._event("lock_released", process.pid, object=locks[hold.semaphore].identity)
        for process in self._processes.values():
            for hold in process.holds:
                thing = locks.get(hold.semaphore)
                if thing is not None and self._is_clear(thing, hold.semaphore):
                    thread = process.threads[hold.thread].name if hold.thread in process.threads else "?"
                    for _ in range(min(hold.count, 100)):
                        yield self._event("lock_acquired", process.pid, thread, thing.identity, entered=hold.entered)
        for file, thing in locks.items():
            missing = 0 if file is None else self._missing(thing, file)
            if missing and len(self._gone) == 1 and self._all_ended_are_known():
                for _ in range(min(missing, 100)):
                    yield self._event("lock_acquired", next(iter(self._gone)), object=thing.identity, entered=False)
            elif missing:
                yield self._event("lock_holder_gone", self._look.main, object=thing.identity)

    def _missing(self, thing: SeenObject, file: File) -> int:
        """How often a lock was acquired by processes that are gone."""
        if thing.type in ("Lock", "RLock", "Condition"):
            return int(self._is_orphaned(file))
        if thing.type != "BoundedSemaphore" or not self._is_known(file):
            return 0
        return max(0, self._limit(file) - (self._value(file) or 0) - sum(self._counts(file)))

    def _limit(self, file: File) -> int:
        """With how many a BoundedSemaphore was made, which is the most that it can have."""
        return max(process.semaphores[file].limit for process in self._processes.values() if file in process.semaphores)

    def _is_clear(self, thing: SeenObject, file: File) -> bool:
        """Whether the counts show who holds it. Not where a process has released what another one had acquired, nor
        where a bare fork has copied the count of a lock that was held. Of a Semaphore a process that has ended may have
        released what the others have acquired.
        """
        if thing.type == "Semaphore":
            return not self._gone and self._all_ended_are_known()
        if thing.type == "BoundedSemaphore":
            return sum(self._counts(file)) <= self._limit(file) - (self._value(file) or 0)
        return self._value(file) == 0 and sum(count > 0 for count in self._counts(file)) == 1

    def _is_orphaned(self, file: File) -> bool:
        """Whether a lock is taken, and none of the processes that are left has taken it."""
        return self._is_known(file) and self._value(file) == 0 and not any(count > 0 for count in self._counts(file))

    # Waits ---------------------------------------------------------------------------------------------------

    def _waits(self, process: SeenProcess, thread: SeenThread) -> Iterator[Event]:
        wait = thread.wait
        if wait is None:
            return
        if wait.kind == "pool_result_waiting" and wait.object is not None:  # so it uses the pool
            yield self._event("pool_submitted", process.pid, object=wait.object, job=0, function="", tasks=0)
        yield from wait_events(self._names, process, thread, wait, self._t)


def _there_at_fork(parent: SeenProcess, child: SeenProcess) -> list[SeenThread]:
    """The threads of a process, other than the one that forked, that were there already as it did, and still are."""
    return [
        thread
        for thread in parent.threads.values()
        if thread.number != parent.pid and (thread.birth, thread.number) < (child.birth, child.pid)
    ]


def wait_events(
    names: Mapping[int, str], process: SeenProcess, thread: SeenThread, wait: SeenWait, t: int
) -> Iterator[Event]:
    """The event, at `t` ns, of a wait that a thread is in, or one for each process that it asks whether it lives.
    `names`: of the processes.
    """
    name = names.get(process.pid, f"PID {process.pid}")
    for pid in wait.asked:
        asked = {"child": pid, "child_name": names.get(pid, f"PID {pid}"), "sigchld": _of_ended_children(process)}
        yield Event("process_polled", t, process.pid, name, thread.name, None, site(wait.at), asked)
    if wait.kind == "process_polled":
        return
    fields: dict[str, Any] = {"timeout": wait.timeout, "native_id": thread.number}
    fields["interruptible"] = process.handles_interrupts
    if wait.child:
        child_name = wait.child_name or names.get(wait.child, f"PID {wait.child}")
        fields |= {"child": wait.child, "child_name": child_name}
    if wait.kind == "pool_result_waiting":
        fields |= {"job": None, "importing": wait.importing, "helper": wait.helper}
    if wait.kind == "pool_join_waiting":
        fields |= {"importing": wait.importing}
    if wait.call[1]:
        fields |= {"type": wait.call[0], "method": wait.call[1]}
    yield Event(wait.kind, t, process.pid, name, thread.name, wait.object, site(wait.at), fields)


def _of_ended_children(process: SeenProcess) -> str:
    """What a process does with the signal that says that a child has ended: see "process_polled"."""
    bit = 1 << signal.SIGCHLD - 1
    return "ignored" if process.ignored & bit else "handled" if process.caught & bit else ""


def site(place: Place | None) -> str | None:
    """A place as events have it, such as "tickets.py:41"."""
    if place is None or place.line is None:
        return None
    return f"{short_path(place.file)}:{place.line}"
