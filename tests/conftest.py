"""Fixtures: run a program traced, and prove that a tracer installed in this process left nothing behind."""

import builtins
import contextlib
import importlib
import io
import os
import signal
import subprocess
import sys
import textwrap
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

import hypothesis
import psutil
import pytest

from procsim import language
from procsim.running.launch import launch
from procsim.running.order import Order
from procsim.running.processes import is_tracker
from procsim.wire.events import Event
from procsim.wire.run_folder import Settings

hypothesis.settings.register_profile("procsim", deadline=None)  # a time limit would measure the machine
hypothesis.settings.load_profile("procsim")

# A shell starts what it puts in the background with SIGINT ignored, which every process of a test would inherit.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Hundreds of interpreters are started: without bytecode, each would compile procsim anew. Each terminal has a size of
# its own, whatever size pytest has told its workers.
for name in ("PYTHONDONTWRITEBYTECODE", "COLUMNS", "LINES"):
    os.environ.pop(name, None)

HANG_SECONDS = 150
"""The bound of a traced run; only a fault ever reaches it, and then the test fails instead of hanging."""

PROGRAMS = Path(__file__).parent / "programs"
START_METHODS = ("fork", "spawn", "forkserver")

PATCHED = {
    "multiprocessing.process": ["BaseProcess"],
    "multiprocessing.popen_fork": ["Popen"],
    "multiprocessing.popen_forkserver": ["Popen"],
    "multiprocessing.util": [],
    "subprocess": ["Popen"],
    "traceback": ["TracebackException"],
    "multiprocessing.synchronize": ["SemLock", "Condition", "Event", "Barrier"],
    "multiprocessing.sharedctypes": ["SynchronizedBase", "Synchronized", "SynchronizedArray", "SynchronizedString"],
    "multiprocessing.queues": ["Queue", "JoinableQueue", "SimpleQueue"],
    "multiprocessing.connection": ["Connection"],
    "multiprocessing.managers": ["BaseProxy", "Server"],
    "multiprocessing.pool": [
        *("Pool", "ApplyResult", "MapResult", "IMapIterator", "IMapUnorderedIterator", "ExceptionWithTraceback"),
    ],
    "concurrent.futures.process": ["ProcessPoolExecutor", "_WorkItem", "_ExceptionWithTraceback"],
    "concurrent.futures._base": ["Executor"],
    "multiprocessing.spawn": [],
    "multiprocessing.context": [],
    "multiprocessing.shared_memory": ["SharedMemory"],
    "multiprocessing.resource_tracker": ["ResourceTracker"],
    "os": [],
    "fcntl": [],
    "socket": ["socket"],
    "sqlite3": [],
    "pebble.pool.process": ["ProcessPool", "WorkerManager", "TaskManager", "Task"],
    "pebble.common.types": ["RemoteException"],
    "mpire.pool": ["WorkerPool"],
    "mpire.comms": ["WorkerComms"],
    "mpire.async_result": ["AsyncResult", "UnorderedAsyncResultIterator"],
    "mpire.worker": ["AbstractWorker"],
    "tqdm._monitor": ["TMonitor"],
}
"""The modules that the tracer patches, and in each the classes."""


ON_EACH_PYTHON = {
    "test_instructions.py",
    "test_tracer.py",
    "test_tracer_pools.py",
    "test_tracer_values.py",
    "test_buffers.py",
    "test_repetition.py",
    "test_uncaught.py",
    "test_standstill.py",
    "test_process_names.py",
}
"""Where a version of Python could make a difference: marked `pythons`."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests.

    Of those that differ in the start method alone, all but one are marked as thorough. Which one is
    kept differs from test to test, and is always the same for one test.
    """
    for item in items:
        if item.path.name in ON_EACH_PYTHON:
            item.add_marker("pythons")
    alike: dict[tuple[Any, ...], list[pytest.Item]] = defaultdict(list)
    for item in items:
        if isinstance(item, pytest.Function) and hasattr(item, "callspec"):
            others = {name: value for name, value in item.callspec.params.items() if value not in START_METHODS}
            if len(others) < len(item.callspec.params):
                alike[item.path, item.originalname, str(others)].append(item)
    for key, tests in alike.items():
        chosen = zlib.crc32(f"{key[0].name} {key[1:]}".encode()) % len(tests)
        for item in tests[:chosen] + tests[chosen + 1 :]:
            item.add_marker("thorough")


def in_turn(names: Iterable[Any]) -> list[tuple[Any, str]]:
    """Each of these with one start method, one after the other: where that can hardly make a difference."""
    return list(zip(names, cycle(START_METHODS), strict=False))


def thorough(*values: Any) -> list[Any]:
    """Parameters of a test that are marked as thorough, beside others that are not."""
    return [pytest.param(value, marks=pytest.mark.thorough) for value in values]


def some_thorough(values: Sequence[Any], of: int = 2) -> list[Any]:
    """Parameters of a test of which one in `of` is tried each time, and the others are marked as thorough.

    A tuple is the values of several parameters.
    """
    several = [value if isinstance(value, tuple) else (value,) for value in values]
    marks = [() if number % of == 0 else (pytest.mark.thorough,) for number in range(len(several))]
    return [pytest.param(*each, marks=mark) for each, mark in zip(several, marks, strict=True)]


def with_one_of(values: Iterable[tuple[Any, ...]], others: Sequence[Any]) -> list[Any]:
    """Each of these values with one of the others, in turn; and, marked as thorough, with all the rest."""
    return [
        pytest.param(*value, other, marks=() if place == number % len(others) else (pytest.mark.thorough,))
        for number, value in enumerate(values)
        for place, other in enumerate(others)
    ]


def end_session(process: "subprocess.Popen[str]") -> None:
    """Kill a program that was started in a session of its own, and all that it has started.

    But for the resource tracker: it removes the semaphores that are left, and ends.
    """
    for each in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            if os.getsid(each.pid) == process.pid and not is_tracker(each):
                each.kill()
    process.communicate()


@pytest.fixture(autouse=True)
def english_again() -> Iterator[None]:
    """A test that has chosen a language leaves the next one none."""
    yield
    language.choose("en")
    language._chosen = None


@dataclass
class Recording:
    """What a traced run said."""

    path: Path
    events: list[Event] = field(default_factory=list)
    exit_code: int | None = None

    def of(self, *kinds: str, name: str | None = None) -> list[Event]:
        """The events of these kinds (all kinds of one thing: "lock_"); with `name`, of the object so called."""
        identities = () if name is None else self.identities(name)
        return [
            event
            for event in self.events
            if any(event.kind == kind or (kind.endswith("_") and event.kind.startswith(kind)) for kind in kinds)
            and (name is None or event.object in identities)
        ]

    def kinds(self, *kinds: str, name: str | None = None) -> list[str]:
        """The kinds of these events, in their order."""
        return [event.kind for event in self.of(*kinds, name=name)]

    def identity(self, name: str) -> int | None:
        """The identity of the object that is so called."""
        (found,) = self.identities(name)
        return found

    def identities(self, name: str) -> list[int]:
        """The identity of the object that is so called; of a Value or an Array, also that of its lock."""
        found = [event for event in self.events if event.fields.get("name") == name and event.object]
        kinds = [event.kind for event in found]
        assert len(found) == 1 or kinds == ["lock_created", "value_created"], f"{kinds} have the name {name}"
        return [event.object or 0 for event in found]

    def names(self, kind: str) -> list[str]:
        """How the objects that these events created are called."""
        return [event.fields["name"] for event in self.of(kind)]

    def printed(self, stream: str = "stdout") -> str:
        """All that was printed, in the order in which it came."""
        return "".join(event.fields["text"] for event in self.of("printed") if event.fields["stream"] == stream)

    def line(self, marker: str) -> str:
        """`file:line` of the line of the program that bears the comment `# marker`."""
        for number, line in enumerate(self.path.read_text().splitlines(), 1):
            if line.endswith(f"# {marker}"):
                return f"{self.path.name}:{number}"
        raise AssertionError(f"no line is marked {marker}")


Trace = Callable[..., Recording]


@pytest.fixture
def trace(tmp_path: Path) -> Trace:
    """Runs a program (the name of one in tests/programs, or its source) traced; returns what it said."""

    def run(program: str, start_method: str | None = "fork", *arguments: str, **settings: Any) -> Recording:
        if "\n" in program:
            path = tmp_path / "program.py"
            path.write_text(textwrap.dedent(program))
        else:
            path = PROGRAMS / program
        recording = Recording(path)
        command = [sys.executable, *settings.pop("options", []), str(path), *arguments]
        with launch(Order(command, Settings(start_method, **settings), timeout=HANG_SECONDS)) as traced:
            for batch in traced:
                recording.events.extend(batch)
        assert not traced.timed_out, f"it hangs; printed: {recording.printed('stderr')}"
        recording.exit_code = traced.exit_code
        return recording

    return run


def without_a_tracer(path: Path, folder: Path, *options: str) -> tuple[str, str, int]:
    """What a program prints in that folder by itself, on standard output and standard error, and its exit code."""
    result = subprocess.run(
        [sys.executable, *options, str(path)], cwd=folder, capture_output=True, timeout=HANG_SECONDS, check=False,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    return result.stdout.decode(), result.stderr.decode(), result.returncode


@pytest.fixture(params=START_METHODS)
def start_method(request: pytest.FixtureRequest) -> str:
    """Each start method in turn."""
    return str(request.param)


def attributes() -> dict[tuple[str, str, str], Any]:
    """All that the tracer may replace in this process, as it is now."""
    found: dict[tuple[str, str, str], Any] = {
        ("builtins", "", "open"): builtins.open,
        ("io", "", "open"): io.open,
        ("sys", "", "meta_path"): list(sys.meta_path),
        ("sys", "", "path"): list(sys.path),
        ("sys", "", "excepthook"): (sys.excepthook, sys.__excepthook__),
        ("sys", "", "unraisablehook"): (sys.unraisablehook, sys.__unraisablehook__),
    }
    for stream in (sys.stdout, sys.stderr):
        for name in ("write", "flush"):
            found[("sys", repr(stream), name)] = getattr(stream, "__dict__", {}).get(name)
    for module_name, classes in PATCHED.items():
        module = sys.modules.get(module_name)
        if module is None:
            continue
        for owner in [module, *(getattr(module, name) for name in classes)]:
            for name, value in vars(owner).items():
                if callable(value) or isinstance(value, staticmethod | classmethod | property):
                    found[(module_name, getattr(owner, "__name__", ""), name)] = value
    return found


@pytest.fixture
def nothing_left_behind() -> Iterator[None]:
    """Proves that after the test every attribute that the tracer patches is what it was."""
    import concurrent.futures.process  # noqa: F401 - it is to be there before the tracer is
    import fcntl  # noqa: F401
    import multiprocessing.context
    import multiprocessing.managers
    import multiprocessing.pool
    import multiprocessing.popen_fork
    import multiprocessing.popen_forkserver
    import multiprocessing.queues
    import multiprocessing.shared_memory
    import multiprocessing.sharedctypes
    import multiprocessing.spawn
    import multiprocessing.synchronize
    import sqlite3  # noqa: F401

    for package in ("mpire", "pebble"):
        importlib.import_module(package)
    default = multiprocessing.context._default_context._default_context  # type: ignore[attr-defined]
    before = attributes()
    yield
    after = attributes()
    assert {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)} == set()
    assert multiprocessing.context._default_context._default_context is default  # type: ignore[attr-defined]
