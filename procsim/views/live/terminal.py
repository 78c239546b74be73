"""The terminal that procsim draws on: taken with the first screen, and given back when procsim ends, however it ends.

Between two screens it stays taken: keys are not echoed, and wait for the next screen; Ctrl-C ends procsim as usual.
While it is taken, a small process, the keeper, waits for the end of procsim, so that the terminal is given back even
after SIGKILL.

The menu lends the terminal to each procsim that it starts. Both share one keeper, which gives the terminal back when
both have ended. A borrower ends when its lender does, and tells it when people have looked at the end of the run.
"""

import atexit
import contextlib
import fcntl
import marshal
import os
import signal
import socket
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, NoReturn

from procsim.views import BORROWED
from procsim.views.live import keeper

LOOKED = b"l"
"""What a borrower sends to its lender."""

KEYS, SCREEN = 0, 1
"""The descriptors of standard input and output; either may be no terminal."""

CLEAR_ROW = b"\r\x1b[K"

IFLAG, LFLAG, CC = 0, 3, 6
"""Indices into what `termios.tcgetattr` returns."""


class Terminal:
    """The terminal of this process."""

    def __init__(self) -> None:
        self._before: dict[int, list[Any]] = {}
        """The settings before it was taken, by descriptor; empty: it is not taken."""
        self._keeper: subprocess.Popen[bytes] | None = None
        """The keeper that this process has started; a borrower has none."""
        self._to_keeper: int | None = None
        """The pipe to the keeper, our own or the lender's; None: there is no keeper."""
        self._lender: int | None = None
        """The connection to the lender."""
        self._announced = False
        """Whether a line stands there that says what it was taken for."""

    def take(self) -> None:
        """Take it, unless it is taken. From then on keys are not echoed."""
        if self._before:
            return
        for descriptor in (KEYS, SCREEN):
            with contextlib.suppress(termios.error):  # it is no terminal
                self._before[descriptor] = termios.tcgetattr(descriptor)
        if not self._before:
            return
        if self._to_keeper is None:
            with contextlib.suppress(OSError):  # no process can be started: then only we give it back
                self._keeper = _start_keeper(self._before)
                self._to_keeper = self._keeper.stdin.fileno() if self._keeper.stdin else None
        atexit.register(self.give_back)
        self._silence()

    def announce(self, words: str) -> None:
        """Take it for a screen that is still to come, and say in one line for what; the line goes when that comes."""
        leave_by_signals()
        self.take()
        with contextlib.suppress(OSError):  # this terminal is gone
            words = words[: os.get_terminal_size(SCREEN).columns // 2]  # a character may have two cells
            os.write(SCREEN, words.encode(sys.stdout.encoding, "replace"))
            self._announced = True

    def end_announcement(self) -> None:
        """Clear the line that says for what it was taken, if it stands there."""
        if self._announced:
            self._announced = False
            with contextlib.suppress(OSError):  # this terminal is gone
                os.write(SCREEN, CLEAR_ROW)

    def _silence(self) -> None:
        if KEYS in self._before:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(KEYS, termios.TCSANOW, _quiet(self._before[KEYS]))

    def give_back(self) -> None:
        """Restore the settings from before it was taken, and end the keeper."""
        self.end_announcement()
        before, self._before = self._before, {}
        for descriptor, settings in before.items():
            with contextlib.suppress(termios.error):  # this terminal is gone
                termios.tcsetattr(descriptor, termios.TCSANOW, settings)
        atexit.unregister(self.give_back)
        ended, self._keeper = self._keeper, None
        if ended is not None:
            self._to_keeper = None
            ended.kill()
            ended.communicate()

    @contextlib.contextmanager
    def lent(self) -> Iterator[tuple[dict[str, str], list[int], Callable[[], bool]]]:
        """Lend it to a procsim that is started inside.

        Yields the variables and the descriptors to pass to it, and what returns, when it has ended, whether people
        have looked at the end of its run: it has waited for a key itself.
        """
        theirs, ours = socket.socketpair()
        with theirs, ours:
            passed = [theirs.fileno()] if self._to_keeper is None else [theirs.fileno(), self._to_keeper]
            ours.setblocking(False)

            def looked() -> bool:
                try:
                    return ours.recv(1) == LOOKED
                except BlockingIOError:
                    return False

            yield {BORROWED: ",".join(map(str, passed))}, passed, looked

    def borrow(self) -> None:
        """Take over what the lender has passed: its keeper, and the connection by which its end is noticed."""
        lender, *to_keeper = map(int, os.environ.pop(BORROWED).split(","))
        for descriptor in (lender, *to_keeper):
            os.set_inheritable(descriptor, False)
        self._lender, self._to_keeper = lender, to_keeper[0] if to_keeper else None
        threading.Thread(target=_end_with, args=(lender,), name="procsim-lender", daemon=True).start()

    def have_looked(self) -> None:
        """People have looked at the end of the run, and want no other: a lender need not wait for a key."""
        if self._lender is not None:
            with contextlib.suppress(OSError):  # it has ended
                os.write(self._lender, LOOKED)

    def recover(self) -> None:
        """A borrower was killed while it had a screen: leave that, and restore the settings between two screens."""
        if self._before:
            self._silence()
            with contextlib.suppress(OSError):  # this terminal is gone
                os.write(SCREEN, keeper.LEAVE_FULL_SCREEN)
            self._write_to_keeper(keeper.SCREEN_LEFT)

    @contextlib.contextmanager
    def screen(self) -> Iterator[None]:
        """Take it for a full screen, which is entered and left inside this context."""
        self.take()
        self.end_announcement()
        self._write_to_keeper(keeper.SCREEN_TAKEN)
        try:
            yield
        finally:
            self._write_to_keeper(keeper.SCREEN_LEFT)

    def suspend(self) -> None:
        """Stop as Ctrl-Z does elsewhere: the shell has the terminal until it continues this process."""
        self.give_back()
        os.kill(0, signal.SIGTSTP)
        self.take()

    def forget_keys(self) -> None:
        """Drop the keys that were pressed up to now."""
        with contextlib.suppress(termios.error):
            termios.tcflush(KEYS, termios.TCIFLUSH)

    def _write_to_keeper(self, word: bytes) -> None:
        if self._to_keeper is not None:
            with contextlib.suppress(OSError):  # somebody has ended the keeper
                os.write(self._to_keeper, word)


terminal = Terminal()
"""The terminal of this process; there is one."""


def leave_by_signals() -> None:
    """Let SIGINT and SIGTERM raise `SystemExit` from now on, so that the terminal is given back on the way out."""
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _leave)


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    if number != signal.SIGINT:
        not_to_be_stopped()
    sys.exit(128 + number)


def not_to_be_stopped() -> None:
    """Ignore SIGTTOU, as this process is about to end: if the shell has the terminal, giving it back would stop us."""
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)


def _end_with(lender: int) -> None:
    """Wait for the end of the lender, then send SIGTERM to this process."""
    os.read(lender, 1)
    os.kill(os.getpid(), signal.SIGTERM)


def _quiet(settings: list[Any]) -> list[Any]:
    """The settings between two screens: keys are kept as they were pressed, without echo; only Ctrl-C acts at once."""
    quiet = [*settings[:CC], list(settings[CC])]
    quiet[IFLAG] &= ~(termios.ICRNL | termios.INLCR | termios.IGNCR | termios.IXON | termios.IXOFF)
    quiet[LFLAG] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN)
    nothing = bytes([os.fpathconf(KEYS, "PC_VDISABLE")])
    quiet[CC][termios.VSUSP] = quiet[CC][termios.VQUIT] = nothing
    quiet[CC][termios.VMIN], quiet[CC][termios.VTIME] = 1, 0
    return quiet


def _start_keeper(before: dict[int, list[Any]]) -> "subprocess.Popen[bytes]":
    # From 3 on, since 0 to 2 are other streams in the keeper.
    copies = {descriptor: fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 3) for descriptor in before}
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", keeper.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            pass_fds=copies.values(),
            start_new_session=True,
        )
    finally:
        for copy in copies.values():
            os.close(copy)
    settings = [(copies[descriptor], each) for descriptor, each in before.items()]
    kept: keeper.Kept = settings, copies.get(SCREEN, -1)
    if process.stdin is not None:
        process.stdin.write(marshal.dumps(kept))
    return process
