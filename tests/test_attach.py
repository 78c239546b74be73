"""A program that was never started under procsim, and hangs: what can be read of it explains it as `watch` would.

Real programs, started bare. How what was seen becomes events is tested in `test_attach_story.py`, and the reading of
structures in `test_attach_memory.py`.
"""

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from procsim.attach import system
from procsim.attach.errors import HasEnded, NoSuchProcess, NotPermitted
from procsim.attach.look import Look
from procsim.attach.probable import probable
from procsim.attach.reader import take_look
from procsim.attach.story import events_of
from procsim.state.apply import state_of
from procsim.state.run_state import RunState
from tests.conftest import PROGRAMS, end_session, some_thorough

LONGEST_SECONDS = 150.0
"""How long a program is looked at: less than a test may take, so that a failure says what was seen."""
BETWEEN_LOOKS_SECONDS = 0.1
NOBODY = 65534

STARTED = """
import multiprocessing, runpy, sys
multiprocessing.set_start_method(sys.argv[1])
sys.argv = sys.argv[2:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""

EXPLAINED = {
    "barrier_one_short": "barrier_nobody_comes",
    "condition_lost_notify": "condition_nobody_notifies",
    "event_awaited_by_tasks": "event_nobody_sets",
    "event_never_set": "event_nobody_sets",
    "executor_in_child": "pool_in_child",
    "get_nobody_puts": "get_nobody_puts",
    "holder_exited": "holder_dead",
    "holder_waits": "holder_waits",
    "holder_waits_for_results": "holder_waits",
    "items_not_sent": "items_not_sent",
    "join_before_get": "join_before_get",
    "last_item_not_the_same": "get_nobody_puts",
    "lock_cycle_beside_a_worker": "lock_cycle",
    "lock_cycle_of_three": "lock_cycle",
    "lock_twice": "lock_twice",
    "manager_lock_twice": "manager_never_answers",
    "own_lock_twice": "own_thread_missing",
    "pool_callback_key_error": "pool_callback_raised",
    "pool_callback_raises": "pool_thread_died",
    "pool_not_sent": "errors_unseen",
    "pool_terminated": "pool_terminated",
    "pool_waits_for_itself": "pool_waits_for_itself",
    "pool_worker_died": "pool_worker_died",
    "pool_worker_killed": "pool_worker_killed",
    "put_nobody_gets": "put_nobody_gets",
    "queue_writer_killed": "message_torn",
    "read_nobody_writes": "read_nobody_writes",
    "reader_killed": "reader_dead",
    "receive_each_other": "receive_nobody_sends",
    "rlock_holder_died": "holder_dead",
    "simple_queue_get": "get_nobody_puts",
    "sleeper_killed": "sleeper_dead",
    "tasks_not_done": "tasks_not_done",
    "../patients/dropped_generator_in_a_pool": "item_dropped",
    "../patients/client_waits_for_the_banner": "read_nobody_writes",
    "../patients/echo_not_received": "write_nobody_reads",
    "../patients/subprocess_awaited_before_its_output": "write_nobody_reads",
    "../patients/ring_reader_raises": "lock_nobody_releases",
    "../patients/executor_lock_argument": "errors_unseen",
    "../patients/forked_beside_a_lock": "forked_beside_threads",
    "../patients/forked_beside_a_library_thread": "forked_beside_threads",
    "worker_not_started": "not_started",
}
"""The finding of each of these programs: the one that `watch` has."""

OBJECTS = {
    "barrier_one_short": ("worker-0", "meeting"),
    "get_nobody_puts": ("consumer", "work"),
    "holder_exited": ("other", "mutex"),
    "join_before_get": ("MainProcess", "results"),
    "last_item_not_the_same": ("consumer", "work"),
    "lock_twice": ("clerk", "account"),
    "reader_killed": ("second", "work"),
    "tasks_not_done": ("MainProcess", "work"),
}
"""Which process waits for which object."""


PROBABLY = {
    "alive_polled_beside_a_consumer": "probably_hangs.get_nobody_puts.died",
    "any_is_alive_poll": "polled_before_get",
    "empty_polled": "probably_hangs.get_nobody_puts.died",
    "heartbeat_beside_a_wait": "probably_hangs.get_nobody_puts.died",
    "is_alive_poll": "polled_before_get",
    "join_with_a_time_limit_poll": "polled_before_get",
    "lock_tried_again_and_again": "probably_hangs.holder_dead",
    "pipe_polled": "probably_hangs.receive_nobody_sends",
}
"""What is probable of these programs, which only ask, each again and again."""


@contextmanager
def running(
    program: Path, method: str = "fork", python: str = sys.executable, arguments: Sequence[str] = ()
) -> Iterator[int]:
    """A program that was started bare. Yields its PID."""
    command = [str(program), *arguments] if method == "fork" else ["-c", STARTED, method, str(program)]
    process = subprocess.Popen(
        [python, *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        yield process.pid
    finally:
        end_session(process)


def looks_at(pid: int) -> Iterator[Look]:
    """Looks at the program, one after the other. Fails in the end: what is looked for should have been seen before."""
    end = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < end:
        look = take_look(pid)
        yield look
        time.sleep(BETWEEN_LOOKS_SECONDS)
    rows = [f"{each.pid} {each.name} {each.gap}: {[*each.threads.values()]}" for each in look.processes.values()]
    pytest.fail("\n".join(["in vain; what was seen last:", *rows, f"{look.unseen} {look.outside}"]))


def explained(pid: int) -> RunState:
    """What is known of the program once it is found to hang, and why."""
    for before, look in pairwise(looks_at(pid)):
        state = state_of(events_of(before, look))
        if state.hung is not None and [event.fields["id"] for event in state.found] != ["standstill"]:
            return state
    raise AssertionError("looks_at fails before")


def test_two_locks_in_opposite_order_are_named_with_their_holders() -> None:
    with running(PROGRAMS / "hangs" / "lock_cycle.py") as pid:
        state = explained(pid)
    (finding,) = state.found
    holders = {lock.name: [state.process_name(pid) for pid in lock.holders] for lock in state.locks.values()}
    assert finding.fields["id"] == "lock_cycle"
    assert holders == {"left": ["one"], "right": ["other"]}
    assert finding.fields["text"] == (
        "one holds left and waits at lock_cycle.py:9 for right; other holds right and waits at lock_cycle.py:9 for "
        "left: a deadlock"
    )


@pytest.mark.parametrize("name", some_thorough(list(EXPLAINED), of=4))
def test_a_hang_is_explained_as_watch_does(name: str, start_method: str) -> None:
    with running(PROGRAMS / "hangs" / f"{name}.py", start_method) as pid:
        state = explained(pid)
    found = {event.fields["id"]: event.fields["figures"] for event in state.found}
    assert EXPLAINED[name] in found
    if name in OBJECTS and start_method == "fork":
        figures = found[EXPLAINED[name]]
        assert (figures["process"], figures["object"]) == OBJECTS[name]


def test_a_pool_that_is_used_in_an_import() -> None:
    with running(PROGRAMS / "hangs" / "pool_in_import.py") as pid:
        (finding,) = explained(pid).found
    assert finding.fields["id"] == "pool_in_import"
    assert (finding.fields["figures"]["object"], finding.fields["figures"]["module"]) == ("pool", "pool_in_import")


def said_as_probable(program: str, method: str = "fork") -> list[str]:
    """The sentences about a program, as soon as anything is probable."""
    looks: list[Look] = []
    with running(PROGRAMS / "patients" / f"{program}.py", method) as pid:
        for look in looks_at(pid):
            looks = [*looks[-1:], look]  # two: on a busy machine the fewest that can agree
            found = probable(looks, old=0) if len(looks) > 1 else []
            if found:
                return [finding.sentence or finding.id for finding in found]
    return []


@pytest.mark.parametrize("name", some_thorough(list(PROBABLY), of=3))
def test_a_program_that_only_asks_again_and_again(name: str, start_method: str) -> None:
    assert said_as_probable(name, start_method) == [PROBABLY[name]]


def test_several_connections_whose_senders_have_ended() -> None:
    """Not under forkserver: of two that have ended it is not known how."""
    assert said_as_probable("connections_polled") == ["probably_hangs.receive_nobody_sends"]


def test_a_process_whose_exit_code_the_system_has_not_kept() -> None:
    assert said_as_probable("sigchld_ignored") == ["exit_code_lost.ignored"]


GO_ON = {
    "healthy/computing_holder": ("shared", "600"),
    "healthy/sleeping_holder": ("shared", "600"),
    "healthy/listener": ("accept", "600"),
    "healthy/told_from_outside": ("shared", "600"),
    "patients/healthy_main_keeps_alive": ("inner", ""),
    "patients/healthy_main_keeps_alive, in a loop": ("events", "asyncio"),
}
"""Programs that go on, how one of their threads is blocked meanwhile, and their argument."""


def pairs_of_looks(pid: int, how: str) -> Iterator[tuple[Look, Look]]:
    """Three times two looks in a row, in both of which a thread is blocked like this."""
    before: Look | None = None
    pairs = 0
    while pairs < 3:
        look = take_look(pid)
        threads = [thread for process in look.processes.values() for thread in process.threads.values()]
        if not any(thread.blocked is not None and thread.blocked.how == how for thread in threads):
            before = None
            continue
        if before is not None:
            pairs += 1
            yield before, look
        before = look


@pytest.mark.parametrize("name", some_thorough(list(GO_ON)))
def test_who_goes_on_is_not_said_to_hang(name: str) -> None:
    how, argument = GO_ON[name]
    with running(PROGRAMS / f"{name.partition(',')[0]}.py", arguments=[argument]) as pid:
        states = [state_of(events_of(*pair)) for pair in pairs_of_looks(pid, how)]
    assert [(state.found, state.hung) for state in states] == [([], None)] * 3


HANDLERS = {
    "python's": ("pass", False),
    "of the program": ("signal.signal(signal.SIGINT, lambda number, frame: None)", True),
    "of SIGTERM": ("signal.signal(signal.SIGTERM, lambda number, frame: None)", False),
    "asyncio's": ("asyncio.run(wait(lambda: None))", False),
    "of the program in asyncio": ("asyncio.run(wait(handle))", True),
}
"""Some handlers, and whether one of them is for Ctrl-C and the program's own."""

INSTALLS = """
import asyncio, signal, sys
from multiprocessing import Event

def handle():
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, lambda: None)

async def wait(install):
    install()
    Event().wait()

exec(sys.argv[1])
Event().wait()
"""


@pytest.mark.parametrize("whose", list(HANDLERS))
def test_whose_handler_of_ctrl_c_it_is(tmp_path: Path, whose: str) -> None:
    """A program that waits for its own may go on; one that Python's or asyncio's would end hangs."""
    program = tmp_path / "program.py"
    program.write_text(INSTALLS)
    install, own = HANDLERS[whose]
    with running(program, arguments=[install]) as pid:
        look = take_look(pid)
        while not any(thread.wait for thread in look.processes[pid].threads.values()):
            time.sleep(BETWEEN_LOOKS_SECONDS)
            look = take_look(pid)
        hung = state_of(events_of(look, take_look(pid))).hung
        assert look.processes[pid].handles_interrupts == own
        assert (hung is None) == (own or whose == "of SIGTERM")


FORKSERVER_KILLED = """
import os, signal
from multiprocessing import Lock, Process, Semaphore, forkserver, set_start_method

def work(first, second, have, go_on):
    with first:
        have.release()
        go_on.acquire()
        with second:
            pass

if __name__ == "__main__":
    set_start_method("forkserver")
    left, right, have, go_on = Lock(), Lock(), Semaphore(0), Semaphore(0)
    for name, locks in {"one": (left, right), "other": (right, left)}.items():
        Process(target=work, args=(*locks, have, go_on), name=name).start()
    have.acquire(), have.acquire()
    os.kill(forkserver._forkserver._forkserver_pid, signal.SIGKILL)
    go_on.release(), go_on.release()
    left.acquire()
"""


def test_what_a_forkserver_has_forked_is_none_once_that_is_gone(tmp_path: Path) -> None:
    """Each has the command line of the forkserver, and its parent is another process by now."""
    program = tmp_path / "program.py"
    program.write_text(FORKSERVER_KILLED)
    with running(program) as pid:
        state = explained(pid)
    assert "lock_cycle" in {event.fields["id"] for event in state.found}
    assert {"one", "other"} <= {process.name for process in state.processes.values()}


def test_any_process_of_a_program_leads_to_all_of_them() -> None:
    with running(PROGRAMS / "hangs" / "lock_cycle.py") as pid:
        children = [process for process in explained(pid).processes if process != pid]
        assert take_look(children[0]).main == pid
        assert take_look(children[0]).processes.keys() == {pid, *children}
        assert take_look(children[0], only=True).processes.keys() == {children[0]}


def test_the_memory_of_another_user_is_not_shown() -> None:
    if os.geteuid():
        pytest.skip("only root can be another user")
    with running(PROGRAMS / "hangs" / "lock_cycle.py") as pid:
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            try:
                os.setuid(NOBODY)
                take_look(pid)
            except NotPermitted as error:
                os.write(writing, str(error.pid).encode())
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        os.close(writing)
        assert os.read(reading, 100) == str(pid).encode()
        os.close(reading)


def test_there_is_nothing_to_look_at() -> None:
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
    with pytest.raises(HasEnded):
        take_look(child)
    os.waitpid(child, 0)
    with pytest.raises(NoSuchProcess):
        take_look(child)


def test_a_semaphore_on_another_device_is_another_one_though_its_inode_has_the_same_number() -> None:
    lock = multiprocessing.Lock()
    with open("/proc/self/maps") as file:
        rows = [line.split() for line in file if "/sem." in line]
    device, inode = next((row[3], int(row[4])) for row in rows)
    others = set(map(int, filter(str.isdigit, os.listdir("/proc")))) - {os.getpid()}
    assert [*system.others_with({(device, inode)}, others)] == [os.getpid()]
    assert [*system.others_with({("ff:ff", inode)}, others)] == []
    del lock
