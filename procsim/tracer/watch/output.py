"""Lines that the program prints, each with the process, thread and line of code that printed it.

Only `write` and `flush` of the standard streams are replaced, on the instance; the streams stay what they were. If
procsim shows the output itself, the event replaces the write; if the output goes elsewhere, the event is emitted beside
it. What bypasses these streams (C code, `os.write`, programs it runs) procsim reads from the descriptor.

What is written to other pipes than procsim's own, known by device and inode, is never replaced: a Python subprocess
writes to whatever program reads its output.
"""

import os
import sys
import threading
from collections.abc import Collection
from typing import Any

from procsim.tracer.emit import emit, run_is_over
from procsim.tracer.patching import on_restore
from procsim.tracer.sites import program_site
from procsim.tracer.values import TEXT_LIMIT
from procsim.wire.pipe import has_no_reader, raised_elsewhere

_parts: dict[tuple[str, int], list[str]] = {}


def cover_streams(taken: Collection[tuple[int, int]]) -> None:
    """Emit what goes to sys.stdout and sys.stderr.

    `taken`: (device, inode) of the pipes that procsim reads. With any, what goes into one of them becomes an event
    instead, and what goes elsewhere (to another program, into a file) is left alone. With none, events come beside the
    output.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None:
            _cover(stream, name, taken)


def forget_parts() -> None:
    """Forget unfinished lines: after a fork they are the parent's to emit."""
    _parts.clear()


def _cover(stream: Any, name: str, taken: Collection[tuple[int, int]]) -> None:
    original_write, original_flush = stream.write, stream.flush

    def write(text: str) -> Any:
        if not isinstance(text, str) or stream.closed:
            return original_write(text)  # raises
        text = str.__str__(text)
        if not text.isascii():
            text.encode(stream.encoding, stream.errors)  # raises where the stream cannot hold this text
        if taken and _file_behind(stream) not in taken:  # ask each time: `dup2` may have changed it
            return original_write(text)
        rest = _emit_lines(name, text)
        if not taken:
            return original_write(text)
        if rest and not _has_no_reader(stream):
            original_write(rest)
        return len(text)

    def flush() -> None:
        emit_parts()
        original_flush()

    def emit_parts() -> None:
        for key in list(_parts):
            if key[0] == name and (rest := _emit_part(key)) and taken and not _has_no_reader(stream):
                original_write(rest)

    try:
        stream.write, stream.flush = write, flush
    except (AttributeError, TypeError):  # a stream that the program, or what started it, put there
        return

    def uncover() -> None:
        emit_parts()
        for own, ours in (("write", write), ("flush", flush)):
            if vars(stream).get(own) is ours:  # the program may have covered them itself
                delattr(stream, own)

    on_restore(uncover)


def _file_behind(stream: Any) -> tuple[int, int] | None:
    """The file that the stream writes to now: device and inode."""
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError) as error:
        if raised_elsewhere(error):
            raise
        return None
    return status.st_dev, status.st_ino


def _has_no_reader(stream: Any) -> bool:
    """Whether this process goes on after procsim was killed, which read this pipe: a write would end it."""
    return run_is_over() and has_no_reader(stream.fileno())


def _emit_lines(name: str, text: str) -> str:
    """Emit the whole lines of the text; keep the unfinished one until its end comes, or a flush.

    Returns what could not be emitted, of this text and of what was kept before.
    """
    key = (name, threading.get_ident())
    end = text.rfind("\n") + 1
    parts = _parts.get(key)
    if end == 0:
        if parts is None:
            parts = _parts[key] = []
        parts.append(text)
        return _emit_part(key) if sum(map(len, parts)) >= TEXT_LIMIT else ""
    lines = "".join([*(parts or []), text[:end]])
    _parts.pop(key, None)
    if text[end:]:
        _parts[key] = [text[end:]]
    return _emit_text(name, lines)


def _emit_part(key: tuple[str, int]) -> str:
    parts = _parts.pop(key, None)
    return _emit_text(key[0], "".join(parts)) if parts else ""


def _emit_text(name: str, text: str) -> str:
    """Emit a text, piece by piece. Returns the rest of it, from the first piece that could not be emitted."""
    at = program_site()
    start = 0
    while start < len(text):
        end = _end_of_piece(text, start)
        if not emit("printed", at=at, text=text[start:end], stream=name):
            break
        start = end
    return text[start:]


def _end_of_piece(text: str, start: int) -> int:
    """Where a piece of the text ends that one event can hold, if possible at the end of a line."""
    end = start + TEXT_LIMIT
    if not text.isascii():
        end = start + TEXT_LIMIT // 4  # a character has at most four bytes
    if end >= len(text):
        return len(text)
    return text.rfind("\n", start, end) + 1 or end
