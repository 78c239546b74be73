"""The pools of one process: a Pool or a ProcessPoolExecutor, what is open in it, and which process works for it.

    objects of pools ──► SeenPool            frames of a worker ──► which pool it works for, and on what

A pool is told apart by the pipe through which its workers get tasks, which each of them has.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from procsim.attach.frames import Frame
from procsim.attach.look import SeenPool, SeenTask
from procsim.attach.objects import Objects
from procsim.attach.shared import Shared
from procsim.attach.waits import Calls

_OF_POOLS = 1 << 60
_POOLS = ("Pool", "ProcessPoolExecutor")
_WORK = ("worker", "_process_worker", "workloop")
"""The functions of their workers; the last one is billiard's."""
_HELPERS = {
    "_worker_handler": "workers",
    "_task_handler": "tasks",
    "_result_handler": "results",
    "_executor_manager_thread": "all",
}
"""What a thread of a pool is there for, by the attribute that has it."""


@dataclass(frozen=True)
class Pools:
    """Reads the pools of one process."""

    objects: Objects
    shared: Shared
    calls: Calls
    alive: frozenset[int]
    """The addresses of the Thread objects of its threads."""
    threads: Sequence[list[Frame]] = ()
    """The calls of each of them."""
    dropping: frozenset[int] = frozenset()
    """The addresses of the buffers of queues that have dropped an item: see `feeders`."""

    def seen(self, named: Iterable[tuple[int, str]]) -> Iterator[SeenPool]:
        """The pools among these objects, which have these names."""
        for address, name in named:
            role = self.calls.classes.role(address)
            if role in _POOLS:
                pool = self._pool(address, role, name)
                if pool is not None:
                    yield pool

    def identity(self, address: int) -> int:
        """The identity of a pool; 0: it has none, as an executor that has not begun to work."""
        attributes = self.objects.attributes(address)
        return self._of_queue(attributes.get("_inqueue", 0) or attributes.get("_call_queue", 0))

    def _of_queue(self, queue: int) -> int:
        attributes = self.objects.attributes(queue)
        end = self.shared.end_of(attributes.get("_reader", 0)) or self.shared.end_of(attributes.get("_writer", 0))
        return _OF_POOLS | end.inode if end is not None else 0

    def _pool(self, address: int, role: str, name: str) -> SeenPool | None:
        objects, attributes = self.objects, self.objects.attributes(address)
        identity = self.identity(address)
        if not identity:
            return None
        workers = objects.items(attributes.get("_pool", 0))
        workers += [value for _, value in objects.pairs(attributes.get("_processes", 0))]
        known = [objects.attributes(worker) for worker in workers]
        makers = [objects.integer(each.get("_parent_pid", 0)) for each in known]
        tasks, results = (
            self.shared.locks_of_queue(attributes.get(names[role == "Pool"], 0))
            for names in (("_call_queue", "_inqueue"), ("_result_queue", "_outqueue"))
        )
        gone = tuple(what for helper, what in _HELPERS.items() if self._is_gone(attributes.get(helper, 0)))
        failed = self._handed_to_callback(attributes) if "results" not in gone else []
        size = "_processes" if role == "Pool" else "_max_workers"
        most = "_maxtasksperchild" if role == "Pool" else "_max_tasks_per_child"
        return SeenPool(
            identity,
            role,
            name,
            made_by=next((maker for maker in makers if maker), 0),
            size=objects.integer(attributes.get(size, 0)) or 0,
            max_tasks=objects.integer(attributes.get(most, 0)),
            open=self._open(attributes),
            gone=gone,
            terminated=objects.text(attributes.get("_state", 0)) == "TERMINATE",
            reading=tasks.get("_rlock"),
            writing=results.get("_wlock"),
            not_sent=self._could_not_send(attributes),
            callback=next(iter(failed), ""),
            others_open=bool(failed) and self._open_results(attributes) > len(failed),
        )

    def _open(self, attributes: dict[str, int]) -> int:
        """How many tasks have been submitted whose results have not come."""
        objects, count = self.objects, 0
        for _, result in objects.pairs(attributes.get("_cache", 0)):
            left = objects.integer(objects.attributes(result).get("_number_left", 0))
            count += 1 if left is None else left
        return count + sum(1 for _ in objects.pairs(attributes.get("_pending_work_items", 0)))

    def _open_results(self, attributes: dict[str, int]) -> int:
        return sum(1 for _ in self.objects.pairs(attributes.get("_cache", 0)))

    def _handed_to_callback(self, attributes: dict[str, int]) -> list[str]:
        """The callbacks of the results that have come whole, were given to their callback, and not handed out.

        After a callback the thread marks the result as come, and forgets it, unless the callback has raised. If it has
        raised a KeyError, the thread goes on; nothing is known while a callback may still run.
        """
        objects, cache = self.objects, attributes.get("_cache", 0)
        if any(frame.function == "_set" and not self.calls.is_program(frame) for row in self.threads for frame in row):
            return []
        found = []
        for _, result in objects.pairs(cache):
            its = objects.attributes(result)
            left = objects.integer(its.get("_number_left", 0))
            success = objects.integer(its.get("_success", 0))
            callback = its.get("_callback" if success else "_error_callback", 0)
            if success is not None and "_value" in its and not left and not objects.is_none(callback):
                method, _ = objects.bound_to(callback)
                found.append(objects.function_name(method or callback) or objects.type_name(callback))
        return found

    def _could_not_send(self, attributes: dict[str, int]) -> bool:
        """Whether the thread that sends tasks shows that one could not be sent.

        That of a Pool keeps the number of such a task. It does so, too, after `imap`, whose last number it tells.
        """
        if self.objects.attributes(attributes.get("_call_queue", 0)).get("_buffer", 0) in self.dropping:
            return True
        rows = (frame for row in self.threads for frame in row if frame.function == "_handle_tasks")
        own = [frame.variables for frame in rows if frame.variables.get("cache") == attributes.get("_cache", -1)]
        return any(each.get("idx") and self.objects.is_none(each.get("set_length", 0)) for each in own)

    def _is_gone(self, thread: int) -> bool:
        """Whether a thread was started, and is not there any more in this process."""
        began = self.objects.integer(self.objects.attributes(thread).get("_ident", 0)) if thread else None
        return began is not None and thread not in self.alive

    # Workers -------------------------------------------------------------------------------------------------

    def task(self, frames: list[Frame]) -> tuple[int, SeenTask | None]:
        """The identity of the pool that a process works for (0: for none), and what it works on."""
        for place, frame in enumerate(frames):
            if frame.function in _WORK and not self.calls.is_program(frame):
                queue = frame.variables.get("inqueue", 0) or frame.variables.get("call_queue", 0)
                queue = queue or self.objects.attribute(frame.variables.get("self", 0), "inq")
                identity = self._of_queue(queue)
                if identity:
                    inner = next((each for each in frames[place - 1 :: -1] if self.calls.is_program(each)), None)
                    return identity, SeenTask(inner.function) if place and inner is not None else None
        return 0, None

    def failed(self, frames: list[Frame]) -> str:
        """The type of the exception of the last task that has raised one: a worker of an executor keeps that."""
        for frame in frames:
            if frame.function == "_process_worker" and not self.calls.is_program(frame):
                return self.objects.type_name(self.objects.attribute(frame.variables.get("exc", 0), "exc"))
        return ""

    def any_among(self, named: Iterable[tuple[int, str]]) -> bool:
        """Whether one of these objects is a pool."""
        return any(self.calls.classes.role(address) in _POOLS for address, _ in named)

    def awaited(self, frames: list[Frame], named: Iterable[tuple[int, str]]) -> int:
        """The address of the pool whose result a thread waits for; 0: not known."""
        library = [frame for frame in frames if not self.calls.is_program(frame)]
        results = {value for frame in library for value in frame.variables.values()}
        results |= {member for several in results for member in self.objects.members(several)}
        for address, _ in named:
            if self.calls.classes.role(address) not in _POOLS:  # each result, too, refers to the others
                continue
            attributes = self.objects.attributes(address)
            for _, result in self.objects.pairs(attributes.get("_cache", 0)):
                if result in results:
                    return address
            for _, item in self.objects.pairs(attributes.get("_pending_work_items", 0)):
                if self.objects.attributes(item).get("future", 0) in results:
                    return address
        return 0

    def helper(self, frames: list[Frame], pool: int) -> str | None:
        """What a thread is there for, if it is one of that pool's own; else None."""
        threads = {frame.variables.get("self", 0) for frame in frames}
        own = self.objects.attributes(pool)
        return next((what for name, what in _HELPERS.items() if own.get(name, 0) in threads - {0}), None)
