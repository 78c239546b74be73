"""What is certain to have happened before, by the events of a run: who handed on to whom what it knew (`clocks.py`).

    Event ──► CHANGES ──► Clocks: what each process knows to have happened before

Locks are a matter of their own. That one process released a lock before another acquired it is luck, unless

- both hold it from the read to the write of their updates: `Order.held` says so, and `races.py` asks;
- it is used as a signal: it was made as taken, or a process has released it that did not hold it;
- its holder has started the other process while it held it: that one cannot have acquired it before;
- its holder shares with others what cannot be followed, such as raw memory, which the lock may keep in order.

What cannot be followed (a socket, a pipe of the system, raw memory, a signal, a database, a library of C that may use
such things) counts as one clock that all processes share that use some of it, and the children that they start. Who
reads files by descriptors, or has looked at something of which no event tells, may know all that has happened by then.
"""

from collections.abc import Callable, Mapping
from typing import Any

from procsim.state.bounds import CLOCKS_KEPT, WATCHED_KEPT
from procsim.state.clocks import NOTHING, Clock, Clocks, Epoch
from procsim.wire.events import Event

_UNFOLLOWED = "unfollowed"
"""Stands for all that cannot be followed."""

_OF_ENTRIES = ("__getitem__", "get", "__getattribute__", "__setitem__", "__setattr__", "set")
"""The methods of what is in managers that read or write one entry, or a value."""


class Order:
    """What each process of a run knows to have happened before."""

    def __init__(self) -> None:
        self.clocks = Clocks()
        self._began_already: set[int] = set()
        self._ended: set[int] = set()
        self._starting: set[tuple[str, int, str]] = set()
        """The processes that are being started: by "start", the PID of who starts it, and its name."""
        self._waited_for_by: dict[int, int] = {}
        """Of each process that `Process.start` did not start, the PID of the one that it came from."""
        self._unfollowed: set[int] = set()
        """The processes that use what cannot be followed."""
        self._read_past: set[int] = set()
        """The processes that read files by descriptors, of which no event tells."""
        self._written_past: dict[int | None, set[int]] = {}
        """By file: the processes that may have written to it by a descriptor."""
        self._updated: dict[str, int] = {}
        """By path: the file there that was updated last."""
        self._takers: dict[int | None, set[int]] = {}
        """By queue that can be full: the processes that take something from it, and make room by that."""
        self._submitters: dict[int | None, int] = {}
        """By pool: the process that submits its work."""
        self._files_locked: dict[int, set[tuple[str, int | None]]] = {}
        """By PID: the files that it has locked."""
        self._other_ends: dict[int, int] = {}
        """Of the ends of pipes."""
        self._signals: set[int] = set()
        """Locks that are used as signals."""
        self._gates: set[int] = set()
        """Locks whose holder has started a process while it held them."""
        self._many: set[int] = set()
        """Semaphores that several processes may hold at once."""
        self._holds: dict[int, dict[int, list[int]]] = {}
        """By PID and lock: how often it is held, and the number of that hold in the run."""
        self._depths: dict[tuple[int, str, int], int] = {}
        """How often a thread held the lock of a condition that it waits for."""
        self._hold_number = 0
        self._values_are_told = False
        """Whether what is read and written of Values, and of what is in managers, has events of its own."""
        self._reads_of_entries: dict[int, tuple[str, str]] = {}
        """By PID: a type of objects in managers of which it has read or written an entry, if no event has said which:
        an odd key. Then it counts as a call that reaches all objects of that type."""

    def before_read(self, pid: int) -> Clock:
        """What is certain to have happened before, for a process that reads now."""
        if pid not in self._began_already:  # a new interpreter that imports the program, say
            self.clocks.learn_all(pid)
            self._began_already.add(pid)
        if pid in self._read_past:
            self.clocks.learn_all(pid)
        if pid in self._unfollowed:
            self.clocks.learn(pid, _UNFOLLOWED)
        if pid in self._reads_of_entries:
            self.clocks.learn(pid, self._reads_of_entries.pop(pid))
        return self.clocks.of(pid)

    def update(self, pid: int, place: Any) -> Epoch:
        """A process makes an update of that place. Returns its epoch."""
        epoch = self.clocks.update(pid, place)
        if pid in self._unfollowed:
            self.clocks.tell(pid, _UNFOLLOWED)
        for file in self._files_locked.get(pid, ()):
            self.clocks.tell(pid, file)
        if pid in self._waited_for_by:
            self.clocks.learn_from(self._waited_for_by[pid], (pid,))
        return epoch

    def held(self, pid: int) -> Mapping[int, int]:
        """The locks that a process holds and that keep all others out, each with the number of that hold."""
        holds = self._holds.get(pid)
        return {lock: hold[1] for lock, hold in holds.items() if lock not in self._many} if holds else NOTHING

    def held_since(self, pid: int, before: Mapping[int, int]) -> frozenset[int]:
        """Of the locks that a process held before, those that it has held until now."""
        now = self._holds.get(pid, {})
        return frozenset(lock for lock, number in before.items() if lock in now and now[lock][1] == number)

    # Processes -----------------------------------------------------------------------------------------------

    def _start_called(self, event: Event) -> None:
        key = ("start", event.pid, str(event.fields["child_name"]))
        self._starting.add(key)
        self.clocks.tell(event.pid, key)
        self._gates.update(self._holds.get(event.pid, ()))

    def _began(self, event: Event) -> None:
        pid, parent = event.pid, event.fields["parent"]
        key = ("start", parent, event.process)
        if key in self._starting:
            self._starting.remove(key)
            self.clocks.learn(pid, key)
        elif parent in self._began_already:
            self._waited_for_by[pid] = parent
            self.clocks.learn_from(pid, (parent,))
        elif self._began_already:  # what stands between the two, a shell say, was not traced
            self.clocks.learn_all(pid)
            self._unfollowed.add(pid)
        self._began_already.add(pid)
        for users in (self._unfollowed, self._read_past):
            if parent in users:
                users.add(pid)

    def _end_seen(self, event: Event) -> None:
        child = event.fields["child"]
        if event.kind == "process_end_seen" or event.fields["exit_code"] is not None:
            self.clocks.learn_from(event.pid, [*self._ended] if child is None else (child,))

    def _has_ended(self, event: Event) -> None:
        self._ended.add(event.pid)
        self._holds.pop(event.pid, None)

    def _told_to_end(self, event: Event) -> None:
        """By a signal, for which the program may have a handler."""
        self.clocks.learn_from(event.fields["child"], (event.pid,))

    def _seen_surroundings(self, event: Event) -> None:
        if event.pid in self._began_already:
            self.clocks.learn_all(event.pid)

    def _used_unfollowed(self, event: Event) -> None:
        what = event.fields["what"]
        if what == "descriptor":
            self._read_past.add(event.pid)
            return
        if what == "file":
            if len(self._written_past) >= WATCHED_KEPT:
                del self._written_past[next(iter(self._written_past))]
            self._written_past.setdefault(event.object, set()).add(event.pid)
            return
        for pid in {event.pid, event.fields.get("other") or event.pid}:
            self._unfollowed.add(pid)
            self.clocks.tell(pid, _UNFOLLOWED)

    # Locks ---------------------------------------------------------------------------------------------------

    def _lock_created(self, event: Event) -> None:
        lock, value = event.object or 0, event.fields.get("value", 1)
        if value == 0:
            self._signals.add(lock)
        elif value != 1:
            self._many.add(lock)

    def _acquired(self, event: Event, times: int = 1) -> None:
        pid, lock = event.pid, event.object or 0
        holds = self._holds.get(pid)
        if holds is None:
            holds = self._holds[pid] = {}
        hold = holds.get(lock)
        if hold is not None:
            hold[0] += times
        else:
            self._hold_number += 1
            holds[lock] = [times, self._hold_number]
        if self.clocks.has_some:
            self.clocks.learn(pid, lock)

    def _released(self, event: Event, times: int = 1) -> None:
        pid, lock = event.pid, event.object or 0
        holds = self._holds.get(pid, {})
        hold = holds.get(lock)
        if hold is None:
            self._signals.add(lock)
        elif hold[0] > times:
            hold[0] -= times
            return
        else:
            del holds[lock]
        if lock in self._signals or lock in self._gates or pid in self._unfollowed:
            self._gates.discard(lock)
            self.clocks.tell(pid, lock)

    def _condition_waiting(self, event: Event) -> None:
        hold = self._holds.get(event.pid, {}).get(event.object or 0, [1])
        self._depths[event.pid, event.thread, event.object or 0] = hold[0]
        self._released(event, hold[0])

    def _condition_awoke(self, event: Event) -> None:
        depth = self._depths.pop((event.pid, event.thread, event.object or 0), 1)
        self._acquired(event, depth)
        if event.fields["notified"]:
            self.clocks.learn(event.pid, ("notified", event.object))

    def _condition_notified(self, event: Event) -> None:
        self.clocks.tell(event.pid, ("notified", event.object))

    # All that hands on something -----------------------------------------------------------------------------

    def _gave(self, event: Event) -> None:
        self.clocks.tell(event.pid, event.object)

    def _took(self, event: Event) -> None:
        self.clocks.learn(event.pid, event.object)

    def _awaited(self, event: Event) -> None:
        if event.fields["is_set"]:
            self.clocks.learn(event.pid, event.object)

    def _put(self, event: Event) -> None:
        takers = self._takers.get(event.object)
        if takers:  # there may be room only since another took something
            self.clocks.learn_from(event.pid, takers)
        self.clocks.tell(event.pid, event.object)

    def _get_called(self, event: Event) -> None:
        if len(self._takers) >= CLOCKS_KEPT:
            del self._takers[next(iter(self._takers))]
        self._takers.setdefault(event.object, set()).add(event.pid)

    def _task_done(self, event: Event) -> None:
        self.clocks.tell(event.pid, ("done", event.object))

    def _queue_joined(self, event: Event) -> None:
        self.clocks.learn(event.pid, ("done", event.object))

    def _pipe_created(self, event: Event) -> None:
        self._other_ends[event.object or 0] = event.fields["other"]

    def _sent(self, event: Event) -> None:
        self.clocks.tell(event.pid, self._other_ends.get(event.object or 0, _UNFOLLOWED))

    def _received(self, event: Event) -> None:
        self.clocks.learn(event.pid, event.object if event.object in self._other_ends else _UNFOLLOWED)

    def _pipe_ended(self, event: Event) -> None:
        self.clocks.learn_all(event.pid)  # all that could have sent have closed it; it is not known who they were

    def _submitted(self, event: Event) -> None:
        self._submitters[event.object] = event.pid
        self.clocks.tell(event.pid, ("work", event.object))

    def _task_began(self, event: Event) -> None:
        self.clocks.learn(event.pid, ("work", event.object))

    def _task_ended(self, event: Event) -> None:
        """Its result may be asked for, or a callback called, without a wait: so whoever submitted it knows it now."""
        self.clocks.tell(event.pid, ("done", event.object))
        self.clocks.learn(self._submitters.get(event.object, 0), ("done", event.object))

    def _value_created(self, event: Event) -> None:
        self._values_are_told = True

    def _called(self, event: Event) -> None:
        """A call reaches one object; which one is not known, so it counts as one of all objects of that type."""
        if event.fields["method"] != "acquire":
            self.clocks.tell(event.pid, ("manager", event.fields["type"]))

    def _answered(self, event: Event) -> None:
        key = ("manager", event.fields["type"])
        if self._values_are_told and event.fields["method"] in _OF_ENTRIES:
            self._reads_of_entries[event.pid] = key
        else:
            self.clocks.learn(event.pid, key)

    def entry_was_read(self, pid: int) -> None:
        """What was answered last has an event of its own, which tells of the order: see `_reads_of_entries`."""
        self._reads_of_entries.pop(pid, None)

    # Files ---------------------------------------------------------------------------------------------------

    def _file_locked(self, event: Event) -> None:
        """When it is unlocked is not asked: from now on each update of the process counts as made before that."""
        key = ("locked", event.object)
        self._files_locked.setdefault(event.pid, set()).add(key)
        self.clocks.learn(event.pid, key)

    def _path_changed(self, event: Event) -> None:
        path = event.fields["path"]
        self.clocks.tell(event.pid, ("path", path))
        self.clocks.tell(event.pid, ("path", path.rpartition("/")[0]))

    def _path_seen(self, event: Event) -> None:
        path = event.fields["path"]
        self.clocks.learn(event.pid, ("path", path))
        if event.fields["closely"]:
            self.clocks.learn(event.pid, ("updates", (self._updated.get(path), path)))

    def file_was_opened(self, pid: int, file: int | None, to_write: bool) -> None:
        """A process has opened a file, and may know by that that another has made it."""
        self.file_was_read(pid, file)
        if to_write:
            self.file_was_set(pid, file)

    def file_was_read(self, pid: int, file: int | None) -> None:
        """A process may know what those did before that have written to a file."""
        self.clocks.learn(pid, ("file", file))
        writers = self._written_past.get(file)
        if writers:
            self.clocks.learn_from(pid, writers)

    def file_was_updated(self, file: int, path: str) -> None:
        """A process has changed what it has read there: others may see that by its size or time."""
        if self._updated.get(path) != file:
            if len(self._updated) >= WATCHED_KEPT:
                del self._updated[next(iter(self._updated))]
            self._updated[path] = file

    def file_was_set(self, pid: int, file: int | None) -> None:
        """A process makes something of a file that others may be waiting for."""
        self.clocks.tell(pid, ("file", file))


CHANGES: Mapping[str, Callable[[Order, Event], None]] = {
    "process_start_called": Order._start_called,
    "process_began": Order._began,
    "process_joined": Order._end_seen,
    "process_terminated": Order._told_to_end,
    "process_killed": Order._told_to_end,
    "surroundings_seen": Order._seen_surroundings,
    "process_end_seen": Order._end_seen,
    "process_ended": Order._has_ended,
    "unfollowed_used": Order._used_unfollowed,
    "lock_created": Order._lock_created,
    "lock_acquired": Order._acquired,
    "lock_released": Order._released,
    "condition_waiting": Order._condition_waiting,
    "condition_awoke": Order._condition_awoke,
    "condition_notified": Order._condition_notified,
    "event_set": Order._gave,
    "event_awaited": Order._awaited,
    "event_seen": Order._took,
    "barrier_waiting": Order._gave,
    "barrier_passed": Order._took,
    "queue_put": Order._put,
    "queue_get_called": Order._get_called,
    "queue_got": Order._took,
    "queue_asked": Order._took,
    "queue_task_done": Order._task_done,
    "queue_joined": Order._queue_joined,
    "pipe_created": Order._pipe_created,
    "pipe_sent": Order._sent,
    "pipe_received": Order._received,
    "pipe_ended": Order._pipe_ended,
    "pool_submitted": Order._submitted,
    "pool_task_began": Order._task_began,
    "pool_task_ended": Order._task_ended,
    "pool_result_got": Order._queue_joined,
    "pool_joined": Order._queue_joined,
    "value_created": Order._value_created,
    "manager_called": Order._called,
    "manager_answered": Order._answered,
    "file_locked": Order._file_locked,
    "path_changed": Order._path_changed,
    "path_seen": Order._path_seen,
}
