"""Where nobody can tell why a program hangs, `procsim watch` shows where it stands: with py-spy, and without."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from procsim.diagnosis import py_spy
from tests.integration.conftest import LIMITS, House, Start

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows what threads do")

SLEEPS = """
import time
from multiprocessing import Process, Queue

def work(queue):
    queue.get()

if __name__ == "__main__":
    queue = Queue()
    Process(target=work, name="worker", args=(queue,)).start()
    time.sleep(100)
"""
"""Main sleeps, and may put an item: so nobody can tell."""

IN_THREADS = """
import threading

def take(first, second):
    with first:
        both.wait()
        with second:
            pass

a, b, both = threading.Lock(), threading.Lock(), threading.Barrier(2)
threading.Thread(target=take, args=(a, b), name="other").start()
take(b, a)
"""
"""No event shows who holds a lock of threading: nobody can say more than that it hangs."""


def written(house: House, text: str) -> Path:
    path = house.folder / "stands.py"
    path.write_text(text)
    return path


def needs_py_spy() -> None:
    """Skip the test, aloud, where py-spy cannot read another process of ours."""
    with subprocess.Popen([sys.executable, "-c", "print(flush=True); input()"], stdin=-1, stdout=-1) as child:
        assert child.stdout is not None
        child.stdout.readline()
        answer = py_spy.dump(child.pid)
        child.kill()
    if isinstance(answer, py_spy.Trouble):
        pytest.skip(f"py-spy cannot run here: {answer}")


def places(figures: dict[str, Any], process: str) -> list[tuple[str, str]]:
    """The calls of the program's own that the main thread of a process stood in, the innermost first."""
    (row,) = [row for row in figures["stacks"] if (row["process"], row["thread"]) == (process, "")]
    return [(frame["function"], frame["at"]) for frame in row["frames"] if frame["whose"] == "program"]


def test_at_the_time_limit_the_lines_are_shown_and_written(house: House) -> None:
    needs_py_spy()
    file, trace = house.folder / "findings.json", house.folder / "trace.jsonl"
    for seconds in LIMITS:
        options = ("--timeout", seconds, "--findings", file, "--record", trace)
        done = house.run("watch", *options, written(house, SLEEPS))
        if all(kind in trace.read_text() for kind in ('"queue_get_waiting"', '"sleep_began"')):
            break
    assert "      stands.py:6  work\n      queues.py:" in done.stdout + done.stderr
    (finding,) = json.loads(file.read_text())["findings"]
    assert finding["id"] == "time_limit"
    assert places(finding["figures"], "worker")[:1] == [("work", "stands.py:6")]
    assert places(finding["figures"], "MainProcess") == [("<module>", "stands.py:11")]


def test_beside_a_hang_that_nobody_can_explain(house: House) -> None:
    needs_py_spy()
    lines, done = house.events("watch", written(house, IN_THREADS))
    (found,) = [line for line in lines if line["kind"] == "finding"]
    assert (found["id"], done.returncode) == ("standstill", 3)
    assert places(found["figures"], "MainProcess") == [("take", "stands.py:7"), ("<module>", "stands.py:12")]
    assert lines[-1]["findings"][0]["figures"] == found["figures"]


def test_at_ctrl_c_in_the_live_view(house: House, start: Start) -> None:
    needs_py_spy()
    terminal = start("watch", written(house, SLEEPS))
    terminal.wait_for("worker", "waits: queue is empty")
    terminal.press("\x03")
    assert terminal.wait_for_end() == 130
    assert "work" in terminal.row("stands.py:6")


def test_nothing_is_read_where_the_reason_is_known(house: House) -> None:
    known = "from multiprocessing import Lock\nlock = Lock()\nlock.acquire()\nlock.acquire()\n"
    lines, _ = house.events("watch", written(house, known))
    (found,) = lines[-1]["findings"]
    assert "stacks" not in found["figures"], found["id"]
