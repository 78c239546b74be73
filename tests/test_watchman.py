"""When the watchman says that threads are stuck, in real runs."""

import os
import platform
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from procsim.diagnosis import watchman
from procsim.diagnosis.snapshot import Snapshot, take_snapshot, with_outside
from procsim.diagnosis.watchman import Watchman
from procsim.intake.drain import Drain, Round
from procsim.running.launch import launch
from procsim.running.members import Members
from procsim.running.order import Order
from procsim.running.processes import is_alive
from procsim.state.apply import apply
from procsim.state.run_state import RunState
from procsim.wire.events import Event
from procsim.wire.run_folder import Settings


def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """One check of the watchman follows the other at once."""
    monkeypatch.setattr(watchman, "QUIET_SECONDS", 0.0)
    monkeypatch.setattr(watchman, "LONGEST_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(watchman, "SHARE", 0)


WAITS = """
import signal
from multiprocessing import Process, Queue

def work(queue):
    signal.pause()

queue = Queue()
Process(target=work, args=(queue,), name="worker").start()
queue.get()
"""


@pytest.mark.parametrize("ended_at", range(1, 5))
def test_nobody_is_stuck_before_the_ends_of_all_that_are_gone_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ended_at: int
) -> None:
    """The worker is killed just before one of the first snapshots: the processes were searched, and it was alive."""
    program = tmp_path / "program.py"
    program.write_text(WAITS)
    state, snapshots = RunState(), 0

    def kills_meanwhile(members: Members, thorough: bool = True) -> Snapshot:
        nonlocal snapshots
        worker, main = state.process_named("worker"), state.processes.get(state.main)
        if worker is not None and worker.began is not None and main is not None and main.waits:
            snapshots += 1
            if snapshots == ended_at:
                os.kill(worker.pid, signal.SIGKILL)
                while is_alive(worker.pid):
                    time.sleep(0.001)
        return take_snapshot(members, thorough)

    monkeypatch.setattr(watchman, "take_snapshot", kills_meanwhile)
    without_pauses(monkeypatch)
    kinds: list[str] = []
    """Of the events that came until somebody was found to be stuck."""
    with launch(Order([sys.executable, str(program)], Settings("fork"), timeout=120)) as run:
        watching = Watchman(run, state)
        for batch in run:
            for event in batch:
                apply(state, event)
                kinds.append(event.kind)
            for event in (*watching.diagnose(), *watching.diagnose()):  # the second one directly after the first
                apply(state, event)
                kinds.append(event.kind)
            if "process_stuck" in kinds:
                break
    assert "process_ended" in kinds[: kinds.index("process_stuck")]
    assert snapshots >= ended_at


ENDS_SLOWLY = """
import os, sys
from multiprocessing import Process, Queue

class Slow:
    def write(self, text):
        while not os.path.exists(sys.argv[1]):
            pass

    def flush(self):
        pass

def work(queue):
    queue._reader.close(), queue._writer.close()  # as where its arguments cannot all be received
    sys.stderr = Slow()
    raise KeyError("b")

queue = Queue()
Process(target=work, args=(queue,), name="worker").start()
queue.get()
"""


def test_nobody_is_stuck_before_those_have_ended_that_are_about_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker can put nothing any more, and is still there: it prints the error that ends it."""
    program, ends = tmp_path / "program.py", tmp_path / "ends"
    program.write_text(ENDS_SLOWLY)
    without_pauses(monkeypatch)
    state, looks = RunState(), 0
    with launch(Order([sys.executable, str(program), str(ends)], Settings("fork"), timeout=120)) as run:
        watching = Watchman(run, state)
        for batch in run:
            for event in (*batch, *watching.diagnose()):
                apply(state, event)
            worker = state.process_named("worker")
            looks += worker is not None and worker.raised is not None and state.counts["queue_get_waiting"] > 0
            if looks == 10:
                break
    assert not state.counts["process_stuck"]


GOES_ON = """
import os, sys
from multiprocessing import Event, Lock, Process, Semaphore

def work(event, nothing):
    os.read(os.open(sys.argv[1], os.O_RDONLY), 1)
    event.set()
    nothing.acquire()

event, mutex = Event(), Lock()
Process(target=work, args=(event, Semaphore(0)), name="worker", daemon=True).start()
mutex.acquire()
event.wait()
os.mkdir(sys.argv[2])
mutex.acquire()
"""


def test_nobody_is_stuck_before_all_is_known_that_led_to_the_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The drain is late: main goes on from its wait to another one, and that is not known yet."""
    program, way, gone_on = tmp_path / "program.py", tmp_path / "way", tmp_path / "gone_on"
    program.write_text(GOES_ON)
    os.mkfifo(way)
    without_pauses(monkeypatch)
    open_ = threading.Event()
    open_.set()
    reads = Drain._round

    def reads_late(drain: Drain, *arguments: Any) -> Round:
        open_.wait()
        return reads(drain, *arguments)

    monkeypatch.setattr(Drain, "_round", reads_late)
    state = RunState()
    found: list[Event] = []
    command = [sys.executable, str(program), str(way), str(gone_on)]
    with launch(Order(command, Settings("fork"), timeout=120)) as run:
        watching = Watchman(run, state)
        for batch in run:
            for event in batch:
                apply(state, event)
            if way.exists() and state.counts["event_waiting"] and state.process_named("worker"):
                open_.clear()
                with way.open("w") as file:
                    file.write("x")
                way.unlink()
                while not gone_on.exists():
                    time.sleep(0.001)
                too_early = [event for _ in range(50) for event in watching.diagnose()]
                open_.set()
                assert not too_early
            found = [event for event in watching.diagnose() if event.kind == "process_stuck"]
            if found:
                break
    assert [event.fields["wait"] for event in found if event.pid == state.main] == ["lock_waiting"]


READS = """
import os, signal, subprocess, sys
reading, writing = os.pipe()
command = f"(read line < {sys.argv[1]}; echo hello >&{writing}) </dev/null >/dev/null 2>&1 &"
subprocess.run(["/bin/sh", "-c", command], env={}, pass_fds=[writing])
os.read(reading, 10)
signal.pause()
"""


def test_nobody_is_stuck_whom_a_process_outside_has_let_go_on_and_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It writes just before the watchman looks who outside the run may write. On a busy machine main, which reads, has
    not gone on by then, and so has not gone to wait anew: here nobody ever seems to."""
    program, fifo = tmp_path / "program.py", tmp_path / "fifo"
    program.write_text(READS)
    os.mkfifo(fifo)
    state, written = RunState(), False

    def writes_before(snapshot: Snapshot) -> Snapshot:
        nonlocal written
        if not written:
            try:
                descriptor = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:  # nobody has opened it yet: main waits for something else
                return with_outside(snapshot)
            written = True
            os.write(descriptor, b"go\n")
            os.close(descriptor)
            while Path(f"/proc/{state.main}/syscall").read_text().partition(" ")[0] == READ_CALL:
                time.sleep(0.001)
        return with_outside(snapshot)

    monkeypatch.setattr(watchman, "with_outside", writes_before)
    monkeypatch.setattr(watchman, "wait_count", lambda thread: 0)
    without_pauses(monkeypatch)
    with launch(Order([sys.executable, str(program), str(fifo)], Settings("fork"), timeout=120)) as run:
        watching = Watchman(run, state)
        for batch in run:
            for event in batch:
                apply(state, event)
            found = watching.diagnose()
            if written:
                run.stop()
            assert [event.kind for event in found if event.kind == "process_stuck"] == []
    assert written


READ_CALL = {"x86_64": "0", "aarch64": "63"}.get(platform.machine(), "")
"""The number of the system call by which main reads."""
