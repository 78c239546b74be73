"""Launches a run: starts the guardian, makes what the program and procsim share, and starts the program.

    Order ──► guardian ──► folder ──► EventQueue, memory, gate, settings, drain ──► main process ──► Run

The guardian is there before the folder is, and after it has gone: procsim may be killed at any moment.
"""

import contextlib
import errno
import os
import shutil
import subprocess
import sys
import tempfile
import time
from typing import IO

import psutil

from procsim.control.gatekeeper import Gatekeeper
from procsim.errors import ProcsimError
from procsim.intake.drain import Drain
from procsim.intake.memory_reader import BufferReader
from procsim.language import _
from procsim.running.lifeline import Lifeline
from procsim.running.members import Members
from procsim.running.order import Order
from procsim.running.run import Launched, Run
from procsim.wire.interpreter import kept_out
from procsim.wire.pipe import EventQueue, EventQueueReader
from procsim.wire.run_folder import environment, write_settings

SOCKET_PATH_BYTES = 103
"""The longest path of a socket (sun_path: 104 bytes on macOS, 108 on Linux, of which the last one is 0)."""

BELOW_ROOT_BYTES = len("/procsim-12345678/tmp/pymp-12345678/listener-12345678")


class CannotStart(ProcsimError):
    """The program could not be started; the text says why."""


def launch(order: Order) -> Run:
    """Start a program, and all that procsim needs to follow it. The run is to be entered, which ends it at the end.

    Raises `CannotStart`; then nothing of it is left.
    """
    if sys.platform == "linux" and not os.path.exists("/proc/self"):
        raise CannotStart(_("/proc is not mounted here, by which procsim knows the processes of a run"))
    try:
        with contextlib.ExitStack() as undoing:
            launched = _launch(order, undoing)
            return Run(order, launched, undoing.pop_all())
    except OSError as error:
        raise CannotStart(_("the run cannot be started: {reason}").format(reason=error.strerror)) from error


def _launch(order: Order, undoing: contextlib.ExitStack) -> Launched:
    """Start it; `undoing` gets a callback for each thing that is to be undone."""
    folder = f"{_temporary_root()}/procsim-{os.urandom(4).hex()}"
    session = None if order.isolated else os.getsid(0)
    lifeline = Lifeline(folder, session)
    undoing.callback(lifeline.end)
    _make_folder(folder)
    undoing.callback(shutil.rmtree, folder, ignore_errors=True)
    members = Members(folder, session, lifeline.write)
    with contextlib.ExitStack() as until_started:
        readers, writers = _pipes(order, undoing, until_started)
        drain = _start_drain(folder, readers, undoing)
        gate = Gatekeeper(folder, closed=not order.plan.is_free)
        taken = tuple((status.st_dev, status.st_ino) for status in map(os.fstat, writers))
        write_settings(folder, order.settings._replace(procsim=os.getpid(), taken=taken))
        variables = _environment(order, folder)
        started = time.monotonic_ns()
        main = _start_main(order, variables, *writers or (None, None))
    members.add(main.pid, "main")
    untraced = kept_out(_with_interpreter(order.command), variables)
    return Launched(main, started, members, gate, drain, readers, untraced)


def _make_folder(path: str) -> None:
    os.mkdir(path, 0o700)
    os.chmod(path, 0o700)  # the umask may have taken permissions away


def _pipes(
    order: Order, undoing: contextlib.ExitStack, until_started: contextlib.ExitStack
) -> tuple[list[IO[bytes]], list[int]]:
    """The pipes for the program's standard output and error, if procsim takes them: to read, and to write."""
    readers: list[IO[bytes]] = []
    writers: list[int] = []
    for _number in range(2 if order.settings.take_output else 0):
        reader, writer = os.pipe()
        until_started.callback(os.close, writer)
        writers.append(writer)
        readers.append(undoing.enter_context(os.fdopen(reader, "rb", 0)))
    return readers, writers


def _start_drain(folder: str, readers: list[IO[bytes]], undoing: contextlib.ExitStack) -> Drain:
    """Make the ways by which events come, and have them emptied from now on."""
    queue = EventQueue.create(f"{folder}/events")
    reader = EventQueueReader(queue)
    drain = Drain(reader, BufferReader(folder), readers, os.open(queue.path, os.O_WRONLY | os.O_CLOEXEC))
    undoing.callback(drain.stop)
    try:
        drain.start()
    except RuntimeError as error:  # "can't start new thread"
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN)) from error
    return drain


def _start_main(
    order: Order, variables: dict[str, str], stdout: int | None, stderr: int | None
) -> "subprocess.Popen[bytes]":
    """Start the main process. Raises `CannotStart`."""
    try:
        return subprocess.Popen(
            order.command,
            env=variables,
            stdin=subprocess.DEVNULL if order.isolated or order.keyboard else None,
            stdout=stdout,
            stderr=stderr,
            start_new_session=order.isolated,
            close_fds=order.isolated,  # else it has what was given to us: `procsim watch script.py <(command)`
        )
    except OSError as error:
        raise CannotStart(f"{order.command[0]}: {error.strerror}") from error


def _environment(order: Order, folder: str) -> dict[str, str]:
    """The environment of the main process; a program that runs isolated gets a temporary folder of its own."""
    variables = environment(folder, _given_environment())
    if not order.isolated:
        return variables
    _make_folder(f"{folder}/tmp")
    return variables | {"TMPDIR": f"{folder}/tmp", "PYTHONUNBUFFERED": "1"}


def _given_environment() -> dict[str, str]:
    """The environment that we were given. In the C locale our own Python has put another LC_CTYPE there (PEP 538)."""
    variables = dict(os.environ)
    if "LC_CTYPE" in variables:
        given = psutil.Process().environ().get("LC_CTYPE")
        if given is None:
            del variables["LC_CTYPE"]
        else:
            variables["LC_CTYPE"] = given
    return variables


def _with_interpreter(command: list[str]) -> list[str]:
    """The command that the system makes of this one, where it is a script whose first line names its interpreter."""
    try:
        with open(command[0], "rb") as file:
            first = file.readline(200)
    except OSError:
        return command
    words = [os.fsdecode(word) for word in first[2:].split()] if first.startswith(b"#!") else []
    if words and os.path.basename(words[0]) == "env":
        words = words[2 if words[1:2] == ["-S"] else 1 :]
    return [*words, *command]


def _temporary_root() -> str:
    """Where the run's folder goes: its path must leave room for the sockets that multiprocessing makes below it."""
    usual = tempfile.gettempdir()
    return usual if len(os.fsencode(usual)) + BELOW_ROOT_BYTES <= SOCKET_PATH_BYTES else "/tmp"
