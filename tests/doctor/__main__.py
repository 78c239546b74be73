"""`python -m tests.doctor [KIND or PROGRAM …]`: run the faulty and the healthy programs.

The exit code is 1 where one of them is not right.
"""

import argparse
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from pathlib import Path

from tests.bench.hangs import busy
from tests.conftest import START_METHODS
from tests.doctor import report
from tests.doctor.attached import attached
from tests.doctor.patients import Patient, hanging, healthy, patients
from tests.doctor.trial import LESS, RIGHT, Trial, tried

CORES = 2


def main() -> int:
    """Run what is asked for, write the results, and print a table."""
    options = _options()
    chosen = [*_chosen(options)]
    once = partial(attached, python=options.python) if options.attach else tried
    rows = report.read(options.results)
    worst = 0
    with busy(CORES) if options.busy else nullcontext(), ThreadPoolExecutor(options.jobs) as threads:
        futures = [
            [threads.submit(once, patient, method) for _ in range(options.times or patient.times)]
            for patient, method in chosen
        ]
        for (patient, method), future in zip(chosen, futures, strict=True):
            trials: list[Trial] = [each.result() for each in future]
            name = _key(patient, method, options)
            rows[name] = report.row(patient.kind, patient.finding, trials)
            report.write(options.results, rows)
            print(report.line(name, rows[name]), flush=True)
            worst |= any(trial.verdict not in (RIGHT, LESS) for trial in trials)
    done = [rows[_key(each, method, options)] for each, method in chosen]
    print(f"{sum(row['right'] for row in done)} of {sum(row['times'] for row in done)} runs are right")
    if options.attach:
        print(f"{sum(row['verdicts'].get(LESS, 0) for row in done)} say less, as the guide has it")
    return worst


def _key(patient: Patient, method: str, options: argparse.Namespace) -> str:
    """The name of a row of the results."""
    how = f"{method} attach{'' if options.python == sys.executable else f' {options.python}'}"
    return report.key(" ".join((patient.program, *patient.arguments)), how if options.attach else method, options.busy)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.doctor", description=__doc__)
    parser.add_argument("names", nargs="*", help="kinds of faults, or parts of the paths of programs; default: all")
    parser.add_argument("--healthy", action="store_true", help="all healthy programs and all cured twins, and no other")
    parser.add_argument("--attach", action="store_true", help="start them bare, and compare `attach` with `watch`")
    parser.add_argument("--python", default=sys.executable, help="with --attach: the Python that they run on")
    parser.add_argument("--others", type=Path, nargs="*", default=[], help="with --attach: these programs, too")
    parser.add_argument("--busy", action="store_true", help="keep both cores busy meanwhile")
    parser.add_argument("--times", type=int, help="runs of each; default: 3, or 20 where a race decides")
    parser.add_argument("--method", choices=START_METHODS, help="this start method alone")
    parser.add_argument("--jobs", type=int, default=2, help="runs at once")
    parser.add_argument("--results", type=Path, default=Path("doctor.json"), help="the file of the results")
    return parser.parse_args()


def _chosen(options: argparse.Namespace) -> Iterator[tuple[Patient, str]]:
    ill = hanging(options.others) if options.attach else patients()
    for patient in healthy() if options.healthy else ill:
        wanted = not options.names or any(name in f"{patient.kind} {patient.program}" for name in options.names)
        methods = [method for method in patient.methods if options.method in (None, method)]
        yield from ((patient, method) for method in methods if wanted)


if __name__ == "__main__":
    sys.exit(main())
