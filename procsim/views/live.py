"""The live view: the run on the full screen, redrawn at a steady rate; at its end the summary stays in the scrollback.

RunState ──► screen ──► Rich Live
keyboard ──► prompt_toolkit, polled once a frame: q and Ctrl-C end the run; w, where it hangs, lets it wait
"""

import contextlib
import signal
import sys
import time
from types import TracebackType

from prompt_toolkit.input import Input, create_input
from prompt_toolkit.keys import Keys
from rich.console import Console
from rich.live import Live
from rich.text import Text

from procsim.events import Event
from procsim.language import _
from procsim.state import RunState
from procsim.views.base import Verdict, clean, writing
from procsim.views.screen import last_picture, screen
from procsim.views.summary import ascii_only, print_summary

FRAMES_PER_SECOND = 12


class LiveView:
    """Draws a run on the whole terminal."""

    def __init__(self, console: Console, title: str, watching: bool, keyboard: Input | None = None) -> None:
        self._console = console
        self._title = title
        self._watching = watching
        self._input = keyboard
        self._live = Live(console=console, screen=True, auto_refresh=False, vertical_overflow="crop")
        self._leaving = contextlib.ExitStack()
        self._next_frame = 0.0
        self._waits = False
        """Whether people have seen why it hangs, and want it to go on waiting."""
        self._last: tuple[int, float] = (0, 0.0)

    def __enter__(self) -> "LiveView":
        if self._input is None and sys.stdin.isatty():
            self._input = create_input(sys.stdin)
        if self._input is not None:
            self._leaving.callback(self._input.close)
            self._leaving.enter_context(self._input.raw_mode())  # or what people type would stand on the screen
        try:
            self._leaving.enter_context(self._live)
        except BaseException:
            self._leaving.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):  # the terminal may be gone
            self._leaving.close()

    def event(self, event: Event, run: RunState) -> None:
        return

    def tick(self, run: RunState) -> None:
        self._read_keys()
        now = time.monotonic()
        if now < self._next_frame:
            return
        self._next_frame = now + 1 / FRAMES_PER_SECOND
        self._draw(run)

    def _draw(self, run: RunState) -> None:
        with writing():
            plain_marks = ascii_only(self._console)
            picture = screen(run, self._title, self._console.size, self._time(run), plain_marks, asking=not self._waits)
            self._live.update(picture, refresh=True)

    def _time(self, run: RunState) -> int:
        """ns since the start of the run, also while nothing happens."""
        t, seen = self._last
        if run.t != t:
            self._last = (run.t, time.monotonic())
            return run.t
        return t + int((time.monotonic() - seen) * 1e9)

    def _read_keys(self) -> None:
        if self._input is None:
            return
        for press in self._input.read_keys():
            if press.key in (Keys.ControlC, Keys.ControlBackslash, "q"):
                signal.raise_signal(signal.SIGINT)
            elif press.key == "w":
                self._waits = True

    def finish(self, run: RunState, verdict: Verdict) -> None:
        with writing():
            self._print_output(run)
            self._console.print(last_picture(run, self._console.size, ascii_only(self._console)))
            print_summary(self._console, run, verdict)

    def _print_output(self, run: RunState) -> None:
        """What the program printed, which was on the screen that has gone: of a lesson, its errors alone."""
        lines = [line for line in run.lines if line.stream and (self._watching or line.stream == "stderr")]
        if self._watching and run.printed_lines > len(lines):
            self._console.print(_("… {count} lines before").format(count=run.printed_lines - len(lines)), style="dim")
        for line in lines:
            self._console.print(Text(clean(line.text)), soft_wrap=True)
