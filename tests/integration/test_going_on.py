"""What is meant to go on after main is left alone; what only forgot to end is ended, however it hides."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import textwrap
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
import pytest

from procsim.running.processes import is_alive
from tests.integration.conftest import LIMITS, PATIENCE_SECONDS, PROCSIM, House, Start
from tests.integration.test_watch_harmless import program

HELPER = """
import os, sys, time
with open("helper", "w") as file: file.write(str(os.getpid()))
while not os.path.exists("end"): time.sleep(0.02)
print("printed at the end")
with open("done", "w") as file: file.write("done")
"""

STARTS = """
import os, subprocess, sys, time
subprocess.Popen([sys.executable, "helper.py"], {how})
while not (os.path.exists("helper") and os.path.getsize("helper")): time.sleep(0.02)
"""

HANGS = """
from multiprocessing import Lock
lock = Lock()
with lock:
    lock.acquire()
"""

ENDINGS = ("main ends", "time limit", "hang", "Ctrl-C", "SIGKILL")


class Place:
    """A folder in which a program is watched that starts a helper."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house, self.folder = house, folder

    def start(self, *arguments: object, begin: Sequence[str] = PROCSIM, **options: object) -> "subprocess.Popen[str]":
        """procsim, with this folder as the current one; `begin` is what starts it."""
        program(self.folder, HELPER, "helper.py")
        process: subprocess.Popen[str] = subprocess.Popen(
            [*begin, *map(str, arguments)],
            env=self.house.environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            **options,  # type: ignore[call-overload]
        )
        return process

    def pid(self, name: str = "helper") -> int:
        """The PID that a process has written into a file."""
        path = self.folder / name
        self.house.wait_until(lambda: path.exists() and path.read_text().isdigit())
        return int(path.read_text())


@pytest.fixture
def place(house: House, tmp_path: Path) -> Iterator[Place]:
    """The folder; whatever has written its PID there is gone after the test."""
    yield Place(house, tmp_path)
    for path in tmp_path.iterdir():
        if path.is_file() and path.stat().st_size < 10 and path.read_text().isdigit():
            with contextlib.suppress(psutil.Error):
                process = psutil.Process(int(path.read_text()))
                if process.cwd() == str(tmp_path):  # no other one has got its PID meanwhile
                    process.kill()


def events(output: str) -> list[dict[str, object]]:
    """The lines of the json view."""
    return [json.loads(line) for line in output.splitlines()]


def begun(place: Place, path: Path, limited: bool) -> "tuple[subprocess.Popen[str], str]":
    """procsim that watches the program; `limited`: it has ended at its time limit, after what is to go on had begun.

    Returns it, and what was read of its output.
    """
    words = ("watch", "--view", "json", "--on-hang", "stop")
    for seconds in LIMITS if limited else ():
        process = place.start(*words, "--timeout", seconds, path, start_new_session=True)
        assert process.stdout is not None
        if '"process_detached"' in (output := process.stdout.read()):
            return process, output
    assert not limited, output
    return place.start(*words, path, start_new_session=True), ""


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_has_a_session_of_its_own_goes_on(place: Place, ending: str) -> None:
    after = {"main ends": "", "hang": HANGS}.get(ending, "time.sleep(100)")
    path = program(place.folder, STARTS.format(how="start_new_session=True") + after)
    process, output = begun(place, path, ending == "time limit")
    pid = place.pid()
    if ending == "Ctrl-C":
        process.send_signal(signal.SIGINT)
    elif ending == "SIGKILL":
        process.kill()
    output += process.communicate(timeout=PATIENCE_SECONDS)[0]
    place.house.wait_until(lambda: not list(place.house.folder.glob("procsim-*")))
    assert is_alive(pid)
    (place.folder / "end").touch()
    place.house.wait_until(lambda: (place.folder / "done").exists())
    if ending != "SIGKILL":
        lines = events(output)
        assert [line["pid"] for line in lines if line["kind"] == "process_detached"] == [pid]
        found = [finding["id"] for finding in lines[-1]["findings"]]  # type: ignore[attr-defined]
        assert "left_behind" not in found


@pytest.mark.parametrize("view", ["plain", "live"])
def test_what_goes_on_is_named_in_a_line(place: Place, start: Start, view: str) -> None:
    program(place.folder, HELPER, "helper.py")
    path = program(place.folder, STARTS.format(how=f"start_new_session=True, cwd={str(place.folder)!r}"))
    path.write_text(path.read_text().replace('"helper"', repr(str(place.folder / "helper"))))
    terminal = start("watch", "--view", view, path)
    terminal.wait_for_end()
    assert any("goes on, in a session of its own" in row for row in terminal.rows())
    (place.folder / "end").touch()
    place.house.wait_until(lambda: (place.folder / "done").exists())  # also where it printed to a screen that has gone


@pytest.mark.parametrize("view", ["plain", "json", "live"])
def test_what_goes_on_may_print_whatever_it_is_written_in(place: Place, start: Start, view: str) -> None:
    script = "echo $$ > helper; until [ -e end ]; do sleep 0.02; done; seq 14000; echo last >&2; echo done > done"
    source = STARTS.format(how=f"start_new_session=True, cwd={str(place.folder)!r}")
    path = program(place.folder, source.replace('[sys.executable, "helper.py"]', f'["sh", "-c", {script!r}]'))
    path.write_text(path.read_text().replace('"helper"', repr(str(place.folder / "helper"))))
    terminal = start("watch", "--view", view, path)
    terminal.wait_for_end()
    (place.folder / "end").touch()
    place.house.wait_until(lambda: (place.folder / "done").exists())


def test_until_main_ends_it_is_watched_as_all_others_are(place: Place) -> None:
    source = STARTS.format(how="start_new_session=True").replace("helper.py", "locks.py")
    program(
        place.folder,
        """
        import os, time
        from multiprocessing import Lock
        with Lock():
            pass
        with open("helper", "w") as file: file.write(str(os.getpid()))
        time.sleep(100)
        """,
        "locks.py",
    )
    process = place.start("watch", "--view", "json", program(place.folder, source))
    pid = place.pid()
    process.wait(PATIENCE_SECONDS)
    os.kill(pid, signal.SIGKILL)
    lines = events(process.communicate(timeout=PATIENCE_SECONDS)[0])
    kinds = {line["kind"] for line in lines if line.get("pid") == pid}
    assert {"lock_acquired", "lock_released", "process_detached"} <= kinds


def test_what_goes_on_may_start_processes_and_take_locks_when_the_run_is_over(place: Place) -> None:
    program(
        place.folder,
        """
        import os, signal, sys, time
        from multiprocessing import Lock, Process, Queue, get_context
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        def child(lock, queue):
            for number in range(200):
                with lock: queue.put(number)
        if __name__ == "__main__":
            with open("helper", "w") as file: file.write(str(os.getpid()))
            while not os.path.exists("end"): time.sleep(0.02)
            taken = 0
            for method in ("fork", "spawn", "forkserver"):
                context = get_context(method)
                lock, queue = context.Lock(), context.Queue()
                process = context.Process(target=child, args=(lock, queue))
                process.start()
                taken += sum(queue.get() for _ in range(200))
                process.join()
            with open("done", "w") as file: file.write(f"{taken} taken")
        """,
        "many.py",
    )
    source = STARTS.format(how="start_new_session=True, stdout=subprocess.DEVNULL").replace("helper.py", "many.py")
    process = place.start("watch", "--view", "json", program(place.folder, source))
    place.pid()
    process.communicate(timeout=PATIENCE_SECONDS)
    (place.folder / "end").touch()
    place.house.wait_until(lambda: (place.folder / "done").exists())
    place.house.wait_until(lambda: (place.folder / "done").read_text() == f"{3 * sum(range(200))} taken")


def test_what_only_forgot_to_end_is_ended_and_told_how_to_go_on(place: Place) -> None:
    process = place.start("watch", "--view", "json", program(place.folder, STARTS.format(how="")))
    output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    pid = place.pid()
    assert not is_alive(pid)
    (finding,) = json.loads(output.splitlines()[-1])["findings"]
    assert (finding["id"], finding["figures"]["pid"]) == ("left_behind", pid)
    assert "start_new_session=True" in finding["cure"]


TRACKER = """
import os, signal, time
def main(descriptor):
    for number in (signal.SIGINT, signal.SIGTERM): signal.signal(number, signal.SIG_IGN)
    with open("helper", "w") as file: file.write(str(os.getpid()))
    os.read(descriptor, 1)
    for number in range(40):
        os.unlink(f"resource-{number}")
        time.sleep(0.05)
"""


def test_a_resource_tracker_gets_the_time_that_it_needs(place: Place) -> None:
    # One like loky's: it ignores SIGTERM, and gives back what is left when the last who could use it is gone.
    (place.folder / "theirs").mkdir()
    program(place.folder / "theirs", TRACKER, "resource_tracker.py")
    for number in range(40):
        (place.folder / f"resource-{number}").touch()
    source = """
        import os, subprocess, sys, time
        reading, writing = os.pipe()
        code = f"from theirs.resource_tracker import main; main({reading})"
        subprocess.Popen([sys.executable, "-c", code], pass_fds=[reading])
        while not (os.path.exists("helper") and os.path.getsize("helper")): time.sleep(0.02)
        """
    process = place.start("watch", "--view", "json", program(place.folder, source))
    output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert events(output)[-1]["findings"] == []
    place.house.wait_until(lambda: not list(place.folder.glob("resource-*")))


WRITES_OVER_ITS_ENVIRONMENT = """
import ctypes, os, signal, subprocess, sys
words = open("/proc/self/stat").read().rpartition(")")[2].split()
ctypes.memset(int(words[47]), 0, int(words[48]) - int(words[47]))  # proc(5): 50 env_start, 51 env_end; as setproctitle
assert not open("/proc/self/environ").read().strip("\\0")
"""

HIDES = {
    "writes over its environment": WRITES_OVER_ITS_ENVIRONMENT
    + """
with open("hidden", "w") as file: file.write(str(os.getpid()))
signal.pause()
""",
    "is a child of one that has ended": """
import os, signal, subprocess, sys, time
code = "import os, time; open('hidden', 'w').write(str(os.getpid())); time.sleep(100)"
between = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {code!r}]); input()"
process = subprocess.Popen([sys.executable, "-c", between], env={}, stdin=subprocess.PIPE)
while not (os.path.exists("hidden") and os.path.getsize("hidden")): time.sleep(0.02)
with open("hidden") as file: hidden = file.read()
while not os.path.exists("seen-" + hidden): time.sleep(0.02)
process.kill()
process.wait()
with open("ready", "w") as file: file.write("yes")
signal.pause()
""",
}

SAYS_WHOM_IT_HAS_SEEN = """
import sys
from procsim.__main__ import main
from procsim.running.members import Members
def add(members, pid, *role):
    really(members, pid, *role)
    open(f"seen-{pid}", "w").close()
really, Members.add = Members.add, add
sys.argv[0] = "procsim"
main()
"""
"""procsim, which makes a file for each process of the run as soon as it has noted that."""


@pytest.mark.parametrize("how", HIDES)
@pytest.mark.parametrize("ending", ["SIGTERM", "SIGKILL"])
def test_who_cannot_be_told_by_the_environment_is_ended_all_the_same(place: Place, how: str, ending: str) -> None:
    path = program(place.folder, textwrap.dedent(HIDES[how]))
    process = place.start("watch", "--view", "json", path, begin=[sys.executable, "-c", SAYS_WHOM_IT_HAS_SEEN])
    pid = place.pid("hidden")
    if how.startswith("is a child"):
        place.house.wait_until(lambda: (place.folder / "ready").exists())
    (process.kill if ending == "SIGKILL" else process.terminate)()
    process.communicate(timeout=PATIENCE_SECONDS)
    place.house.wait_until(lambda: not is_alive(pid))


def test_a_lesson_leaves_nothing(house: House) -> None:
    done = house.run("daemon", "--kill-main", "--view", "json")
    pids = {json.loads(line).get("pid") for line in done.stdout.splitlines()} - {None}
    assert len(pids) >= 2
    assert not [pid for pid in pids if is_alive(pid)]


@pytest.mark.thorough
def test_children_that_say_more_than_can_be_drawn_do_not_outlive_main(place: Place) -> None:
    source = """
        import os, signal
        from multiprocessing import Lock, Process
        def loud():
            lock = Lock()
            while True:
                with lock: pass
        if __name__ == "__main__":
            children = [Process(target=loud, name=f"loud-{number}") for number in range(4)]
            for child in children: child.start()
            with open("main", "w") as file: file.write(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGKILL)
        """
    process = place.start("watch", "--view", "json", program(place.folder, source))
    assert process.stdout is not None
    (last,) = deque(process.stdout, maxlen=1)
    assert process.wait(PATIENCE_SECONDS) == 128 + signal.SIGKILL
    assert {finding["id"] for finding in json.loads(last)["findings"]} == {"left_behind", "died"}
