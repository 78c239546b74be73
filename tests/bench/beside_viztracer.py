"""What does it cost to be watched in a tight loop, beside viztracer, and beside the least that any tracer must do?

The loops of `loops.py`: bare, under `procsim watch --view brief`, and under viztracer, which comes with the extra
`bench`; without it, it is left out. One after the other, over and over. Of each the seconds of all processors are told,
and those on the clock, as so many times the bare ones: of the whole command, with start-up and what it writes at the
end, and less what the same command takes to do nothing.

viztracer notes the calls of functions and keeps the last million of each process. So it writes less than it has seen,
where procsim counts each event. It knows nothing of who holds a lock.

The least is `LEAST`: the same loop in one process, bare and with the methods in Python that a tracer puts in the place
of multiprocessing's. They note the line of the program and a count, and nothing else: no time, no thread, no value, and
nothing for another process to see.
"""

import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.bench.repeated import TARGETS, WATCH, WHAT, Command, count_for
from tests.bench.report import Figure, alternating, main
from tests.bench.tickets import ENVIRONMENT

ROUNDS = 3
LOOPS = ("lock", "counter")
START = "start "

LEAST = """
import multiprocessing, sys, time

class Lock:
    def __init__(self):
        self.raw, self.counted, self.place = multiprocessing.Lock()._semlock, memoryview(bytearray(8)).cast("q"), None

    def __enter__(self):
        frame = sys._getframe(1)
        self.raw.acquire(False)
        self.place = frame.f_lasti
        return True

    def __exit__(self, kind=None, value=None, trace=None):
        self.counted[0] += 1
        self.raw.release()

class Value:
    def __init__(self):
        value = multiprocessing.Value("q", 0)
        self.raw, self.obj = value.get_lock()._semlock, value.get_obj()
        self.counted, self.place = memoryview(bytearray(8)).cast("q"), None

    @property
    def value(self):
        frame = sys._getframe(1)
        self.raw.acquire(False)
        try:
            self.place = frame.f_lasti
            self.counted[0] += 1
            return self.obj.value
        finally:
            self.raw.release()

    @value.setter
    def value(self, value):
        frame = sys._getframe(1)
        self.raw.acquire(False)
        try:
            self.obj.value = value
            self.place = frame.f_lasti
            self.counted[0] += 1
        finally:
            self.raw.release()

def lock(mutex):
    for _ in range(100_000):
        with mutex:
            pass

def counter(value):
    for _ in range(100_000):
        value.value += 1

def took(loop, thing):
    began = time.thread_time()
    loop(thing)
    return time.thread_time() - began

for loop, bare, least in ((lock, multiprocessing.Lock(), Lock()), (counter, multiprocessing.Value("q", 0), Value())):
    pairs = [(took(loop, bare), took(loop, least)) for _ in range(15)]
    print(min(least for _, least in pairs) / min(bare for bare, _ in pairs))
"""


def measure() -> list[Figure]:
    """The ratios of each loop."""
    figures: list[Figure] = []
    least = least_ratios()
    with tempfile.TemporaryDirectory(prefix="procsim-bench-") as folder:
        for loop in LOOPS:
            figures += _of(loop, least[loop], Path(folder))
    return figures


def least_ratios() -> dict[str, float]:
    """How many times as long as bare each loop takes with the least that a tracer must do."""
    run = subprocess.run([sys.executable, "-c", LEAST], env=ENVIRONMENT, check=True, stdout=subprocess.PIPE, text=True)
    return dict(zip(LOOPS, map(float, run.stdout.split()), strict=True))


def _of(loop: str, least: float, folder: Path) -> list[Figure]:
    tracers: dict[str, Sequence[str]] = {"bare": (), "procsim": WATCH}
    if importlib.util.find_spec("viztracer"):
        tracers["viztracer"] = ["-m", "viztracer", "--quiet", "-o", str(folder / "trace.json"), "--"]
    count = count_for(loop)
    commands = {
        start + name: Command(loop, 0 if start else count, tracer)
        for name, tracer in tracers.items()
        for start in ("", START)
    }
    wall = alternating(commands, ROUNDS)
    spent = {name: command.spent for name, command in commands.items()}
    figures = [Figure(f"{WHAT[loop]}, {count:,} times: the least that a tracer in Python must do", least)]
    for what, seconds in (("all processors", spent), ("on the clock", wall)):
        bare = seconds["bare"] - seconds[START + "bare"]
        for name in list(tracers)[1:]:
            loop_alone = (seconds[name] - seconds[START + name]) / bare
            whole = seconds[name] / seconds["bare"]
            at_most = TARGETS[loop] if name == "procsim" else None
            figures.append(Figure(f"    {name}, {what}: the loop ({bare:.1f} s bare)", loop_alone, at_most=at_most))
            figures.append(Figure(f"    {name}, {what}: from start to end", whole))
    return figures


if __name__ == "__main__":
    main(measure)
