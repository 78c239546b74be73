"""The Python of one process: what its objects and the calls of its threads add to what the system shows of it.

memory, by its interpreter ──► Python ──► SeenProcess with names, waits, holds, objects, pools, children
"""

import platform
import signal
from collections.abc import Iterator
from dataclasses import replace

from procsim.attach import system
from procsim.attach.classes import COPIES, Classes
from procsim.attach.feeders import dropped_from
from procsim.attach.frames import Frame, threads_of
from procsim.attach.handlers import handles_interrupts
from procsim.attach.interpreter import Interpreter
from procsim.attach.look import CutOff, File, Hold, Place, SeenChild, SeenDrop, SeenProcess, SeenThread, SeenWait
from procsim.attach.names import named_objects
from procsim.attach.pools import Pools
from procsim.attach.semaphores import Semaphores
from procsim.attach.shared import Shared
from procsim.attach.system import SystemProcess
from procsim.attach.values import values_of
from procsim.attach.waits import Calls
from procsim.wire.identities import MAIN_THREAD

INTERRUPT = 1 << signal.SIGINT - 1
"""SIGINT among the signals that a process has handlers for."""


class Python:
    """What the interpreter of one process adds."""

    def __init__(
        self,
        process: SystemProcess,
        semaphores: Semaphores,
        interpreter: Interpreter,
        peers: dict[int, int],
        values: bool,
    ) -> None:
        self._process = process
        self._with_values = values
        self._semaphores = semaphores
        self._interpreter = interpreter
        self._objects = interpreter.objects
        self._classes = Classes(interpreter)
        self._shared = Shared(self._objects, self._classes, semaphores, process.descriptors, peers)
        library = (self._objects.text(self._of_module("os", "__file__")) or "").rpartition("/")[0]
        self._calls = Calls(self._objects, self._classes, self._shared, library)
        self._states = list(threads_of(interpreter, set(process.threads), platform.machine()))
        alive = (thread for _, thread in self._objects.pairs(self._of_module("threading", "_active")))
        calls = [state.frames for state in self._states]
        self._dropped = dropped_from(self._objects, calls)
        self._pools = Pools(self._objects, self._shared, self._calls, frozenset(alive), calls, frozenset(self._dropped))
        self._named: list[tuple[int, str]] = []
        """The objects of multiprocessing's that the variables of the program lead to, other than processes."""
        self._process_modules = [found for copy in COPIES if (found := self._module(f"{copy}.process"))]
        self._current = self._current_process()

    def added_to(self, seen: SeenProcess) -> SeenProcess:
        """The process, with all that can be read of its Python."""
        shared, interpreter = self._shared, self._interpreter
        found = list(named_objects(self._objects, self._classes, self._variables()))
        started = {address for address, _ in found if self._classes.role(address) == "BaseProcess"}
        self._named = named = [row for row in found if row[0] not in started]
        shared.add_all(named)
        shared.add_all((address, "") for address in self._registered())
        threads = self._threads(seen)
        server = self._server()
        main = next((state.frames for state in self._states if state.number == seen.pid), [])
        works_for, task = self._pools.task(main)
        current = self._objects.attributes(self._current)
        name = self._objects.text(current.get("_name", 0))
        is_own_name = bool(name) and self._is_own(current)
        return replace(
            seen,
            name=name or "MainProcess",
            is_own_name=is_own_name,
            is_forkserver=seen.is_forkserver and not is_own_name,  # what it has forked outlives it
            daemon=self._is_daemon(current),
            handles_interrupts=bool(seen.caught & INTERRUPT) and handles_interrupts(interpreter),
            threads=threads,
            python=interpreter.version,
            is_manager=server is not None,
            is_public=server is not None and not self._is_private(server),
            holds=tuple(self._holds()),
            objects=tuple(shared.found.values()),
            semaphores=self._semaphores.seen(shared.semlocks),
            inner=frozenset(shared.inner),
            unread=frozenset(self._semaphores.files - shared.semlocks.keys()),
            dropped=tuple(self._drops()),
            pools=tuple(self._pools.seen(named)),
            works_for=works_for,
            task=task,
            failed=self._pools.failed(main),
            children=tuple(self._children(started)),
            children_made=sum(filter(None, self._children_made())),
            not_started=tuple(sorted(self._not_started(started))),
            cut_off=tuple(self._cut_off()) if seen.was_forked else (),
            last_exit_code=self._last_exit_code() if seen.is_forkserver else None,
        )

    def _module(self, name: str) -> dict[str, int]:
        return self._objects.attributes(self._interpreter.modules.get(name, 0))

    def _of_module(self, name: str, variable: str) -> int:
        """The address of one of its variables; 0: there is none."""
        return self._objects.attribute(self._interpreter.modules.get(name, 0), variable)

    def _current_process(self) -> int:
        """The object of this process: that of the copy of multiprocessing that has begun it; 0: it has none."""
        found = [module.get("_current_process", 0) for module in self._process_modules]
        begun = [process for process in found if self._objects.type_name(process) != "_MainProcess"]
        return next(iter(begun or found), 0)

    def _is_own(self, process: dict[str, int]) -> bool:
        """Whether this process was begun by multiprocessing: it is no main process, nor was it forked from another one
        by the program itself.
        """
        parent = self._objects.integer(process.get("_parent_pid", 0))
        return parent is not None and (parent == self._process.parent or not system.was_forked(self._process))

    def _is_daemon(self, process: dict[str, int]) -> bool:
        config = self._objects.named(process.get("_config", 0))
        return self._objects.integer(config.get("daemon", 0)) == 1

    def _server(self) -> int | None:
        """The server of a manager, where this process is one."""
        frames = (frame for state in self._states for frame in state.frames if frame.function == "serve_forever")
        servers = (frame.variables.get("self", 0) for frame in frames)
        return next((server for server in servers if self._classes.role(server) == "Server"), None)

    def _is_private(self, server: int) -> bool:
        """Whether a manager has an address that multiprocessing has chosen: in its own folder for what is temporary."""
        address = self._objects.text(self._objects.attributes(server).get("address", 0)) or ""
        config = self._objects.named(self._objects.attributes(self._current).get("_config", 0))
        folder = self._objects.text(config.get("tempdir", 0))
        return bool(folder) and address.rpartition("/")[0] == folder

    # Names ---------------------------------------------------------------------------------------------------

    def _variables(self) -> Iterator[tuple[str, int]]:
        """The variables of the program: of its main module, of its calls, outer ones first, and the arguments of its
        process.
        """
        frames = [frame for state in self._states for frame in state.frames[::-1] if self._calls.is_program(frame)]
        for module in ("__main__", "__mp_main__"):
            yield from _public(self._module(module))
        for frame in frames:
            yield from _public(frame.variables)
        for frame in frames:
            yield from _public(self._objects.named(frame.names))
        yield from self._arguments(self._objects.attributes(self._current))
        for state in self._states:
            for frame in state.frames:
                yield from (("", value) for value in frame.variables.values())

    def _arguments(self, process: dict[str, int]) -> Iterator[tuple[str, int]]:
        """What a process was given, by the names of the parameters of the function that it runs."""
        if self._calls.is_internal_function(process.get("_target", 0)):  # a worker of a pool, say
            return
        names = self._objects.parameters(process.get("_target", 0))
        yield from zip(names, self._objects.items(process.get("_args", 0)), strict=False)
        yield from self._objects.named(process.get("_kwargs", 0)).items()
        yield from ((name, value) for name, value in process.items() if not name.startswith("_"))

    def _registered(self) -> Iterator[int]:
        """All objects of multiprocessing's that were made in this process, or in one that it was forked from."""
        for copy in COPIES:
            registry = self._objects.attributes(self._of_module(f"{copy}.util", "_afterfork_registry"))
            for _, reference in self._objects.pairs(registry.get("data", 0)):
                address = self._objects.referent(reference)
                if address and not self._objects.is_none(address):
                    yield address

    # Threads -------------------------------------------------------------------------------------------------

    def _threads(self, seen: SeenProcess) -> dict[int, SeenThread]:
        names = self._thread_names()
        found = dict(seen.threads)
        for state in self._states:
            thread = found[state.number]
            name = MAIN_THREAD if state.number == seen.pid else names.get(state.ident, thread.name)
            stack = tuple(map(self._place, state.frames))
            wait, place = self._wait(thread, state.frames), self._calls.at(state.frames)
            poll = self._poll(thread, state.frames)
            found[state.number] = replace(
                thread, name=name, wait=wait, poll=poll, place=place, stack=stack, runs_python=True
            )
        return found

    def _place(self, frame: Frame) -> Place:
        values = values_of(self._objects, frame.variables) if self._with_values else ()
        return Place(frame.function, frame.file, frame.line, values)

    def _thread_names(self) -> dict[int, str]:
        """The names of the threads, each its own, by their idents."""
        found: dict[int, str] = {}
        for key, thread in self._objects.pairs(self._of_module("threading", "_active")):
            ident = self._objects.integer(key)
            name = self._objects.text(self._objects.attributes(thread).get("_name", 0))
            if ident is not None and name:
                found[ident] = f"{name}-{ident % 10_000}" if name in found.values() else name
        return found

    def _cut_off(self) -> Iterator[CutOff]:
        """The threads that ran when this process was forked, or one that it comes from: those that have not ended.

        threading forgets that they run, and keeps their objects. One that has returned has forgotten what it ran; of
        one with a `run` of its own that is not to be seen.
        """
        dangling = self._objects.attributes(self._of_module("threading", "_dangling"))
        active = {thread for _, thread in self._objects.pairs(self._of_module("threading", "_active"))}
        for reference in self._objects.members(dangling.get("data", 0)):
            thread = self._objects.referent(reference)
            attributes = self._objects.attributes(thread) if thread not in active else {}
            number = self._objects.integer(attributes.get("_native_id", 0))
            target = attributes.get("_target", 0)
            if number and target and not self._objects.is_none(target):
                yield CutOff(number, self._objects.text(attributes.get("_name", 0)) or "?")

    def _wait(self, thread: SeenThread, frames: list[Frame]) -> SeenWait | None:
        """What it waits for: by its calls; where these do not show it, by the semaphore that it stands at."""
        if thread.blocked is None:
            return None
        wait = self._calls.wait(frames)
        if wait is not None and wait.kind == "pool_result_waiting":
            pool = self._pools.awaited(frames, self._named)
            identity = self._pools.identity(pool) if pool else 0
            helper = self._pools.helper(frames, pool) if identity else None
            if not self._pools.any_among(self._named):  # such as of a ThreadPoolExecutor
                return replace(wait, kind="own_thread_waiting")
            importing = self._calls.importing(frames, (state.frames for state in self._states))
            return replace(wait, object=identity or None, helper=helper, importing=importing)
        if wait is not None and wait.kind == "pool_join_waiting":
            pool = next((own for frame in frames if self._pools.identity(own := frame.variables.get("self", 0))), 0)
            importing = self._calls.importing(frames, (state.frames for state in self._states))
            return replace(wait, object=self._pools.identity(pool) or None, importing=importing)
        if thread.semaphore is None:
            return wait if wait is None or wait.kind != "lock_waiting" else None
        owner = next(
            (each for each in self._shared.found.values() if each.semaphore == thread.semaphore and not each.pipe), None
        )
        if owner is not None and owner.type != "Event" and wait is None:
            return SeenWait("lock_waiting", owner.identity, at=self._calls.at(frames))
        return wait

    def _poll(self, thread: SeenThread, frames: list[Frame]) -> SeenWait | None:
        """What it waits for with a time limit."""
        if thread.blocked is not None and thread.blocked.how != "timed":
            return None
        wait = self._calls.wait(frames)
        if wait is not None:
            return wait if wait.timeout is not None else None
        if thread.blocked is None:
            return self._calls.asks(self._process.pid, frames)
        wait = self._wait(thread, frames)
        return replace(wait, timeout=0.0) if wait is not None and wait.kind == "lock_waiting" else None

    # Locks, children -----------------------------------------------------------------------------------------

    def _holds(self) -> Iterator[Hold]:
        numbers = {state.ident: state.number for state in self._states}
        entered = {
            (state.number, self._semaphore_of(own))
            for state in self._states
            for frame in state.frames
            for own in frame.entered
        }
        for file, semlock in self._shared.semlocks.items():
            if semlock.acquired:
                thread = numbers.get(semlock.ident, 0) if semlock.acquired > 0 else 0
                yield Hold(file, semlock.acquired, thread, (thread, file) in entered)

    def _drops(self) -> Iterator[SeenDrop]:
        for queue, identity in self._shared.queues():
            value, place = self._dropped.get(self._objects.attributes(queue).get("_buffer", 0), ("", 0))
            if value:
                yield SeenDrop(identity, value, self._states[place].number)

    def _semaphore_of(self, own: int) -> File | None:
        """The semaphore of a lock, or of the lock of a condition."""
        lock = self._objects.attributes(own).get("_lock", 0) if self._classes.role(own) == "Condition" else own
        return self._shared.semaphore_of(lock)

    def _children_made(self) -> list[int | None]:
        """How many processes this one has made, by each copy of multiprocessing; None: that is not known."""
        return [self._objects.items_counted(module.get("_process_counter", 0)) for module in self._process_modules]

    def _own(self, processes: set[int]) -> Iterator[dict[str, int]]:
        """The attributes of those of these objects of processes that were made here."""
        if not any(made or made is None for made in self._children_made()):
            return  # a forked process has the objects of all that its parent has started, too: those are not read
        for child in processes:
            if self._objects.integer(self._objects.attribute(child, "_parent_pid")) == self._process.pid:
                yield self._objects.attributes(child)

    def _last_exit_code(self) -> int | None:
        """Of a forkserver: the exit code that it has sent last to who has started the process."""
        frames = (frame for state in self._states for frame in state.frames if frame.function == "main")
        codes = (frame.variables.get("returncode", 0) for frame in frames if not self._calls.is_program(frame))
        return next((self._objects.integer(code) for code in codes if code), None)

    def _not_started(self, processes: set[int]) -> Iterator[str]:
        """The names of the processes that this one has made and not started. A closed one was, and says so."""
        frames = (frame for state in self._states for frame in state.frames if frame.function == "start")
        starting = {frame.variables.get("self", 0) for frame in frames}
        for attributes in self._own(processes - {self._current} - starting):
            closed = self._objects.integer(attributes.get("_closed", 0))
            if self._objects.is_none(attributes.get("_popen", 0)) and closed == 0:
                yield self._objects.text(attributes.get("_name", 0)) or "?"

    def _children(self, started: set[int]) -> Iterator[SeenChild]:
        """The processes that this one has started; `started`: the objects of processes that were found."""
        for module in self._process_modules:
            started = started | {*self._objects.members(module.get("_children", 0))}
        for attributes in self._own(started):
            popen = self._objects.attributes(attributes.get("_popen", 0))
            pid = self._objects.integer(popen.get("pid", 0))
            if pid:
                yield SeenChild(
                    pid,
                    self._objects.text(attributes.get("_name", 0)) or "",
                    self._is_daemon(attributes),
                    self._objects.integer(popen.get("returncode", 0)),
                )


def _public(variables: dict[str, int]) -> Iterator[tuple[str, int]]:
    """Variables without those that no person has named."""
    return ((name, value) for name, value in variables.items() if not name.startswith("__") and name != "self")
