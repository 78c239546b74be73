"""What does it cost to watch 200 processes? `procsim tickets --users 200` beside the scenario run without procsim.

The wall time of each from start to end, with the output in a file, as a ratio; and the peak memory of procsim's own
process, from another run, since only that process can tell it.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from tests.bench.report import Figure, alternating, main

ROOT = Path(__file__).parents[2]
ROUNDS = 7
TARGET = 1.3
"""So many times as long as without procsim, at most."""

OPTIONS = ["--users", "200", "--think", "0"]
PROCSIM = ["tickets", *OPTIONS, "--view", "plain"]
ENVIRONMENT = os.environ | {"PYTHONPATH": os.fspath(ROOT)}

TELL_PEAK = """
import sys
from tests.bench.tickets import peak
from procsim.__main__ import main
try:
    main()
finally:
    print(peak(), file=sys.stderr)
"""


def peak() -> int:
    """The most bytes that this process ever had in memory."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:  # not Linux; there, this may count what the process was before it became this program
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM"))


def seconds(command: list[str]) -> float:
    """How long it runs."""
    with tempfile.TemporaryFile() as output:
        began = time.perf_counter()
        subprocess.run([sys.executable, *command], env=ENVIRONMENT, cwd=ROOT, stdout=output, check=True)
        return time.perf_counter() - began


def peak_of_procsim() -> int:
    """Bytes, of procsim's own process."""
    run = subprocess.run(
        [sys.executable, "-c", TELL_PEAK, *PROCSIM],
        env=ENVIRONMENT,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=True,
    )
    return int(run.stderr.split()[-1])


def measure() -> list[Figure]:
    """The ratio, and the memory."""
    times = alternating(
        {
            "ours": partial(seconds, ["-m", "procsim", *PROCSIM]),
            "theirs": partial(seconds, ["scenarios/tickets.py", *OPTIONS]),
        },
        ROUNDS,
    )
    what = f"tickets, 200 users ({times['ours']:.2f} s), beside it without procsim ({times['theirs']:.2f} s)"
    return [
        Figure(what, times["ours"] / times["theirs"], at_most=TARGET),
        Figure("peak memory of procsim in that run", peak_of_procsim() / (1 << 20), "MiB"),
    ]


if __name__ == "__main__":
    main(measure)
