"""Lines that the program prints, each with the process, thread and line of code that printed it.

Only `write` and `flush` of the standard streams are covered, on the instance; the streams stay what they were. Where
procsim shows the output itself, the event takes the place of the write; where the output goes its own way, the event
comes beside it. What bypasses these streams (C code, `os.write`, programs it runs) procsim reads from the descriptor.
"""

import sys
import threading
from typing import Any

from procsim.tracer.emit import TEXT_LIMIT, call_site, emit, is_internal
from procsim.tracer.patching import on_restore

_parts: dict[tuple[str, int], list[str]] = {}


def cover_streams(take_over: bool) -> None:
    """Say what goes to sys.stdout and sys.stderr; with `take_over`, write it nowhere else."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None:
            _cover(stream, name, take_over)


def forget_parts() -> None:
    """Drop what an unfinished line holds: after a fork, it is the parent's to say."""
    _parts.clear()


def _cover(stream: Any, name: str, take_over: bool) -> None:
    original_write, original_flush = stream.write, stream.flush

    def write(text: str) -> int:
        if not isinstance(text, str):
            return original_write(text)  # type: ignore[no-any-return] - raises, as it did before
        said = _say(name, text)
        if take_over and said:
            return len(text)
        return original_write(text)  # type: ignore[no-any-return]

    def flush() -> None:
        _say_parts(name)
        original_flush()

    try:
        stream.write, stream.flush = write, flush
    except (AttributeError, TypeError):  # a stream that the program, or what started it, put there
        return

    def uncover() -> None:
        del stream.write, stream.flush

    on_restore(uncover)


def _say(name: str, text: str) -> bool:
    """Say the whole lines of the text; keep what follows the last line end until it is whole, or flushed."""
    key = (name, threading.get_ident())
    end = text.rfind("\n") + 1
    parts = _parts.get(key)
    if end == 0:
        if parts is None:
            parts = _parts[key] = []
        parts.append(text)
        return sum(map(len, parts)) < TEXT_LIMIT or _say_parts(name)
    lines = "".join([*(parts or []), text[:end]])
    _parts.pop(key, None)
    if text[end:]:
        _parts[key] = [text[end:]]
    return _emit_text(name, lines)


def _say_parts(name: str) -> bool:
    parts = _parts.pop((name, threading.get_ident()), None)
    return _emit_text(name, "".join(parts)) if parts else True


def _emit_text(name: str, text: str) -> bool:
    at = _site()
    said = True
    while text:
        piece = _piece(text)
        said = emit("printed", at=at, text=piece, stream=name)
        text = text[len(piece) :]
    return said


def _piece(text: str) -> str:
    """As much of the text as one event carries, up to the end of a line if possible."""
    if len(text) * 4 <= TEXT_LIMIT:  # a character has at most four bytes
        return text
    piece = text[:TEXT_LIMIT]
    if not piece.isascii():
        piece = piece.encode(errors="surrogatepass")[:TEXT_LIMIT].decode(errors="ignore") or text[:1]
    end = piece.rfind("\n") + 1
    return piece[:end] if end and len(piece) < len(text) else piece


def _site() -> str | None:
    frame = sys._getframe(1)
    while frame is not None and is_internal(frame):
        if frame.f_back is None:
            return None
        frame = frame.f_back
    return call_site(frame)
