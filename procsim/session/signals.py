"""What the signals do that come to procsim while it shows a run: they end the run in order, or go on to the program.

Ctrl-C, SIGTERM and SIGHUP end a run, however often they come. Where the program runs as it would without procsim
(`watch`, outside the live view), they go on to it instead, and it ends as it would have. A signal that was ignored when
procsim was started stays ignored until the program is started, which so ignores it, too.
"""

import contextlib
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from procsim.running.run import Run
from procsim.views.live.terminal import not_to_be_stopped

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_MEANT_FOR_THE_PROGRAM = (signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
"""Signals that people send to a server, to have it reload, say. They are handled where signals are passed on."""


class Signals:
    """Handles the signals while it is entered; the handlers from before are restored then."""

    def __init__(self, pass_on: bool = False) -> None:
        """`pass_on`: whether they go on to the program; Ctrl-C only while the program does not hang."""
        self.hangs: Callable[[], bool] = lambda: False
        """Whether it hangs."""
        self.received = 0
        """The first signal by which people ended the run; 0: none."""
        self.passed_on = 0
        """The last signal that went on to the program; 0: none."""
        self._are_passed_on = pass_on
        self._run: Run | None = None
        self._ignored: list[int] = []
        """Those that were ignored, and stay so until the program is started. Where signals are not passed on, only
        SIGHUP (nohup) is among them, and stays ignored to the end."""
        self._before: dict[int, Any] = {}
        """The handlers from before."""

    def __enter__(self) -> "Signals":
        if threading.current_thread() is threading.main_thread():
            for number in (*_ENDING, *_MEANT_FOR_THE_PROGRAM) if self._are_passed_on else _ENDING:
                ignored = signal.getsignal(number) is signal.SIG_IGN
                if ignored and (self._are_passed_on or number == signal.SIGHUP):
                    self._ignored.append(number)
                else:
                    self._before[number] = signal.signal(number, self._receive)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            with contextlib.suppress(ValueError, TypeError):
                signal.signal(number, handler)

    def go_to(self, run: Run) -> None:
        """From now on they are for this run, which was started; it is stopped at once if it was to end before."""
        self._run = run
        if self.received:
            run.stop()
        if self._are_passed_on:  # an ignored one, too: the program may have made a handler of its own for it
            for number in self._ignored:
                self._before[number] = signal.signal(number, self._receive)

    def end(self) -> None:
        """People have ended the run by a key: the same as Ctrl-C."""
        self.received = self.received or signal.SIGINT
        self._stop()

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self._are_passed_on and self._run is not None and not (number == signal.SIGINT and self.hangs()):
            self._run.pass_on(number)
            self.passed_on = number
        elif number not in self._ignored:
            self.received = self.received or number
            if number != signal.SIGINT:
                not_to_be_stopped()
            self._stop()

    def _stop(self) -> None:
        if self._run is not None:
            self._run.stop()
