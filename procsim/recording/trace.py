"""Reads a recording, which may come from a stranger, as batches of events.

a file ──► Trace ──► batches of events ──► a view
"""

import os
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from procsim import __version__
from procsim.errors import ProcsimError
from procsim.language import N_, _
from procsim.recording.recorded import Damaged, Events, values_of, verdict_of
from procsim.recording.recorder import Header
from procsim.wire.events import SCHEMA_VERSION, Event

REPLAY_BATCH = 1_000
REPLAY_BYTES = 1 << 20
"""A batch ends with so many events, or after so many bytes of their lines."""

NO_RECORDING = N_("{path}: is no recording of procsim's; one is made by a run with --record FILE")

HEADER_LIMIT = 1 << 20
"""Bytes of the first line."""


class NoTrace(ProcsimError):
    """The file cannot be replayed, or not to its end; the text says why."""


class Trace:
    """A recording that can be replayed: iterate over it for batches of its events."""

    def __init__(self, path: Path) -> None:
        """Open it and read its header. Raises `NoTrace`."""
        self.path = path
        self.verdict: Mapping[str, Any] | None = None
        """The verdict that the recorded run ended with, once all events were read."""
        self.share = 0.0
        """How much of the file was read, from 0 to 1; of what is no file, such as a pipe, that is not known, and 0."""
        try:
            self._file = path.open("rb")
            first, _size = next(values_of(self._file, HEADER_LIMIT), (None, 0))
        except (OSError, ValueError) as error:  # ValueError: no file can be called so
            reason = error.strerror if isinstance(error, OSError) else error
            raise NoTrace(f"{path}: {reason}") from error
        except Damaged as error:
            raise NoTrace(_(NO_RECORDING).format(path=path)) from error
        if not isinstance(first, dict) or not isinstance(first.get("schema"), int):
            raise NoTrace(_(NO_RECORDING).format(path=path))
        if first["schema"] > SCHEMA_VERSION:
            raise NoTrace(
                _(
                    "{path}: was recorded by procsim {newer}, which is newer than this {version}; upgrade procsim to "
                    "replay it"
                ).format(path=path, newer=first.get("procsim"), version=__version__)
            )
        options = first.get("options")
        options = options if isinstance(options, dict) else {}
        self.header = Header(str(first.get("scenario")), options, str(first.get("code", "")))

    def __iter__(self) -> Iterator[list[Event]]:
        """Batches of events. Raises `NoTrace` where the file ends before the verdict or a line is no event."""
        batch: list[Event] = []
        size = number = read = 0
        events = Events()
        whole = os.fstat(self._file.fileno()).st_size
        with self._file as file:
            lines = values_of(file)
            for number in count(2):
                try:
                    value, length = next(lines, (None, 0))
                    if not length:
                        break
                    if isinstance(value, dict) and value.get("kind") == "verdict":
                        self.verdict = verdict_of(value, self.header.scenario)
                        break
                    batch.append(events.event_of(value, length))
                except (OSError, Damaged) as error:
                    yield batch
                    raise self._damaged(number, error) from error
                size += length
                if len(batch) >= REPLAY_BATCH or size > REPLAY_BYTES:
                    read += size
                    self.share = min(1.0, read / whole) if whole else 0.0
                    yield batch
                    batch, size = [], 0
        yield batch
        if self.verdict is None:
            raise NoTrace(_("{path}: is cut off, it ends without a verdict").format(path=self.path))

    def unfit(self, error: Exception) -> NoTrace:
        """The error to raise where each line is an event, and the state cannot take them in this order."""
        words = _("{path}: its events do not fit together ({error})")
        return NoTrace(words.format(path=self.path, error=type(error).__name__))

    def _damaged(self, number: int, error: OSError | Damaged) -> NoTrace:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        words = (
            _("{path}: line {number} is no event of procsim's: {reason}")
            if reason
            else _("{path}: line {number} is no event; the recording is cut off or damaged")
        )
        return NoTrace(words.format(path=self.path, number=number, reason=reason))
