"""Each lesson once: the commands that show them, run without a screen, several at a time.

chapters ──► Line: a command, and the lessons that it shows ──► a procsim of its own, --view json ──► verdict ──► Check
"""

import json
import os
import shlex
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, NamedTuple, Self

from procsim.language import _, listed
from procsim.lessons.chapter import Chapter
from procsim.rehearsal.check import Check, Result

RUNS_FOR_A_CORE = 2
"""So many are run at once for each core: they mostly sleep."""

RUN_SECONDS = 30
"""The time limit of one run."""


class Line(NamedTuple):
    """A command that shows lessons."""

    arguments: str
    """Those of `procsim`."""
    lessons: tuple[str, ...]
    """The ids of the lessons; those that have none are left out."""


class Run(NamedTuple):
    """What has come of a run."""

    exit_code: int
    verdict: Mapping[str, Any] | None
    """The last line of the json view; None: it never came to that."""
    complaint: str
    """The last line on its standard error."""
    seconds: float


def lines_of(chapters: Iterable[Chapter]) -> list[Line]:
    """The commands that show the lessons, each once, in the order of the lessons."""
    shown: dict[str, list[str]] = {}
    for chapter in chapters:
        for lesson in chapter.lessons:
            shown.setdefault(lesson.shows, []).extend([lesson.id] if lesson.id else [])
    return [Line(arguments, tuple(ids)) for arguments, ids in shown.items()]


def judged(line: Line, run: Run | None) -> Check:
    """What a run says about its lessons. None: there was no time for it."""
    name = " ".join(line.lessons) or line.arguments.partition(" ")[0]
    command = f"procsim {line.arguments}"
    if run is None:
        return Check(name, Result.LEFT_OUT, _("left out, the time was over: {command}").format(command=command))
    claims = run.verdict["claims"] if run.verdict else []
    holding = {claim["id"] for claim in claims if claim["holds"]}
    missing = [lesson for lesson in line.lessons if lesson not in holding] if claims else []
    words = _("{command}: shown in {seconds} s").format(command=command, seconds=f"{run.seconds:.1f}")
    if run.verdict and not missing:
        return Check(name, Result.GOOD, words)
    if missing:
        words = _("{command}: has not shown {lessons}").format(command=command, lessons=listed(missing))
    else:
        reason = run.complaint or _("exit code {code}").format(code=run.exit_code)
        words = _("{command}: did not run ({reason})").format(command=command, reason=reason)
    return Check(name, Result.FAILED, words, _("run it by itself, and see what it says"))


def checks(
    chapters: Iterable[Chapter], folders: Iterable[str], language: str | None, deadline: float
) -> Iterator[Check]:
    """Run all of them, and judge each as soon as those before it are judged.

    `deadline`: when the last must be over, on the clock `time.monotonic`; what is then not done is left out. `folders`,
    `language`: what --lessons and --lang say.
    """
    options = [word for folder in folders for word in ("--lessons", folder)]
    more = ["--view", "json", "--timeout", str(RUN_SECONDS), *(["--lang", language] if language else [])]
    with Runs(deadline) as runs:
        lines = lines_of(chapters)
        futures = [runs.submit([*options, *shlex.split(line.arguments), *more]) for line in lines]
        for line, future in zip(lines, futures, strict=True):
            yield judged(line, future.result())


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
                command = [sys.executable, "-P", "-m", "procsim", *arguments]
                streams: Any = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": errors}
                run = subprocess.Popen(command, **streams)
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
