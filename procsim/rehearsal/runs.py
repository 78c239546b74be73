"""Runs of procsim without a screen, several at a time, up to a deadline.

arguments ──► a procsim of its own, --view json ──► its last line, the verdict ──► Run
"""

import json
import os
import subprocess
import tempfile
import threading
import time
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple, Self

from procsim.lessons.own_command import own_command

RUNS_FOR_A_CORE = 2
"""So many are run at once for each core: they mostly sleep."""


class Run(NamedTuple):
    """What has come of a run."""

    exit_code: int
    verdict: Mapping[str, Any] | None
    """The last line of the json view; None: it never came to that."""
    complaint: str
    """The last line on its standard error."""
    seconds: float


class Runs:
    """Runs of procsim, a few at a time. At the deadline, and when this is left, those that still run are ended."""

    def __init__(self, deadline: float) -> None:
        """`deadline`: on the clock `time.monotonic`."""
        self._executor = ThreadPoolExecutor(RUNS_FOR_A_CORE * (os.cpu_count() or 1))
        self._timer = threading.Timer(max(0.0, deadline - time.monotonic()), self._end)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._over = False

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._timer.cancel()
        self._end()
        self._executor.shutdown(cancel_futures=True)

    def submit(self, arguments: list[str]) -> "Future[Run | None]":
        """Run procsim with these arguments when it is their turn. The result is None if there was no time for it."""
        return self._executor.submit(self._run, arguments)

    def _end(self) -> None:
        with self._lock:
            self._over = True
            for run in self._running:
                run.terminate()

    def _run(self, arguments: list[str]) -> Run | None:
        began = time.monotonic()
        with tempfile.TemporaryFile() as errors:
            with self._lock:
                if self._over:
                    return None
                streams: Any = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": errors}
                run = subprocess.Popen(own_command(arguments), **streams)
                self._running.add(run)
            with run:
                last = deque(run.stdout or (), maxlen=1)
            with self._lock:
                self._running.remove(run)
                if self._over:
                    return None
            errors.seek(0)
            complaint = errors.read().decode(errors="replace").strip().rpartition("\n")[2].removeprefix("procsim: ")
            return Run(run.returncode, _verdict_in(b"".join(last)), complaint, time.monotonic() - began)


def _verdict_in(line: bytes) -> Mapping[str, Any] | None:
    """The verdict that a line of the json view holds; None: it is another line, or was cut off."""
    try:
        fields: Mapping[str, Any] = json.loads(line)
    except ValueError:
        return None
    return fields if fields.get("kind") == "verdict" else None
