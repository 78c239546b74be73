"""The recording: a header line, then each event as one JSON object a line, the verdict last.

{"procsim": "0.1.0", "schema": 1, "scenario": "tickets", "options": {...}, "code": "5f1d…"}
{"t": 0, "pid": 4711, "process": "MainProcess", "kind": "process_began", ...}
{"kind": "verdict", "scenario": "tickets", "claims": [...], "findings": [...]}
"""

import errno
import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from procsim import __version__
from procsim.complaints import fault_of
from procsim.json_line import line_of
from procsim.language import _
from procsim.recording.recorded import Damaged, Events, values_of, verdict_of
from procsim.wire.events import SCHEMA_VERSION, Event, Named, json_value, to_json

REPLAY_BATCH = 1_000
REPLAY_BYTES = 1 << 20
"""Events that a replay hands on at once, and the bytes of their lines."""

HEADER_LIMIT = 1 << 20
"""Bytes of the first line."""

FRAME_SECONDS = 0.05
"""The longest that a paced replay leaves a view without a batch."""


class NoTrace(Exception):
    """The file is no trace that can be replayed; the text says why, in one line."""


@dataclass(frozen=True)
class Header:
    """The first line of a trace."""

    scenario: str
    options: Mapping[str, Any] = field(default_factory=dict)
    code: str = ""
    """What `code_of` tells of the program's file; empty where nobody knows it."""
    schema: int = SCHEMA_VERSION
    procsim: str = __version__


def code_of(path: Path | None) -> str:
    """A digest of a file of code, by which it is known whether it was changed; empty where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() if path is not None else ""
    except OSError:
        return ""


class Recorder:
    """Writes a trace. Raises `NoTrace` where the file cannot be opened.

    Where it can be written no longer, the run goes on without: `failure` says so afterwards.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self.path = path
        self.failure: NoTrace | None = None
        try:
            self._file: TextIO = open(path, "w", encoding="utf-8", opener=_opened_to_write)  # noqa: SIM115
        except OSError as error:
            if error.errno == errno.ENXIO and path.is_fifo():
                raise NoTrace(
                    _("{path}: is a named pipe that nobody reads; start its reader first").format(path=path)
                ) from error
            raise NoTrace(_("{path}: cannot be written: {reason}").format(path=path, reason=error.strerror)) from error
        # In the order in which people read it.
        names = ("procsim", "schema", "scenario", "options", "code")
        self._write(lambda: {name: json_value(getattr(header, name)) for name in names})

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._file.close()
        except OSError as failure:
            self.failure = self._cut_off(failure.strerror)

    def _cut_off(self, reason: object) -> NoTrace:
        return NoTrace(_("{path}: {reason}; the recording is not whole").format(path=self.path, reason=reason))

    def event(self, event: Event, names: Mapping[int, Named]) -> None:
        """Write one event."""
        self._write(to_json, event, names)

    def verdict(self, verdict: Mapping[str, Any]) -> None:
        """Write the verdict, the last line."""
        self._write(lambda: verdict)

    def _write(self, value: Callable[..., Mapping[str, Any]], *arguments: Any) -> None:
        if self.failure is None:
            try:
                self._file.write(line_of(value(*arguments)) + "\n")
            except OSError as error:
                self.failure = self._cut_off(error.strerror)
            except Exception as error:  # a fault of ours in here must not end the program
                self.failure = self._cut_off(fault_of(error))


def _opened_to_write(path: str, flags: int) -> int:
    """Open a file to write; a named pipe without a reader raises an `OSError`, and does not wait for one."""
    descriptor = os.open(path, flags | os.O_NONBLOCK, 0o666)
    os.set_blocking(descriptor, True)
    return descriptor


class Trace:
    """A recording that can be replayed: iterate over it for batches of its events. It may come from a stranger."""

    def __init__(self, path: Path) -> None:
        """Open it and read its header. Raises `NoTrace`."""
        self.path = path
        self.verdict: Mapping[str, Any] | None = None
        """The verdict that the recorded run ended with, once all events were read."""
        try:
            self._file = path.open("rb")
            first, _size = next(values_of(self._file, HEADER_LIMIT), (None, 0))
        except (OSError, ValueError) as error:  # ValueError: no file can be called so
            reason = error.strerror if isinstance(error, OSError) else error
            raise NoTrace(f"{path}: {reason}") from error
        except Damaged as error:
            raise NoTrace(_("{path}: is no trace of procsim's").format(path=path)) from error
        if not isinstance(first, dict) or not isinstance(first.get("schema"), int):
            raise NoTrace(_("{path}: is no trace of procsim's").format(path=path))
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
        size = number = 0
        events = Events()
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
                    yield batch
                    batch, size = [], 0
        yield batch
        if self.verdict is None:
            raise NoTrace(_("{path}: is cut off, it ends without a verdict").format(path=self.path))

    def unfit(self, error: Exception) -> NoTrace:
        """What is wrong where each of its lines is right, and they do not fit together."""
        words = _("{path}: its events do not fit together ({error})")
        return NoTrace(words.format(path=self.path, error=type(error).__name__))

    def _damaged(self, number: int, error: OSError | Damaged) -> NoTrace:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        words = (
            _("{path}: line {number} is no event of procsim's: {reason}")
            if reason
            else _("{path}: line {number} is no event; the trace is cut off or damaged")
        )
        return NoTrace(words.format(path=self.path, number=number, reason=reason))


def paced(batches: Iterable[list[Event]], speed: float) -> Iterator[list[Event]]:
    """The events of a recording in their own time: each when it is due, at `speed` times the pace of the run."""
    start = time.monotonic_ns()
    due: list[Event] = []
    for batch in batches:
        for event in batch:
            while (early := event.t / speed - (time.monotonic_ns() - start)) > 0:
                yield due
                due = []
                time.sleep(min(early / 1e9, FRAME_SECONDS))
            due.append(event)
    yield due
