"""How many events a second come all the way, from a traced process that says them into the state that views draw?

    1, 2 or 8 writers ──► buffers, EventQueue ──► drain (procsim's thread) ──► arrivals ──► apply

The rival does less: a multiprocessing.Queue that carries the same tuples to a reader that only gets them. Each writer
says CYCLE over and over, the events of a process that waits for a lock, puts, gets and narrates. The clock runs at the
reader, from the word to begin until it has the last event.
"""

import gc
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from multiprocessing.process import BaseProcess
from typing import Any

from procsim.__main__ import NEW_OBJECTS_KEPT
from procsim.intake.decoder import Arrivals
from procsim.intake.drain import TICK_SECONDS, Drain
from procsim.intake.memory_reader import BufferReader
from procsim.state.apply import apply
from procsim.state.run_state import RunState
from procsim.tracer import emit
from procsim.tracer.watch import locks
from procsim.wire.pipe import EventQueue, EventQueueReader
from tests.bench.report import Figure, alternating, main

WRITER_COUNTS = (1, 2, 8)
EVENTS = 160_000
ROUNDS = 7
TARGET = 1.0
"""So many times the events a second of multiprocessing.Queue."""

LOCK, QUEUE = 1234567, 7654321
AT = "prodcons.py:41"
WAITS = {"timeout": None, "native_id": 1, "interruptible": False}
ENTERED = {"entered": True}
CYCLE: tuple[tuple[str, int | None, dict[str, Any]], ...] = (
    ("lock_waiting", LOCK, WAITS),
    ("lock_acquired", LOCK, ENTERED),
    ("queue_put", QUEUE, {"value": 4711}),
    ("lock_released", LOCK, {}),
    ("queue_get_waiting", QUEUE, WAITS),
    ("queue_got", QUEUE, {"value": 4711}),
    ("said", None, {"text": "consumes item {item}", "fields": {"item": 4711}}),
    ("queue_task_done", QUEUE, {}),
)
"""Kind, object and fields, in the order in which one process tells them."""

fork = multiprocessing.get_context("fork")


def put_many(put: Callable[[Any], object], name: str, cycles: int, ready: Any, begin: Any) -> None:
    """A writer."""
    emit.ask_who_we_are()  # it was forked; the rival does not mind
    pid = os.getpid()
    ready.wait()
    begin.wait()
    for _ in range(cycles):
        for kind, identity, fields in CYCLE:
            put((time.monotonic_ns(), kind, pid, name, "MainThread", identity, AT, fields))


def events_per_second(put: Callable[[Any], object], take: Callable[[int], None], writer_count: int) -> float:
    """Of one run: `take` takes so many events."""
    cycles = EVENTS // writer_count // len(CYCLE)
    ready, begin = fork.Barrier(writer_count + 1), fork.Event()
    writers: list[BaseProcess] = []
    for number in range(writer_count):
        writers.append(fork.Process(target=put_many, args=(put, f"consumer-{number}", cycles, ready, begin)))
        writers[-1].start()
    try:
        ready.wait()
        count = cycles * len(CYCLE) * writer_count
        began = time.perf_counter()
        begin.set()
        take(count)
        return count / (time.perf_counter() - began)
    finally:
        for writer in writers:
            writer.kill()
            writer.join()


def say(item: tuple[Any, ...]) -> None:
    """What the tracer does: the files of `tracer/watch/` know which fields never change."""
    _, kind, _, _, _, identity, at, fields = item
    if fields is WAITS:
        emit.emit_waiting(kind, identity, at)
    elif fields is ENTERED:
        emit.emit(kind, identity, at, locks.ENTERED)
    elif "value" in fields:
        emit.emit_value(kind, identity, at, fields["value"])
    else:
        emit.emit(kind, identity, at, **fields)


def into_state(writer_count: int) -> float:
    """procsim's way."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="procsim-bench-"))
        queue = EventQueue.create(f"{folder}/events")
        drain = Drain(EventQueueReader(queue), BufferReader(folder), [])
        emit.open_channel(queue)  # each writer is forked, and takes a slot for itself
        stack.callback(emit.close_channel)
        keep_open = os.open(queue.path, os.O_WRONLY | os.O_CLOEXEC)
        stack.callback(os.close, keep_open)
        stack.callback(drain.stop)
        stack.callback(gc.set_threshold, *gc.get_threshold())

        def take(count: int) -> None:
            drain.start()  # not before the writers are forked
            gc.set_threshold(NEW_OBJECTS_KEPT)  # as `procsim` itself does
            arrivals, state = Arrivals(drain, 0), RunState()
            while state.events < count:
                for event in arrivals.take(TICK_SECONDS):
                    apply(state, event)

        return events_per_second(say, take, writer_count)


def only_got(writer_count: int) -> float:
    """The rival."""
    queue = fork.Queue()

    def take(count: int) -> None:
        for _ in range(count):
            queue.get()

    return events_per_second(queue.put, take, writer_count)


def measure() -> list[Figure]:
    """The ratio for each number of writers."""
    figures = []
    for count in WRITER_COUNTS:
        contestants = {"ours": partial(into_state, count), "theirs": partial(only_got, count)}
        rates = alternating(contestants, ROUNDS)
        what = f"events/s into state, {count} writers ({rates['ours']:,.0f}), beside Queue ({rates['theirs']:,.0f})"
        figures.append(Figure(what, rates["ours"] / rates["theirs"], at_least=TARGET))
    return figures


if __name__ == "__main__":
    main(measure)
