"""A run as its reader sees it: batches of events."""

import os
import signal
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from procsim import members
from procsim.buffer_reader import BufferReader
from procsim.channel import EventQueue, EventQueueReader
from procsim.drain import Drain
from procsim.events import Event
from procsim.gatekeeper import TRY
from procsim.run import Order, Run
from procsim.tracer.emit import HEADS_KEPT, value_of
from procsim.tracer.inject import Settings
from procsim.tracer.sites import SITES_KEPT

COUNT = 50_000
PROGRAM = f"""
import pathlib, sys, time
from multiprocessing import Lock
mutex = Lock()
for _ in range({COUNT}):
    mutex.acquire()
    mutex.release()
pathlib.Path(sys.argv[1]).touch()
time.sleep(3600)
"""


def test_what_waits_when_a_run_is_stopped_comes_in_batches_too(tmp_path: Path) -> None:
    program, done = tmp_path / "program.py", tmp_path / "done"
    program.write_text(PROGRAM)
    kinds: Counter[str] = Counter()
    biggest = 0
    with Run(Order([sys.executable, str(program), str(done)], Settings(), timeout=120)) as run:
        while not done.exists():  # the program goes on though nobody reads
            time.sleep(0.01)
        run.stop()
        for batch in run:
            kinds.update(event.kind for event in batch)
            biggest = max(biggest, len(batch))
    assert (kinds["lock_acquired"], kinds["lock_released"]) == (COUNT, COUNT)
    assert biggest < COUNT


DIES = """
import os, signal, sys
from multiprocessing import Lock, Process

def work(lock):
    os.read(os.open(sys.argv[1], os.O_RDONLY), 1)
    with lock:
        os._exit(7)

Process(target=work, args=(Lock(),), name="worker").start()
signal.pause()
"""


def test_a_death_is_told_after_all_that_the_dead_had_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program, way = tmp_path / "program.py", tmp_path / "way"
    program.write_text(DIES)
    os.mkfifo(way)
    is_alive = members.is_alive

    def dies_meanwhile(pid: int) -> bool:
        """Of all that it said before nothing is in the pipe any more; now it says the rest, and dies."""
        if way.exists():
            with way.open("w") as file:
                file.write("x")
            way.unlink()
            while is_alive(pid):
                time.sleep(0.001)
        return is_alive(pid)

    monkeypatch.setattr(members, "is_alive", dies_meanwhile)
    told: list[Event] = []
    with Run(Order([sys.executable, str(program), str(way)], Settings("fork"), timeout=120)) as run:
        for batch in run:
            told += [event for event in batch if event.process == "worker"]
            if told and told[-1].kind == "process_ended":
                run.stop()
    assert [event.kind for event in told][-2:] == ["lock_acquired", "process_ended"]
    assert told[-1].fields["exit_code"] == 7


HANDLES = """
import signal, sys
from multiprocessing import Lock

class Raised(Exception):
    pass

def handle(number, frame):
    with second:
        if sys.argv[1] == "raises":
            raise Raised

first, second = Lock(), Lock()
signal.signal(signal.SIGUSR1, handle)
try:
    with first:
        print("first")
except Raised:
    print("raised")
"""

IN_THE_HANDLER = ["reached second", "passed second", "reached second", "passed second"]


@pytest.mark.parametrize(
    ("how", "after"),
    [("returns", ["reached first", "passed first", "reached first", "passed first"]), ("raises", ["left first"])],
)
def test_a_signal_handler_runs_while_its_thread_stands_at_the_gate(tmp_path: Path, how: str, after: list[str]) -> None:
    program = tmp_path / "program.py"
    program.write_text(HANDLES)
    names: dict[int | None, str] = {}
    told: list[str] = []
    with Run(Order([sys.executable, str(program), how], Settings("fork"), timeout=120, gate_closed=True)) as run:
        for event in (event for batch in run for event in batch):
            if event.kind == "lock_created":
                names[event.object] = event.fields["name"]
            if event.kind.startswith("gate_"):
                told.append(f"{event.kind.removeprefix('gate_')} {names[event.object]}")
            if event.kind == "gate_reached" and len(told) == 1:
                os.kill(event.pid, signal.SIGUSR1)
            elif event.kind == "gate_reached":
                run.gate.say(TRY, event.pid, event.fields["native_id"])
    assert not run.timed_out
    assert told == ["reached first", *IN_THE_HANDLER, *after]


def test_no_time_is_up_while_nobody_moves(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("from multiprocessing import Lock\nLock().acquire()\n")
    order = Order([sys.executable, str(program)], Settings("fork"), timeout=0.2, gate_closed=True)
    with Run(order) as run:
        for batch in run:
            if any(event.kind == "gate_reached" for event in batch):
                standing = batch
            if run.now() > 10 * 0.2e9:
                break
        (there,) = (event for event in standing if event.kind == "gate_reached")
        assert run.gate.say(TRY, there.pid, there.fields["native_id"]), "it still stands there"
        assert not run.timed_out


RUSH = """
import os, signal, sys
from multiprocessing import Lock, Process

def rush(lock, count):
    for _ in range(count):
        with lock:
            pass
    os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    lock = Lock()
    processes = [Process(target=rush, args=(lock, 3_000)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
"""


def test_all_that_the_killed_have_said_comes_and_cause_before_effect(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(RUSH)
    said: Counter[tuple[str, int]] = Counter()
    holder = 0
    with Run(Order([sys.executable, str(program)], Settings("fork"), timeout=120)) as run:
        for event in (event for batch in run for event in batch):
            said[event.kind, event.pid] += 1
            if event.kind == "lock_acquired":
                assert holder == 0, "another one holds it"
                holder = event.pid
            elif event.kind == "lock_released":
                assert holder == event.pid
                holder = 0
    assert not run.timed_out
    rushed = [count for (kind, _), count in said.items() if kind == "lock_released"]
    assert rushed == [3_000] * 4


CLOSES = """
import os
from multiprocessing import Lock

lock = Lock()
for _ in range(100):
    lock.acquire()
    lock.release()
os.closerange(3, 65536)
for _ in range(3):
    lock.acquire()
    lock.release()
"""


def test_a_program_that_closes_every_descriptor_still_stands_at_the_gate(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(CLOSES)
    steps = 0
    with Run(Order([sys.executable, str(program)], Settings("fork"), timeout=120, gate_closed=True)) as run:
        for event in (event for batch in run for event in batch):
            if event.kind == "gate_reached":
                assert run.gate.say(TRY, event.pid, event.fields["native_id"]), "it does not wait for a word"
                steps += 1
    assert not run.timed_out
    assert steps == 2 * 103


FREEZES = """
import sys, time
from multiprocessing import Lock

real = time.monotonic_ns
for module in list(sys.modules.values()):
    for name, value in list(vars(module).items()):
        if value is real:
            setattr(module, name, lambda: 1_577_836_800_000_000_000)
lock = Lock()
for _ in range(200):
    lock.acquire()
    lock.release()
"""


def test_a_program_may_stop_the_clock(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(FREEZES)
    with Run(Order([sys.executable, str(program)], Settings("fork"), timeout=120)) as run:
        times = [event.t for batch in run for event in batch if event.kind in ("lock_acquired", "lock_released")]
    assert len(times) == 400
    assert times == sorted(times)
    assert times[-1] < run.now()


VALUES: list[Any] = [
    *[0, 1, -1, 2**62 - 1, 2**62, -(2**62), -(2**62) - 1, 2**63 - 1, 2**63, -(2**63), 10**30],
    *[0.0, 1.5, None, True, False, "", "text", "车票", "x" * 100, b"bytes", b"b" * 50],
    *[(), (1, "two"), [3, None], {}, {1: 2}],
]

SAYS_AGAIN = f"""
import threading
from multiprocessing import Process, SimpleQueue

queue = SimpleQueue()

def exchange(count):
    for _ in range(count):
        for value in {VALUES!r}:
            queue.put(value)
            assert queue.get() == value

exchange(20)
thread = threading.Thread(target=exchange, args=(5,), name="helper")
thread.start()
thread.join()
child = Process(target=exchange, args=(20,), name="child")
child.start()
child.join()
"""


def test_what_is_said_again_comes_as_it_was_said_first(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(SAYS_AGAIN)
    told: dict[tuple[str, str, str, str | None], list[Any]] = {}
    with Run(Order([sys.executable, str(program)], Settings("fork"), timeout=120)) as run:
        for event in (event for batch in run for event in batch):
            if event.kind in ("queue_put", "queue_got"):
                who = event.process, event.thread, event.kind, event.at
                told.setdefault(who, []).append(event.fields["value"])
    values = [value_of(value) for value in VALUES]
    by = {("MainProcess", "MainThread"): 20, ("MainProcess", "helper"): 5, ("child", "MainThread"): 20}
    for kind, at in (("queue_put", "program.py:10"), ("queue_got", "program.py:11")):
        for (process, thread), count in by.items():
            assert repr(told.pop((process, thread, kind, at))) == repr(values * count)  # 1 is True, and neither is 1.0
    assert not told


AT_THE_END = """
import atexit
from multiprocessing import Lock

lock = Lock()

def last():
    for _ in range(3):
        lock.acquire()
        lock.release()

atexit.register(last)
for _ in range(60):
    atexit.register(lock.release)
    atexit.register(lock.acquire)
"""


def test_what_a_line_says_is_not_taken_for_what_no_line_has_said(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(AT_THE_END)
    with Run(Order([sys.executable, str(program)], Settings("fork"), timeout=120)) as run:
        events = [event for batch in run for event in batch]
    places = [event.at for event in events if event.kind in ("lock_acquired", "lock_released")]
    assert places == [None] * 120 + ["program.py:9", "program.py:10"] * 3


MAKES_CODE = f"""
import weakref
from multiprocessing import Lock

lock = Lock()
made = []
for _ in range({SITES_KEPT + 3 * HEADS_KEPT}):
    code = compile("lock.acquire(); lock.release()", "made.py", "exec")
    made.append(weakref.ref(code))
    exec(code)
    exec(code)
print(sum(reference() is not None for reference in made))
"""


def test_a_program_may_make_code_for_ever(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(MAKES_CODE)
    said: Counter[str] = Counter()
    with Run(Order([sys.executable, str(program)], Settings("fork"), timeout=120)) as run:
        for event in (event for batch in run for event in batch):
            if event.kind in ("lock_acquired", "lock_released"):
                assert event.at == "made.py:1"
                said[event.kind] += 1
            elif event.kind == "printed":
                alive = int(event.fields["text"])
    assert said == dict.fromkeys(("lock_acquired", "lock_released"), 2 * (SITES_KEPT + 3 * HEADS_KEPT))
    assert alive <= SITES_KEPT + HEADS_KEPT


NAMED_BY_CODE = """
from multiprocessing import Lock, Process

lock = Lock()

def use():
    for _ in range(200):
        with lock:
            pass

class Name(str):
    def __str__(self):
        use()
        return str.__str__(self)

child = Process(target=use)
child._name = Name("child")
child.start()
child.join()
"""


def test_what_is_said_while_a_process_gets_its_name_is_not_said_so_again(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(NAMED_BY_CODE)
    said: Counter[str] = Counter()
    with Run(Order([sys.executable, str(program)], Settings("fork"), timeout=120)) as run:
        for event in (event for batch in run for event in batch):
            if event.kind == "lock_acquired":
                said[event.process] += 1
    assert said["child"] >= 200


def test_where_nobody_has_the_pipe_open_a_reader_waits_all_the_same(tmp_path: Path) -> None:
    queue = EventQueue.create(tmp_path / "events")
    reader = EventQueueReader(queue)
    queue.put("here")
    queue.close()
    drain = Drain(reader, BufferReader(str(tmp_path)), [])
    drain.start()
    try:
        while not drain.ended():
            drain.take(60)
        before = drain.emptied
        for _ in range(10):
            assert not drain.take(60)
        assert drain.emptied - before >= 9, "each time it has looked, but for the one that is going on"
    finally:
        drain.stop()
