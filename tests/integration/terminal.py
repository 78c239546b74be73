"""A real terminal for a test: what stands on its screen, and the keys that are pressed."""

import contextlib
import os
import signal
import time
from typing import Any

import pexpect
import pyte

from tests.integration.conftest import PATIENCE_SECONDS, PROCSIM, House


class Terminal:
    """procsim in a pseudo-terminal, whose screen a terminal emulator keeps."""

    def __init__(self, house: House, *arguments: object, columns: int = 80, rows: int = 24) -> None:
        self.child: Any = pexpect.spawn(
            PROCSIM[0],
            [*PROCSIM[1:], *map(str, arguments)],
            env=house.environment | {"TERM": "xterm-256color"},
            dimensions=(rows, columns),
            timeout=PATIENCE_SECONDS,
        )
        self._screen = pyte.HistoryScreen(columns, rows, history=1_000)
        self._stream = pyte.ByteStream(self._screen)

    def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            self.child.send(key)

    def rows(self) -> list[str]:
        """What stands on the screen now."""
        with contextlib.suppress(pexpect.TIMEOUT, pexpect.EOF, OSError, ValueError):
            while True:
                self._stream.feed(self.child.read_nonblocking(1 << 16, 0))
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
        """Wait until procsim has ended; its exit code."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.child.isalive():
            self.rows()
            assert time.monotonic() < deadline, "it never ended:\n" + "\n".join(self.rows())
            time.sleep(0.01)
        self.rows()
        self.child.close()
        return self.child.exitstatus if self.child.exitstatus is not None else -(self.child.signalstatus or 0)

    def kill(self) -> None:
        """SIGKILL to procsim."""
        os.kill(self.child.pid, signal.SIGKILL)
        self.child.wait()
