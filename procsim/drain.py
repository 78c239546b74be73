"""Empties the pipes of a run at all times, so that no process of it ever waits for a screen of ours.

    events (the EventQueue) ─┐
    standard output ─────────┼─► Drain (a thread) ──► chunks, held until somebody takes them
    standard error ──────────┘

It only moves bytes, so that it is always quicker than the program. `Lines` makes text of the raw output.
"""

import contextlib
import os
import selectors
import threading
from collections import deque
from collections.abc import Iterator
from typing import IO

from procsim.channel import GATHER_BELOW, GATHER_SECONDS, READ_SIZE, EventQueueReader

TICK_SECONDS = 0.05
"""The longest that a reader of events is left without a batch."""

HURRIED_SECONDS = GATHER_SECONDS / 8
"""The pause for more, where each event is waited for."""

HELD_BYTES = 64 << 20
"""Undecoded bytes that are held for a reader that is late. Past that, the program is slowed to the reader's pace."""

BATCH_BYTES = 1 << 18
"""Bytes that one batch is decoded from: about 3,000 events."""


EVENTS, STDOUT, STDERR = "events", "stdout", "stderr"


class Drain(threading.Thread):
    """The thread that empties the pipes."""

    def __init__(self, reader: EventQueueReader, streams: list[IO[bytes]]) -> None:
        super().__init__(name="procsim-drain", daemon=True)
        self.heard = False
        """Whether a process of the run has said anything yet."""
        self.hurried = False
        """Whether somebody waits for each event: a step of one process is to be seen."""
        self.emptied = 0
        """How often it has taken in all that was in the pipes."""
        self._reader = reader
        self._streams = dict(zip((STDOUT, STDERR), streams, strict=False))
        self._chunks: deque[tuple[str, bytes]] = deque()
        self._held = 0
        self._changed = threading.Condition()
        self._open = {EVENTS, *self._streams}
        self._stopping = threading.Event()

    def run(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._reader, selectors.EVENT_READ, EVENTS)
            for name, stream in self._streams.items():
                os.set_blocking(stream.fileno(), False)
                selector.register(stream, selectors.EVENT_READ, name)
            while True:
                stopping = self._stopping.is_set()
                size, all_of_it = 0, True
                for key, _ in selector.select(0 if stopping else TICK_SECONDS):
                    data = self._read(key.data)
                    if data:
                        size += len(data)
                        all_of_it = all_of_it and len(data) < READ_SIZE
                        self._keep(key.data, data)
                    elif data == b"":
                        self._at_end(selector, key)
                self.emptied += all_of_it
                if stopping and not size:
                    break
                if 0 < size < GATHER_BELOW:
                    self._stopping.wait(HURRIED_SECONDS if self.hurried else GATHER_SECONDS)
        self._reader.close()
        for stream in self._streams.values():
            stream.close()

    def _read(self, name: str) -> bytes | None:
        if name == EVENTS:
            return self._reader.read()
        with contextlib.suppress(BlockingIOError):
            return os.read(self._streams[name].fileno(), READ_SIZE)
        return None

    def _at_end(self, selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
        with self._changed:
            self._open.discard(key.data)
            self._changed.notify()
        if key.data == EVENTS:
            self._stopping.wait(TICK_SECONDS / 5)  # a process that is just being started may open it again
        else:
            selector.unregister(key.fileobj)

    def _keep(self, name: str, data: bytes) -> None:
        with self._changed:
            self._open.add(name)
            self.heard = self.heard or name == EVENTS
            self._chunks.append((name, data))
            self._held += len(data)
            self._changed.notify()
            while self._held > HELD_BYTES and not self._stopping.is_set():
                self._changed.wait(TICK_SECONDS)

    def take(self, timeout: float) -> list[tuple[str, bytes]]:
        """The chunks that have come, as many as make a batch; waits up to `timeout` seconds for the first."""
        taken: list[tuple[str, bytes]] = []
        size = 0
        with self._changed:
            if not self._chunks and timeout and self._open:
                self._changed.wait(timeout)
            while self._chunks and size < BATCH_BYTES:
                taken.append(self._chunks.popleft())
                size += len(taken[-1][1])
            self._held -= size
            self._changed.notify()
        return taken

    def waiting(self) -> bool:
        """Whether chunks wait to be taken."""
        return bool(self._chunks)

    def ended(self) -> bool:
        """Whether nobody has the pipes open any more, and all that came was taken."""
        return not self._open and not self._chunks

    def stop(self) -> None:
        """Take in what is in the pipes now, then close them."""
        self._stopping.set()
        if self.is_alive():
            self.join()


class Lines:
    """Cuts the raw output of the program into lines of text."""

    def __init__(self) -> None:
        self._parts: dict[str, bytes] = {}

    def lines(self, stream: str, data: bytes) -> Iterator[str]:
        """The lines that are whole now, in as few pieces as they came."""
        data = self._parts.pop(stream, b"") + data
        end = data.rfind(b"\n") + 1
        if not end and len(data) > BATCH_BYTES:
            end = len(data)
        if data[end:]:
            self._parts[stream] = data[end:]
        if end:
            yield decoded(data[:end])

    def rest(self) -> Iterator[tuple[str, str]]:
        """(stream, text) of what never got its line end."""
        for stream, data in self._parts.items():
            yield stream, decoded(data)
        self._parts = {}


def decoded(data: bytes) -> str:
    """The text of a program's output: UTF-8, or else line by line GBK, or else as far as it can be read."""
    with contextlib.suppress(UnicodeDecodeError):
        return data.decode()
    if data.count(b"\n", 0, -1):
        return "".join(decoded(line) for line in data.splitlines(keepends=True))
    with contextlib.suppress(UnicodeDecodeError):
        return data.decode("gb18030")
    return data.decode(errors="replace")
