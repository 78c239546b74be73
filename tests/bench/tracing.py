"""What does it cost a program to be watched, and what do viztracer and cProfile cost it?

`operations.py` does one operation over and over: as it is; as procsim runs it, with its events drawn into a state by
this process meanwhile; under viztracer; and under cProfile. The program itself holds one clock, so that neither its
start nor what a tracer writes at the end is in it; another one is held from the start of the command to its end, which
people wait for: viztracer keeps its record in the memory of the program, and writes it when that has ended.
viztracer comes with the extra `bench`; without it, it is left out.
"""

import importlib.util
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from procsim.apply import apply
from procsim.run import Order, Run
from procsim.state import RunState
from procsim.tracer.inject import Settings
from tests.bench.operations import OPERATIONS
from tests.bench.report import Figure, alternating, main

ROUNDS = 7
PROGRAM = Path(__file__).with_name("operations.py")

EVENT_NS = 1_200.0
"""What one event may cost."""

EVENTS = {"lock": 2, "queue": 3, "simple-queue": 2, "pipe": 2}
"""The events of one operation. A `get` from a Queue also waits."""

SLOWER = {"pool-map": 1.15, "work": 1.02, "calls": 1.02}
"""So many times as long an operation may take when it is watched."""


def measure() -> list[Figure]:
    """For each operation: what procsim makes of it, and the others."""
    figures = []
    with tempfile.TemporaryDirectory(prefix="procsim-bench-") as folder:
        for operation in OPERATIONS:
            whole: dict[str, list[float]] = {}
            everybody = contestants(operation, Path(folder))
            timed = {name: partial(_timed, run, whole.setdefault(name, [])) for name, run in everybody.items()}
            ns = alternating(timed, ROUNDS)
            figures += told(operation, ns, {name: statistics.median(times) for name, times in whole.items()})
    return figures


def _timed(run: Callable[[], float], whole: list[float]) -> float:
    began = time.perf_counter()
    ns = run()
    whole.append(time.perf_counter() - began)
    return ns


def contestants(operation: str, folder: Path) -> dict[str, Callable[[], float]]:
    """Each gives the ns of one operation."""
    result = folder / "ns"
    command = [str(PROGRAM), operation, str(result)]

    def run(*tracer: str) -> float:
        subprocess.run([sys.executable, *tracer, *command], check=True, stdout=subprocess.DEVNULL)
        return float(result.read_text())

    def watched() -> float:
        state = RunState()
        with Run(Order([sys.executable, *command], Settings(take_output=False), apart=False)) as events:
            for batch in events:
                for event in batch:
                    apply(state, event)
        return float(result.read_text())

    everybody: dict[str, Callable[[], float]] = {"plain": run, "procsim": watched}
    everybody["cProfile"] = partial(run, "-m", "cProfile", "-o", str(folder / "profile"))
    if importlib.util.find_spec("viztracer"):
        everybody["viztracer"] = partial(run, "-m", "viztracer", "--quiet", "-o", str(folder / "trace.json"), "--")
    return everybody


def told(operation: str, ns: dict[str, float], whole: dict[str, float]) -> list[Figure]:
    """What is told of it: of the ns that one operation took, and of the seconds that the whole command took."""
    times = {name: f"{value / ns['plain']:.2f} times" for name, value in ns.items() if name != "plain"}
    others = ", ".join(f"{name} {value}" for name, value in times.items() if name != "procsim")
    what = f"{operation}: {ns['plain']:,.0f} ns, watched {ns['procsim']:,.0f} ({others})"
    figures = [Figure(what, ns["procsim"] / ns["plain"], at_most=SLOWER.get(operation))]
    if operation in EVENTS:
        cost = (ns["procsim"] - ns["plain"]) / EVENTS[operation]
        figures.append(Figure(f"    one event of {operation}", cost, "ns", at_most=EVENT_NS))
    if "viztracer" in ns:
        figures.append(Figure("    beside viztracer, while it runs", ns["procsim"] / ns["viztracer"]))
        figures.append(Figure("    beside viztracer, to its end", whole["procsim"] / whole["viztracer"], at_most=1))
    return figures


if __name__ == "__main__":
    main(measure)
