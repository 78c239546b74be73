"""`procsim attach`: why a program hangs that runs already; and one line where it cannot be looked at."""

import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from procsim.attach.errors import CannotAttach
from procsim.attach.reader import take_look
from procsim.session import attached
from procsim.session.report import Report
from procsim.views.attached import Attached
from procsim.views.base import View
from tests.conftest import end_session
from tests.integration.conftest import PROGRAMS, House, Start
from tests.integration.test_container import ALLOWED as NAMESPACES_ALLOWED
from tests.integration.test_container import CONTAINER

Begin = Callable[..., "subprocess.Popen[str]"]

WAITS = "import sys; print('up', flush=True); sys.stdin.read()"
"""A program that goes on as soon as somebody closes its standard input."""

SERVICE = """
from multiprocessing import Process, Queue
from queue import Empty
def watch(orders):
    while True:
        try:
            orders.get(timeout=0.2)
        except Empty:
            pass
orders = Queue()
Process(target=watch, args=(orders,), daemon=True).start()
print("up", flush=True)
while True:
    try:
        orders.get(timeout=0.3)
    except Empty:
        pass
"""
"""Two that wait for orders, which another one may give them."""

ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may be another user")


def is_kernels(pid: int) -> bool:
    """Whether it is a thread of the kernel, which has no memory; in a container, any process may have its number."""
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "VmSize:" not in (text := status.read_text()) and "State:\tZ" not in text


@pytest.fixture
def begin() -> Iterator[Begin]:
    """Starts a program bare, in a session of its own, all of which is gone after the test."""
    started: list[subprocess.Popen[str]] = []

    def begin(*command: object) -> "subprocess.Popen[str]":
        words = [*map(str, command)]
        started.append(
            subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
        )
        return started[-1]

    yield begin
    for process in started:
        end_session(process)


@pytest.fixture
def waiting(begin: Begin) -> "subprocess.Popen[str]":
    """A program that waits for its standard input."""
    process = begin(sys.executable, "-c", WAITS)
    assert process.stdout is not None
    process.stdout.readline()
    return process


@pytest.fixture
def hanging(house: House, begin: Begin) -> int:
    """The PID of a program that hangs: two locks in opposite order."""
    process = begin(sys.executable, PROGRAMS / "hangs" / "lock_cycle.py")
    house.wait_until(lambda: house.run("attach", process.pid).returncode == 3)
    return process.pid


def complaint(house: House, *arguments: object) -> str:
    """The line with which it refuses."""
    done = house.run("attach", *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("procsim: ")
    return line


def test_the_reason_the_cure_and_what_each_process_does(house: House, hanging: int) -> None:
    done = house.run("attach", hanging)
    assert done.returncode == 3
    assert done.stderr == ""
    assert f" lock_cycle.py (PID {hanging}): 3 processes" in done.stdout
    assert "▲ one holds left and waits at lock_cycle.py:9 for right; other holds right" in done.stdout
    assert "acquire the two in the same order everywhere" in done.stdout
    assert "STUCK: holds right, waits for left" in done.stdout
    assert "left   held by one" in done.stdout
    assert done.stdout.endswith("it hangs: MainProcess will never go on\n")
    assert "work " not in done.stdout, "no stacks, unless they are asked for"


@pytest.mark.thorough
def test_what_probably_hangs_is_looked_at_for_longer(house: House, begin: Begin) -> None:
    process = begin(sys.executable, PROGRAMS / "patients" / "event_polled.py")
    words = (
        "MainProcess waits at event_polled.py:18 for ready to be set, and nobody is left who could set it: worker ended"
    )
    done = house.wait_until(lambda: _with(house.run("attach", "--fail-on", "probable", process.pid), "△"))
    assert done.returncode == 4
    row = next(line for line in done.stdout.splitlines() if line.startswith("△"))
    assert row.startswith("△ probably a hang (") and words in row
    assert done.stdout.splitlines()[-1] == "it probably hangs"


def _with(done: "subprocess.CompletedProcess[str]", word: str) -> "subprocess.CompletedProcess[str] | None":
    return done if word in done.stdout else None


def test_a_service_that_polls_does_not_probably_hang(house: House, begin: Begin) -> None:
    process = begin(sys.executable, "-c", SERVICE)
    assert process.stdout is not None
    process.stdout.readline()
    done = house.run("attach", "--fail-on", "probable", process.pid)
    assert (done.returncode, "△" in done.stdout) == (0, False)


def test_as_json_with_the_stacks(house: House, hanging: int) -> None:
    lines, done = house.events("attach", hanging)
    verdict = lines[-1]
    assert done.returncode == 3
    assert (verdict["kind"], verdict["hangs"], verdict["notes"]) == ("verdict", True, [])
    assert [finding["id"] for finding in verdict["findings"]] == ["lock_cycle"]
    assert {"function": "work", "at": "lock_cycle.py:9"} in [
        call for stack in verdict["stacks"] for call in stack["calls"]
    ]
    assert {"process_began", "lock_created", "lock_acquired", "process_stuck", "finding"} <= {
        line["kind"] for line in lines
    }


def test_a_word_of_its_command_line_is_enough(house: House, begin: Begin) -> None:
    word = f"word{time.monotonic_ns()}"
    process = begin(sys.executable, "-c", WAITS, word)
    assert process.stdout is not None
    process.stdout.readline()
    assert f"(PID {process.pid}): 1 process" in house.run("attach", word, "--stacks").stdout
    assert complaint(house, word + "x").startswith(f"procsim: {word}x: no process has that in its command line; ")


def test_where_threads_stand(house: House, waiting: "subprocess.Popen[str]") -> None:
    done = house.run("attach", waiting.pid, "--stacks")
    assert done.returncode == 0
    assert f"MainProcess (PID {waiting.pid}):" in done.stdout
    assert "<module>" in done.stdout
    assert done.stdout.endswith("nothing wrong: no wait was found that can never end\n")


def test_values_of_variables_only_where_they_are_asked_for(house: House, begin: Begin) -> None:
    program = house.folder / "secret.py"
    program.write_text(
        "import sys\n"
        "def serve(password, port, ratio, names, token=None, open=True):\n"
        "    print('up', flush=True)\n"
        "    sys.stdin.read()\n"
        "serve('hunter2', 8000, 0.5, ['a', 'b'])\n"
    )
    process = begin(sys.executable, program)
    assert process.stdout is not None
    process.stdout.readline()
    for arguments in ((), ("--stacks",), ("--view", "json")):
        assert "hunter2" not in house.run("attach", process.pid, *arguments).stdout
    shown = house.run("attach", process.pid, "--locals").stdout
    for row in (
        "password = 'hunter2'",
        "port = 8000",
        "ratio = 0.5",
        "names = <list of 2>",
        "token = None",
        "open = True",
    ):
        assert f"      {row}\n" in shown
    program.unlink()


SECRET = "hunter2"
HAS_SECRETS = """
import os, sys, threading
from multiprocessing import JoinableQueue, Lock, Process, Value
password = "hunter2-global"

class Account:
    def __init__(self, lock):
        self.lock, self.token = lock, "hunter2-attribute"

def work(account, orders, key, *, more):
    token = "hunter2-local"
    with account.lock:
        orders.get()

if __name__ == "__main__":
    account, orders = Account(Lock()), JoinableQueue()
    locks = {"hunter2-key": Lock()}
    locks["hunter2-key"].acquire()
    value = Value("i", 0)
    arguments = {"args": (account, orders, "hunter2-argument"), "kwargs": {"more": {"hunter2-option": locks}}}
    workers = [Process(target=work, **arguments) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
"""


def test_nothing_of_the_values_in_its_memory_is_shown(house: House, begin: Begin, start: Start) -> None:
    """Nor what stands in its environment, or behind its program in the command line."""
    program = house.folder / "has_secrets.py"
    program.write_text(HAS_SECRETS)
    process = begin(
        "env", f"PASSWORD={SECRET}-environment", sys.executable, program, "--password", f"{SECRET}-command-line"
    )
    done = house.wait_until(lambda: (done := house.run("attach", process.pid)).returncode == 3 and done)
    assert "orders" in done.stdout and SECRET not in done.stdout + done.stderr
    for options in (("--stacks",), ("--only",), ("--view", "json"), ("--view", "json", "--only")):
        done = house.run("attach", process.pid, *options)
        assert "has_secrets.py" in done.stdout and SECRET not in done.stdout + done.stderr
    terminal = start("attach", process.pid, "--view", "live", columns=110)
    terminal.wait_for("it hangs: MainProcess will never go on")
    terminal.press("1")
    terminal.wait_for("work", "has_secrets.py:1")
    assert not terminal.row(SECRET)
    terminal.press("q")
    assert terminal.wait_for_end() == 3
    assert not terminal.row(SECRET)
    values = house.run("attach", process.pid, "--locals").stdout
    assert f"token = '{SECRET}-local'" in values and f"key = '{SECRET}-argument'" in values
    for where in ("global", "attribute", "key", "environment", "command-line"):
        assert f"{SECRET}-{where}" not in values
    program.unlink()


def test_one_process_alone(house: House, hanging: int) -> None:
    done = house.run("attach", hanging, "--only")
    assert re.search(r"^  one  +PID \d+  not looked at$", done.stdout, re.MULTILINE)
    assert "  left  held by a process that was not read\n" in done.stdout
    assert ": left out, by --only" in done.stdout
    assert "ended" not in done.stdout
    assert done.returncode == 0, "what the others do is not known"


# Bad input and bad luck -------------------------------------------------------------------------------------


@pytest.mark.parametrize("pid", ["0", "-1", "4194305", "9" * 30])
def test_there_is_no_such_process(house: House, pid: str) -> None:
    assert complaint(house, "--", pid) == f"procsim: there is no process with the PID {pid}"


@pytest.mark.parametrize("word", ["", " "])
def test_a_word_that_is_none(house: House, word: str) -> None:
    assert complaint(house, word).startswith("procsim: give a PID, or a word")


def test_it_has_ended_and_nobody_has_asked_for_its_exit_code(house: House, begin: Begin) -> None:
    process = begin(sys.executable, "-c", "")
    house.wait_until(lambda: Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z")
    assert complaint(house, process.pid).endswith(
        f"process {process.pid} has ended; its parent has not asked for its exit code yet (a zombie)"
    )


@pytest.mark.skipif(not is_kernels(2), reason="no threads of the kernel are shown here")
def test_a_thread_of_the_kernel(house: House) -> None:
    assert "process 2 is a thread of the kernel" in complaint(house, 2)


def test_it_ends_while_it_is_looked_at(waiting: "subprocess.Popen[str]", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: waiting.communicate())
    with pytest.raises(CannotAttach, match=f"no process with the PID {waiting.pid}"):
        attached.show_attached(waiting.pid, attached.Wanted(), lambda seen: View(), Report())


def test_it_runs_no_python(house: House, begin: Begin) -> None:
    process = begin("/bin/sleep", "600")
    done = house.run("attach", process.pid)
    assert done.returncode == 2
    assert f"PID {process.pid}: no Python; only its system calls" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("it is not known whether it hangs: no Python was found in it")
    lines, _ = house.events("attach", process.pid)
    assert lines[-1]["hangs"] is None


def test_a_python_that_a_shell_has_started(house: House, begin: Begin) -> None:
    """Something of the program was looked at, also where people name the shell."""
    process = begin("/bin/sh", "-c", 'PYTHON="$0"; "$PYTHON" -c "$1"; true', sys.executable, WAITS)
    assert process.stdout is not None
    process.stdout.readline()
    done = house.run("attach", process.pid)
    assert done.returncode == 0
    assert "not known" not in done.stdout


def test_a_python_that_cannot_be_read(house: House, begin: Begin) -> None:
    """By its name it is one, and there is nothing of CPython's in its memory."""
    program = house.folder / "pypy3.10"
    shutil.copy("/bin/sleep", program)
    process = begin(program, "600")
    done = house.run("attach", process.pid)
    assert done.returncode == 2
    assert "a Python that procsim cannot read" in done.stdout


def test_a_program_of_32_bits(house: House, begin: Begin) -> None:
    program = house.folder / "narrow"
    program.write_bytes(_pauses_for_ever())
    program.chmod(0o755)
    try:
        process = begin(program)
    except OSError as error:
        pytest.skip(f"this system runs no programs of 32 bits: {error}")
    done = house.run("attach", process.pid)
    assert done.returncode == 2
    assert "a program of 32 bits, which procsim cannot read" in done.stdout


def _pauses_for_ever() -> bytes:
    """An ELF file of 32 bits for x86: `pause()`, again and again."""
    code = bytes([0xB8, 29, 0, 0, 0, 0xCD, 0x80, 0xEB, 0xF7])
    start = 0x08048000
    header = struct.pack(
        "<16sHHIIIIIHHHHHH",
        *(b"\x7fELF\x01\x01\x01".ljust(16, b"\0"), 2, 3, 1, start + 84, 52, 0, 0, 52, 32, 1, 0, 0, 0),
    )
    size = 84 + len(code)
    return header + struct.pack("<8I", 1, 0, start, start, size, size, 5, 0x1000) + code


def test_it_is_stopped(house: House, waiting: "subprocess.Popen[str]") -> None:
    os.kill(waiting.pid, signal.SIGSTOP)
    done = house.run("attach", waiting.pid)
    assert done.returncode == 2
    assert done.stdout.splitlines()[-1] == f"it is not known whether it hangs: PID {waiting.pid} is stopped"
    assert f"PID {waiting.pid}: stopped, by Ctrl-Z or SIGSTOP" in done.stdout
    os.kill(waiting.pid, signal.SIGCONT)
    assert waiting.communicate()[0] == ""


def test_it_is_under_a_debugger(house: House, begin: Begin) -> None:
    """A debugger stops a process as `ptrace` does here."""
    word = f"traced{time.monotonic_ns()}"
    code = (
        "import ctypes, os, sys, time\n"
        "child = os.fork()\n"
        "if not child: time.sleep(600)\n"
        "assert ctypes.CDLL(None).ptrace(16, child, 0, 0) == 0\n"
        "os.waitpid(child, 0)\n"
        "print(child, flush=True)\n"
        "sys.stdin.read()\n"
    )
    process = begin(sys.executable, "-c", code, word)
    assert process.stdout is not None
    child = process.stdout.readline().strip()
    if not child:
        pytest.skip("nothing may be traced here")
    done = house.run("attach", child, "--only")
    assert done.returncode == 2
    assert f"PID {child}: under a debugger" in done.stdout


@ROOT
def test_it_belongs_to_another_user(house: House, waiting: "subprocess.Popen[str]") -> None:
    """
    All that is imported was imported by root, in a first command: others may not be allowed to read it where it stands.
    """
    code = (
        "import os, sys\n"
        "import procsim.command.cli, procsim.command.attaching, procsim.session.attached, procsim.attach.target\n"
        "arguments, sys.argv[1:] = sys.argv[1:], ['attach', '999999999']\n"
        "stderr, sys.stderr = sys.stderr, open(os.devnull, 'w')\n"
        "try: procsim.command.cli.run()\n"
        "except SystemExit: pass\n"
        "sys.stderr, sys.argv[1:] = stderr, arguments\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "sys.exit(procsim.command.cli.run())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "attach", str(waiting.pid)],
        env=house.environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert f"process {waiting.pid} belongs to root, and" in line or "ptrace_scope is 3" in line


@pytest.mark.skipif(not NAMESPACES_ALLOWED, reason="no PID namespace may be made here")
def test_it_is_in_another_namespace(house: House, begin: Begin) -> None:
    process = begin(*CONTAINER, sys.executable, "-c", WAITS)
    assert process.stdout is not None
    process.stdout.readline()
    (inside,) = map(int, Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split())
    assert complaint(house, inside).endswith(
        f"process {inside} is in another PID namespace, such as a container, where its PID is 1:"
        " run procsim attach 1 in there"
    )
    done = house.run("attach", process.pid)
    assert done.returncode == 2
    assert f"PID {inside}: in another PID namespace" in done.stdout


def test_ctrl_c_ends_it(house: House, waiting: "subprocess.Popen[str]", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: signal.raise_signal(signal.SIGINT))

    def make_view(seen: Attached) -> View:
        raise AssertionError("nothing is to be shown any more")

    assert attached.show_attached(waiting.pid, attached.Wanted(), make_view, Report()) == 130


MANY = """
import sys
from multiprocessing import Lock, Process

def work(lock):
    with lock:
        pass

if __name__ == "__main__":
    lock = Lock()
    lock.acquire()
    people = [Process(target=work, args=(lock,), name=f"user-{number}") for number in range(int(sys.argv[1]))]
    for person in people:
        person.start()
    for person in people:
        person.join()
"""


@pytest.mark.parametrize("count", [50, pytest.param(300, marks=pytest.mark.thorough)])
def test_of_many_processes_those_that_are_alike_share_a_row(house: House, begin: Begin, count: int) -> None:
    program = house.folder / "many.py"
    program.write_text(MANY)
    process = begin(sys.executable, program, str(count))
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    house.wait_until(lambda: len(children.read_text().split()) == count)
    done = house.wait_until(lambda: (done := house.run("attach", process.pid)).returncode == 3 and done)
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) < 60
    assert f"many.py (PID {process.pid}): {count + 1} processes" in done.stdout
    assert "▲ user-0 waits at many.py:6 for lock, which MainProcess acquired" in done.stdout
    program.unlink()


# On the screen ----------------------------------------------------------------------------------------------


def test_on_the_screen_a_key_shows_where_a_process_stands(start: Start, hanging: int) -> None:
    terminal = start("attach", hanging, "--view", "live", columns=110)
    terminal.wait_for("it hangs: MainProcess will never go on")
    terminal.wait_for("one", "STUCK: holds left, waits for right")
    terminal.press("1")
    terminal.wait_for("work", "lock_cycle.py:9")
    terminal.wait_for("1> one")
    terminal.press("\x1b[B")
    terminal.wait_for("2> other")
    terminal.press("\x1b")
    terminal.wait_for("left", "held by one")
    terminal.press("q")
    assert terminal.wait_for_end() == 3
    assert terminal.is_given_back()
    assert terminal.row("it hangs: MainProcess"), "what was seen last stays"


def test_on_the_screen_until_it_has_ended(start: Start, waiting: "subprocess.Popen[str]") -> None:
    terminal = start("attach", waiting.pid, "--view", "live")
    terminal.wait_for("nothing wrong")
    waiting.communicate()
    assert terminal.wait_for_end() == 2
    assert terminal.is_given_back()
    assert terminal.row(f"there is no process with the PID {waiting.pid}")


def test_the_screen_needs_a_terminal(house: House, waiting: "subprocess.Popen[str]") -> None:
    assert "--view live needs a terminal" in complaint(house, waiting.pid, "--view", "live")


# The program goes on as if nobody had looked ----------------------------------------------------------------

WORKS = """
import select, sys
from multiprocessing import Event, JoinableQueue, Process, Value

def work(tasks, counter, done):
    while (task := tasks.get()) is not None:
        with counter:
            counter.value += task
        tasks.task_done()
    tasks.task_done()
    done.set()

if __name__ == "__main__":
    tasks, counter, done, put = JoinableQueue(5), Value("q", 0), Event(), 0
    workers = [Process(target=work, args=(tasks, counter, done)) for _ in range(2)]
    for worker in workers:
        worker.start()
    print("up", flush=True)
    while not select.select([sys.stdin], [], [], 0)[0]:
        tasks.put(1)
        put += 1
    for _ in workers:
        tasks.put(None)
    tasks.join()
    for worker in workers:
        worker.join()
    print("right" if counter.value == put and done.is_set() else f"{counter.value} of {put}")
"""


@pytest.mark.parametrize("times", [8, pytest.param(200, marks=[pytest.mark.thorough, pytest.mark.timeout(900)])])
def test_a_program_that_is_looked_at_comes_to_the_same(begin: Begin, house: House, times: int) -> None:
    program = house.folder / "works.py"
    program.write_text(WORKS)
    process = begin(sys.executable, program)
    assert process.stdout is not None
    process.stdout.readline()
    before = None
    for _ in range(times):
        look = take_look(process.pid)
        if before is not None:
            assert not attached.seen_in([before, look]).verdict.findings
        before = look
    output, _ = process.communicate("\n", timeout=60)
    assert (output, process.returncode) == ("right\n", 0)
    program.unlink()
