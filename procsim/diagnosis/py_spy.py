"""Has py-spy read the Python stacks of a process, without stopping it.

    PID ──► py-spy dump --nonblocking --json ──► PythonThread: its name, and its frames

py-spy is a program of its own, which may be missing, be refused by the system, hang, or print what nobody can read.
Each of these is a `Trouble`, and never an exception. See https://github.com/benfred/py-spy.
"""

import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from procsim.language import N_

LIMIT_SECONDS = 2.0
"""How long py-spy gets for one process; it takes about 0.1 s."""

LONGEST_OUTPUT = 4_000_000
"""Bytes that are read of what it prints."""

PTRACE_SCOPE = Path("/proc/sys/kernel/yama/ptrace_scope")
"""Whether the system lets a program read the memory of others that it has not started itself; 0: yes."""


class Trouble(NamedTuple):
    """Why there are no Python stacks."""

    id: str
    """"missing", "refused", "slow", "failed" or "unreadable"."""
    text: str
    """One sentence in English, to be translated; its {placeholders} are filled from the figures."""
    figures: Mapping[str, Any] = {}


class PythonFrame(NamedTuple):
    """One call that has not returned yet."""

    function: str
    path: str
    line: int


class PythonThread(NamedTuple):
    """A thread of a process, as py-spy shows it."""

    number: int
    """The number that the system gave to it; 0: that is not known."""
    name: str
    """Its name in Python; "" where it has none."""
    frames: tuple[PythonFrame, ...]
    """The innermost call comes first."""


def find() -> str | None:
    """The path of py-spy: the one that was installed beside this Python, else the one on PATH; None: there is none."""
    beside = os.path.dirname(sys.executable)
    return shutil.which("py-spy", path=beside) or shutil.which("py-spy")


MISSING = Trouble(
    "missing", N_("the Python lines come with py-spy, which is not installed: pip install 'procsim-live[stacks]'")
)


def dump(pid: int, limit: float = LIMIT_SECONDS) -> list[PythonThread] | Trouble:
    """The Python threads of a process now, or why they cannot be had. py-spy is ended after `limit` seconds."""
    path = find()
    if path is None:
        return MISSING
    try:
        output, errors, code = _run([path, "dump", "--nonblocking", "--json", "--pid", str(pid)], limit)
    except OSError as error:
        return _failed(pid, error.strerror or "")
    if code is None:
        return Trouble(
            "slow", N_("py-spy did not answer about PID {pid} within {seconds} s"), {"pid": pid, "seconds": limit}
        )
    if code:
        return _refused() or _failed(pid, errors.decode(errors="replace").strip().partition("\n")[0])
    try:
        return [_thread(row) for row in json.loads(output)]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return Trouble("unreadable", N_("what py-spy printed about PID {pid} cannot be read"), {"pid": pid})


def _failed(pid: int, reason: str) -> Trouble:
    text = N_("py-spy could not read PID {pid}: {reason}") if reason else N_("py-spy could not read PID {pid}")
    return Trouble("failed", text, {"pid": pid, "reason": reason.removeprefix("Error: ")})


def _refused() -> Trouble | None:
    """Whether it is the system that lets no program read others."""
    try:
        scope = int(PTRACE_SCOPE.read_text())
    except (OSError, ValueError):
        return None
    if scope == 0 or os.geteuid() == 0:
        return None
    return Trouble(
        "refused",
        N_(
            "the system does not let py-spy look into other programs (kernel.yama.ptrace_scope is {scope}); this "
            "allows it: sudo sysctl kernel.yama.ptrace_scope=0"
        ),
        {"scope": scope},
    )


def _run(command: list[str], limit: float) -> tuple[bytes, bytes, int | None]:
    """What a command has printed on standard output and standard error, and its exit code; None: it had to be ended.

    It has a session of its own, so that Ctrl-C does not end it, and that its children can be ended with it.
    """
    deadline = time.monotonic() + limit
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        printed = _printed(process, deadline)
        if printed is None:
            return b"", b"", None
        return *printed, process.wait(max(0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        return b"", b"", None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _printed(process: "subprocess.Popen[bytes]", deadline: float) -> tuple[bytes, bytes] | None:
    """What it prints up to its end; None: it is too much, or there is no end to it before the deadline."""
    assert process.stdout is not None and process.stderr is not None
    pieces = {process.stdout.fileno(): bytearray(), process.stderr.fileno(): bytearray()}
    with selectors.DefaultSelector() as selector:
        for descriptor in pieces:
            selector.register(descriptor, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(max(0, deadline - time.monotonic()))
            if not ready or sum(map(len, pieces.values())) > LONGEST_OUTPUT:
                return None
            for key, _ in ready:
                data = os.read(key.fd, 65536)
                pieces[key.fd] += data
                if not data:
                    selector.unregister(key.fd)
    output, errors = pieces.values()
    return bytes(output), bytes(errors)


def _thread(row: Any) -> PythonThread:
    """A thread as py-spy's JSON has it. Raises where it has another form."""
    frames = [PythonFrame(str(each["name"]), str(each["filename"]), int(each["line"])) for each in row["frames"]]
    return PythonThread(int(row.get("os_thread_id") or 0), str(row.get("thread_name") or ""), tuple(frames))
