"""How long until `procsim --help` has answered, beside an interpreter that does nothing?

Where the target is missed, the modules that took longest to import are listed.
"""

import subprocess
import sys
import time
from functools import partial

from tests.bench.report import Figure, alternating, main, print_aligned
from tests.bench.tickets import ENVIRONMENT, ROOT

ROUNDS = 15
TARGET = 8.0
"""So many times as long as `python -c pass`, at most."""

HELP = ["-m", "procsim", "--help"]
MODULES_LISTED = 15


def seconds(arguments: list[str]) -> float:
    """How long such an interpreter runs."""
    began = time.perf_counter()
    subprocess.run([sys.executable, *arguments], env=ENVIRONMENT, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def print_import_times() -> None:
    """Those modules that took longest, in µs: by themselves, and with what they import."""
    command = [sys.executable, "-X", "importtime", *HELP]
    run = subprocess.run(command, env=ENVIRONMENT, cwd=ROOT, capture_output=True, text=True, check=True)
    rows = [line.removeprefix("import time:").split("|") for line in run.stderr.splitlines()]
    modules = [(int(own), int(whole), name.strip()) for own, whole, name in rows if own.strip().isdigit()]
    longest = sorted(modules, reverse=True)[:MODULES_LISTED]
    print_aligned([["µs", "with its imports", "module"], *([str(a), str(b), name] for a, b, name in longest)])


def measure() -> list[Figure]:
    """The ratio."""
    times = alternating({"help": partial(seconds, HELP), "pass": partial(seconds, ["-c", "pass"])}, ROUNDS)
    what = f"procsim --help ({times['help'] * 1e3:.0f} ms), beside python -c pass ({times['pass'] * 1e3:.0f} ms)"
    figure = Figure(what, times["help"] / times["pass"], at_most=TARGET)
    if not figure.met:
        print_import_times()
    return [figure]


if __name__ == "__main__":
    main(measure)
