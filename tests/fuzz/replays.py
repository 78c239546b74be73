"""Replays damaged recordings, in this process and by whole commands, and tells what became of it."""

import io
import os
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from procsim.command import schedule
from procsim.errors import WrongUse
from procsim.recording.trace import NoTrace, Trace
from procsim.session.replay import show_trace
from procsim.views import Showing
from procsim.views.base import View
from procsim.views.console import HarmlessConsole
from procsim.views.jsonl import JsonView
from procsim.views.live.view import LiveView
from procsim.views.text.plain import PlainView
from tests.fuzz.damage import damaged
from tests.fuzz.measured import peak

MOST_SECONDS = 10.0
MOST_BYTES = 300 << 20


@dataclass
class Outcome:
    """What became of all replays."""

    replays: int = 0
    refused: int = 0
    """Those that one line says something about."""
    slowest: float = 0.0
    """seconds."""
    largest: int = 0
    """Bytes of memory, of the largest process."""
    faults: list[str] = field(default_factory=list)
    """What must not have happened."""

    def took(self, seed: int, seconds: float) -> None:
        """One replay has ended."""
        self.replays += 1
        self.slowest = max(self.slowest, seconds)
        if seconds > MOST_SECONDS:
            self.faults.append(f"seed {seed}: took {seconds:.1f} s")

    def __str__(self) -> str:
        return (
            f"{self.replays} replays, {self.refused} refused in one line; the slowest took {self.slowest:.2f} s, the "
            f"largest process had {self.largest / (1 << 20):.0f} MiB; {len(self.faults)} faults"
        )


def _console(terminal: bool) -> Console:
    return HarmlessConsole(
        file=io.StringIO(), force_terminal=terminal, width=100, height=40, highlight=False, markup=False, emoji=False
    )


VIEWS: dict[str, Callable[[], View]] = {
    "plain": lambda: PlainView(_console(False)),
    "json": lambda: JsonView(io.StringIO()),
    "live": lambda: LiveView(_console(True), Showing("replay", recorded=True, speed=1e12)),
}


def in_one_process(seeds: range) -> Outcome:
    """Replay these damaged recordings here, one after the other, each in all three views and as a schedule."""

    outcome = Outcome()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "damaged.jsonl"
        for seed in seeds:
            path.write_bytes(damaged(seed))
            began = time.monotonic()
            refused = False
            for replay in _replays(path):
                try:
                    replay()
                except NoTrace:
                    refused = True
                except WrongUse:
                    continue  # it holds no steps
                except Exception:
                    outcome.faults.append(f"seed {seed}: {traceback.format_exc()}")
            outcome.refused += refused
            outcome.took(seed, time.monotonic() - began)
    outcome.largest = peak()
    if outcome.largest > MOST_BYTES:
        outcome.faults.append(f"{outcome.largest} bytes")
    return outcome


def _replays(path: Path) -> Iterator[Callable[[], object]]:
    for view in VIEWS.values():
        yield lambda view=view: show_trace(Trace(path), view())  # type: ignore[misc]
    yield lambda: schedule.recorded_steps(path, Trace(path).header)


def by_commands(seeds: range) -> Outcome:
    """Replay each of them by a whole command in each view; the live one in a terminal that has no keyboard."""
    outcome = Outcome()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "damaged.jsonl"
        for seed in seeds:
            path.write_bytes(damaged(seed))
            for view in VIEWS:
                _command(path, view, seed, outcome)
    return outcome


def _command(path: Path, view: str, seed: int, outcome: Outcome) -> None:
    told = path.with_name("memory")
    told.unlink(missing_ok=True)
    replay = ["replay", str(path), "--view", view, "--speed", "1e12"]
    command = [sys.executable, "-m", "tests.fuzz.measured", str(told), *replay]
    ours, theirs = os.openpty() if view == "live" else os.pipe()
    began = time.monotonic()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,  # no keyboard: with one, the live view stands at the end until q
            stdout=theirs,
            stderr=errors,
            env=os.environ | {"LC_ALL": "C.UTF-8", "TERM": "xterm-256color"},
            start_new_session=True,
        )
        os.close(theirs)
        reader = threading.Thread(target=_drain, args=(ours,))
        reader.start()
        process.wait()
        reader.join()
        os.close(ours)
        errors.seek(0)
        said = errors.read().decode(errors="replace")
    outcome.took(seed, time.monotonic() - began)
    memory = int(told.read_text()) if told.exists() else 0
    outcome.largest = max(outcome.largest, memory)
    outcome.refused += process.returncode == 2
    one_line = said.count("\n") == (process.returncode == 2) and len(said) < 3_000
    if process.returncode not in (0, 2) or "Traceback" in said or not one_line:
        outcome.faults.append(f"seed {seed}, {view}: exit code {process.returncode}: {said[-2_000:]}")
    if not 0 < memory <= MOST_BYTES:
        outcome.faults.append(f"seed {seed}, {view}: {memory >> 20} MiB")


def _drain(descriptor: int) -> None:
    """Read to the end, which a terminal tells by an error."""
    try:
        while os.read(descriptor, 1 << 16):
            pass
    except OSError:
        return
