"""What processes are called that multiprocessing gives no name: workers, helpers and servers as people know them."""

import multiprocessing
import re
import shutil
import venv
from pathlib import Path
from typing import Any

import pytest

from procsim.state.apply import state_of
from procsim.views.text.words import event_words, state_words

from .conftest import Recording, Trace
from .events import Story

PREFIX = "import os, subprocess, sys\nHERE = os.path.dirname(__file__)\n"


def names(run: Recording) -> set[str]:
    """Those that had a say in the run, but for main."""
    assert run.exit_code == 0, run.printed("stderr")
    return {event.process for event in run.of("printed")} - {"MainProcess", ""}


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A folder with a copy of multiprocessing that is called multiprocess, as pathos makes one."""
    copy = tmp_path / "multiprocess"
    shutil.copytree(Path(multiprocessing.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for path in copy.rglob("*.py"):
        path.write_text(re.sub(r"(?<!-)\bmultiprocessing\b", "multiprocess", path.read_text()))
    return tmp_path


def test_a_worker_of_pytest_is_called_as_its_variable_says(trace: Trace) -> None:
    worker = (
        "import os; os.environ.update(PYTEST_XDIST_WORKER='gw3', OTHER='x'); print(1, flush=True);"
        "os.environ['PYTEST_XDIST_WORKER'] = 'gw4'; print(2, flush=True)"
    )
    run = trace(f"{PREFIX}subprocess.run([sys.executable, '-c', {worker!r}], check=True)")
    assert names(run) == {"gw3"}, "a process gets a name once"
    (named,) = run.of("process_named")
    assert [event.process for event in run.of("process_ended") if event.pid == named.pid] == ["gw3"]


def test_what_a_worker_of_pytest_starts_has_another_name(trace: Trace, start_method: str) -> None:
    run = trace(
        """
        import multiprocessing, os, subprocess, sys

        def work():
            print(os.environ["PYTEST_XDIST_WORKER"], flush=True)
            os.environ["PYTEST_XDIST_WORKER"] = "gw1"
            print("child", flush=True)

        if __name__ == "__main__":
            os.environ["PYTEST_XDIST_WORKER"] = "gw0"
            print("main", flush=True)
            child = multiprocessing.Process(target=work, name="worker")
            child.start()
            child.join()
            subprocess.run([sys.executable, "-c", "print('program')"], check=True)
        """,
        start_method,
    )
    assert names(run) == {"worker", "python -c"} and not run.of("process_named")


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (["-c", "from parts.resource_tracker import main; main(7, False)"], "resource tracker"),
        (["-c", "from parts.resource_tracker import main;main(7)"], "resource tracker"),
        (["-c", "from parts.resource_tracker import main; print(1); main(7)"], "python -c"),
        (["-c", "print(1)", "--process-name"], "python -c"),
        (["-m", "parts.worker", "--pipe", "3", "--process-name", "Worker-7"], "Worker-7"),
        (["-m", "parts.worker", "scheduler", "--port", "0"], "python -m parts.worker scheduler"),
        (["-m", "parts.worker", "--port", "0"], "python -m parts.worker"),
        (["parts/worker", "scheduler"], "worker scheduler"),
        (["parts/worker.py", "input"], "worker.py"),
    ],
)
def test_a_program_is_called_after_its_command(trace: Trace, tmp_path: Path, command: list[str], name: str) -> None:
    parts = tmp_path / "parts"
    parts.mkdir()
    (parts / "resource_tracker.py").write_text("def main(*_):\n    print(1)\n")
    for worker in ("worker.py", "worker"):
        (parts / worker).write_text("print(1)\n")
    run = trace(f"{PREFIX}subprocess.run([sys.executable, *{command!r}], check=True, cwd={str(tmp_path)!r})")
    assert names(run) == {name}


def test_a_spawned_child_has_its_name_when_it_imports_the_program(trace: Trace) -> None:
    run = trace(
        """
        import multiprocessing
        print(f"imported as {__name__}", flush=True)

        def work():
            pass

        if __name__ == "__main__":
            child = multiprocessing.Process(target=work, name="worker")
            child.start()
            child.join()
        """,
        "spawn",
    )
    printed = {event.fields["text"]: event.process for event in run.of("printed")}
    assert printed == {"imported as __main__\n": "MainProcess", "imported as __mp_main__\n": "worker"}


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_the_processes_of_a_copy_of_multiprocessing_have_their_names(trace: Trace, copied: Path, method: str) -> None:
    run = trace(
        f"""
        import os, sys
        sys.path.insert(0, {str(copied)!r})
        os.environ["PYTHONPATH"] += os.pathsep + {str(copied)!r}
        import multiprocess

        def work():
            print("works", flush=True)

        if __name__ == "__main__":
            multiprocess.set_start_method({method!r})
            children = [multiprocess.Process(target=work, name=f"worker-{{number}}") for number in range(2)]
            for child in children:
                child.start()
            for child in children:
                child.join()
        """
    )
    assert names(run) == {"worker-0", "worker-1"}


def test_what_a_package_has_forked_is_called_after_its_function_and_then_by_its_title(
    tmp_path: Path, trace: Trace
) -> None:
    venv.create(tmp_path / "theirs", symlinks=True, with_pip=False)
    (packages,) = (tmp_path / "theirs").glob("lib/python*/site-packages")
    (packages / "setproctitle.py").write_text("def setproctitle(title):\n    return title\n")
    (packages / "server.py").write_text(
        "import os\n"
        "from setproctitle import setproctitle\n"
        "def spawn_worker():\n"
        "    if not os.fork():\n"
        "        print('forked', flush=True)\n"
        "        assert setproctitle('server: worker') == setproctitle(title='server: idle')[:8] + 'worker'\n"
        "        print('named', flush=True)\n"
        "        os._exit(0)\n"
        "    os.wait()\n"
    )
    run = trace(
        f"""
        import sys
        sys.path.insert(0, {str(packages)!r})
        from setproctitle import setproctitle
        from server import spawn_worker
        setproctitle("server: master")
        spawn_worker()
        """
    )
    printed = {event.fields["text"]: event.process for event in run.of("printed")}
    assert printed == {"forked\n": "MainProcess/spawn_worker", "named\n": "server: worker"}
    assert run.of("process_left")[0].process == "server: worker"


def test_what_a_process_runs_is_told_where_its_name_is_only_a_number(trace: Trace, start_method: str) -> None:
    run = trace(
        """
        import functools, multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        class Loader(multiprocessing.Process):
            def run(self):
                pass

        class LokyProcess(multiprocessing.Process):
            pass

        class Shelf:
            def sort(self):
                pass

        def crunch(number):
            pass

        if __name__ == "__main__":
            processes = [
                multiprocessing.Process(target=crunch, args=(1,)),
                multiprocessing.Process(target=functools.partial(crunch, 1)),
                multiprocessing.Process(target=Shelf().sort),
                multiprocessing.Process(target=crunch, args=(1,), name="cruncher-4"),
                LokyProcess(target=crunch, args=(1,)),
                Loader(),
            ]
            for process in processes:
                process.start()
            for process in processes:
                process.join()
            with ProcessPoolExecutor(1) as executor:
                executor.submit(crunch, 1).result()
        """,
        start_method,
    )
    assert run.exit_code == 0, run.printed("stderr")
    targets = [event.fields["target"] for event in run.of("process_started")]
    assert targets == ["crunch", "crunch", "Shelf.sort", "", "", "", ""]
    state = state_of(run.events)
    words = [event_words(event, state) for event in run.of("process_started")]
    first, *_, named, _loky, _loader, _worker = [(words or "").partition(" (PID ")[0::2] for words in words]
    assert first[0].startswith("has started ") and first[1].endswith("), which runs crunch")
    assert named[0] == "has started cruncher-4" and named[1].endswith(")")


def test_a_process_whose_name_is_only_a_number_runs_its_function() -> None:
    story = Story().began(1)
    for child, target in ((2, "crunch"), (3, "")):
        fields: dict[str, Any] = {"child": child, "child_name": f"p{child}", "daemon": False, "method": "fork"}
        story.tell(1, "process_started", **fields, number=1, target=target).began(child)
    run = state_of(story.events)
    assert [state_words(run, run.processes[pid], {})[0] for pid in (2, 3)] == ["runs crunch", "running"]
