"""Where the time of a real program went: under its run, and as JSON."""

import json
import re
from pathlib import Path
from typing import Any

from tests.integration.conftest import House

POOL = """\
import time
from multiprocessing import Event, Pool

def keep(*events):
    global begun, done
    begun, done = events

def slow():
    begun.set()
    done.wait()

def quick(number):
    time.sleep(0.2)

if __name__ == '__main__':
    begun, done = Event(), Event()
    with Pool(2, keep, (begun, done)) as pool:
        result = pool.apply_async(slow)
        begun.wait()
        pool.map(quick, range(3), chunksize=1)
        done.set()
        result.get()
"""
"""The task that takes longest begins before all others, and ends after them."""

LOCK = """\
from multiprocessing import Lock, Process

def work(mutex):
    assert not mutex.acquire(timeout=0.3)

if __name__ == '__main__':
    mutex = Lock()
    workers = [Process(target=work, args=(mutex,)) for number in range(3)]
    with mutex:
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
"""
"""Three processes wait for a lock that main holds all the time."""


def watched(house: House, folder: Path, text: str) -> tuple[list[str], dict[str, Any]]:
    """The lines under a run of this program, and its times as JSON."""
    program, file = folder / "program.py", folder / "findings.json"
    program.write_text(text)
    done = house.run("watch", "--summary", "--findings", file, program)
    assert done.returncode == 0, done.stderr
    return done.stderr.splitlines(), json.loads(file.read_text())["times"]


def test_of_a_pool_how_busy_it_was_and_its_longest_task(house: House, tmp_path: Path) -> None:
    lines, times = watched(house, tmp_path, POOL)
    assert any(
        re.fullmatch(r"MainProcess waited .* s of its .* s\b.*\bfor results of pool\b.*", line) for line in lines
    )
    (line,) = (line for line in lines if line.startswith("pool: "))
    assert re.fullmatch(
        r"pool: 2 workers, at a task \d+ %, \d+ % of the time; the longest of 4 tasks took .* s: slow \(program.py:8\)",
        line,
    )
    (pool,) = times["pools"]
    assert (pool["tasks"], pool["longest_task"]["function"]) == (4, "slow")
    assert all(0 < worker["busy"] < worker["seconds"] for worker in pool["workers"])
    assert sum(worker["busy"] for worker in pool["workers"]) > pool["longest_task"]["seconds"]


def test_of_a_lock_who_waited_and_who_held_it(house: House, tmp_path: Path) -> None:
    lines, times = watched(house, tmp_path, LOCK)
    (line,) = (line for line in lines if " for mutex; " in line)
    assert re.fullmatch(r"3 processes waited .* s for mutex; MainProcess held it longest, .* s \(program.py:9\)", line)
    (lock,) = times["waited_for"]
    (waits,) = lock["waits"]
    assert (waits["kind"], waits["times"], waits["processes"]) == ("lock_waiting", 3, 3)
    assert waits["seconds"] > 3 * 0.3 * 0.9
    assert lock["longest_hold"]["seconds"] > 0.3 * 0.9
