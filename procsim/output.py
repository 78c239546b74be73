"""Standard output and standard error, either of which may be closed, full, or read by nobody any more."""

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from procsim.errors import ProcsimError
from procsim.exit_code import ExitCode
from procsim.harmless import harmless
from procsim.language import _
from procsim.legible import LEGIBLE

LONGEST_LINE = 2_000
"""Characters of a line on standard error; the name of a scenario in a recording, for one, has no bound of its own."""


class CannotWrite(ProcsimError):
    """The output cannot be written; the text says why."""


class ReaderGone(CannotWrite):
    """Nobody reads the output any more (`| head -1`, or the terminal was closed). It has no text."""

    exit_code = ExitCode.READER_GONE


@contextlib.contextmanager
def writing() -> Iterator[None]:
    """Turn an `OSError` of what is written inside into `ReaderGone` or `CannotWrite`."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.EPIPE, errno.EIO):
            raise ReaderGone from error
        raise CannotWrite(_("the output cannot be written: {reason}").format(reason=error.strerror)) from error


def words_for_unwritable(path: Path, reason: str | None) -> str:
    """That a file cannot be written, and what to do."""
    folder = path.parent
    if not folder.is_dir():
        words = _("{path}: cannot be written: {reason}; make the folder {folder} first, or choose another file")
        return words.format(path=path, reason=reason, folder=folder)
    return _("{path}: cannot be written: {reason}; choose another file").format(path=path, reason=reason)


def complain(text: str) -> None:
    """Print one line on standard error: `procsim: TEXT`. Where that cannot be written, nobody would read it."""
    line = harmless(" ".join(text.split()))
    line = line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…"
    try:
        print(f"procsim: {line}", file=sys.stderr, flush=True)
    except OSError:
        forget_output(sys.stderr)


def forget_output(stream: IO[str]) -> None:
    """Send what is still to be written there to nowhere; otherwise the interpreter would try again as it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def make_streams_safe() -> None:
    """Let neither a closed standard stream nor a character that the terminal's encoding lacks raise an exception."""
    if sys.stdin is None:  # the program watched finds it closed all the same: our file is not inherited
        sys.stdin = open(os.devnull)  # noqa: SIM115
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=LEGIBLE)  # Chinese, say
