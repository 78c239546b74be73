"""For the program, `procsim watch --view plain` is not there: what it sees and does is the same with and without."""

import json
import os
import shlex
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pexpect
import pytest

from procsim.running.processes import is_alive
from tests.conftest import with_one_of
from tests.integration.conftest import PATIENCE_SECONDS, PROCSIM, House

WATCH = [*PROCSIM, "watch", "--view", "plain"]

LOOKS = """
import __main__, os, sys
print(sys.argv, os.getcwd(), sys.path, sys.flags, sys.executable)
print(__name__, __main__.__file__, __file__, __spec__ and __spec__.name, __doc__)
print([stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)])
print(sys.stdout.encoding, sys.stdout.line_buffering)
print(os.getpgid(0) == os.getpgid(os.getppid()), os.getsid(0) == os.getsid(os.getppid()))
print(sys.stdin.read().upper())
print("careful", file=sys.stderr)
"""

ENDS = {
    "by itself": "",
    "with a code": "raise SystemExit(7)",
    "with a text": "raise SystemExit('the reason')",
    "by an exception": "raise KeyError('wrong')",
    "by os._exit": "import os; os._exit(9)",
    "by SIGKILL": "import os; os.kill(os.getpid(), 9)",
    "by SIGPIPE": "import os, signal; signal.signal(13, signal.SIG_DFL); os.kill(os.getpid(), 13)",
    "by abort": "import os; os.abort()",
    "in a child": """
from multiprocessing import Process
if __name__ == "__main__":
    child = Process(target=exit, args=(5,))
    child.start(); child.join(); exit(child.exitcode)
""",
}


def both_ways(house: House, *arguments: object, text: str = "") -> "list[subprocess.CompletedProcess[str]]":
    """The program by itself, and under `procsim watch`."""
    return [
        subprocess.run(
            [*begin, *map(str, arguments)],
            env=house.environment,
            cwd=house.folder,
            input=text,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        for begin in ([sys.executable], WATCH)
    ]


def program(folder: Path, source: str, name: str = "program.py") -> Path:
    """A file with that source."""
    path = folder / name
    path.write_text(textwrap.dedent(source))
    return path


def test_it_sees_what_it_would_see(house: House, tmp_path: Path) -> None:
    program(tmp_path, LOOKS, "module_that_looks.py")
    house.environment["PYTHONPATH"] = str(tmp_path)
    for command in ([program(tmp_path, LOOKS)], ["-m", "module_that_looks"]):
        plain, watched = both_ways(house, *command, "--view", "-x", "", "中文", text="what was typed\n")
        assert watched.stdout == plain.stdout
        assert watched.stderr.startswith(plain.stderr)
        assert watched.returncode == plain.returncode == 0


SHELL = {
    "signals are ignored": "trap '' INT TERM HUP; ",
    "there is no locale": "unset LC_ALL LC_CTYPE LANG; ",
    "the locale is C": "unset LC_ALL LANG; LC_CTYPE=C; export LC_CTYPE; ",
    "standard error is a disk that is full": "exec 2> /dev/full; ",
    "there is one more descriptor": "exec 9< /dev/null; ",
}

STARTED = """
import os, signal, subprocess, sys
print([signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE)])
print(os.environ.get("LC_CTYPE"), sys.flags.utf8_mode, sys.stdout.encoding, sys.stdout.errors, flush=True)
subprocess.run(["sh", "-c", "echo $LC_CTYPE"])
print([number for number in range(3, 256) if os.path.exists(f"/proc/self/fd/{number}")])
sys.exit(4)
"""


@pytest.mark.parametrize("how", SHELL)
def test_it_is_started_as_it_would_be(house: House, tmp_path: Path, how: str) -> None:
    path = program(tmp_path, STARTED)
    plain, watched = (
        subprocess.run(
            ["bash", "-c", f'{SHELL[how]}"$@"; exit $?', "bash", *begin, path],
            env=house.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        for begin in ([sys.executable], WATCH)
    )
    assert (watched.stdout, watched.returncode) == (plain.stdout, plain.returncode)
    assert watched.returncode == 4


def test_it_goes_on_when_nobody_reads_what_procsim_says(house: House, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    path = program(tmp_path, STARTED)
    done = [
        subprocess.run(
            [*begin, path], env=house.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=writer,
            timeout=PATIENCE_SECONDS, check=False,
        )
        for begin in ([sys.executable], WATCH)
    ]  # fmt: skip
    os.close(writer)
    assert (done[1].stdout, done[1].returncode) == (done[0].stdout, done[0].returncode)


@pytest.mark.parametrize("how", ENDS)
def test_it_ends_as_it_would_end(house: House, tmp_path: Path, how: str) -> None:
    plain, watched = both_ways(house, program(tmp_path, f"print('begun', flush=True)\n{ENDS[how]}\n"))
    assert watched.stdout == plain.stdout == "begun\n"
    assert watched.stderr.startswith(plain.stderr)
    assert watched.returncode == (plain.returncode if plain.returncode >= 0 else 128 - plain.returncode)


HANDLES = """
import signal, sys, time
from multiprocessing import Lock
def handler(number, frame):
    print("handles", signal.Signals(number).name, flush=True)
    with lock: sys.exit(40 + number)
lock = Lock()
for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2):
    signal.signal(number, handler)
try:
    print("ready", flush=True)
    while True: time.sleep(0.01)
except KeyboardInterrupt:
    print("cleans up", flush=True)
    for _ in range(3): sys.stdin.readline()
    print("is done", flush=True)
    sys.exit(42)
"""


SIGNALS = (
    (signal.SIGTERM, 55),
    (signal.SIGHUP, 41),
    (signal.SIGINT, 42),
    (signal.SIGQUIT, 43),
    (signal.SIGUSR1, 50),
    (signal.SIGUSR2, 52),
)


@pytest.mark.parametrize(("number", "code", "view"), with_one_of(SIGNALS, ("plain", "json")))
def test_a_signal_to_procsim_is_the_programs_own_affair(
    house: House, tmp_path: Path, number: int, code: int, view: str
) -> None:
    process = house.start("watch", "--view", view, program(tmp_path, HANDLES))
    assert process.stdout is not None
    while "ready" not in process.stdout.readline():
        pass
    process.send_signal(number)
    process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == code


ARRIVES_EARLY = """
import os, signal, sys, time
from procsim import __main__, views
plain = views.VIEWS["plain"]
def make(showing):
    while not os.path.exists(sys.argv[-1]): time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGTERM)
    return plain(showing)
views.VIEWS["plain"] = make
__main__.main()
"""


def test_a_signal_that_comes_before_anything_is_drawn_is_the_programs_too(house: House, tmp_path: Path) -> None:
    ready, ours = tmp_path / "ready", tmp_path / "ours.py"
    ours.write_text(ARRIVES_EARLY)
    source = HANDLES.replace('print("ready", flush=True)', "open(sys.argv[1], 'w').close()")
    command = [sys.executable, str(ours), "watch", "--view", "plain", str(program(tmp_path, source)), str(ready)]
    done = subprocess.run(command, env=house.environment, stdin=subprocess.DEVNULL, timeout=PATIENCE_SECONDS)
    assert done.returncode == 55


def test_a_signal_that_is_ignored_reaches_a_program_that_handles_it(house: House, tmp_path: Path) -> None:
    # As in a script of a shell's, where SIGINT is ignored by what runs in the background: `procsim watch server.py &`.
    path = program(
        tmp_path,
        """
        import multiprocessing, signal, sys, time
        numbers = signal.SIGINT, signal.SIGTERM, signal.SIGHUP
        assert all(signal.getsignal(number) is signal.SIG_IGN for number in numbers)
        handled = []
        for number in numbers:
            signal.signal(number, lambda number, frame: handled.append(number))
        multiprocessing.Lock().acquire()
        while len(handled) < 3:
            time.sleep(0.01)
        print(sorted(handled) == sorted(numbers))
        """,
    )
    command = shlex.join([*WATCH, str(path)])
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    process = subprocess.Popen(
        ["bash", "-c", f"trap '' INT TERM HUP; exec {command}"],
        env=house.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        assert "acquired" in process.stderr.readline()  # procsim looks after it by now
        for number in numbers:
            process.send_signal(number)
        output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    finally:
        process.kill()
    assert output == "True\n"
    assert process.returncode == 0


def test_a_signal_that_the_program_does_not_handle_ends_it(house: House, tmp_path: Path) -> None:
    path = program(tmp_path, "import time\nprint('ready', flush=True)\nwhile True: time.sleep(1)\n")
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGUSR1):
        process = house.start("watch", "--view", "plain", path)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        _, errors = process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 128 + number
        who = f", by {signal.Signals(number).name}" if number != signal.SIGINT else "\n"
        assert f"it was ended early{who}" in errors
        assert "last seen at" not in errors, "nobody is blamed for it"


def in_terminal(house: House, command: list[str]) -> "pexpect.spawn[str]":
    """A command that has a terminal."""
    return pexpect.spawn(
        command[0],
        command[1:],
        env=house.environment | {"TERM": "dumb"},
        encoding="utf-8",
        timeout=PATIENCE_SECONDS,
        dimensions=(24, 300),
    )


def test_on_a_terminal_it_has_the_terminal(house: House, tmp_path: Path) -> None:
    path = program(
        tmp_path,
        """
        import os, sys
        print([stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)], os.get_terminal_size())
        print(os.tcgetpgrp(0) == os.getpgrp(), os.ttyname(0) == os.ctermid() or os.open(os.ctermid(), os.O_RDWR) > 0)
        print("answer:", input("question? ").upper())
        """,
    )
    answers = []
    for begin in ([sys.executable], WATCH):
        child = in_terminal(house, [*begin, str(path)])
        child.expect("question. ")
        answers.append(child.before)
        child.sendline("typed")
        child.expect("answer: TYPED")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 0
    assert answers[0] == answers[1]


def test_ctrl_c_is_the_programs_own_affair(house: House, tmp_path: Path) -> None:
    path = program(tmp_path, HANDLES)
    for begin in ([sys.executable], WATCH):
        child = in_terminal(house, [*begin, str(path)])
        child.expect("ready")
        child.sendintr()
        child.expect("cleans up")
        for _ in range(3):  # it takes its time, and nobody interrupts it
            child.sendline()
        child.expect("is done")
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == 42


def test_ctrl_z_stops_it_and_fg_lets_it_go_on(house: House, tmp_path: Path) -> None:
    path = program(
        tmp_path,
        """
        import signal
        signal.signal(signal.SIGCONT, lambda *_: print("continues", flush=True))
        print("ready", flush=True)
        print("answer:", input().upper(), flush=True)
        """,
    )
    for begin in ([sys.executable], WATCH):
        shell = in_terminal(house, ["bash", "--norc", "--noprofile", "-i"])
        shell.sendline(" ".join([*begin, str(path), "; echo code $?"]))
        shell.expect("ready")
        shell.send("\x1a")
        shell.expect("Stopped")
        shell.sendline("fg")
        shell.expect("continues")
        shell.sendline("typed")
        shell.expect("answer: TYPED")
        shell.sendline("exit 3")
        shell.expect(pexpect.EOF)
        shell.close()
        assert shell.exitstatus == 3


DAEMON = """
import os, sys, time
from multiprocessing import Lock
lock = Lock()
if os.fork() == 0:
    os.setsid()
    if os.fork(): os._exit(0)
    os.chdir("/"); os.umask(0)
    os.closerange(0, 65536)
    for _ in range(3): os.open(os.devnull, os.O_RDWR)
    with lock, open(sys.argv[1], "w") as file: file.write(str(os.getpid()))
    while True: time.sleep(1)
os.wait()
while not os.path.exists(sys.argv[1]) or not os.path.getsize(sys.argv[1]): time.sleep(0.01)
print("main ends")
"""


def test_a_system_daemon_is_traced_until_main_ends_and_goes_on(house: House, tmp_path: Path) -> None:
    told = tmp_path / "told"
    lines, done = house.events("watch", program(tmp_path, DAEMON), told)
    assert done.returncode == 0
    pid = int(told.read_text())
    kinds = [line["kind"] for line in lines if line["pid" if "pid" in line else "kind"] == pid]
    assert kinds[0] == "process_began"
    assert "lock_acquired" in kinds and "lock_released" in kinds, "it is traced still, with each descriptor closed"
    assert kinds[-1] == "process_detached"
    assert lines[-1]["findings"] == []
    assert is_alive(pid)
    os.kill(pid, signal.SIGKILL)


def test_a_python_that_cannot_be_traced_is_said_to_be_so_in_one_line(house: House, tmp_path: Path) -> None:
    child = program(tmp_path, "print('the child')", "child.py")
    source = f"import subprocess, sys\nsubprocess.run([sys.executable, '-I', {str(child)!r}])\n"
    _, watched = both_ways(house, program(tmp_path, source))
    assert watched.stdout == "the child\n"
    (line,) = [line for line in watched.stderr.splitlines() if "not traced" in line]
    assert "-I child.py" in line and line.endswith("is not traced: it was started with -I  program.py:2")


@pytest.mark.parametrize("first", ["#!{python} -I", "#!/usr/bin/env -S {python} -I"])
def test_a_command_that_cannot_be_traced_is_said_to_be_so(house: House, tmp_path: Path, first: str) -> None:
    command = program(tmp_path, first.format(python=sys.executable) + "\nprint('runs')\n", "command")
    command.chmod(0o755)
    for words in ([str(command)], [sys.executable, "-I", str(command)]):
        lines, done = house.events("watch", "--", *words)
        assert done.returncode == 0
        assert [line["text"] for line in lines if line["kind"] == "printed"] == ["runs\n"]
        (told,) = [line for line in lines if line["kind"] == "process_untraced"]
        assert (told["pid"], told["reason"]) == (lines[0]["pid"], "-I")


@pytest.mark.parametrize("view", ["plain", "json"])
def test_a_program_gets_the_output_of_the_programs_that_it_runs(house: House, tmp_path: Path, view: str) -> None:
    path = program(
        tmp_path,
        """
        import subprocess, sys
        source = "import sys; print('out'); print('err', file=sys.stderr); sys.stdout.write('end')"
        command = [sys.executable, "-c", source]
        print(subprocess.run(command, capture_output=True, text=True))
        with open("out.txt", "w+") as file:
            subprocess.run(command, stdout=file, stderr=subprocess.STDOUT)
            file.seek(0)
            print(sorted(file.read().split()))
        subprocess.run(command, check=True)
        """,
    )
    plain, _ = both_ways(house, path)
    if view == "plain":
        _, watched = both_ways(house, path)
        assert watched.stdout == plain.stdout
    else:
        done = subprocess.run(
            [*PROCSIM, "watch", "--view", "json", path],
            env=house.environment,
            cwd=house.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        printed = [line for line in lines if line["kind"] == "printed"]
        assert "".join(line["text"] for line in printed if line["stream"] == "stdout") == plain.stdout
        assert "".join(line["text"] for line in printed if line["stream"] == "stderr") == plain.stderr
