"""Where the threads of processes stand: their Python stacks, where py-spy can read them, and what the system shows.

    PIDs ──► py-spy, /proc ──► Stacks: a Stack for each thread, and why some have no Python lines

The processes are only read: none is stopped, and nothing is written to them. So a thread that moves may have been read
while it did; then its stack is read again, twice at most.
"""

import os
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from procsim.diagnosis import py_spy
from procsim.diagnosis.py_spy import LIMIT_SECONDS, PythonFrame, PythonThread, Trouble
from procsim.diagnosis.snapshot import Thread, wait_count
from procsim.diagnosis.system_view import SystemView, system_view, threads_of
from procsim.language import N_
from procsim.wire.places import short_path

ALL_SECONDS = 4.0
"""How long reading the Python stacks of all processes may take together."""

PROCESSES_READ = 24
"""At most so many processes are read."""

AGAIN = 2
"""How often a stack is read again that was read while its thread moved."""

FRAMES_SHOWN = 12
"""At most so many calls of one stack are shown to people: the innermost ones."""


@dataclass(frozen=True)
class Frame:
    """One call that has not returned yet."""

    function: str
    path: str
    line: int
    whose: str
    """"program": the program's own code; "package": that of an installed package; "library": Python's own."""

    @property
    def at(self) -> str:
        """The place as findings name it: "work.py:12"."""
        return f"{short_path(self.path)}:{self.line}"


@dataclass(frozen=True)
class Stack:
    """Where one thread stands."""

    pid: int
    thread: int
    """The number that the system gave to the thread; that of a main thread is the PID."""
    name: str
    """Its name in Python, or else what the system calls it."""
    frames: tuple[Frame, ...]
    """The innermost call comes first. Empty where there are no Python lines."""
    system: SystemView
    moved: bool = False
    """Whether it moved each time while it was read: it may have gone on since."""


@dataclass(frozen=True)
class Stacks:
    """Where the threads of some processes stand."""

    stacks: tuple[Stack, ...] = ()
    """Process by process, in the order asked for; the main thread of each first."""
    trouble: Trouble | None = None
    """Why some have no Python lines: the first reason."""
    left_out: int = 0
    """How many processes were not looked at, since there are too many."""


def read_stacks(pids: Iterable[int]) -> Stacks:
    """Where the threads of these processes stand now. Raises nothing; a process that is gone has no stacks.

    Takes at most `ALL_SECONDS`; after that, what is left has no Python lines.
    """
    wanted = list(dict.fromkeys(pids))
    deadline = time.monotonic() + ALL_SECONDS
    found: list[Stack] = []
    trouble: Trouble | None = None
    for pid in wanted[:PROCESSES_READ]:
        python: list[PythonThread] | Trouble = []
        moved: set[int] = set()
        if trouble is None or trouble.id == "failed":  # each other trouble would be the same with the next one
            python, moved = _read_at_rest(pid, deadline)
        its = _stacks_of(pid, [] if isinstance(python, Trouble) else python, moved)
        if its and isinstance(python, Trouble):
            trouble = trouble if trouble is not None and python.id == "failed" else python
        found += its
    return Stacks(tuple(found), trouble, max(0, len(wanted) - PROCESSES_READ))


class OneCall(Protocol):
    """What `folded` needs of a call."""

    @property
    def function(self) -> str: ...
    @property
    def whose(self) -> str: ...


EachCall = TypeVar("EachCall", bound=OneCall)


def folded(frames: Iterable[EachCall]) -> list[EachCall]:
    """The calls that people need to see, the innermost first: those of the program and of packages, and what they
    called last in Python's own library. Where there is no other code than Python's, the first and the last call.
    """
    calls = list(frames)
    first = next((number for number, frame in enumerate(calls) if frame.whose != "library"), None)
    if first is None:
        named = [frame for frame in calls if not _STARTS_THREAD.search(frame.function)] or calls
        return named[:1] + named[-1:] if len(named) > 1 else named
    others = [frame for frame in calls[first:] if frame.whose != "library"]
    return [*calls[max(0, first - 1) : first], *others][:FRAMES_SHOWN]


def as_figures(found: Stacks, name_of: Callable[[int], str]) -> dict[str, Any]:
    """The stacks as figures of a finding: in an event, a recording, the json view. Empty where there are none.

    `name_of`: of a process, by its PID. Beside a main thread those are left out that run no code but Python's own or
    none at all, such as the threads of a pool; one that cannot write goes on to matter.
    """
    python = {stack.pid for stack in found.stacks if stack.frames}
    rows = [
        {
            "process": name_of(stack.pid),
            "pid": stack.pid,
            "thread": "" if stack.thread == stack.pid else stack.name,
            "frames": [
                {"function": frame.function, "at": frame.at, "whose": frame.whose} for frame in folded(stack.frames)
            ],
            "state": stack.system.state,
            "call": stack.system.call or stack.system.place,
            "target": stack.system.target,
            "moved": stack.moved,
        }
        for stack in found.stacks
        if stack.thread == stack.pid or _is_of_interest(stack, stack.pid in python)
    ]
    figures: dict[str, Any] = {"stacks": rows} if rows else {}
    if rows and found.trouble is not None:
        figures["without_lines"] = {"clause": found.trouble.text, "figures": dict(found.trouble.figures)}
    if found.left_out:
        figures["stacks_left_out"] = found.left_out
    return figures


def _is_of_interest(stack: Stack, python: bool) -> bool:
    """Whether people need to see a thread that is not the main one; `python`: its process has Python lines."""
    writes = stack.system.call in ("write", "writev", "sendto", "sendmsg")
    return not python or (bool(stack.frames) and (writes or any(frame.whose != "library" for frame in stack.frames)))


_STARTS_THREAD = re.compile(r"(^|\.)(_bootstrap|_bootstrap_inner|run|<module>)$")
"""The functions of Python's library that run what a thread or a process is there for."""

_LIBRARY = re.compile(r"^<frozen |/(lib|lib64|Lib)/(python|pypy)\d[^/]*/|/python\d+\.zip/")
_PACKAGE = re.compile(r"/(site|dist)-packages/")
_OURS = f"{os.path.dirname(os.path.dirname(os.path.abspath(__file__)))}/"
_TRACER = "<procsim."
"""How the file is called that a patched method is in: see `tracer/hook/enter.py`."""
_SCENARIOS = f"{_OURS}scenarios/"


def _read_at_rest(pid: int, deadline: float) -> tuple[list[PythonThread] | Trouble, set[int]]:
    """What py-spy shows of a process, and the numbers of the threads that moved meanwhile.

    It is read again where one has moved, or where py-spy could not make sense of what it has read. The last answer
    counts in any case. `deadline`: monotonic, in seconds; after it, nothing is read.
    """
    for attempt in range(1 + AGAIN):
        left = deadline - time.monotonic()
        if left <= 0:
            return Trouble("slow", N_("there was no time left to read PID {pid} by py-spy"), {"pid": pid}), set()
        before = _wait_counts(pid)
        answer = py_spy.dump(pid, min(left, LIMIT_SECONDS))
        after = _wait_counts(pid)
        moved = {number for number in before.keys() | after.keys() if before.get(number) != after.get(number)}
        again = answer.id == "failed" if isinstance(answer, Trouble) else bool(moved)
        if not again or attempt == AGAIN:
            break
    return answer, moved


def _wait_counts(pid: int) -> dict[int, int]:
    return {number: wait_count(Thread(pid, number)) for number in threads_of(pid)}


def _stacks_of(pid: int, python: list[PythonThread], moved: set[int]) -> list[Stack]:
    """The stacks of one process, by what py-spy and the system show of it."""
    known = {thread.number or -place: thread for place, thread in enumerate(python)}
    numbers = sorted(set(threads_of(pid) or known), key=lambda number: (number != pid, number))
    return [_stack(pid, number, known.get(number), number in moved) for number in numbers]


def _stack(pid: int, number: int, python: PythonThread | None, moved: bool) -> Stack:
    system = system_view(pid, number)
    frames = tuple(_own_calls(python.frames)) if python is not None else ()
    name = python.name if python is not None else ""
    return Stack(pid, number, name or system.name, frames, system, moved)


def _own_calls(frames: Iterable[PythonFrame]) -> Iterable[Frame]:
    """The calls of a thread. Those of our tracer are left out, and what is beyond the beginning of the process: there a
    forked child has the calls of its parent.
    """
    for frame in frames:
        if frame.path.startswith((_OURS, _TRACER)) and not frame.path.startswith(_SCENARIOS):
            continue
        whose = whose_code(frame.path)
        if begins_process(frame.function, whose):
            return
        yield Frame(frame.function, frame.path, frame.line, whose)


def whose_code(path: str) -> str:
    """Whose the code of a file is: see `Frame.whose`."""
    return "package" if _PACKAGE.search(path) else "library" if _LIBRARY.search(path) else "program"


def begins_process(function: str, whose: str) -> bool:
    """Whether a process, or a thread, begins with this call. In a forked child those before it are its parent's."""
    return whose == "library" and function.rpartition(".")[2] == "_bootstrap"
