"""A slot: a place where one execution after the other goes on. Its zygote is forked for each.

    Slot ──FORK──► zygote ──► main process ──► its children
     ▲ ▲                          │                 │
     │ └── what each thread says: a connection each ─┘   (`tracer.explored`)
     └──── events: the EventQueue, as in any run

Nothing is left of it: the zygote ends what an execution leaves, and if we are killed, the zygote sees that, and so does
the guardian, which ends the zygote and removes the folder.
"""

import contextlib
import marshal
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import psutil

from procsim.explore.copies import CannotExplore, Copy
from procsim.language import _
from procsim.running.lifeline import Lifeline
from procsim.running.processes import birth
from procsim.wire.explore_words import END, FILE_NAME, FORK
from procsim.wire.pipe import EventQueue, EventQueueReader, ItemDecoder
from procsim.wire.run_folder import HOOK_FOLDER, RUN_VARIABLE, Settings, environment, write_settings

PATIENCE_SECONDS = 5.0
"""How long a zygote may take to end its processes and itself."""

BEGIN_SECONDS = 300.0
"""How long a zygote may take to import what it has to."""


class Slot:
    """One zygote, and the connections to the processes that come of it."""

    def __init__(
        self,
        command: Sequence[str],
        variables: Mapping[str, str],
        seed: int,
        start_method: str | None,
        allowed: Sequence[str] = (),
    ) -> None:
        """`command`: as `python` takes it, from the script on; `allowed`: see `tracer/confines.py`. Raises
        `CannotExplore`.
        """
        self._seed, self._allowed = seed, tuple(allowed)
        self._project = os.getcwd()
        self._undoing = contextlib.ExitStack()
        try:
            with contextlib.ExitStack() as undoing:
                self._begin(command, dict(variables), start_method, undoing)
                self._undoing = undoing.pop_all()
        except OSError as error:
            raise CannotExplore(_("the run cannot be started: {reason}").format(reason=error.strerror)) from error

    def _begin(
        self, command: Sequence[str], variables: dict[str, str], start_method: str | None, undoing: contextlib.ExitStack
    ) -> None:
        self.folder = folder = f"{tempfile.gettempdir()}/procsim-{os.urandom(4).hex()}"
        lifeline = Lifeline(folder, None)
        undoing.callback(lifeline.end)
        os.mkdir(folder, 0o700)
        os.mkdir(f"{folder}/layer", 0o700)
        undoing.callback(shutil.rmtree, folder, ignore_errors=True)
        self._reader = EventQueueReader(EventQueue.create(f"{folder}/events"))
        undoing.callback(self._reader.close)
        self._items = ItemDecoder()
        self.listener = undoing.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
        self.listener.bind(f"{folder}/{FILE_NAME}")
        self.listener.listen(128)
        self.listener.setblocking(False)
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        undoing.enter_context(self.control)
        settings = Settings(start_method, self._seed, take_output=False, procsim=os.getpid(), races=True)
        inside = (self._project, f"{folder}/layer")
        write_settings(folder, settings._replace(explored=((*inside, f"{folder}/{FILE_NAME}"), self._allowed)))
        with theirs:
            self._zygote = subprocess.Popen(
                [sys.executable, f"{HOOK_FOLDER}/zygote.py", str(theirs.fileno()), *command],
                env=environment(folder, variables),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                start_new_session=True,
                pass_fds=[theirs.fileno()],
            )
        undoing.callback(self._end_zygote)
        lifeline.write(_member(self._zygote.pid))

    @property
    def zygote(self) -> int:
        """The PID of the zygote."""
        return self._zygote.pid

    def wait_until_it_stands(self, look: float, meanwhile: Callable[[], None]) -> None:
        """Wait until the zygote has imported what it has to; call `meanwhile` every `look` seconds, and let through
        what it raises. Raises `CannotExplore`.
        """
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        deadline = time.monotonic() + BEGIN_SECONDS
        while not (stands := poll.poll(look * 1000)) and time.monotonic() < deadline:
            meanwhile()
        answer = self.control.recv(16) if stands else b""
        self._overlaid = answer == b"overlay"
        if not answer:
            assert self._zygote.stderr is not None
            self._zygote.kill()
            words = self._zygote.stderr.read().decode(errors="replace").strip().splitlines()
            raise CannotExplore(words[-1] if words else _("the run cannot be started: {reason}").format(reason="?"))
        if not self._overlaid:
            self._copy = Copy.of(self._project)

    def _end_zygote(self) -> None:
        self.control.close()  # it ends its processes, then itself
        try:
            code = self._zygote.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._zygote.kill()
            code = self._zygote.wait()
        if code < 0:  # killed, by us or by others
            _end_members(self.folder)
        assert self._zygote.stderr is not None
        self._zygote.stderr.close()

    def close(self) -> None:
        """End the zygote, and remove all that belongs to this slot."""
        self._undoing.close()

    # Executions ----------------------------------------------------------------------------------------------

    def fork(self) -> int:
        """Begin an execution. Returns the PID of its main process. Raises `CannotExplore`."""
        self.events()  # what came late of the one before
        layer = f"{self.folder}/layer"
        if not self._overlaid:
            self._copy.make(layer)
        order = {"layer": layer, "project": self._project, "overlaid": self._overlaid, "seed": self._seed}
        self.control.send(FORK + marshal.dumps(order))
        answer = self.control.recv(64)
        if not answer:
            raise CannotExplore(_("the process that is forked for each execution has ended"))
        return int(marshal.loads(answer))

    def end(self) -> None:
        """End all processes of the execution, and wait until they are gone."""
        self.control.send(END)
        while (answer := self.control.recv(64)) and marshal.loads(answer) != "over":
            pass
        if not self._overlaid:
            self._copy.remove(f"{self.folder}/layer")

    def main_ended(self) -> int | None:
        """What the zygote says: the exit code of the main process; None: nothing. Does not wait."""
        try:
            answer = self.control.recv(64, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None
        if not answer:
            raise CannotExplore(_("the process that is forked for each execution has ended"))
        return int(marshal.loads(answer)[1])

    def events(self) -> list[tuple[Any, ...]]:
        """The events that have come since, as they came."""
        found: list[tuple[Any, ...]] = []
        while data := self._reader.read():
            found += self._items.items(data)
        return found


def _end_members(folder: str) -> None:
    """End all processes that have come of a zygote which could not end them itself."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(RUN_VARIABLE) == folder:
                process.kill()


def _member(pid: int) -> str:
    """The line by which the guardian hears of the zygote: see `Members.add_reported`.

    Not as main, whose session would be known then: nobody goes on after this run, also not in another session.
    """
    return f"{pid} {birth(pid)} process"
