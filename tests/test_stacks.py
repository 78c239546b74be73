"""Where threads stand: by py-spy itself, by programs that stand in its place and fail, and by what the system shows."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from procsim.diagnosis import py_spy, stacks
from procsim.diagnosis.stacks import Frame, Stack, Stacks, as_figures, folded, read_stacks
from procsim.diagnosis.system_view import SystemView, system_view
from procsim.findings import Finding
from procsim.views.text import stacks as stack_words
from procsim.views.text.summary import finding_rows, print_rows

pytestmark = pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="only Linux shows what threads do")

PROGRAM = """
import multiprocessing, threading

def beats(ends):
    while not ends.wait(0.01):
        pass

def work(queue, ready):
    threading.Thread(target=beats, args=(threading.Event(),), name="beats\\x1b[31m", daemon=True).start()
    ready.set()
    queue.get()  # waits

if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    queue, ready = context.Queue(), context.Event()
    worker = context.Process(target=work, args=(queue, ready))
    worker.start()
    ready.wait()
    print(worker.pid, flush=True)
    worker.join()
"""


@pytest.fixture
def program(tmp_path: Path) -> Iterator[list[int]]:
    """The PIDs of a program that hangs: of main, which joins the other, and of that, which waits for an item."""
    path = tmp_path / "work.py"
    path.write_text(PROGRAM)
    main = subprocess.Popen([sys.executable, str(path)], stdout=subprocess.PIPE, start_new_session=True)
    assert main.stdout is not None
    worker = int(main.stdout.readline())
    pids = [main.pid, worker]
    while [system_view(pid, pid).call for pid in pids] != ["wait4", "read"]:
        pass
    yield pids
    os.killpg(main.pid, 9)
    main.communicate()


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A script that stands in the place of py-spy; the test writes it."""
    path = tmp_path / "py-spy"
    path.touch(0o755)
    monkeypatch.setattr(py_spy, "find", lambda: str(path))
    return path


def can_read(pid: int) -> bool:
    return not isinstance(py_spy.dump(pid), py_spy.Trouble)


def of_main_threads(found: stacks.Stacks) -> list[Stack]:
    return [stack for stack in found.stacks if stack.thread == stack.pid]


def test_py_spy_shows_the_lines_of_each_thread(program: list[int]) -> None:
    if not can_read(program[0]):
        pytest.skip(f"py-spy cannot run here: {py_spy.dump(program[0])}")
    found = read_stacks(program)
    assert found.trouble is None
    main, worker = of_main_threads(found)
    shown = [(frame.function, frame.at) for frame in folded(main.frames) if frame.whose == "program"]
    assert shown == [("<module>", "work.py:20")]
    assert [frame.at for frame in folded(worker.frames) if frame.whose == "program"] == ["work.py:11"]
    assert [frame.function.rpartition(".")[2] for frame in folded(worker.frames)] == ["get", "work"]
    assert worker.frames[-1].at != "work.py:20", "a forked child has the calls of its parent beyond its beginning"
    (other,) = [stack for stack in found.stacks if stack.thread not in program]
    assert (other.pid, other.name) == (program[1], "beats\x1b[31m")
    assert any((frame.function, frame.at) == ("beats", "work.py:5") for frame in other.frames)


def test_each_process_stays_as_it_is(program: list[int], tool: Path) -> None:
    """py-spy stops nothing: the tool is told so, and the states stay."""
    tool.write_text(f'#!/bin/sh\necho "$@" >> {tool}.called\necho "[]"\n')
    read_stacks(program[:1])
    assert Path(f"{tool}.called").read_text() == f"dump --nonblocking --json --pid {program[0]}\n"


def test_without_py_spy_the_system_tells(program: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(py_spy, "find", lambda: None)
    found = read_stacks(program)
    assert found.trouble is not None and found.trouble.id == "missing"
    assert "pip install 'procsim-live[stacks]'" in found.trouble.text
    main, worker = of_main_threads(found)
    assert (main.frames, main.system.call, main.system.state) == ((), "wait4", "S")
    assert (worker.system.call, worker.system.target.partition(":")[0]) == ("read", "pipe")


@pytest.mark.parametrize(
    ("script", "trouble"),
    [
        ("echo 'Error: no reason' >&2; exit 1", "failed"),
        ("exit 3", "failed"),
        ("kill -9 $$", "failed"),
        ("echo 'not JSON'", "unreadable"),
        ("""echo '{"pid": 1}'""", "unreadable"),
        ("""echo '[{"frames": [{"name": "f"}]}]'""", "unreadable"),
        ("echo '[[[]]]'", "unreadable"),
        ("printf '\\377\\376'", "unreadable"),
        ("python3 -c \"print('['*200000)\"", "unreadable"),
        ("sleep 600", "slow"),
        ("sleep 600 & wait", "slow"),
        ("yes '['", "slow"),
        ("yes '[' >&2", "slow"),
        ("exec >&- 2>&-; sleep 600", "slow"),
    ],
)
def test_what_fails_in_its_place_is_said(
    program: list[int], tool: Path, monkeypatch: pytest.MonkeyPatch, script: str, trouble: str
) -> None:
    monkeypatch.setattr(stacks, "LIMIT_SECONDS", 0.5 if trouble == "slow" else 30)
    monkeypatch.setattr(stacks, "ALL_SECONDS", 60)
    monkeypatch.setattr(py_spy, "PTRACE_SCOPE", tool.with_name("missing"))
    tool.write_text(f"#!/bin/sh\n{script}\n")
    found = read_stacks(program)
    assert found.trouble is not None and found.trouble.id == trouble
    assert [stack.system.call for stack in of_main_threads(found)] == ["wait4", "read"]


def test_a_tool_that_cannot_be_started_is_said(program: list[int], tool: Path) -> None:
    tool.write_text("no program")
    trouble = read_stacks(program).trouble
    assert trouble is not None and (trouble.id, bool(trouble.figures["reason"])) == ("failed", True)


def test_that_the_system_refuses_is_said(
    program: list[int], tool: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    scope = tmp_path / "ptrace_scope"
    scope.write_text("1\n")
    monkeypatch.setattr(py_spy, "PTRACE_SCOPE", scope)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    tool.write_text("#!/bin/sh\nexit 1\n")
    trouble = read_stacks(program).trouble
    assert trouble is not None and (trouble.id, trouble.figures) == ("refused", {"scope": 1})


def test_a_process_that_has_ended_has_no_stack(tool: Path) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    tool.write_text("#!/bin/sh\nexit 1\n")
    assert read_stacks([ended.pid]) == stacks.Stacks()


def test_a_stack_that_failed_is_read_again(program: list[int], tool: Path) -> None:
    tool.write_text(f'#!/bin/sh\necho x >> {tool}.called\n[ "$(wc -l < {tool}.called)" = 3 ] && echo "[]"\n')
    assert read_stacks(program[:1]).trouble is None
    tool.write_text(f"#!/bin/sh\necho x >> {tool}.called\nexit 1\n")
    assert read_stacks(program[:1]).trouble is not None
    assert Path(f"{tool}.called").read_text() == 6 * "x\n", "three times, and not more often"


def test_a_thread_that_moved_while_it_was_read_is_read_again(program: list[int], tool: Path) -> None:
    tool.write_text(f'#!/bin/sh\necho x >> {tool}.called\nsleep 0.1\necho "[]"\n')
    found = read_stacks(program[1:])
    assert Path(f"{tool}.called").read_text() == 3 * "x\n"
    assert [(stack.thread == stack.pid, stack.moved) for stack in found.stacks] == [(True, False), (False, True)]


def test_time_is_bounded_for_all_together(program: list[int], tool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stacks, "ALL_SECONDS", 0.0)
    tool.write_text(f"#!/bin/sh\ntouch {tool}.called\n")
    trouble = read_stacks(program).trouble
    assert trouble is not None and trouble.id == "slow"
    assert not Path(f"{tool}.called").exists()


# What people need of a stack ---------------------------------------------------------------------------------


def call(name: str, whose: str = "program") -> Frame:
    return Frame(name, f"/x/{name}.py", 1, whose)


def library(name: str) -> Frame:
    return call(name, "library")


@pytest.mark.parametrize(
    ("calls", "shown"),
    [
        ([library("_recv"), library("get"), call("work"), library("run"), library("Process.run")], ["get", "work"]),
        ([call("inner"), library("sorted"), call("work"), library("run")], ["inner", "work"]),
        ([library("read"), call("loader", "package"), call("work")], ["read", "loader", "work"]),
        ([library("wait"), library("get"), library("_feed"), library("Thread.run")], ["wait", "_feed"]),
        ([library("_feed"), library("Thread.run")], ["_feed"]),
        ([library("Thread.run")], ["Thread.run"]),
        ([], []),
    ],
)
def test_what_is_folded(calls: list[Frame], shown: list[str]) -> None:
    assert [frame.function for frame in folded(calls)] == shown


def test_a_deep_stack_is_cut_off_at_its_outer_end() -> None:
    calls = [call(f"f{number}") for number in range(1000)]
    assert folded(calls) == calls[: stacks.FRAMES_SHOWN]


@pytest.mark.parametrize(
    ("path", "whose"),
    [
        ("/home/x/work.py", "program"),
        ("<string>", "program"),
        ("/usr/lib/python3.12/queue.py", "library"),
        ("<frozen runpy>", "library"),
        ("/usr/lib/python311.zip/queue.pyc", "library"),
        ("/home/x/.venv/lib/python3.12/site-packages/torch/loader.py", "package"),
        ("/usr/lib/python3/dist-packages/yaml/loader.py", "package"),
    ],
)
def test_whose_code_it_is(path: str, whose: str) -> None:
    (frame,) = stacks._own_calls([py_spy.PythonFrame("f", path, 3)])
    assert frame.whose == whose


def test_our_own_calls_in_a_watched_process_are_none() -> None:
    tracer = py_spy.PythonFrame("get", f"{Path(stacks.__file__).parent.parent}/tracer/watch/queues.py", 3)
    assert [*stacks._own_calls([tracer])] == []


# What people see ---------------------------------------------------------------------------------------------


def stood(pid: int, *calls: Frame, thread: int = 0, moved: bool = False, **system: Any) -> Stack:
    name = "beats\x1b[31m" if thread else "MainThread"
    return Stack(pid, thread or pid, name, calls, SystemView(name="python", **system), moved)


def lines(found: Stacks) -> list[str]:
    """What is written under a finding."""
    figures = as_figures(found, lambda pid: f"p{pid}")
    stream = io.StringIO()
    print_rows(Console(file=stream, width=200), finding_rows(Finding("time_limit", "it ended", figures), False))
    head, *rest = stream.getvalue().splitlines()
    assert head.endswith("it ended")
    return rest


def test_the_calls_of_each_thread_are_shown_those_of_the_program_stand_out() -> None:
    found = Stacks((stood(1, library("wait"), call("main")), stood(2, call("work"), thread=5, moved=True)))
    assert lines(found) == [
        "  where each thread stood, the innermost call last:",
        "  p1 (PID 1):",
        "      main.py:1  main",
        "      wait.py:1  wait",
        "  p2 (PID 2), thread beats: moving while it was looked at",
        "      work.py:1  work",
    ]
    rows = [*stack_words.stack_rows(as_figures(found, str))]
    assert [row.style for row in rows if "wait.py" in row.plain or "main.py" in row.plain] == ["strong", "faint"]


def test_without_lines_it_is_said_what_the_system_shows_and_what_to_install() -> None:
    found = Stacks(
        (
            stood(1, state="S", call="read", target="pipe:[4711]"),
            stood(2, state="S", call="futex"),
            stood(3, state="R"),
            stood(4),
        ),
        py_spy.MISSING,
        left_out=7,
    )
    assert lines(found)[1:] == [
        "  p1 (PID 1): in the system call read, on pipe:[4711]",
        "  p2 (PID 2): in the system call futex",
        "  p3 (PID 3): running",
        "  p4 (PID 4): asleep",
        "  7 more processes were not looked at",
        "  the Python lines come with py-spy, which is not installed: pip install 'procsim-live[stacks]'",
    ]


def test_processes_that_stand_alike_share_their_lines() -> None:
    found = Stacks(tuple(stood(pid, call("work")) for pid in range(1, 9)))
    assert lines(found)[1:] == ["  8 processes (p1, p2, p3, … 5 more):", "      work.py:1  work"]


def test_threads_that_run_no_python_are_left_out_beside_others() -> None:
    found = Stacks((stood(1, call("main")), stood(1, thread=7, call="futex"), stood(2, thread=8, call="futex")))
    rows = as_figures(found, str)["stacks"]
    assert [(row["pid"], row["thread"]) for row in rows] == [(1, ""), (2, "beats\x1b[31m")]


def test_so_many_lines_are_shown_and_no_more() -> None:
    found = Stacks(tuple(stood(pid, call(f"work{pid}")) for pid in range(1, 101)))
    shown = lines(found)
    assert (len(shown), shown[-1]) == (stack_words.ROWS + 2, f"  … and {200 - stack_words.ROWS} more")


def test_names_in_stacks_command_no_terminal() -> None:
    odd = Frame("f\x1b[2J\u202e", "/x/a\nb\x1b]0;title\x07.py", 1, "program")
    found = Stacks((stood(1, odd), stood(2, call="read", target="/tmp/\x1b[2J\u202e")))
    assert [text for text in lines(found) if not text.isprintable()] == []
