"""Runs the real command as people do, and proves that nothing of it is left."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from procsim.views.live import keeper

if TYPE_CHECKING:
    from tests.integration.terminal import Terminal

PROGRAMS = Path(__file__).parents[1] / "programs"
KEEPER = keeper.__file__
PROCSIM = [sys.executable, "-m", "procsim"]
PATIENCE_SECONDS = 60
"""How long a test waits for what must come; never how long it may take."""

LIMITS = (2, 4, 8, 16, 32)
"""Time limits, in seconds, of a run that must have come somewhere by then: where it has not, the next one is tried."""


class House:
    """A temporary folder and an environment of the test's own, in which procsim is started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = os.environ | {"TMPDIR": str(folder), "LC_ALL": "C.UTF-8", "PYTHONUNBUFFERED": "1"}
        ours = ("PYTHONPATH", "PROCSIM_RUN", "PROCSIM_LESSONS", "PROCSIM_THEME")
        for name in (*ours, "NO_COLOR", "COLORFGBG", "COLORTERM", "LANGUAGE"):
            self.environment.pop(name, None)
        self.terminals: list[Terminal] = []
        """Those in which procsim runs. They are read at all times: it waits while a terminal takes no more."""
        self._shared_memory = self._semaphores()

    @classmethod
    @contextlib.contextmanager
    def opened(cls) -> "Iterator[House]":
        """One that must be empty again at the end. Its path is short: sockets are made below it."""
        with tempfile.TemporaryDirectory(prefix="house-", dir="/tmp") as folder:
            house = cls(Path(folder))
            yield house
            house.assert_empty()

    def run(self, *arguments: object, encoding: str = "utf-8") -> "subprocess.CompletedProcess[str]":
        """The command, run to its end."""
        return subprocess.run(
            [*PROCSIM, *map(str, arguments)],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding=encoding,
            timeout=PATIENCE_SECONDS * 2,
        )

    def events(self, *arguments: object) -> tuple[list[dict[str, Any]], "subprocess.CompletedProcess[str]"]:
        """The lines of the json view, and how the command ended."""
        name, *rest = arguments
        done = self.run(name, "--view", "json", *rest)
        return [json.loads(line) for line in done.stdout.splitlines()], done

    def start(self, *arguments: object, **options: Any) -> "subprocess.Popen[str]":
        """The command, started."""
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, **options}
        return subprocess.Popen(
            [*PROCSIM, *map(str, arguments)], env=self.environment, text=True, encoding="utf-8", **options
        )

    def members(self) -> list[psutil.Process]:
        """The processes that were started with a run's folder in here, or to keep a terminal, and are not yet gone."""
        found = []
        for process in psutil.process_iter():
            try:
                inside = process.environ().get("PROCSIM_RUN", "").startswith(str(self.folder))
                guardian = any(str(self.folder) in word for word in process.cmdline()[2:4])
                keeper = process.environ().get("TMPDIR") == str(self.folder) and process.cmdline()[-1:] == [KEEPER]
                if (inside or guardian or keeper) and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except psutil.Error:
                continue
        return found

    def wait_until(self, condition: Callable[[], Any]) -> Any:
        """Wait for what must come."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (result := condition()):
            assert time.monotonic() < deadline, f"waited in vain for {condition}"
            for terminal in self.terminals:
                terminal.rows()
            time.sleep(0.02)
        return result

    def assert_empty(self) -> None:
        """Nothing of any run is left: no process, no file, no semaphore."""
        self.wait_until(lambda: not self.members())
        self.wait_until(lambda: not list(self.folder.glob("procsim-*")))
        left = self._semaphores() - self._shared_memory  # another program's come and go; these must go
        self.wait_until(lambda: not left & self._semaphores() - _in_use(left))

    def _semaphores(self) -> set[str]:
        return {path.name for path in Path("/dev/shm").glob("sem.mp-*")}


def _in_use(names: set[str]) -> set[str]:
    """Those of these semaphores that a process has: another test's, where no process of this one is left."""
    found: set[str] = set()
    for maps in Path("/proc").glob("[0-9]*/maps") if names else ():
        with contextlib.suppress(OSError):  # it has ended, or is somebody else's
            text = maps.read_text(errors="replace")
            found |= {name for name in names if name in text}
    return found


@pytest.fixture
def house() -> Iterator[House]:
    """A house that must be empty again after the test."""
    with House.opened() as house:
        yield house


Start = Callable[..., "Terminal"]


@pytest.fixture
def start(house: House) -> Iterator[Start]:
    """Starts procsim in a terminal; whatever happens, it is gone after the test."""
    from tests.integration.terminal import Terminal

    with contextlib.ExitStack() as leaving:

        def start(*arguments: object, **options: Any) -> Terminal:
            terminal = Terminal(house, *arguments, **options)
            leaving.callback(terminal.close)
            return terminal

        yield start
