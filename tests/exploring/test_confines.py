"""What a program does outside, and how it is kept from filling the machine: real processes."""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from procsim.explore import execution, listening
from procsim.explore.copies import CannotExplore
from procsim.explore.plans import Wished
from procsim.explore.schedule import ENDLESS, EXIT_CODE, FORBIDDEN, LIMIT, WHOLE
from tests.exploring.test_executor import PROGRAMS, executed, executor, explored, faults
from tests.programs.explored.touches_others import WAYS as OTHERS
from tests.programs.explored.ways_outside import WAYS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a program can be explored on Linux alone")


@pytest.fixture
def outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder outside the one in which the program runs, with a file."""
    project, outside = tmp_path / "project", tmp_path / "outside"
    project.mkdir()
    outside.mkdir()
    (outside / "old").write_text("as it was")
    monkeypatch.chdir(project)
    return outside


def seen(folder: Path) -> list[tuple[object, ...]]:
    """All that could be changed in the folder."""
    found: list[tuple[object, ...]] = []
    for path in sorted(folder.iterdir()):
        status = path.lstat()
        found.append((path.name, status.st_mode, status.st_nlink, status.st_mtime_ns, status.st_ctime_ns))
    return found


@pytest.mark.parametrize("way", [way for way in WAYS if way != "in_c"])
def test_it_is_stopped_before_it_leaves_anything(way: str, outside: Path) -> None:
    before = seen(outside)
    with executor(PROGRAMS / "ways_outside.py", way, outside) as made:
        (fault,) = executed(made, Wished([])).faults
    assert (fault.what, fault.thread) == (FORBIDDEN, "writer")
    assert seen(outside) == before


@pytest.mark.parametrize("way", [way for way in WAYS if way not in ("in_c", "send")])
def test_it_may_where_that_is_allowed(way: str, outside: Path) -> None:
    before = seen(outside)
    with executor(PROGRAMS / "ways_outside.py", way, outside, allowed=[str(outside)]) as made:
        execution = executed(made, Wished([]))
    assert execution.ended == WHOLE and not any(fault.what == FORBIDDEN for fault in execution.faults)
    assert seen(outside) != before or way in ("attribute", "database")  # a file system may have no attributes


def test_what_is_written_in_c_cannot_write_outside_either(outside: Path) -> None:
    with executor(PROGRAMS / "ways_outside.py", "in_c", outside) as made:
        if not made._slots[0]._overlaid:
            pytest.skip("the system does not let procsim overlay a folder")
        assert executed(made, Wished([])).ended == WHOLE
    assert [path.name for path in outside.iterdir()] == ["old"]


def test_a_program_that_prints_much_goes_on() -> None:
    with executor(PROGRAMS / "loud.py") as made:
        execution = executed(made, Wished([]))
    assert execution.ended == WHOLE and not execution.faults and not execution.uncontrolled


def test_a_program_may_be_let_open_few_files() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, before[1]))
    try:
        with executor(PROGRAMS / "loud.py") as made:
            execution = executed(made, Wished([]))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    assert execution.ended == WHOLE and not execution.faults


def test_the_root_of_the_file_system_is_not_overlaid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    with pytest.raises(CannotExplore, match="overlay"), executor(PROGRAMS / "loud.py"):
        pass


def test_one_that_forks_without_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "PROCESSES", 20)
    with executor(PROGRAMS / "forks_without_end.py") as made:
        ended = executed(made, Wished([]))
    (fault,) = ended.faults
    assert (ended.ended, fault.what, fault.id) == (LIMIT, ENDLESS, "processes")


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A process of others, in a session of its own."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True) as process:
        yield process
        process.kill()


def attributes(pid: int) -> list[object]:
    """All that could be changed in a process of others."""
    return [
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT),
        os.getpriority(os.PRIO_PROCESS, pid),
        os.sched_getaffinity(pid),
        os.sched_getscheduler(pid),
        resource.prlimit(pid, resource.RLIMIT_NOFILE),
    ]


@pytest.mark.parametrize("way", OTHERS)
def test_it_is_stopped_before_it_touches_a_process_of_others(way: str, stranger: "subprocess.Popen[bytes]") -> None:
    before = attributes(stranger.pid)
    with executor(PROGRAMS / "touches_others.py", way, stranger.pid) as made:
        (fault,) = executed(made, Wished([])).faults
    assert (fault.what, fault.thread, fault.figures["name"]) == (FORBIDDEN, "toucher", f"PID {stranger.pid}")
    assert attributes(stranger.pid) == before


@pytest.mark.parametrize("way", OTHERS)
def test_it_may_touch_a_process_of_its_own_whatever_session_that_is_in(way: str) -> None:
    with executor(PROGRAMS / "touches_others.py", way, 0) as made:
        execution = executed(made, Wished([]))
    assert execution.ended == WHOLE and execution.exit_code == 0, execution.faults


@pytest.mark.parametrize("way", ["nobody", "numbers", "this machine", "listen"])
def test_what_needs_no_network_is_not_stopped(way: str) -> None:
    with executor(PROGRAMS / "asks_network.py", way) as made:
        execution = executed(made, Wished([]))
    assert execution.ended == WHOLE and not execution.faults


def test_no_name_server_is_asked() -> None:
    with executor(PROGRAMS / "asks_network.py", "a name") as made:
        (fault,) = executed(made, Wished([])).faults
    assert (fault.what, fault.figures["name"]) == (FORBIDDEN, "procsim.invalid")


def test_what_is_written_in_c_has_no_network_either() -> None:
    with executor(PROGRAMS / "asks_network.py", "in c") as made:
        if not made._slots[0]._overlaid:
            pytest.skip("the system does not let procsim overlay a folder")
        execution = executed(made, Wished([]))
    assert execution.ended == WHOLE and not execution.faults


def test_a_program_that_kills_its_own_group_ends_the_same_each_time() -> None:
    found = explored([PROGRAMS / "kills_its_group.py"], executions=10)
    assert (EXIT_CODE, "-9") in faults(found) and len(found.wrong) == 1 and found.tried_all and not found.diverged


def test_a_process_that_computes_without_end_is_not_said_to_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution, "LAST_PATIENCE_SECONDS", 0.5)
    found = explored([PROGRAMS / "computes.py"], executions=1)
    assert not found.wrong and found.limited and not found.is_right
    assert {each.object for each in found.uncontrolled} == {"worker"}
