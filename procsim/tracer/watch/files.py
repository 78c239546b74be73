"""Files that the program opens, reads and writes: what really goes from and to the disk, and at which line.

The file object is built as `open` builds it, of the same types, on a raw file of ours below its buffers. So an event is
a real read or write, made when the buffer is filled or flushed; and the life of the file object is as it ever was.
"""

import builtins
import io
import os
import stat
import sys
from types import FrameType
from typing import Any

from procsim.tracer import gate
from procsim.tracer.emit import VALUE_LIMIT, active, emit
from procsim.tracer.patching import Builtin, replace
from procsim.tracer.sites import call_site, is_library, program_site
from procsim.wire import identities
from procsim.wire.pipe import raised_elsewhere

PATH_LIMIT = 200
"""Characters of a path that an event carries (its end)."""

_fstat = os.fstat

_BUFFERS: dict[str, Any] = {
    **dict.fromkeys(("r", "rt", "rb"), io.BufferedReader),
    **dict.fromkeys(("w", "wt", "wb", "a", "at", "ab", "x", "xt", "xb"), io.BufferedWriter),
    **dict.fromkeys([f"{way}{kind}" for way in "rwax" for kind in ("+", "+b", "b+", "+t", "t+")], io.BufferedRandom),
}
"""The modes that are built here. Whatever else is asked for is left to the real `open`, as are its errors."""


class _Open(Builtin):
    def __call__(
        self,
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: Any = None,
        errors: Any = None,
        newline: Any = None,
        closefd: bool = True,
        opener: Any = None,
    ) -> Any:
        text = not (isinstance(mode, str) and "b" in mode)
        usual = buffering == -1 and closefd and opener is None and isinstance(file, str | bytes | os.PathLike)
        if usual and isinstance(mode, str) and mode in _BUFFERS and (text or encoding is errors is newline is None):
            at = _site_of_open(sys._getframe().f_back)
            if at is not None:
                return _open(file, mode, text, encoding, errors, newline, at)
        return self._original(file, mode, buffering, encoding, errors, newline, closefd, opener)


def patch_open() -> None:
    """builtins.open, which is io.open."""
    if sys.flags.warn_default_encoding:  # an EncodingWarning of the real `open` would name our line, not the program's
        return
    traced_open = _Open(builtins.open)
    replace(builtins, "open", traced_open)
    replace(io, "open", traced_open)
    traced_open.__module__ = "io"  # where pickle finds it (from 3.12 on the original says `_io`)


class TracedFileIO(io.FileIO):
    """The raw file below the buffers: each read and write of it is one of the operating system's."""

    identity: int | None = None
    """The same in each process, under whatever name it has the file; None where it is no regular file."""
    path = ""
    """Where it was when it was opened, whatever folder the program is in later."""

    def readinto(self, buffer: Any, /) -> Any:
        self._pass_gate("file_read")
        size = super().readinto(buffer)
        if size is not None:
            self._say("file_read", buffer, size)
        return size

    def readall(self) -> Any:
        self._pass_gate("file_read")
        data = super().readall()
        if data is not None:
            self._say("file_read", data, len(data))
        return data

    def write(self, data: Any, /) -> Any:
        self._pass_gate("file_written")
        self._say("file_written", data)
        return super().write(data)

    def close(self) -> None:
        try:
            if not self.closed:
                self._say("file_closed")
        finally:
            super().close()

    def _pass_gate(self, operation: str) -> None:
        if self.identity is not None and gate is not None and gate.shared[0]:
            gate.arrive(operation, self.identity, program_site(), subject=os.path.basename(self.path))

    def _offset(self, size: int) -> int:
        """Where in the file `size` bytes were just read, or with 0: where the next ones will be written."""
        return 0 if self.identity is None else super().tell() - size

    def _say(self, kind: str, data: Any = None, size: int | None = None) -> None:
        # A file that nobody closed is written when the interpreter takes modules apart, ours too: then the names
        # here are None, and what matters is that the data still gets into the file.
        if active is None or not active():
            return
        fields: dict[str, Any] = {}
        if data is not None:
            view = memoryview(data).cast("B")[:size]
            fields = {"value": bytes(view[:VALUE_LIMIT]).decode(errors="replace"), "size": view.nbytes}
            fields["offset"] = self._offset(view.nbytes if kind == "file_read" else 0)
        emit(kind, self.identity, program_site(), path=self.path, **fields)


def _open(file: Any, mode: str, text: bool, encoding: Any, errors: Any, newline: Any, at: str) -> Any:
    """What `open` does for the usual modes (the steps are those of Lib/_pyio.py)."""
    name = os.fspath(file)
    raw = TracedFileIO(name, mode.replace("b", "").replace("t", ""))
    result: Any = raw
    try:
        raw.identity = _identity_of(raw.fileno())
        raw.path = _path_of(os.fsdecode(name))
        emit("file_opened", raw.identity, at, path=raw.path, mode=mode)
        block = getattr(raw, "_blksize", 0)
        result = _BUFFERS[mode](raw, block if block > 1 else io.DEFAULT_BUFFER_SIZE)
        if text:
            result = io.TextIOWrapper(result, encoding, errors, newline, line_buffering=raw.isatty())
            result.mode = mode
    except BaseException:
        result.close()
        raise
    return result


def _identity_of(descriptor: int) -> int | None:
    status = _fstat(descriptor)
    return identities.file(status.st_dev, status.st_ino) if stat.S_ISREG(status.st_mode) else None


def _path_of(name: str) -> str:
    try:
        return os.path.abspath(name)[-PATH_LIMIT:]
    except OSError as error:  # the folder that we are in was removed
        if raised_elsewhere(error):
            raise
        return name[-PATH_LIMIT:]


def _site_of_open(frame: FrameType | None) -> str | None:
    """Where the program opens a file; None where the standard library opens one for itself."""
    while frame is not None and str(frame.f_globals.get("__name__")).startswith("pathlib"):
        frame = frame.f_back
    return None if frame is None or is_library(frame) else call_site(frame)
