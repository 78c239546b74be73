"""Hangs whose cause is the end of a process, or the loss of an item: one finding says who waits, and how that came.

Each kind of wait, with each kind of end.
"""

import json
import signal
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from procsim.findings.probable import OLD_NS
from tests.conftest import START_METHODS, in_turn, some_thorough, thorough
from tests.integration.conftest import PATIENCE_SECONDS, House


class Case(NamedTuple):
    """What a worker does, what main does with what they share, and what is found."""

    shared: str
    work: str
    main: str
    identity: str
    words: tuple[str, ...]


PROGRAM = """\
import os, signal, sys, threading, time
from multiprocessing import Barrier, Condition, Event, JoinableQueue, Lock, Pipe, Process, Queue, Semaphore, SimpleQueue

def until(condition):
    while not condition():
        time.sleep(0.01)

def sleeps(condition):
    return condition._sleeping_count._semlock._get_value() > 0

def work(shared):
{work}

if __name__ == "__main__":
    shared = {shared}
    worker = Process(target=work, args=(shared,), name="worker")
    worker.start()
{main}
"""

ENDS = {
    "raises": ("raise KeyError('b')", "worker ended at x.py:12 by an exception: KeyError: 'b'"),
    "exits": ("sys.exit(3)", "worker ended with exit code 3"),
    "leaves": ("os._exit(0)", "worker left by os._exit at x.py:12, with exit code 0"),
    "killed": ("os.kill(os.getpid(), signal.SIGKILL)", "worker was ended by SIGKILL"),
}
"""How a worker ends, and what is said of it."""

WAITS = {
    "get": ("Queue()", "shared.get()", "get_nobody_puts"),
    "simple": ("SimpleQueue()", "shared.get()", "get_nobody_puts"),
    "tasks": ("JoinableQueue()", "shared.put(1); shared.join()", "tasks_not_done"),
    "full": ("Queue(1)", "shared.put(1); shared.put(2)", "put_nobody_gets"),
    "event": ("Event()", "shared.wait()", "event_nobody_sets"),
    "barrier": ("Barrier(2)", "shared.wait()", "barrier_nobody_comes"),
    "condition": ("Condition()", "shared.acquire(); shared.wait()", "condition_nobody_notifies"),
    "semaphore": ("Semaphore(0)", "shared.acquire()", "lock_nobody_releases"),
    "pipe": ("Pipe()", "shared[0].recv()", "receive_nobody_sends"),
}
"""What main waits for: what they share, main's call, and the finding."""

TERMINATED = "worker was ended by SIGTERM, which MainProcess sent at x.py:"

CASES = {
    "a reader is ended": Case(
        "JoinableQueue()",
        "shared.get()",
        "until(shared._rlock._semlock._is_zero); worker.terminate(); worker.join(); shared.put(1); shared.get()",
        "reader_dead",
        ("MainProcess waits at x.py:18", "worker held in get() at x.py:12", "(items in it: 1)", TERMINATED),
    ),
    "a thread of a reader ends it": Case(
        "SimpleQueue()",
        "threading.Thread(target=lambda: (until(shared._rlock._semlock._is_zero), os._exit(4))).start(); shared.get()",
        "worker.join(); shared.put(1); shared.get()",
        "reader_dead",
        ("worker held in get() at x.py:12", "worker left by os._exit at x.py:12, with exit code 4"),
    ),
    "one that waits for an event is ended": Case(
        "Event()",
        "shared.wait()",
        "until(lambda: sleeps(shared._cond)); worker.kill(); worker.join(); shared.set()",
        "sleeper_dead",
        ("worker, which waited for it at x.py:12", "worker was ended by SIGKILL, which MainProcess sent at x.py:18"),
    ),
    "one that waits at a barrier is ended": Case(
        "Barrier(2)",
        "shared.wait()",
        "until(lambda: sleeps(shared._cond)); worker.terminate(); worker.join(); shared.wait()",
        "sleeper_dead",
        ("worker, which waited for it at x.py:12", TERMINATED),
    ),
    "one that waits for the tasks is ended": Case(
        "JoinableQueue()",
        "shared.put(1); shared.join()",
        "shared.get(); until(lambda: sleeps(shared._cond)); worker.terminate(); worker.join(); shared.task_done()",
        "sleeper_dead",
        ("worker, which waited for it at x.py:12", TERMINATED),
    ),
    "a task that cannot be pickled": Case(
        "JoinableQueue()",
        "while True: shared.get(); shared.task_done()",
        "worker.daemon; shared.put(1); shared.put(threading.Lock()); shared.put(2); shared.join()",
        "item_dropped",
        ("MainProcess waits at x.py:18 for what MainProcess put at x.py:18", "<lock> could not be sent", "TypeError"),
    ),
    "a holder raises": Case(
        "Lock()",
        "shared.acquire(); raise ValueError('in the middle')",
        "worker.join(); shared.acquire()",
        "holder_dead",
        ("which worker held", "worker ended at x.py:12 by an exception: ValueError: in the middle"),
    ),
    "who waits on for another one": Case(
        "[Queue(), Queue()]",
        "if len(sys.argv) > 1: shared[1].put(shared[0].get())\n    else: raise OSError('gone')",
        "shared[0].get()",
        "get_nobody_puts",
        ("MainProcess waits at x.py:19", "worker ended at x.py:13 by an exception: OSError: gone"),
    ),
}


def written(house: House, case: Case) -> Path:
    path = house.folder / "x.py"
    path.write_text(PROGRAM.format(shared=case.shared, work=f"    {case.work}", main=f"    {case.main}"))
    return path


def found(house: House, method: str, case: Case) -> None:
    lines, done = house.events("watch", "--start-method", method, "--timeout", "100", written(house, case))
    assert done.returncode == 3
    (finding,) = lines[-1]["findings"]
    assert finding["id"] == case.identity
    for words in case.words:
        assert words in finding["text"]
    assert "{" not in finding["text"] and "⟨" not in finding["text"]
    assert finding["cure"]


@pytest.mark.parametrize("method", START_METHODS)
@pytest.mark.parametrize("name", CASES)
def test_one_finding_says_it_all(house: House, method: str, name: str) -> None:
    found(house, method, CASES[name])


@pytest.mark.parametrize(
    ("wait", "end", "method"),
    some_thorough([(*pair, method) for pair, method in in_turn(product(WAITS, ENDS))], of=5),
)
def test_who_was_to_end_the_wait_has_ended(house: House, method: str, wait: str, end: str) -> None:
    (shared, main, identity), (work, words) = WAITS[wait], ENDS[end]
    if (method, end) == ("forkserver", "killed"):  # which takes the exit code before anybody else can see it
        words = "worker was ended"
    found(house, method, Case(shared, work, main, identity, ("MainProcess waits at x.py:18", words)))


RESTORED = """\
import os
from multiprocessing import Process, Queue

class Odd:
    def __reduce__(self):
        return restored, (os.getpid(),)

def restored(pid):
    if os.getpid() != pid:
        raise OSError("cannot be restored")

def work(queue, odd):
    queue.put(1)

if __name__ == "__main__":
    queue = Queue()
    Process(target=work, args=(queue, Odd()), name="worker").start()
    queue.get()
"""


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_a_process_that_ends_before_its_own_code_begins_is_the_reason_too(house: House, method: str) -> None:
    path = house.folder / "x.py"
    path.write_text(RESTORED)
    lines, done = house.events("watch", "--start-method", method, "--timeout", "100", path)
    assert done.returncode == 3
    (finding,) = lines[-1]["findings"]
    assert "MainProcess waits at x.py:18 for an item of queue" in finding["text"]
    assert "worker ended at x.py:10 by an exception: OSError: cannot be restored" in finding["text"]


def test_what_is_dropped_is_said_though_nobody_waits_for_it(house: House) -> None:
    main = "shared.put(print); shared.put(lambda: 1); shared.put(None); worker.join()"
    lines, done = house.events("watch", written(house, Case("Queue()", "while shared.get(): pass", main, "", ())))
    assert done.returncode == 0
    (finding,) = lines[-1]["findings"]
    assert finding["id"] == "item_dropped"
    words = (
        "what MainProcess put at x.py:18 into shared (made at x.py:15) never got there: <function> could not be sent"
    )
    assert words in finding["text"]


@pytest.mark.parametrize("method", START_METHODS)
def test_that_an_item_was_dropped_does_not_explain_why_who_had_put_it_was_killed(house: House, method: str) -> None:
    work = "shared.put(lambda: 1); shared.put(2)"
    work += "; until(lambda: shared._sem._semlock._get_value() == shared._maxsize)"  # until main has taken the 2
    work += "; os.kill(os.getpid(), signal.SIGKILL)"
    main = "shared.get(); worker.join(); shared.get()"
    lines, done = house.events(
        "watch", "--start-method", method, "--timeout", "100", written(house, Case("Queue()", work, main, "", ()))
    )
    assert done.returncode == 3
    texts = {finding["id"]: finding["text"] for finding in lines[-1]["findings"]}
    assert "worker put at x.py:12 into shared (made at x.py:15): <function> could not be sent" in texts["item_dropped"]
    if method == "forkserver":  # whose exit code its parent alone learns, and main has not read it
        assert texts.keys() <= {"item_dropped", "died"}
    else:
        assert texts.keys() == {"item_dropped", "died"}
        assert "SIGKILL has ended worker" in texts["died"]


BEATS = "threading.Thread(target=lambda: until(lambda: False), daemon=True).start()"

PROBABLE = {
    "a thread of it only sleeps": Case(
        "Queue()",
        "raise KeyError('b')",
        f"{BEATS}; shared.get()",
        "probably_hangs",
        (
            "MainProcess waits at x.py:18 for an item of shared",
            "worker ended at x.py:12 by an exception: KeyError: 'b'",
        ),
    ),
    "a thread of it only sleeps, beside a lock": Case(
        "Lock()",
        "shared.acquire(); os._exit(1)",
        f"{BEATS}; worker.join(); shared.acquire(); shared.acquire()",
        "probably_hangs",
        ("which worker held", "worker left by os._exit at x.py:12, with exit code 1"),
    ),
    "main asks whether it lives": Case(
        "Queue()",
        "shared.put('x' * 1_000_000)",
        "until(lambda: not worker.is_alive()); shared.get()",
        "polled_before_get",
        ("worker cannot end before what it has put into shared (made at x.py:15) is taken", "MainProcess asks"),
    ),
    "main asks for its exit code": Case(
        "JoinableQueue()",
        "shared.put('x' * 1_000_000)",
        "until(lambda: worker.exitcode is not None); shared.get()",
        "polled_before_get",
        ("MainProcess asks at x.py:18 again and again whether it still lives",),
    ),
}
"""Where some thread can still move."""


def watched_until_found(house: House, method: str, path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The first finding that comes while the program runs, and those at its end, by SIGTERM."""
    process = house.start("watch", "--start-method", method, "--view", "json", "--on-hang", "stop", path)
    assert process.stdout is not None
    found = next(event for event in map(json.loads, process.stdout) if event["kind"] == "finding")
    assert process.poll() is None, "what is only probable ends no program"
    process.terminate()
    output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 128 + signal.SIGTERM
    return found, json.loads(output.splitlines()[-1])["findings"]


@pytest.mark.parametrize("method", START_METHODS)
@pytest.mark.parametrize("name", some_thorough(list(PROBABLE)))
def test_what_probably_hangs_is_said_while_it_runs(house: House, method: str, name: str) -> None:
    case = PROBABLE[name]
    found, at_the_end = watched_until_found(house, method, written(house, case))
    assert (found["id"], found["probable"]) == (case.identity, True)
    assert found["text"].startswith("probably ")
    assert all(words in found["text"] for words in case.words), found["text"]
    assert [finding["text"] for finding in at_the_end if finding["id"] == case.identity] == [found["text"]]
    assert {finding["id"] for finding in at_the_end} <= {case.identity, "interrupted", "left_behind"}


TAKES_AGAIN = "import queue\n    while True:\n        try: shared.get(timeout=0.5)\n        except queue.Empty: pass"


@pytest.mark.parametrize("method", START_METHODS)
def test_what_is_taken_in_vain_with_a_time_limit_again_and_again_is_said_at_the_end(house: House, method: str) -> None:
    """Not before: the program may give up by itself."""
    path = written(house, Case("Queue()", "raise KeyError('b')", TAKES_AGAIN, "", ()))
    process = house.start("watch", "--start-method", method, "--view", "json", path)
    assert process.stdout is not None
    since: int | None = None
    for event in map(json.loads, process.stdout):
        assert event["kind"] != "finding"
        if event["kind"] == "queue_get_waiting":
            since = event["t"] if since is None else since
            if event["t"] > since + OLD_NS + 1_000_000_000:
                break
    process.terminate()
    output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    finding = json.loads(output.splitlines()[-1])["findings"][0]
    assert finding["id"] == "probably_hangs"
    assert "for an item of shared" in finding["text"]
    assert "worker ended at x.py:12 by an exception: KeyError: 'b'" in finding["text"]


@pytest.mark.parametrize(
    "main",
    [
        f"{BEATS}; time.sleep(20)",  # it waits for nothing
        *thorough(
            # another process is there
            f"{BEATS}; Process(target=time.sleep, args=(20,)).start(); shared.get(timeout=25)",
            "threading.Timer(20, shared.put, [1]).start(); shared.get()",  # a thread that has slept once puts something
            "threading.Thread(target=lambda: (time.sleep(20), shared.put(1))).start(); shared.get()",
        ),
    ],
)
def test_nothing_is_probable_where_others_are_at_work(house: House, main: str) -> None:
    case = Case("Queue()", "raise KeyError('b')", main, "", ())
    lines, _ = house.events("watch", written(house, case))
    assert {finding["id"] for finding in lines[-1]["findings"]} == {"raised"}
    assert not [event for event in lines if event["kind"] == "finding"]
