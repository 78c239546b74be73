"""What does it cost a program to be watched, and what do viztracer and cProfile cost it?

`operations.py` does one operation over and over: as it is; as procsim runs it, with its events drawn into a state by
this process meanwhile; under viztracer; and under cProfile. The program itself holds one clock, so that neither its
start nor what a tracer writes at the end is in it; another one is held from the start of the command to its end, which
people wait for: viztracer keeps its record in the memory of the program, and writes it when that has ended.
What an event costs its process is told by the rounds to which nothing else has added, and beside what it takes to
marshal one, since machines differ, and one machine from one minute to the next.
viztracer comes with the extra `bench`; without it, it is left out.
"""

import importlib.util
import marshal
import statistics
import subprocess
import sys
import tempfile
import time
import timeit
from collections.abc import Callable
from functools import partial
from pathlib import Path

from procsim.running.launch import launch
from procsim.running.order import Order
from procsim.state.apply import apply
from procsim.state.run_state import RunState
from procsim.wire.run_folder import Settings
from tests.bench.operations import OPERATIONS
from tests.bench.report import Figure, alternating, main

ROUNDS = 7
PROGRAM = Path(__file__).with_name("operations.py")

EVENT = (1_700_000_000_000, "lock_acquired", 4711, "Process-1", "MainThread", 1 << 60, "tickets.py:41", {"took": 1234})

EVENT_COST = 1_200 / 280
"""So many times what it takes to marshal EVENT one event may cost: 1.2 µs where that takes 280 ns."""

EVENTS = {"lock": 2, "queue": 2, "simple-queue": 2, "pipe": 2}
"""The events of one operation."""

SLOWER = {"pool-map": 1.15, "work": 1.02, "calls": 1.02}
"""So many times as long an operation may take when it is watched."""

AT_BEST = {"work", "calls"}
"""Of these the best rounds are compared: they have no other process to wait for, so that all else is not theirs."""


def measure() -> list[Figure]:
    """For each operation: what procsim makes of it, and the others."""
    figures = []
    with tempfile.TemporaryDirectory(prefix="procsim-bench-") as folder:
        for operation in OPERATIONS:
            everybody = contestants(operation, Path(folder))
            ns = alternating(everybody, ROUNDS)
            figures += told(operation, ns, everybody)
    return figures


class Contestant:
    """Runs the program in one way; each call gives the median of the ns that an operation took."""

    def __init__(self, run: Callable[[], object], result: Path) -> None:
        self._run = run
        self._result = result
        self._least: list[float] = []
        self._whole: list[float] = []

    def __call__(self) -> float:
        began = time.perf_counter()
        self._run()
        self._whole.append(time.perf_counter() - began)
        median, least = map(float, self._result.read_text().split())
        self._least.append(least)
        return median

    @property
    def least(self) -> float:
        """ns that an operation took in the best round."""
        return min(self._least)

    @property
    def whole(self) -> float:
        """seconds that the command took from its start to its end."""
        return statistics.median(self._whole)


def contestants(operation: str, folder: Path) -> dict[str, Contestant]:
    """As it is, watched, and under the other tracers."""
    result = folder / "ns"
    command = [str(PROGRAM), operation, str(result)]

    def run(*tracer: str) -> None:
        subprocess.run([sys.executable, *tracer, *command], check=True, stdout=subprocess.DEVNULL)

    def watched() -> None:
        state = RunState()
        with launch(Order([sys.executable, *command], Settings(take_output=False), isolated=False)) as events:
            for batch in events:
                for event in batch:
                    apply(state, event)

    everybody: dict[str, Callable[[], object]] = {"plain": run, "procsim": watched}
    everybody["cProfile"] = partial(run, "-m", "cProfile", "-o", str(folder / "profile"))
    if importlib.util.find_spec("viztracer"):
        everybody["viztracer"] = partial(run, "-m", "viztracer", "--quiet", "-o", str(folder / "trace.json"), "--")
    return {name: Contestant(way, result) for name, way in everybody.items()}


def told(operation: str, ns: dict[str, float], everybody: dict[str, Contestant]) -> list[Figure]:
    """What is told of it: of the ns that one operation took, and of the seconds that the whole command took."""
    times = {name: f"{value / ns['plain']:.2f} times" for name, value in ns.items() if name != "plain"}
    others = ", ".join(f"{name} {value}" for name, value in times.items() if name != "procsim")
    what = f"{operation}: {ns['plain']:,.0f} ns, watched {ns['procsim']:,.0f} ({others})"
    at_most = SLOWER.get(operation)
    figures = [Figure(what, ns["procsim"] / ns["plain"], at_most=None if operation in AT_BEST else at_most)]
    if operation in AT_BEST:
        best = everybody["procsim"].least / everybody["plain"].least
        figures.append(Figure("    the best round of each", best, at_most=at_most))
    if operation in EVENTS:
        cost = (everybody["procsim"].least - everybody["plain"].least) / EVENTS[operation]
        marshalling = min(timeit.repeat(partial(marshal.dumps, EVENT), number=1_000, repeat=100)) * 1e6
        what = f"    one event ({cost:,.0f} ns), beside marshalling one ({marshalling:,.0f} ns)"
        figures.append(Figure(what, cost / marshalling, at_most=EVENT_COST))
    if "viztracer" in ns:
        whole = everybody["procsim"].whole / everybody["viztracer"].whole
        figures.append(Figure("    beside viztracer, while it runs", ns["procsim"] / ns["viztracer"]))
        figures.append(Figure("    beside viztracer, to its end", whole, at_most=1))
    return figures


if __name__ == "__main__":
    main(measure)
