"""Queue, JoinableQueue, SimpleQueue.

A `put` is said when it has got its place, before the item can be taken; a `got` after the item was taken: then a `put`
always comes before its `got`. The place is a semaphore inside the queue that `put` acquires, so that is where we look.
The identity of a queue is that of the lock which its readers share.
"""

import sys
import threading
import weakref
from types import ModuleType
from typing import Any

from procsim.tracer import gate
from procsim.tracer.emit import VALUE, Waiting, emit, emit_again, emit_value, emit_waiting, value_of
from procsim.tracer.names import announce
from procsim.tracer.patching import on_restore, replace
from procsim.tracer.sites import INTERNAL, call_site, caller, is_internal
from procsim.tracer.watch.locks import identity_of, keep_raw
from procsim.tracer.watch.pipes import belong_to_a_queue, bytes_are_waiting, inode
from procsim.wire.pipe import Clock

FEEDER_NS = 1_000_000_000
"""So long a put at a closed gate waits for its item to be written: the pipe may be full, or it cannot be pickled."""

_pause = threading.Event()  # never set; `time.sleep` is the program's


class _Putting(threading.local):
    """The `put` that this thread is in: (C semaphore of its places, identity, call site, value)."""

    now: tuple[Any, int, str | None, Any] | None = None


_putting = _Putting()


def patch_queues(module: ModuleType) -> None:
    """multiprocessing.queues."""
    _patch_queue(module)
    _patch_joinable_queue(module)
    _patch_simple_queue(module)


def _may_wait(queue: Any) -> bool:
    """Whether a `get` may wait now: the pipe is empty, or another process is reading, or one is writing a message.

    Who writes may have been killed in the middle, and then the rest never comes.
    """
    handle = queue._reader._handle
    if handle is None:
        return False
    return (
        queue._rlock._semlock._is_zero()
        or (queue._wlock is not None and queue._wlock._semlock._is_zero())  # None: Windows
        or not bytes_are_waiting(handle)
    )


def _watch_places(queue: Any) -> None:
    """Have `queue._sem` say what `put` meets there."""
    raw = queue._sem._semlock

    def acquire(block: Any = True, timeout: Any = None) -> Any:
        put = _putting.now
        if put is None or put[0] is not raw:
            return raw.acquire(block, timeout)
        _, identity, at, value = put
        if gate.shared[0]:
            ready = (lambda: not raw._is_zero()) if block and timeout is None else None
            gate.arrive("queue_put", identity, at, ready, subject=value)
        if not raw.acquire(False, timeout):
            waiting = Waiting()
            acquired = False
            try:
                if block:
                    emit_waiting("queue_put_waiting", identity, at, timeout, value=value)
                    acquired = raw.acquire(block, timeout)
            finally:  # it also ends when a signal handler of the program raises
                if not acquired:
                    emit("queue_full", identity, at, took=waiting.took())
            if not acquired:
                return False
        try:
            emit_value("queue_put", identity, at, value)
        except BaseException:  # raised by a signal handler of the program: the item will not be put
            raw.release()
            raise
        return True

    queue._sem.acquire = acquire


def _traced_put(original: Any) -> Any:
    def put(self: Any, obj: Any, block: Any = True, timeout: Any = None) -> None:
        at = caller()
        if at == INTERNAL and sys._getframe(1).f_code.co_name == "put_nowait":
            at = call_site(sys._getframe(1).f_back)
        if at == INTERNAL:
            original(self, obj, block, timeout)
            return
        outer = _putting.now  # a signal handler that puts something, in the middle of another put
        _putting.now = (self._sem._semlock, identity_of(self._rlock), at, value_of(obj))
        sent = self._writer._procsim_sent
        try:
            original(self, obj, block, timeout)
        finally:
            _putting.now = outer
        if gate.shared[0]:
            _wait_for_feeder(self, sent)

    return put


def _wait_for_feeder(queue: Any, sent: int) -> None:
    """At a closed gate an item is put when it is in the pipe; a thread of the queue's writes it there."""
    deadline = Clock.now() + FEEDER_NS
    while (queue._buffer or queue._writer._procsim_sent == sent) and Clock.now() < deadline:
        _pause.wait(0.0005)


def _patch_queue(module: ModuleType) -> None:
    Queue = module.Queue  # noqa: N806
    init, setstate, get = Queue.__init__, Queue.__setstate__, Queue.get
    start_thread, finalize_join = Queue._start_thread, Queue._finalize_join
    traced: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()

    def __init__(self: Any, maxsize: int = 0, *, ctx: Any) -> None:  # noqa: N807
        init(self, maxsize, ctx=ctx)
        traced[id(self)] = self
        belong_to_a_queue(self._reader, self._writer)
        _watch_places(self)
        if _made_by_program(self):
            limit = maxsize if maxsize and maxsize > 0 else 0
            _announce(self, limit)

    def __setstate__(self: Any, state: Any) -> None:  # noqa: N807
        setstate(self, state)
        traced[id(self)] = self
        keep_raw(self._rlock, self._wlock, self._sem)
        belong_to_a_queue(self._reader, self._writer)
        _watch_places(self)

    def traced_get(self: Any, block: Any = True, timeout: Any = None) -> Any:
        at = caller()
        if at == INTERNAL and sys._getframe(1).f_code.co_name == "get_nowait":
            at = call_site(sys._getframe(1).f_back)
        if at == INTERNAL:
            return get(self, block, timeout)
        identity = identity_of(self._rlock)
        if gate.shared[0]:
            gate.arrive("queue_got", identity, at, (lambda: not _may_wait(self)) if block and timeout is None else None)
        waiting = Waiting()
        if block and _may_wait(self):
            emit_waiting("queue_get_waiting", identity, at, timeout)
        try:
            item = get(self, block, timeout)
        except BaseException:  # Empty, or what a signal handler of the program raised: the wait is over
            emit("queue_empty", identity, at, took=waiting.took())
            raise
        emit_value("queue_got", identity, at, item)
        return item

    def _start_thread(self: Any) -> None:
        start_thread(self)
        self._thread._procsim_identity = identity_of(self._rlock)

    def _finalize_join(reference: Any) -> None:
        thread = reference()
        identity = getattr(thread, "_procsim_identity", None)
        if identity is None or not thread.is_alive():
            finalize_join(reference)
            return
        emit_waiting("queue_flush_waiting", identity, None)
        finalize_join(reference)
        emit("queue_flushed", identity)

    def bind_again() -> None:
        for queue in list(traced.values()):
            keep_raw(queue._sem)

    on_restore(bind_again)
    replace(Queue, "__init__", __init__)
    replace(Queue, "__setstate__", __setstate__)
    replace(Queue, "put", _traced_put(Queue.put))
    replace(Queue, "get", traced_get)
    replace(Queue, "_start_thread", _start_thread)
    replace(Queue, "_finalize_join", staticmethod(_finalize_join))


def _announce(queue: Any, maxsize: int) -> None:
    pipe = inode(queue._reader._handle)
    announce("queue_created", identity_of(queue._rlock), type(queue).__name__, maxsize=maxsize, pipe=pipe)


def _made_by_program(queue: Any) -> bool:
    """Whether the queue that is being made is the program's own, not part of a Pool or an executor."""
    frame = sys._getframe(1).f_back
    while frame is not None and frame.f_code.co_name == "__init__" and is_internal(frame):
        if frame.f_locals.get("self") is not queue:
            return False
        frame = frame.f_back
    if frame is not None and frame.f_globals.get("__name__") == "multiprocessing.context":
        frame = frame.f_back
    return call_site(frame) != INTERNAL


def _patch_joinable_queue(module: ModuleType) -> None:
    JoinableQueue = module.JoinableQueue  # noqa: N806
    setstate, task_done, join = JoinableQueue.__setstate__, JoinableQueue.task_done, JoinableQueue.join

    def __setstate__(self: Any, state: Any) -> None:  # noqa: N807
        setstate(self, state)
        keep_raw(self._unfinished_tasks)

    def traced_task_done(self: Any) -> None:
        at = caller()
        if at != INTERNAL:
            if gate.shared[0]:
                gate.arrive("queue_task_done", identity_of(self._rlock), at)
            if self._unfinished_tasks._semlock._is_zero():  # then it raises ValueError
                emit("queue_task_done_refused", identity_of(self._rlock), at)
            else:
                emit("queue_task_done", identity_of(self._rlock), at)
        task_done(self)

    def traced_join(self: Any) -> None:
        at = caller()
        if at == INTERNAL:
            join(self)
            return
        identity = identity_of(self._rlock)
        if gate.shared[0]:
            gate.arrive("queue_joined", identity, at, self._unfinished_tasks._semlock._is_zero)
        if not self._unfinished_tasks._semlock._is_zero():
            emit_waiting("queue_join_waiting", identity, at)
        join(self)
        emit("queue_joined", identity, at)

    replace(JoinableQueue, "__setstate__", __setstate__)
    replace(JoinableQueue, "put", _traced_put(JoinableQueue.put))
    replace(JoinableQueue, "task_done", traced_task_done)
    replace(JoinableQueue, "join", traced_join)


def _patch_simple_queue(module: ModuleType) -> None:
    SimpleQueue = module.SimpleQueue  # noqa: N806
    init, setstate = SimpleQueue.__init__, SimpleQueue.__setstate__
    put, get = SimpleQueue.put, SimpleQueue.get

    def __init__(self: Any, *, ctx: Any) -> None:  # noqa: N807
        init(self, ctx=ctx)
        belong_to_a_queue(self._reader, self._writer)
        if _made_by_program(self):
            _announce(self, 0)

    def __setstate__(self: Any, state: Any) -> None:  # noqa: N807
        setstate(self, state)
        keep_raw(self._rlock, self._wlock)
        belong_to_a_queue(self._reader, self._writer)

    def traced_put(self: Any, obj: Any) -> None:
        if gate.shared[0] or not emit_again("queue_put", self._rlock._procsim_identity, VALUE, 2, obj):
            at = caller()
            if at != INTERNAL:
                identity = identity_of(self._rlock)
                if gate.shared[0]:
                    gate.arrive("queue_put", identity, at, subject=value_of(obj))
                emit_value("queue_put", identity, at, obj)
        put(self, obj)

    def traced_get(self: Any) -> Any:
        if gate.shared[0] or _may_wait(self):
            at = caller()
            if at != INTERNAL:
                identity = identity_of(self._rlock)
                if gate.shared[0]:
                    gate.arrive("queue_got", identity, at, lambda: not _may_wait(self))
                if _may_wait(self):
                    emit_waiting("queue_get_waiting", identity, at)
        item = get(self)
        if not emit_again("queue_got", self._rlock._procsim_identity, VALUE, 2, item):
            at = caller()
            if at != INTERNAL:
                emit_value("queue_got", identity_of(self._rlock), at, item)
        return item

    replace(SimpleQueue, "__init__", __init__)
    replace(SimpleQueue, "__setstate__", __setstate__)
    replace(SimpleQueue, "put", traced_put)
    replace(SimpleQueue, "get", traced_get)
