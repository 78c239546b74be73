"""In a worker of a pool: which task it takes, what that raises, and when it answers.

    pool_worker_began ──► pool_initializer_began ──► pool_initializer_ended ──► pool_task_began ──► pool_task_ended ─┐
                                                                                  ▲                                  │
                                                                                  └──────────────────────────────────┘

A worker is known by the function that it runs. Its two queues are replaced, of this process alone.
"""

import sys
from collections.abc import Callable
from functools import partial
from types import FunctionType
from typing import Any

from procsim.tracer import explored
from procsim.tracer.emit import emit, emit_again
from procsim.tracer.patching import on_restore, untraced
from procsim.tracer.values import function_name, own, plain_function, type_name
from procsim.tracer.watch.locks import identity_of
from procsim.tracer.watch.pipes import bytes_are_waiting
from procsim.tracer.watch.processes import emit_failed, when_process_begins, when_process_returns
from procsim.tracer.watch.results import lock_inside
from procsim.tracer.watch.tracebacks import text_shown_of
from procsim.tracer.watch.uncaught import ERROR_LIMIT, frames_of, operation_of, origin_of, plain_text_of
from procsim.wire.places import short_path

TASK = ("job", "task", "items", "function")

Describe = Callable[[Any], tuple[Any, int, int, int]]
"""Of an item that a worker took: the function of the program's that it calls; `job`, `task` and `items`."""

_workers: list[tuple[Any, Describe]] = []
"""The functions that worker processes run, and how their items are described."""


def expect_workers(target: Any, describe: Describe) -> None:
    """Watch each process that runs `target` with a queue of tasks and one of results."""
    if not _workers:
        when_process_begins(_watch_worker)
        on_restore(_workers.clear)
    _workers.append((target, describe))


def _watch_worker(process: Any) -> None:
    for target, describe in _workers:
        if process._target is target and len(process._args) > 2 and all(map(lock_inside, process._args[:2])):
            tasks, results, initializer, *others = process._args
            if initializer is not None:
                process._args = (tasks, results, Initializer(initializer, identity_of(tasks._rlock)), *others)
            _WorkerOfQueues(tasks, results, describe).begin()


class Initializer:
    """What a worker of a pool calls first. If it raises, or ends the process, a Pool starts another worker; an executor
    logs the exception, and breaks."""

    def __init__(self, function: Any, pool: int) -> None:
        self._function, self._pool = function, pool

    def __call__(self, *args: Any) -> None:
        name = function_name(self._function)
        emit("pool_initializer_began", self._pool, _place_of(self._function), function=name)
        try:
            self._function(*args)
        except BaseException as error:
            emit_failed(error, ("initializing", name, None))
            raise
        emit("pool_initializer_ended", self._pool)


def _place_of(function: Any) -> str | None:
    """The line where a function is defined."""
    function = plain_function(function)
    if type(function) is not FunctionType:
        return None
    return f"{short_path(function.__code__.co_filename)}:{function.__code__.co_firstlineno}"


def _text_of(error: BaseException) -> str:
    return text_shown_of(error)[:ERROR_LIMIT] or plain_text_of(error)


class Worker:
    """This process, which works for a pool: which task it takes, what that raises, and when it is done."""

    def __init__(self, pool: int) -> None:
        self._pool = pool
        self._taken: tuple[Any, ...] | None = None

    def begin(self) -> None:
        """Emit that it works."""
        global _worker
        _worker = self
        emit("pool_worker_began", self._pool)
        when_process_returns(self._returns)

    def take(self, function: Any, job: int, task: int, items: int) -> None:
        """It begins a task."""
        self._taken = (job, task, items, function_name(function))
        self._emit_task("pool_task_began", _place_of(function))

    def answer(self) -> None:
        """The task is done: its result, or its exception, is sent now."""
        if self._taken is not None:
            self._emit_task("pool_task_ended", None)
            self._taken = None

    def emit_raised(self, error: BaseException, trace: Any) -> None:
        """The task raised."""
        if self._taken is not None:
            job, _, _, function = self._taken
            frames = frames_of(error, trace)
            emit(
                "pool_task_raised",
                self._pool,
                origin_of(frames),
                job=job,
                function=function,
                type=type_name(type(error)),
                text=_text_of(error),
                during=operation_of(error, [frame for frame, _ in frames])[0],
            )

    def _returns(self) -> None:
        """In the middle of a task, that is by SystemExit, which no worker catches."""
        error = sys.exc_info()[1]
        if error is not None:
            self.emit_raised(error, None)

    def _emit_task(self, kind: str, at: str | None) -> None:
        if not emit_again(kind, self._pool, TASK, 0, self._taken, at):
            fields: dict[str, Any] = dict(zip(TASK, self._taken or (), strict=True))
            emit(kind, self._pool, at, **fields)


class _WorkerOfQueues(Worker):
    """One that takes tasks from a queue, and answers through another: right before it sends a result, the task is done.

    If the result cannot be pickled, an error is sent instead of it, so there is one send for each task.
    """

    def __init__(self, tasks: Any, results: Any, describe: Describe) -> None:
        super().__init__(identity_of(tasks._rlock))
        self._tasks, self._results = tasks, results
        self._describe = describe
        self._get, self._send_bytes = untraced(tasks.get), untraced(results._writer.send_bytes)

    def begin(self) -> None:
        """Replace what is called for each task, too."""
        super().begin()
        self._tasks._reader.recv_bytes = untraced(self._tasks._reader.recv_bytes)
        self._tasks.get = self._take
        self._put = untraced(self._results.put)
        # A queue of another package's may have a `put` that sends by what it has found in its pipe before.
        self._results.put = self._answer if own(self._results, "put") else self._put
        if explored.active:
            self._is_sending = False
            self._results.put = self._note_answer
        self._results._writer.send_bytes = self._send

    def _note_answer(self, answer: Any) -> None:
        """Send what a worker has to say, where the program is explored: of a Pool's it is (job, number of the task,
        (whether it succeeded, result)). Before it waits for the lock of those who send."""
        if self._taken is not None and not self._is_sending:  # it comes again, where its result cannot be pickled
            self._is_sending = True
            more = (*self._taken[:2], type(answer) is not tuple or bool(answer[2][0]))
            explored.ask("pool_task_ended", self._pool, None, lambda: True, self._taken[3], more)
        self._put(answer)
        self._is_sending = False

    def _take(self, *args: Any, **kwargs: Any) -> Any:
        if explored.active:
            looks = partial(bytes_are_waiting, self._tasks._reader._handle)
            explored.ask("pool_task_began", self._pool, None, lambda: True, looks=looks)
        try:
            item = self._get(*args, **kwargs)
        except BaseException as error:
            self._emit_unread(error)
            raise
        if item is not None:  # None: there is no more work
            self.take(*self._describe(item))
        return item

    def _emit_unread(self, error: BaseException) -> None:
        """No task could be taken. Only if that was in unpickling one, the task is lost, and nobody is told."""
        frames = frames_of(error)
        if operation_of(error, [frame for frame, _ in frames])[0] in ("receiving", "asking"):  # "asking": a manager
            emit("pool_task_unread", self._pool, origin_of(frames), type=type_name(type(error)), text=_text_of(error))

    def _send(self, *args: Any, **kwargs: Any) -> None:
        self.answer()
        self._send_bytes(*args, **kwargs)

    def _answer(self, *args: Any, **kwargs: Any) -> None:
        self.answer()
        self._put(*args, **kwargs)


_worker: Worker | None = None
"""This process, where it works for a pool."""


def this_worker() -> Worker | None:
    """This process, where it works for a pool."""
    return _worker


def emit_task_raised(error: BaseException, trace: Any = None) -> None:
    """The task of this process has raised, if it works for a pool."""
    if _worker is not None:
        _worker.emit_raised(error, trace)
