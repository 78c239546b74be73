"""`procsim watch` where the tracer could not get into some processes: memory shows what they hold and wait for."""

import sys
import textwrap
from pathlib import Path

import pytest

from tests.conftest import some_thorough
from tests.integration.conftest import LIMITS, PROGRAMS, House

CYCLE = "one holds left and waits at lock_cycle.py:9 for right; other holds right and waits at lock_cycle.py:9 for left"

STARTS = {
    "-I": "subprocess.run([sys.executable, '-I', sys.argv[1]])",
    "another environment": "subprocess.run([sys.executable, sys.argv[1]], env={})",
}
"""How a program that is traced starts one that is not."""

ASKS = """
import subprocess, sys
from multiprocessing import Pipe
ours, theirs = Pipe()
command = [sys.executable, "-I", sys.argv[1], str(theirs.fileno())]
subprocess.Popen(command, pass_fds=[theirs.fileno()])
theirs.close()
print(ours.recv())
"""

SERVES = """
import sys
from multiprocessing.connection import Connection
def serve(orders):
    orders.recv()
serve(Connection(int(sys.argv[1])))
"""

ANSWERS = SERVES.replace("orders.recv()", "orders.send('done')")

HOLDS = """
import time
from multiprocessing import Lock, Process
def work(mutex):
    with mutex:
        time.sleep(1000)
mutex = Lock()
for name in ("first", "second"):
    Process(target=work, args=(mutex,), name=name).start()
"""


def program(folder: Path, source: str, name: str) -> Path:
    path = folder / name
    path.write_text(textwrap.dedent(source))
    return path


def test_a_command_that_is_not_traced_is_explained(house: House) -> None:
    done = house.run("watch", sys.executable, "-I", PROGRAMS / "hangs" / "lock_cycle.py")
    assert done.returncode == 3
    assert f"▲ {CYCLE}: a deadlock [lock_cycle]" in done.stderr
    assert "is not traced: it was started with -I … and 2 more" in done.stderr


def test_a_python_inside_another_program_is_explained(house: House, tmp_path: Path) -> None:
    """One that reads no variables, as those that PyInstaller makes; what else its command line has is not shown."""
    packed = tmp_path / "packed"
    packed.symlink_to(Path(sys.executable).resolve())
    source = f"import subprocess, sys; subprocess.run({[str(packed), '-I', str(PROGRAMS / 'hangs' / 'lock_cycle.py')]})"
    lines, done = house.events("watch", program(tmp_path, source, "starter.py"))
    (finding,) = [line for line in lines if line["kind"] == "finding"]
    assert (finding["id"], done.returncode) == ("lock_cycle", 3)
    assert finding["text"].startswith(CYCLE)
    untraced = [line for line in lines if line["kind"] == "process_untraced"]
    assert ("packed", "embedded") in [(line["process"], line["reason"]) for line in untraced]


@pytest.mark.parametrize("how", some_thorough(list(STARTS)))
def test_a_program_that_a_traced_one_waits_for_is_explained(house: House, tmp_path: Path, how: str) -> None:
    starter = program(tmp_path, f"import subprocess, sys\n{STARTS[how]}\n", "starter.py")
    lines, done = house.events("watch", starter, PROGRAMS / "hangs" / "lock_cycle.py")
    (finding,) = [line for line in lines if line["kind"] == "finding"]
    assert (finding["id"], done.returncode) == ("lock_cycle", 3)
    assert finding["text"].startswith(CYCLE)


def test_what_a_traced_process_and_another_one_wait_for_is_one_reason(house: House, tmp_path: Path) -> None:
    server = program(tmp_path, SERVES, "server.py")
    lines, done = house.events("watch", program(tmp_path, ASKS, "asks.py"), server)
    (finding,) = [line for line in lines if line["kind"] == "finding"]
    assert (finding["id"], done.returncode) == ("receive_nobody_sends", 3)
    assert "server.py waits at server.py:5 for one on theirs, the other end of it" in finding["text"]


@pytest.mark.thorough
def test_where_the_other_one_answers_nothing_is_wrong(house: House, tmp_path: Path) -> None:
    server = program(tmp_path, ANSWERS, "server.py")
    lines, done = house.events("watch", program(tmp_path, ASKS, "asks.py"), server)
    assert (done.returncode, [line["text"] for line in lines if line["kind"] == "printed"]) == (0, ["done\n"])
    assert not [line for line in lines if line["kind"] in ("finding", "process_stuck", "lock_waiting")]


@pytest.mark.thorough
def test_at_the_time_limit_it_is_shown_what_they_wait_for(house: House, tmp_path: Path) -> None:
    starter = program(tmp_path, f"import subprocess, sys\n{STARTS['-I']}\n", "starter.py")
    work = program(tmp_path, HOLDS, "work.py")
    for seconds in LIMITS:
        done = house.run("watch", "--timeout", seconds, starter, work)
        assert done.returncode == 3
        if "waits for mutex, held by " in done.stderr:
            return
    raise AssertionError(done.stderr)
