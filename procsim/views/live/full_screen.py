"""The whole terminal, for a view that draws and reads keys: it is taken, written to, and given back.

picture ──► its lines, by rich ──► Frames ──► those that have changed ──► the terminal ──► keys
"""

import contextlib
import sys
import time
from collections.abc import Iterator
from typing import Self

from prompt_toolkit.input import Input
from rich.console import Console, ConsoleDimensions, RenderableType
from rich.screen import Screen

from procsim.output import writing
from procsim.views.live.frames import Frames
from procsim.views.live.keyboard import open_keyboard, pressed
from procsim.views.live.terminal import terminal

WHOLE_FRAME_SECONDS = 5
"""So often all lines are written, whatever has changed: a shell or a program may have written to the terminal, too."""


class FullScreen:
    """Standard output, which is a terminal, and standard input, if it is one, too. To be entered."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._leaving = contextlib.ExitStack()
        self._input: Input | None = None
        self._frames = Frames()
        self._last_whole_frame = 0.0
        self._drawn: ConsoleDimensions | None = None
        """How large the terminal was when it was drawn on last; None: it was not."""

    def __enter__(self) -> Self:
        try:
            self._take()
        except BaseException:
            self._leaving.close()
            raise
        return self

    def _take(self) -> None:
        self._leaving.enter_context(terminal.screen())
        if sys.stdin.isatty():
            self._input = open_keyboard()
            self._leaving.callback(self._input.close)
            self._leaving.enter_context(self._input.raw_mode())
        self._frames, self._drawn = Frames(), None
        self._leaving.enter_context(self._console.screen())
        self._leaving.callback(self._console.line)  # a terminal without a second screen goes on below the picture

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):  # the terminal may be gone
            self._leaving.close()

    def suspend(self) -> None:
        """Leave the terminal to the shell until the shell continues this process."""
        self._leaving.close()
        terminal.suspend()
        self._take()

    @property
    def size(self) -> ConsoleDimensions:
        """The columns and rows that there are now."""
        return self._console.size

    @property
    def has_keys(self) -> bool:
        """Whether there is a keyboard, and the terminal is not gone."""
        return self._input is not None and not self._input.closed

    @property
    def is_outdated(self) -> bool:
        """Whether what stands there was drawn for a terminal of another size."""
        return self._drawn != self._console.size

    def keys(self, seconds: float = 0) -> Iterator[str]:
        """The keys that were pressed; waits so long for the first."""
        if self._input is not None and not self._input.closed:
            yield from pressed(self._input, seconds)

    def draw(self, picture: RenderableType) -> None:
        """Show this: what has changed of it is written."""
        now, size = time.monotonic(), self._console.size
        if now > self._last_whole_frame + WHOLE_FRAME_SECONDS:
            self._frames, self._last_whole_frame = Frames(), now
        with self._console.capture() as drawn:
            self._console.print(Screen(picture), end="")
        with writing():
            self._console.file.write(self._frames.changes(drawn.get().split("\n"), size.width))
            self._console.file.flush()
        self._drawn = size
