"""Queue, JoinableQueue, SimpleQueue.

`queue_put` is emitted when the item has got a place, before anybody can take it, and `queue_got` after it was taken: so
the put of an item always comes before its got. A place is one count of a semaphore inside the queue, and `put` acquires
it; so the events of `put` are emitted by that semaphore's `acquire`. The identity of a queue is that of the lock which
its readers share. That lock and the others inside keep their C methods.
"""

import os
import sys
import threading
import weakref
from collections import deque
from functools import partial
from types import ModuleType
from typing import Any

from procsim.tracer import explored, gate
from procsim.tracer.emit import VALUE, Waiting, emit, emit_again, emit_value, emit_waiting
from procsim.tracer.names import announce
from procsim.tracer.patching import Methods, on_restore, replace
from procsim.tracer.sites import (
    INTERNAL,
    OF_HELPER,
    OF_METHOD,
    call_site,
    caller,
    caller_through,
    is_internal,
    module_of,
)
from procsim.tracer.values import plain, type_name, value_of
from procsim.tracer.watch.conditions import belongs_to
from procsim.tracer.watch.feeders import ask_to_flush, comes, is_there, may_wait, wait_for_feeder
from procsim.tracer.watch.locks import as_flag, identity_of, keep_raw, waited_for
from procsim.tracer.watch.pipes import belong_to_a_queue, inode
from procsim.tracer.watch.tracebacks import is_a
from procsim.tracer.watch.uncaught import described, emit_call_raised

UNLIMITED = 32_767
"""A queue that so many items fit into is not used to keep processes in order. (An unlimited one has a larger limit.)"""

SITES_KEPT = 1_000
"""Of so many of the last puts into a queue the lines are kept, for items that cannot be sent."""


def patch_queues(module: ModuleType) -> None:
    """multiprocessing.queues."""
    Queue.replace_those_of(module.Queue, sentinel=module._sentinel)
    replace(module.Queue, "put", _traced_put(module.Queue.put))
    on_restore(_give_places_back)
    JoinableQueue.replace_those_of(module.JoinableQueue)
    replace(module.JoinableQueue, "put", _traced_put(module.JoinableQueue.put))
    replace(module, "is_exiting", _traced_is_exiting(module.is_exiting))
    SimpleQueue.replace_those_of(module.SimpleQueue)


def _announce(queue: Any, maxsize: int) -> None:
    """Announce a queue, where it is the program's own, and not part of a Pool or an executor."""
    frame = sys._getframe(1).f_back
    while frame is not None and frame.f_code.co_name == "__init__" and is_internal(frame):
        if frame.f_locals.get("self") is not queue:
            return
        frame = frame.f_back
    if frame is not None and module_of(frame) == "multiprocessing.context":
        frame = frame.f_back
    if call_site(frame) != INTERNAL:
        pipe = inode(queue._reader._handle)
        announce("queue_created", identity_of(queue._rlock), type_name(type(queue)), maxsize=maxsize, pipe=pipe)


# Putting -----------------------------------------------------------------------------------------------------


class _Putting(threading.local):
    """The `put` that this thread is in: (C semaphore of its places, identity, call site, value)."""

    now: tuple[Any, int, str | None, Any] | None = None


_putting = _Putting()


def _traced_put(original: Any) -> Any:
    """A `put` that has the queue's semaphore emit its events: see `_watch_places`."""

    def put(self: Any, obj: Any, block: Any = True, timeout: Any = None) -> None:
        at = caller_through("put_nowait")
        if at == INTERNAL:
            original(self, obj, block, timeout)
            return
        outer = _putting.now  # a signal handler may put something in the middle of another put
        _putting.now = (self._sem._semlock, identity_of(self._rlock), at, value_of(obj))
        sent = self._writer._procsim_sent
        try:
            original(self, obj, block, timeout)
        except BaseException as error:
            emit_call_raised("put", error, identity_of(self._rlock), at)
            raise
        finally:
            _putting.now = outer
        if gate.shared[0]:
            wait_for_feeder(self, sent)

    return put


def _watch_places(queue: Any) -> None:
    """Replace `queue._sem.acquire`, by which a `put` gets a place: events are emitted there."""
    raw = queue._sem._semlock
    sites: deque[str | None] = deque(maxlen=SITES_KEPT)
    vars(queue)["_procsim_sites"] = sites  # not by `setattr`, which may be the program's

    def acquire(block: Any = True, timeout: Any = None) -> Any:
        put = _putting.now
        if put is None or put[0] is not raw:
            return raw.acquire(block, timeout)
        _, identity, at, value = put
        block = as_flag(block)
        if gate.shared[0]:
            ready = (lambda: not raw._is_zero()) if block and timeout is None else None
            block = not gate.arrive_for_a_time("queue_put", identity, at, ready, value) and block
        kinds = ("queue_put_waiting", "queue_full")
        if not raw.acquire(False, timeout) and not waited_for(raw, kinds, identity, at, block, timeout, value=value):
            return False
        sites.append(at)
        try:
            emit_value("queue_put", identity, at, value)
        except BaseException:  # raised by a signal handler of the program: the item will not be put
            raw.release()
            raise
        return True

    queue._sem.acquire = acquire


# Whether it is empty ------------------------------------------------------------------------------------------


def _arrive_to_ask(queue: Any) -> None:
    """It may be a step to ask a queue."""
    if gate.has_step("queue_asked") and (at := caller(OF_HELPER)) != INTERNAL:
        gate.arrive("queue_asked", identity_of(queue._rlock), at)


def _emit_asked(queue: Any, empty: bool, counted: bool = False) -> None:
    """The program has asked whether a queue is empty. A loop may ask a million times: the third equal answer in turn,
    and those after it, are not emitted.
    """
    asked = (os.getpid(), empty)  # a forked process has what its parent was answered
    before, times = vars(queue).get("_procsim_asked", (None, 0))
    times = times + 1 if before == asked else 1
    if times > 2 or (at := caller(OF_HELPER)) == INTERNAL:
        return
    vars(queue)["_procsim_asked"] = (asked, times)
    emit("queue_asked", identity_of(queue._rlock), at, empty=empty, counted=counted)


# Items that cannot be sent -----------------------------------------------------------------------------------


def _emit_dropped(error: BaseException | None, item: Any, ends: bool = False) -> None:
    """The feeder of a queue, which is this thread, could not send an item; nor will it send those after it, if it
    `ends`.
    """
    thread = threading.current_thread()
    queue = next((queue for queue in list(_traced.values()) if queue._thread is thread), None)
    if queue is None or error is None or not queue._procsim_sites:  # a queue inside an executor, say
        return
    behind = sum(other is not Queue.real.sentinel for other in list(queue._buffer))
    at = queue._procsim_sites[-1 - behind] if behind < len(queue._procsim_sites) else None
    fields, _, _ = described(error)
    emit("queue_item_dropped", identity_of(queue._rlock), at, value=value_of(item), items=1 + behind * ends, **fields)


def _was_not_sent(error: Exception) -> bool:
    """Whether `put` of a SimpleQueue, which pickles by itself, has raised this before it had sent the item."""
    return is_a(error, OSError) or described(error)[0]["during"] == "sending"


def _traced_is_exiting(original: Any) -> Any:
    """The feeder asks this where an item could not be sent: at the end of its process it gives up without a word."""

    def is_exiting() -> Any:
        is_exiting = original()
        frame = sys._getframe(1)
        if is_exiting and frame.f_code.co_name == "_feed":
            _emit_dropped(sys.exc_info()[1], frame.f_locals.get("obj"), ends=True)
        return is_exiting

    return is_exiting


# The patches -------------------------------------------------------------------------------------------------


_traced: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
"""The queues of this process, by id."""


def _give_places_back() -> None:
    for queue in list(_traced.values()):
        keep_raw(queue._sem)
    _traced.clear()


class Queue(Methods):
    """multiprocessing.queues.Queue."""

    _procsim_asked_by = 0
    """The process that has called `get` here: from then on its gets may make room for others."""

    def __init__(self: Any, maxsize: int = 0, *, ctx: Any) -> None:
        Queue.real.__init__(self, maxsize, ctx=ctx)
        _traced[id(self)] = self
        belong_to_a_queue(self._reader, self._writer)
        _watch_places(self)
        size = plain(maxsize)
        _announce(self, size if type(size) is int and size > 0 else 0)

    def __setstate__(self: Any, state: Any) -> None:
        Queue.real.__setstate__(self, state)
        _traced[id(self)] = self
        keep_raw(self._rlock, self._wlock, self._sem)
        belong_to_a_queue(self._reader, self._writer)
        _watch_places(self)

    def get(self: Any, block: Any = True, timeout: Any = None) -> Any:
        at = caller_through("get_nowait")
        if at == INTERNAL:
            return Queue.real.get(self, block, timeout)
        identity, may_block = identity_of(self._rlock), block is True or plain(block)
        if self._procsim_asked_by != os.getpid():
            vars(self)["_procsim_asked_by"] = os.getpid()
            size = plain(self._maxsize)
            if type(size) is int and size < UNLIMITED:
                emit("queue_get_called", identity, at)
        if explored.active:
            may_block = may_block and timeout is None
            ready, looks = (partial(comes, self), partial(is_there, self)) if may_block else (None, None)
            if explored.ask("queue_got", identity, at, ready, looks=looks) and not may_block:
                comes(self)
            block = may_block
        elif gate.shared[0]:
            ready = partial(is_there, self) if may_block and timeout is None else None
            if gate.arrive_for_a_time("queue_got", identity, at, ready):
                block = may_block = False
        waiting = Waiting()
        if may_block and may_wait(self):
            emit_waiting("queue_get_waiting", identity, at, timeout)
        try:
            item = Queue.real.get(self, block, timeout)
        except BaseException:  # Empty, or what a signal handler of the program raised: the wait is over
            emit("queue_empty", identity, at, took=waiting.took())
            raise
        emit_value("queue_got", identity, at, item)
        return item

    def empty(self: Any) -> Any:
        _arrive_to_ask(self)
        empty = Queue.real.empty(self)
        _emit_asked(self, empty is True)
        return empty

    def qsize(self: Any) -> Any:
        _arrive_to_ask(self)
        size = Queue.real.qsize(self)
        _emit_asked(self, plain(size) == 0, counted=True)
        return size

    def _start_thread(self: Any) -> None:
        Queue.real._start_thread(self)
        self._thread._procsim_identity = identity_of(self._rlock)
        if explored.active:
            self._thread._procsim_writer = self._writer

    def cancel_join_thread(self: Any) -> None:
        at = caller()
        if at != INTERNAL:
            emit("queue_join_cancelled", identity_of(self._rlock), at)
        Queue.real.cancel_join_thread(self)

    @staticmethod
    def _on_queue_feeder_error(error: Any, item: Any) -> None:
        _emit_dropped(error, item)
        Queue.real._on_queue_feeder_error(error, item)

    @staticmethod
    def _finalize_join(reference: Any) -> None:
        thread = reference()
        identity = getattr(thread, "_procsim_identity", None)
        if identity is None or not thread.is_alive():
            Queue.real._finalize_join(reference)
            return
        emit_waiting("queue_flush_waiting", identity, None)
        try:
            ask_to_flush(thread, identity)
            Queue.real._finalize_join(reference)
        finally:  # Ctrl-C ends the wait, too
            emit("queue_flushed", identity)


class JoinableQueue(Methods):
    """multiprocessing.queues.JoinableQueue."""

    def __setstate__(self: Any, state: Any) -> None:
        JoinableQueue.real.__setstate__(self, state)
        keep_raw(self._unfinished_tasks)

    def task_done(self: Any) -> None:
        at = caller()
        if at != INTERNAL:
            identity = identity_of(self._rlock)
            gate.arrive("queue_task_done", identity, at)
            raises = self._unfinished_tasks._semlock._is_zero()
            emit("queue_task_done_refused" if raises else "queue_task_done", identity, at)
            belongs_to(self._cond, identity)
        JoinableQueue.real.task_done(self)

    def join(self: Any) -> None:
        at = caller()
        if at == INTERNAL:
            JoinableQueue.real.join(self)
            return
        identity, is_done = identity_of(self._rlock), self._unfinished_tasks._semlock._is_zero
        gate.arrive("queue_joined", identity, at, is_done)
        if not is_done():
            emit_waiting("queue_join_waiting", identity, at)
        try:
            JoinableQueue.real.join(self)
        except BaseException:  # raised by a signal handler of the program: the wait is over
            emit("wait_left", identity, at)
            raise
        emit("queue_joined", identity, at)


class SimpleQueue(Methods):
    """multiprocessing.queues.SimpleQueue."""

    def __init__(self: Any, *, ctx: Any) -> None:
        SimpleQueue.real.__init__(self, ctx=ctx)
        belong_to_a_queue(self._reader, self._writer)
        _announce(self, 0)

    def __setstate__(self: Any, state: Any) -> None:
        SimpleQueue.real.__setstate__(self, state)
        keep_raw(self._rlock, self._wlock)
        belong_to_a_queue(self._reader, self._writer)

    def empty(self: Any) -> Any:
        _arrive_to_ask(self)
        empty = SimpleQueue.real.empty(self)
        _emit_asked(self, empty is True)
        return empty

    def put(self: Any, obj: Any) -> None:
        if gate.shared[0] or not emit_again("queue_put", self._rlock._procsim_identity, VALUE, OF_METHOD, obj):
            at = caller()
            if at != INTERNAL:
                identity = identity_of(self._rlock)
                if gate.shared[0]:
                    gate.arrive("queue_put", identity, at, subject=value_of(obj))
                emit_value("queue_put", identity, at, obj)
                vars(self._writer)["_procsim_queue"] = identity
        try:
            SimpleQueue.real.put(self, obj)
        except Exception as error:
            if (at := caller()) != INTERNAL and _was_not_sent(error):
                emit("queue_put_failed", identity_of(self._rlock), at)
                emit_call_raised("put", error, identity_of(self._rlock), at)
            raise

    def get(self: Any) -> Any:
        waits = False
        if gate.shared[0] or may_wait(self):
            at = caller()
            if at != INTERNAL:
                identity = identity_of(self._rlock)
                gate.arrive("queue_got", identity, at, lambda: not may_wait(self))
                waits = may_wait(self)
                if waits:
                    emit_waiting("queue_get_waiting", identity, at)
        try:
            item = SimpleQueue.real.get(self)
        except BaseException:  # a signal handler of the program has raised, or the item cannot be unpickled
            if waits:
                emit("wait_left", identity, at)
            raise
        if not emit_again("queue_got", self._rlock._procsim_identity, VALUE, OF_METHOD, item):
            at = caller()
            if at != INTERNAL:
                emit_value("queue_got", identity_of(self._rlock), at, item)
        return item
