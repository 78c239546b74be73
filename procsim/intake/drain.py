"""Empties the pipes and buffers of a run at all times, so that no process of it ever waits for a screen of ours.

    events: buffers, and the EventQueue ─┐
    standard output ─────────────────────┼─► Drain (a thread) ──► rounds, held until somebody takes them
    standard error ──────────────────────┘

It only moves bytes, so that it is quicker than any program.
"""

import contextlib
import os
import selectors
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from typing import IO, NamedTuple

from procsim.intake.memory_reader import BufferReader
from procsim.intake.slot_decoder import SlotDecoder
from procsim.wire.pipe import GATHER_BELOW, GATHER_SECONDS, PIPE_CAPACITY, READ_SIZE, EventQueueReader

TICK_SECONDS = 0.05
"""The longest that a reader of events is left without a batch."""

IDLE_SECONDS = GATHER_SECONDS * 3
"""The pause where nothing has come, or only a little in the buffers, which cannot be waited for with `select`. The
program may need every processor, and each round takes time from it."""

BUFFERS_SECONDS = 0.003
"""The pause where buffers had much: a process that only emits fills its slot in 8 ms."""

SWITCH_SECONDS = 0.001
"""How long this thread waits at most for the GIL, instead of Python's 5 ms."""

HURRIED_SECONDS = GATHER_SECONDS / 8
"""The pause where each event is waited for."""

AT_END_SECONDS = 0.01
"""The longest pause where no process has the EventQueue open."""

HELD_BYTES = 16 << 20
"""How many undecoded bytes are held for a reader that is late. Beyond that the program is slowed to its pace."""

BATCH_BYTES = 1 << 18
"""How many bytes are taken at once, unless one round has more: 2,000 to 11,000 events."""


EVENTS, STDOUT, STDERR = "events", "stdout", "stderr"


class Round(NamedTuple):
    """What all sources had when each was read once."""

    began: int
    """ns of the system's monotonic clock. What was written before that is in this round, or in an earlier one."""
    chunks: list[tuple[str, bytes]]
    """(source, bytes)."""
    buffers: list[tuple[SlotDecoder, bytes]]
    """What the buffers had, and what reads it."""

    @property
    def size(self) -> int:
        """In bytes."""
        return sum(len(data) for _, data in (*self.chunks, *self.buffers))


class Drain(threading.Thread):
    """The thread that empties the pipes and buffers."""

    def __init__(
        self, reader: EventQueueReader, buffers: BufferReader, streams: Sequence[IO[bytes]], kept_open: int = -1
    ) -> None:
        """`kept_open`: a descriptor of the writing end of the EventQueue, which the drain closes.

        While it is open, the end of the EventQueue does not come before the program has opened it: until the first
        event, or `let_end`.
        """
        super().__init__(name="procsim-drain", daemon=True)
        self.hurried = False
        """Whether each event is waited for: people want to see a step, or the run is about to end."""
        self.emptied = 0
        """How many rounds were read."""
        self._ends = 0
        """How often the EventQueue was found at its end since something last came through it."""
        self._reader = reader
        self._buffers = buffers
        self._kept_open = kept_open
        self._streams = dict(zip((STDOUT, STDERR), streams, strict=False))
        self._rounds: deque[Round] = deque()
        self._more = False
        """Whether the last round had something."""
        self._held = 0
        self._changed = threading.Condition()
        self._selector = selectors.DefaultSelector()  # made here: if no descriptor is left for it, the run cannot start
        self._open = {EVENTS, *self._streams}
        self._stopping = threading.Event()

    def run(self) -> None:
        sys.setswitchinterval(SWITCH_SECONDS)
        with self._selector as selector:
            selector.register(self._reader, selectors.EVENT_READ, EVENTS)
            for name, stream in self._streams.items():
                os.set_blocking(stream.fileno(), False)
                selector.register(stream, selectors.EVENT_READ, name)
            pause = 0.0
            while True:
                stopping = self._stopping.is_set()
                ready = selector.select(0 if stopping else pause)
                round_ = self._round(selector, [key.data for key, _ in ready])
                self._keep(round_)
                self.emptied += 1
                if stopping and not round_.size:
                    break
                longest = HURRIED_SECONDS if self.hurried else IDLE_SECONDS
                much = round_.size >= GATHER_BELOW
                pause = 0 if round_.chunks or much else longest
                if round_.buffers and much:
                    self._stopping.wait(min(longest, BUFFERS_SECONDS))
                elif round_.chunks and not much:
                    self._stopping.wait(min(longest, GATHER_SECONDS))

    def _round(self, selector: selectors.BaseSelector, ready: list[str]) -> Round:
        """Read what is there."""
        began, chunks = time.monotonic_ns(), []
        # The EventQueue in any case: what has come into it since the `select` may be older than what others have.
        for name in [EVENTS, *(name for name in ready if name != EVENTS)]:
            data = self._read(name)
            if data:
                chunks.append((name, data))
                self._ends = 0 if name == EVENTS else self._ends
            elif data == b"":
                self._at_end(selector, name)
        return Round(began, chunks, self._buffers.read())

    def _read(self, name: str) -> bytes | None:
        """What is in a pipe now; None: nothing; b"": no process has it open."""
        pieces = b""
        for _ in range(PIPE_CAPACITY // READ_SIZE):  # what comes into it meanwhile can wait
            piece = self._reader.read() if name == EVENTS else self._read_stream(name)
            if not piece:
                return pieces or piece
            pieces += piece
            if len(piece) < READ_SIZE:
                break
        return pieces

    def _read_stream(self, name: str) -> bytes | None:
        with contextlib.suppress(BlockingIOError):
            return os.read(self._streams[name].fileno(), READ_SIZE)
        return None

    def _at_end(self, selector: selectors.BaseSelector, name: str) -> None:
        with self._changed:
            self._open.discard(name)
        if name == EVENTS:  # a process that is being started may open it again; but mostly main just ends
            longest = HURRIED_SECONDS if self.hurried else AT_END_SECONDS
            self._stopping.wait(min(longest, HURRIED_SECONDS * 2**self._ends))
            self._ends = min(self._ends + 1, 10)
        else:
            selector.unregister(self._streams[name])

    def _keep(self, round_: Round) -> None:
        sources = {source for source, _ in round_.chunks}
        with self._changed:
            # One empty round after a full one: the sequencer needs its time to release the last events.
            if round_.size or self._more:
                self._rounds.append(round_)
            self._more = bool(round_.size)
            self._open |= sources
            if EVENTS in sources or round_.buffers:
                self._close_kept_open()
            self._held += round_.size
            self._changed.notify()
            while self._held > HELD_BYTES and not self._stopping.is_set():
                self._changed.wait(TICK_SECONDS)

    def take(self, timeout: float) -> list[Round]:
        """The rounds that were read, up to BATCH_BYTES; waits up to `timeout` seconds for the first."""
        rounds: list[Round] = []
        size = 0
        with self._changed:
            if not self._rounds and timeout and self.is_alive():
                self._changed.wait(timeout)
            while self._rounds and size < BATCH_BYTES:
                rounds.append(self._rounds.popleft())
                size += rounds[-1].size
            self._held -= size
            self._changed.notify()
        return rounds

    def let_end(self) -> None:
        """The EventQueue ends when no process of the run has it open, though no event may have come through it."""
        with self._changed:
            self._close_kept_open()

    def _close_kept_open(self) -> None:
        kept_open, self._kept_open = self._kept_open, -1
        if kept_open >= 0:
            os.close(kept_open)

    def forget(self, pid: int) -> None:
        """This process has ended: when its slot was read, it is given back."""
        self._buffers.forget(pid)

    def waiting(self) -> bool:
        """Whether rounds wait to be taken."""
        return bool(self._rounds)

    def ended(self) -> bool:
        """Whether no process has the pipes open any more, and all that came was taken."""
        return not self._open and not self._rounds

    def stop(self) -> None:
        """Read what is in the pipes now, if the thread was started, then close those of the events. Stopping twice does
        nothing.
        """
        self._stopping.set()
        if self.is_alive():
            self.join()
        self.let_end()
        self._selector.close()
        self._reader.close()
        self._buffers.close()
