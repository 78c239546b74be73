"""How soon is a hang told on a busy machine, and what do the looks cost that it is found by?

Four loops keep the processors busy while the programs of `tests/programs/hangs` hang, one after the other. Measured is
from the last event before the hang to the `finding` that tells of it, as their times in the json view have it. Then
procsim's own processor time beside programs that do not hang: one that sleeps and says something now and then, one that
sleeps and says nothing, and one that has a pool map all the time.
"""

import contextlib
import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.bench.report import Figure, main

BUSY = 4
HANGS = 100
SOON_SECONDS = 1.0
SHARE_SOON = 0.95

HEALTHY_SECONDS = 20

PROGRAMS = sorted(
    path for path in (Path(__file__).parents[1] / "programs" / "hangs").glob("*.py") if "_cured" not in path.stem
)

HEALTHY = {
    "sleeps, and takes a lock now and then": """
import time
from multiprocessing import Lock, Process
def work(lock):
    while True:
        with lock:
            time.sleep(0.5)
if __name__ == "__main__":
    lock = Lock()
    for _ in range(3):
        Process(target=work, args=(lock,), daemon=True).start()
    print("begun", flush=True)
    time.sleep(1000)
""",
    "sleeps": """
import time
print("begun", flush=True)
time.sleep(1000)
""",
    "Pool.map": """
from multiprocessing import Pool
if __name__ == "__main__":
    with Pool(2) as pool:
        print("begun", flush=True)
        while True:
            pool.map(abs, range(10_000))
""",
}


@contextlib.contextmanager
def busy(count: int) -> Iterator[None]:
    """So many loops that want a processor each."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def watch(program: Path, *options: str) -> "subprocess.Popen[str]":
    """procsim watches it, with the json view on standard output."""
    command = [sys.executable, "-m", "procsim", "watch", "--view", "json", "--start-method", "fork", *options]
    return subprocess.Popen(
        [*command, str(program)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )


def told_after(program: Path) -> float:
    """Seconds from the last event before the hang to the first finding; infinite where there is none."""
    last = 0
    with watch(program, "--on-hang", "stop", "--timeout", "60") as procsim:
        assert procsim.stdout is not None
        found = float("inf")
        for line in procsim.stdout:
            event = json.loads(line)
            if event["kind"] == "finding" and found == float("inf"):
                found = (event["t"] - last) / 1e9
            elif event["kind"] not in ("process_stuck", "verdict"):
                last = event["t"]
    return found


def processor_seconds(program: Path) -> float:
    """What procsim's own process takes of a processor in HEALTHY_SECONDS of this program, in seconds."""
    with watch(program) as procsim:
        assert procsim.stdout is not None
        while "begun" not in procsim.stdout.readline():
            pass
        reader = subprocess.Popen(["cat"], stdin=procsim.stdout, stdout=subprocess.DEVNULL)
        before = psutil.Process(procsim.pid).cpu_times()
        time.sleep(HEALTHY_SECONDS)
        after = psutil.Process(procsim.pid).cpu_times()
        procsim.terminate()
        reader.wait()
    return (after.user + after.system) - (before.user + before.system)


def measure() -> list[Figure]:
    """How soon they were told, and the processor time."""
    with busy(BUSY):
        took = sorted(told_after(program) for program in itertools.islice(itertools.cycle(PROGRAMS), HANGS))
    soon = sum(seconds <= SOON_SECONDS for seconds in took) / len(took)
    figures = [
        Figure(f"of {HANGS} hangs, told within {SOON_SECONDS:g} s", soon * 100, "%", at_least=SHARE_SOON * 100),
        Figure("    the median", took[len(took) // 2], "s"),
        Figure("    of 100, 95 within", took[int(len(took) * 0.95) - 1], "s"),
        Figure("    the last", took[-1], "s"),
    ]

    with tempfile.TemporaryDirectory(prefix="procsim-bench-") as folder:
        for name, source in HEALTHY.items():
            program = Path(folder) / "healthy.py"
            program.write_text(source)
            share = processor_seconds(program) / HEALTHY_SECONDS * 100
            figures.append(Figure(f"procsim's own share of a processor beside a program: {name}", share, "%"))
    return figures


if __name__ == "__main__":
    main(measure)
