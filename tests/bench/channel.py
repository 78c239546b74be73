"""How fast, and how safe from killed writers, is the EventQueue beside the queues of multiprocessing?

Run by hand, from the root of the repository, on a machine that does nothing else (about two minutes):

    python -m tests.bench.channel

Throughput: 1, 2 and 8 forked writers put the tuple of a real event as fast as they can, ITEMS in all, and
one reader takes them. The clock runs at the reader, from the word to begin until it has the last item as a
Python object; the start of the processes is not in it. Each round lets every contestant run once, each time
in another order; the figure is the median of the rounds, so that a slow moment of the machine falls on all
alike.

Killed writers: OTHERS writers put without end, beside them one victim after another, each killed (SIGKILL)
after the reader has taken a random number of items, until VICTIMS are dead or nothing comes for
SILENCE_SECONDS. Every writer counts in shared memory the items whose `put` has returned; what the victims
had put and the reader never got is lost. Chance decides where a kill strikes, so each contestant has TRIALS
trials. A writer stays at most WINDOW items ahead of the reader, which bounds the memory that the buffer of
a multiprocessing.Queue would take. The others "go on" if at the end each delivers more than it can have
been ahead.
"""

import contextlib
import multiprocessing
import random
import select
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, MutableSequence
from functools import partial
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Protocol

from procsim.wire.pipe import GATHER_BELOW, GATHER_SECONDS, EventQueue, EventQueueReader, ItemDecoder
from tests.bench.report import Figure, main, print_aligned

WRITER_COUNTS = (1, 2, 8)
ITEMS = 240_000
ROUNDS = 7
TARGET = 4.0
"""So many times the events a second of multiprocessing.Queue, for each number of writers."""

TRIALS = 3
VICTIMS = 50
OTHERS = 2
MOST_ITEMS = 4000
WINDOW = 2000
WAIT_FOR_READER_SECONDS = 0.0005
SILENCE_SECONDS = 3.0
LONGEST_WAIT_SECONDS = 20.0
"""For one writer that is awaited, should it alone stand still while others go on."""

fork = multiprocessing.get_context("fork")


def event(writer: int, number: int) -> tuple[Any, ...]:
    """One event as the tracer puts it; `writer` stands where the id of the process does."""
    at = "prodcons.py:41"
    return (12.345678, "queue_put", writer, "consumer-1", "MainThread", 1234567, at, {"value": number})


class Contestant(Protocol):
    """A queue with many writers and one reader."""

    name: str

    def put(self, item: Any) -> object:
        """In a writer: put one item."""

    def take(self, count: int) -> int:
        """In the reader: take at least so many items, waiting for them; how many it took."""

    def arrived(self, seconds: float) -> list[Any]:
        """In the reader: what is there, waiting for it at most so long; empty: nothing came."""

    def close(self) -> None:
        """In the reader: give back what the system lent."""


class NamedPipe:
    """procsim's EventQueue."""

    name = "EventQueue"

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="procsim-bench-")
        queue = EventQueue.create(Path(self._folder.name) / "events")
        self._reader = EventQueueReader(queue)
        self._decoder = ItemDecoder()
        self.put = queue.put

    def arrived(self, seconds: float) -> list[Any]:
        ready, _, _ = select.select([self._reader], [], [], seconds)
        return self._decoder.items(self._read()) if ready else []

    def take(self, count: int) -> int:
        taken = 0
        while taken < count:
            select.select([self._reader], [], [])
            taken += len(self._decoder.items(self._read()))
        return taken

    def _read(self) -> bytes:
        data = self._reader.read() or b""  # b"": the moment before the first writer has opened the pipe
        if len(data) < GATHER_BELOW:
            time.sleep(GATHER_SECONDS)  # as procsim's own reader does
        return data

    def close(self) -> None:
        self._reader.close()
        self._folder.cleanup()


class OfMultiprocessing:
    """A queue of multiprocessing, with its defaults."""

    def __init__(self, name: str, queue: Any) -> None:
        self.name = name
        self._queue = queue
        self.put = queue.put

    def arrived(self, seconds: float) -> list[Any]:
        # Not get(timeout): a SimpleQueue has none. An item of ours is shorter than PIPE_BUF, so that it is
        # there whole or not at all, and get does not wait for the rest of it.
        return [self._queue.get()] if wait([self._queue._reader], seconds) else []

    def take(self, count: int) -> int:
        for _ in range(count):
            self._queue.get()
        return count

    def close(self) -> None:
        self._queue._reader.close()
        self._queue._writer.close()


CONTESTANTS: tuple[Callable[[], Contestant], ...] = (
    NamedPipe,
    lambda: OfMultiprocessing("multiprocessing.Queue", fork.Queue()),
    lambda: OfMultiprocessing("SimpleQueue", fork.SimpleQueue()),
)


@contextlib.contextmanager
def writers_of(contestant: Contestant) -> Iterator[Callable[..., BaseProcess]]:
    """Gives what starts a writer; at the end no writer is left, and the contestant is closed."""
    started: list[BaseProcess] = []

    def start(target: Callable[..., None], *args: object) -> BaseProcess:
        process = fork.Process(target=target, args=args, daemon=True)
        process.start()
        started.append(process)
        return process

    try:
        yield start
    finally:
        for process in started:
            end(process)
        contestant.close()


def end(process: BaseProcess) -> None:
    """Kill it, if it is not dead yet."""
    process.kill()
    process.join()


# --- throughput ---


def put_many(contestant: Contestant, writer: int, count: int, ready: Any, begin: Any) -> None:
    ready.wait()
    begin.wait()
    for number in range(count):
        contestant.put(event(writer, number))


def events_per_second(contestant: Contestant, writer_count: int) -> float:
    """Of one run, at the reader."""
    count = ITEMS // writer_count
    ready, begin = fork.Barrier(writer_count + 1), fork.Event()
    with writers_of(contestant) as start:
        for writer in range(writer_count):
            start(put_many, contestant, writer, count, ready, begin)
        ready.wait()
        began = time.perf_counter()
        begin.set()
        taken = contestant.take(count * writer_count)
        return taken / (time.perf_counter() - began)


def measure_throughput() -> list[Figure]:
    """Print the table; the ratio for each number of writers."""
    print(f"events/s at the reader: median of {ROUNDS} rounds (lowest to highest), {ITEMS} events a run")
    rows = [["writers", "", "events/s", "lowest", "highest", "EventQueue has"]]
    ratios = []
    for writer_count in WRITER_COUNTS:
        rates: dict[str, list[float]] = {}
        for round_number in range(ROUNDS):
            shift = round_number % len(CONTESTANTS)
            for make in CONTESTANTS[shift:] + CONTESTANTS[:shift]:
                contestant = make()
                rates.setdefault(contestant.name, []).append(events_per_second(contestant, writer_count))
        ours = statistics.median(rates[NamedPipe.name])
        for name in sorted(rates, key=lambda name: -statistics.median(rates[name])):
            median = statistics.median(rates[name])
            ratio = "" if name == NamedPipe.name else f"{ours / median:.1f} times that"
            figures = [f"{figure:,.0f}" for figure in (median, min(rates[name]), max(rates[name]))]
            rows.append([str(writer_count), name, *figures, ratio])
        what = f"events/s through EventQueue, {writer_count} writers ({ours:,.0f}), beside Queue"
        ratios.append(Figure(what, ours / statistics.median(rates["multiprocessing.Queue"]), at_least=TARGET))
    print_aligned(rows)
    return ratios


# --- killed writers ---


def put_without_end(
    contestant: Contestant, writer: int, put: MutableSequence[int], taken: MutableSequence[int]
) -> None:
    number = 0
    while True:
        while number - taken[writer] > WINDOW:
            time.sleep(WAIT_FOR_READER_SECONDS)
        contestant.put(event(writer, number))
        number += 1
        put[writer] = number


class Trial:
    """One contestant, whose writers are killed one after another, and what became of its items."""

    def __init__(self, contestant: Contestant) -> None:
        self.name = contestant.name
        self.killed = 0
        self.stopped = False
        self.out_of_place = 0
        self._contestant = contestant
        # The first OTHERS writers live to the end, the victims come after them.
        self._put: MutableSequence[int] = fork.RawArray("q", OTHERS + VICTIMS)
        self._taken: MutableSequence[int] = fork.RawArray("q", OTHERS + VICTIMS)
        self._taken_in_all = 0

    def run(self) -> "Trial":
        """Let it happen; it ends by itself, also when the writers stand still."""
        others = range(OTHERS)
        with writers_of(self._contestant) as start:
            living = [self._start(start, writer) for writer in others]
            for writer in range(OTHERS, OTHERS + VICTIMS):
                living.append(self._start(start, writer))
                self._take_until(partial(self._has_delivered, {writer: 1}))
                self._take_until(partial(self._have_been_taken, self._taken_in_all + random.randrange(MOST_ITEMS)))
                if self.stopped:
                    break
                end(living.pop())
                self.killed += 1
            # What lies more than WINDOW ahead was put after the last kill.
            self._take_until(
                partial(self._has_delivered, {writer: self._taken[writer] + WINDOW + 2 for writer in others})
            )
            for process in living:
                end(process)
            while self._take(0):
                pass
        return self

    @property
    def put(self) -> int:
        """The items that the killed had put."""
        return sum(self._put[writer] for writer in self._victims())

    @property
    def lost(self) -> int:
        """Those of them that never came."""
        # A writer may die after its put, and before it has counted it.
        return sum(max(0, self._put[writer] - self._taken[writer]) for writer in self._victims())

    def row(self) -> list[str]:
        others = f"stand still after kill {self.killed}" if self.stopped else "go on"
        return [
            self.name,
            str(self.killed),
            f"{self.put:,}",
            f"{self.lost:,}",
            str(self.out_of_place),
            others,
        ]

    def went_well(self) -> bool:
        return not (self.stopped or self.lost or self.out_of_place)

    def _victims(self) -> range:
        return range(OTHERS, OTHERS + self.killed)

    def _start(self, start: Callable[..., BaseProcess], writer: int) -> BaseProcess:
        return start(put_without_end, self._contestant, writer, self._put, self._taken)

    def _has_delivered(self, goals: dict[int, int]) -> bool:
        return all(self._taken[writer] >= goal for writer, goal in goals.items())

    def _have_been_taken(self, count: int) -> bool:
        return self._taken_in_all >= count

    def _take_until(self, reached: Callable[[], bool]) -> None:
        longest = time.monotonic() + LONGEST_WAIT_SECONDS
        while not self.stopped and not reached():
            self.stopped = not self._take(SILENCE_SECONDS) or time.monotonic() > longest

    def _take(self, seconds: float) -> bool:
        items = self._contestant.arrived(seconds)
        for item in items:
            writer, number = item[2], item[-1]["value"]
            self.out_of_place += number != self._taken[writer]
            self._taken[writer] += 1
        self._taken_in_all += len(items)
        return bool(items)


def measure_killed_writers() -> list[Figure]:
    """Print the table; in how many trials the EventQueue came to harm."""
    print(f"{VICTIMS} writers killed one after another, {OTHERS} others beside them, {TRIALS} trials")
    trials = [Trial(make()).run() for make in CONTESTANTS for _ in range(TRIALS)]
    header = ["", "killed", "put by them", "of these lost", "out of place", "the others"]
    print_aligned([header, *(trial.row() for trial in trials)])
    harmed = sum(not trial.went_well() for trial in trials if trial.name == NamedPipe.name)
    return [Figure("trials with killed writers that lost an event or stood still", harmed, "", at_most=0)]


def measure() -> list[Figure]:
    """Throughput, then killed writers."""
    # Stopped by SIGTERM too, it leaves no writer and no folder behind: sys.exit runs every finally.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    return measure_throughput() + measure_killed_writers()


if __name__ == "__main__":
    main(measure)
