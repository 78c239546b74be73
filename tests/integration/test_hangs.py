"""Programs that hang, each for one reason: procsim names it, with the process, the object and the line, and ends them.

Their twins, as like them as can be, do not hang, and nothing is said of them.
"""

import json
import signal
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from procsim.sentences import places
from procsim.views.live.headline import FOUND
from tests.conftest import START_METHODS, in_turn, some_thorough
from tests.integration.conftest import PATIENCE_SECONDS, PROGRAMS, House

HANGS: dict[str, tuple[str, set[str], str]] = {
    "barrier_one_short": ("barrier_nobody_comes", {"worker-0", "worker-1"}, "meeting"),
    "child_fails_to_begin": ("start_nobody_reads", {"MainProcess"}, ""),
    "condition_lost_notify": ("condition_nobody_notifies", {"worker"}, "ready"),
    "consumer_no_daemon": ("get_nobody_puts", {"consumer"}, "work"),
    "event_awaited_by_tasks": ("event_nobody_sets", set(), "go"),
    "event_never_set": ("event_nobody_sets", {"worker"}, "go"),
    "executor_in_child": ("pool_in_child", {"user"}, "executor"),
    "executor_max_tasks": ("pool_no_worker", set(), "executor"),
    "executor_task_raises": ("errors_unseen", {"MainProcess"}, "executor"),
    "forked_beside_thread": ("forked_beside_threads", {"child"}, ""),
    "forked_beside_worker": ("own_thread_missing", {"child"}, ""),
    "get_nobody_puts": ("get_nobody_puts", {"consumer"}, "work"),
    "get_two_consumers": ("get_nobody_puts", {"consumer-0", "consumer-1"}, "work"),
    "holder_exited": ("holder_dead", {"other"}, "mutex"),
    "holder_killed": ("holder_dead", {"other"}, "mutex"),
    "holder_raised": ("holder_dead", {"MainProcess"}, "mutex"),
    "holder_waits": ("holder_waits", {"other"}, "mutex"),
    "holder_waits_for_an_item": ("holder_waits", {"other"}, "mutex"),
    "holder_waits_for_results": ("holder_waits", set(), "mutex"),
    "items_not_sent": ("items_not_sent", {"MainProcess"}, "results"),
    "item_not_pickled": ("item_dropped", {"MainProcess"}, "results"),
    "join_before_get": ("join_before_get", {"MainProcess"}, "results"),
    "join_before_get_beside_a_worker": ("join_before_get", {"MainProcess"}, "results"),
    "joined_service": ("join_before_get", {"MainProcess"}, "results"),
    "last_item_not_the_same": ("get_nobody_puts", {"consumer"}, "work"),
    "lock_cycle": ("lock_cycle", {"one", "other"}, ""),
    "lock_cycle_beside_a_worker": ("lock_cycle", {"one", "other"}, ""),
    "lock_cycle_joined_later": ("lock_cycle", {"one", "other"}, ""),
    "lock_cycle_of_three": ("lock_cycle", {"eater-0", "eater-1", "eater-2"}, ""),
    "executor_in_import": ("pool_in_import", {"MainProcess"}, "executor"),
    "lock_twice": ("lock_twice", {"clerk"}, "account"),
    "manager_event_never_set": ("manager_never_answers", {"runner-0", "runner-1"}, ""),
    "manager_lock_twice": ("lock_twice", {"clerk"}, "account"),
    "own_lock_twice": ("own_thread_missing", {"child"}, ""),
    "pool_callback_exits": ("pool_thread_died", {"MainProcess"}, "pool"),
    "pool_callback_key_error": ("pool_callback_raised", {"MainProcess"}, "pool"),
    "pool_callback_raises": ("pool_thread_died", {"MainProcess"}, "pool"),
    "pool_error_callback_raises": ("pool_thread_died", {"MainProcess"}, "pool"),
    "pool_exception_unpickled": ("pool_thread_died", {"MainProcess"}, "pool"),
    "pool_in_child": ("pool_in_child", {"user"}, "pool"),
    "pool_in_import": ("pool_in_import", {"MainProcess"}, "pool"),
    "pool_not_sent": ("errors_unseen", {"MainProcess"}, "pool"),
    "pool_not_sent_to_callback": ("errors_unseen", {"MainProcess"}, "pool"),
    "pool_result_unpickled": ("pool_thread_died", {"MainProcess"}, "pool"),
    "pool_terminated": ("pool_terminated", {"MainProcess"}, "pool"),
    "pool_waits_for_itself": ("pool_waits_for_itself", {"MainProcess"}, "pool"),
    "pool_worker_died": ("pool_worker_died", set(), "squares"),
    "pool_worker_killed": ("pool_worker_killed", set(), "pool"),
    "producer_raised": ("get_nobody_puts", {"MainProcess"}, "results"),
    "put_nobody_gets": ("put_nobody_gets", {"MainProcess"}, "work"),
    "queue_writer_killed": ("message_torn", {"MainProcess"}, "messages"),
    "read_nobody_writes": ("read_nobody_writes", {"MainProcess/fork"}, ""),
    "reader_killed": ("reader_dead", {"second"}, "work"),
    "receive_each_other": ("receive_nobody_sends", {"MainProcess"}, "mine"),
    "receive_nobody_sends": ("receive_nobody_sends", {"MainProcess"}, "incoming"),
    "rlock_holder_died": ("holder_dead", {"MainProcess"}, "mutex"),
    "semaphore_holder_died": ("holder_dead", {"last"}, "places"),
    "send_nobody_receives": ("send_nobody_receives", {"MainProcess"}, "mine"),
    "simple_queue_get": ("get_nobody_puts", {"MainProcess"}, "answers"),
    "sleeper_killed": ("sleeper_dead", {"MainProcess"}, "morning"),
    "tasks_not_done": ("tasks_not_done", {"MainProcess"}, "work"),
    "tasks_not_done_on_error": ("tasks_not_done", {"MainProcess"}, "work"),
    "terminated_in_vain": ("terminated_in_vain", {"MainProcess"}, ""),
    "two_queues": ("get_nobody_puts", {"one", "other"}, ""),
    "worker_left_early": ("empty_too_early", {"MainProcess"}, "tasks"),
    "worker_not_started": ("get_nobody_puts", {"MainProcess"}, "results"),
    "write_nobody_reads": ("write_nobody_reads", {"python -c"}, ""),
}
"""By program: the finding, who it may be said of, and the object (none: it may be one or the other)."""

OTHERS = {"raised", "died", "not_started"}
"""Findings about what has led to the hang, beside the one that explains it."""


def line(name: str, mark: str) -> str | None:
    """`file:line` of the line that bears the mark."""
    for number, text in enumerate((PROGRAMS / "hangs" / f"{name}.py").read_text().splitlines(), 1):
        if text.endswith(f"# {mark}"):
            return f"{name}.py:{number}"
    return None


def watched(house: House, program: str, method: str) -> tuple[list[dict[str, Any]], int]:
    """The events of a program, and the exit code of `procsim watch`."""
    lines, done = house.events("watch", "--start-method", method, "--timeout", "100", PROGRAMS / f"{program}.py")
    return lines, done.returncode


@pytest.mark.parametrize("method", START_METHODS)
@pytest.mark.parametrize("program", some_thorough([f"hangs/{name}" for name in HANGS], of=4))
def test_why_it_hangs(house: House, program: str, method: str) -> None:
    name = program.rpartition("/")[2]
    identity, processes, thing = HANGS[name]
    if name == "executor_max_tasks" and hasattr(ProcessPoolExecutor, "_replace_dead_worker"):
        pytest.skip("this Python starts another worker")
    lines, code = watched(house, program, method)
    assert code == 3
    causes = [finding for finding in lines[-1]["findings"] if finding["id"] not in OTHERS]
    told = {pid for finding in causes for pid in finding["figures"].get("ended_pids", ())}
    assert not told & {finding["figures"]["pid"] for finding in lines[-1]["findings"] if finding not in causes}
    assert {finding["id"] for finding in causes} == {identity}
    for finding in causes:
        figures = finding["figures"]
        assert not processes or figures["process"] in processes | {"other"}
        assert not thing or figures["object"] in {thing, "theirs"}
        raised_at = "at" if identity == "pool_thread_died" and figures["raised_at"] is None else "raised_at"
        marks = (
            ("at", "waits"),
            ("looked_at", "looks"),
            ("started_at", "starts"),
            ("made", "made"),
            ("held_at", "holds"),
            ("put_at", "put"),
            (raised_at, "raises"),
        )
        for figure, mark in marks:
            expected = line(name, mark)
            if expected and figure in figures and figures["object"] != "theirs":
                assert figures[figure] == expected, figure
        for clause in figures.get("because") or ():
            for figure, mark in (("at", "ended"), ("killed_at", "killed")):
                assert clause["figures"].get(figure) in (line(name, mark), None) or not line(name, mark)
        assert places(FOUND.get(identity, "")) <= figures.keys(), "its headline"
        assert "{" not in finding["text"]
        assert finding["cure"]


@pytest.mark.parametrize("method", START_METHODS)
def test_a_worker_that_was_never_started_is_named_beside_the_wait(house: House, method: str) -> None:
    lines, _ = watched(house, "hangs/worker_not_started", method)
    _, finding = lines[-1]["findings"]
    assert finding["id"] == "not_started"
    figures = finding["figures"]
    assert (figures["process"], figures["child"]) == ("MainProcess", ["second"]), "the name that it was made with"
    assert figures["made"] == line("worker_not_started", "creates")


@pytest.mark.thorough  # the healthy programs, below, are tried each time
@pytest.mark.parametrize(("program", "method"), in_turn(f"hangs/{name}_cured" for name in HANGS))
def test_nothing_is_said_of_its_twin(house: House, program: str, method: str) -> None:
    lines, code = watched(house, program, method)
    assert [finding["text"] for finding in lines[-1]["findings"]] == []
    assert code == 0


HEALTHY = [f"healthy/{name}" for name in sorted(path.stem for path in Path(PROGRAMS / "healthy").glob("*.py"))]


@pytest.mark.parametrize(("program", "method"), some_thorough(in_turn(HEALTHY), of=4))
def test_who_only_waits_a_while_does_not_hang(house: House, program: str, method: str) -> None:
    lines, code = watched(house, program, method)
    assert [finding["text"] for finding in lines[-1]["findings"]] == []
    assert not [event for event in lines if event["kind"] in ("process_stuck", "finding")]
    assert code == 0


def test_each_program_is_tried() -> None:
    names = {path.stem for path in Path(PROGRAMS / "hangs").glob("*.py")}
    assert {name for name in names if not name.endswith("_cured")} == set(HANGS)


def test_workers_that_never_begin_are_told_of_while_the_program_runs(house: House) -> None:
    program = house.folder / "program.py"
    program.write_text(
        "import io, sys\n"
        "from multiprocessing import Pool\n"
        "def connect():\n"
        "    sys.stderr = io.StringIO()\n"
        "    raise ConnectionError\n"
        "if __name__ == '__main__':\n"
        "    Pool(2, connect).map(abs, [1])\n"
    )
    process = house.start("watch", "--view", "json", program)
    assert process.stdout is not None
    for text in process.stdout:
        if json.loads(text)["kind"] == "finding":
            break
    process.terminate()  # not SIGINT: CPython's Pool, which starts workers without end, does not always end by it
    output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    findings = json.loads(output.splitlines()[-1])["findings"]
    assert findings[0]["id"] == "pool_initializer_raises"
    assert not [finding for finding in findings[1:] if "ConnectionError" in finding["text"]]


ASKS_AGAIN = """
import queue, threading
from multiprocessing import get_context
library = threading.Lock()
def decode(entered, goes_on):
    with library:
        entered.set(); goes_on.wait()
def load(batches):
    with library:
        batches.put("batch")
if __name__ == "__main__":
    entered, goes_on = threading.Event(), threading.Event()
    threading.Thread(target=decode, args=(entered, goes_on), name="decoder").start()
    entered.wait()
    context = get_context("fork")
    batches = context.Queue()
    loader = context.Process(target=load, args=(batches,), name="loader", daemon=True)
    loader.start()
    goes_on.set()
    while loader.is_alive():
        try:
            batches.get(timeout=0.1)
        except queue.Empty:
            pass
"""


def test_a_lock_from_a_fork_is_told_of_while_main_goes_on(house: House) -> None:
    program = house.folder / "program.py"
    program.write_text(ASKS_AGAIN)
    process = house.start("watch", "--view", "json", "--on-hang", "stop", program)
    assert process.stdout is not None
    found = next(event for event in map(json.loads, process.stdout) if event["kind"] == "finding")
    assert process.poll() is None
    assert (found["id"], found["figures"]["process"]) == ("forked_beside_threads", "loader")
    assert "(decoder at program.py:7)" in found["text"]
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    first, *others = [finding["id"] for finding in json.loads(output.splitlines()[-1])["findings"]]
    assert first == "forked_beside_threads"
    assert {*others} <= {"raised"}, "main ends by KeyboardInterrupt"


def test_on_hang_wait_says_it_and_waits(house: House) -> None:
    program = PROGRAMS / "hangs" / "lock_twice.py"
    process = house.start("watch", "--view", "json", "--on-hang", "wait", program)
    assert process.stdout is not None
    for text in process.stdout:
        if json.loads(text)["kind"] == "finding":
            break
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert [finding["id"] for finding in json.loads(output.splitlines()[-1])["findings"]] == ["lock_twice"]
    assert process.returncode == 3


def test_in_the_plain_view_people_learn_what_cures_it_and_how_to_end_it(house: House) -> None:
    program = PROGRAMS / "hangs" / "lock_twice.py"
    process = house.start("watch", "--view", "plain", "--on-hang", "wait", program)
    assert process.stderr is not None
    lines = []
    while "Ctrl-C ends it" not in (line := process.stderr.readline()):
        lines.append(line)
    assert "do not acquire account again where it is held already" in lines[-1]
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 3


def test_in_the_plain_view_the_reason_goes_to_standard_error(house: House) -> None:
    done = house.run("watch", "--view", "plain", PROGRAMS / "hangs" / "lock_twice.py")
    assert done.stdout == ""
    assert "clerk waits at lock_twice.py:7 for account (made at lock_twice.py:17)" in done.stderr
    assert done.returncode == 3


def test_a_recording_says_why_again(house: House) -> None:
    trace = house.folder / "hang.jsonl"
    house.run("watch", "--record", trace, PROGRAMS / "hangs" / "lock_twice.py")
    done = house.run("replay", trace, "--view", "plain")
    assert done.stdout.count("clerk waits at lock_twice.py:7") == 2, "when it was found, and at the end"
