"""Files that the program opens, reads and writes: what really goes to and from the system, and at which line.

The file object is built as `open` builds it, of the same types, but on a raw file of ours below its buffers. So an
event is a real read or write, made when the buffer is filled or flushed, and the file object has the lifetime that it
always had. Methods replaced on the instance would have closed the file of `open(path).read()` too early.
"""

import builtins
import io
import os
import stat
import sys
from types import FrameType
from typing import Any

from procsim.tracer import explored, gate
from procsim.tracer.emit import active, emit, look
from procsim.tracer.patching import Builtin, replace
from procsim.tracer.sites import call_site, is_internal, is_library, module_of, program_site
from procsim.tracer.values import VALUE_LIMIT
from procsim.tracer.watch import libraries, missing, ordering, unfollowed
from procsim.wire import identities
from procsim.wire.gate_words import OPENS

_fstat = os.fstat

_BUFFERS: dict[str, Any] = {
    **dict.fromkeys(("r", "rt", "rb"), io.BufferedReader),
    **dict.fromkeys(("w", "wt", "wb", "a", "at", "ab", "x", "xt", "xb"), io.BufferedWriter),
    **dict.fromkeys([f"{way}{kind}" for way in "rwax" for kind in ("+", "+b", "b+", "+t", "t+")], io.BufferedRandom),
}
"""The modes that are built here. All others are left to the real `open`, as are its errors."""


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
        plain_mode = mode if type(mode) is str else ""  # the methods of a type of the program's are its code
        text = "b" not in plain_mode
        usual = buffering == -1 and closefd and opener is None and isinstance(file, str | bytes | os.PathLike)
        if usual and plain_mode in _BUFFERS and (text or encoding is errors is newline is None):
            at = _site_of_open(sys._getframe().f_back)
            if at is not None:
                return _open(file, mode, text, encoding, errors, newline, at)
        frame = sys._getframe().f_back
        if type(file) is int or frame is None or is_internal(frame):
            return self._original(file, mode, buffering, encoding, errors, newline, closefd, opener)
        if gate.has_step(OPENS) and not is_library(frame):
            explored.ask_path(OPENS, [file], plain_mode)
        try:
            result = self._original(file, mode, buffering, encoding, errors, newline, closefd, opener)
        finally:
            look()
        if opener is None and not set(plain_mode).isdisjoint("wax+"):
            unfollowed.emit_written_past(result.fileno())
        return result


def patch_open() -> None:
    """builtins.open, which is io.open."""
    if sys.flags.warn_default_encoding:  # else an EncodingWarning of the real `open` would name our line
        return
    traced_open = _Open(builtins.open)
    replace(builtins, "open", traced_open)
    replace(io, "open", traced_open)
    traced_open.__module__ = "io"  # where pickle finds it (from 3.12 on the original says `_io`)


_not_opened: set[str | None] = set()
"""Paths that could not be opened. Once they can, the program learns something by that."""


class TracedFileIO(io.FileIO):
    """The raw file below the buffers: each read and write of it is one of the operating system's."""

    identity: int | None = None
    """The same in each process and by each path; None if it is no regular file."""
    path = ""
    """Absolute, as it was when the file was opened: the program may go to another folder later."""

    def readinto(self, buffer: Any, /) -> Any:
        self._pass_gate("file_read")
        size = super().readinto(buffer)
        if size is not None:
            self._emit("file_read", buffer, size)
        return size

    def readall(self) -> Any:
        self._pass_gate("file_read")
        data = super().readall()
        if data is not None:
            self._emit("file_read", data, len(data))
        return data

    def write(self, data: Any, /) -> Any:
        self._pass_gate("file_written")
        self._emit("file_written", data)
        return super().write(data)

    def truncate(self, size: Any = None, /) -> Any:
        self._pass_gate_explored("file_written")
        return super().truncate(size)

    def seek(self, position: Any, whence: Any = 0, /) -> Any:
        if whence == 2:  # from its end: it shows how long it is
            self._pass_gate_explored("file_read")
        return super().seek(position, whence)

    def close(self) -> None:
        try:
            if not self.closed:
                self._emit("file_closed")
        finally:
            super().close()

    def _pass_gate(self, operation: str) -> None:
        if self.identity is not None and gate is not None and gate.shared[0]:
            gate.arrive(operation, self.identity, program_site(), subject=os.path.basename(self.path))

    def _pass_gate_explored(self, operation: str) -> None:
        if explored is not None and explored.active:
            self._pass_gate(operation)

    def _offset(self, size: int) -> int:
        """Where in the file `size` bytes were just read; with 0, where the next ones will be written."""
        return 0 if self.identity is None else super().tell() - size

    def _emit(self, kind: str, data: Any = None, size: int | None = None) -> None:
        # A file that was never closed is written when the interpreter takes modules apart, ours too. Then the names
        # here are None, and the data must still get into the file.
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
    key = name if type(name) is str else None  # others may have a hash of the program's
    if gate.has_step(OPENS):
        explored.ask_path(OPENS, [name], mode, at)
    names = ordering.names_paths() and mode[0] in "wxa"
    if names:
        ordering.emit_change(name)
    try:
        raw = TracedFileIO(name, mode.replace("b", "").replace("t", ""))
    except OSError as error:  # it shows what is there, or is not
        if len(_not_opened) >= ordering.SEEN_KEPT:
            _not_opened.clear()
        _not_opened.add(key)
        look()
        if not explored.active and type(error) is FileNotFoundError:
            missing.asked(name, found=False)
        raise
    if key in _not_opened:
        _not_opened.discard(key)
        look()
        missing.asked(name, found=True)
    result: Any = raw
    try:
        raw.identity = _identity_of(raw.fileno())
        raw.path = ordering.absolute(name) or ""
        libraries.look_for_new()
        emit("file_opened", raw.identity, at, path=raw.path, mode=mode)
        if mode[0] == "x":  # it was not there
            if names:
                ordering.emit_seen(name)
            else:
                look()
        if raw.identity is None and stat.S_ISFIFO(_fstat(raw.fileno()).st_mode):
            unfollowed.emit_used("pipe")
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


def _site_of_open(frame: FrameType | None) -> str | None:
    """Where the program opens a file; None if the standard library opens one for itself."""
    while frame is not None and module_of(frame).startswith("pathlib"):
        frame = frame.f_back
    return None if frame is None or is_library(frame) else call_site(frame)
