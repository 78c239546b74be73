"""What a lesson needs of the machine: processes, semaphores, descriptors, and a clock.

The functions that judge are pure; `checks` hands them what it has measured.
"""

import multiprocessing
import os
import resource
import shutil
import sys
import time
from collections.abc import Iterator
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any, NamedTuple

from procsim.language import _
from procsim.rehearsal.check import Check, Result

START_SECONDS = 10
"""How long the start and the end of one process may take."""

CHILD_EXIT_CODE = 17
"""No other end of a process has it."""

SHARED_MEMORY = Path("/dev/shm")
LEAST_SHARED_BYTES = 1 << 20
"""A semaphore takes a page of it, and a lesson has a few; programs that pupils write may take more."""

LEAST_DESCRIPTORS, ENOUGH_DESCRIPTORS = 64, 512
"""A lesson with its default options runs with the first, `procsim tickets --users 200` with the second."""

COARSE_SECONDS = 1e-3
"""A clock that has no finer steps than this cannot put events into order."""

SLEEPS, SLEEP_SECONDS, LATE_SECONDS = 10, 0.01, 0.1
"""So often it sleeps for so long; one that ends so late shows that the machine has too much to do."""


class Clock(NamedTuple):
    """What was measured of the clock by which events are put into order."""

    resolution: float
    """Seconds."""
    goes_back: bool
    latest: float
    """By how many seconds a sleep has ended too late, at the most."""


def checks() -> Iterator[Check]:
    """All of them, one after the other."""
    for method in multiprocessing.get_all_start_methods():
        yield start_method(method, measured_start(multiprocessing.get_context(method)))
    free = shutil.disk_usage(SHARED_MEMORY).free if SHARED_MEMORY.is_dir() else None
    yield shared_memory(free, sys.platform == "linux", measured_semaphore())
    yield descriptors(*resource.getrlimit(resource.RLIMIT_NOFILE))
    yield clock(measured_clock())


def start_method(method: str, fault: str) -> Check:
    """Whether a process can be started in that way. `fault`: why not; empty: it can."""
    if not fault:
        return Check(method, Result.GOOD, _("starts a process"))
    remedy = _("choose another one in class, with --start-method")
    return Check(method, Result.FAILED, _("starts no process ({fault})").format(fault=fault), remedy)


def shared_memory(free: int | None, needed: bool, fault: str) -> Check:
    """Whether locks, semaphores and queues can be made.

    `free`: bytes in /dev/shm, None where there is no such folder; `needed`: whether this system usually makes
    semaphores there, as Linux does (macOS does not); `fault`: why none could be made, empty: one could.
    """
    name = str(SHARED_MEMORY)
    if fault:
        remedy = _("without one there are no locks and queues: mount a tmpfs there, and let everybody write in it")
        return Check(name, Result.FAILED, _("no semaphore can be made ({fault})").format(fault=fault), remedy)
    if free is None:
        result = Result.POOR if needed else Result.LEFT_OUT
        return Check(name, result, _("there is none, and semaphores can be made all the same"))
    words = _("{size} MiB are free; a semaphore can be made").format(size=free >> 20)
    if free < LEAST_SHARED_BYTES:
        return Check(name, Result.FAILED, words, _("remove what is not needed there, or make it larger"))
    return Check(name, Result.GOOD, words)


def descriptors(soft: int, hard: int) -> Check:
    """Whether enough files can be open at once. `soft`, `hard`: the limits."""
    name = _("open files")
    if soft == resource.RLIM_INFINITY or soft >= ENOUGH_DESCRIPTORS:
        limit = _("without a limit") if soft == resource.RLIM_INFINITY else soft
        return Check(name, Result.GOOD, _("a process may have {limit} at once").format(limit=limit))
    words = _("a process may have only {limit} at once").format(limit=soft)
    may_raise = hard == resource.RLIM_INFINITY or hard >= ENOUGH_DESCRIPTORS
    remedy = (
        _("for lessons with many processes: ulimit -n {number}").format(number=ENOUGH_DESCRIPTORS)
        if may_raise
        else _("keep to few processes, or let an administrator raise the limit")
    )
    return Check(name, Result.POOR if soft >= LEAST_DESCRIPTORS else Result.FAILED, words, remedy)


def clock(measured: Clock) -> Check:
    """Whether times can be trusted, and whether the machine has time for a lesson."""
    name = _("clock")
    if measured.goes_back or measured.resolution > COARSE_SECONDS:
        fault = _("it goes back") if measured.goes_back else _("it is too coarse")
        remedy = _("the order of events is then wrong: restart the machine, or use another one")
        return Check(name, Result.FAILED, fault, remedy)
    if measured.latest > LATE_SECONDS:
        words = _("goes on evenly, but a sleep ended {late} s late").format(late=f"{measured.latest:.2f}")
        return Check(name, Result.POOR, words, _("end other programs: the machine has too much to do"))
    return Check(name, Result.GOOD, _("goes on evenly; sleeps end in time"))


def measured_start(context: BaseContext) -> str:
    """Start a process and wait for its end. Returns why that did not work; empty: it did."""
    try:
        process: Any = context.Process(target=os._exit, args=(CHILD_EXIT_CODE,))  # type: ignore[attr-defined]
        process.start()
        process.join(START_SECONDS)
        if process.exitcode is None:
            process.kill()
            return _("it did not end within {seconds} s").format(seconds=START_SECONDS)
    except OSError as error:
        return error.strerror or str(error)
    return "" if process.exitcode == CHILD_EXIT_CODE else _("exit code {code}").format(code=process.exitcode)


def measured_semaphore() -> str:
    """Make a semaphore and take it. Returns why that did not work; empty: it did."""
    try:
        with multiprocessing.Semaphore():
            return ""
    except (OSError, ImportError) as error:  # ImportError: this Python was built without semaphores
        return getattr(error, "strerror", None) or str(error)


def measured_clock() -> Clock:
    """Read the clock, and sleep a few times."""
    goes_back, latest = False, 0.0
    for _time in range(SLEEPS):
        before = time.monotonic()
        time.sleep(SLEEP_SECONDS)
        passed = time.monotonic() - before
        goes_back |= passed < 0
        latest = max(latest, passed - SLEEP_SECONDS)
    return Clock(time.get_clock_info("monotonic").resolution, goes_back, latest)
