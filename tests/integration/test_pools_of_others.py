"""Pools of other packages, as they are: what is said where a task of theirs raises, is killed, or waits for ever."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import PATIENCE_SECONDS, House

PROGRAM = """\
import multiprocessing, os, signal, sys, time
{imports}

queue = None

def begin(*given):
    global queue
    if not given:
        raise OSError("no licence")
    queue, = given

def work(number):
    if number == 3:
        {fails}
    return number

def waits(number):
    return queue.get()

if __name__ == "__main__":
    made = multiprocessing.Queue()
    {main}
"""

RAISES, KILLED = "raise ValueError(number)", "os.kill(os.getpid(), signal.SIGKILL)"
LOKY = "from loky import ProcessPoolExecutor"
JOBLIB = "from joblib import Parallel, delayed"
MPIRE = "from mpire import WorkerPool"
PEBBLE = "from pebble import ProcessPool, ThreadPool"

MPIRE_POOL = "with WorkerPool(n_jobs=2, start_method='spawn') as pool: "
PEBBLE_POOL = "with ProcessPool(max_workers=2) as pool: "
PEBBLE_QUEUE = "with ProcessPool(max_workers=2, initializer=begin, initargs=(made,)) as pool: "
UNSEEN = ["errors_unseen"]

CASES = {
    "loky: an error": (LOKY, RAISES, "print(ProcessPoolExecutor(2).submit(work, 3).result())", ["raised"], ""),
    "loky: an error that nobody asks for": (
        *(LOKY, RAISES, "with ProcessPoolExecutor(2) as pool: pool.submit(work, 3)"),
        *(UNSEEN, "of work (submitted to pool at x.py:22)"),
    ),
    "loky: a worker is killed": (
        *(LOKY, KILLED, "print(ProcessPoolExecutor(2).submit(work, 3).result())"),
        *(["raised"], "was ended in the middle of work by SIGKILL"),
    ),
    "loky: an initializer raises": (
        *(LOKY, RAISES, "print(ProcessPoolExecutor(2, initializer=begin).submit(work, 1).result())"),
        *(["raised"], "by an exception: OSError: no licence"),
    ),
    "joblib: all is well": (JOBLIB, RAISES, "print(Parallel(n_jobs=2)(delayed(work)(n) for n in (1, 2)))", [], ""),
    "joblib: a worker is killed": (
        *(JOBLIB, KILLED, "print(Parallel(n_jobs=2)(delayed(work)(n) for n in range(6)))"),
        *(["raised"], "since a worker of an executor had ended: LokyProcess-"),
    ),
    "mpire: all is well": (
        *(MPIRE, RAISES, f"{MPIRE_POOL}print(pool.map(work, (1, 2)), pool.apply_async(work, (1,)).get())", [], ""),
    ),
    "mpire: an error": (MPIRE, RAISES, f"{MPIRE_POOL}pool.map(work, range(6))", ["raised"], "ValueError: 3"),
    "mpire: errors that nobody asks for": (
        *(MPIRE, RAISES, f"{MPIRE_POOL}pool.apply_async(work, (3,)); pool.apply_async(work, (3,)); pool.join()"),
        *(
            UNSEEN,
            "2 of 2 results of work (submitted to pool at x.py:22) came as an exception that nobody has "
            "asked for; the first: ",
        ),
    ),
    "mpire: an error that a callback is told of": (
        *(MPIRE, RAISES, f"{MPIRE_POOL}pool.apply_async(work, (3,), error_callback=print); pool.join()"),
        *([], ""),
    ),
    "mpire: a pool is ended with results to come": (
        *(MPIRE, RAISES, f"{MPIRE_POOL}[pool.apply_async(time.sleep, (60,)) for _ in range(4)]"),
        *(["tasks_never_begun"], "before "),
    ),
    "mpire: a worker is killed": (
        *(MPIRE, KILLED, f"{MPIRE_POOL}pool.map(work, range(6), chunk_size=1)"),
        *(["raised", "died"], "SIGKILL has ended Worker-"),
    ),
    "pebble: all is well": (PEBBLE, RAISES, f"{PEBBLE_POOL}print(list(pool.map(work, (1, 2)).result()))", [], ""),
    "pebble: an error": (
        *(PEBBLE, RAISES, f"{PEBBLE_POOL}pool.schedule(work, args=[3]).result()", ["raised"], "ValueError: 3"),
    ),
    "pebble: errors that nobody asks for": (
        *(PEBBLE, RAISES, f"{PEBBLE_POOL}[pool.schedule(work, args=[3]) for _ in range(2)]"),
        *(
            UNSEEN,
            "2 of 2 results of work (submitted to pool at x.py:22) came as an exception that nobody has "
            "asked for; the first: ",
        ),
    ),
    "pebble: an error in a chunk": (
        *(PEBBLE, RAISES, f"{PEBBLE_POOL}pool.map(work, range(6), chunksize=3)"),
        *(
            UNSEEN,
            "1 of 2 results of work (submitted to pool at x.py:22) came as an exception that nobody has asked for",
        ),
    ),
    "pebble: an error in a chunk that is asked for": (
        *(PEBBLE, RAISES, f"{PEBBLE_POOL}print(next(pool.map(work, range(6), chunksize=6).result()))", [], ""),
    ),
    "pebble: a task that is cancelled": (
        *(PEBBLE, RAISES, f"{PEBBLE_POOL}pool.schedule(time.sleep, args=[60]).cancel()", [], ""),
    ),
    "pebble: a pool of threads": (
        *(PEBBLE, RAISES, "with ThreadPool(max_workers=2) as pool: pool.schedule(abs, args=[3]).result()", [], ""),
    ),
    "pebble: a time limit that nobody hears of": (
        *(PEBBLE, RAISES, f"{PEBBLE_QUEUE}pool.schedule(waits, args=[3], timeout=0.5)"),
        *(
            UNSEEN,
            "1 of 1 results of waits (submitted to pool at x.py:22) came as an exception that nobody has "
            "asked for; the first: ",
        ),
    ),
    "pebble: a worker is killed": (
        *(PEBBLE, KILLED, f"{PEBBLE_POOL}pool.schedule(work, args=[3]).result()"),
        *(["raised", "died"], "SIGKILL has ended pebble_pool_worker"),
    ),
}
"""By name: the import, how the task fails, main, the findings, and what one of them says."""


ON_EACH_PYTHON = [case for case in CASES if "nobody asks" in case or "all is well" in case]
ON_ONE = [case for case in CASES if case not in ON_EACH_PYTHON]


@pytest.mark.parametrize("case", [*ON_ONE, *(pytest.param(case, marks=pytest.mark.pythons) for case in ON_EACH_PYTHON)])
def test_what_is_said(house: House, case: str) -> None:
    imports, fails, main, identities, words = CASES[case]
    found = findings_of(house, imports, fails, main)
    assert [finding["id"] for finding in found] == identities
    assert words in " ".join(finding["text"] for finding in found)


WAITING = {
    "mpire: map": (MPIRE, "with WorkerPool(n_jobs=2, shared_objects=made) as pool: pool.map(takes, range(2))"),
    "mpire: get": (
        MPIRE,
        "with WorkerPool(n_jobs=2, shared_objects=made) as pool: pool.apply_async(takes, (1,)).get()",
    ),
    "pebble: result": (PEBBLE, f"{PEBBLE_QUEUE}print(pool.schedule(waits, args=[3]).result())"),
    "pebble: the end of its block": (PEBBLE, f"{PEBBLE_QUEUE}pool.schedule(waits, args=[3])"),
}
"""Programs that wait for a task which waits for ever: the threads of their pools wake up again and again meanwhile."""


@pytest.mark.thorough
@pytest.mark.parametrize("case", WAITING)
def test_a_task_that_waits_for_ever_is_found_while_threads_of_the_pool_move(house: House, case: str) -> None:
    imports, main = WAITING[case]
    program = written(house, f"{imports}\ndef takes(given, number): return given.get()", RAISES, main)
    process = house.start("watch", "--view", "json", program)
    assert process.stdout is not None
    found = next(event for event in map(json.loads, process.stdout) if event["kind"] == "finding")
    process.terminate()
    process.communicate(timeout=PATIENCE_SECONDS)
    assert found["id"] == "probably_hangs"
    assert "for an item of made (made at x.py:" in found["text"]
    assert any(row["process"] == "MainProcess" and "pool" in row["kind"] for row in found["figures"]["standing"])


def findings_of(house: House, imports: str, fails: str, main: str) -> list[dict[str, Any]]:
    lines, _ = house.events("watch", "--timeout", "60", written(house, imports, fails, main))
    found: list[dict[str, Any]] = lines[-1]["findings"]
    return found


def written(house: House, imports: str, fails: str, main: str) -> Path:
    path = house.folder / "x.py"
    path.write_text(PROGRAM.format(imports=imports, fails=fails, main=main))
    return path
