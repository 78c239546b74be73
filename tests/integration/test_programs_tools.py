"""What a program's own tools see of procsim: coverage, profilers, warnings and tracebacks tell of the program alone."""

import json
import os
import pstats
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

import procsim
from tests.conftest import in_turn, some_thorough
from tests.integration.conftest import PATIENCE_SECONDS, House
from tests.integration.test_watch_harmless import WATCH, program

OURS = str(Path(procsim.__file__).parent)

BUSY = """
    import queue, subprocess, sys
    from multiprocessing import Lock, Pool, Process, Queue

    def square(number):
        return number * number

    def work(results, lock):
        with lock:
            results.put(1)

    if __name__ == "__main__":
        with Pool(2) as pool:
            pool.apply_async(divmod, (7, 2)).get()
        results, lock = Queue(), Lock()
        worker = Process(target=work, args=(results, lock))
        worker.start()
        print(results.get(), open(__file__).readline() == "")
        worker.join()
        subprocess.run([sys.executable, "-c", "pass"], text=True)
    """


def run(house: House, watching: bool, *command: object) -> "subprocess.CompletedProcess[str]":
    """A command, by itself or under `procsim watch`; in both ways its own output alone is on standard output."""
    begin = [*WATCH, "--"] if watching else []
    return subprocess.run(
        [*begin, *map(str, command)],
        env=house.environment,
        cwd=house.folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )


def measured(house: House, python: Path | str) -> dict[str, object]:
    """What coverage has measured, by file."""
    coverage = [python, "-m", "coverage"]
    assert run(house, False, *coverage, "combine", "-q").returncode == 0
    assert run(house, False, *coverage, "json", "-q", "-o", "all.json").returncode == 0
    report = json.loads((house.folder / "all.json").read_text())
    (house.folder / "all.json").unlink()
    return {name: file["summary"] for name, file in report["files"].items()}


def test_coverage_measures_what_it_would_measure(house: House) -> None:
    path = program(house.folder, BUSY)
    (house.folder / ".coveragerc").write_text("[run]\nconcurrency = multiprocessing\nparallel = true\n")
    found = []
    for watching in (False, True):
        done = run(house, watching, sys.executable, "-m", "coverage", "run", path)
        assert done.returncode == 0, done.stderr
        found.append(measured(house, sys.executable))
    assert list(found[0]) == ["program.py"]
    assert found[0] == found[1]


def test_a_coverage_that_starts_with_the_interpreter_counts_nothing_of_ours(house: House) -> None:
    # In an environment of its own, whose .pth file starts it, as coverage's own and pytest-cov's do.
    path = program(house.folder, BUSY)
    venv.create(house.folder / "theirs", symlinks=True, with_pip=False)
    python = house.folder / "theirs" / "bin" / "python"
    (packages,) = (house.folder / "theirs").glob("lib/python*/site-packages")
    shutil.copytree(Path(sysconfig.get_path("platlib")) / "coverage", packages / "coverage")
    (packages / "start.pth").write_text("import coverage; coverage.process_startup()\n")
    rc = house.folder / ".coveragerc"
    rc.write_text("[run]\nparallel = true\n")
    found = []
    for watching in (False, True):
        done = run(house, watching, "env", f"COVERAGE_PROCESS_START={rc}", python, path)
        assert done.returncode == 0, done.stderr
        found.append(measured(house, python))
    without, with_procsim = found
    hook = next((name for name in with_procsim if name.endswith("sitecustomize.py")), "")
    summary = with_procsim.pop(hook, {"num_statements": 0})
    assert isinstance(summary, dict)
    assert summary["num_statements"] == 0
    assert without == with_procsim


def test_the_trace_module_writes_no_listing_of_ours(house: House) -> None:
    path = program(house.folder, BUSY)
    done = run(house, True, sys.executable, "-m", "trace", "--count", "-C", "listings", path)
    assert done.returncode == 0, done.stderr
    listings = {file.name for file in (house.folder / "listings").iterdir()}
    assert "program.cover" in listings or "__main__.cover" in listings
    assert not [name for name in listings if name.startswith("procsim")]


def test_a_profile_names_procsims_functions_as_such(house: House) -> None:
    path = program(house.folder, BUSY)
    done = run(house, True, sys.executable, "-m", "cProfile", "-o", "profile", path)
    assert done.returncode == 0, done.stderr
    files = {file for file, _line, _name in pstats.Stats(str(house.folder / "profile")).stats}  # type: ignore[attr-defined]
    assert [file for file in files if file.startswith("<procsim.tracer.")]
    assert not [file for file in files if file.startswith(OURS)]


@pytest.mark.parametrize(
    "script", ["subprocess.run([sys.executable, '-c', 'pass'], text=True)", "open(__file__).close()"]
)
def test_a_warning_is_shown_at_the_programs_line(house: House, script: str) -> None:
    path = program(house.folder, f"import subprocess, sys\nfrom multiprocessing import Queue\n{script}\n")
    shown = []
    for watching in (False, True):
        done = run(house, watching, sys.executable, "-X", "warn_default_encoding", path)
        shown.append([line for line in done.stderr.splitlines() if "EncodingWarning" in line])
    assert len(shown[0]) == 1
    assert f"{path.name}:3:" in shown[0][0]
    assert shown[0] == shown[1]


def test_a_warning_of_a_function_that_procsim_calls_is_shown_at_a_line_that_is_not_ours(house: House) -> None:
    path = program(
        house.folder,
        """
        import warnings
        from multiprocessing import Pool
        def task(number):
            warnings.warn("old", DeprecationWarning, stacklevel=2)
        if __name__ == "__main__":
            with Pool(1) as pool:
                pool.map(task, [1])
        """,
    )
    shown = []
    for watching in (False, True):
        done = run(house, watching, sys.executable, "-W", "always", path)
        shown.append([line for line in done.stderr.splitlines() if "DeprecationWarning: old" in line])
    assert len(shown[0]) == 1
    assert shown[0] == shown[1]


def test_pytest_leaves_our_frames_out_of_a_traceback(house: House) -> None:
    program(
        house.folder,
        """
        from multiprocessing import Queue
        def test_it():
            Queue().get(timeout=0.01)
        """,
        "test_theirs.py",
    )
    shown = []
    for watching in (False, True):
        done = run(house, watching, sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q", "test_theirs.py")
        assert done.returncode == 1
        shown.append(re.sub(r"0x[0-9a-f]+|\d+\.\d+", "", done.stdout))
    assert "Empty" in shown[0]
    assert shown[0] == shown[1]


RAISES = """
    import atexit, functools, logging, os, queue, signal, subprocess, sys, threading, time, traceback
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import Barrier, Condition, Event, Lock, Manager, Pipe, Pool, Process, Queue, SimpleQueue
    from multiprocessing import set_start_method

    class Bad:
        def __reduce__(self): return int, ("x",)
    class Dies:
        def __del__(self): Lock().release()
    def take(*args): Queue().get(timeout=0.01)
    def opens(*args): open("missing")
    def interrupted(wait):
        def stop(*args): raise InterruptedError
        signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        wait()
    def in_turn(*works):
        for work in works:
            try: work()
            except Exception: traceback.print_exc()
    def in_child(target, *args):
        child = Process(target=target, args=args)
        child.start(); child.join()
    def in_thread(target):
        thread = threading.Thread(target=target)
        thread.start(); thread.join()
    def in_pool(task):
        with Pool(1) as pool: pool.map(task, [1])
    def in_executor(*task):
        with ProcessPoolExecutor(1) as executor: executor.submit(*task).result()
    def chained():
        try: opens()
        except OSError as error:
            try: take()
            except queue.Empty: raise ExceptionGroup("both", [error, KeyError("other")]) from error
    def logged():
        try: opens()
        except OSError: logging.exception("it failed")
    def hooked():
        sys.excepthook = lambda kind, error, trace: sys.__excepthook__(kind, error, trace)
        opens()
    def managed():
        with Manager() as manager: manager.dict()["missing"]
    def leaves(wait):
        def clean_up(): interrupted(wait)
        atexit.register(clean_up)
        atexit.register(Queue().get, timeout=0.01)
    CASES = {
        "opens": opens, "takes": take, "chained": chained, "logged": logged, "hooked": hooked, "managed": managed,
        "child opens": lambda: in_child(opens), "child takes": lambda: in_child(take),
        "bad argument": lambda: in_child(print, Bad()), "no function": lambda: in_child(lambda: 1),
        "thread": lambda: in_thread(take), "thread of C": lambda: in_thread(Lock().release),
        "pool": lambda: in_pool(opens), "pool, local": lambda: in_pool(lambda: 1),
        "executor": lambda: in_executor(take), "executor, bad": lambda: in_executor(print, Bad()),
        "never started": lambda: Process(target=take).join(), "dies": lambda: [Dies(), 1][1],
        "leaves": lambda: leaves(Queue().get),
        "wrong calls": lambda: in_turn(
            Lock().release, Condition().notify, lambda: Condition().wait(), lambda: Barrier(2).wait(0.01),
            lambda: Pipe()[0].send(lambda: 1), lambda: os.kill(os.getpid(), "x"), lambda: time.sleep("x"),
            lambda: subprocess.run(["/missing"]), lambda: SimpleQueue().put(lambda: 1), lambda: Queue("x"),
        ),
        "interrupted": lambda: in_turn(*(
            functools.partial(interrupted, wait) for wait in (
                Queue().get, SimpleQueue().get, Event().wait, Pipe()[0].recv, lambda: time.sleep(9), Barrier(2).wait,
            )
        )),
    }
    if __name__ == "__main__":
        set_start_method(sys.argv[2])
        CASES[sys.argv[1]]()
    """
CASES = re.findall(r'"([\w ,]+)": ', RAISES)


@pytest.mark.parametrize(("case", "method"), some_thorough(in_turn(CASES), of=4))
def test_a_traceback_shows_the_programs_frames_alone(house: House, case: str, method: str) -> None:
    path = program(house.folder, RAISES)
    without = run(house, False, sys.executable, path, case, method)
    lines, _ = house.events("watch", path, case, method)
    printed = [line["text"] for line in lines if line["kind"] == "printed" and line["stream"] == "stderr"]
    shown = [re.sub("0x[0-9a-f]+", "", text) for text in (without.stderr, "".join(printed))]
    assert "Traceback" in shown[0] or method == "fork", "a fork pickles nothing"
    # Sorted, since two processes may print at the same time.
    assert sorted(shown[1].splitlines()) == sorted(shown[0].splitlines())


CAUGHT = {
    "by pytest, which reports a failed test": ("-m", "pytest", "-p", "no:cacheprovider", "test_theirs.py"),
    "by the prompt of python -i, which goes on": ("-i", "raises.py"),
    "by a loop that keeps it for a debugger, as tkinter's does": ("keeps.py",),
}


@pytest.mark.parametrize("how", CAUGHT)
def test_main_does_not_end_by_an_exception_that_was_caught(house: House, how: str) -> None:
    program(house.folder, "def test_it():\n    raise KeyError('caught')\n", "test_theirs.py")
    program(house.folder, "raise KeyError('caught')\n", "raises.py")
    program(
        house.folder,
        """
        import sys
        def call(callback):
            try:
                callback()
            except KeyError:
                sys.last_type, sys.last_value, sys.last_traceback = sys.exc_info()
        call(lambda: {}["caught"])
        """,
        "keeps.py",
    )
    without, with_procsim = (run(house, watching, sys.executable, *CAUGHT[how]) for watching in (False, True))
    assert with_procsim.returncode == without.returncode
    added = with_procsim.stderr.replace(without.stderr, "")
    assert not re.search(r"MainProcess +raised", added), (
        "what procsim says; pytest's bytecode, which it reads, has the word, too"
    )
    assert "▲" not in with_procsim.stderr


@pytest.mark.parametrize("source", ["def f():\n    raise KeyError('wrong')\nf()", "x ="])
def test_main_ends_by_an_exception_that_nobody_caught(house: House, source: str) -> None:
    path = program(house.folder, source + "\n")
    for command in ([path], ["-m", path.stem], ["-m", "cProfile", path], ["-c", source]):
        done = run(house, True, sys.executable, *command)
        assert done.returncode == 1
        assert "▲ MainProcess ended" in done.stderr


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
@pytest.mark.parametrize("what", ["procsim.py", "procsim/__init__.py"])
def test_a_procsim_of_the_programs_own_is_found(house: House, what: str, method: str) -> None:
    folder = house.folder / "theirs"  # `python -m procsim` is not to find it
    (folder / "procsim").mkdir(parents=True)
    program(folder, "THEIRS = True\n", what)
    program(folder, "THEIRS = True\n", "procsim/events.py")
    path = program(
        folder,
        """
        import sys
        from multiprocessing import Process, Queue, set_start_method
        import procsim
        def work(results):
            import procsim
            results.put(procsim.THEIRS)
        if __name__ == "__main__":
            if hasattr(procsim, "__path__"):
                import procsim.events
                print(procsim.events.THEIRS)
            set_start_method(sys.argv[1])
            results = Queue()
            worker = Process(target=work, args=(results,))
            worker.start()
            print(results.get(), procsim.THEIRS)
            worker.join()
        """,
    )
    without, with_procsim = (run(house, watching, sys.executable, path, method) for watching in (False, True))
    assert (with_procsim.stdout, with_procsim.returncode) == (without.stdout, without.returncode)
    assert "put True into results" in with_procsim.stderr


def test_a_scenario_finds_procsim_where_it_is_not_installed(house: House) -> None:
    venv.create(house.folder / "theirs", symlinks=True, with_pip=False)
    path = program(
        house.folder,
        """
        from procsim import say, start
        def main(seats: int = 2):
            say("{seats} seats", seats=seats)
        start(main)
        """,
    )
    done = run(house, True, house.folder / "theirs" / "bin" / "python", path, "--seats", "5")
    assert done.returncode == 0, done.stderr
    assert "5 seats" in done.stderr


def test_the_tracer_gets_in_where_the_environment_was_cleared(house: House) -> None:
    # A spawned child without PYTHONPATH gets the tracer from its parent: by the same door.
    path = program(
        house.folder,
        """
        import os, sys
        from multiprocessing import Lock, Process, set_start_method
        def child(lock):
            with lock:
                print(lock.acquire.__func__.__code__.co_filename)
        if __name__ == "__main__":
            set_start_method("spawn")
            del os.environ["PYTHONPATH"]
            lock = Lock()
            worker = Process(target=child, args=(lock,))
            worker.start()
            worker.join()
        """,
    )
    done = run(house, True, sys.executable, path)
    assert done.stdout.startswith("<procsim.tracer.watch.locks"), done.stderr
    assert os.sep not in done.stdout
