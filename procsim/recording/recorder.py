"""Writes a recording: a header line, then each event as one JSON object a line, the verdict last.

{"procsim": "0.1.0", "schema": 1, "scenario": "tickets", "options": {...}, "code": "5f1d…"}
{"t": 0, "pid": 4711, "process": "MainProcess", "kind": "process_began", ...}
{"kind": "verdict", "scenario": "tickets", "claims": [...], "findings": [...]}
"""

import errno
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from procsim import __version__
from procsim.errors import ProcsimError, fault_of
from procsim.json_line import line_of
from procsim.language import _
from procsim.output import words_for_unwritable
from procsim.wire.events import SCHEMA_VERSION, Event, Named, to_json
from procsim.wire.json_values import json_value


class CannotRecord(ProcsimError):
    """The recording cannot be written, or not to its end; the text says why."""


@dataclass(frozen=True)
class Header:
    """The first line of a recording."""

    scenario: str
    options: Mapping[str, Any] = field(default_factory=dict)
    code: str = ""
    """The digest of the program's file, as `code_of` makes it; empty where it is not known."""
    schema: int = SCHEMA_VERSION
    procsim: str = __version__


def code_of(path: Path | None) -> str:
    """The SHA-256 digest of a file: by this a schedule knows whether the code has changed. Empty: it cannot be read."""
    import hashlib  # loads OpenSSL, and most runs are not recorded

    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() if path is not None else ""
    except OSError:
        return ""


class Recorder:
    """Writes a recording to a file. Raises `CannotRecord` where the file cannot be opened.

    If it cannot be written any longer, the run goes on without a recording, and `failure` says why.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self.path = path
        self.failure: CannotRecord | None = None
        try:
            self._file: TextIO = open(path, "w", encoding="utf-8", opener=opened_to_write)  # noqa: SIM115
        except OSError as error:
            if error.errno == errno.ENXIO and path.is_fifo():
                raise CannotRecord(
                    _("{path}: is a named pipe that nobody reads; start its reader first").format(path=path)
                ) from error
            raise CannotRecord(words_for_unwritable(path, error.strerror)) from error
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

    def _cut_off(self, reason: object) -> CannotRecord:
        return CannotRecord(_("{path}: {reason}; the recording is not whole").format(path=self.path, reason=reason))

    def event(self, event: Event, names: Mapping[int, Named]) -> None:
        """Write one event. `names`: the names of objects by their identity, since events have the identity alone."""
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
            except Exception as error:  # a fault of our own in here must not end the program
                self.failure = self._cut_off(fault_of(error))


def opened_to_write(path: str, flags: int) -> int:
    """Open a file to write; a named pipe without a reader raises an `OSError`, and does not wait for one."""
    descriptor = os.open(path, flags | os.O_NONBLOCK, 0o666)
    os.set_blocking(descriptor, True)
    return descriptor
