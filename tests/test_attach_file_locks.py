"""Locks of the system on files: who waits for which, and who has it."""

import platform
import time
from pathlib import Path

import pytest

from procsim.attach.look import Look
from procsim.attach.reader import take_look
from procsim.attach.story import events_of
from procsim.state.apply import state_of
from tests.test_attach import BETWEEN_LOOKS_SECONDS, explained, running

pytestmark = pytest.mark.skipif(platform.system() != "Linux", reason="needs /proc/locks")

IN_OPPOSITE_ORDER = """
import fcntl, sys
from multiprocessing import Barrier, Process

def work(first, second, both):
    with open(first, "w") as one, open(second, "w") as other:
        fcntl.flock(one, fcntl.LOCK_EX)
        both.wait()
        fcntl.flock(other, fcntl.LOCK_EX)

if __name__ == "__main__":
    left, right, both = sys.argv[1] + "/left", sys.argv[1] + "/right", Barrier(2)
    for name, files in {"one": (left, right), "other": (right, left)}.items():
        Process(target=work, args=(*files, both), name=name).start()
"""

BESIDE_A_LOCK = """
import fcntl, sys
from multiprocessing import Barrier, Lock, Process
lock = getattr(fcntl, sys.argv[2])

def one(path, mutex, both):
    with open(path, "w") as file, mutex:
        both.wait()
        lock(file, fcntl.LOCK_EX)

def other(path, mutex, both):
    with open(path, "w") as file:
        lock(file, fcntl.LOCK_EX)
        both.wait()
        with mutex:
            pass

if __name__ == "__main__":
    mutex, both = Lock(), Barrier(2)
    for target in (one, other):
        Process(target=target, args=(sys.argv[1] + "/cache", mutex, both), name=target.__name__).start()
"""

HELD_BY_A_SLEEPER = """
import fcntl, os, sys, time
path, outside = sys.argv[1] + "/cache", sys.argv[2] == "outside"
reading, writing = os.pipe()
alive, lives = os.pipe()
if not os.fork():
    if outside:
        os.setsid()
        if os.fork():
            os._exit(0)
    file = open(path, "w")
    fcntl.flock(file, fcntl.LOCK_EX)
    os.write(writing, b".")
    os.close(lives)
    os.read(alive, 1) if outside else time.sleep(600)
    os._exit(0)
os.read(reading, 1)
if outside:
    os.wait()
fcntl.flock(open(path, "w"), fcntl.LOCK_EX)
"""


def program(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "program.py"
    path.write_text(text)
    return path


def test_two_files_in_opposite_order(tmp_path: Path) -> None:
    """By flock: of lockf the system itself finds that, and refuses it."""
    with running(program(tmp_path, IN_OPPOSITE_ORDER), arguments=[str(tmp_path)]) as pid:
        (finding,) = explained(pid).found
    assert finding.fields["text"] == (
        "one holds left and waits at program.py:9 for right; other holds right and waits at program.py:9 for left: a "
        "deadlock"
    )


@pytest.mark.parametrize("call", ["flock", "lockf"])
def test_a_file_and_a_lock_in_opposite_order(tmp_path: Path, call: str) -> None:
    with running(program(tmp_path, BESIDE_A_LOCK), arguments=[str(tmp_path), call]) as pid:
        (finding,) = explained(pid).found
    figures = finding.fields["figures"]
    assert (finding.fields["id"], {figures["object"], figures["other_object"]}) == ("lock_cycle", {"mutex", "cache"})


def waiting(pid: int) -> Look:
    """A look at a program that waits for a lock."""
    while True:
        look = take_look(pid)
        wait = look.processes[pid].threads[pid].wait
        if wait is not None and wait.kind == "lock_waiting":
            return look
        time.sleep(BETWEEN_LOOKS_SECONDS)


@pytest.mark.parametrize("whose", ["its own", "outside"])
def test_who_waits_for_one_that_sleeps_goes_on(tmp_path: Path, whose: str) -> None:
    """Also where another program has the lock, of which nothing else is known."""
    with running(program(tmp_path, HELD_BY_A_SLEEPER), arguments=[str(tmp_path), whose]) as pid:
        state = state_of(events_of(waiting(pid), waiting(pid)))
    (lock,) = state.locks.values()
    assert (lock.name, len(lock.holders), state.hung) == ("cache", int(whose != "outside"), None)
    assert state.found == []
