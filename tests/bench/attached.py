"""Does a program that is attached to take longer, and how long does it take to look at large ones?

A program of three processes that take a lock and pass items is run bare, and beside a `procsim attach` that begins anew
every second: its own processor time, with that of its children. They alternate; beside the ratio stands how much the
bare program differs from itself, as the ratio of the medians of its odd and its even runs. Then the time and the memory
of the whole command beside programs that hang, and are large.
"""

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench.report import Figure, main
from tests.conftest import end_session

PAIRS = 30
EVERY_SECONDS = 1.0
AT_MOST = 1.05
MEGABYTES_AT_MOST = 150

WORKS = """
from multiprocessing import Lock, Process, Queue

def work(tasks, results, lock):
    total = 0
    for task in iter(tasks.get, None):
        with lock:
            total += sum(range(task))
    results.put(total)

if __name__ == "__main__":
    tasks, results, lock = Queue(), Queue(), Lock()
    workers = [Process(target=work, args=(tasks, results, lock)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for _ in range(15_000):
        tasks.put(3_000)
    for _ in workers:
        tasks.put(None)
    for _ in workers:
        results.get()
    for worker in workers:
        worker.join()
"""

HANGS = """
import multiprocessing, sys, time

def work(number, nested, up, megabytes, arrays):
    objects, array = [[row] for row in range(megabytes * 9_000)], bytearray(b"procsim!") * (arrays << 17)
    for _ in range(9):  # so deep that no variable is found to lead to the lock: memory is searched
        (nested,) = nested
    acquire = nested.acquire
    del nested
    up.release()
    acquire()
    while number == 0:
        time.sleep(1000)

if __name__ == "__main__":
    method, count, shared, own, arrays = sys.argv[1], *map(int, sys.argv[2:])
    multiprocessing.set_start_method(method)
    objects = [[row] for row in range(shared * 9_000)]
    lock, up = multiprocessing.Lock(), multiprocessing.Semaphore(0)
    nested = lock
    for _ in range(9):
        nested = [nested]
    people = [multiprocessing.Process(target=work, args=(row, nested, up, own, arrays)) for row in range(count)]
    for person in people:
        person.start()
    for person in people:
        up.acquire()
    print("up", flush=True)
    for person in people:
        person.join()
"""

LARGE = {
    "10 spawned processes of 20 MB": (("spawn", 10, 0, 20, 0), 2.0),
    "40 forked ones that share 500 MB": (("fork", 40, 500, 0, 0), 5.0),
    "8 of 500 MB, of which 400 MB are arrays": (("spawn", 8, 0, 100, 400), 20.0),
    "1,000 forked ones": (("fork", 1000, 0, 0, 0), None),
}
"""How each is made: the start method, how many, MB that they share, MB of objects and of arrays of each; seconds."""


def attach(pid: int) -> "subprocess.Popen[bytes]":
    """A look at it, which nobody reads."""
    command = [sys.executable, "-m", "procsim", "attach", str(pid)]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@contextlib.contextmanager
def attached(pid: int, looks: bool) -> Iterator[None]:
    """It is looked at every second meanwhile, or not at all."""
    over = threading.Event()

    def look() -> None:
        while looks and not over.wait(EVERY_SECONDS):
            attach(pid).wait()

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def processor_seconds(program: Path, looks: bool) -> float:
    """What the program and its children take of a processor."""
    process = subprocess.Popen([sys.executable, str(program)])
    with attached(process.pid, looks):
        # Its usage is its own and that of those of its children that it has waited for: not procsim's.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_utime + usage.ru_stime


def cost(folder: Path) -> list[Figure]:
    """How much longer a program takes that is looked at."""
    program = folder / "works.py"
    program.write_text(WORKS)
    bare: list[float] = []
    watched: list[float] = []
    for number in range(PAIRS):
        for looks in (number % 2 == 0, number % 2 == 1):
            (watched if looks else bare).append(processor_seconds(program, looks))
    ratio = statistics.median(watched) / statistics.median(bare)
    itself = statistics.median(bare[::2]) / statistics.median(bare[1::2])
    most = max(AT_MOST, itself, 1 / itself)
    return [
        Figure("a program's own processor time, attached to every second, beside bare", ratio, at_most=most),
        Figure("    bare beside itself", itself),
        Figure("    bare, the median", statistics.median(bare), "s"),
    ]


def large(folder: Path, name: str) -> list[Figure]:
    """What the whole command takes for one of the large programs."""
    arguments, seconds = LARGE[name]
    program = folder / "hangs.py"
    program.write_text(HANGS)
    process = subprocess.Popen(
        [sys.executable, str(program), *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()
        began = time.monotonic()
        command = attach(process.pid)
        _, status, usage = os.wait4(command.pid, 0)
        took = time.monotonic() - began
        command.returncode = os.waitstatus_to_exitcode(status)
        assert command.returncode in (0, 3)
    finally:
        end_session(process)
    return [
        Figure(f"procsim attach, {name}", took, "s", at_most=seconds),
        Figure("    its processor time", usage.ru_utime + usage.ru_stime, "s"),
        Figure("    its memory", usage.ru_maxrss / 1024, "MB", at_most=MEGABYTES_AT_MOST),
    ]


def measure() -> list[Figure]:
    """What it costs the program, and what it takes itself."""
    with tempfile.TemporaryDirectory(prefix="procsim-bench-") as folder:
        return cost(Path(folder)) + [figure for name in LARGE for figure in large(Path(folder), name)]


if __name__ == "__main__":
    main(measure)
