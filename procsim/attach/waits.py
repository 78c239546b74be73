"""What a thread waits for, as its own calls show it: which method of which object of multiprocessing's it is in.

frames, innermost first ──► the calls of multiprocessing's ──► the outermost of these ──► SeenWait, at which line
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from procsim.attach.classes import COPIES, Classes, is_internal
from procsim.attach.frames import Frame
from procsim.attach.look import Place, SeenWait
from procsim.attach.loops import ASKS, question_of
from procsim.attach.objects import Objects
from procsim.attach.shared import LOCKS, QUEUES, Shared
from procsim.state.processes import SLEEP

_CALLS: dict[tuple[str, str], str] = {
    **{(lock, "__enter__"): "lock_waiting" for lock in (*LOCKS, "SemLock")},
    ("Condition", "__enter__"): "lock_waiting",
    ("Condition", "wait"): "condition_waiting",
    ("Condition", "wait_for"): "condition_waiting",
    ("Condition", "notify"): "condition_notify_waiting",
    ("Condition", "notify_all"): "condition_notify_waiting",
    ("Event", "wait"): "event_waiting",
    ("Event", "set"): "condition_notify_waiting",
    ("Barrier", "wait"): "barrier_waiting",
    ("Queue", "get"): "queue_get_waiting",
    ("Queue", "put"): "queue_put_waiting",
    ("JoinableQueue", "get"): "queue_get_waiting",
    ("JoinableQueue", "put"): "queue_put_waiting",
    ("JoinableQueue", "join"): "queue_join_waiting",
    ("SimpleQueue", "get"): "queue_get_waiting",
    ("SimpleQueue", "put"): "queue_put_waiting",
    **{
        (role, name): kind
        for role in ("Connection", "_ConnectionBase")
        for name, kind in {
            "recv": "pipe_receive_waiting",
            "recv_bytes": "pipe_receive_waiting",
            "recv_bytes_into": "pipe_receive_waiting",
            "send": "pipe_send_waiting",
            "send_bytes": "pipe_send_waiting",
            "poll": "pipe_poll_waiting",
        }.items()
    },
    ("BaseProcess", "join"): "process_join_waiting",
    ("BaseProcess", "start"): "process_start_waiting",
    ("BaseProxy", "_callmethod"): "manager_called",
    ("ApplyResult", "wait"): "pool_result_waiting",
    ("ApplyResult", "get"): "pool_result_waiting",
    ("IMapIterator", "next"): "pool_result_waiting",
    ("Future", "result"): "pool_result_waiting",
    ("Future", "exception"): "pool_result_waiting",
    ("Pool", "join"): "pool_join_waiting",
    ("Pool", "terminate"): "pool_join_waiting",
    ("ProcessPoolExecutor", "shutdown"): "pool_join_waiting",
}
"""The kind of a wait by the class and the method that the thread is in."""

_ASKED = {
    "queue_get_waiting": QUEUES,
    "pipe_poll_waiting": ("Connection", "_ConnectionBase"),
    "event_waiting": ("Event",),
    "lock_waiting": LOCKS,
}
"""The types of the objects that can be asked, by what the questions stand for."""

_FOR_FUTURES = ("wait", "as_completed")
"""Functions that wait for several results."""

_AT_THE_END = ("queue_flush_waiting", "process_join_waiting")
"""Waits of a process whose own code has returned."""

_OUTERMOST = ("_bootstrap", "_exit_function")
"""The calls of multiprocessing's by which a process runs, and by which it ends. In a forked one, what is beyond them is
a copy of what its parent did.
"""

_RUN_A_TARGET = frozenset({"threading", "concurrent.futures.thread", *(f"{copy}.process" for copy in COPIES)})
"""Modules whose calls do no more than to run what they were given."""

_TYPE_IN_TOKEN = 32
"""In a Token of a manager's, whose slots are `address`, `id` and `typeid`."""

_NOTIFIES = "condition_notify_waiting"


@dataclass(frozen=True)
class Calls:
    """Reads the calls of the threads of one process."""

    objects: Objects
    classes: Classes
    shared: Shared
    library: str
    """The folder of Python's standard library."""

    def module(self, frame: Frame) -> str:
        """The name of the module whose code a frame runs."""
        return self.objects.text(self.objects.value(frame.names, "__name__")) or ""

    def is_program(self, frame: Frame) -> bool:
        """Whether it is code of the program's, or of a package that it uses."""
        module = self.module(frame)
        return not frame.file.startswith("<") and not is_internal(module) and module != "runpy"

    def at(self, frames: list[Frame]) -> Place | None:
        """Where in the program the thread stands: not beyond the call that runs a process."""
        nearest: Place | None = None
        for frame in frames:
            if frame.function in _OUTERMOST and not self.is_program(frame):
                break
            if self.is_program(frame):
                place = Place(frame.function, frame.file, frame.line)
                if not self._is_library(frame):
                    return place
                nearest = nearest or place
        return nearest

    def _is_library(self, frame: Frame) -> bool:
        """Whether it is code of Python's standard library."""
        return frame.file.startswith(f"{self.library}/") and "-packages/" not in frame.file

    def wait(self, frames: list[Frame]) -> SeenWait | None:
        """What a thread waits for; None: its calls do not show that."""
        found: SeenWait | None = None
        outer = 0
        for place, frame in enumerate(frames):
            if self.is_program(frame):
                break
            own = frame.variables.get("self", 0)
            role = self.classes.role(own) if own else ""
            kind = _CALLS.get((role, frame.function), "")
            if frame.function in _FOR_FUTURES and self.module(frame) == "concurrent.futures._base":
                kind = kind or "pool_result_waiting"
            if frame.function == "wait" and not kind:
                own = self._first_awaited(frame)
                kind = "pipe_poll_waiting" if own else ""
            if frame.function == "_finalize_join":
                found = SeenWait("queue_flush_waiting", self._flushed(frame))
            elif kind:
                outer = place + 1
                if found is not None and found.kind == _NOTIFIES:
                    kind = _NOTIFIES
                found = self._made(kind, own, frame, frames)
            if frame.function in _OUTERMOST:
                break
        if found is None and frames and frames[0].function == "wait" and self.module(frames[0]) == "threading":
            found = SeenWait("own_thread_waiting", timeout=self._timeout(frames[0]))
        if found is None:
            return None
        if found.kind == "process_start_waiting" and not found.child:
            return None
        at = self.at(frames)
        if at is None and found.kind not in _AT_THE_END and not self._is_target(frames[outer:]):
            return None  # a thread of multiprocessing's own, or an idle worker
        return replace(found, at=at)

    def _is_target(self, outer: list[Frame]) -> bool:
        """Whether a method of multiprocessing's is itself what a thread or process was given to run. `outer`: the calls
        that have led to it.
        """
        return bool(outer) and all(self.module(frame) in _RUN_A_TARGET for frame in outer)

    def _first_awaited(self, frame: Frame) -> int:
        """The first of the connections for which `connection.wait` waits for a while; 0: it waits for others, too."""
        if self._timeout(frame) is None or not self.module(frame).endswith(".connection"):
            return 0
        awaited = self.objects.items(frame.variables.get("object_list", 0))
        roles = {self.classes.role(each) for each in awaited}
        return awaited[0] if awaited and roles <= {"Connection", "_ConnectionBase"} else 0

    def is_internal_function(self, function: int) -> bool:
        """Whether a function is one of multiprocessing's own."""
        names = self.objects.function_globals(function)
        return is_internal(self.objects.text(self.objects.value(names, "__name__")) or "")

    def asks(self, pid: int, frames: list[Frame]) -> SeenWait | None:
        """What a thread asks for again and again that stands in a loop which does nothing else, or that it sleeps."""
        frame = next((frame for frame in frames if self.is_program(frame)), None)
        question = question_of(pid, frame.file, frame.line) if frame is not None else None
        if frame is None or question is None:
            return None
        at = Place(frame.function, frame.file, question.line)
        if not question.method:
            return SeenWait(SLEEP, timeout=0.0, at=at)
        first, *rest = question.variable
        address = frame.variables.get(first, 0) or self.objects.value(frame.names, first)
        for name in rest:
            address = self.objects.attribute(address, name)
        asked = self.objects.items(address) if question.each else [address]
        kind = ASKS[question.method]
        if kind == "process_polled":
            pids = [self._pid_of(each) for each in asked if self.classes.role(each) == "BaseProcess"]
            return SeenWait(kind, asked=tuple(pid for pid in pids if pid), timeout=0.0, at=at) if any(pids) else None
        found = [self.shared.add(each) for each in asked if self.classes.role(each) in _ASKED[kind]]
        return SeenWait(kind, found[0], timeout=0.0, at=at) if len(asked) == 1 and any(found) else None

    def _pid_of(self, process: int) -> int:
        """The PID of a process that was started; 0: it was not, or has ended, as far as is known."""
        popen = self.objects.attributes(self.objects.attribute(process, "_popen"))
        ended = self.objects.integer(popen.get("returncode", 0)) is not None
        return 0 if ended else self.objects.integer(popen.get("pid", 0)) or 0

    def importing(self, frames: list[Frame], others: Iterable[list[Frame]]) -> str | None:
        """The name of the module that a thread is just importing, the innermost one, if another one waits for that."""
        specs = (frame.variables.get("spec", 0) for frame in frames if _is_import(frame, "_load_unlocked"))
        name = next((self.objects.text(self.objects.attribute(spec, "name")) for spec in specs if spec), None)
        locks = (frame.variables.get("self", 0) for row in others for frame in row if _is_import(frame, "acquire"))
        return name if name in [self.objects.text(self.objects.attribute(lock, "name")) for lock in locks] else None

    def _being_started(self, frames: list[Frame]) -> int:
        """The PID of the child that is just being started."""
        started = (self.objects.attributes(frame.variables.get("self", 0)) for frame in frames)
        pids = (self.objects.integer(attributes.get("pid", 0)) for attributes in started)
        return next((pid for pid in pids if pid), 0)

    def _made(self, kind: str, own: int, frame: Frame, frames: list[Frame]) -> SeenWait:
        timeout = self._timeout(frame)
        if kind == "process_start_waiting":
            name = self.objects.text(self.objects.attributes(own).get("_name", 0)) or ""
            return SeenWait(kind, None, self._being_started(frames), timeout, child_name=name)
        if kind == "process_join_waiting":
            popen = self.objects.attributes(own).get("_popen", 0)
            pid = self.objects.integer(self.objects.attributes(popen).get("pid", 0)) if popen else None
            return SeenWait(kind, None, pid or 0, timeout, asked=(pid,) if pid and timeout is not None else ())
        if kind == "manager_called":
            method = self.objects.text(frame.variables.get("methodname", 0)) or "?"
            token = self.objects.attributes(own).get("_token", 0)
            called = self.objects.text(self.objects.memory.word(token + _TYPE_IN_TOKEN)) if token else None
            return SeenWait(kind, None, 0, None, call=(called or self.objects.type_name(own), method))
        return SeenWait(kind, self.shared.add(own) or None, 0, timeout)

    def _timeout(self, frame: Frame) -> float | None:
        value = frame.variables.get("timeout", 0)
        if not value or self.objects.is_none(value):
            return None
        return float(self.objects.integer(value) or 0)

    def _flushed(self, frame: Frame) -> int | None:
        """The queue whose thread is waited for, when a process ends."""
        thread = frame.variables.get("thread", 0)
        for address, identity in self.shared.queues():
            if thread and self.objects.attributes(address).get("_thread") == thread:
                return identity
        return None


def _is_import(frame: Frame, function: str) -> bool:
    """Whether it is this function of what imports modules."""
    return frame.function == function and frame.file == "<frozen importlib._bootstrap>"
