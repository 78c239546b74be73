"""How many executions a second does `procsim explore` make, and how soon does it find what goes wrong?

The limit is what the bare program costs: a process that has its code in it, without the tracer, forks it again and
again, with its two children, in as many places at once as the explorer has. The two alternate.
"""

import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median

from procsim.explore.executor import Executor
from procsim.explore.explorer import Budget, Explorer
from procsim.explore.faults import faults_of
from procsim.explore.plans import Wished
from procsim.lessons.scenario import load
from tests.bench.report import Figure, main

ROOT = Path(__file__).parent.parent.parent
SCENARIO = ROOT / "scenarios" / "tickets.py"
ARGUMENTS = ["--users=2", "--no-lock", "--look=0", "--think=0"]
PROGRAMS = ROOT / "tests" / "programs" / "explored"

ROUNDS = 7
AT_ONCE = 20
"""Executions in a round, in each place."""

SHARE_AT_LEAST = 0.7

BARE = """
import os, sys, tempfile, types
import multiprocessing.popen_fork, multiprocessing.synchronize, multiprocessing.util
import contextlib, pathlib, random, signal
import procsim, procsim.options

path, *arguments = sys.argv[1:]
code = compile(open(path).read(), path, "exec")
sys.argv = [path, *arguments]
sys.stdout = open(os.devnull, "w")
os.write(1, b"ready")
for line in sys.stdin:
    for _ in range(int(line)):
        pid = os.fork()
        if not pid:
            try:
                main = sys.modules["__main__"] = types.ModuleType("__main__")
                exec(code, vars(main))
                multiprocessing.util._exit_function()
            finally:
                os._exit(0)
        os.waitpid(pid, 0)
    os.write(1, b"done")
"""


class Bare:
    """Processes that fork the bare program."""

    def __init__(self, places: int) -> None:
        command = [sys.executable, "-c", BARE, str(SCENARIO), *ARGUMENTS]
        self._processes = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) for _ in range(places)
        ]
        for process in self._processes:
            assert process.stdout is not None
            process.stdout.read(5)

    def round(self) -> float:
        """Executions a second."""
        began = time.monotonic()
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.write(f"{AT_ONCE}\n".encode())
        for process in self._processes:
            assert process.stdout is not None
            process.stdout.read(4)
        return AT_ONCE * len(self._processes) / (time.monotonic() - began)

    def close(self) -> None:
        """End them."""
        for process in self._processes:
            process.kill()
            process.communicate()


def explored_round(executor: Executor) -> float:
    """Executions a second, all by the same rule."""
    began, count = time.monotonic(), AT_ONCE * executor.places
    for _ in range(executor.places):
        executor.begin(Wished([]))
    for ended in range(1, count + 1):
        executor.done()
        if ended + executor.places <= count:
            executor.begin(Wished([]))
    return count / (time.monotonic() - began)


@contextlib.contextmanager
def _executor(command: list[str], values: dict[str, object] | None = None) -> Iterator[Executor]:
    always = partial(load(SCENARIO).always, values=values) if values else None
    made = Executor(command, partial(faults_of, always=always))
    try:
        yield made
    finally:
        made.close()


def found_within(command: list[str]) -> tuple[int, float, float]:
    """The number of the first execution that goes wrong; seconds until all were tried, and until that was explained."""
    with _executor(command) as executor:
        explorer = Explorer(executor, time.monotonic, Budget(500, 60))
        began = time.monotonic()
        explorer._try_all()
        tried = time.monotonic() - began
        explorer._explain()
        took = time.monotonic() - began
    found = explorer.exploration
    return min((outcome.first for outcome in found.wrong), default=0), tried, took


def measure() -> list[Figure]:
    """The figures."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        return list(_measure())


def _measure() -> Iterator[Figure]:
    bare_rates, rates = [], []
    with _executor([str(SCENARIO), *ARGUMENTS]) as executor:
        bare = Bare(executor.places)
        try:
            for _ in range(ROUNDS):
                bare_rates.append(bare.round())
                rates.append(explored_round(executor))
        finally:
            bare.close()
    yield Figure("executions of the bare tickets --users 2, forked again and again", median(bare_rates), "/s")
    yield Figure("executions that are explored", median(rates), "/s")
    share = median(rate / limit for rate, limit in zip(rates, bare_rates, strict=True))
    yield Figure("the latter beside the former", share, at_least=SHARE_AT_LEAST)
    for name, command, most in (
        ("tickets --users 2 --no-lock", [str(SCENARIO), "--users=2", "--no-lock"], 10),
        ("AB/BA", [str(PROGRAMS / "abba.py")], 5),
    ):
        first, tried, took = found_within(command)
        yield Figure(f"{name}: the first execution that goes wrong", first, "", at_most=most)
        yield Figure(f"{name}: all orders were tried", tried, "s")
        yield Figure(f"{name}: explained, too", took, "s")


if __name__ == "__main__":
    main(measure)
