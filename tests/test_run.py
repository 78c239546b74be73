"""A run as its reader sees it: batches of events."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import psutil
import pytest

from procsim.control.gatekeeper import GO, TRY
from procsim.control.plan import Plan
from procsim.running.launch import launch
from procsim.running.members import Ended, Members
from procsim.running.order import Order
from procsim.running.processes import is_alive, name_for_people, with_descendants
from procsim.wire.events import Event
from procsim.wire.run_folder import RUN_VARIABLE, Settings

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
    with launch(Order([sys.executable, str(program), str(done)], Settings(), timeout=120)) as run:
        while not done.exists():  # the program goes on though nobody reads
            time.sleep(0.01)
        run.stop()
        for batch in run:
            kinds.update(event.kind for event in batch)
            biggest = max(biggest, len(batch))
    assert (kinds["lock_acquired"], kinds["lock_released"]) == (COUNT, COUNT)
    assert biggest < COUNT


def test_the_run_begins_when_its_main_process_does(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("from multiprocessing import Lock\nlock = Lock()\n")
    with launch(Order([sys.executable, str(program)], Settings(), timeout=120)) as run:
        events = [event for batch in run for event in batch]
    assert (events[0].kind, events[0].t) == ("process_began", 0)  # it may have said something before we got so far
    assert events[1].kind == "lock_created"


def test_no_more_is_expected_of_a_process_once_its_death_was_reported(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import os, signal, time\n"
        "reader, writer = os.pipe()\n"
        "child = os.fork()\n"
        "if child:\n"
        "    os.read(reader, 1)\n"
        "    os.kill(child, signal.SIGKILL)\n"
        "else:\n"
        "    os.write(writer, b'x')\n"
        "time.sleep(3600)\n"
    )
    expected: list[bool] = []
    with launch(Order([sys.executable, str(program)], Settings(), timeout=120)) as run:
        for batch in run:
            if any(event.kind == "process_ended" for event in batch) and not expected:
                expected.append(run._deaths.are_expected)
                run.stop()
    assert expected == [False]


def test_the_end_of_a_run_searches_all_processes_of_the_system_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "program.py"
    program.write_text("from multiprocessing import Process\nprocess = Process()\nprocess.start()\nprocess.join()\n")
    searches = 0

    def counted(members: Members) -> set[int]:
        nonlocal searches
        searches += 1
        return search(members)

    search = Members._found_among_all
    monkeypatch.setattr(Members, "_found_among_all", counted)
    with launch(Order([sys.executable, str(program)], Settings("fork"), timeout=120)) as run:
        kinds = [event.kind for batch in run for event in batch]
    assert kinds.count("process_ended") == 2
    assert searches == 1


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

    def dies_meanwhile(pid: int) -> bool:
        """Of all that it said before nothing is in the pipe any more; now it says the rest, and dies."""
        if way.exists():
            with way.open("w") as file:
                file.write("x")
            way.unlink()
            while is_alive(pid):
                time.sleep(0.001)
        return is_alive(pid)

    monkeypatch.setattr("procsim.running.deaths.is_alive", dies_meanwhile)
    told: list[Event] = []
    with launch(Order([sys.executable, str(program), str(way)], Settings("fork"), timeout=120)) as run:
        for batch in run:
            told += [event for event in batch if event.process == "worker"]
            if told and told[-1].kind == "process_ended":
                run.stop()
    assert [event.kind for event in told][-3:] == ["lock_acquired", "process_left", "process_ended"]
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
    with launch(Order([sys.executable, str(program), how], Settings("fork"), timeout=120, plan=Plan(held=True))) as run:
        for event in (event for batch in run for event in batch):
            if event.kind == "lock_created":
                names[event.object] = event.fields["name"]
            if event.kind.startswith("gate_"):
                told.append(f"{event.kind.removeprefix('gate_')} {names[event.object]}")
            if event.kind == "gate_reached" and len(told) == 1:
                os.kill(event.pid, signal.SIGUSR1)
            elif event.kind == "gate_reached":
                run.gate.signal(TRY, event.pid, event.fields["native_id"])
    assert not run.timed_out
    assert told == ["reached first", *IN_THE_HANDLER, *after]


def test_no_time_is_up_while_nobody_moves(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("from multiprocessing import Lock\nLock().acquire()\n")
    order = Order([sys.executable, str(program)], Settings("fork"), timeout=0.2, plan=Plan(held=True))
    with launch(order) as run:
        for batch in run:
            if any(event.kind == "gate_reached" for event in batch):
                standing = batch
            if run.now() > 10 * 0.2e9:
                break
        (there,) = (event for event in standing if event.kind == "gate_reached")
        assert run.gate.signal(TRY, there.pid, there.fields["native_id"]), "it still stands there"
        assert not run.timed_out


def test_at_the_gate_a_sleep_is_over_as_soon_as_it_was_let_through(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("import time\ntime.sleep(3600)\n")
    told: list[str] = []
    with launch(Order([sys.executable, str(program)], Settings("fork"), timeout=120, plan=Plan(held=True))) as run:
        for event in (event for batch in run for event in batch):
            if event.kind.startswith(("gate_", "sleep_")):
                told.append(event.kind)
            if event.kind == "gate_reached":
                run.gate.signal(TRY, event.pid, event.fields["native_id"])
    assert not run.timed_out
    assert told == ["gate_reached", "gate_passed", "sleep_ended"]


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
    with launch(Order([sys.executable, str(program)], Settings("fork"), timeout=120)) as run:
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
    with launch(Order([sys.executable, str(program)], Settings("fork"), timeout=120, plan=Plan(held=True))) as run:
        for event in (event for batch in run for event in batch):
            if event.kind == "gate_reached":
                assert run.gate.signal(TRY, event.pid, event.fields["native_id"]), "it does not wait for a word"
                steps += 1
    assert not run.timed_out
    assert steps == 2 * 103


TAKES_THE_NUMBER = """
import os, resource, sys, threading
from multiprocessing import Lock

if resource.getrlimit(resource.RLIMIT_NOFILE)[0] != 64:  # it is to hold from the beginning
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    os.execv(sys.executable, [sys.executable, *sys.argv])
lock = Lock()
with open("full", "w") as file:
    file.write("of words" * 100)
other = threading.Thread(target=lock.acquire)
other.start()
while not os.path.exists("stands"):
    pass
os.closerange(3, 64)
files = [os.open("full", os.O_RDONLY) for _ in range(58)]
os.mkdir("taken")
other.join()
print("read by others:", [os.lseek(file, 0, 1) for file in files if os.lseek(file, 0, 1)], flush=True)
"""


def test_who_stands_at_the_gate_reads_nothing_of_a_file_under_its_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    program = tmp_path / "program.py"
    program.write_text(TAKES_THE_NUMBER)
    printed = ""
    with launch(Order([sys.executable, str(program)], Settings("fork"), timeout=120, plan=Plan(held=True))) as run:
        for event in (event for batch in run for event in batch):
            printed += event.fields["text"] if event.kind == "printed" else ""
            if event.kind != "gate_reached":
                continue
            if event.fields["operation"] == "lock_acquired":
                (tmp_path / "stands").touch()
                while not (tmp_path / "taken").exists():
                    time.sleep(0.001)
            run.gate.signal(GO, event.pid, event.fields["native_id"])
    assert not run.timed_out
    assert printed == "read by others: []\n"


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
    with launch(Order([sys.executable, str(program)], Settings("fork"), timeout=120)) as run:
        times = [event.t for batch in run for event in batch if event.kind in ("lock_acquired", "lock_released")]
    assert len(times) == 400
    assert times == sorted(times)
    assert times[-1] < run.now()


def test_a_detached_process_that_ends_while_it_is_named_goes_on_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = os.environ | {RUN_VARIABLE: str(tmp_path)}
    helper = subprocess.Popen(["sleep", "600"], env=environment, start_new_session=True)

    def ends_meanwhile(process: psutil.Process) -> str:
        helper.kill()
        helper.wait()
        return name_for_people(process)

    monkeypatch.setattr("procsim.running.members.name_for_people", ends_meanwhile)
    assert Members(str(tmp_path), os.getsid(0)).end() == Ended([], [])


def test_a_thread_that_ends_meanwhile_hides_no_child_of_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    child = subprocess.Popen(["sleep", "60"])
    try:
        really = os.listdir
        monkeypatch.setattr("os.listdir", lambda path: ["0", *really(path)])  # no thread has that number
        assert child.pid in with_descendants([os.getpid()])
    finally:
        child.kill()
        child.wait()
