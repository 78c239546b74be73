"""What does it cost to be watched, quietly, where a program does one thing over and over?

`loops.py` beside itself under `procsim watch --view brief`: the whole command, from its start until procsim has applied
the last event, less what the same command takes to do nothing. So start-up is apart; it is the first figure. Each loop
is as long as the bare program needs WORK_SECONDS of the processors. Told are the time on the clock and that of all
processors: of the program, of procsim, and of its guardian. procsim itself needs a few hundredths of a processor for as
long as the program runs: on a busy machine, where that is longer, both figures are higher.
"""

import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.bench.report import Figure, alternating, main
from tests.bench.tickets import ENVIRONMENT, ROOT

PROGRAM = Path(__file__).with_name("loops.py")
ROUNDS = 5
WORK_SECONDS = 2.0
FIRST_COUNT = 100_000
"""So often is it done at first, to learn how often that takes."""

TARGETS = {"lock": 4.0, "counter": 4.0, "pool-map": 1.1}
"""So many times as long as bare, at most."""

WHAT = {
    "lock": "2 processes, `with lock` in a bare loop",
    "counter": "4 processes, `counter.value += 1` in a bare loop",
    "pool-map": "Pool.map of 10,000",
}

WATCH = ["-m", "procsim", "watch", "--view", "brief"]


class Command:
    """A loop, bare or under a tracer. Each call gives the seconds that the command took on the clock."""

    def __init__(self, loop: str, count: int, tracer: Sequence[str] = ()) -> None:
        """`tracer`: what stands before the program in the command, such as WATCH."""
        self._command = [sys.executable, *tracer, str(PROGRAM), loop, str(count)]
        self._spent: list[float] = []

    def __call__(self) -> float:
        before, began = _spent(), time.perf_counter()
        nowhere = subprocess.DEVNULL
        subprocess.run(self._command, env=ENVIRONMENT, cwd=ROOT, check=True, stdout=nowhere, stderr=nowhere)
        took = time.perf_counter() - began
        self._spent.append(_spent() - before)
        return took

    @property
    def spent(self) -> float:
        """seconds that all processors have spent on it."""
        return statistics.median(self._spent)


def _spent() -> float:
    """seconds that processors have spent on processes that this one has started, and that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def count_for(loop: str) -> int:
    """How often it takes the processors WORK_SECONDS to do it in the bare program."""
    count = FIRST_COUNT
    while (took := _work(loop, count)) < WORK_SECONDS:
        count = int(count * min(10.0, 1.1 * WORK_SECONDS / max(took, WORK_SECONDS / 10)))
    return count


def _work(loop: str, count: int) -> float:
    """seconds that processors need for it, without start-up."""
    whole, start = Command(loop, count), Command(loop, 0)
    whole()
    start()
    return whole.spent - start.spent


def measure() -> list[Figure]:
    """Start-up, and the ratios of each loop."""
    figures: list[Figure] = []
    for loop, target in TARGETS.items():
        count = count_for(loop)
        commands = {
            "bare": Command(loop, count),
            "watched": Command(loop, count, WATCH),
            "bare start": Command(loop, 0),
            "watched start": Command(loop, 0, WATCH),
        }
        wall = alternating(commands, ROUNDS)
        if not figures:
            more = wall["watched start"] - wall["bare start"]
            figures.append(Figure("watching a program that only starts processes: longer by", more, "s"))
        spent = {name: command.spent for name, command in commands.items()}
        for what, seconds in (("", wall), (", all processors", spent)):
            bare = seconds["bare"] - seconds["bare start"]
            watched = seconds["watched"] - seconds["watched start"]
            name = f"{WHAT[loop]}, {count:,} times{what} ({bare:.1f} s, watched {watched:.1f} s)"
            figures.append(Figure(name, watched / bare, at_most=target))
    return figures


if __name__ == "__main__":
    main(measure)
