"""What else keeps processes in order; paths by their names if it was asked for. The program's own functions are what
they were."""

import _json
import _multiprocessing  # type: ignore[import-not-found]
import _socket
import shutil
from pathlib import Path
from types import ModuleType

from tests.conftest import Recording, Trace

PROGRAM = """
    import fcntl, os, pickle, shutil, signal, socket, sqlite3, subprocess, sys, tempfile
    from multiprocessing import Event, Process, Queue, RawValue, active_children, connection
    from pathlib import Path

    def child():
        pass

    def main():
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            Path("made").mkdir()
            os.rename("made", "renamed")
            os.path.exists("renamed")
            os.path.exists("renamed")
            os.path.exists("absent")
            with open("lock", "x") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                fcntl.flock(file, fcntl.LOCK_UN)
            os.close(os.open("exclusive", os.O_CREAT | os.O_EXCL))
            os.chdir("/")
        event, queue, unlimited = Event(), Queue(2), Queue()
        event.is_set()
        event.set()
        event.is_set()
        event.wait()
        queue.put(1)
        queue.get()
        unlimited.put(1)
        unlimited.get()
        children = [Process(target=child, name=f"child-{number}") for number in range(3)]
        for each in children:
            each.start()
        connection.wait([children[0].sentinel])
        while children[1].is_alive():
            pass
        while children[2].exitcode is None:
            pass
        active_children()
        print(all(pickle.loads(pickle.dumps(each)) is each for each in (os.stat, os.unlink, os.pipe, sqlite3.connect)))
        print(shutil.rmtree.avoids_symlink_attacks, os.stat in os.supports_follow_symlinks)
        print(type(os.stat("/")) is os.stat_result, [each.name for each in os.scandir("/proc/self/task")] != [])

    if __name__ == "__main__":
        main()
"""


def paths(recording: Recording, kind: str) -> list[str]:
    return [Path(event.fields["path"]).name for event in recording.of(kind)]


def test_what_is_emitted(trace: Trace, start_method: str) -> None:
    recording = trace(PROGRAM, start_method)
    assert recording.exit_code == 0
    assert recording.printed() == "True\nTrue True\nTrue True\n"
    assert recording.of("path_changed", "path_seen") == []
    assert len(recording.of("file_locked")) == 1
    assert len(recording.of("event_seen")) == 2
    assert len(recording.of("queue_get_called")) == 1
    assert [event.fields["child_name"] for event in recording.of("process_start_called")] == [
        f"child-{number}" for number in range(3)
    ]
    assert [event.fields["child_name"] for event in recording.of("process_end_seen")] == [
        *(f"child-{number}" for number in range(3)),
        None,
    ]


def test_paths_by_their_names(trace: Trace, start_method: str) -> None:
    recording = trace(PROGRAM, start_method, races=True)
    assert recording.exit_code == 0
    assert recording.printed() == "True\nTrue True\nTrue True\n"
    changed = [path for path in paths(recording, "path_changed") if path in ("made", "renamed", "lock", "exclusive")]
    assert changed[:5] == ["made", "made", "renamed", "lock", "exclusive"]  # then the folder is removed
    seen = paths(recording, "path_seen")
    assert seen.count("absent") == 1
    assert {"made", "renamed", "lock", "exclusive"} <= set(seen)


ASKS = """
    from multiprocessing import Pipe, Process, active_children
    from multiprocessing.connection import wait

    def child(near):
        near.recv()

    if __name__ == "__main__":
        near, far = Pipe()
        other, _ = Pipe()
        worker = Process(target=child, args=(near,), name="worker")
        worker.start()
        print(active_children() == [worker], active_children() == [worker], wait([far, other], 0.01))
        far.send(1)
        worker.join()
        other.close()
"""


def test_who_asks_in_vain(trace: Trace, start_method: str) -> None:
    recording = trace(ASKS, start_method)
    assert recording.exit_code == 0
    assert recording.printed() == "True True []\n"
    (polled,) = recording.of("process_polled")
    assert polled.fields["child_name"] == "worker", "once a second"
    waits, ends = recording.of("pipe_poll_waiting"), recording.of("pipe_polled")
    assert [event.fields["timeout"] for event in waits] == [0.01]
    assert [event.fields["ready"] for event in ends] == [False]
    assert waits[0].object == ends[0].object == recording.of("pipe_sent")[0].object


LOOKS = """
    import contextlib, os, shutil
    from multiprocessing import Event, Pipe, connection
    from pathlib import Path

    def show(what):
        print(what, flush=True)  # what was looked at is emitted with what the program does next

    one, other = Pipe()
    os.chdir(os.path.dirname(os.path.abspath(__file__)))
    show("-")
    Path("a").exists(); show("exists")
    os.path.getsize("."); show("getsize")
    os.listdir(); show("listdir")
    os.access(".", os.R_OK); show("access")
    os.mkdir("folder"); show("mkdir")
    with contextlib.suppress(FileExistsError): os.mkdir("folder")
    show("mkdir in vain")
    os.rename("folder", "other"); show("rename")
    os.rmdir("other"); show("rmdir")
    with contextlib.suppress(FileNotFoundError): open("a")
    show("open in vain")
    open("a", "w").close(); show("open at last")
    open("a").close(); show("-")
    open("b", "x").close(); show("open for the first time")
    os.close(os.open("a", os.O_RDONLY)); show("descriptor")
    one.poll(); show("-")
    other.send(1); one.poll(); show("poll")
    connection.wait([one]); show("wait")
    one.recv(); show("-")
    shutil.rmtree; os.getcwd(); Event().is_set(); show("-")
    os.unlink("a"); os.unlink("b"); show("unlink")
"""


def test_shared_memory_and_who_unlinks_it(trace: Trace, start_method: str) -> None:
    recording = trace(
        """
        from multiprocessing import Process, resource_tracker
        from multiprocessing.shared_memory import SharedMemory
        def unlink(name):
            block = SharedMemory(name)
            block.close()
            block.unlink()
        def main():
            resource_tracker.ensure_running()
            blocks = [SharedMemory(create=True, size=8) for _ in range(2)]  # makes
            worker = Process(target=unlink, args=(blocks[0].name,))
            worker.start()
            worker.join()
            blocks[1].unlink()
            for block in blocks:
                block.close()
        if __name__ == "__main__":
            main()
        """,
        start_method,
    )
    assert recording.exit_code == 0, recording.printed("stderr")
    made, unlinked = recording.of("memory_made"), recording.of("memory_unlinked")
    assert [event.at for event in made] == [recording.line("makes")] * 2
    assert [event.process for event in unlinked] == ["Process-1", "MainProcess"]
    assert [event.fields["name"] for event in made] == [event.fields["name"] for event in unlinked]


def test_a_look_is_emitted_with_what_comes_next(trace: Trace) -> None:
    recording = trace(LOOKS)
    assert recording.exit_code == 0
    looked, after = False, []
    for event in recording.of("surroundings_seen", "printed"):
        if event.kind == "printed" and event.fields["text"].strip():
            after.append((event.fields["text"].strip() != "-", looked))
        looked = event.kind == "surroundings_seen" or (looked and event.kind == "printed" and not event.fields["text"])
    assert [name for name, _ in after] == [is_seen for _, is_seen in after]
    assert len(after) == 20


QUIET = """
    from multiprocessing import Lock, Pool, Process, Queue, Value

    def child(lock, queue, value):
        with lock, value.get_lock():
            value.value += 1
        queue.put(open(__file__).read(1))

    if __name__ == "__main__":
        lock, queue, value = Lock(), Queue(2), Value("i", 0)
        process = Process(target=child, args=(lock, queue, value))
        process.start()
        queue.get()
        process.join()
        with Pool(1) as pool:
            pool.map(abs, [1])
"""


def test_what_multiprocessing_and_the_tracer_look_at_is_no_look_of_the_program(trace: Trace, start_method: str) -> None:
    recording = trace(QUIET, start_method)
    assert recording.exit_code == 0
    assert recording.of("unfollowed_used") == []
    seen = [event for event in recording.of("surroundings_seen") if event.process != "MainProcess"]
    assert seen == []


def test_what_cannot_be_followed(trace: Trace, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    folder.mkdir()

    def load(module: ModuleType) -> str:
        """A copy is none of Python's own libraries, which are known."""
        return f"import ctypes; ctypes.CDLL({str(shutil.copy(str(module.__file__), folder))!r})"

    def load_as_module(module: ModuleType) -> str:
        """The same, and what is in it can be called."""
        name = module.__name__
        path = str(shutil.copy(str(module.__file__), folder))
        made = f"util.spec_from_file_location({name!r}, {path!r})"
        return f"from importlib import util; made = {made}; copy = util.module_from_spec(made)"

    uses = {
        "socket": "import socket; socket.socketpair()",
        "pipe": "import os; os.pipe()",
        "memory": "from multiprocessing import RawValue; RawValue('i')",
        "map": "import mmap; mmap.mmap(-1, 16)",
        "descriptor": "import os; os.open(__file__, os.O_RDONLY)",
        "file": "import os, tempfile; file, name = tempfile.mkstemp(); os.close(file); os.unlink(name)",
        "database": "import sqlite3; sqlite3.connect(':memory:')",
        "signal": "import os, signal; signal.signal(signal.SIGUSR1, print); os.kill(os.getppid(), 0) or "
        "os.kill(os.fork() or os._exit(0), signal.SIGUSR1)",
        "library": f"{load(_multiprocessing)}; open(__file__)",  # it calls sem_open, as posix_ipc does
        "connected": f"{load_as_module(_socket)}; inner = copy.socket(); open(__file__)",
    }
    for what, use in uses.items():
        (event,) = trace(f"{use}\n").of("unfollowed_used")
        assert event.fields["what"] == {"map": "memory", "connected": "library"}.get(what, what)
        assert (event.object is not None) == (what == "file")
    inner = (
        "import subprocess; from multiprocessing import Pipe; Pipe(); subprocess.run(['true'], capture_output=True)\n",
        "import tempfile; tempfile.gettempdir()\n",  # it tries with a file whether it can write there
        f"{load(_json)}; open(__file__)\n",  # a library that only computes
        f"{load_as_module(_socket)}; open(__file__)\n",  # one that could connect, and has not
        f"{load_as_module(_socket)}; from multiprocessing import Pipe; ends = Pipe(); open(__file__)\n",
    )
    for use in inner:
        assert trace(use).of("unfollowed_used") == []


AWAITED = """
    import os, shutil, tempfile
    from multiprocessing import Event
    from pathlib import Path

    def main():
        event = Event()
        for number in range(5):
            os.path.exists("never")
            os.path.exists(f"other {number}")
            Path("never").is_file()
            event.is_set()
            shutil.which("no such program")
            try:
                open("late")
            except FileNotFoundError:
                pass
        Path("late").touch()
        os.path.exists("late")
        open("late").close()
        event.set()
        event.is_set()
        event.clear()
        event.is_set()

    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        main()
        os.chdir("/")
"""


def test_what_is_asked_for_again_and_again(trace: Trace) -> None:
    recording = trace(AWAITED)
    assert recording.exit_code == 0
    assert sorted(paths(recording, "path_missing")) == ["late", "late", "never", "never"]
    assert paths(recording, "path_found") == ["late"]
    assert [event.kind for event in recording.events if event.kind in ("event_asked", "event_seen")] == [
        *("event_asked", "event_asked", "event_seen", "event_asked")
    ]
    assert not any(event.fields["interruptible"] for event in recording.of("event_asked", "path_missing"))
