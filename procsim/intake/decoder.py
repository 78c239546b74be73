"""Makes events of what the drain has brought: decoded, and in one order.

rounds: buffers, EventQueue ──► items ──► Sequencer ──┐
        standard output, error ──► Lines ─────────────┴─► events, some at a time
"""

import codecs
import contextlib
import time
from collections.abc import Iterator
from itertools import chain, islice

from procsim.intake.drain import EVENTS, STDERR, STDOUT, Drain, Round
from procsim.intake.sequencer import Sequencer
from procsim.wire.events import Event, from_wire
from procsim.wire.identities import MAIN_THREAD
from procsim.wire.pipe import ItemDecoder

BATCH_EVENTS = 3_000
"""Events that one batch has at most, or the screen would stand still meanwhile."""

AT_ONCE_BYTES = 1 << 20
"""Of events that are decoded together: they take up about twelve times as much then."""

LINE_BYTES = 1 << 18
"""So much of the program's output is told at once, and though its line has not ended."""


class Arrivals:
    """The events that have arrived from the processes of a run, and wait to be taken."""

    def __init__(self, drain: Drain, started: int) -> None:
        self._drain = drain
        self._started = started
        self._items = ItemDecoder()
        self._sequencer = Sequencer()
        self._lines = Lines()
        self._ready: Iterator[Event] = iter(())
        """What was taken and is to be given."""
        self._more_is_ready = False

    def take(self, timeout: float) -> list[Event]:
        """The next ones, as many as make a batch; waits up to `timeout` seconds for some."""
        batch = list(islice(self._ready, BATCH_EVENTS))
        if not batch:
            self._ready = chain.from_iterable(map(self._decoded, self._drain.take(timeout)))
            batch = list(islice(self._ready, BATCH_EVENTS))
        self._more_is_ready = len(batch) == BATCH_EVENTS
        return batch

    def waiting(self) -> bool:
        """Whether more has come than what was taken."""
        waiting = self._drain.waiting() or (self._sequencer.waiting() and self._drain.is_alive())
        return self._more_is_ready or waiting

    def rest(self) -> Iterator[Event]:
        """What the program has printed and never given its line end."""
        for stream, text in self._lines.rest():
            yield self._printed(text, stream, time.monotonic_ns())

    def _decoded(self, round_: Round) -> Iterator[Event]:
        items = [self._items.items(data) for source, data in round_.chunks if source == EVENTS]
        buffers = [repetitions.items(data) for repetitions, data in round_.buffers]
        for item in self._sequencer.add([*items, *buffers], round_.began, round_.size <= AT_ONCE_BYTES):
            yield from_wire(item, self._started)
        for source, data in round_.chunks:
            if source in (STDOUT, STDERR):
                for text in self._lines.lines(source, data):
                    yield self._printed(text, source, round_.began)

    def _printed(self, text: str, stream: str, t: int) -> Event:
        """A line that came through the program's standard output itself: who wrote it, nobody can tell.

        `t`: when it was read (ns of the system's monotonic clock), by which it has its place among the events.
        """
        return Event("printed", t - self._started, 0, "", MAIN_THREAD, fields={"text": text, "stream": stream})


class Lines:
    """Cuts the raw output of the program into lines of text."""

    def __init__(self) -> None:
        self._parts: dict[str, bytes] = {}

    def lines(self, stream: str, data: bytes) -> Iterator[str]:
        """The lines that are whole now, in as few pieces of at most LINE_BYTES as can be."""
        data = self._parts.pop(stream, b"") + data
        start = 0
        while len(data) - start > LINE_BYTES:
            piece = data[start : start + LINE_BYTES]
            piece = piece[: piece.rfind(b"\n") + 1 or whole(piece)]
            yield decoded(piece)
            start += len(piece)
        end = data.rfind(b"\n", start) + 1
        if end:
            yield decoded(data[start:end])
            start = end
        if data[start:]:
            self._parts[stream] = data[start:]

    def rest(self) -> Iterator[tuple[str, str]]:
        """(stream, text) of what never got its line end."""
        for stream, data in self._parts.items():
            yield stream, decoded(data)
        self._parts = {}


ENCODINGS = ("utf-8", "gb18030")
"""Those that a program's output may be in; what is none of them is read as UTF-8 as far as it can be."""


def whole(data: bytes) -> int:
    """How many of these bytes are whole characters: the last one may have been cut."""
    for encoding in ENCODINGS:
        decoder = codecs.getincrementaldecoder(encoding)()
        with contextlib.suppress(UnicodeDecodeError):
            decoder.decode(data)
            return len(data) - len(decoder.getstate()[0])
    return len(data)


def decoded(data: bytes) -> str:
    """The text of a program's output: UTF-8, or else line by line GBK, or else as far as it can be read."""
    with contextlib.suppress(UnicodeDecodeError):
        return data.decode()
    if data.count(b"\n", 0, -1):
        return "".join(decoded(line) for line in data.splitlines(keepends=True))
    with contextlib.suppress(UnicodeDecodeError):
        return data.decode("gb18030")
    return data.decode(errors="replace")
