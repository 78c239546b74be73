"""A real terminal for a test: what stands on its screen, and the keys that are pressed."""

import contextlib
import os
import shlex
import signal
import termios
import time
from typing import Any

import pexpect
import pyte

from procsim.views.live import frames
from tests.integration.conftest import PATIENCE_SECONDS, PROCSIM, House

TAKEN, GIVEN_BACK = b"\x1b[?1049h", b"\x1b[?1049l"
"""How the live view takes the screen, and gives it back."""

END_FRAME = frames.END_FRAME.encode()

STILL_SECONDS = 0.5
"""A screen to which nothing was written for so long stands still, as the menu does: its last frame is whole."""


ASKS = "q done"
"""What a lesson asks at its end."""


def hang_up(child: Any, house: House) -> None:
    """Close the terminal of what `pexpect.spawn` has started, as a window is closed, and wait until that has ended.

    (`child.close` sends signals of its own, and gives it a tenth of a second.)
    """
    child.ptyproc.fileobj.close()
    house.wait_until(lambda: not child.isalive())
    child.ptyproc.closed = True


class Terminal:
    """procsim in a pseudo-terminal, whose screen a terminal emulator keeps.

    It is started by itself, or with jobs to be stopped and let go on by a command of the shell's that names
    "{procsim}".
    """

    def __init__(
        self, house: House, *arguments: object, columns: int = 80, rows: int = 24, shell: str | None = None
    ) -> None:
        command = [*PROCSIM, *map(str, arguments)]
        if shell is not None:
            command = ["/bin/sh", "-m", "-c", shell.format(procsim=shlex.join(command))]
        self.child: Any = pexpect.spawn(
            command[0],
            command[1:],
            env=house.environment | {"TERM": "xterm-256color"},
            dimensions=(rows, columns),
            timeout=PATIENCE_SECONDS,
        )
        self._screen = pyte.HistoryScreen(columns, rows, history=1_000)
        self._stream = pyte.ByteStream(self._screen)
        self._unseen = b""
        self._taken = False
        self._still_since = 0.0
        self._house = house
        house.terminals.append(self)

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.child.send(key)

    def rows(self) -> list[str]:
        """What stood on the screen when the last frame was drawn: a frame of which more is to come is not looked at."""
        before = len(self._unseen)
        with contextlib.suppress(pexpect.TIMEOUT, pexpect.EOF, OSError, ValueError):
            while True:
                self._unseen += self.child.read_nonblocking(1 << 16, 0)
        if len(self._unseen) != before:
            self._still_since = time.monotonic()
        if TAKEN in self._unseen or GIVEN_BACK in self._unseen:
            self._taken = self._unseen.rfind(TAKEN) > self._unseen.rfind(GIVEN_BACK)
        drawing = self._taken and self.child.isalive() and time.monotonic() - self._still_since < STILL_SECONDS
        drawn, frame_end, rest = self._unseen.rpartition(END_FRAME) if drawing else (self._unseen, b"", b"")
        self._stream.feed(drawn + frame_end)
        self._unseen = rest
        return [row.rstrip() for row in self._screen.display]

    def row(self, word: str) -> str:
        """The first row with that word in it; empty: there is none."""
        return next((row for row in self.rows() if word in row), "")

    def wait_for(self, *words: str) -> str:
        """Wait until all of them stand in one row, which is handed back."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            rows = self.rows()
            for row in rows:
                if all(word in row for word in words):
                    return row
            assert time.monotonic() < deadline, f"{words} never came:\n" + "\n".join(rows)
            time.sleep(0.01)

    def wait_for_end(self) -> int:
        """Wait until procsim has ended, and want nothing again when it asks; its exit code."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        answered = 0.0
        while self.child.isalive():
            rows = self.rows()
            if any(ASKS in row for row in rows) and time.monotonic() > answered + STILL_SECONDS:
                self.press("\r")
                answered = time.monotonic()
            assert time.monotonic() < deadline, "it never ended:\n" + "\n".join(rows)
            time.sleep(0.01)
        self.rows()
        return self.child.exitstatus if self.child.exitstatus is not None else -(self.child.signalstatus or 0)

    def settings(self) -> list[Any]:
        """What the terminal does with what is typed and written, as `termios` has it."""
        return termios.tcgetattr(self.child.child_fd)

    def is_given_back(self) -> bool:
        """Whether it is on no full screen, shows its cursor, and wraps lines."""
        self.rows()
        return not self._taken and not self._screen.cursor.hidden and pyte.modes.DECAWM in self._screen.mode

    def kill(self) -> None:
        """SIGKILL to procsim, if it has not ended."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.child.pid, signal.SIGKILL)
        self.child.wait()

    def close(self) -> None:
        """Away with it."""
        self._house.terminals.remove(self)
        if self.child.isalive():
            self.kill()
        self.child.close()
