"""The feeder of a queue, its thread that writes into the pipe what was put; and what those who take find there."""

import threading
from functools import partial
from typing import Any

from procsim.tracer import explored
from procsim.tracer.watch.pipes import bytes_are_waiting, is_full
from procsim.wire.pipe import Clock

FEEDER_NS = 1_000_000_000
"""How long a put at a closed gate waits for its item to be written: the pipe may be full, or it cannot be pickled."""

_pause = threading.Event()  # never set; `time.sleep` is the program's
_PAUSE_SECONDS = 0.00005


def may_wait(queue: Any) -> bool:
    """Whether a `get` may wait now: the pipe is empty, or another process is reading, or one is writing a message.

    The writer may have been killed in the middle of a message, and then the rest never comes.
    """
    handle = queue._reader._handle
    if handle is None:
        return False
    return (
        queue._rlock._semlock._is_zero()
        or (queue._wlock is not None and queue._wlock._semlock._is_zero())  # None: Windows
        or not bytes_are_waiting(handle)
    )


def is_there(queue: Any) -> bool:
    """Whether a `get` takes an item now. Where the pipe is full, somebody waits there in the middle of his message."""
    if not may_wait(queue):
        return True
    is_read = queue._rlock._semlock._is_zero()
    return not is_read and bytes_are_waiting(queue._reader._handle) and is_full(queue._writer)


def comes(queue: Any) -> bool:
    """Whether an item that was put is there, or soon will be: its feeder may be about to write it."""
    deadline = Clock.now() + FEEDER_NS
    while not (found := is_there(queue)) and Clock.now() < deadline:
        _pause.wait(_PAUSE_SECONDS)
    return found


def wait_for_feeder(queue: Any, sent: int) -> None:
    """At a closed gate a `put` is done when a thread of the queue's, its feeder, has written the item into the pipe.

    Or when that is full: then the feeder waits until others have taken something, and the `put` does not.
    """
    deadline = Clock.now() + FEEDER_NS
    while (queue._buffer or queue._writer._procsim_sent == sent) and Clock.now() < deadline:
        if is_full(queue._writer):
            return
        _pause.wait(_PAUSE_SECONDS if explored.active else 10 * _PAUSE_SECONDS)


def ask_to_flush(thread: Any, identity: int) -> None:
    """Where this process is explored: wait until others have taken so much that its feeder can write the rest."""
    ends = partial(_will_end, thread)
    if explored.active and not ends():
        explored.ask("queue_flushed", identity, None, ends)


def _will_end(feeder: Any) -> bool:
    """Whether a feeder that was told to end does so: it does not where the pipe is full. It is given time to write."""
    deadline = Clock.now() + FEEDER_NS
    while feeder.is_alive():
        if is_full(feeder._procsim_writer) or Clock.now() > deadline:
            return False
        _pause.wait(_PAUSE_SECONDS)
    return True
