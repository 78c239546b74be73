"""Makes events of the rounds that the drain has read: decoded, and in one order.

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
"""The most events in one batch: the screen is drawn between two batches, and would stand still during a larger one."""

AT_ONCE_BYTES = 1 << 20
"""The most bytes that are decoded together: as events they take up about twelve times as much memory."""

LINE_BYTES = 1 << 18
"""The most of the program's output in one event: a longer line is cut."""


class Arrivals:
    """The events that have arrived from the processes of a run, in their order."""

    def __init__(self, drain: Drain, started: int) -> None:
        """`started`: when the run was (ns of the system's monotonic clock); the times of events count from there."""
        self._drain = drain
        self._started = started
        self._items = ItemDecoder()
        self._sequencer = Sequencer()
        self._lines = Lines()
        self._ready: Iterator[Event] = iter(())
        """What was taken from the drain, decoded as it is asked for."""
        self._more_is_ready = False

    def take(self, timeout: float) -> list[Event]:
        """The next events, at most a batch of them; waits up to `timeout` seconds for some."""
        batch = list(islice(self._ready, BATCH_EVENTS))
        if not batch:
            self._ready = chain.from_iterable(map(self._decoded, self._drain.take(timeout)))
            batch = list(islice(self._ready, BATCH_EVENTS))
        self._more_is_ready = len(batch) == BATCH_EVENTS
        return batch

    def waiting(self) -> bool:
        """Whether more events have arrived than were taken."""
        if self._more_is_ready or self._drain.waiting():
            return True
        return self._sequencer.waiting() and self._drain.is_alive()

    def mark(self) -> int:
        """Marks this moment, for `has_passed`."""
        return self._drain.emptied

    def has_passed(self, mark: int) -> bool:
        """Whether all events that had been emitted at the marked moment were taken."""
        # One round may have been in progress at that moment, and have begun before.
        read = self._drain.emptied > mark + 1 or not self._drain.is_alive()
        return read and not self.waiting()

    def rest(self) -> Iterator[Event]:
        """What the program has printed last, without a line end."""
        for stream, text in self._lines.rest():
            yield self._printed(text, stream, time.monotonic_ns())

    def _decoded(self, round_: Round) -> Iterator[Event]:
        start = self._started
        items = [item for source, data in round_.chunks if source == EVENTS for item in self._items.items(data)]
        piped = (from_wire(item, start) for item in items)
        slots = [decoder.events(data, start) for decoder, data in round_.buffers]
        yield from self._sequencer.add([piped, *slots], round_.began - start, round_.size <= AT_ONCE_BYTES)
        for source, data in round_.chunks:
            if source in (STDOUT, STDERR):
                for text in self._lines.lines(source, data):
                    yield self._printed(text, source, round_.began)

    def _printed(self, text: str, stream: str, t: int) -> Event:
        """Text that came through a stream of the program's itself: which process wrote it is not known.

        `t`: when it was read (ns of the system's monotonic clock); by that it is ordered among the events.
        """
        return Event("printed", t - self._started, 0, "", MAIN_THREAD, fields={"text": text, "stream": stream})


class Lines:
    """Cuts the raw output of the program into lines of text."""

    def __init__(self) -> None:
        self._parts: dict[str, bytes] = {}

    def lines(self, stream: str, data: bytes) -> Iterator[str]:
        """The lines that are complete now, in as few pieces of at most LINE_BYTES as possible."""
        data = self._parts.pop(stream, b"") + data
        start = 0
        while len(data) - start > LINE_BYTES:
            piece = data[start : start + LINE_BYTES]
            piece = piece[: piece.rfind(b"\n") + 1 or complete(piece)]
            yield decoded(piece)
            start += len(piece)
        end = data.rfind(b"\n", start) + 1
        if end:
            yield decoded(data[start:end])
            start = end
        if data[start:]:
            self._parts[stream] = data[start:]

    def rest(self) -> Iterator[tuple[str, str]]:
        """(stream, text) of what has no line end."""
        for stream, data in self._parts.items():
            yield stream, decoded(data)
        self._parts = {}


ENCODINGS = ("utf-8", "gb18030")
"""Those that a program's output may be in. In any other, what is no UTF-8 is replaced."""


def complete(data: bytes) -> int:
    """How many of these bytes are complete characters: the last one may be cut."""
    for encoding in ENCODINGS:
        decoder = codecs.getincrementaldecoder(encoding)()
        with contextlib.suppress(UnicodeDecodeError):
            decoder.decode(data)
            return len(data) - len(decoder.getstate()[0])
    return len(data)


def decoded(data: bytes) -> str:
    """The text of a program's output: as UTF-8, else line by line as GB 18030, else with replacement characters."""
    with contextlib.suppress(UnicodeDecodeError):
        return data.decode()
    if data.count(b"\n", 0, -1):
        return "".join(decoded(line) for line in data.splitlines(keepends=True))
    with contextlib.suppress(UnicodeDecodeError):
        return data.decode("gb18030")
    return data.decode(errors="replace")
