"""What is looked at changes meanwhile: processes end, another one gets the PID, locks and queues come and go.

Then less is seen, or one line says that nothing is left to look at. Never is anything certain that is not.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from procsim.attach.errors import CannotAttach
from procsim.attach.reader import take_look
from procsim.attach.system import system_process
from procsim.session.attached import seen_in
from tests.conftest import PROGRAMS
from tests.test_attach import explained, running

CONTAINER = ("unshare", "--fork", "--pid", "--mount-proc")
NAMESPACES_ALLOWED = (
    shutil.which("unshare") and not subprocess.run([*CONTAINER, "true"], capture_output=True).returncode
)

READS: list[tuple[Any, str]] = [(os, "open"), (os, "pread"), (os, "listdir"), (os, "readlink")]
"""Functions by which the system is asked about a process, besides `open`."""

COMES_AND_GOES = """
import itertools, sys
from multiprocessing import Condition, Event, JoinableQueue, Lock, Process, RLock

def work(lock):
    held = []
    while True:
        held[:] = [{"lock": Lock(), "queue": JoinableQueue(2), "event": Event()}, [RLock(), Condition()]][::-1]
        with lock, held[0][0], held[0][1]:
            held[1]["queue"].put(1)
            held[1]["queue"].get()
            held[1]["queue"].close()

if __name__ == "__main__":
    lock = Lock()
    workers = [Process(target=work, args=(lock,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    print("up", flush=True)
    work(lock)
"""
"""Makes and drops locks and queues as fast as it can, and never stands still for long."""

IS_ANOTHER = """
import subprocess, sys, time
from procsim.attach.errors import CannotAttach
from procsim.attach.reader import take_look
from procsim.session import attached
from procsim.session.report import Report

def begin(*more):
    code = "import sys; print(flush=True); sys.stdin.read()"
    process = subprocess.Popen([sys.executable, "-c", code, *more], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdout.readline()
    return process

def become_another(seconds):
    first.communicate()
    with open("/proc/sys/kernel/ns_last_pid", "w") as file:
        file.write(str(first.pid - 1))
    others.append(begin("another"))

first, others = begin(), []
before = take_look(first.pid)
time.sleep = become_another
try:
    attached.show_attached(first.pid, attached.Wanted(), None, Report())
except CannotAttach as error:
    print(error, first.pid == others[0].pid)
after = take_look(first.pid)
print(before.processes[first.pid].birth == after.processes[first.pid].birth, *after.processes)
others[0].communicate()
"""
"""A program ends between the first look at it and the second one, and another one gets its PID."""


@contextmanager
def at_the_read(number: int, act: Callable[[], None]) -> Iterator[list[int]]:
    """Does something before the system is asked about a process for the time with this number. Yields how often it
    was.
    """
    counts = [0]

    def counting(function: Callable[..., Any]) -> Callable[..., Any]:
        def count(*arguments: Any, **options: Any) -> Any:
            if counts[0] == number:
                counts[0] += 1
                act()
            counts[0] += 1
            return function(*arguments, **options)

        return count

    with pytest.MonkeyPatch.context() as patch:
        for module, name in READS:
            patch.setattr(module, name, counting(getattr(module, name)))
        patch.setattr("builtins.open", counting(open))
        yield counts


def kill_now(pids: list[int]) -> None:
    """Kill processes, and wait until they are gone, but for what is left of them until their parent asks for it."""
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    for pid in pids:
        while Path(f"/proc/{pid}/stat").exists() and _state(pid) not in "ZX":
            os.sched_yield()


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "X"


@pytest.mark.parametrize("which", ["all", "child"])
@pytest.mark.parametrize(
    "share", [number / 25 if number % 8 == 4 else pytest.param(number / 25, marks=pytest.mark.thorough)
              for number in range(25)]
)  # fmt: skip
def test_it_ends_at_any_moment_of_a_look(which: str, share: float) -> None:
    with running(PROGRAMS / "hangs" / "lock_cycle.py") as pid:
        children = [process for process in explained(pid).processes if process != pid]
        with at_the_read(-1, lambda: None) as counts:
            before = take_look(pid)
        victims = [pid, *children] if which == "all" else children[:1]
        looks = [before]
        with at_the_read(int(counts[0] * share), lambda: kill_now(victims)):
            for _ in range(2):
                try:
                    looks.append(take_look(pid))
                except CannotAttach as error:
                    assert which == "all" and "\n" not in str(error)
        if which == "child":
            assert len(looks) == 3
            ids = {finding.id for finding in seen_in(looks[-2:]).verdict.findings}
            assert "lock_cycle" not in ids, "one of the two holds and waits for nothing any more"
        for pair in pairwise(looks):
            seen_in(pair)


def test_a_thread_that_ends_meanwhile_ends_no_process() -> None:
    """It was listed among the threads, and is gone when it is looked at."""
    goes_on = threading.Event()
    thread = threading.Thread(target=goes_on.wait)
    thread.start()

    def end_it(path: str) -> list[str]:
        names = listdir(path)
        if path == f"/proc/{os.getpid()}/task" and thread.is_alive():
            goes_on.set()
            thread.join()
            while str(thread.native_id) in listdir(path):
                os.sched_yield()
        return names

    listdir = os.listdir
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "listdir", end_it)
        process = system_process(os.getpid())
    assert process is not None and os.getpid() in process.threads and thread.native_id not in process.threads


@pytest.mark.parametrize("times", [10, pytest.param(200, marks=[pytest.mark.thorough, pytest.mark.timeout(900)])])
def test_locks_and_queues_come_and_go(tmp_path: Path, times: int) -> None:
    program = tmp_path / "comes_and_goes.py"
    program.write_text(COMES_AND_GOES)
    with running(program) as pid:
        looks = [take_look(pid)]
        for _ in range(times):
            looks.append(take_look(pid))
            seen = seen_in(looks[-2:])
            assert not seen.verdict.findings and seen.state.hung is None
            assert not seen.attached.notes


@pytest.mark.skipif(not NAMESPACES_ALLOWED, reason="only root may say which PID comes next, in a PID namespace")
def test_another_process_has_its_pid_by_now() -> None:
    done = subprocess.run([*CONTAINER, sys.executable, "-c", IS_ANOTHER], capture_output=True, text=True)
    assert done.stderr == ""
    refusal, what_is_there = done.stdout.splitlines()
    pid = refusal.split()[-2]
    assert refusal == f"there is no process with the PID {pid} True"
    assert what_is_there == f"False {pid}"
